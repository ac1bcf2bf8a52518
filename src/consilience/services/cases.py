"""Cases and exhibits: opened, named, found again."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection

from consilience.errors import AccessError, NotFoundError, UsageError
from consilience.model.examination import MediaKind
from consilience.model.locator import printable_text
from consilience.model.people import EVERYTHING, Actor, Permission, ReleaseLevel
from consilience.services.access import scope_of, service
from consilience.services.holdings import Holdings
from consilience.store import cases as records
from consilience.store import events, people
from consilience.store.cases import CaseRecord, ExhibitRecord, ReadingRecord

_UNNAMED = "this agency"
"""Whose cases are where there are no users, and nobody has said."""


@service(Permission.COLLECT)
def new_case(
    holdings: Holdings,
    actor: Actor,
    *,
    number: str,
    title: str,
    legal_basis: str,
    agency: str = "",
    origin: str = "",
    review_at: int | None = None,
) -> CaseRecord:
    """Open a case. Nobody outside it learns of its records until it is released; who opens it is a member.

    Args:
        holdings: where.
        actor: who.
        number: what the agency calls it.
        title: in words.
        legal_basis: the law or order that the work rests on.
        agency: who owns it; the actor's agency by default, and no other for a user.
        origin: where it came from; empty for the agency's own work.
        review_at: when somebody has to look at whether it is still to be kept, nanoseconds since 1970.

    Raises:
        UsageError: the number is empty, or another case of the agency has it.
        AccessError: a user names another agency.
    """
    if not number.strip():
        raise UsageError("a case needs a number")
    with holdings.database.write() as connection:
        standing = people.standing_of(connection, actor.name)
        own = None if standing.agency is None else people.agency_name(connection, standing.agency)
        if own is not None and agency not in ("", own):
            raise AccessError(f"cases of {printable_text(agency)} are not for {printable_text(own)} to open")
        owner = own or agency or _UNNAMED
        # Numbers are the agency's own register: that one is taken there is no secret within it.
        taken = [one.agency for one in records.cases(connection, EVERYTHING, number=number)]
        if taken and (standing.is_local_owner or owner in taken):
            raise UsageError(f"case {number} exists already", "Choose another number, or use that case.")
        added = records.add_case(
            connection,
            agency_id=records.agency_id(connection, owner),
            number=number,
            title=title,
            legal_basis=legal_basis,
            release_level=ReleaseLevel.CASE.value,
            origin=origin,
            review_at=review_at,
        )
        if standing.user is not None:
            people.add_member(connection, added.id, user_id=standing.user, by=actor.name)
        events.append(
            connection, actor, "create", object_kind="case", object_id=added.public_id, case_id=added.id
        )
    return added


@service(Permission.LOOK)
def all_cases(holdings: Holdings, actor: Actor) -> list[CaseRecord]:
    """The cases that the actor may see."""
    with holdings.database.read() as connection:
        found = records.cases(connection, scope_of(connection, actor))
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind="case")
    return found


@service(Permission.LOOK)
def require_case(holdings: Holdings, actor: Actor, number: str) -> None:
    """Say early that a case is not there.

    Raises:
        NotFoundError: there is none of this number that the actor may see.
    """
    with holdings.database.read() as connection:
        case_named(connection, actor, number)


class Begun(msgspec.Struct, frozen=True):
    """What was begun of an exhibit, as it is needed to go on with it.

    Attributes:
        case, number, description: of the exhibit.
        root: the place from which it was last taken in.
        first_look: whether its pictures were to be looked at quickly first.
    """

    case: str
    number: str
    description: str
    root: bytes
    first_look: bool


@service(Permission.COLLECT)
def add_exhibit(holdings: Holdings, actor: Actor, case: str, number: str, description: str) -> None:
    """Record an exhibit that is to be taken in, so that it is seen even if nothing comes of that.

    One that is there stays as it is.

    Raises:
        NotFoundError: there is no such case.
        UsageError: the number is empty.
    """
    with holdings.database.write() as connection:
        found = case_named(connection, actor, case, Permission.COLLECT)
        exhibit_named(connection, actor, found, number, description)


@service(Permission.COLLECT)
def begun_of(holdings: Holdings, actor: Actor, case: str, exhibit: bytes) -> Begun:
    """What was begun of an exhibit. Who goes on with it leaves the event.

    Raises:
        NotFoundError: there is no such case, or no exhibit of this public id in it.
        UsageError: nothing of it was begun.
    """
    with holdings.database.read() as connection:
        found = case_named(connection, actor, case, Permission.COLLECT)
        for one in records.exhibits(connection, found.id):
            if one.public_id == exhibit:
                last = last_taken_in(records.readings(connection, one.id))
                if last is None:
                    raise UsageError("nothing of this exhibit was begun", "Take it in.")
                looked = last.parameters.get("first_look", ())
                is_quick = isinstance(looked, list) and MediaKind.PICTURE.value in looked
                return Begun(found.number, one.number, one.description, last.root, is_quick)
    raise NotFoundError(f"no exhibit {exhibit.hex()} in the case")


def last_taken_in(readings: Iterable[ReadingRecord]) -> ReadingRecord | None:
    """The last of an exhibit's readings that took files in; where it has no end, it was interrupted."""
    return max((one for one in readings if not one.is_full_pass), key=lambda one: one.id, default=None)


def case_named(
    connection: Connection, actor: Actor, number: str, permission: Permission = Permission.LOOK
) -> CaseRecord:
    """The case of a number, for an act of a kind. Where several agencies use the number, the actor's own.

    Raises:
        NotFoundError: there is none that the actor may see.
        AccessError: the actor may see it, but not do this with it.
    """
    scope = scope_of(connection, actor, permission)
    found = records.cases(connection, scope, number=number)
    if found:
        return min(found, key=lambda one: (one.agency_id != scope.agency, one.agency))
    if permission is not Permission.LOOK:
        case_named(connection, actor, number)
        raise AccessError(
            f"case {printable_text(number)} is not yours for this: it takes leave to {permission}",
            "Ask who administers these holdings to make you a member.",
        )
    known = ", ".join(printable_text(case.number) for case in records.cases(connection, scope))
    raise NotFoundError(
        f"no case {printable_text(number)}",
        f"There is: {known}." if known else "Open one with: consilience case new NUMBER",
    )


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
