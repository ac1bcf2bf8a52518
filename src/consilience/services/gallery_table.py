"""The columns of a gallery: what the files of a case are filtered, grouped and sorted by, for one viewer.

Which files there are and their stacks are read at once; every other column when it is first asked for, and so
is what is shown of an item. A page of a case never looked at before waits for no more than that.
"""

from __future__ import annotations

import base64
import binascii
import copy
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from consilience.errors import UsageError
from consilience.model.judgements import State, Subject, Verdict
from consilience.model.locator import Locator, printable, printable_text
from consilience.model.outcomes import OUTCOMES, Outcome
from consilience.model.people import Scope
from consilience.services.gallery_items import (
    By,
    Facet,
    Filter,
    Item,
    Judged,
    Shown,
    Sort,
    cameras,
    code_of,
    durations,
    is_viewable,
    is_voter,
    reached,
)
from consilience.services.review import stacks_among
from consilience.store import gallery, judgements, outcomes, overview, records
from consilience.store.gallery import GalleryRow
from consilience.store.marks import Marks
from consilience.store.overview import ExhibitCounts

_LONG = 1.0
"""Seconds of reading a case from which on it is not read anew at every change."""
_EQUAL = ("outcome", "exhibit", "kind", "media_type", "camera", "problem", "reached", "code")
FACETS = (*_EQUAL, "list", "judged")
_NO_TIME = np.iinfo(np.int64).max
_FAR = 1 << 20

T = TypeVar("T")
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]
Categories = tuple[list[str], NDArray[np.int32]]


class Table:
    """The files of a case as columns, in the order in which they were found. Several threads may use it.

    A file is named by its place in that order. What is on record of files and contents may be read later than
    the files themselves: what came meanwhile is not among them, and what went has nothing to show.
    """

    def __init__(self, connection: Connection, scope: Scope, viewer: str, case_id: int, now: Marks) -> None:
        begun = time.monotonic()
        self.marks = now
        self._scope = scope
        self._case_id = case_id
        self._viewer = viewer
        self._read = outcomes.files_of(connection, scope, case_id)
        self._files = self._read.file_ids
        self._media = self._read.media_ids
        self._by_id = np.argsort(self._files)
        self._exhibits = gallery.exhibits(connection, case_id)
        # 0 is a content to itself: that of files of which nothing could be read.
        self._contents, self._first, self._content_of, self._copies = np.unique(
            self._media, return_index=True, return_inverse=True, return_counts=True
        )
        self._stack_up(connection)
        self._verdicts = _verdicts(connection, scope, self._held())
        self._columns: dict[str, Any] = {}
        self._being_made: dict[str, threading.Lock] = {}
        self._making = threading.Lock()
        self._made = time.monotonic()
        self._cost = self._made - begun

    def __len__(self) -> int:
        """Files."""
        return len(self._files)

    def _stack_up(self, connection: Connection) -> None:
        """Note the stack of each content, and the members of those of two or more."""
        found_first = self._contents[np.argsort(self._first)]
        self._stack_of = self._contents.copy()
        self._stack_size = np.ones(len(self._contents), np.int64)
        self._members: dict[int, list[tuple[int, int, str]]] = {}
        for stack in stacks_among(connection, self._scope, found_first[found_first > 0].tolist()):
            members = [(stack.representative, 0, "upright")]
            members += [(each.content, each.distance, str(each.orientation)) for each in stack.members]
            self._members[stack.representative] = members
        contents = [content for members in self._members.values() for content, _, _ in members]
        sizes = [len(members) for members in self._members.values()]
        at = np.searchsorted(self._contents, contents)
        self._stack_of[at] = np.repeat(list(self._members), sizes)
        self._stack_size[at] = np.repeat(sizes, sizes)

    def holds(self, now: Marks) -> bool:
        """Whether the columns are still to be shown.

        What took long to read is shown a little longer while evidence is being taken in. Leave that was taken
        and judgements show at once.
        """
        if self.marks.word != now.word:
            return False
        patience = 5 * self._cost if self._cost > _LONG else 0.0
        return self.marks.content == now.content or time.monotonic() - self._made < min(patience, 60.0)

    def classified(self, connection: Connection, now: Marks) -> Table:
        """The same files with what has been said of them since."""
        found = copy.copy(self)
        found.marks = Marks(self.marks.content, self.marks.word, now.classified)
        changed = judgements.classified_since(connection, *self.marks.classified)
        here = np.intersect1d(self._contents, list(changed)).tolist()
        kept = {one: verdict for one, verdict in self._verdicts.items() if one not in changed}
        found._verdicts = kept | _verdicts(connection, self._scope, here)
        found._columns = {field: one for field, one in list(self._columns.items()) if field != "code"}
        found._being_made = {}
        found._making = threading.Lock()
        return found

    # --- Which items, in which order --------------------------------------------------------------------

    def chosen(
        self, connection: Connection, asked: Filter, by: By, sort: Sort, *, descending: bool
    ) -> Places:
        """Places of the items asked for, in their order."""
        key = self._key(connection, sort)
        # Equal ones stay as they were found.
        order = np.argsort(_reversed(key) if descending else key, kind="stable")
        order = order[self._mask(connection, asked)[order]]
        if by is By.FILE or not len(order):
            return order
        groups = self._groups(by)[order]
        _, first = np.unique(groups, return_index=True)
        return order[np.sort(first)]

    def cursor(self, connection: Connection, place: int, sort: Sort) -> str:
        """Names an item, and where it stands."""
        key = self._key(connection, sort)[place]
        said = msgspec.json.encode([sort.value, key.item(), self._files[place].item()])
        return base64.urlsafe_b64encode(said).decode().rstrip("=")

    def after(
        self, connection: Connection, chosen: Places, cursor: str, sort: Sort, *, descending: bool
    ) -> int:
        """Where in the items a page begins that follows an item, though that one may be gone.

        Raises:
            UsageError: the cursor is none of this gallery.
        """
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            said, value, file_id = msgspec.json.decode(
                base64.urlsafe_b64decode(padded), type=tuple[str, int | float | str, int]
            )
            if said != sort.value:
                raise ValueError("of another order")
            key = self._key(connection, sort)
            if isinstance(value, str) != (key.dtype.kind == "U"):
                raise ValueError("of another kind")
        except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
            raise UsageError("the cursor is none of this gallery", "Begin again without one.") from error
        keys = key[chosen]
        same = keys == value
        if not descending:
            passed = keys < value
        elif value == _NO_TIME:
            passed = ~same
        else:
            passed = (keys > value) & (keys != _NO_TIME)
        place = np.flatnonzero(self._files == file_id)
        if not len(place):
            return int(np.count_nonzero(passed | same))
        return int(np.count_nonzero(passed | (same & (chosen <= place[0]))))

    def outcomes(self, connection: Connection) -> dict[Outcome, int]:
        """Files by outcome."""
        return outcomes.count_of(self._outcomes(connection))

    def exhibits(self, connection: Connection) -> dict[int, ExhibitCounts]:
        """The exhibits, by id, with what is on record of each; their files are as many as have an outcome."""
        return self._kept("exhibits", lambda: self._read_exhibits(connection))

    def _read_exhibits(self, connection: Connection) -> dict[int, ExhibitCounts]:
        ids, files = np.unique(self._read.exhibit_ids, return_counts=True)
        of = dict(zip(ids.tolist(), files.tolist(), strict=True))
        found = overview.exhibits(connection, self._scope, self._case_id)
        return {one.id: msgspec.structs.replace(one, files=of.get(one.id, 0)) for one in found}

    def came_since(self, connection: Connection, since: int) -> tuple[int, int]:
        """Files that came since a moment, and matches with lists."""
        key = f"came since {since}"
        return self._kept(key, lambda: overview.came_since(connection, self._scope, self._case_id, since))

    def facet(self, connection: Connection, field: str, asked: Filter) -> list[Facet]:
        """The values of a field among the files asked for."""
        mask = self._mask(connection, asked)
        if field == "list":
            listed = self._listed(connection)
            found = dict(Counter(name for one in self._media[mask].tolist() for name in listed.get(one, ())))
        elif field == "judged":
            found = {one.value: int(np.count_nonzero(mask & self._judged(one))) for one in Judged}
        else:
            values, codes = self._categories(connection, field)
            counts = np.bincount(codes[mask], minlength=len(values))
            found = dict(zip(values, counts.tolist(), strict=True))
        return [
            Facet(value, number)
            for value, number in sorted(found.items(), key=lambda one: (-one[1], one[0]))
            if number and value
        ]

    # --- What is shown of them --------------------------------------------------------------------------

    def items(self, connection: Connection, places: Sequence[int]) -> list[Item | None]:
        """What is shown of some files; nothing of one that is gone meanwhile."""
        rows = gallery.rows(connection, self._files[list(places)].tolist())
        shown = Shown(connection, self._scope, {one.media_id for one in rows.values() if one.media_id})
        contents = np.searchsorted(self._contents, self._media[list(places)]).tolist()
        stacks = records.media_by_id(connection, {one for one in self._stack_of[contents].tolist() if one})
        decided = self._outcomes_of(connection, np.array(places, np.int64)).tolist()
        found: list[Item | None] = []
        for place, content, outcome in zip(places, contents, decided, strict=True):
            row = rows.get(int(self._files[place]))
            stack = stacks.get(int(self._stack_of[content]))
            sha256 = None if stack is None else stack.sha256
            found.append(None if row is None else self._item(row, outcome, content, sha256, shown))
        return found

    def content(self, connection: Connection, media_id: int) -> Item | None:
        """A content, by its first file; None if it is not in the case."""
        at = int(np.searchsorted(self._contents, media_id))
        if at == len(self._contents) or self._contents[at] != media_id:
            return None
        return self.items(connection, [int(self._first[at])])[0]

    def stack(self, connection: Connection, media_id: int) -> list[tuple[Item, int, str]]:
        """The contents of the stack of a content, the representative first; none if it is not in the case.

        Each with its distance to the representative and how it is turned.
        """
        at = int(np.searchsorted(self._contents, media_id))
        if at == len(self._contents) or self._contents[at] != media_id:
            return []
        members = self._members.get(int(self._stack_of[at]), [(media_id, 0, "upright")])
        first = self._first[np.searchsorted(self._contents, [content for content, _, _ in members])]
        items = self.items(connection, first.tolist())
        pairs = zip(items, members, strict=True)
        return [(item, distance, turned) for item, (_, distance, turned) in pairs if item is not None]

    def _item(
        self, row: GalleryRow, outcome: int, content: int, representative: bytes | None, shown: Shown
    ) -> Item:
        media_id = row.media_id or 0
        locator = Locator.decode(row.locator)
        lists = shown.listed.get(media_id, {})
        verdict = self._verdicts.get(media_id)
        taken, taken_at = shown.taken.get(media_id, (None, None))
        return Item(
            id=row.public_id.hex(),
            sha256=None if row.sha256 is None else row.sha256.hex(),
            kind=row.kind or "other",
            media_type=row.media_type or "",
            outcome=OUTCOMES[outcome].value,
            problem=row.problem,
            name=printable(locator.name) or locator.display(),
            path=locator.display(),
            exhibit=self._exhibits[row.exhibit_id],
            size=row.size,
            width=row.width or 0,
            height=row.height or 0,
            seconds=shown.seconds.get(media_id),
            taken=None if taken is None else printable_text(taken),
            taken_at=taken_at,
            camera=shown.camera.get(media_id),
            stack=None if representative is None else representative.hex(),
            stack_size=int(self._stack_size[content]) if media_id else 1,
            files=int(self._copies[content]) if media_id else 1,
            lists=tuple(sorted(lists)),
            distance=min(lists.values()) if lists else None,
            reached=reached(row.examined),
            code=code_of(verdict, self._viewer),
            state=verdict.state if verdict is not None else State.OPEN,
            judged_by_me=is_voter(verdict, self._viewer),
            viewable=is_viewable(row.kind, row.width),
        )

    # --- The columns ------------------------------------------------------------------------------------

    def _mask(self, connection: Connection, asked: Filter) -> Mask:
        mask = np.ones(len(self._files), bool)
        for field in _EQUAL:
            wanted: Collection[str] = getattr(asked, field)
            if wanted:
                values, codes = self._categories(connection, field)
                mask &= np.isin(codes, [place for place, one in enumerate(values) if one in wanted])
        if asked.list:
            listed = self._listed(connection).items()
            hit = [one for one, names in listed if not names.keys().isdisjoint(asked.list)]
            mask &= np.isin(self._media, hit)
        if asked.judged:
            judged = np.zeros(len(self._files), bool)
            for each in asked.judged:
                judged |= self._judged(Judged(each))
            mask &= judged
        if asked.name:
            sought = asked.name.casefold()
            paths = self._names(connection)[0]
            mask &= np.array([sought in one for one in paths], bool)
        if asked.size_from is not None or asked.size_to is not None:
            mask &= _within(self._sizes(connection), asked.size_from, asked.size_to)
        if asked.taken_from is not None or asked.taken_to is not None:
            mask &= _within(self._key(connection, Sort.TAKEN), asked.taken_from, asked.taken_to)
        return mask

    def _judged(self, which: Judged) -> Mask:
        mine = [one for one, verdict in self._verdicts.items() if is_voter(verdict, self._viewer)]
        match which:
            case Judged.MINE:
                return np.isin(self._media, mine)
            case Judged.NOT_MINE:
                return ~np.isin(self._media, mine)
            case Judged.NOBODY:
                return ~np.isin(self._media, list(self._verdicts))
            case Judged.DECIDED:
                decided = [one for one, v in self._verdicts.items() if v.state is State.POSITIVE]
                return np.isin(self._media, decided)
            case Judged.DISPUTED:
                disputed = [one for one, v in self._verdicts.items() if v.state is State.DISPUTED]
                return np.isin(self._media, disputed)

    def _groups(self, by: By) -> Places:
        """What each file is grouped with; a file without content is by itself."""
        alone = -1 - np.arange(len(self._files))
        groups = self._media if by is By.CONTENT else self._stack_of[self._content_of]
        return np.where(self._media == 0, alone, groups)

    def _key(self, connection: Connection, sort: Sort) -> NDArray[Any]:
        return self._kept(f"by {sort}", lambda: self._made_key(connection, sort))

    def _made_key(self, connection: Connection, sort: Sort) -> NDArray[Any]:  # noqa: PLR0911 - one a sort
        match sort:
            case Sort.FOUND:
                return np.zeros(len(self._files), np.int64)
            case Sort.OUTCOME:
                return self._outcomes(connection).astype(np.int64)
            case Sort.NAME:
                return np.array(self._names(connection)[1], np.str_)
            case Sort.SIZE:
                return self._sizes(connection)
            case Sort.TAKEN:
                times = gallery.times_taken(connection, self._held())
                known = {one: utc for one, (_, utc) in times.items() if utc is not None}
                return self._by_content(known, _NO_TIME, np.int64)
            case Sort.DISTANCE:
                nearest = {one: min(names.values()) for one, names in self._listed(connection).items()}
                return self._by_content(nearest, _FAR, np.int64)
            case Sort.STACK:
                return np.where(self._media == 0, -1, -self._stack_size[self._content_of])
            case Sort.SECONDS:
                return self._by_content(durations(connection, self._held()), -1.0, np.float64)

    def _categories(self, connection: Connection, field: str) -> Categories:
        """The values of a field, and which of them each file has."""
        match field:
            case "outcome":
                return [one.value for one in OUTCOMES], self._outcomes(connection).astype(np.int32)
            case "kind":
                return [one.value for one in outcomes.KINDS], self._read.kinds.astype(np.int32)
            case "exhibit":
                ids = list(self._exhibits)
                of_files = np.searchsorted(ids, self._read.exhibit_ids).astype(np.int32)
                return [self._exhibits[one] for one in ids], of_files
            case "camera":
                return self._kept("camera", lambda: self._of_contents(cameras(connection, self._held())))
            case "code":
                codes = {one: code_of(said, self._viewer) or "" for one, said in self._verdicts.items()}
                return self._kept("code", lambda: self._of_contents(codes))
            case _:
                found: Categories = self._facts(connection)[field]
                return found

    def _facts(self, connection: Connection) -> dict[str, Any]:
        return self._kept("facts", lambda: self._read_facts(connection))

    def _read_facts(self, connection: Connection) -> dict[str, Any]:
        """Sizes (-1: not known) as int64, and the categories that are on record of each file."""
        facts = gallery.facts(connection, self._exhibits)
        places, known = self._places(facts.ids)

        def spread(values: Sequence[int], absent: int, dtype: type[np.integer[Any]]) -> NDArray[Any]:
            column = np.full(len(self._files), absent, dtype)
            column[places] = np.array(values, dtype)[known]
            return column

        def category(values: Sequence[str | None], shown: Callable[[str | None], str]) -> Categories:
            # There are few values and many files: each value is put into words once.
            number_of: dict[str | None, int] = {}
            numbers = [number_of.setdefault(one, len(number_of)) for one in values]
            words = {"": 0}
            word_of = [words.setdefault(shown(one), len(words)) for one in number_of]
            return list(words), spread(np.array(word_of, np.int32)[numbers].tolist(), 0, np.int32)

        return {
            "size": spread([-1 if one is None else one for one in facts.sizes], -1, np.int64),
            "media_type": category(facts.media_types, lambda one: one or ""),
            "problem": category(facts.problems, lambda one: one or ""),
            "reached": category(facts.examined, lambda one: reached(one).value),
        }

    def _outcomes(self, connection: Connection) -> NDArray[np.int8]:
        return self._kept("outcomes", lambda: outcomes.decide(connection, self._scope, self._read))

    def _outcomes_of(self, connection: Connection, places: Places) -> NDArray[np.int8]:
        """Of a few files, for which those of all are not waited for."""
        every: NDArray[np.int8] | None = self._columns.get("outcomes")
        if every is None:
            return outcomes.decide(connection, self._scope, self._read.at(places))
        return every[places]

    def _sizes(self, connection: Connection) -> NDArray[np.int64]:
        found: NDArray[np.int64] = self._facts(connection)["size"]
        return found

    def _listed(self, connection: Connection) -> dict[int, dict[str, int]]:
        return self._kept("listed", lambda: gallery.listed(connection, self._scope, self._held()))

    def _names(self, connection: Connection) -> tuple[list[str], list[str]]:
        """The paths of the files, and their last parts, as they are shown but without regard to case."""
        return self._kept("names", lambda: self._read_names(connection))

    def _read_names(self, connection: Connection) -> tuple[list[str], list[str]]:
        paths, names = [""] * len(self._files), [""] * len(self._files)
        read = list(gallery.locators(connection, self._exhibits))
        places, known = self._places(file_id for file_id, _ in read)
        kept = (locator for (_, locator), held in zip(read, known.tolist(), strict=True) if held)
        for place, encoded in zip(places.tolist(), kept, strict=True):
            locator = Locator.decode(encoded)
            paths[place] = locator.display().casefold()
            names[place] = printable(locator.name).casefold()[:80]
        return paths, names

    def _places(self, file_ids: Iterable[int]) -> tuple[Places, Mask]:
        """The places of those files that are among these, and which they are."""
        ids = np.fromiter(file_ids, np.int64)
        sorted_ids = self._files[self._by_id]
        at = np.minimum(np.searchsorted(sorted_ids, ids), max(0, len(sorted_ids) - 1))
        known = sorted_ids[at] == ids if len(sorted_ids) else np.zeros(len(ids), bool)
        return self._by_id[at[known]], known

    def _held(self) -> list[int]:
        held: list[int] = self._contents[self._contents > 0].tolist()
        return held

    def _by_content(self, values: dict[int, Any], absent: float, dtype: type[np.generic]) -> NDArray[Any]:
        of_contents = np.array([values.get(one, absent) for one in self._contents.tolist()], dtype)
        return of_contents[self._content_of]

    def _of_contents(self, values: dict[int, str]) -> Categories:
        number_of: dict[str, int] = {"": 0}
        numbers = {one: number_of.setdefault(value, len(number_of)) for one, value in values.items()}
        return list(number_of), self._by_content(numbers, 0, np.int32)

    def _kept(self, name: str, make: Callable[[], T]) -> T:
        """A column, made when it is first asked for; meanwhile nobody waits who needs another one."""
        with self._making:
            being_made = self._being_made.setdefault(name, threading.Lock())
        with being_made:
            if name not in self._columns:
                self._columns[name] = make()
            found: T = self._columns[name]
            return found


def _within(column: NDArray[np.int64], least: int | None, most: int | None) -> Mask:
    known: Mask = column != _NO_TIME
    if least is not None:
        known &= column >= least
    if most is not None:
        known &= column <= most
    return known


def _reversed(key: NDArray[Any]) -> NDArray[Any]:
    """A key that sorts the other way round."""
    if key.dtype.kind == "U":
        _, ranks = np.unique(key, return_inverse=True)
        return -ranks
    # What has no time comes last, either way round.
    return np.where(key == _NO_TIME, key, -key) if key.dtype.kind == "i" else -key


def _verdicts(connection: Connection, scope: Scope, contents: Collection[int]) -> dict[int, Verdict]:
    """What the votes on each content's classification come to; of several schemes, the one voted on last."""
    found = judgements.verdicts(connection, scope, Subject.CLASSIFICATION, media_ids=contents)
    return {judged.media_id: verdict for judged, verdict in found.items() if judged.media_id is not None}
