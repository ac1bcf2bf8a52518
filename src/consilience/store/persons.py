"""Persons in the records of cases: one kind at a time, facts apart from assessments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Connection, insert, select

from consilience.model.people import Scope
from consilience.model.persons import Assessment, Fact, PersonKind, PersonRecord
from consilience.store.identity import new_public_id, now, portions
from consilience.store.schema import case, person, person_assessment, person_fact
from consilience.store.scoping import in_cases


def add_person(
    connection: Connection,
    case_id: int,
    kind: PersonKind,
    name: str,
    *,
    origin: str,
    review_at: int | None,
    by: str,
) -> bytes:
    """Add a person to a case; gives the public id."""
    public_id = new_public_id()
    connection.execute(
        insert(person).values(
            public_id=public_id,
            case_id=case_id,
            kind=kind.value,
            name=name,
            origin=origin,
            review_at=review_at,
            added_by=by,
            created_at=now(),
        )
    )
    return public_id


def add_fact(connection: Connection, person_id: int, text: str, source: str, *, by: str) -> None:
    """Record something known of a person."""
    row = insert(person_fact).values(person_id=person_id, text=text, source=source, said_by=by, said_at=now())
    connection.execute(row)


def add_assessment(connection: Connection, person_id: int, text: str, *, by: str) -> None:
    """Record what somebody thinks of a person."""
    row = insert(person_assessment).values(person_id=person_id, text=text, said_by=by, said_at=now())
    connection.execute(row)


def persons(
    connection: Connection,
    scope: Scope,
    *,
    case_id: int | None = None,
    kind: PersonKind | None = None,
    public_id: bytes | None = None,
) -> list[PersonRecord]:
    """Persons within the scope, in the order of their adding: of a case and a kind, or the one of an id."""
    query = (
        select(
            person.c.id,
            person.c.public_id,
            case.c.number,
            person.c.kind,
            person.c.name,
            person.c.origin,
            person.c.review_at,
        )
        .join(case, case.c.id == person.c.case_id)
        .where(in_cases(scope, person.c.case_id))
        .order_by(person.c.id)
    )
    for column, value in ((person.c.case_id, case_id), (person.c.public_id, public_id)):
        if value is not None:
            query = query.where(column == value)
    if kind is not None:
        query = query.where(person.c.kind == kind.value)
    rows = connection.execute(query).all()
    facts = _facts(connection, [row[0] for row in rows])
    thoughts = _assessments(connection, [row[0] for row in rows])
    return [
        PersonRecord(
            *row[:3],
            PersonKind(row[3]),
            *row[4:],
            facts=tuple(facts.get(row[0], ())),
            assessments=tuple(thoughts.get(row[0], ())),
        )
        for row in rows
    ]


def _facts(connection: Connection, ids: Collection[int]) -> dict[int, list[Fact]]:
    found: defaultdict[int, list[Fact]] = defaultdict(list)
    table = person_fact.c
    for portion in portions(ids):
        query = select(table.person_id, table.text, table.source, table.said_by, table.said_at)
        for row in connection.execute(query.where(table.person_id.in_(portion)).order_by(table.id)):
            found[row[0]].append(Fact(*row[1:]))
    return found


def _assessments(connection: Connection, ids: Collection[int]) -> dict[int, list[Assessment]]:
    found: defaultdict[int, list[Assessment]] = defaultdict(list)
    table = person_assessment.c
    for portion in portions(ids):
        query = select(table.person_id, table.text, table.said_by, table.said_at)
        for row in connection.execute(query.where(table.person_id.in_(portion)).order_by(table.id)):
            found[row[0]].append(Assessment(*row[1:]))
    return found
