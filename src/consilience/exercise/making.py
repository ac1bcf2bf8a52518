"""Making the pictures of a job: render or load, expose, write the original, alter, put in its place."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image

from consilience.exercise import cameras, hard_negatives, photographs
from consilience.exercise.alterations import Altered, Source, alter, decode, jpeg
from consilience.exercise.chance import chance, number
from consilience.exercise.containers import saved
from consilience.exercise.plan import Job, Place, Shot, Variant
from consilience.exercise.render.scene import Picture, Point, Scene, View, photograph
from consilience.exercise.scenes import FAMILIES
from consilience.fingerprints.pdq import Pdq

STAGING = ".staging"
"""Folder in the exercise where members of archives wait; gone when the exercise is whole."""


class Made(msgspec.Struct, frozen=True):
    """One content that was made, with raw digests.

    Attributes:
        picture: what it is made of; `beside` what a collage shows beside it.
        variant: what was done to it, and where it lies.
        pdq, quality: of originals only.
    """

    picture: str
    beside: tuple[str, ...]
    variant: Variant
    size: int
    md5: bytes
    sha1: bytes
    sha256: bytes
    pdq: bytes
    quality: int


def staged(out: Path, place: Place) -> Path:
    """Where a member of an archive waits."""
    return out / STAGING / f"{place.archive}" / place.path


def warm_up() -> None:
    """Compile what is compiled, so that processes started afterwards find it on disk."""
    random = chance(0, "warm-up")
    scene = FAMILIES["table"](random, 1)
    photograph(scene, msgspec.structs.replace(scene.views[0], aperture=1.0), 32, 24, 0)
    taker = cameras.camera(0, 0, scale=0.1)
    cameras.expose(taker, np.zeros((taker.height, taker.width, 3), np.uint8), 0)
    Pdq().warm_up()


def make_job(out: Path, job: Job) -> list[Made]:
    """Make all files of a job's shots."""
    made: list[Made] = []
    scenes: dict[str, Scene] = {}
    seen: list[tuple[str, Picture]] = []
    for shot in job.shots:
        file, pixels = _original(job, shot, scenes)
        before = seen[-1:]
        seen.append((shot.name, pixels))
        others = (*(picture for _, picture in before), *_companions(job.seed, shot))
        for variant in shot.variants:
            if variant.alteration is None:
                content = Altered(file, shot.ending)
            else:
                random = chance(job.seed, "alter", shot.name, variant.number)
                content = alter(Source(pixels, file, others), variant.alteration, random)
            collage = variant.alteration is not None and variant.alteration.name == "collage"
            beside = tuple(name for name, _ in before) if collage else ()
            made.append(_record(shot, beside, variant, content.file, pixels))
            for place in variant.places:
                target = (
                    out / "exhibits" / place.exhibit / place.path
                    if place.archive is None
                    else staged(out, place)
                )
                put(target, content.file, place.modified)
    return made


def put(target: Path, content: bytes, modified: int) -> None:
    """Write a file and set its times."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    os.utime(target, (modified, modified))


def _record(shot: Shot, beside: tuple[str, ...], variant: Variant, file: bytes, pixels: Picture) -> Made:
    pdq, quality = b"", 0
    if variant.alteration is None:
        codes = Pdq().fingerprint(pixels)
        pdq, quality = codes.codes[0].tobytes(), int(codes.quality)
    return Made(
        shot.name,
        beside,
        variant,
        len(file),
        hashlib.md5(file, usedforsecurity=False).digest(),
        hashlib.sha1(file, usedforsecurity=False).digest(),
        hashlib.sha256(file).digest(),
        pdq,
        quality,
    )


def _original(job: Job, shot: Shot, scenes: dict[str, Scene]) -> tuple[bytes, Picture]:
    """The original's file, and its pixels as displayed."""
    random = chance(job.seed, "original", shot.name)
    if shot.kind == "scene":
        file = _taken(job, shot, scenes)
    elif shot.kind == "photograph":
        source = next(one for one in photographs.PHOTOGRAPHS if one.name == shot.subject)
        whole = photographs.load(source)
        cut = Image.fromarray(photographs.crop(whole, random, shot.moment.upright))
        scale = 900 * random.uniform(0.8, 1.3) / max(cut.size)
        cut = cut.resize((round(cut.width * scale), round(cut.height * scale)), Image.Resampling.LANCZOS)
        file = jpeg(cut, int(random.integers(86, 96)))
    else:
        drawn = hard_negatives.make(shot.kind, random)
        file = (
            saved(Image.fromarray(drawn), "PNG", compress_level=4)
            if shot.ending == ".png"
            else jpeg(Image.fromarray(drawn), int(random.integers(80, 95)))
        )
    return file, decode(file)


def _taken(job: Job, shot: Shot, scenes: dict[str, Scene]) -> bytes:
    assert shot.camera is not None
    if shot.scene not in scenes:
        scenes[shot.scene] = FAMILIES[shot.subject](chance(job.seed, "scene", shot.scene), job.views)
    scene = scenes[shot.scene]
    chosen = _seen_from(scene.views, shot.view, chance(job.seed, "view", shot.scene, shot.view))
    view = _held(chosen, chance(job.seed, "hand", shot.name), shot.step)
    taker = shot.camera
    width = min(job.render, taker.width)
    height = round(width * taker.height / taker.width)
    upright = shot.moment.upright
    seen = photograph(
        scene, view, *((height, width) if upright else (width, height)), number(job.seed, "light", shot.name)
    )
    if upright:  # the sensor lies on its side: its picture is marked to be turned a quarter clockwise
        seen = np.ascontiguousarray(np.rot90(seen, 1))
    pixels = cameras.expose(taker, seen, number(job.seed, "grain", shot.name))
    return cameras.write(taker, pixels, shot.moment)


def _held(view: View, random: np.random.Generator, step: int) -> View:
    """The view as a hand holds the camera: in a burst it moves a little from picture to picture."""
    if step == 0:
        return view
    eye = _moved(view.eye, random, 0.015)
    target = _moved(view.target, random, 0.02)
    return msgspec.structs.replace(
        view, eye=eye, target=target, roll=view.roll + float(random.normal(0, 0.4))
    )


def _seen_from(views: tuple[View, ...], which: int, random: np.random.Generator) -> View:
    """A viewpoint of a scene: its own, or a step aside from the first; now and then a careless picture."""
    view = views[which]
    if which and random.random() < 0.5:
        reach = float(random.choice([0.02, 0.05, 0.12, 0.3]))
        first = views[0]
        view = msgspec.structs.replace(
            first,
            eye=_moved(first.eye, random, reach),
            target=_moved(first.target, random, reach),
            field=first.field * float(random.uniform(0.92, 1.08)),
        )
    fault = random.random()
    if fault < 0.07:
        return msgspec.structs.replace(view, focus_error=float(random.uniform(0.5, 3.0)))
    if fault < 0.14:  # of the sky, the ceiling, the ground, a wall
        x, y, z = view.target
        up = float(random.choice([-1.0, 0.6])) * abs(z - view.eye[2])
        return msgspec.structs.replace(
            view, target=(x, y + up, z), field=view.field * float(random.uniform(0.25, 0.8))
        )
    if fault < 0.19:
        return msgspec.structs.replace(
            view, exposure=view.exposure + float(random.choice([-3.0, -2.0, 1.5, 2.2]))
        )
    return view


def _moved(point: Point, random: np.random.Generator, reach: float) -> Point:
    x, y, z = (float(v + random.normal(0, reach)) for v in point)
    return x, y, z


def _companions(seed: int, shot: Shot) -> tuple[Picture, ...]:
    """Pictures that fill a collage; made only where there is one."""
    wanted = any(one.alteration is not None and one.alteration.name == "collage" for one in shot.variants)
    if not wanted:
        return ()
    random = chance(seed, "companions", shot.name)
    return tuple(hard_negatives.make(kind, random) for kind in ("map", "pattern", "blurred"))
