"""Matching of sound: recordings that were just recorded with every recording held, in time."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from consilience.fingerprints import chromaprint
from consilience.index.words import WordIndex
from consilience.index.words_file import KeptWords, read_words, write_words
from consilience.linking.alignment import Alignment, Span
from consilience.linking.footage import swapped
from consilience.linking.sound import FOUND_WITHIN, Recording, recording, shared
from consilience.services.nearest import among_nearest
from consilience.store import footage, journal
from consilience.store.footage import FootageMatch, Held
from consilience.store.identity import portions
from consilience.store.journal import Followed

RECORDINGS_KEPT: Final = 256
"""Recordings of each case with which one is matched at most: those with most words in common."""
_MOST_OF_ONE: Final = 4096
"""Words that one may find and still be followed; one that finds more is too common to tell anything."""
_LEAST_HITS: Final = 2
_PORTION: Final = 5000
_RANGES_AT_ONCE: Final = 100
_FEW_WORDS: Final = 1 << 16
"""Words that are read anew at each opening rather than kept in the file ..."""
_NAME: Final = f"heard-{chromaprint.NAME}-{chromaprint.VERSION}"

_log = logging.getLogger(__name__)

Ids = NDArray[np.int64]


class HeardIndex:
    """The words of every recording on record, in memory; a file keeps them from one opening to the next.

    The file says up to which moment of the records' journal its words were taken from them. What was
    journalled since is read anew, and the file is written again when that has become much.

    Args:
        connection: to read the records by, at a moment with nothing uncommitted.
        folder: of the indexes.
    """

    def __init__(self, connection: Connection, folder: Path) -> None:
        path = folder / f"{_NAME}.words"
        kept = read_words(path)
        changed = None
        if kept is not None:
            changed = journal.since(connection, Followed.TIMED, journal.Mark(*kept.moment))
        if kept is None or changed is None:
            self._index, self._counts, had = WordIndex(), {}, 0
            rows: list[tuple[int, int]] | None = None
        else:
            self._index, had = WordIndex.of(kept.ids, kept.words), len(kept.words)
            self._counts = dict(zip(kept.rows.tolist(), kept.counts.tolist(), strict=True))
            rows = footage.rows_of_ranges(changed)
        read = self._read(connection, rows)
        if read > max(_FEW_WORDS, had // 8):
            self._keep(path, journal.latest(connection))

    def add(self, held: Sequence[Held]) -> None:
        """Take recordings in; one that was taken in already has got no new words by a later pass."""
        fresh = [(one.id, recording(one.fingerprint)) for one in held]
        self._take([(row, heard) for row, heard in fresh if self._counts.get(row) != len(heard.words)])

    def found(self, heard: Recording) -> tuple[Ids, Ids, Ids, Ids]:
        """The words within a few bits of a recording's.

        Returns:
            Of each that was found: the word that asked, the row on record, the word in it; then the words of
            the recording that are too common to be followed.
        """
        asking = np.flatnonzero(heard.audible)
        found = self._index.search(heard.words[asking], FOUND_WITHIN, _MOST_OF_ONE)
        rows, numbers = footage.rows_of(found.hits.id)
        return asking[found.hits.query], rows, numbers, asking[found.common]

    def _read(self, connection: Connection, rows: list[tuple[int, int]] | None) -> int:
        """Take what rows of these ranges hold, or all rows, in place of what they held; gives their words."""
        if rows is not None:
            self._forget(rows)
        count, waiting = 0, list[tuple[int, Recording]]()
        for some in [None] if rows is None else portions(rows, _RANGES_AT_ONCE):
            for one in footage.timed_everything(connection, chromaprint.NAME, chromaprint.VERSION, some):
                waiting.append((one.id, recording(one.fingerprint)))
                count += len(waiting[-1][1].words)
                if len(waiting) >= _PORTION:
                    self._take(waiting)
                    waiting = []
        self._take(waiting)
        return count

    def _forget(self, rows: list[tuple[int, int]]) -> None:
        """Take the words of all rows of ranges out: some may be no longer on record."""
        known = np.array(sorted(self._counts), np.int64)
        within = [
            row
            for first, last in rows
            for row in known[np.searchsorted(known, first) : np.searchsorted(known, last, "right")].tolist()
        ]
        if within:
            gone = [footage.code_ids(row, self._counts.pop(row)) for row in within]
            self._index.remove(np.concatenate(gone))

    def _keep(self, path: Path, moment: journal.Mark) -> None:
        rows, counts = (np.array(list(one), np.int64) for one in (self._counts, self._counts.values()))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_words(path, KeptWords((moment.id, moment.token), rows, counts, *self._index.held()))
        except OSError as error:
            # The next opening takes longer, and nothing else.
            _log.warning("%s cannot be written: %s", path, error.strerror)

    def _take(self, recordings: Sequence[tuple[int, Recording]]) -> None:
        ids, words = [np.empty(0, np.int64)], [np.empty(0, np.uint32)]
        stale = [footage.code_ids(row, self._counts[row]) for row, _ in recordings if row in self._counts]
        if stale:
            self._index.remove(np.concatenate(stale))
        for row, heard in recordings:
            self._counts[row] = len(heard.words)
            ids.append(footage.code_ids(row, len(heard.words))[heard.audible])
            words.append(heard.words[heard.audible])
        self._index.add(np.concatenate(ids), np.concatenate(words))


def match(connection: Connection, media_ids: Collection[int], index: HeardIndex) -> None:
    """Match the sound of contents that were just recorded with all that is held; the index takes it in."""
    asked = list(footage.timed_of(connection, media_ids, chromaprint.NAME, chromaprint.VERSION))
    if not asked:
        return
    index.add(asked)
    by_content: defaultdict[int, list[Held]] = defaultdict(list)
    for one in asked:
        by_content[one.media_id].append(one)
    for of_one in by_content.values():
        best: dict[int, FootageMatch] = {}
        for one in of_one:
            for found in _matches(connection, one, index):
                other = found.other_media_id if found.media_id == one.media_id else found.media_id
                if other not in best or found.seconds > best[other].seconds:
                    best[other] = found
        ranked = sorted(best, key=lambda other: (-best[other].seconds, other))
        kept = among_nearest(connection, ranked, RECORDINGS_KEPT)
        footage.add_footage_matches(connection, [best[other] for other in ranked if other in kept])


def _matches(connection: Connection, one: Held, index: HeardIndex) -> Iterator[FootageMatch]:
    here = recording(one.fingerprint)
    asking, rows, numbers, too_common = index.found(here)
    owners = footage.owners(connection, np.unique(rows).tolist())
    owner = np.array([owners.get(row, one.media_id) for row in rows.tolist()], np.int64)
    others = owner != one.media_id
    asking, rows, numbers, owner = asking[others], rows[others], numbers[others], owner[others]
    common = _commonness(asking, owner, len(here.words))
    common[too_common] = _MOST_OF_ONE
    candidates = _candidates(connection, asking, rows, owners)
    for row, held in sorted(footage.timed_by_id(connection, candidates).items()):
        these = rows == row
        there = recording(held.fingerprint)
        aligned = shared(here, there, asking[these], numbers[these], common)
        if aligned is not None:
            yield _match(aligned, one, held, here, common)


def _commonness(asking: Ids, owner: Ids, count: int) -> Ids:
    """In how many other contents each word is found: int64 (count,)."""
    pairs = np.unique(np.stack([asking, owner], axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=count).astype(np.int64)


def _candidates(connection: Connection, asking: Ids, rows: Ids, owners: Mapping[int, int]) -> list[int]:
    """Recordings in which enough words are found, those with most first."""
    pairs = np.unique(np.stack([rows, asking], axis=1), axis=0)
    ids, words = np.unique(pairs[:, 0], return_counts=True)
    ids, words = ids[words >= _LEAST_HITS], words[words >= _LEAST_HITS]
    ranked: list[int] = ids[np.lexsort((ids, -words))].tolist()
    kept = among_nearest(connection, (owners[row] for row in ranked), 2 * RECORDINGS_KEPT)
    return [row for row in ranked if owners[row] in kept]


def _match(found: Alignment, asked: Held, other: Held, here: Recording, common: Ids) -> FootageMatch:
    """The match as it is recorded: the content that came later is the first."""
    spans: tuple[dict[str, float], ...] = tuple(_said(span, here, common) for span in found.spans)
    mine, theirs = asked, other
    seconds = (found.seconds, found.share), (found.other_seconds, found.other_share)
    if mine.media_id < theirs.media_id:
        mine, theirs, seconds, spans = theirs, mine, seconds[::-1], swapped(spans)
    return FootageMatch(
        media_id=mine.media_id,
        other_media_id=theirs.media_id,
        algorithm=chromaprint.NAME,
        version=chromaprint.VERSION,
        part=mine.fingerprint.part,
        other_part=theirs.fingerprint.part,
        orientation="upright",
        score=round(found.score, 6),
        seconds=seconds[0][0],
        other_seconds=seconds[1][0],
        share=seconds[0][1],
        other_share=seconds[1][1],
        spans=spans,
    )


def _said(span: Span, here: Recording, common: Ids) -> dict[str, float]:
    """A span in builtin form, with how many other recordings share its words in the middle case."""
    within = (here.times >= span.begin) & (here.times <= span.end) & here.audible
    usual = float(np.median(common[within])) if within.any() else 0.0
    return {**msgspec.to_builtins(span), "common": usual}
