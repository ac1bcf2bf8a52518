"""What people and programs do to pictures on their way: each alteration with its parameters.

`GRID` holds every alteration and strength that the scorecard reports on. An alteration takes the picture as
displayed and gives a whole file; what a picture is put into (PNG, CMYK, …) is an alteration too.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

from consilience.exercise import exif
from consilience.exercise.containers import CONTAINERS, saved
from consilience.exercise.render.scene import Picture
from consilience.model.examination import Orientation

Parameters = dict[str, float | int | str]
Chance = np.random.Generator


class Alteration(msgspec.Struct, frozen=True):
    """One alteration of one strength.

    Attributes:
        name: which.
        strength: how much, as tables show it.
        parameters: what it does exactly; for a chain, the names of its steps.
        orientation: how the picture lies afterwards, compared with the original as displayed.
    """

    name: str
    strength: str
    parameters: Parameters
    orientation: Orientation = Orientation.UPRIGHT

    @property
    def label(self) -> str:
        """Name and strength."""
        return f"{self.name} {self.strength}".strip()


class Source(msgspec.Struct, frozen=True):
    """What an alteration starts from.

    Attributes:
        pixels: as displayed.
        file: bytes of the file that they come from.
        others: pictures that a collage may stand beside it.
    """

    pixels: Picture
    file: bytes
    others: tuple[Picture, ...] = ()


class Altered(msgspec.Struct, frozen=True):
    """A whole file, and the ending its name should have."""

    file: bytes
    ending: str


def _series(name: str, key: str, unit: str, *values: float | int) -> list[Alteration]:
    return [Alteration(name, f"{value:g}{unit}", {key: value}) for value in values]


def _kinds(name: str, *kinds: str) -> list[Alteration]:
    return [Alteration(name, kind, {"kind": kind}) for kind in kinds]


GRID: tuple[Alteration, ...] = (
    *_series("recompression", "quality", "", 30, 40, 50, 60, 70, 80, 90, 95),
    Alteration("recompression", "60, 5 generations", {"quality": 60, "generations": 5}),
    Alteration("recompression", "80, 10 generations", {"quality": 80, "generations": 10}),
    Alteration("messenger", "1600", {"longest": 1600, "quality": 75}),
    Alteration("messenger", "1280", {"longest": 1280, "quality": 68}),
    Alteration("messenger", "800", {"longest": 800, "quality": 60}),
    Alteration("messenger", "thrice", {"longest": 1280, "quality": 66, "generations": 3}),
    *_series("resizing", "factor", "x", 0.25, 0.35, 0.5, 0.7, 1.4, 2.0),
    *_series("crop", "percent", " %", 2, 5, 10, 15, 20, 30),
    *[
        Alteration("orientation", one.value, {"orientation": one.value}, one)
        for one in Orientation
        if one != Orientation.UPRIGHT
    ],
    *_series("EXIF rotation", "tag", "", 2, 3, 4, 5, 6, 7, 8),
    *_series("brightness", "percent", " %", -40, -20, 20, 40),
    *_series("contrast", "factor", "x", 0.5, 0.75, 1.3, 1.7),
    *_series("gamma", "gamma", "", 0.5, 0.75, 1.35, 2.0),
    *_series("saturation", "factor", "x", 0.0, 0.5, 1.8),
    *_series("hue", "degrees", "°", 15, 60, 180),
    *_kinds("filter", "warm", "cold", "sepia", "faded"),
    *_series("blur", "sigma", " px at 1000", 1, 2, 4),
    *_series("noise", "sigma", "", 6, 14, 28),
    *_series("sharpening", "percent", " %", 120, 300),
    *_series("caption bar", "percent", " %", 6, 12, 20),
    *_series("border", "percent", " %", 2, 5, 10),
    *_series("letterbox", "percent", " %", 6, 12, 20),
    *_kinds("overlaid text", "corner", "across", "large"),
    *_series("sticker", "percent", " %", 4, 9, 16),
    *_kinds("screenshot", "light", "dark", "framed"),
    *_series("collage", "pictures", "", 2, 4),
    *_kinds("container", *CONTAINERS),
    *_series("crop, old preview kept", "percent", " %", 10, 30),
    *_kinds("same pixels", "metadata removed", "bytes appended", "comment added"),
    Alteration("chain", "screenshot, messenger", {"steps": "screenshot light|messenger 1280"}),
    Alteration("chain", "crop 5 %, messenger thrice", {"steps": "crop 5 %|messenger thrice"}),
    Alteration(
        "chain", "resizing 0.5x, sticker, 40", {"steps": "resizing 0.5x|sticker 4 %|recompression 40"}
    ),
    Alteration(
        "chain",
        "mirrored, brighter, 70",
        {"steps": "orientation flipped-horizontally|brightness 20 %|recompression 70"},
        Orientation.FLIPPED_HORIZONTALLY,
    ),
)
"""Every alteration and strength, in the order of the scorecard."""

BY_LABEL = {one.label: one for one in GRID}
MESSENGER = BY_LABEL["messenger 1280"]


def alter(source: Source, alteration: Alteration, random: Chance) -> Altered:
    """The file that an alteration makes.

    Args:
        source: the picture it starts from.
        alteration: from `GRID`.
        random: for what the parameters leave open: where a crop is taken, what a caption says, …
    """
    if alteration.name == "chain":
        made = Altered(source.file, ".jpg")
        for step in str(alteration.parameters["steps"]).split("|"):
            made = alter(source, BY_LABEL[step], random)
            source = Source(decode(made.file), made.file, source.others)
        return made
    made = _ALTERATIONS[alteration.name](source, alteration.parameters, random)
    if alteration.name in _EDITS and random.random() < 0.5:
        return Altered(_with_metadata(made.file, source.file, keep_thumbnail=False), made.ending)
    return made


def decode(file: bytes) -> Picture:
    """The pixels of a file of ours, as displayed."""
    with Image.open(io.BytesIO(file)) as image:
        tag = image.getexif().get(exif.ORIENTATION, 1)
        return as_displayed(np.asarray(image.convert("RGB")), tag)


def as_displayed(pixels: Picture, tag: int) -> Picture:
    """Pixels as stored, turned by an EXIF orientation tag (1-8)."""
    turned = {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.transpose(1, 0, 2),
        6: np.rot90(pixels, 3),
        7: pixels[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(pixels, 1),
    }[tag]
    return np.ascontiguousarray(turned)


def turned(pixels: Picture, orientation: Orientation) -> Picture:
    """A picture turned or mirrored, as `Orientation` says."""
    done = {
        Orientation.UPRIGHT: pixels,
        Orientation.ROTATED_90: np.rot90(pixels, 1),
        Orientation.ROTATED_180: pixels[::-1, ::-1],
        Orientation.ROTATED_270: np.rot90(pixels, 3),
        Orientation.FLIPPED_VERTICALLY: pixels[::-1],
        Orientation.FLIPPED_HORIZONTALLY: pixels[:, ::-1],
        Orientation.TRANSPOSED: pixels.transpose(1, 0, 2),
        Orientation.ANTITRANSPOSED: pixels[::-1, ::-1].transpose(1, 0, 2),
    }[orientation]
    return np.ascontiguousarray(done)


def jpeg(image: Image.Image, quality: int, **options: object) -> bytes:
    """A JPEG with the encoder's own tables, 4:2:0 below quality 90."""
    settings: dict[str, object] = {"quality": quality, "subsampling": 2 if quality < 90 else 1, **options}
    return saved(image, "JPEG", **settings)


def _finished(image: Image.Image, random: Chance) -> Altered:
    """As an editing program saves: JPEG of quality 85-93."""
    return Altered(jpeg(image, int(random.integers(85, 94))), ".jpg")


def _image(source: Source) -> Image.Image:
    return Image.fromarray(source.pixels)


def _recompression(source: Source, p: Parameters, random: Chance) -> Altered:
    image, file = _image(source), b""
    for generation in range(int(p.get("generations", 1))):
        # Later generations differ a little in quality, as they do from program to program.
        quality = int(p["quality"]) + (int(random.integers(-4, 5)) if generation else 0)
        file = jpeg(image, quality)
        image = Image.open(io.BytesIO(file))
    return Altered(file, ".jpg")


def _messenger(source: Source, p: Parameters, random: Chance) -> Altered:
    image, file = _image(source), b""
    for generation in range(int(p.get("generations", 1))):
        longest = int(p["longest"]) - 80 * generation
        image.thumbnail((longest, longest), Image.Resampling.BILINEAR, reducing_gap=None)
        file = jpeg(image, int(p["quality"]) + int(random.integers(-2, 3)), progressive=True, optimize=True)
        image = Image.open(io.BytesIO(file))
        image.load()
    return Altered(file, ".jpg")


_FILTERS = (
    Image.Resampling.BILINEAR,
    Image.Resampling.BICUBIC,
    Image.Resampling.LANCZOS,
    Image.Resampling.BOX,
)


def _resizing(source: Source, p: Parameters, random: Chance) -> Altered:
    image = _image(source)
    size = (max(8, round(image.width * float(p["factor"]))), max(8, round(image.height * float(p["factor"]))))
    return _finished(image.resize(size, _FILTERS[int(random.integers(len(_FILTERS)))]), random)


def _crop(source: Source, p: Parameters, random: Chance) -> Altered:
    """Takes so many per cent of the area away, unevenly from the sides."""
    height, width = source.pixels.shape[:2]
    keep = math.sqrt(1 - float(p["percent"]) / 100)
    across, down = round(width * keep), round(height * keep)
    left = round((width - across) * random.random())
    top = round((height - down) * random.random())
    return _finished(
        Image.fromarray(np.ascontiguousarray(source.pixels[top : top + down, left : left + across])), random
    )


def _orientation(source: Source, p: Parameters, random: Chance) -> Altered:
    return _finished(Image.fromarray(turned(source.pixels, Orientation(str(p["orientation"])))), random)


def _exif_rotation(source: Source, p: Parameters, random: Chance) -> Altered:
    tag = int(p["tag"])
    inverse = {6: 8, 8: 6}.get(tag, tag)
    stored = Image.fromarray(as_displayed(source.pixels, inverse))
    return Altered(
        jpeg(stored, int(random.integers(85, 94)), exif=exif.block([exif.short(exif.ORIENTATION, tag)])),
        ".jpg",
    )


def _by_curve(
    curve: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> Callable[[Source, Chance], Altered]:
    values = np.clip(np.round(curve(np.arange(256) / 255.0) * 255), 0, 255).astype(int).tolist()

    def done(source: Source, random: Chance) -> Altered:
        return _finished(_image(source).point(values * 3), random)

    return done


def _brightness(source: Source, p: Parameters, random: Chance) -> Altered:
    shift = float(p["percent"]) / 100
    return _by_curve(lambda x: x + 0.6 * shift)(source, random)


def _contrast(source: Source, p: Parameters, random: Chance) -> Altered:
    factor = float(p["factor"])
    return _by_curve(lambda x: 0.5 + (x - 0.5) * factor)(source, random)


def _gamma(source: Source, p: Parameters, random: Chance) -> Altered:
    power = 1 / float(p["gamma"])
    return _by_curve(lambda x: x**power)(source, random)


def _saturation(source: Source, p: Parameters, random: Chance) -> Altered:
    return _finished(ImageEnhance.Color(_image(source)).enhance(float(p["factor"])), random)


def _hue(source: Source, p: Parameters, random: Chance) -> Altered:
    hue, saturation, value = _image(source).convert("HSV").split()
    shift = round(float(p["degrees"]) / 360 * 256)
    moved = hue.point([(v + shift) % 256 for v in range(256)])
    return _finished(Image.merge("HSV", (moved, saturation, value)).convert("RGB"), random)


_MATRICES = {
    "warm": (1.12, 0.02, 0, 4, 0, 1.02, 0, 2, 0, 0, 0.82, 0),
    "cold": (0.85, 0, 0.02, 0, 0, 0.98, 0.02, 0, 0, 0.04, 1.12, 4),
    "sepia": (0.39, 0.77, 0.19, 0, 0.35, 0.69, 0.17, 0, 0.27, 0.53, 0.13, 0),
    "faded": (0.62, 0.1, 0.06, 42, 0.06, 0.66, 0.06, 38, 0.06, 0.1, 0.6, 46),
}


def _filter(source: Source, p: Parameters, random: Chance) -> Altered:
    return _finished(_image(source).convert("RGB", _MATRICES[str(p["kind"])]), random)


def _blur(source: Source, p: Parameters, random: Chance) -> Altered:
    sigma = float(p["sigma"]) * max(source.pixels.shape) / 1000
    return _finished(_image(source).filter(ImageFilter.GaussianBlur(sigma)), random)


def _noise(source: Source, p: Parameters, random: Chance) -> Altered:
    grain = random.standard_normal(source.pixels.shape, np.float32) * np.float32(p["sigma"])
    return _finished(Image.fromarray(np.clip(source.pixels + grain, 0, 255).astype(np.uint8)), random)


def _sharpening(source: Source, p: Parameters, random: Chance) -> Altered:
    return _finished(_image(source).filter(ImageFilter.UnsharpMask(2, int(p["percent"]), 2)), random)


WORDS = (
    *("harbour", "morning", "teapot", "lantern", "orchard", "pebble", "willow", "kettle", "ribbon", "meadow"),
    *("chimney", "apple", "biscuit", "umbrella", "garden", "bicycle", "station", "cloud", "window", "candle"),
    *("river", "marble", "button", "thimble", "acorn", "saddle", "blanket", "copper", "mitten", "compass"),
)


def phrase(random: Chance, least: int, most: int) -> str:
    """A few harmless words."""
    words = [WORDS[int(k)] for k in random.integers(0, len(WORDS), int(random.integers(least, most + 1)))]
    return " ".join(words).capitalize()


def font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that Pillow carries."""
    return ImageFont.load_default(max(8, size))


def some_rgb(random: Chance, low: int = 0, high: int = 256) -> tuple[int, int, int]:
    """A colour."""
    r, g, b = (int(v) for v in random.integers(low, high, 3))
    return r, g, b


def _caption_bar(source: Source, p: Parameters, random: Chance) -> Altered:
    image = _image(source)
    bar = round(image.height * float(p["percent"]) / 100)
    dark = bool(random.random() < 0.5)
    out = Image.new("RGB", (image.width, image.height + bar), (12, 12, 12) if dark else (250, 250, 250))
    above = bool(random.random() < 0.4)
    out.paste(image, (0, bar if above else 0))
    pen = ImageDraw.Draw(out)
    words = phrase(random, 3, 6)
    size = min(bar * 0.55, bar * 0.55 * 0.94 * image.width / pen.textlength(words, font(bar * 0.55)))
    middle = bar / 2 if above else image.height + bar / 2
    ink = (250, 250, 250) if dark else (10, 10, 10)
    pen.text((image.width / 2, middle), words, fill=ink, font=font(size), anchor="mm")
    return _finished(out, random)


def _border(source: Source, p: Parameters, random: Chance) -> Altered:
    image = _image(source)
    wide = round(max(image.size) * float(p["percent"]) / 100)
    out = Image.new("RGB", (image.width + 2 * wide, image.height + 2 * wide), some_rgb(random))
    out.paste(image, (wide, wide))
    return _finished(out, random)


def _letterbox(source: Source, p: Parameters, random: Chance) -> Altered:
    image = _image(source)
    bar = round(image.height * float(p["percent"]) / 100)
    if random.random() < 0.5:
        out = Image.new("RGB", (image.width, image.height + 2 * bar))
        out.paste(image, (0, bar))
    else:
        out = Image.new("RGB", (image.width + 2 * bar, image.height))
        out.paste(image, (bar, 0))
    return _finished(out, random)


def _overlaid_text(source: Source, p: Parameters, random: Chance) -> Altered:
    image = _image(source)
    pen = ImageDraw.Draw(image)
    kind = str(p["kind"])
    size = min(image.size) * {"corner": 0.035, "across": 0.07, "large": 0.16}[kind]
    at = {
        "corner": (image.width * 0.97, image.height * 0.97),
        "across": (image.width * 0.5, image.height * random.uniform(0.2, 0.85)),
        "large": (image.width * 0.5, image.height * random.uniform(0.35, 0.7)),
    }[kind]
    words = phrase(random, 1, 2) if kind == "large" else phrase(random, 2, 4)
    pen.text(
        at,
        words,
        fill=some_rgb(random, 180),
        font=font(size),
        anchor="rs" if kind == "corner" else "mm",
        stroke_width=max(1, round(size / 14)),
        stroke_fill=(0, 0, 0),
    )
    return _finished(image, random)


def _sticker(source: Source, p: Parameters, random: Chance) -> Altered:
    image = _image(source)
    side = math.sqrt(image.width * image.height * float(p["percent"]) / 100)
    draw_sticker(
        image, random, random.uniform(0, image.width - side), random.uniform(0, image.height - side), side
    )
    return _finished(image, random)


def draw_sticker(image: Image.Image, random: Chance, left: float, top: float, side: float) -> None:
    """A sun, heart, star, balloon or cloud of so many pixels."""
    pen = ImageDraw.Draw(image)
    x, y, r = left + side / 2, top + side / 2, side / 2
    fill, edge, wide = some_rgb(random, 120), (255, 255, 255), max(1, round(side / 40))
    kind = int(random.integers(5))
    if kind == 0:
        for k in range(12):
            a = 2 * math.pi * k / 12
            pen.line(
                [
                    (x + 0.6 * r * math.cos(a), y + 0.6 * r * math.sin(a)),
                    (x + r * math.cos(a), y + r * math.sin(a)),
                ],
                (250, 190, 20),
                3 * wide,
            )
        pen.ellipse([x - 0.6 * r, y - 0.6 * r, x + 0.6 * r, y + 0.6 * r], (255, 214, 40), edge, wide)
    elif kind == 1:
        turn = np.linspace(0, 2 * math.pi, 60)
        heart = [
            (
                x + r * math.sin(t) ** 3,
                y - r * (13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t)) / 17,
            )
            for t in turn
        ]
        pen.polygon(heart, fill, edge, wide)
    elif kind == 2:
        star = [
            (
                x + r * (1 if k % 2 == 0 else 0.42) * math.sin(math.pi * k / 5),
                y - r * (1 if k % 2 == 0 else 0.42) * math.cos(math.pi * k / 5),
            )
            for k in range(10)
        ]
        pen.polygon(star, fill, edge, wide)
    elif kind == 3:
        pen.line([(x, y + 0.4 * r), (x + 0.2 * r, y + r)], (40, 40, 40), wide)
        pen.ellipse([x - 0.6 * r, y - r, x + 0.6 * r, y + 0.45 * r], fill, edge, wide)
    else:
        for dx, dy, size in ((-0.5, 0.1, 0.45), (0, -0.15, 0.55), (0.5, 0.1, 0.45)):
            pen.ellipse(
                [x + (dx - size) * r, y + (dy - size) * r, x + (dx + size) * r, y + (dy + size) * r],
                (240, 244, 250),
            )


def _screenshot(source: Source, p: Parameters, random: Chance) -> Altered:
    """A phone's screen that shows the picture in a program; `framed` draws the phone around it too."""
    kind = str(p["kind"])
    width, height = 720, 1480
    paper, ink = ((16, 18, 22), (225, 228, 232)) if kind == "dark" else ((246, 247, 249), (25, 28, 33))
    screen = Image.new("RGB", (width, height), paper)
    pen = ImageDraw.Draw(screen)
    pen.text((28, 18), f"{int(random.integers(24)):02d}:{int(random.integers(60)):02d}", ink, font(26))
    pen.rounded_rectangle([width - 76, 22, width - 30, 42], 5, outline=ink, width=2)
    pen.rectangle([width - 72, 26, width - 72 + int(random.integers(8, 38)), 38], ink)
    pen.line([(40, 96), (24, 112), (40, 128)], ink, 4)
    pen.text((76, 96), phrase(random, 1, 2), ink, font(30))
    image = _image(source)
    image.thumbnail((width, height - 460), Image.Resampling.LANCZOS, reducing_gap=2.0)
    top = 170 + (height - 460 - image.height) // 2
    screen.paste(image, ((width - image.width) // 2, top))
    pen.text((28, height - 250), phrase(random, 4, 7), ink, font(26))
    for k in range(4):
        x = (k + 0.5) * width / 4
        pen.ellipse([x - 24, height - 130, x + 24, height - 82], outline=ink, width=3)
    pen.rounded_rectangle([width / 2 - 110, height - 22, width / 2 + 110, height - 14], 4, ink)
    if kind == "framed":
        body = Image.new("RGB", (width + 120, height + 200), some_rgb(random, 150))
        ImageDraw.Draw(body).rounded_rectangle([28, 34, width + 92, height + 166], 66, (14, 14, 16))
        body.paste(screen, (60, 100))
        screen = body
    return Altered(saved(screen, "PNG", compress_level=4), ".png")


def _collage(source: Source, p: Parameters, random: Chance) -> Altered:
    """Two pictures side by side, or four in a square; the rest is filled with others."""
    count = int(p["pictures"])
    tiles = [source.pixels, *source.others][:count]
    order = [int(k) for k in random.permutation(count)]
    side = 560
    columns, rows = (2, 1) if count == 2 else (2, 2)
    gap = 8
    out = Image.new("RGB", (columns * side + gap, rows * side + gap * (rows - 1)), some_rgb(random, 200))
    for place, which in enumerate(order):
        tile = Image.fromarray(tiles[which % len(tiles)])
        scale = side / min(tile.size)
        tile = tile.resize(
            (max(side, round(tile.width * scale)), max(side, round(tile.height * scale))),
            Image.Resampling.BILINEAR,
        )
        left, top = (tile.width - side) // 2, (tile.height - side) // 2
        tile = tile.crop((left, top, left + side, top + side))
        out.paste(tile, (place % columns * (side + gap), place // columns * (side + gap)))
    return _finished(out, random)


def _container(source: Source, p: Parameters, random: Chance) -> Altered:
    container = CONTAINERS[str(p["kind"])]
    return Altered(container.write(_image(source), random), container.ending)


_EDITS = frozenset(
    {"crop", "brightness", "contrast", "gamma", "saturation", "filter", "sharpening", "sticker"}
)
"""Made on a computer by programs half of which keep the camera's metadata."""


def _crop_with_preview(source: Source, p: Parameters, random: Chance) -> Altered:
    made = _crop(source, p, random)
    return Altered(_with_metadata(made.file, source.file, keep_thumbnail=True), made.ending)


def _with_metadata(file: bytes, original: bytes, keep_thumbnail: bool) -> bytes:
    """A JPEG with the EXIF block of the original, if that has one of ours."""
    at = original.find(b"Exif\0\0II", 0, 64)
    if at < 0:
        return file
    length = int.from_bytes(original[at - 2 : at], "big")
    block = exif.edited(original[at : at - 2 + length], keep_thumbnail)
    return file[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + file[2:]


def _same_pixels(source: Source, p: Parameters, random: Chance) -> Altered:
    """The bytes change, the picture does not."""
    kind = str(p["kind"])
    if kind == "bytes appended":
        return Altered(source.file + random.bytes(int(random.integers(1, 600))), ".jpg")
    if kind == "comment added":
        words = phrase(random, 4, 9).encode()
        return Altered(
            source.file[:2] + b"\xff\xfe" + (len(words) + 2).to_bytes(2, "big") + words + source.file[2:],
            ".jpg",
        )
    return Altered(without_metadata(source.file), ".jpg")


def without_metadata(file: bytes) -> bytes:
    """A JPEG without its APP1 to APP15 and comment segments; its orientation mark stays."""
    kept, at = bytearray(file[:2]), 2
    with Image.open(io.BytesIO(file)) as image:
        tag = image.getexif().get(exif.ORIENTATION, 1)
    if tag != 1:
        mark = exif.block([exif.short(exif.ORIENTATION, tag)])
        kept += b"\xff\xe1" + (len(mark) + 2).to_bytes(2, "big") + mark
    while file[at + 1] != 0xDA:
        length = int.from_bytes(file[at + 2 : at + 4], "big") + 2
        if not (0xE1 <= file[at + 1] <= 0xEF or file[at + 1] == 0xFE):
            kept += file[at : at + length]
        at += length
    return bytes(kept) + file[at:]


_ALTERATIONS: dict[str, Callable[[Source, Parameters, Chance], Altered]] = {
    "recompression": _recompression,
    "messenger": _messenger,
    "resizing": _resizing,
    "crop": _crop,
    "crop, old preview kept": _crop_with_preview,
    "orientation": _orientation,
    "EXIF rotation": _exif_rotation,
    "brightness": _brightness,
    "contrast": _contrast,
    "gamma": _gamma,
    "saturation": _saturation,
    "hue": _hue,
    "filter": _filter,
    "blur": _blur,
    "noise": _noise,
    "sharpening": _sharpening,
    "caption bar": _caption_bar,
    "border": _border,
    "letterbox": _letterbox,
    "overlaid text": _overlaid_text,
    "sticker": _sticker,
    "screenshot": _screenshot,
    "collage": _collage,
    "container": _container,
    "same pixels": _same_pixels,
}
