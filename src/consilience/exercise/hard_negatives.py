"""Drawn pictures that a fingerprint may take for each other: flat, gradients, icons, pages, maps, charts.

(The other hard negatives, further views of one scene and bursts, come from the scenes themselves.)
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from consilience.exercise.alterations import Chance, draw_sticker, font, phrase, some_rgb
from consilience.exercise.render.scene import Picture


def make(kind: str, random: Chance) -> Picture:
    """A picture of one kind in `KINDS`."""
    return np.asarray(_KINDS[kind](random).convert("RGB"))


def _size(random: Chance) -> tuple[int, int]:
    sizes = ((640, 480), (800, 600), (1024, 768), (480, 640), (600, 800), (720, 1280), (1280, 720))
    return sizes[int(random.integers(len(sizes)))]


def _grain(random: Chance, spread: float, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """Noise as of a sensor or a scanner."""
    return random.standard_normal(shape, np.float32) * np.float32(spread)


def _flat(random: Chance) -> Image.Image:
    return Image.new("RGB", _size(random), some_rgb(random))


def _nearly_flat(random: Chance) -> Image.Image:
    width, height = _size(random)
    base = np.array(some_rgb(random, 20, 236))
    slope = np.linspace(-1, 1, width)[None, :, None] * random.uniform(0, 3) + np.linspace(-1, 1, height)[
        :, None, None
    ] * random.uniform(0, 3)
    return Image.fromarray(
        np.clip(base + slope + _grain(random, random.uniform(0.3, 3), (height, width, 3)), 0, 255).astype(
            np.uint8
        )
    )


def _dark(random: Chance) -> Image.Image:
    """A picture taken in a pocket."""
    width, height = _size(random)
    glow = Image.new("L", (16, 12))
    glow.putpixel((int(random.integers(16)), int(random.integers(12))), int(random.integers(10, 90)))
    soft = np.asarray(glow.resize((width, height), Image.Resampling.BICUBIC), np.float32)[:, :, None]
    tint = np.array([1.0, random.uniform(0.4, 0.8), random.uniform(0.2, 0.6)])
    return Image.fromarray(
        np.clip(soft * tint + np.abs(2 + _grain(random, 2, (height, width, 3))), 0, 255).astype(np.uint8)
    )


def _gradient(random: Chance) -> Image.Image:
    width, height = _size(random)
    a, b = np.array(some_rgb(random)), np.array(some_rgb(random))
    y, x = np.mgrid[0:height, 0:width]
    if random.random() < 0.4:
        t = np.hypot(x / width - random.random(), y / height - random.random())
    else:
        angle = random.uniform(0, 2 * math.pi)
        t = (x / width - 0.5) * math.cos(angle) + (y / height - 0.5) * math.sin(angle) + 0.5
    return Image.fromarray(np.clip(a + (b - a) * np.clip(t, 0, 1)[:, :, None], 0, 255).astype(np.uint8))


def _icon(random: Chance) -> Image.Image:
    side = int(random.choice([32, 48, 64, 96, 128, 192, 256, 512]))
    image = Image.new("RGB", (side, side), (255, 255, 255))
    ImageDraw.Draw(image).rounded_rectangle([0, 0, side - 1, side - 1], side // 5, some_rgb(random, 60))
    if random.random() < 0.6:
        draw_sticker(image, random, side * 0.2, side * 0.2, side * 0.6)
    else:
        ImageDraw.Draw(image).text(
            (side / 2, side / 2),
            phrase(random, 1, 1)[0],
            some_rgb(random, 180),
            font(side * 0.6),
            anchor="mm",
        )
    return image


def _page(random: Chance) -> Image.Image:
    """A scanned letter: paper, lines of text, a stamp, a little crooked."""
    width, height = 850, 1200
    image = Image.new("RGB", (width, height), some_rgb(random, 236, 256))
    pen = ImageDraw.Draw(image)
    pen.text((90, 80), phrase(random, 2, 4), (30, 30, 40), font(40))
    y = 180
    while y < height - 140:
        if random.random() < 0.12:
            y += 34
            continue
        pen.text((90, y), phrase(random, 7, 9)[:64], (45, 45, 50), font(20))
        y += 31
    if random.random() < 0.5:
        draw_sticker(image, random, width - 230, height - 240, 130)
    turned = image.rotate(random.normal(0, 0.8), Image.Resampling.BICUBIC, fillcolor=(120, 118, 112))
    grain = _grain(random, 3, (height, width, 1))
    return Image.fromarray(np.clip(np.asarray(turned) + grain, 0, 255).astype(np.uint8))


def _screen_of_text(random: Chance) -> Image.Image:
    """A screenshot of a conversation about nothing."""
    width, height = 720, 1480
    dark = random.random() < 0.4
    image = Image.new("RGB", (width, height), (15, 17, 20) if dark else (235, 238, 240))
    pen = ImageDraw.Draw(image)
    pen.rectangle([0, 0, width, 120], some_rgb(random, 60, 180))
    pen.text((90, 52), phrase(random, 1, 2), (255, 255, 255), font(34))
    y = 150
    while y < height - 160:
        mine = random.random() < 0.5
        lines = [phrase(random, 2, 5) for _ in range(int(random.integers(1, 4)))]
        wide = min(520, max(pen.textlength(line, font(26)) for line in lines) + 40)
        left = width - wide - 24 if mine else 24
        fill = (
            ((30, 80, 60) if dark else (205, 240, 205))
            if mine
            else ((38, 42, 48) if dark else (255, 255, 255))
        )
        pen.rounded_rectangle([left, y, left + wide, y + 24 + 36 * len(lines)], 18, fill)
        for k, line in enumerate(lines):
            pen.text((left + 20, y + 12 + 36 * k), line, (230, 230, 230) if dark else (25, 25, 25), font(26))
        y += 44 + 36 * len(lines)
    return image


def _map(random: Chance) -> Image.Image:
    """Streets, water and parks of no town."""
    width, height = 1024, 768
    image = Image.new("RGB", (width, height), (236, 232, 224))
    pen = ImageDraw.Draw(image)
    for _ in range(int(random.integers(2, 6))):
        x, y = random.uniform(0, width), random.uniform(0, height)
        turn = np.linspace(0, 2 * math.pi, 12, endpoint=False)
        reach = random.uniform(40, 160) * random.uniform(0.7, 1.3, 12)
        pen.polygon(
            [(x + r * math.cos(t), y + r * math.sin(t)) for r, t in zip(reach, turn, strict=True)],
            (200, 225, 185),
        )
    river = [
        (x, height * random.uniform(0.2, 0.8) + 60 * math.sin(x / 150)) for x in range(-50, width + 100, 90)
    ]
    pen.line(river, (165, 200, 230), int(random.integers(18, 50)), joint="curve")
    tilt = random.uniform(-0.3, 0.3)
    for across in (True, False):
        at = -300.0
        while at < width + 300:
            wide = int(random.choice([5, 5, 7, 14]))
            fill = (250, 215, 130) if wide == 14 else (255, 255, 255)
            ends = (
                [(at, -50), (at + tilt * height, height + 50)]
                if across
                else [(-50, at), (width + 50, at - tilt * width)]
            )
            pen.line(ends, (190, 185, 175), wide + 2)
            pen.line(ends, fill, wide)
            at += random.uniform(50, 130)
    for _ in range(14):
        pen.text(
            (random.uniform(0, width), random.uniform(0, height)),
            phrase(random, 1, 2),
            (90, 85, 80),
            font(17),
            anchor="mm",
        )
    return image


def _chart(random: Chance) -> Image.Image:
    width, height = 800, 600
    image = Image.new("RGB", (width, height), (255, 255, 255))
    pen = ImageDraw.Draw(image)
    pen.text((width / 2, 36), phrase(random, 2, 4), (40, 40, 40), font(28), anchor="mm")
    pen.line([(80, 80), (80, 520), (760, 520)], (60, 60, 60), 2)
    count = int(random.integers(4, 14))
    values = random.uniform(0.05, 1, count)
    fill = some_rgb(random, 40, 200)
    for k, value in enumerate(values):
        x = 100 + k * 650 / count
        if width % 2 == 0:
            pen.rectangle([x, 520 - 420 * value, x + 430 / count, 519], fill)
        pen.text((x, 530), phrase(random, 1, 1)[:6], (90, 90, 90), font(14))
    return image


def _pattern(random: Chance) -> Image.Image:
    """Wallpaper: a motif repeated."""
    side = int(random.integers(60, 140))
    tile = Image.new("RGB", (side, side), some_rgb(random, 120))
    draw_sticker(tile, random, side * 0.15, side * 0.15, side * 0.7)
    width, height = 900, 700
    image = Image.new("RGB", (width, height))
    for x in range(0, width, side):
        for y in range(0, height, side):
            image.paste(tile, (x, y))
    return image


def _blurred(random: Chance) -> Image.Image:
    """A picture out of all focus: a few soft patches."""
    width, height = _size(random)
    image = Image.new("RGB", (40, 30), some_rgb(random, 40, 200))
    pen = ImageDraw.Draw(image)
    for _ in range(6):
        x, y, r = random.uniform(0, 40), random.uniform(0, 30), random.uniform(4, 14)
        pen.ellipse([x - r, y - r, x + r, y + r], some_rgb(random, 30, 230))
    return image.filter(ImageFilter.GaussianBlur(2)).resize((width, height), Image.Resampling.BICUBIC)


_KINDS: dict[str, Callable[[Chance], Image.Image]] = {
    "flat": _flat,
    "nearly-flat": _nearly_flat,
    "dark": _dark,
    "gradient": _gradient,
    "blurred": _blurred,
    "icon": _icon,
    "page": _page,
    "screen-of-text": _screen_of_text,
    "map": _map,
    "chart": _chart,
    "pattern": _pattern,
}

KINDS = tuple(_KINDS)
