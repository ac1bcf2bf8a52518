"""A case as a gallery: its stacks, contents or files, filtered, sorted and paged, as one viewer may see them.

What is filtered and sorted by is read once into columns (`_Table`) and kept while the records' mark stays the
same; a page of a hundred thousand files is then arithmetic. Where a page begins is said by the item that it
follows, not by a number: what comes or goes between two pages neither repeats nor hides anything else.
"""

from __future__ import annotations

import base64
import binascii
import copy
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from consilience.errors import NotFoundError, UsageError
from consilience.model.examination import Examined
from consilience.model.judgements import State, Subject, Verdict
from consilience.model.locator import Locator, printable, printable_text
from consilience.model.outcomes import OUTCOMES, Outcome
from consilience.model.people import Actor, Permission, Scope
from consilience.services.access import scope_of, service
from consilience.services.holdings import Holdings
from consilience.services.review import derive_stacks
from consilience.store import cases, events, gallery, judgements, marks, outcomes
from consilience.store.cases import CaseRecord
from consilience.store.gallery import GalleryRow
from consilience.store.marks import Marks

MOST = 500
"""Items of one page."""
_TABLES_KEPT = 16
_LONG = 1.0
"""Seconds of reading a case from which on it is not read anew at every change."""
_EQUAL = ("outcome", "exhibit", "kind", "media_type", "camera", "problem", "reached", "code")
_FACETS = (*_EQUAL, "list", "judged")
_PLACE = {outcome: place for place, outcome in enumerate(OUTCOMES)}


class By(StrEnum):
    """What an item of the gallery is."""

    STACK = "stack"
    CONTENT = "content"
    FILE = "file"


class Sort(StrEnum):
    """What items are sorted by."""

    FOUND = "found"
    """As the exhibits were walked."""
    OUTCOME = "outcome"
    NAME = "name"
    SIZE = "size"
    TAKEN = "taken"
    DISTANCE = "distance"
    """To the nearest list entry; what matches none comes last."""
    STACK = "stack"
    """Of the stack, largest first."""
    SECONDS = "seconds"


class Reached(StrEnum):
    """How far the examination of a content has come."""

    NONE = "none"
    FIRST_LOOK = "first-look"
    FULL = "full"


class Judged(StrEnum):
    """Who has classified a content."""

    MINE = "mine"
    NOT_MINE = "not-mine"
    NOBODY = "nobody"
    DECIDED = "decided"
    DISPUTED = "disputed"


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: of each field one of its values; an empty one does not matter.

    Attributes:
        outcome, kind, media_type, problem, reached, judged, code: as items have them.
        exhibit: numbers.
        camera, list: as items have them.
        name: text that the path holds, in any case.
        size_from, size_to: bytes.
        taken_from, taken_to: nanoseconds since 1970; what has no time is not among them.
    """

    outcome: tuple[str, ...] = ()
    exhibit: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    media_type: tuple[str, ...] = ()
    camera: tuple[str, ...] = ()
    list: tuple[str, ...] = ()
    problem: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()
    judged: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    name: str = ""
    size_from: int | None = None
    size_to: int | None = None
    taken_from: int | None = None
    taken_to: int | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A stack, by the first of its files that was asked for; a content, likewise; or a file.

    Attributes:
        id: public id of the file, hexadecimal.
        sha256: of the content; None where nothing could be read.
        name: the last part of the path, harmless to show.
        path: all of it.
        taken: as the camera wrote it.
        taken_at: nanoseconds since 1970, where the zone is known.
        stack: SHA-256 of the stack's representative.
        stack_size: contents in the stack.
        files: files of the content in the case.
        lists: names of the lists that it matches.
        distance: to the nearest entry.
        code: the classification that counts, or else the viewer's own.
        viewable: whether a picture of it can be made.
    """

    id: str
    sha256: str | None
    kind: str
    media_type: str
    outcome: str
    problem: str | None
    name: str
    path: str
    exhibit: str
    size: int | None
    width: int
    height: int
    seconds: float | None
    taken: str | None
    taken_at: int | None
    camera: str | None
    stack: str | None
    stack_size: int
    files: int
    lists: tuple[str, ...]
    distance: int | None
    reached: Reached
    code: str | None
    state: State
    judged_by_me: bool
    viewable: bool


class Page(msgspec.Struct, frozen=True):
    """Items, where the next page begins (None at the end), and how many there are in all."""

    items: tuple[Item, ...]
    next: str | None
    total: int


class Facet(msgspec.Struct, frozen=True):
    """A value that items have, and how many files have it."""

    value: str
    count: int


class Galleries:
    """The galleries of holdings, each kept while it holds. Safe to use from several threads."""

    def __init__(self) -> None:
        self._tables: OrderedDict[tuple[int, Scope, str], _Table] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[tuple[int, Scope, str], threading.Lock] = {}

    def table(self, connection: Connection, actor: Actor, case: CaseRecord) -> _Table:
        """The columns of a case, for a viewer."""
        scope = scope_of(connection, actor)
        key = (case.id, scope, actor.name)
        now = marks.marks(connection)
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                kept = self._tables.get(key)
            if kept is not None and kept.holds(now):
                made = (
                    kept
                    if kept.marks.classified == now.classified
                    else kept.classified(connection, scope, now)
                )
            else:
                made = _Table(connection, scope, actor.name, case.id, now)
            with self._lock:
                self._tables[key] = made
                self._tables.move_to_end(key)
                while len(self._tables) > _TABLES_KEPT:
                    self._making.pop(self._tables.popitem(last=False)[0], None)
            return made


@service(Permission.LOOK)
def page(
    holdings: Holdings,
    actor: Actor,
    galleries: Galleries,
    case: bytes,
    asked: Filter,
    *,
    by: By = By.STACK,
    sort: Sort = Sort.FOUND,
    descending: bool = False,
    cursor: str | None = None,
    most: int = 100,
) -> Page:
    """A page of a case's gallery.

    Args:
        holdings: where.
        actor: who looks.
        galleries: what is kept between pages.
        case: its public id.
        asked: which items.
        by: what an item is.
        sort: their order; equal ones as they were found.
        descending: the other way round.
        cursor: `Page.next` of the page before.
        most: items of the page, at most `MOST`.

    Raises:
        NotFoundError: there is no such case.
        UsageError: the cursor is none of this gallery.
    """
    with holdings.database.read() as connection:
        record = case_of(connection, actor, case)
        table = galleries.table(connection, actor, record)
    chosen = table.chosen(asked, by, sort, descending=descending)
    begin = 0 if cursor is None else table.after(chosen, cursor, sort, descending=descending)
    shown = chosen[begin : begin + min(most, MOST)]
    following = begin + len(shown) < len(chosen)
    note(holdings, actor, record.id, "gallery", len(shown))
    return Page(
        items=tuple(table.item(int(one)) for one in shown),
        next=table.cursor(int(shown[-1]), sort) if following and len(shown) else None,
        total=len(chosen),
    )


@service(Permission.LOOK)
def facets(
    holdings: Holdings, actor: Actor, galleries: Galleries, case: bytes, asked: Filter
) -> dict[str, list[Facet]]:
    """The values that can be asked for in a case, and how many files have each; the most frequent first.

    Of each field the counts are those that the other fields leave.

    Raises:
        NotFoundError: there is no such case.
    """
    with holdings.database.read() as connection:
        record = case_of(connection, actor, case)
        table = galleries.table(connection, actor, record)
    note(holdings, actor, record.id, "gallery", 0)
    return {field: table.facet(field, msgspec.structs.replace(asked, **{field: ()})) for field in _FACETS}


@service(Permission.LOOK)
def outcomes_of(holdings: Holdings, actor: Actor, galleries: Galleries, case: bytes) -> dict[Outcome, int]:
    """Files of a case by outcome; every outcome is there, and together they are all files.

    Raises:
        NotFoundError: there is no such case.
    """
    with holdings.database.read() as connection:
        record = case_of(connection, actor, case)
        return galleries.table(connection, actor, record).outcomes()


@service(Permission.LOOK)
def stack(
    holdings: Holdings, actor: Actor, galleries: Galleries, case: bytes, sha256: bytes
) -> list[tuple[Item, int, str]]:
    """The contents of the stack that a content of a case lies in, the representative first.

    Each with its distance to the representative and how it is turned.

    Raises:
        NotFoundError: there is no such case, or no such content in it.
    """
    with holdings.database.read() as connection:
        record = case_of(connection, actor, case)
        table = galleries.table(connection, actor, record)
    found = table.stack(sha256)
    note(holdings, actor, record.id, "stack", len(found))
    return found


def case_of(
    connection: Connection, actor: Actor, public_id: bytes, permission: Permission = Permission.LOOK
) -> CaseRecord:
    """The case of a public id.

    Raises:
        NotFoundError: there is none that is open to the actor.
    """
    scope = scope_of(connection, actor, permission)
    for one in cases.cases(connection, scope):
        if one.public_id == public_id:
            return one
    raise NotFoundError(f"no case {public_id.hex()}")


def note(holdings: Holdings, actor: Actor, case_id: int, what: str, number: int) -> None:
    """Put on record that something of a case was read."""
    with holdings.database.write() as connection:
        detail: dict[str, object] = {"items": number}
        events.append(connection, actor, "read", object_kind=what, case_id=case_id, detail=detail)


class _Table:
    """The files of a case as columns, in the order in which they were found. Never changed."""

    def __init__(self, connection: Connection, scope: Scope, viewer: str, case_id: int, now: Marks) -> None:
        begun = time.monotonic()
        self.marks = now
        rows = list(gallery.rows(connection, scope, case_id))
        self._rows = rows
        self._row_of = {one.id: place for place, one in enumerate(rows)}
        of_file = {one.file_id: _PLACE[one.outcome] for one in outcomes.outcomes(connection, scope, case_id)}
        self._outcome = np.array([of_file[one.id] for one in rows], np.int8)
        self._exhibits = gallery.exhibits(connection, case_id)
        self._media = np.array([one.media_id or 0 for one in rows], np.int64)
        self._size = np.array([-1 if one.size is None else one.size for one in rows], np.int64)
        self._files = Counter(one.media_id for one in rows if one.media_id is not None)
        self._camera = _cameras(connection, case_id)
        self._taken = gallery.times_taken(connection, case_id)
        self._seconds = _durations(connection, case_id)
        self._listed = gallery.listed(connection, scope, case_id)
        self._verdicts = _verdicts(connection, scope)
        self._viewer = viewer
        self._stacks: dict[int, tuple[int, int, str]] = {}
        self._sizes: Counter[int] = Counter()
        self._members: dict[int, list[int]] = {}
        for stack in derive_stacks(connection, scope, case_id):
            members = [(stack.representative, 0, "upright")]
            members += [(each.content, each.distance, str(each.orientation)) for each in stack.members]
            self._members[stack.representative] = [content for content, _, _ in members]
            self._sizes[stack.representative] = len(members)
            for content, distance, turned in members:
                self._stacks[content] = (stack.representative, distance, turned)
        self._sha256 = {one.media_id: one.sha256 for one in rows if one.media_id is not None}
        self._first: dict[int, int] = {}
        for place, one in enumerate(rows):
            if one.media_id is not None:
                self._first.setdefault(one.media_id, place)
        self._columns: dict[str, tuple[list[str], NDArray[np.int32]]] = {}
        self._keys: dict[Sort, NDArray[Any]] = {}
        self._making = threading.Lock()
        self._made = time.monotonic()
        self._cost = self._made - begun

    def holds(self, now: Marks) -> bool:
        """Whether the columns are still to be shown.

        What took long to read is shown a little longer while evidence is being taken in. Leave that was taken
        and judgements show at once.
        """
        if self.marks.word != now.word:
            return False
        patience = 5 * self._cost if self._cost > _LONG else 0.0
        return self.marks.content == now.content or time.monotonic() - self._made < min(patience, 60.0)

    def classified(self, connection: Connection, scope: Scope, now: Marks) -> _Table:
        """The same files with what has been said of them since."""
        found = copy.copy(self)
        found.marks = Marks(self.marks.content, self.marks.word, now.classified)
        found._verdicts = _verdicts(connection, scope)
        found._columns = {field: one for field, one in self._columns.items() if field != "code"}
        return found

    def chosen(self, asked: Filter, by: By, sort: Sort, *, descending: bool) -> NDArray[np.int64]:
        """Places of the items asked for, in their order."""
        order = self._order(sort)
        if descending:
            # Equal ones stay as they were found.
            key = self._key(sort)
            order = np.lexsort((np.arange(len(key)), _reversed(key)))
        order = order[self._mask(asked)[order]]
        if by is By.FILE or not len(order):
            return order
        groups = self._groups(by)[order]
        _, first = np.unique(groups, return_index=True)
        return order[np.sort(first)]

    def cursor(self, place: int, sort: Sort) -> str:
        """Names an item, and where it stands."""
        key = self._key(sort)[place]
        said = msgspec.json.encode([sort.value, key.item(), self._rows[place].id])
        return base64.urlsafe_b64encode(said).decode().rstrip("=")

    def after(self, chosen: NDArray[np.int64], cursor: str, sort: Sort, *, descending: bool) -> int:
        """Where in the items a page begins that follows an item, though that one may be gone."""
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            said, value, file_id = msgspec.json.decode(
                base64.urlsafe_b64decode(padded), type=tuple[str, int | float | str, int]
            )
            if said != sort.value:
                raise ValueError("of another order")
            key = self._key(sort)
            if isinstance(value, str) != (key.dtype.kind == "U"):
                raise ValueError("of another kind")
        except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
            raise UsageError("the cursor is none of this gallery", "Begin again without one.") from error
        place = self._row_of.get(file_id)
        keys = key[chosen]
        same = keys == value
        if not descending:
            passed = keys < value
        elif value == _NO_TIME:
            passed = ~same
        else:
            passed = (keys > value) & (keys != _NO_TIME)
        if place is None:
            return int(np.count_nonzero(passed | same))
        return int(np.count_nonzero(passed | (same & (chosen <= place))))

    def item(self, place: int) -> Item:
        """What is shown of a file."""
        row = self._rows[place]
        media_id = row.media_id or 0
        locator = Locator.decode(row.locator)
        representative, _, _ = self._stacks.get(media_id, (media_id, 0, ""))
        lists = self._listed.get(media_id, {})
        verdict = self._verdicts.get(media_id)
        taken, taken_at = self._taken.get(media_id, (None, None))
        sha256 = self._sha256.get(representative)
        camera = self._camera.get(media_id)
        return Item(
            id=row.public_id.hex(),
            sha256=None if row.sha256 is None else row.sha256.hex(),
            kind=row.kind or "other",
            media_type=row.media_type or "",
            outcome=OUTCOMES[self._outcome[place]].value,
            problem=row.problem,
            name=printable(locator.name) or locator.display(),
            path=locator.display(),
            exhibit=self._exhibits[row.exhibit_id][1],
            size=row.size,
            width=row.width or 0,
            height=row.height or 0,
            seconds=self._seconds.get(media_id),
            taken=None if taken is None else printable_text(taken),
            taken_at=taken_at,
            camera=camera,
            stack=None if sha256 is None else sha256.hex(),
            stack_size=self._sizes.get(representative, 1),
            files=self._files.get(media_id, 1),
            lists=tuple(sorted(lists)),
            distance=min(lists.values()) if lists else None,
            reached=_reached(row),
            code=_code(verdict, self._viewer),
            state=verdict.state if verdict is not None else State.OPEN,
            judged_by_me=_is_voter(verdict, self._viewer),
            viewable=is_viewable(row.kind, row.width),
        )

    def outcomes(self) -> dict[Outcome, int]:
        """Files by outcome."""
        counts = np.bincount(self._outcome, minlength=len(OUTCOMES)).tolist()
        return dict(zip(OUTCOMES, counts, strict=True))

    def facet(self, field: str, asked: Filter) -> list[Facet]:
        """The values of a field among the files asked for."""
        mask = self._mask(asked)
        if field == "list":
            names = Counter(name for one in self._media[mask].tolist() for name in self._listed.get(one, ()))
            found = dict(names)
        elif field == "judged":
            found = {one.value: int(np.count_nonzero(mask & self._judged(one))) for one in Judged}
        else:
            values, codes = self._column(field)
            counts = np.bincount(codes[mask], minlength=len(values))
            found = dict(zip(values, counts.tolist(), strict=True))
        return [
            Facet(value, number)
            for value, number in sorted(found.items(), key=lambda one: (-one[1], one[0]))
            if number and value
        ]

    def content(self, sha256: bytes) -> Item | None:
        """A content, by its first file; None if it is not in the case."""
        media_id = next((one for one, digest in self._sha256.items() if digest == sha256), None)
        return None if media_id is None else self.item(self._first[media_id])

    def stack(self, sha256: bytes) -> list[tuple[Item, int, str]]:
        """The stack of a content; see the service."""
        media_id = next((one for one, digest in self._sha256.items() if digest == sha256), None)
        if media_id is None:
            raise NotFoundError(f"no content {sha256.hex()} in the case")
        representative = self._stacks.get(media_id, (media_id, 0, ""))[0]
        found = []
        for content in self._members.get(representative, [media_id]):
            _, distance, turned = self._stacks.get(content, (content, 0, "upright"))
            found.append((self.item(self._first[content]), distance, turned))
        return found

    def _mask(self, asked: Filter) -> NDArray[np.bool_]:
        mask = np.ones(len(self._rows), bool)
        for field in _EQUAL:
            wanted: Collection[str] = getattr(asked, field)
            if wanted:
                values, codes = self._column(field)
                mask &= np.isin(codes, [place for place, one in enumerate(values) if one in wanted])
        if asked.list:
            hit = [one for one, names in self._listed.items() if not names.keys().isdisjoint(asked.list)]
            mask &= np.isin(self._media, hit)
        if asked.judged:
            judged = np.zeros(len(self._rows), bool)
            for each in asked.judged:
                judged |= self._judged(Judged(each))
            mask &= judged
        if asked.name:
            values, codes = self._column("path")
            sought = asked.name.casefold()
            mask &= np.isin(codes, [place for place, one in enumerate(values) if sought in one.casefold()])
        for least, most, column in (
            (asked.size_from, asked.size_to, self._size),
            (asked.taken_from, asked.taken_to, self._key(Sort.TAKEN)),
        ):
            if least is not None:
                mask &= (column >= least) & (column != _NO_TIME)
            if most is not None:
                mask &= (column <= most) & (column != _NO_TIME)
        return mask

    def _judged(self, which: Judged) -> NDArray[np.bool_]:
        mine = [one for one, verdict in self._verdicts.items() if _is_voter(verdict, self._viewer)]
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

    def _column(self, field: str) -> tuple[list[str], NDArray[np.int32]]:
        """The values of a field, and which of them each file has."""
        with self._making:
            if field not in self._columns:
                of = _FIELDS[field]
                place_of: dict[str, int] = {}
                codes = [
                    place_of.setdefault(of(self, row, n), len(place_of)) for n, row in enumerate(self._rows)
                ]
                self._columns[field] = (list(place_of), np.array(codes, np.int32))
            return self._columns[field]

    def _key(self, sort: Sort) -> NDArray[Any]:
        if sort not in self._keys:
            self._keys[sort] = self._made_key(sort)
        return self._keys[sort]

    def _made_key(self, sort: Sort) -> NDArray[Any]:  # noqa: PLR0911 - one a sort
        media = self._media.tolist()
        match sort:
            case Sort.FOUND:
                return np.zeros(len(self._rows), np.int64)
            case Sort.OUTCOME:
                return self._outcome.astype(np.int64)
            case Sort.NAME:
                names = [printable(Locator.decode(one.locator).name).casefold() for one in self._rows]
                return np.array([one[:80] for one in names], np.str_)
            case Sort.SIZE:
                return self._size
            case Sort.TAKEN:
                return np.array([_time(self._taken.get(one)) for one in media], np.int64)
            case Sort.DISTANCE:
                nearest = [min(self._listed.get(one, {}).values(), default=_FAR) for one in media]
                return np.array(nearest, np.int64)
            case Sort.STACK:
                stacks = (self._stacks.get(one, (one, 0, ""))[0] for one in media)
                return np.array([-self._sizes.get(one, 1) for one in stacks], np.int64)
            case Sort.SECONDS:
                return np.array([self._seconds.get(one, -1.0) for one in media], np.float64)

    def _order(self, sort: Sort) -> NDArray[np.int64]:
        return np.argsort(self._key(sort), kind="stable")

    def _groups(self, by: By) -> NDArray[np.int64]:
        """What each file is grouped with; a file without content is by itself."""
        alone = -1 - np.arange(len(self._rows))
        media = self._media
        if by is By.STACK:
            media = np.array([self._stacks.get(one, (one, 0, ""))[0] for one in media.tolist()], np.int64)
        return np.where(media == 0, alone, media)


_NO_TIME = np.iinfo(np.int64).max
_FAR = 1 << 20


def _reversed(key: NDArray[Any]) -> NDArray[Any]:
    """A key that sorts the other way round."""
    if key.dtype.kind == "U":
        _, ranks = np.unique(key, return_inverse=True)
        return -ranks
    # What has no time comes last, either way round.
    return np.where(key == _NO_TIME, key, -key) if key.dtype.kind == "i" else -key


def _time(taken: tuple[str, int | None] | None) -> int:
    return int(_NO_TIME) if taken is None or taken[1] is None else taken[1]


def is_viewable(kind: str | None, width: int | None) -> bool:
    """Whether a picture can be made of a content."""
    return kind in ("picture", "video") and bool(width)


def _reached(row: GalleryRow) -> Reached:
    if row.examined == Examined.FIRST_LOOK.value:
        return Reached.FIRST_LOOK
    return Reached.FULL if row.examined == Examined.YES.value else Reached.NONE


def _cameras(connection: Connection, case_id: int) -> dict[int, str]:
    makes = gallery.clue_values(connection, case_id, gallery.CAMERA_MAKE)
    models = gallery.clue_values(connection, case_id, gallery.CAMERA_MODEL)
    found = {}
    for one in makes.keys() | models.keys():
        make, model = makes.get(one, "").strip(), models.get(one, "").strip()
        # Many makers write their name into the model, too.
        whole = model if model.lower().startswith(make.lower()) else f"{make} {model}".strip()
        found[one] = printable_text(whole)[:100]
    return found


def _durations(connection: Connection, case_id: int) -> dict[int, float]:
    """Seconds that each content plays, as its fingerprints say, or else its container."""
    found = gallery.durations(connection, case_id)
    for one, value in gallery.clue_values(connection, case_id, gallery.DURATION).items():
        try:
            found.setdefault(one, float(value.removesuffix(" s")))
        except ValueError:
            continue
    return found


def _verdicts(connection: Connection, scope: Scope) -> dict[int, Verdict]:
    """What the votes on each content's classification come to; of several schemes, the one voted on last."""
    found = judgements.verdicts(connection, scope, Subject.CLASSIFICATION)
    return {judged.media_id: verdict for judged, verdict in found.items() if judged.media_id is not None}


def _is_voter(verdict: Verdict | None, viewer: str) -> bool:
    return verdict is not None and any(one.author == viewer for one in verdict.votes)


def _code(verdict: Verdict | None, viewer: str) -> str | None:
    if verdict is None:
        return None
    mine = (one.code for one in verdict.votes if one.author == viewer)
    return verdict.code or next(mine, "") or None


_FIELDS: dict[str, Callable[[_Table, GalleryRow, int], str]] = {
    "outcome": lambda table, _, place: OUTCOMES[table._outcome[place]].value,
    "exhibit": lambda table, row, _: table._exhibits[row.exhibit_id][1],
    "kind": lambda _, row, __: row.kind or "other",
    "media_type": lambda _, row, __: row.media_type or "",
    "camera": lambda table, row, _: table._camera.get(row.media_id or 0, ""),
    "problem": lambda _, row, __: row.problem or "",
    "reached": lambda _, row, __: _reached(row).value,
    "code": lambda table, row, _: _code(table._verdicts.get(row.media_id or 0), table._viewer) or "",
    "path": lambda _, row, __: Locator.decode(row.locator).display(),
}
