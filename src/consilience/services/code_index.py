"""Indexes of the codes on record: kept on disk in the holdings' folder and in step with the records.

The records are the truth. An index carries a mark: the moment of the records' journal up to which it was
taken from them. What was journalled after that moment is read from the records: by a search, as something
laid over the index; by `CodeIndex.follow`, into the index for good. So it does not matter where a process
ends between the two, nor how often a step is done again; and where the mark names no moment of these records,
because a backup of either was brought back, the index is made again.
"""

from __future__ import annotations

import logging
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from consilience.errors import HoldingsError
from consilience.fingerprints import vpdq
from consilience.fingerprints.pdq import Pdq
from consilience.index.canaries import Watched, WatchedIndex
from consilience.index.contract import Searchable
from consilience.index.durable import DurableIndex, IndexReader
from consilience.index.linear import Scan
from consilience.index.log import Mark
from consilience.index.overlay import Overlay
from consilience.services.holdings import Holdings
from consilience.settings import PDQ_MIN_QUALITY
from consilience.store import contents, footage, journal, listed_videos, matches
from consilience.store.journal import Followed

_FOLDER = "index"
_IDS_AT_ONCE, _RANGES_AT_ONCE = 1 << 18, 100

_Parts = Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]
_Range = tuple[int, int]

_log = logging.getLogger(__name__)


class Codes(NamedTuple):
    """Codes on record that have an index.

    Attributes:
        name: of the index, and of its folder.
        what: the records whose ids the codes have.
        read: the codes that stand now, with ids in these ranges or, where there is None, all.
    """

    name: str
    what: Followed
    read: Callable[[Connection, Sequence[_Range] | None], _Parts]


def _held(connection: Connection, within: Sequence[_Range] | None) -> _Parts:
    return contents.upright_codes(connection, version=Pdq.version, within=within)


def _first_looks(connection: Connection, within: Sequence[_Range] | None) -> _Parts:
    return contents.upright_codes(connection, version=Pdq.version, within=within, fast=True)


def _entries(connection: Connection, within: Sequence[_Range] | None) -> _Parts:
    return matches.entry_codes(connection, version=Pdq.version, within=within)


def _frames(connection: Connection, within: Sequence[_Range] | None) -> _Parts:
    for row_id, part, codes in footage.timed_codes(connection, vpdq.NAME, vpdq.VERSION, within):
        if not part.endswith((vpdq.MIRRORED, vpdq.AS_PACKAGED)):
            yield footage.usable_codes(row_id, codes, PDQ_MIN_QUALITY)


def _listed_frames(connection: Connection, within: Sequence[_Range] | None) -> _Parts:
    for one in listed_videos.videos(connection, vpdq.VERSION, within=within):
        yield footage.usable_codes(one.id, one.codes, PDQ_MIN_QUALITY)


HELD = Codes(f"held-pdq-{Pdq.version}", Followed.HELD, _held)
"""Upright codes of held contents, by fingerprint."""

FIRST_LOOKS = Codes(f"first-looks-pdq-{Pdq.version}", Followed.HELD, _first_looks)
"""Upright codes of contents that had a first look only, by fingerprint."""

FRAMES = Codes(f"frames-vpdq-{vpdq.VERSION}", Followed.TIMED, _frames)
"""Upright codes of the frames of held videos, with and without bars; ids are those of `store.footage`."""

LISTED_FRAMES = Codes(f"listed-frames-vpdq-{vpdq.VERSION}", Followed.TIMED_ENTRIES, _listed_frames)
"""Codes of the frames of videos that standing list entries name; ids are those of `store.footage`."""

ENTRIES = Codes(f"entries-pdq-{Pdq.version}", Followed.ENTRIES, _entries)
"""Codes of standing list entries, by entry."""


class Trouble(StrEnum):
    """What an index had to tell of itself: kinds of notices."""

    MISSED_A_CANARY = "index-missed-a-canary"
    DAMAGED = "index-damaged"


class Told(NamedTuple):
    """A trouble, named once so that it is told once."""

    trouble: Trouble
    of: str
    key: str


def index_folder(holdings: Holdings) -> Path:
    """Where all indexes of the holdings lie."""
    return holdings.folder / _FOLDER


class CodeIndex:
    """The index of some codes, for the one who brings in evidence or lists. Close it, or use it in ``with``.

    Opening it brings it up to the records.

    Args:
        holdings: whose place of the one who brings in is held by this process (`Holdings.alone`).
        codes: which ones.

    Attributes:
        troubles: what was noticed since it was opened.

    Raises:
        HoldingsError: the records cannot be read; the index can be neither read nor made, or another process
            has it.
    """

    def __init__(self, holdings: Holdings, codes: Codes) -> None:
        self._database, self._codes = holdings.database, codes
        self._folder = index_folder(holdings) / codes.name
        self.troubles: list[Told] = []
        with self._database.read() as connection:
            moment = journal.latest(connection)
        with self._in_one_line():
            self._durable = DurableIndex(self._folder, self._all)
            try:
                if self._durable.damage is not None:
                    self._note(Trouble.DAMAGED)
                if not self._durable.made:
                    self._open()
                else:
                    self._plant(moment)
                self.follow()
            except BaseException:
                self._durable.close()
                raise

    def as_of(self, connection: Connection) -> Searchable:
        """The codes as a transaction sees them, with what it has changed itself.

        It may be asked until the transaction ends, or changes codes again.
        """
        return _as_of(connection, self._codes, None if self._watched.broken else self._watched, self._moment)

    def follow(self) -> None:
        """Takes in what was committed since the last time; on disk when it returns.

        Raises:
            HoldingsError: it could not be read, or written. What is missing is laid over the index by the
                next search, and taken in by the next following.
        """
        if not self._watched.broken:
            with self._in_one_line():
                self._follow()

    def tell(self, connection: Connection) -> None:
        """Tells every case of the troubles, each once: the matches of any may be concerned."""
        for told in self.troubles:
            matches.add_notice_everywhere(connection, told.trouble.value, told.key, {"index": told.of})

    def close(self) -> None:
        """Waits for what is being written and gives the folder back.

        Raises:
            HoldingsError: it could not be written; what was committed is safe in the records.
        """
        with self._in_one_line():
            self._durable.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _in_one_line(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise HoldingsError(
                f"{self._folder}: {error.strerror}; what was committed is safe in the records",
                "Mend the cause, then run the same command again: it goes on where it stopped.",
            ) from error

    def _follow(self) -> None:
        with self._database.read() as connection:
            moment = journal.latest(connection)
            ranges = journal.since(connection, self._codes.what, self._moment)
            for some in _portions(ranges or []):
                without, ids, codes = _read(connection, self._codes, some)
                if len(without):
                    self._watched.remove(without)
                if len(ids):
                    self._watched.add(ids, codes)
        if ranges is None:
            self._make()
        elif moment != self._moment:
            self._put(moment)

    def _open(self) -> None:
        """Takes over what is on disk, if it is of these records and its canaries are found."""
        found = _moment(self._durable.mark)
        if found is not None:
            self._moment, planted = found
            self._watched = WatchedIndex(self._durable, self._all, self._alarm, planted)
            self._watched.check()
        if found is None or self._watched.broken:
            self._make()

    def _make(self) -> None:
        _log.warning("The index %s is made again from the records", self._codes.name)
        with self._database.read() as connection:
            moment = journal.latest(connection)
        self._durable.rebuild()
        self._plant(moment)

    def _plant(self, moment: journal.Mark) -> None:
        self._watched = WatchedIndex(self._durable, self._all, self._alarm)
        self._watched.plant()
        self._put(moment)

    def _put(self, moment: journal.Mark) -> None:
        self._durable.put_mark(Mark((moment.id, moment.token, self._watched.planted)))
        self._moment = moment

    def _all(self) -> _Parts:
        with self._database.read() as connection:
            yield from self._codes.read(connection, None)

    def _alarm(self, text: str) -> None:
        _log.error("%s: %s", self._codes.name, text)
        self._note(Trouble.MISSED_A_CANARY)
        self._durable.give_up()

    def _note(self, trouble: Trouble) -> None:
        self.troubles.append(Told(trouble, self._codes.name, secrets.token_hex(8)))


def keep_up(holdings: Holdings, codes: Codes) -> None:
    """Takes what was committed into an index, for those who change codes and search them not.

    Raises:
        HoldingsError: as at its opening. What is missing is laid over the index by the next search.
    """
    with CodeIndex(holdings, codes) as index:
        if index.troubles:
            with holdings.database.write() as connection:
                index.tell(connection)


def drop_indexes(holdings: Holdings) -> None:
    """Removes all indexes of the folder, so that nothing of codes that are erased stays in segments and logs.

    They are made again when they are next opened; until then readers scan the records.

    Args:
        holdings: whose place of the one who brings in is held by this process.

    Raises:
        HoldingsError: they cannot be removed.
    """
    folder = index_folder(holdings)
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise HoldingsError(f"{folder} cannot be removed: {error.strerror}", "Remove it yourself.") from error


class CodeReader:
    """Searches the codes on record, exactly, while another process may bring in more.

    Args:
        holdings: whose codes.
        codes: which ones.

    Attributes:
        alarm: what was wrong with the index, in one line, if anything was; searches look at all codes then.
    """

    def __init__(self, holdings: Holdings, codes: Codes) -> None:
        self._folder = index_folder(holdings) / codes.name
        self._database, self._codes = holdings.database, codes
        self._index: IndexReader | None = None
        self._is_checked = False
        self.alarm: str | None = None

    @contextmanager
    def read(self) -> Iterator[tuple[Connection, Searchable]]:
        """A reading transaction, and the codes as it sees them.

        Raises:
            HoldingsError: the records cannot be read.
        """
        # The index before the records: what is in it has been committed when the transaction begins.
        found = self._opened()
        with self._database.read() as connection:
            if found is None:
                yield connection, Scan(lambda: self._codes.read(connection, None))
            else:
                yield connection, _as_of(connection, self._codes, *found)

    def _opened(self) -> tuple[Watched, journal.Mark] | None:
        if self.alarm is not None:
            return None
        try:
            if self._index is None:
                self._index = IndexReader(self._folder)
            index, mark = self._index.snapshot()
        except HoldingsError as error:
            if (self._folder / "manifest").exists():
                self._alarm(str(error))
            return None
        found = _moment(mark)
        if found is None:
            return None
        moment, planted = found
        watched = Watched(index, self._all, self._alarm, planted)
        if not self._is_checked:
            watched.check()
            self._is_checked = True
        return None if watched.broken else (watched, moment)

    def _all(self) -> _Parts:
        with self._database.read() as connection:
            yield from self._codes.read(connection, None)

    def _alarm(self, text: str) -> None:
        _log.error("%s: %s", self._codes.name, text)
        self.alarm = text


def _moment(mark: Mark | None) -> tuple[journal.Mark, int] | None:
    """The moment that an index's mark names, and how many canaries it has; None where it has none."""
    if mark is None:
        return None
    id, token, planted = mark.values
    return journal.Mark(id, token), planted


def _as_of(
    connection: Connection, codes: Codes, index: Searchable | None, moment: journal.Mark
) -> Searchable:
    """An index with what was journalled after a moment laid over it; a scan where that cannot be."""
    ranges = None if index is None else journal.since(connection, codes.what, moment)
    if index is None or ranges is None:
        return Scan(lambda: codes.read(connection, None))
    if not ranges:
        return index
    read = [_read(connection, codes, some) for some in _portions(ranges)]
    without, ids, found = (np.concatenate(parts) for parts in zip(*read, strict=True))
    return Overlay(index, without, ids, found)


def _read(
    connection: Connection, codes: Codes, ranges: Sequence[_Range]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    """Of ranges: ids without a code, ids with one, and their codes."""
    parts = [(np.empty(0, np.int64), np.empty((0, 32), np.uint8)), *codes.read(connection, ranges)]
    ids, found = (np.concatenate(each) for each in zip(*parts, strict=True))
    asked = np.concatenate([np.arange(first, last + 1, dtype=np.int64) for first, last in ranges])
    return np.setdiff1d(asked, ids), ids, found


def _portions(ranges: Sequence[_Range]) -> Iterator[list[_Range]]:
    """The ranges, cut and taken together so that each portion has a bounded number of ids."""
    portion: list[_Range] = []
    room = _IDS_AT_ONCE
    for first, last in ranges:
        begin = first
        while begin <= last:
            taken = min(room, last - begin + 1)
            portion.append((begin, begin + taken - 1))
            begin, room = begin + taken, room - taken
            if not room or len(portion) == _RANGES_AT_ONCE:
                yield portion
                portion, room = [], _IDS_AT_ONCE
    if portion:
        yield portion
