"""How much people saw, counted from the log; and the limits that are laid down for it."""

from __future__ import annotations

import msgspec
from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from consilience.model.people import Scope
from consilience.store.events import ERASED
from consilience.store.identity import new_public_id, now
from consilience.store.schema import agency, case_look, event, exposure_limit, reference, unit
from consilience.store.schema import user as user_table
from consilience.store.scoping import in_cases

VIEW = "view"
"""Action of an event that a picture was shown by."""


class Seen(msgspec.Struct, frozen=True):
    """How many pictures of a kind somebody was shown since a moment."""

    actor: str
    kind: str
    count: int


class LimitRecord(msgspec.Struct, frozen=True):
    """A limit: for a unit, an agency, or, where both are None, everybody."""

    public_id: bytes
    agency: str | None
    unit: str | None
    a_day: int | None
    before_a_break: int | None
    break_minutes: int | None


def seen(connection: Connection, scope: Scope, since: int) -> list[Seen]:
    """What everybody was shown since a moment, in cases of the scope."""
    query = (
        select(func.coalesce(reference.c.text, ERASED), event.c.object_kind, func.count())
        .join(reference, reference.c.id == event.c.actor_id)
        .where(event.c.action == VIEW, event.c.at >= since, in_cases(scope, event.c.case_id))
        .group_by(reference.c.text, event.c.object_kind)
        .order_by(reference.c.text, event.c.object_kind)
    )
    return [Seen(*row) for row in connection.execute(query)]


def times_seen(
    connection: Connection, actor: str, kinds: tuple[str, ...], since: int, most: int
) -> list[int]:
    """When somebody was shown pictures of these kinds, the newest first."""
    query = (
        select(event.c.at)
        .join(reference, reference.c.id == event.c.actor_id)
        .where(reference.c.text == actor, event.c.action == VIEW, event.c.object_kind.in_(kinds))
        .where(event.c.at >= since)
        .order_by(event.c.id.desc())
        .limit(most)
    )
    return list(connection.execute(query).scalars())


def limits(connection: Connection) -> list[LimitRecord]:
    """Every limit that is in force."""
    query = (
        select(
            exposure_limit.c.public_id,
            agency.c.name,
            unit.c.name,
            exposure_limit.c.a_day,
            exposure_limit.c.before_a_break,
            exposure_limit.c.break_minutes,
        )
        .outerjoin(agency, agency.c.id == exposure_limit.c.agency_id)
        .outerjoin(unit, unit.c.id == exposure_limit.c.unit_id)
        .where(exposure_limit.c.revoked_at.is_(None))
        .order_by(exposure_limit.c.id)
    )
    return [LimitRecord(*row) for row in connection.execute(query)]


def limits_for(connection: Connection, actor: str) -> list[LimitRecord]:
    """The limits that hold for an account."""
    mine = select(user_table.c.agency_id, user_table.c.unit_id).where(user_table.c.name == actor)
    row = connection.execute(mine).one_or_none()
    agency_id, unit_id = (None, None) if row is None else (row[0], row[1])
    holding = select(exposure_limit.c.public_id).where(
        exposure_limit.c.revoked_at.is_(None),
        or_(exposure_limit.c.agency_id.is_(None), exposure_limit.c.agency_id == agency_id),
        or_(exposure_limit.c.unit_id.is_(None), exposure_limit.c.unit_id == unit_id),
    )
    ids = set(connection.execute(holding).scalars())
    return [one for one in limits(connection) if one.public_id in ids]


def set_limit(
    connection: Connection,
    *,
    agency_id: int | None,
    unit_id: int | None,
    a_day: int | None,
    before_a_break: int | None,
    break_minutes: int | None,
    by: str,
) -> bytes:
    """Lay down a limit in place of the one in force for the same people; gives its public id."""

    def same(column: ColumnElement[int], value: int | None) -> ColumnElement[bool]:
        return column.is_(None) if value is None else column == value

    standing = (
        same(exposure_limit.c.agency_id, agency_id)
        & same(exposure_limit.c.unit_id, unit_id)
        & exposure_limit.c.revoked_at.is_(None)
    )
    connection.execute(update(exposure_limit).where(standing).values(revoked_at=now(), revoked_by=by))
    public_id = new_public_id()
    connection.execute(
        insert(exposure_limit).values(
            public_id=public_id,
            agency_id=agency_id,
            unit_id=unit_id,
            a_day=a_day,
            before_a_break=before_a_break,
            break_minutes=break_minutes,
            granted_at=now(),
            granted_by=by,
        )
    )
    return public_id


def looked_at(connection: Connection, actor: str) -> dict[int, int]:
    """When somebody last looked at each case."""
    query = select(case_look.c.case_id, case_look.c.looked_at).where(case_look.c.actor == actor)
    return {row[0]: row[1] for row in connection.execute(query)}


def look_at(connection: Connection, actor: str, case_id: int) -> None:
    """Note that somebody has looked at a case."""
    mine = (case_look.c.actor == actor) & (case_look.c.case_id == case_id)
    if not connection.execute(update(case_look).where(mine).values(looked_at=now())).rowcount:
        connection.execute(insert(case_look).values(actor=actor, case_id=case_id, looked_at=now()))
