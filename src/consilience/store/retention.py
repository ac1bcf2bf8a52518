"""When records are to be looked at again, and perhaps erased."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, literal, select, union_all, update

from consilience.model.people import Scope
from consilience.store.schema import case, hash_list, person
from consilience.store.scoping import in_cases, in_lists


class Due(msgspec.Struct, frozen=True):
    """A record whose review date has come: what it is, its public id, how it is called, and the date."""

    kind: str
    public_id: bytes
    name: str
    review_at: int


def set_case_review(connection: Connection, case_id: int, at: int | None) -> None:
    """Set the review date of a case, nanoseconds since 1970; None takes it off."""
    connection.execute(update(case).where(case.c.id == case_id).values(review_at=at))


def due(connection: Connection, scope: Scope, until: int) -> list[Due]:
    """Cases, persons and lists within the scope whose review date is before a time, earliest first."""
    cases = select(literal("case"), case.c.public_id, case.c.number, case.c.review_at).where(
        case.c.review_at < until, case.c.erased_at.is_(None), in_cases(scope, case.c.id)
    )
    persons = (
        select(literal("person"), person.c.public_id, case.c.number, person.c.review_at)
        .join(case)
        .where(person.c.review_at < until, in_cases(scope, person.c.case_id))
    )
    lists = select(literal("list"), hash_list.c.public_id, hash_list.c.name, hash_list.c.review_at).where(
        hash_list.c.review_at < until, in_lists(scope, hash_list.c.id)
    )
    found = [Due(*row) for row in connection.execute(union_all(cases, persons, lists))]
    return sorted(found, key=lambda one: (one.review_at, one.kind, one.name))
