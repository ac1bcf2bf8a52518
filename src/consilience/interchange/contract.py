"""What every format of hash list offers: to be recognised, to be read as a stream, to be written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import msgspec

from consilience.interchange.text import as_utf8
from consilience.model.lists import BrokenRecord, ListRecord

Entry = ListRecord | BrokenRecord
"""One thing that a list yields: a record, or where and why there is none."""


class ListAbout(msgspec.Struct, frozen=True, kw_only=True):
    """What a list says of itself, apart from its records.

    Attributes:
        format: name of the format, such as ``vics``.
        version: version of the format, empty where it has none.
        scheme: classification scheme that the file states, such as ``VICS-US``; a hint for the import,
            which decides. None where the file states none.
        title: the list's own name, where the file states one.
        application: program and version that wrote the file, where stated.
        cases: case information (number, contact, …) as found, in the order of the file.
        attributes: whatever else the file says outside its records, keys as found.
    """

    format: str
    version: str = ""
    scheme: str | None = None
    title: str | None = None
    application: str | None = None
    cases: tuple[dict[str, object], ...] = ()
    attributes: dict[str, object] = {}


class Fit(IntEnum):
    """How well the beginning of a file fits a format."""

    NO = 0
    """The file is not of this format."""
    POSSIBLE = 1
    """It can be read so, and may well be something else."""
    LIKELY = 2
    """It looks like nothing else."""
    CERTAIN = 3
    """It names its format: a magic number, a data model, an exact header."""


class Head:
    """The beginning of a file, for formats to look at.

    Attributes:
        name: file name in lower case.
        size: bytes of the whole file.
        data: its first bytes, at most `LENGTH`, as they are.
        text: the same as UTF-8 without a byte order mark, ending after its last whole line (or as it
            is, where there is no line end).
    """

    LENGTH = 1 << 16

    def __init__(self, path: Path) -> None:
        self.name = path.name.lower()
        with path.open("rb") as file:
            self.data = file.read(self.LENGTH)
            self.size = file.seek(0, 2)
        self.text = as_utf8(self.data)
        if self.size > len(self.data):
            self.text = self.text[: self.text.rfind(b"\n") + 1] or self.text

    def lines(self, most: int = 64) -> list[bytes]:
        """The first lines that are neither empty nor a ``#`` comment, stripped; at most `most`."""
        stripped = (line.strip() for line in self.text.split(b"\n", 16 * most)[: 16 * most])
        return [line for line in stripped if line and not line.startswith(b"#")][:most]


class ListFile:
    """An open list: what it says of itself, and its records. A context manager.

    Args:
        about: gives what is known of the list so far.
        entries: gives its records.
        progress: gives the share of the file that was read, 0 to 1; None where that is not known.
        close: lets go of the file.
    """

    def __init__(
        self,
        about: Callable[[], ListAbout],
        entries: Iterator[Entry],
        progress: Callable[[], float | None],
        close: Callable[[], None],
    ) -> None:
        self._about = about
        self._entries = entries
        self._close = close
        self.progress = progress
        """The share of the file that was read, 0 to 1; None where that is not known."""

    @property
    def about(self) -> ListAbout:
        """What is known of the list so far; complete once the last record was read."""
        return self._about()

    def __iter__(self) -> Iterator[Entry]:
        """The entries in the file's order, once, in bounded memory whatever the file's size.

        A record that cannot be taken comes as a `BrokenRecord`, and reading goes on.

        Raises:
            FormatError: here or while iterating: the file turns out not to be of its format (cut short,
                malformed). Whoever imports it takes back what was taken of it.
        """
        return self._entries

    def close(self) -> None:
        """Let go of the file."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class ListFormat(Protocol):
    """A format of hash list: one implementation a file of this room."""

    @property
    def name(self) -> str:
        """Short name, as given to ``--format``."""
        ...

    @property
    def describes(self) -> str:
        """One line for help texts."""
        ...

    @property
    def hints(self) -> tuple[str, ...]:
        """Parts of file names that decide between formats which fit equally well."""
        ...

    def fit(self, head: Head) -> Fit:
        """How well a file fits, by its first bytes."""
        ...

    def read(self, path: Path) -> ListFile:
        """Open a list.

        Raises:
            FormatError: it is not of this format after all.
        """
        ...

    def write(self, path: Path, records: Iterable[ListRecord], about: ListAbout) -> None:
        """Write a list; equal records and `about` give equal bytes.

        A format carries what it has a place for: the module's docstring says what. `about.format` need
        not be this format's.

        Raises:
            FormatError: a record has nothing that the format can hold, or not what it must hold.
        """
        ...
