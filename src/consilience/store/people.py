"""Units, users, the roles granted to them, members of cases, and releases to agencies."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, exists, insert, or_, select, update

from consilience.model.people import Grant, Permission, Reach, Standing
from consilience.store.identity import new_public_id, now, portions
from consilience.store.schema import agency, case_member, released_to, role_grant, unit, user


class UserRecord(msgspec.Struct, frozen=True):
    """A person with an account; `ended` where it is closed."""

    id: int
    public_id: bytes
    name: str
    agency: str
    unit: str | None
    roles: tuple[str, ...]
    ended: bool


_ANYBODY = select(exists(select(user.c.id)).label("has_users")).subquery()
_STANDING = (
    select(
        _ANYBODY.c.has_users,
        user.c.id,
        user.c.agency_id,
        user.c.unit_id,
        role_grant.c.role,
        role_grant.c.permissions,
        role_grant.c.reach,
    )
    .select_from(_ANYBODY)
    .outerjoin(user, (user.c.name == bindparam("name")) & user.c.ended_at.is_(None))
    .outerjoin(role_grant, (role_grant.c.user_id == user.c.id) & role_grant.c.revoked_at.is_(None))
    .order_by(role_grant.c.id)
)


def standing_of(connection: Connection, name: str) -> Standing:
    """What the holdings know of an account: nothing for one that is unknown or closed.

    One statement whatever is there, so that the answer's time tells nothing.
    """
    rows = connection.execute(_STANDING, {"name": name}).all()
    if not rows[0].has_users:
        return Standing(is_local_owner=True)
    if rows[0].id is None:
        return Standing()
    grants = tuple(
        Grant(row.role, frozenset(Permission(one) for one in row.permissions), Reach(row.reach))
        for row in rows
        if row.role is not None
    )
    return Standing(user=rows[0].id, agency=rows[0].agency_id, unit=rows[0].unit_id, grants=grants)


def users(connection: Connection) -> list[UserRecord]:
    """Every user, by name, with the roles that stand."""
    roles: dict[int, list[str]] = {}
    granted = select(role_grant.c.user_id, role_grant.c.role).where(role_grant.c.revoked_at.is_(None))
    for user_id, role in connection.execute(granted.order_by(role_grant.c.id)):
        roles.setdefault(user_id, []).append(role)
    query = (
        select(user.c.id, user.c.public_id, user.c.name, agency.c.name, unit.c.name, user.c.ended_at)
        .select_from(user)
        .join(agency, agency.c.id == user.c.agency_id)
        .outerjoin(unit, unit.c.id == user.c.unit_id)
        .order_by(user.c.name)
    )
    return [
        UserRecord(row[0], row[1], row[2], row[3], row[4], tuple(roles.get(row[0], ())), row[5] is not None)
        for row in connection.execute(query)
    ]


def add_user(connection: Connection, *, name: str, agency_id: int, unit_id: int | None) -> UserRecord:
    """Add a user without any role."""
    row = insert(user).values(
        public_id=new_public_id(), name=name, agency_id=agency_id, unit_id=unit_id, created_at=now()
    )
    connection.execute(row)
    return next(one for one in users(connection) if one.name == name)


def end_user(connection: Connection, user_id: int) -> None:
    """Close an account. Its row stays, so that nobody else gets the name."""
    connection.execute(update(user).where(user.c.id == user_id).values(ended_at=now()))


def unit_id(connection: Connection, agency_id: int, name: str) -> int:
    """The unit of a name in an agency, made if it is not there."""
    query = select(unit.c.id).where(unit.c.agency_id == agency_id, unit.c.name == name)
    found = connection.execute(query).scalar_one_or_none()
    if found is not None:
        return int(found)
    row = insert(unit).values(public_id=new_public_id(), agency_id=agency_id, name=name, created_at=now())
    return int(connection.execute(row.returning(unit.c.id)).scalar_one())


def unit_named(connection: Connection, agency_id: int, name: str) -> int | None:
    """The unit of a name in an agency."""
    query = select(unit.c.id).where(unit.c.agency_id == agency_id, unit.c.name == name)
    return connection.execute(query).scalar_one_or_none()


def agency_named(connection: Connection, name: str) -> int | None:
    """The agency of a name."""
    return connection.execute(select(agency.c.id).where(agency.c.name == name)).scalar_one_or_none()


def agency_name(connection: Connection, agency_id: int) -> str:
    """The name of an agency."""
    return str(connection.execute(select(agency.c.name).where(agency.c.id == agency_id)).scalar_one())


def grant_role(
    connection: Connection, user_id: int, role: str, permissions: Iterable[str], reach: Reach, *, by: str
) -> None:
    """Grant a role, with what it gives leave for as of now; one that stands already is renewed."""
    revoke_role(connection, user_id, role, by=by)
    connection.execute(
        insert(role_grant).values(
            public_id=new_public_id(),
            user_id=user_id,
            role=role,
            permissions=sorted(permissions),
            reach=reach.value,
            granted_at=now(),
            granted_by=by,
        )
    )


def revoke_role(connection: Connection, user_id: int, role: str, *, by: str) -> bool:
    """End a grant of a role; whether there was one."""
    these = (
        (role_grant.c.user_id == user_id) & (role_grant.c.role == role) & role_grant.c.revoked_at.is_(None)
    )
    ended = update(role_grant).where(these).values(revoked_at=now(), revoked_by=by)
    return connection.execute(ended).rowcount > 0


def may_administer(connection: Connection) -> int:
    """How many users that are not closed hold a role that may administer."""
    query = (
        select(role_grant.c.user_id, role_grant.c.permissions)
        .join(user, user.c.id == role_grant.c.user_id)
        .where(role_grant.c.revoked_at.is_(None), user.c.ended_at.is_(None))
    )
    return len({row[0] for row in connection.execute(query) if Permission.ADMINISTER.value in row[1]})


def add_member(
    connection: Connection, case_id: int, *, user_id: int | None = None, unit_id: int | None = None, by: str
) -> bool:
    """Make a user, or everybody of a unit, a member of a case; False if that stands already."""
    if connection.execute(select(exists().where(_membership(case_id, user_id, unit_id)))).scalar_one():
        return False
    connection.execute(
        insert(case_member).values(
            public_id=new_public_id(),
            case_id=case_id,
            user_id=user_id,
            unit_id=unit_id,
            granted_at=now(),
            granted_by=by,
        )
    )
    return True


def end_member(
    connection: Connection, case_id: int, *, user_id: int | None = None, unit_id: int | None = None, by: str
) -> bool:
    """End a membership; whether there was one."""
    ended = update(case_member).where(_membership(case_id, user_id, unit_id))
    return connection.execute(ended.values(revoked_at=now(), revoked_by=by)).rowcount > 0


def is_member(connection: Connection, case_id: int, user_id: int | None, unit_id: int | None) -> bool:
    """Whether a user, or the unit, is a member of a case."""
    mine = or_(
        case_member.c.user_id == user_id,
        case_member.c.unit_id == unit_id if unit_id is not None else False,  # type: ignore[arg-type]
    )
    of_case = (case_member.c.case_id == case_id) & case_member.c.revoked_at.is_(None)
    return bool(connection.execute(select(exists().where(of_case, mine))).scalar_one())


class MemberRecord(msgspec.Struct, frozen=True):
    """A user, or everybody of a unit, as a member of a case; the other of the two is None."""

    case_id: int
    user: str | None
    unit: str | None
    granted_at: int
    granted_by: str


def members(connection: Connection, case_ids: Collection[int]) -> list[MemberRecord]:
    """The members of cases that stand, in the order in which they joined."""
    columns = (
        case_member.c.case_id, user.c.name, unit.c.name, case_member.c.granted_at, case_member.c.granted_by
    )  # fmt: skip
    query = (
        select(*columns)
        .outerjoin(user, user.c.id == case_member.c.user_id)
        .outerjoin(unit, unit.c.id == case_member.c.unit_id)
        .where(case_member.c.revoked_at.is_(None))
        .order_by(case_member.c.id)
    )
    return [
        MemberRecord(*row)
        for portion in portions(case_ids)
        for row in connection.execute(query.where(case_member.c.case_id.in_(portion)))
    ]


def agencies_named(connection: Connection, case_ids: Collection[int]) -> list[tuple[int, str]]:
    """Cases with the agencies to which they are released by name."""
    query = (
        select(released_to.c.case_id, agency.c.name)
        .join(agency, agency.c.id == released_to.c.agency_id)
        .where(released_to.c.revoked_at.is_(None))
        .order_by(released_to.c.id)
    )
    return [
        (int(row[0]), str(row[1]))
        for portion in portions(case_ids)
        for row in connection.execute(query.where(released_to.c.case_id.in_(portion)))
    ]


def release(
    connection: Connection,
    agency_id: int,
    *,
    case_id: int | None = None,
    list_id: int | None = None,
    by: str,
) -> bool:
    """Release a case or a list to an agency by name; False if that stands already."""
    if is_released(connection, agency_id, case_id=case_id, list_id=list_id):
        return False
    connection.execute(
        insert(released_to).values(
            public_id=new_public_id(),
            case_id=case_id,
            list_id=list_id,
            agency_id=agency_id,
            granted_at=now(),
            granted_by=by,
        )
    )
    return True


def end_release(
    connection: Connection,
    agency_id: int,
    *,
    case_id: int | None = None,
    list_id: int | None = None,
    by: str,
) -> bool:
    """End a release; whether there was one."""
    ended = update(released_to).where(_released(agency_id, case_id, list_id))
    return connection.execute(ended.values(revoked_at=now(), revoked_by=by)).rowcount > 0


def is_released(
    connection: Connection, agency_id: int, *, case_id: int | None = None, list_id: int | None = None
) -> bool:
    """Whether a case or a list is released to an agency by name."""
    return bool(
        connection.execute(select(exists().where(_released(agency_id, case_id, list_id)))).scalar_one()
    )


def _membership(case_id: int, user_id: int | None, unit_id: int | None) -> ColumnElement[bool]:
    who = case_member.c.user_id == user_id if user_id is not None else case_member.c.unit_id == unit_id
    return (case_member.c.case_id == case_id) & who & case_member.c.revoked_at.is_(None)


def _released(agency_id: int, case_id: int | None, list_id: int | None) -> ColumnElement[bool]:
    what = released_to.c.case_id == case_id if case_id is not None else released_to.c.list_id == list_id
    return what & (released_to.c.agency_id == agency_id) & released_to.c.revoked_at.is_(None)
