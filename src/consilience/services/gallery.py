"""A case as a gallery: its stacks, contents or files, filtered, sorted and paged, as one viewer may see them.

What is filtered and sorted by is read once into columns (`Table`) and kept while the records' mark stays the
same; a page of a hundred thousand files is then arithmetic. Where a page begins is said by the item that it
follows, not by a number: what comes or goes between two pages neither repeats nor hides anything else.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection

import msgspec
from sqlalchemy import Connection

from consilience.errors import NotFoundError
from consilience.model.outcomes import Outcome
from consilience.model.people import Actor, Permission, Scope
from consilience.services.access import scope_of, service
from consilience.services.gallery_items import By, Facet, Filter, Item, Sort
from consilience.services.gallery_table import FACETS, Table
from consilience.services.holdings import Holdings
from consilience.services.review import content_named
from consilience.store import cases, marks
from consilience.store.cases import CaseRecord
from consilience.store.dialects import looking_up
from consilience.store.events import Act

MOST = 500
"""Items of one page."""
_FILES_KEPT = 4_000_000
"""Of all galleries that are kept, some 100 bytes each: everybody at work has one."""


class Page(msgspec.Struct, frozen=True):
    """Items, where the next page begins (None at the end), and how many there are in all."""

    items: tuple[Item, ...]
    next: str | None
    total: int


class Galleries:
    """The galleries of holdings, each kept while it holds. Safe to use from several threads."""

    def __init__(self) -> None:
        self._tables: OrderedDict[tuple[int, Scope, str], Table] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[tuple[int, Scope, str], threading.Lock] = {}

    def table(self, connection: Connection, actor: Actor, case: CaseRecord) -> Table:
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
                made = kept if kept.marks.classified == now.classified else kept.classified(connection, now)
            else:
                made = Table(connection, scope, actor.name, case.id, now)
            with self._lock:
                self._tables[key] = made
                self._tables.move_to_end(key)
                while len(self._tables) > 1 and sum(map(len, self._tables.values())) > _FILES_KEPT:
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
    with holdings.database.read() as connection, looking_up(connection):
        record = case_of(connection, actor, case)
        table = galleries.table(connection, actor, record)
        chosen = table.chosen(connection, asked, by, sort, descending=descending)
        begin = 0
        if cursor is not None:
            begin = table.after(connection, chosen, cursor, sort, descending=descending)
        places = chosen[begin : begin + min(most, MOST)].tolist()
        following = bool(places) and begin + len(places) < len(chosen)
        shown = Page(
            items=tuple(one for one in table.items(connection, places) if one is not None),
            next=table.cursor(connection, places[-1], sort) if following else None,
            total=len(chosen),
        )
    note(holdings, actor, record.id, "gallery", len(shown.items))
    return shown


@service(Permission.LOOK)
def facets(
    holdings: Holdings,
    actor: Actor,
    galleries: Galleries,
    case: bytes,
    asked: Filter,
    fields: Collection[str] = FACETS,
) -> dict[str, list[Facet]]:
    """The values that can be asked for in a case, and how many files have each; the most frequent first.

    Of each field the counts are those that the other fields leave.

    Args:
        holdings: where.
        actor: who looks.
        galleries: what is kept between pages.
        case: its public id.
        asked: which files.
        fields: of which fields.

    Raises:
        NotFoundError: there is no such case.
    """
    with holdings.database.read() as connection, looking_up(connection):
        record = case_of(connection, actor, case)
        table = galleries.table(connection, actor, record)
        found = {
            field: table.facet(connection, field, msgspec.structs.replace(asked, **{field: ()}))
            for field in fields
        }
    note(holdings, actor, record.id, "gallery", 0)
    return found


@service(Permission.LOOK)
def outcomes_of(holdings: Holdings, actor: Actor, galleries: Galleries, case: bytes) -> dict[Outcome, int]:
    """Files of a case by outcome; every outcome is there, and together they are all files.

    Raises:
        NotFoundError: there is no such case.
    """
    with holdings.database.read() as connection, looking_up(connection):
        record = case_of(connection, actor, case)
        return galleries.table(connection, actor, record).outcomes(connection)


@service(Permission.LOOK)
def stack(
    holdings: Holdings, actor: Actor, galleries: Galleries, case: bytes, sha256: bytes
) -> list[tuple[Item, int, str]]:
    """The contents of the stack that a content of a case lies in, the representative first.

    Each with its distance to the representative and how it is turned.

    Raises:
        NotFoundError: there is no such case, or no such content in it.
    """
    with holdings.database.read() as connection, looking_up(connection):
        record = case_of(connection, actor, case)
        scope = scope_of(connection, actor)
        content = content_named(connection, scope, sha256)
        found = galleries.table(connection, actor, record).stack(connection, content)
    if not found:
        raise NotFoundError(f"no content {sha256.hex()} in the case")
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
    found = cases.cases(connection, scope, public_id=public_id)
    if not found:
        raise NotFoundError(f"no case {public_id.hex()}")
    return found[0]


def note(holdings: Holdings, actor: Actor, case_id: int, what: str, number: int) -> None:
    """Put on record that something of a case was read."""
    holdings.recorder.append(
        actor, Act(action="read", object_kind=what, case_id=case_id, detail={"items": number})
    )
