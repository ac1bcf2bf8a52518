"""Matching of held videos with videos that list entries name: in time, whichever of the two came first.

A held video asks, always: what comes in asks for the entries of all lists, and a new edition is asked for by
every video that is held. A tie depends on the two alone, unlike one of two held videos, where frames that
many share count for less: what a list says of a video must not fade with the size of the holdings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from sqlalchemy import Connection

from consilience.errors import FormatError, NotFoundError
from consilience.fingerprints import vpdq
from consilience.index.contract import Searchable
from consilience.index.hamming import MultiIndex
from consilience.interchange import tmk
from consilience.interchange.tmk import TmkScore
from consilience.interchange.tmk_list import FILE_LIMIT
from consilience.linking.alignment import Alignment, Span
from consilience.linking.footage import CLOSE_BITS, Stream, shared, stream
from consilience.model.footage import MICROSECONDS, TimedCodes, part_of_span
from consilience.model.lists import Role
from consilience.model.matching import Agreement, Basis
from consilience.model.people import Actor, Permission
from consilience.services.access import scope_of, service
from consilience.services.footage import Asked, asked_of, found_by, stream_part
from consilience.services.holdings import Holdings
from consilience.settings import PDQ_MIN_QUALITY
from consilience.store import events, footage, listed_videos
from consilience.store.footage import Held
from consilience.store.listed_videos import ListedVideo
from consilience.store.matches import Brought, EntryMatch

_STREAMS_KEPT: Final = 1024
_LAST_SHOWN: Final = 1.0
"""Seconds for which the last frame of an entry counts, as its hash does not say how long it plays."""


class TmkHit(msgspec.Struct, frozen=True):
    """An entry whose TMK+PDQF hash matches the one that was asked with.

    Attributes:
        list: name of the list.
        role: of the list.
        entry: the provider's id.
        category: as the list's scheme has it.
        score: at both levels.
    """

    list: str
    role: Role
    entry: str
    category: str | None
    score: TmkScore


class TmkAnswer(msgspec.Struct, frozen=True):
    """What lists say to a TMK+PDQF hash.

    Attributes:
        asked: entries that it was compared with.
        other: entries whose hashes were made with other parameters, and do not compare.
        hits: best first.
    """

    asked: int
    other: int
    hits: tuple[TmkHit, ...]


@service(Permission.LOOK)
def compare_tmk(holdings: Holdings, actor: Actor, path: Path) -> TmkAnswer:
    """Hold a TMK+PDQF file against the entries of all lists that the actor may see.

    Raises:
        NotFoundError: the file cannot be read.
        FormatError: it is no TMK+PDQF hash.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_LIMIT + 1)
    except OSError as error:
        raise NotFoundError(f"{path}: {error.strerror}", "Check the path and its permissions.") from error
    if len(data) > FILE_LIMIT:
        raise FormatError(f"{path} has more than {FILE_LIMIT} bytes, as no TMK+PDQF file has")
    query = tmk.read_tmk(data)
    asked, other, hits = 0, 0, []
    with holdings.database.read() as connection:
        for one in listed_videos.hashes(connection, scope_of(connection, actor), tmk.NAME, tmk.VERSION):
            known = tmk.read_tmk(one.data)
            if not tmk.comparable(query, known):
                other += 1
                continue
            asked += 1
            if tmk.search(query, [known]):
                score = tmk.compare(query, known)
                hits.append(TmkHit(one.list, one.role, one.entry, one.category, score))
    hits.sort(key=lambda one: (-one.score.level_2, -one.score.level_1, one.list, one.entry))
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind="hash-list", detail={"matched": len(hits)})
    return TmkAnswer(asked, other, tuple(hits))


class Entries:
    """Videos of entries, to be asked for.

    Args:
        connection: the transaction.
        index: their codes, under the ids of `store.footage`.
    """

    def __init__(self, connection: Connection, index: Searchable) -> None:
        self._connection, self._index = connection, index
        self._kept: dict[int, tuple[int, Stream]] = {}

    def match(self, of_one: Sequence[Held]) -> list[EntryMatch]:
        """Record the spans that a held video shares with entries; gives what is new.

        Args:
            of_one: the timed fingerprints of one content.
        """
        best: dict[int, tuple[Alignment, Asked]] = {}
        for asked in asked_of(of_one):
            here = stream(asked.codes, asked.held.fingerprint.duration)
            found = found_by(self._index, asked)
            rows, numbers = footage.rows_of(found.id)
            for row_id, (entry_id, there) in self._streams(np.unique(rows).tolist()).items():
                these = rows == row_id
                tie = shared(here, there, found.row[these], numbers[these], found.distance[these])
                if tie is not None and (entry_id not in best or _rank(tie) > _rank(best[entry_id][0])):
                    best[entry_id] = (tie, asked)
        spans = [
            EntryMatch(asked.held.media_id, part, entry_id, agreement)
            for entry_id, (tie, asked) in sorted(best.items())
            for part, agreement in _said(tie, asked)
        ]
        return listed_videos.add_spans(self._connection, spans)

    def _streams(self, row_ids: Collection[int]) -> Mapping[int, tuple[int, Stream]]:
        if len(self._kept) > _STREAMS_KEPT:
            self._kept.clear()
        missing = [one for one in row_ids if one not in self._kept]
        for one in listed_videos.videos(self._connection, vpdq.VERSION, ids=missing):
            self._kept[one.id] = (one.entry_id, _stream(one))
        return {one: self._kept[one] for one in row_ids if one in self._kept}


def match(connection: Connection, media_ids: Collection[int], index: Searchable) -> None:
    """Match the videos among contents that were just recorded with the entries of all lists.

    Args:
        connection: the transaction.
        media_ids: contents.
        index: codes of entries' videos.
    """
    entries = Entries(connection, index)
    held = footage.timed_of(connection, media_ids, vpdq.NAME, vpdq.VERSION)
    for _, of_one in groupby(held, lambda one: one.media_id):
        entries.match(list(of_one))


def match_edition(connection: Connection, brought: Brought) -> list[EntryMatch]:
    """Match the entries of an edition with every held video; gives what is new."""
    index = MultiIndex()
    for one in listed_videos.videos(connection, vpdq.VERSION, brought=brought):
        index.add(*footage.usable_codes(one.id, one.codes, PDQ_MIN_QUALITY))
    if not len(index):
        return []
    entries, fresh = Entries(connection, index), []
    for of_one in footage.timed_by_content(connection, vpdq.NAME, vpdq.VERSION):
        fresh += entries.match(of_one)
    return fresh


def _stream(one: ListedVideo) -> Stream:
    return stream(one.codes, _seconds(one.codes))


def _seconds(codes: TimedCodes) -> float:
    return float(codes.ends.max(initial=0)) / MICROSECONDS + _LAST_SHOWN


def _said(tie: Alignment, asked: Asked) -> Iterator[tuple[str, Agreement]]:
    part = stream_part(asked.held)
    for span in tie.spans:
        named = part_of_span(part, (span.begin, span.end), (span.other_begin, span.other_end))
        yield named, Agreement(Basis.VPDQ, vpdq.VERSION, _mean_bits(span), asked.orientation)


def _mean_bits(span: Span) -> int:
    return round((1 - span.closeness) * CLOSE_BITS)


def _rank(one: Alignment) -> tuple[float, float]:
    return one.seconds, one.score
