"""The formats of hash lists that are read, and how one is chosen: by what a file holds, not by its name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from consilience.errors import FormatError, NotFoundError, UsageError
from consilience.interchange.columns import ColumnLists
from consilience.interchange.contract import Fit, Head, ListAbout, ListFile, ListFormat
from consilience.interchange.encase import EncaseLists
from consilience.interchange.icse import IcseLists
from consilience.interchange.nsrl import NsrlLists
from consilience.interchange.pdq_list import PdqLists
from consilience.interchange.plain import PlainLists
from consilience.interchange.records import Unusable
from consilience.interchange.tmk_list import TmkLists
from consilience.interchange.vics import VicsLists
from consilience.interchange.video_folder import read_folder
from consilience.interchange.vpdq_list import VpdqLists
from consilience.model.lists import ListRecord
from consilience.model.locator import printable_text

LIST_FORMATS: tuple[ListFormat, ...] = (
    VicsLists(),
    IcseLists(),
    NsrlLists(),
    EncaseLists(),
    ColumnLists(),
    PdqLists(),
    PlainLists(),
    VpdqLists(),
    TmkLists(),
)
"""Every format, the more specific first."""


def list_format(name: str) -> ListFormat:
    """The format of a name.

    Raises:
        UsageError: there is none.
    """
    for candidate in LIST_FORMATS:
        if candidate.name == name:
            return candidate
    raise UsageError(f"{printable_text(name)} is no format of list", f"Formats are {_names(LIST_FORMATS)}")


def open_list(path: Path, format: str | None = None) -> ListFile:
    """Open a hash list.

    Args:
        path: the file; or a folder of files of videos' hashes, which names no format.
        format: name of its format; None to find out by its first bytes.

    Raises:
        NotFoundError: there is no such file, or it cannot be read.
        UsageError: `format` is not the name of one, or is given for a folder.
        FormatError: the file is of no known format, of several that cannot be told apart, or not of the
            format named.
    """
    shown = printable_text(str(path))
    chosen = list_format(format) if format is not None else None
    try:
        if path.is_dir():
            if chosen is not None:
                raise UsageError(f"{shown} is a folder", "Of a folder no format is named: its files say it.")
            return read_folder(path)
        head = Head(path)
        if not head.data:
            raise FormatError(f"{shown} is empty", "Give a list with at least a header or one record")
        if chosen is None:
            chosen = _choose(head, shown)
        elif chosen.fit(head) is Fit.NO:
            raise FormatError(f"{shown} is not a list of format {chosen.name}", _looks_like(head))
        return chosen.read(path)
    except OSError as error:
        raise NotFoundError(
            f"{shown}: {error.strerror or error}", "Check the path and its permissions"
        ) from error


def write_list(path: Path, records: Iterable[ListRecord], about: ListAbout) -> None:
    """Write a hash list in the format that `about` names, whole or not at all. See `ListFormat.write`."""
    part = path.with_name(path.name + ".part")
    try:
        list_format(about.format).write(part, records, about)
        part.replace(path)
    except Unusable as why:
        raise FormatError(f"a record to be written has {why}", "Write records that name a content") from None
    finally:
        part.unlink(missing_ok=True)


def _choose(head: Head, shown: str) -> ListFormat:
    fits = {candidate.name: candidate.fit(head) for candidate in LIST_FORMATS}
    best = max(fits.values())
    if best is Fit.NO:
        raise FormatError(
            f"{shown} is of no known list format",
            f"If it is one, name it with --format ({_names(LIST_FORMATS)})",
        )
    chosen = [candidate for candidate in LIST_FORMATS if fits[candidate.name] is best]
    if len(chosen) > 1:
        chosen = [one for one in chosen if any(hint in head.name for hint in one.hints)] or chosen
    if len(chosen) > 1:
        raise FormatError(
            f"{shown} can be read as {_names(chosen)}, and what it holds does not tell them apart",
            "Say which with --format",
        )
    return chosen[0]


def _looks_like(head: Head) -> str:
    others = [candidate for candidate in LIST_FORMATS if candidate.fit(head) > Fit.NO]
    if others:
        return f"It looks like {_names(others)}"
    return f"Formats are {_names(LIST_FORMATS)}"


def _names(formats: Iterable[ListFormat]) -> str:
    return ", ".join(candidate.name for candidate in formats)
