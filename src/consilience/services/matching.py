"""Matching, both ways: what comes in against lists and holdings, a new list against what was held before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import numpy as np
from sqlalchemy import Connection

from consilience.fingerprints.pdq import Pdq
from consilience.index.contract import HammingIndex, Searchable
from consilience.index.hamming import MultiIndex
from consilience.model.examination import ORIENTATIONS
from consilience.model.matching import Agreement, Basis
from consilience.services import first_looks, footage, listed_videos, sound
from consilience.services.code_index import (
    ENTRIES,
    FIRST_LOOKS,
    FRAMES,
    HELD,
    LISTED_FRAMES,
    CodeIndex,
    index_folder,
)
from consilience.services.holdings import Holdings
from consilience.services.nearest import Best, nearest
from consilience.store import contents, matches, passes, sharing
from consilience.store.contents import Codes
from consilience.store.database import Database
from consilience.store.identity import portions
from consilience.store.matches import Brought, EntryMatch, MediaMatch

NEAREST_KEPT = 256
"""Matches with the contents of each case that are recorded of one fingerprint; the others are counted.

Thousands of nearly equal pictures would otherwise make millions of pairs, which say no more. Counted case by
case: a crowd in a case that a person may not see leaves what is found in one that the person may see.
"""

_VERSION = Pdq().version


class Matcher:
    """Matches new contents against the lists and the holdings. Close it, or use it in ``with``.

    Args:
        holdings: whose place of the one who brings in is held by this process.
    """

    def __init__(self, holdings: Holdings) -> None:
        self._database = holdings.database
        with ExitStack() as opened:
            self._held = opened.enter_context(CodeIndex(holdings, HELD))
            self._entries = opened.enter_context(CodeIndex(holdings, ENTRIES))
            self._looks = opened.enter_context(CodeIndex(holdings, FIRST_LOOKS))
            self._frames = opened.enter_context(CodeIndex(holdings, FRAMES))
            self._listed = opened.enter_context(CodeIndex(holdings, LISTED_FRAMES))
            self._opened = opened.pop_all()
        with self._database.write() as connection:
            self._tell(connection)
            self._heard = sound.HeardIndex(connection, index_folder(holdings))

    def match(self, connection: Connection, media_ids: Collection[int]) -> None:
        """Match contents that were just recorded, with lists and with everything recorded before them.

        When the transaction is committed, `follow` takes their codes into the indexes.
        """
        if not media_ids:
            return
        held, entries = self._held.as_of(connection), self._entries.as_of(connection)
        matches.add_entry_matches(connection, list(matches.same_bytes(connection, media_ids=media_ids)))
        for codes in contents.codes(connection, version=_VERSION, media_ids=media_ids):
            matches.add_entry_matches(connection, list(_with_entries(entries, codes)))
            for best in nearest(held, codes):
                _with_held(connection, codes, best)
        looks = self._looks.as_of(connection)
        first_looks.match(connection, media_ids, entries=entries, held=held, looks=looks)
        frames = self._frames.as_of(connection)
        footage.match(connection, media_ids, entries=entries, held=held, frames=frames)
        listed_videos.match(connection, media_ids, self._listed.as_of(connection))
        sound.match(connection, media_ids, self._heard)
        self._tell(connection)

    def complete(self, database: Database, case_id: int) -> None:
        """Ask again for the crowded fingerprints of a case, once its files are recorded.

        What was held in other cases only when they asked may be among the nearest of this one now.
        """
        with database.read() as connection:
            crowded = contents.crowded_of_case(connection, case_id, NEAREST_KEPT)
        for portion in portions(crowded):
            with database.write() as connection:
                held = self._held.as_of(connection)
                for codes in contents.codes(connection, version=_VERSION, media_ids=portion):
                    for best in nearest(held, codes):
                        _with_held(connection, codes, best)

    def follow(self) -> None:
        """Take what was committed into the indexes."""
        self._held.follow()
        self._entries.follow()
        self._looks.follow()
        self._frames.follow()
        self._listed.follow()

    def close(self) -> None:
        """Give the indexes back."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _tell(self, connection: Connection) -> None:
        for index in (self._held, self._entries, self._looks, self._frames, self._listed):
            index.tell(connection)

    def settle(self, database: Database) -> None:
        """Find anew what is near, where contents got other codes after others had asked for them.

        Afterwards the matches are those that were found if every content had had its code from the first.
        Cut off, it is begun again by the next call.
        """
        with database.read() as connection:
            changed = passes.all_unsettled(connection)
            if not changed:
                return
            asking = set(changed)
            asked = MultiIndex()
            for codes in contents.codes(connection, version=_VERSION, media_ids=changed):
                asked.add(codes.ids, np.ascontiguousarray(codes.codes[:, 0]))
            for codes in contents.codes(connection, version=_VERSION, after=changed[0]):
                for best in nearest(asked, codes):
                    asking.update(codes.media_ids[best.row].tolist())
        for portion in portions(sorted(asking)):
            with database.write() as connection:
                matches.drop_media_matches(connection, portion)
                held = self._held.as_of(connection)
                for codes in contents.codes(connection, version=_VERSION, media_ids=portion):
                    for best in nearest(held, codes):
                        _with_held(connection, codes, best)
        with database.write() as connection:
            passes.settled(connection, changed)
            self._tell(connection)


def _with_held(connection: Connection, codes: Codes, best: Best) -> None:
    """Match fingerprints with those of contents recorded before: each pair is found by the later content.

    So it does not depend on the order in which contents are examined in full.
    """
    owner_of = contents.owners(connection, np.unique(best.id).tolist())
    owners = np.array([owner_of[one][0] for one in best.id.tolist()], np.int64)
    order = np.lexsort((best.id, owners, best.distance, best.row))
    others = best.of(order[(owners < codes.media_ids[best.row])[order]])
    found = []
    for row, other, distance, turn in _kept(connection, others, owner_of).rows():
        media_id, part = owner_of[other]
        agreement = Agreement(Basis.PDQ, _VERSION, distance, ORIENTATIONS[turn])
        found.append(MediaMatch(int(codes.media_ids[row]), codes.parts[row], media_id, part, agreement))
    matches.add_media_matches(connection, found)
    rows, totals = np.unique(others.row, return_counts=True)
    contents.count_neighbours(connection, dict(zip(codes.ids[rows].tolist(), totals.tolist(), strict=True)))


def _kept(connection: Connection, others: Best, owner_of: Mapping[int, tuple[int, str]]) -> Best:
    """Of what each fingerprint found, nearest first, what is among the nearest of some case."""
    crowded = set(others.of(~others.among_first(NEAREST_KEPT)).row.tolist())
    if not crowded:
        return others
    asking = np.isin(others.row, sorted(crowded))
    cases_of = sharing.cases_of_contents(connection, {owner_of[one][0] for one in others.id[asking].tolist()})
    kept = ~asking
    counts: Counter[tuple[int, int]] = Counter()
    for place in np.flatnonzero(asking).tolist():
        row, media_id = int(others.row[place]), owner_of[int(others.id[place])][0]
        for case_id in cases_of.get(media_id, ()):
            counts[row, case_id] += 1
            kept[place] |= counts[row, case_id] <= NEAREST_KEPT
    return others.of(kept)


def match_edition(connection: Connection, brought: Brought) -> list[EntryMatch]:
    """Match the entries of an edition with everything held; gives what is new."""
    held = matches.smaller_side(connection, brought)
    same = list(matches.same_bytes(connection, media_ids=held, brought=brought))
    fresh = matches.add_entry_matches(connection, same)
    index = _entry_index(connection, brought)
    if len(index):
        for codes in contents.codes(connection, version=_VERSION):
            fresh += matches.add_entry_matches(connection, list(_with_entries(index, codes)))
        fresh += footage.match_entries(connection, index)
        first_looks.match_entries(connection, index)
    return fresh + listed_videos.match_edition(connection, brought)


def _entry_index(connection: Connection, brought: Brought | None) -> HammingIndex:
    index = MultiIndex()
    for ids, codes in matches.entry_codes(connection, version=_VERSION, brought=brought):
        index.add(ids, codes)
    return index


def _with_entries(index: Searchable, codes: Codes) -> Iterator[EntryMatch]:
    for best in nearest(index, codes):
        for row, entry_id, distance, turn in best.rows():
            agreement = Agreement(Basis.PDQ, _VERSION, distance, ORIENTATIONS[turn])
            yield EntryMatch(int(codes.media_ids[row]), codes.parts[row], entry_id, agreement)
