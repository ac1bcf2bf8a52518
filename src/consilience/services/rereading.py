"""Read an exhibit again and hold it against what is known of it: file by file, digests and fingerprints."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from consilience.audit.custody import FileEntry, FingerprintEntry
from consilience.evidence.contract import Source
from consilience.model.examination import FAST, Digests, FileReport, Fingerprint
from consilience.model.locator import Locator
from consilience.services.execution import Arrival, Executor
from consilience.services.progress import Progress, unseen

_PROGRESS_EVERY = 100


class DifferenceKind(StrEnum):
    """How a file differs from what is known of it."""

    MISSING = "missing"
    ADDED = "added"
    CONTENT = "content"
    UNREADABLE = "unreadable"
    READABLE = "readable"
    FINGERPRINT = "fingerprint"


class Difference(msgspec.Struct, frozen=True):
    """One file that differs.

    Attributes:
        kind: how.
        file: the locator for people.
        known: what is on record: a digest, the code of a problem, a fingerprint and its decoder.
        found: what is there now.
    """

    kind: DifferenceKind
    file: str
    known: str = ""
    found: str = ""


class Rereading(msgspec.Struct, frozen=True):
    """What came of reading an exhibit again.

    Attributes:
        files: that are known.
        same: of these, as they were: the same bytes, or unreadable as before.
        fingerprints: known ones that were taken again, of every file.
        same_fingerprints: of these, with the same code.
        differences: what differs, in the order of the reading; what is missing last.
    """

    files: int
    same: int
    fingerprints: int
    same_fingerprints: int
    differences: list[Difference]


class _Wanted:
    """Wants each content whose fingerprints are known decoded, once."""

    def __init__(self, sha256: set[bytes]) -> None:
        self._left = sha256
        self._turn = threading.Lock()

    def wanted(self, report: FileReport) -> bool:
        assert report.digests is not None
        with self._turn:
            wanted = report.digests.sha256 in self._left
            self._left.discard(report.digests.sha256)
            return wanted

    def arrived(self, report: FileReport) -> None:
        pass

    def failed(self, error: Exception) -> None:
        pass


def entry_of(
    locator: bytes,
    size: int | None,
    digests: Digests | None,
    problem: str | None,
    fingerprints: Iterable[Fingerprint],
) -> FileEntry:
    """A file as custody tells of it. Codes of first looks are left out."""
    return FileEntry(
        locator=locator.hex(),
        shown=Locator.decode(locator).display(),
        size=size,
        sha256=digests.sha256.hex() if digests else None,
        sha1=digests.sha1.hex() if digests else None,
        md5=digests.md5.hex() if digests else None,
        problem=problem,
        fingerprints=tuple(_fingerprint(one) for one in fingerprints if one.decode_path != FAST),
    )


def reread(
    known: Iterable[FileEntry], source: Source, executor: Executor, progress: Progress = unseen
) -> Rereading:
    """Read an exhibit again. Nothing is recorded, and nothing is written to it.

    Args:
        known: every file that is known of the exhibit.
        source: the exhibit as it is attached now.
        executor: where its files are examined.
        progress: told how far it is.
    """
    held = _Held(known)
    arrivals = executor.examine(source.files(), source.open, _Wanted(held.to_decode()))
    for number, arrival in enumerate(arrivals):
        if number % _PROGRESS_EVERY == 0:
            progress("reading again", number, held.files)
        held.take(arrival)
    return held.result()


class _Held:
    """What is known of an exhibit, and how what is read now compares."""

    def __init__(self, known: Iterable[FileEntry]) -> None:
        self._left = {one.locator: one for one in known}
        self._differences: list[Difference] = []
        self._same = self._fingerprints = self._same_fingerprints = 0
        # Of files with the same content one is decoded, whichever comes first; all are compared with it.
        self._decoded: dict[str, FileEntry] = {}
        self._waiting: dict[str, list[FileEntry]] = {}
        self.files = len(self._left)

    def to_decode(self) -> set[bytes]:
        """The contents of which fingerprints are known."""
        return {bytes.fromhex(one.sha256) for one in self._left.values() if one.sha256 and one.fingerprints}

    def take(self, arrival: Arrival) -> None:
        """Compare a file that was read now."""
        report = arrival.report
        found = entry_of(
            arrival.found.locator.into(*report.steps).encode(),
            report.size,
            report.digests,
            report.problem.code.value if report.problem else None,
            report.examination.fingerprints if report.examination else (),
        )
        known = self._left.pop(found.locator, None)
        kind = _difference(known, found)
        if kind is not None:
            says = "" if known is None else known.sha256 or known.problem or ""
            self._differences.append(Difference(kind, found.shown, says, found.sha256 or found.problem or ""))
            return
        self._same += 1
        if known is None or not found.sha256 or not known.fingerprints:
            return
        if report.examination is not None:
            self._decoded[found.sha256] = found
            for one in (*self._waiting.pop(found.sha256, ()), known):
                self._compare(one, found)
        elif found.sha256 in self._decoded:
            self._compare(known, self._decoded[found.sha256])
        else:
            self._waiting.setdefault(found.sha256, []).append(known)

    def result(self) -> Rereading:
        """What came of it; what was not read is missing."""
        missing = [
            Difference(DifferenceKind.MISSING, one.shown, one.sha256 or one.problem or "")
            for one in self._left.values()
        ]
        return Rereading(
            self.files,
            self._same,
            self._fingerprints,
            self._same_fingerprints,
            [*self._differences, *missing],
        )

    def _compare(self, known: FileEntry, found: FileEntry) -> None:
        now = {(one.algorithm, one.version, one.part): one for one in found.fingerprints}
        for one in known.fingerprints:
            self._fingerprints += 1
            again = now.get((one.algorithm, one.version, one.part))
            if again is not None and again.code == one.code:
                self._same_fingerprints += 1
                continue
            says = (
                "none of this algorithm and version" if again is None else f"{again.code} by {again.decoder}"
            )
            kind = DifferenceKind.FINGERPRINT
            self._differences.append(Difference(kind, known.shown, f"{one.code} by {one.decoder}", says))


def _difference(known: FileEntry | None, found: FileEntry) -> DifferenceKind | None:
    if known is None:
        return DifferenceKind.ADDED
    if known.sha256 is None and found.sha256 is None:
        return None
    if known.sha256 is None:
        return DifferenceKind.READABLE
    if found.sha256 is None:
        return DifferenceKind.UNREADABLE
    return None if known.sha256 == found.sha256 else DifferenceKind.CONTENT


def _fingerprint(one: Fingerprint) -> FingerprintEntry:
    return FingerprintEntry(
        one.algorithm, one.version, one.part, one.code.hex(), one.quality, one.decode_path, one.decoder
    )
