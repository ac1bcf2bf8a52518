"""The audit's log: what was done, each act a leaf of the hash tree, appended in the transaction of the act.

The tree's one row is locked from the first append to the end of the transaction, so several processes append
to one tree without gap or fork; append last, so that nobody waits for the work before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, false, func, insert, select, update
from sqlalchemy import case as case_of

from consilience.model.audited import AuditedEvent, check_code, check_detail, is_code
from consilience.model.merkle import Complete, Frontier
from consilience.model.people import Actor, GroundKind, Scope
from consilience.model.references import Reference, ReferenceKind
from consilience.store.identity import new_public_id, now, portions
from consilience.store.schema import (
    as_kept,
    case,
    event,
    event_note,
    event_tree,
    event_tree_node,
    reference,
    user,
)
from consilience.store.scoping import in_cases

LEVELS_APART = 8
"""Of the complete subtrees, those of every eighth level are stored: 256, 65,536, … leaves."""

STATED = "stated"
"""The justification of an act whose reason is no code: what was said is the event's note."""

ERASED = "erased"
"""What a reference means whose text is erased."""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What is put on record of one act, beside who did it.

    Attributes:
        action: ``collect``, ``create``, ``import``, ``read``, ``disclose``, ``combine``, ``erase``, …
        object_kind: the kind of the thing acted on, usually its table.
        object_id: its public id.
        case_id: the case that it belongs to.
        outcome: ``done``, ``begun``, ``refused``.
        authority: the law or order that it rests on; that of the case where none is given.
        detail: counts, codes, public ids, references (`refer`). No names, paths or free text.
    """

    action: str
    object_kind: str
    object_id: bytes | None = None
    case_id: int | None = None
    outcome: str = "done"
    authority: str = ""
    detail: dict[str, object] = {}


def append(
    connection: Connection,
    actor: Actor,
    action: str,
    *,
    object_kind: str,
    object_id: bytes | None = None,
    case_id: int | None = None,
    outcome: str = "done",
    authority: str = "",
    detail: dict[str, object] | None = None,
) -> int:
    """Append an event; see `Act` for what the arguments mean.

    A refused act is recorded in a transaction of its own: the one in which it was tried is taken back.

    Args:
        connection: the transaction of the act itself.
        actor: who, and why. A justification that is no code, and the note, stand beside the tree.

    Returns:
        The event's number.
    """
    act = Act(
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        case_id=case_id,
        outcome=outcome,
        authority=authority,
        detail=detail or {},
    )
    return append_all(connection, [(actor, act)])[0]


def append_all(connection: Connection, acts: Sequence[tuple[Actor, Act]]) -> range:
    """Append the events of several acts at once, in this order; gives their numbers."""
    frontier = _lock(connection)
    known = _Known(connection)
    first, at = frontier.size + 1, now()
    rows: list[dict[str, object]] = []
    notes: list[dict[str, object]] = []
    completed: list[Complete] = []
    for number, (actor, act) in enumerate(acts, first):
        who = known.reference(ReferenceKind.ACTOR, actor.name)
        of_case = known.case(act.case_id)
        stated = act.authority or of_case.legal_basis
        authority = known.reference(ReferenceKind.AUTHORITY, stated) if stated else None
        justification = actor.justification if is_code(actor.justification) else STATED
        public_id = new_public_id()
        leaf = AuditedEvent(
            number=number,
            id=public_id.hex(),
            at=at,
            actor=who.digest.hex(),
            action=check_code(act.action),
            object_kind=check_code(act.object_kind),
            object_id=_hex(act.object_id),
            case=_hex(of_case.public_id),
            justification=justification,
            authority=_hex(authority.digest) if authority else None,
            outcome=check_code(act.outcome),
            detail=check_detail(act.detail),
        )
        completed += frontier.append(leaf.hash)
        rows.append(
            {
                "id": number,
                "public_id": public_id,
                "at": at,
                "actor_id": who.id,
                "action": act.action,
                "case_id": act.case_id,
                "object_kind": act.object_kind,
                "object_id": act.object_id,
                "justification": justification,
                "authority_id": authority.id if authority else None,
                "outcome": act.outcome,
                "detail": leaf.detail,
            }
        )
        said = [] if justification == actor.justification else [actor.justification]
        if note := "\n".join(said + ([actor.note] if actor.note else [])):
            notes.append({"event_id": number, "text": note})
    if rows:
        connection.execute(insert(event), rows)
        _extend(connection, frontier, completed)
    if notes:
        connection.execute(insert(event_note), notes)
    return range(first, first + len(rows))


def refer(connection: Connection, kind: ReferenceKind, text: str) -> str:
    """The reference to a text, hexadecimal, for an event's detail; made if there is none yet."""
    _lock(connection)
    return _reference(connection, kind, text).digest.hex()


def first_of(connection: Connection, object_id: bytes) -> Actor:
    """Who first acted on a thing, and why."""
    query = (
        select(reference.c.text, event.c.justification)
        .join(reference, reference.c.id == event.c.actor_id)
        .where(event.c.object_id == object_id)
    )
    actor, justification = connection.execute(query.order_by(event.c.id).limit(1)).one()
    return Actor(actor or ERASED, justification)


def size(connection: Connection) -> int:
    """How many events there are."""
    return int(connection.execute(select(event_tree.c.size)).scalar_one())


def events(connection: Connection, first: int, last: int) -> Iterator[AuditedEvent]:
    """The events from one number to another, both included."""
    query = leaf_query().where(event.c.id.between(first, last)).order_by(event.c.id)
    for row in connection.execute(query.execution_options(yield_per=1000)):
        yield as_leaf(row)


def leaf_query() -> Select[tuple[object, ...]]:
    """Rows that `as_leaf` takes."""
    actor, authority = reference.alias("actor"), reference.alias("authority")
    return (
        select(
            *event.c,
            actor.c.digest.label("actor"),
            authority.c.digest.label("authority"),
            case.c.public_id.label("case"),
        )
        .join(actor, actor.c.id == event.c.actor_id)
        .outerjoin(authority, authority.c.id == event.c.authority_id)
        .outerjoin(case, case.c.id == event.c.case_id)
    )


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which events are asked for; what is None does not matter.

    Attributes:
        actor: name of the account.
        action, object_kind, outcome, justification: as recorded.
        object_id: public id of the thing acted on.
        case: number of the case.
        since, until: nanoseconds since 1970 in UTC; from the first, to before the second.
        before: number of an event; those before it.
    """

    actor: str | None = None
    action: str | None = None
    object_kind: str | None = None
    object_id: bytes | None = None
    outcome: str | None = None
    justification: str | None = None
    case: str | None = None
    since: int | None = None
    until: int | None = None
    before: int | None = None


class EventRecord(msgspec.Struct, frozen=True):
    """An event with its names, as far as they are not erased."""

    number: int
    at: int
    actor: str
    action: str
    object_kind: str
    object_id: bytes | None
    case: str | None
    justification: str
    authority: str
    outcome: str
    detail: dict[str, object]
    note: str


def search(connection: Connection, scope: Scope, asked: EventFilter, most: int) -> list[EventRecord]:
    """The newest events that a filter lets through, newest first; of cases within the scope."""
    actor, authority = reference.alias("actor"), reference.alias("authority")
    query = (
        select(
            event.c.id.label("number"),
            event.c.at,
            func.coalesce(actor.c.text, ERASED).label("actor"),
            event.c.action,
            event.c.object_kind,
            event.c.object_id,
            case.c.number.label("case"),
            event.c.justification,
            case_of(
                (event.c.authority_id.is_(None), ""), else_=func.coalesce(authority.c.text, ERASED)
            ).label("authority"),
            event.c.outcome,
            event.c.detail,
            func.coalesce(event_note.c.text, "").label("note"),
        )
        .join(actor, actor.c.id == event.c.actor_id)
        .outerjoin(authority, authority.c.id == event.c.authority_id)
        .outerjoin(case, case.c.id == event.c.case_id)
        .outerjoin(event_note, event_note.c.event_id == event.c.id)
        .where(in_cases(scope, event.c.case_id) | _of_no_case(scope, actor.c.text))
        .order_by(event.c.id.desc())
        .limit(most)
    )
    for column, value in (
        (event.c.action, asked.action),
        (event.c.object_kind, asked.object_kind),
        (event.c.object_id, asked.object_id),
        (event.c.outcome, asked.outcome),
        (event.c.justification, asked.justification),
    ):
        if value is not None:
            query = query.where(column == value)
    if asked.actor is not None:
        named = reference.c.kind == ReferenceKind.ACTOR.value, reference.c.text == asked.actor
        query = query.where(event.c.actor_id == select(reference.c.id).where(*named).scalar_subquery())
    if asked.since is not None:
        query = query.where(event.c.at >= asked.since)
    if asked.before is not None:
        query = query.where(event.c.id < asked.before)
    if asked.until is not None:
        query = query.where(event.c.at < asked.until)
    if asked.case is None:
        return [EventRecord(**row._mapping) for row in connection.execute(query)]
    # Case by case, as an index has a case's events in their order; two agencies may use one number.
    of_number = connection.execute(select(case.c.id).where(case.c.number == asked.case)).scalars().all()
    found = [
        EventRecord(**row._mapping)
        for one in of_number
        for row in connection.execute(query.where(event.c.case_id == one))
    ]
    return sorted(found, key=lambda one: one.number, reverse=True)[:most]


def _of_no_case(scope: Scope, actor: ColumnElement[str]) -> ColumnElement[bool]:
    """An act that belongs to no case, of somebody of the agency whose records are all within the scope.

    Sign-ins, refusals and lists are among them.
    """
    if GroundKind.SUPERVISED not in scope.grounds:
        return false()
    own = select(user.c.name).where(user.c.agency_id == scope.agency)
    return event.c.case_id.is_(None) & actor.in_(own)


def meanings(connection: Connection, scope: Scope) -> Iterator[Reference]:
    """What the references of events within the scope mean, as far as it is not erased."""
    columns = (reference.c.digest, reference.c.kind, reference.c.text, reference.c.key)
    query = select(*columns).where(reference.c.text.is_not(None))
    if not scope.everything:
        within = in_cases(scope, event.c.case_id)
        used = select(event.c.actor_id).where(within).union(select(event.c.authority_id).where(within))
        query = query.where(reference.c.id.in_(used))
    for digest, kind, text, key in connection.execute(query.order_by(reference.c.id)):
        yield Reference(digest, ReferenceKind(kind), text, key)


def meanings_of(connection: Connection, digests: Collection[bytes]) -> Iterator[Reference]:
    """What these references mean, as far as it is not erased."""
    columns = (reference.c.digest, reference.c.kind, reference.c.text, reference.c.key)
    for portion in portions(digests):
        query = select(*columns).where(reference.c.digest.in_(portion), reference.c.text.is_not(None))
        for digest, kind, text, key in connection.execute(query.order_by(reference.c.id)):
            yield Reference(digest, ReferenceKind(kind), text, key)


def as_leaf(row: Row[tuple[object, ...]]) -> AuditedEvent:
    """The event of a row of `leaf_query`."""
    of = row._mapping
    return AuditedEvent(
        number=of["id"],
        id=of["public_id"].hex(),
        at=of["at"],
        actor=of["actor"].hex(),
        action=of["action"],
        object_kind=of["object_kind"],
        object_id=_hex(of["object_id"]),
        case=_hex(of["case"]),
        justification=of["justification"],
        authority=_hex(of["authority"]),
        outcome=of["outcome"],
        detail=of["detail"],
    )


_TREE = select(event_tree.c.size, event_tree.c.frontier).with_for_update()
_CASE = select(case.c.public_id, case.c.legal_basis).where(case.c.id == bindparam("case"))
_REFERENCE = select(reference.c.id, reference.c.digest).where(
    reference.c.kind == bindparam("kind"), reference.c.text == bindparam("text")
)


def _lock(connection: Connection) -> Frontier:
    """The tree, which nobody else can append to before this transaction ends."""
    return Frontier.decode(*connection.execute(_TREE).one())


def _extend(connection: Connection, frontier: Frontier, completed: Sequence[Complete]) -> None:
    connection.execute(update(event_tree).values(size=frontier.size, frontier=frontier.encode()))
    kept = [
        {"level": one.level, "place": one.place, "hash": one.hash}
        for one in completed
        if one.level % LEVELS_APART == 0
    ]
    if kept:
        connection.execute(insert(event_tree_node), kept)


class _Reference(msgspec.Struct, frozen=True):
    id: int
    digest: bytes


class _Case(msgspec.Struct, frozen=True):
    public_id: bytes | None
    legal_basis: str


class _Known:
    """Cases and references of the acts of one call, each looked up once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cases: dict[int, _Case] = {}
        self._references: dict[tuple[ReferenceKind, str], _Reference] = {}

    def case(self, case_id: int | None) -> _Case:
        """What an event needs to know of a case."""
        if case_id is None:
            return _Case(None, "")
        if case_id not in self._cases:
            self._cases[case_id] = _Case(*self._connection.execute(_CASE, {"case": case_id}).one())
        return self._cases[case_id]

    def reference(self, kind: ReferenceKind, text: str) -> _Reference:
        """The reference to a text."""
        if (kind, text) not in self._references:
            self._references[kind, text] = _reference(self._connection, kind, text)
        return self._references[kind, text]


def _reference(connection: Connection, kind: ReferenceKind, text: str) -> _Reference:
    """The reference to a text, made if there is none; the caller holds the tree's lock."""
    known = connection.execute(_REFERENCE, {"kind": kind.value, "text": text}).one_or_none()
    if known is not None:
        return _Reference(*known)
    made = Reference.new(kind, as_kept(text))
    row = insert(reference).values(digest=made.digest, kind=kind.value, text=text, key=made.key)
    return _Reference(connection.execute(row.returning(reference.c.id)).scalar_one(), made.digest)


def _hex(identifier: bytes | None) -> str | None:
    return None if identifier is None else identifier.hex()
