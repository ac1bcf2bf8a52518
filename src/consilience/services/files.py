"""Hash and compare files without any holdings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np

from consilience.errors import NotFoundError
from consilience.evidence.contract import Found
from consilience.evidence.folder import FolderSource
from consilience.fingerprints.pdq import Pdq
from consilience.model.examination import (
    ORIENTATIONS,
    Digests,
    Examination,
    FileReport,
    Fingerprint,
    MediaKind,
    Orientation,
)
from consilience.model.locator import Locator
from consilience.model.problems import Problem
from consilience.services.execution import Executor
from consilience.settings import PDQ_MIN_QUALITY, PDQ_RADIUS


class Hashed(msgspec.Struct, frozen=True):
    """What one file says of itself.

    Attributes:
        path: as it was named, with members of archives after ``»``.
        report: digests and type; its examination's fingerprints where it is a picture.
    """

    path: str
    report: FileReport

    @property
    def problem(self) -> Problem | None:
        """What stopped the reading or the decode."""
        examination = self.report.examination
        return self.report.problem or (examination.problem if examination else None)

    @property
    def picture(self) -> Fingerprint | None:
        """The fingerprint of the picture itself."""
        examination = self.report.examination or Examination()
        return next((one for one in examination.fingerprints if one.part == "picture"), None)


class Comparison(msgspec.Struct, frozen=True):
    """What two files agree in.

    Attributes:
        same_bytes: whether the bytes are equal.
        distance: least PDQ distance over the orientations; None where either has no code.
        orientation: what was done to the first file's picture to reach it.
        radius: greatest distance that counts as a match.
        quality: the lower of the two qualities; below `min_quality` the distance says nothing.
        min_quality: the threshold.
    """

    same_bytes: bool
    distance: int | None
    orientation: Orientation | None
    quality: int | None
    radius: int = PDQ_RADIUS
    min_quality: int = PDQ_MIN_QUALITY

    @property
    def agrees(self) -> bool:
        """Whether this is a match: the same bytes, or near pictures of sufficient quality."""
        near = self.distance is not None and self.distance <= self.radius
        return self.same_bytes or (near and (self.quality or 0) >= self.min_quality)


class _Everything:
    """Wants every picture decoded; of videos and sounds only digests are shown here."""

    def wanted(self, report: FileReport) -> bool:
        return report.kind is MediaKind.PICTURE

    def arrived(self, report: FileReport) -> None:
        pass

    def failed(self, error: Exception) -> None:
        pass


def hash_files(paths: Iterable[Path], executor: Executor) -> Iterator[Hashed]:
    """Digests and fingerprints of files, of everything in folders, and of members of archives.

    Raises:
        UsageError: a path is neither a file nor a folder. Nothing was read then.
    """
    sources = [(path, FolderSource(path)) for path in paths]
    of_found: dict[int, tuple[Path, FolderSource]] = {}

    def found() -> Iterator[Found]:
        for path, source in sources:
            for one in source.files():
                of_found[id(one)] = (path, source)
                yield one

    def opened(one: Found) -> int:
        return of_found[id(one)][1].open(one)

    try:
        for arrival in executor.examine(found(), opened, _Everything()):
            path, _ = of_found[id(arrival.found)]
            if arrival.last:
                del of_found[id(arrival.found)]
            yield Hashed(_shown(path, arrival.found, arrival.report), arrival.report)
    finally:
        for _, source in sources:
            source.close()


def compare(first: Path, second: Path, executor: Executor) -> Comparison:
    """What two files agree in.

    Raises:
        NotFoundError: one of them cannot be read.
    """
    one, other = (_whole(path, executor) for path in (first, second))
    digests, other_digests = one.report.digests, other.report.digests
    assert isinstance(digests, Digests)
    code, other_code = one.picture, other.picture
    if code is None or other_code is None:
        return Comparison(digests == other_digests, None, None, None)
    asked = np.frombuffer(code.code + code.turned, np.uint8).reshape(len(ORIENTATIONS), -1)
    held = np.frombuffer(other_code.code, np.uint8)
    distances = np.bitwise_count(asked ^ held).sum(axis=1)
    nearest = int(distances.argmin())
    return Comparison(
        same_bytes=digests == other_digests,
        distance=int(distances[nearest]),
        orientation=ORIENTATIONS[nearest],
        quality=min(code.quality, other_code.quality),
    )


def algorithm() -> str:
    """Name and version of the picture fingerprint."""
    return f"{Pdq.name} {Pdq.version}"


def _whole(path: Path, executor: Executor) -> Hashed:
    whole = [one for one in hash_files([path], executor) if not one.report.steps]
    if len(whole) != 1 or whole[0].report.digests is None:
        why = whole[0].problem.code if len(whole) == 1 and whole[0].problem else "not one file"
        raise NotFoundError(f"{path} cannot be read ({why})")
    return whole[0]


def _shown(path: Path, found: Found, report: FileReport) -> str:
    named = Locator.of_path(os.fsencode(path))
    if not path.is_file():
        named = Locator.of_path(os.fsencode(path) + b"/" + found.locator.steps[0].name)
    return named.into(*report.steps).display()
