"""How much each person saw, and when it is enough: counted from the log, without any picture.

What a limit counts is what was revealed: pictures shown clearly, or in grey without blur.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import msgspec
from sqlalchemy import Connection

from consilience.errors import ConsilienceError, NotFoundError, UsageError
from consilience.model.people import Actor, Permission
from consilience.services.access import scope_of, service
from consilience.services.holdings import Holdings
from consilience.store import events, exposure, people
from consilience.store.exposure import LimitRecord
from consilience.store.identity import now

BLURRED, GREY, CLEAR = "picture-blurred", "picture-grey", "picture-clear"
"""Kinds of objects of a view's event."""
REVEALED = (GREY, CLEAR)

_SECOND = 1_000_000_000
_DAY = 86_400 * _SECOND
_MOST = 10_000


class EnoughSeen(ConsilienceError):  # noqa: N818 - an answer, not a defect
    """A limit or a break that the unit laid down.

    Attributes:
        seconds: after which more may be seen.
    """

    def __init__(self, what: str, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(what, f"Go on in {-(-seconds // 60)} minutes.")


class Exposure(msgspec.Struct, frozen=True):
    """How much a person saw: every picture, and of them those revealed; the limit that holds."""

    person: str
    today: int
    week: int
    revealed_today: int
    revealed_week: int
    limit: int | None


@service(Permission.LOOK, Permission.APPROVE, Permission.ADMINISTER, Permission.AUDIT)
def mine(holdings: Holdings, actor: Actor) -> Exposure:
    """How much the actor saw."""
    with holdings.database.read() as connection:
        return _of(connection, actor, [actor.name])[0]


@service(Permission.APPROVE, Permission.ADMINISTER, Permission.AUDIT)
def everybody(holdings: Holdings, actor: Actor) -> list[Exposure]:
    """How much each person saw, in cases that the actor answers for."""
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind="exposure")
        names = [one.name for one in people.users(connection) if not one.ended]
        return _of(connection, actor, names or [actor.name])


@service(Permission.LOOK, Permission.APPROVE, Permission.ADMINISTER, Permission.AUDIT)
def limits(holdings: Holdings, actor: Actor) -> list[LimitRecord]:  # noqa: ARG001 - as every service
    """The limits in force."""
    with holdings.database.read() as connection:
        return exposure.limits(connection)


@service(Permission.APPROVE, Permission.ADMINISTER)
def set_limit(
    holdings: Holdings,
    actor: Actor,
    *,
    agency: str | None,
    unit: str | None,
    a_day: int | None,
    before_a_break: int | None,
    break_minutes: int | None,
) -> LimitRecord:
    """Lay down a limit for an agency, a unit of it, or everybody; with no number, lift it.

    Raises:
        NotFoundError: there is no such agency or unit.
        UsageError: a unit without its agency, or a break without its length.
    """
    if unit is not None and agency is None:
        raise UsageError("a unit is of an agency", "Name the agency, too.")
    if (before_a_break is None) != (break_minutes is None):
        raise UsageError("a break needs both: after how many pictures, and how many minutes")
    with holdings.database.write() as connection:
        agency_id = None if agency is None else people.agency_named(connection, agency)
        if agency is not None and agency_id is None:
            raise NotFoundError("no such agency")
        unit_id = None
        if unit is not None and agency_id is not None:
            unit_id = people.unit_named(connection, agency_id, unit)
            if unit_id is None:
                raise NotFoundError("no such unit")
        public_id = exposure.set_limit(
            connection,
            agency_id=agency_id,
            unit_id=unit_id,
            a_day=a_day,
            before_a_break=before_a_break,
            break_minutes=break_minutes,
            by=actor.name,
        )
        events.append(connection, actor, "change", object_kind="exposure-limit", object_id=public_id)
        return next(one for one in exposure.limits(connection) if one.public_id == public_id)


def require_room(connection: Connection, name: str) -> None:
    """Let somebody see one picture more.

    Raises:
        EnoughSeen: a limit is reached, or it is time for a break.
    """
    for limit in exposure.limits_for(connection, name):
        at, midnight = now(), _midnight()
        if limit.a_day is not None:
            shown = exposure.times_seen(connection, name, REVEALED, midnight, limit.a_day)
            if len(shown) >= limit.a_day:
                left = (midnight + _DAY - at) // _SECOND + 1
                raise EnoughSeen(f"{limit.a_day} pictures a day are the limit laid down here", left)
        if limit.before_a_break is not None and limit.break_minutes is not None:
            pause = limit.break_minutes * 60 * _SECOND
            most = min(limit.before_a_break, _MOST)
            shown = exposure.times_seen(connection, name, REVEALED, at - _DAY, most)
            in_a_row = len(shown) == limit.before_a_break and all(
                later - earlier < pause for later, earlier in pairwise(shown)
            )
            if in_a_row and at - shown[0] < pause:
                left = (shown[0] + pause - at) // _SECOND + 1
                raise EnoughSeen(f"{len(shown)} pictures in a row: time for a break", left)


def _of(connection: Connection, actor: Actor, names: list[str]) -> list[Exposure]:
    # Of oneself one learns all, whichever cases one is still a member of.
    scope = scope_of(connection, Actor(actor.name, actor.justification), _widest(connection, actor))
    counts: dict[tuple[str, bool], list[int]] = {}
    for since, place in ((_midnight(), 0), (now() - 7 * _DAY, 1)):
        for one in exposure.seen(connection, scope, since):
            for revealed in (False, True):
                if not revealed or one.kind in REVEALED:
                    counts.setdefault((one.actor, revealed), [0, 0])[place] += one.count
    found = []
    for name in names:
        today, week = counts.get((name, False), [0, 0])
        shown, shown_week = counts.get((name, True), [0, 0])
        stated = [one.a_day for one in exposure.limits_for(connection, name) if one.a_day is not None]
        found.append(Exposure(name, today, week, shown, shown_week, min(stated, default=None)))
    return found


def _widest(connection: Connection, actor: Actor) -> Permission:
    standing = people.standing_of(connection, actor.name)
    held = {permission for grant in standing.grants for permission in grant.permissions}
    order = (Permission.AUDIT, Permission.ADMINISTER, Permission.APPROVE, Permission.LOOK)
    return next((one for one in order if one in held), Permission.LOOK)


def _midnight() -> int:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(today.timestamp()) * _SECOND
