"""How far long work has come."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told now and then how far work has come; shows it to somebody, or to nobody."""

    def __call__(self, stage: str, done: int, total: int | None, *, size: int = 0) -> None:
        """Work has come so far.

        Args:
            stage: what is being done.
            done: files, records, … done.
            total: how many there will be, or None where nobody knows.
            size: bytes done, where bytes are counted.
        """


def unseen(stage: str, done: int, total: int | None, *, size: int = 0) -> None:
    """Progress that nobody looks at."""
