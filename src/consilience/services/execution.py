"""The contract between services and where they run: files go in, reports come out, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

import msgspec

from consilience.evidence.contract import Found
from consilience.model.examination import FileReport, MediaKind

FULL_PASS: Final[frozenset[MediaKind]] = frozenset()
"""The kinds of which a full pass takes a first look only: none."""

Opener = Callable[[Found], int]
"""Gives a descriptor of a found file; raises Unreadable."""


class Arrival(msgspec.Struct, frozen=True):
    """One report on a found file or a member of it.

    Attributes:
        found: the file that was handed in.
        report: what the sandbox saw.
        last: whether this ends the found file: its own report, after those of its members.
    """

    found: Found
    report: FileReport
    last: bool


class Watcher(Protocol):
    """Asked and told while files are examined, from several threads."""

    def wanted(self, report: FileReport) -> bool:
        """Whether a picture is to be decoded, by the one who asks; its digests are known."""

    def arrived(self, report: FileReport) -> None:
        """The examination of a content that was wanted has come, perhaps long before its turn in the order.

        Each wanted content gets it once, also where its worker was lost.
        """

    def failed(self, error: Exception) -> None:
        """The run is going to end with this error; what was wanted may never arrive."""


class Executor(Protocol):
    """Examines files somewhere: on this machine, or on many."""

    def examine(
        self,
        files: Iterable[Found],
        opener: Opener,
        watcher: Watcher,
        first_look: frozenset[MediaKind] = FULL_PASS,
    ) -> Iterator[Arrival]:
        """Reports in the order of the files, members before the archive they lie in.

        Contents of the kinds in `first_look` are looked at in the quick way where they can be; all others are
        examined in full.

        Whatever a file does, the others are examined: a file that brings its worker down, or keeps it
        longer than the limit, ends as a report that says so.
        """

    @property
    def parameters(self) -> dict[str, object]:
        """What a reading records of how it was run: workers, limits, the sandbox in force."""
