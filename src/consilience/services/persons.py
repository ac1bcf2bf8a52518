"""Persons in the records of a case: asked for by kind, so that no list mixes suspects and victims."""

from __future__ import annotations

from consilience.errors import NotFoundError, UsageError
from consilience.model.people import Actor, Permission
from consilience.model.persons import PersonKind, PersonRecord
from consilience.services.access import scope_of, service
from consilience.services.cases import case_named
from consilience.services.holdings import Holdings
from consilience.store import events, persons


@service(Permission.JUDGE)
def add_person(
    holdings: Holdings,
    actor: Actor,
    case: str,
    kind: PersonKind,
    name: str,
    *,
    origin: str = "",
    review_at: int | None = None,
) -> PersonRecord:
    """Add a person to a case.

    Raises:
        NotFoundError: there is no such case.
        AccessError: the actor may see the case, but not add to it.
        UsageError: the name is empty.
    """
    if not name.strip():
        raise UsageError("a person needs a name, or what the person is called here")
    with holdings.database.write() as connection:
        record = case_named(connection, actor, case, Permission.JUDGE)
        added = persons.add_person(
            connection, record.id, kind, name, origin=origin, review_at=review_at, by=actor.name
        )
        events.append(
            connection,
            actor,
            "create",
            object_kind="person",
            object_id=added,
            case_id=record.id,
            detail={"kind": kind.value},
        )
        (found,) = persons.persons(connection, scope_of(connection, actor), public_id=added)
    return found


@service(Permission.JUDGE)
def say_of_person(
    holdings: Holdings, actor: Actor, public_id: bytes, text: str, *, source: str = ""
) -> PersonRecord:
    """Record a fact, if a source is named where it stands, or else what the actor thinks.

    Raises:
        NotFoundError: there is no such person in a case of which the actor may judge.
        UsageError: there is nothing said.
    """
    if not text.strip():
        raise UsageError("nothing is said of the person")
    with holdings.database.write() as connection:
        scope = scope_of(connection, actor, Permission.JUDGE)
        found = persons.persons(connection, scope, public_id=public_id)
        if not found:
            raise NotFoundError(f"no person {public_id.hex()}")
        if source.strip():
            persons.add_fact(connection, found[0].id, text, source, by=actor.name)
        else:
            persons.add_assessment(connection, found[0].id, text, by=actor.name)
        kind = "person-fact" if source.strip() else "person-assessment"
        events.append(connection, actor, "create", object_kind=kind, object_id=public_id)
        (said,) = persons.persons(connection, scope, public_id=public_id)
    return said


@service(Permission.LOOK)
def persons_of_case(holdings: Holdings, actor: Actor, case: str, kind: PersonKind) -> list[PersonRecord]:
    """The persons of one kind in a case.

    Raises:
        NotFoundError: there is no such case.
    """
    with holdings.database.read() as connection:
        record = case_named(connection, actor, case)
        scope = scope_of(connection, actor)
        found = persons.persons(connection, scope, case_id=record.id, kind=kind)
    with holdings.database.write() as connection:
        events.append(
            connection, actor, "read", object_kind="person", case_id=record.id, detail={"kind": kind.value}
        )
    return found
