"""Cases and exhibits: opened, named, found again."""

from __future__ import annotations

from sqlalchemy import Connection

from consilience.errors import NotFoundError, UsageError
from consilience.model.locator import printable_text
from consilience.model.people import Actor
from consilience.services.access import scope_of
from consilience.services.holdings import Holdings
from consilience.store import cases as records
from consilience.store import events
from consilience.store.cases import CaseRecord, ExhibitRecord

CASE_ONLY = "case"
"""The release level of a new case: nobody outside it learns of its records."""


def new_case(
    holdings: Holdings, actor: Actor, *, number: str, title: str, agency: str, legal_basis: str
) -> CaseRecord:
    """Open a case.

    Raises:
        UsageError: the number is empty, or another case has it.
    """
    if not number.strip():
        raise UsageError("a case needs a number")
    with holdings.database.write() as connection:
        if records.cases(connection, scope_of(connection, actor), number=number):
            raise UsageError(f"case {number} exists already", "Choose another number, or use that case.")
        added = records.add_case(
            connection,
            agency_id=records.agency_id(connection, agency),
            number=number,
            title=title,
            legal_basis=legal_basis,
            release_level=CASE_ONLY,
        )
        events.append(
            connection, actor, "create", object_kind="case", object_id=added.public_id, case_id=added.id
        )
    return added


def all_cases(holdings: Holdings, actor: Actor) -> list[CaseRecord]:
    """The cases that the actor may see."""
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind="case")
        return records.cases(connection, scope_of(connection, actor))


def require_case(holdings: Holdings, actor: Actor, number: str) -> None:
    """Say early that a case is not there.

    Raises:
        NotFoundError: there is none of this number that the actor may see.
    """
    with holdings.database.read() as connection:
        case_named(connection, actor, number)


def case_named(connection: Connection, actor: Actor, number: str) -> CaseRecord:
    """The case of a number.

    Raises:
        NotFoundError: there is none that the actor may see.
    """
    scope = scope_of(connection, actor)
    found = records.cases(connection, scope, number=number)
    if not found:
        known = ", ".join(printable_text(case.number) for case in records.cases(connection, scope))
        raise NotFoundError(
            f"no case {printable_text(number)}",
            f"There is: {known}." if known else "Open one with: consilience case new NUMBER",
        )
    return found[0]


def exhibit_named(
    connection: Connection, actor: Actor, case: CaseRecord, number: str, description: str
) -> ExhibitRecord:
    """The exhibit of a number in a case, added to it if it is not there.

    Raises:
        UsageError: the number is empty.
    """
    if not number.strip():
        raise UsageError("an exhibit needs a number")
    found = records.exhibit_of(connection, case.id, number)
    if found is None:
        found = records.add_exhibit(connection, case.id, number, description)
        events.append(
            connection, actor, "create", object_kind="exhibit", object_id=found.public_id, case_id=case.id
        )
    return found
