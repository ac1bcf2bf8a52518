"""What a Source promises: every file of an exhibit, found and opened without changing anything.

A Source yields each thing that lies in the exhibit once, in the order of encoded locators, so that a reading
that was cut off goes on where it stopped. What cannot be read is yielded too, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec

from consilience.model.locator import Locator
from consilience.model.problems import Problem
from consilience.model.times import Timestamp


class Found(msgspec.Struct, frozen=True):
    """A thing in an exhibit.

    Attributes:
        locator: where it lies.
        size: bytes, as the file system states them; None where unknown.
        times: as the file system states them.
        problem: why it cannot be read; None for a regular file.
    """

    locator: Locator
    size: int | None
    times: tuple[Timestamp, ...]
    problem: Problem | None = None


class Unreadable(Exception):  # noqa: N818 - a typed answer, not a defect
    """A found file could not be opened. Carries the reason."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.detail)


class Source(Protocol):
    """A reader of one kind of exhibit."""

    @property
    def kind(self) -> str:
        """The kind's name, as readings record it: ``folder``."""

    @property
    def root(self) -> bytes:
        """Where the exhibit is attached, as the system names it."""

    def files(self) -> Iterator[Found]:
        """Everything that lies in the exhibit, in the order of encoded locators."""

    def open(self, found: Found) -> int:
        """A descriptor for reading the file's bytes. The caller closes it.

        Raises:
            Unreadable: the file is gone, has become something else, or may not be read.
        """
