"""Making a film's files: shot once, its middle rendition is what everything else is made of."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image

from consilience.exercise.films.encoding import decoded, encoded
from consilience.exercise.films.footage import Camera, Film, with_bar
from consilience.exercise.films.plan import Effect, FilmPlan, Version, recording_of
from consilience.exercise.films.sound import RATE, Sound, recording
from consilience.exercise.films.truth import RENDITION, FilmFile, Piece
from consilience.exercise.render.scene import Picture
from consilience.model.locator import Locator

BED_SECONDS = 60.0
_BED_LOUDNESS = 0.35


class Job(msgspec.Struct, frozen=True):
    """One film's files."""

    plan: FilmPlan
    film: str


class MadeFilm(msgspec.Struct, frozen=True):
    """A file that was made: its truth and its size."""

    truth: FilmFile
    size: int


def make_film(out: Path, modified: int, job: Job) -> list[MadeFilm]:
    """Make all files of a film, and put them in their places."""
    studio = _Studio(job.plan)
    made = []
    for version in job.plan.versions[job.film]:
        file = studio.file(version)
        target = out / "exhibits" / version.exhibit / version.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file)
        os.utime(target, (modified, modified))
        made.append(MadeFilm(_truth(job.plan, version, file), len(file)))
    return made


class _Studio:
    """Where one film's files are made; keeps its frames meanwhile."""

    def __init__(self, plan: FilmPlan) -> None:
        self._plan = plan
        self._high = b""
        self._frames: dict[str, list[Picture]] = {}
        self._cameras: dict[str, Camera] = {}
        self._sounds: dict[str, Sound] = {}

    def file(self, version: Version) -> bytes:
        """The file of a version; a film's renditions come first, the high one before the others."""
        seen = self._copied
        if version.alteration == RENDITION:
            seen = (
                self._filmed if version.strength == "high" else _Transcoded(self._high, version.form.rate).at
            )
        file = encoded(version.form, version.seconds, lambda time: seen(version, time), self._mixed(version))
        if version.alteration == RENDITION and version.strength == "high":
            self._high = file
        if version.alteration == RENDITION and version.strength == "middle":
            self._frames[version.film] = list(decoded(file))
        return file

    def _filmed(self, version: Version, time: float) -> Picture:
        return self._camera(self._plan.films[version.film]).frame(time)

    def _copied(self, version: Version, time: float) -> Picture:
        """As a copy has it, made from the middle rendition."""
        piece = next((one for one in version.pictures if one.begin <= time < one.end), None)
        if piece is None:
            return np.zeros((version.form.height, version.form.width, 3), np.uint8)
        film = self._plan.films[piece.source]
        at = piece.source_begin + (time - piece.begin) * piece.speed
        frames = self._frames.get(film.name)
        if frames is None:
            picture = self._camera(film).frame(min(at, film.seconds - 1e-6))
        else:
            picture = frames[min(int(at * film.rate + 1e-6), len(frames) - 1)]
        effect = version.effect
        return EFFECTS[effect.name](picture, effect) if effect.name else picture

    def _camera(self, film: Film) -> Camera:
        if film.name not in self._cameras:
            self._cameras[film.name] = Camera(self._plan.seed, film)
        return self._cameras[film.name]

    def _mixed(self, version: Version) -> Sound:
        mixed = np.zeros(round(version.seconds * RATE), np.float32)
        for piece in version.sound:
            part = self._part(piece)
            begin = round(piece.begin * RATE)
            part = part[: len(mixed) - begin]
            mixed[begin : begin + len(part)] += part
        return mixed

    def _part(self, piece: Piece) -> Sound:
        whole = self._recording(piece.source)
        count = round((piece.end - piece.begin) * RATE)
        at = (piece.source_begin + np.arange(count) / RATE * piece.speed) * RATE
        if piece.speed == 1.0:
            first = round(piece.source_begin * RATE)
            return whole[first : first + count]
        return np.interp(at, np.arange(len(whole)), whole).astype(np.float32)

    def _recording(self, source: str) -> Sound:
        if source not in self._sounds:
            plan = self._plan
            if source in plan.beds:
                bed = recording(plan.seed, source, plan.beds[source], BED_SECONDS)
                self._sounds[source] = bed * np.float32(_BED_LOUDNESS)
            else:
                film = next(one for one in plan.films.values() if recording_of(one) == source)
                self._sounds[source] = recording(plan.seed, source, film.voice, film.seconds)
        return self._sounds[source]


class _Transcoded:
    """The frames of a file one after the other, while another is made of them."""

    def __init__(self, file: bytes, rate: int) -> None:
        self._frames = decoded(file)
        self._rate = rate
        self._number = -1
        self._picture: Picture | None = None

    def at(self, version: Version, time: float) -> Picture:
        del version
        while self._number < round(time * self._rate):
            self._picture = next(self._frames, self._picture)
            self._number += 1
        assert self._picture is not None
        return self._picture


def _truth(plan: FilmPlan, version: Version, file: bytes) -> FilmFile:
    locator = Locator.of_path(version.path.encode())
    film = plan.films[version.film]
    shown = {piece.source for piece in version.pictures}
    films = [one for one in plan.films.values() if one.name in shown]
    whole = version.alteration == RENDITION
    common = {f"caption bar {one.bar}" for one in films if one.bar is not None}
    if film.leader and whole:
        common.add("black leader")
    return FilmFile(
        exhibit=version.exhibit,
        locator=locator.encode().hex(),
        sha256=hashlib.sha256(file).hexdigest(),
        shown=locator.display(),
        film=version.film,
        family=film.shots[0].family,
        alteration=version.alteration,
        strength=version.strength,
        seconds=version.seconds,
        video=version.form.video,
        audio=version.form.audio,
        pictures=version.pictures,
        sound=version.sound,
        mirrored=version.effect.name == "mirrored",
        scenes=tuple(sorted({scene for one in films for scene in one.scenes})),
        common=tuple(sorted(common)),
    )


def _caption(picture: Picture, effect: Effect) -> Picture:
    """A bar with words below, over the picture; as high as the effect says."""
    height, width, _ = picture.shape
    # The bar of `with_bar` is an eighth of a height; here it is that of a picture of another height.
    bar = with_bar(np.zeros((round(height * effect.amount * 8), width, 3), np.uint8), 99)
    high = len(bar) // 8
    out = picture.copy()
    out[height - high :] = bar[len(bar) - high :]
    return out


def _border(picture: Picture, effect: Effect) -> Picture:
    height, width, _ = picture.shape
    across, down = round(width * effect.amount), round(height * effect.amount)
    out = np.full_like(picture, (40, 90, 160))
    inner = Image.fromarray(picture).resize(
        (width - 2 * across, height - 2 * down), Image.Resampling.BILINEAR
    )
    out[down : height - down, across : width - across] = np.array(inner)
    return out


def _letterbox(picture: Picture, effect: Effect) -> Picture:
    """Black bars above and below, to 4:3."""
    del effect
    height, width, _ = picture.shape
    bar = (width * 3 // 4 - height) // 2
    return np.pad(picture, ((bar, bar), (0, 0), (0, 0)))


def _mirrored(picture: Picture, effect: Effect) -> Picture:
    del effect
    return picture[:, ::-1]


def _darker(picture: Picture, effect: Effect) -> Picture:
    return (picture * np.float32(effect.amount)).astype(np.uint8)


EFFECTS: dict[str, Callable[[Picture, Effect], Picture]] = {
    "caption": _caption,
    "border": _border,
    "letterbox": _letterbox,
    "mirrored": _mirrored,
    "darker": _darker,
}
