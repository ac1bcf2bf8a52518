"""Users, roles, members of cases, releases and policies; and why somebody may see a record.

With the first user, the one local owner is no more: from then on, what no rule allows is denied. So the first
user is one who may administer, and the last such user cannot be taken away.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection

from consilience.access import rules
from consilience.access.rules import Reason, RecordFacts
from consilience.errors import AccessError, NotFoundError, UsageError
from consilience.model.judgements import PolicySubject
from consilience.model.locator import printable_text
from consilience.model.people import EVERYTHING, Actor, Permission, ReleaseLevel, Scope, Standing
from consilience.model.vocabularies.loading import Role
from consilience.services.access import scope_of, service
from consilience.services.cases import case_named
from consilience.services.holdings import Holdings
from consilience.store import cases, events, lists, people, policies, records, sharing
from consilience.store.people import MemberRecord, UserRecord
from consilience.store.policies import ApprovalRecord, PolicyRecord


class AddedUser(msgspec.Struct, frozen=True):
    """A user who was added.

    Attributes:
        user: the user.
        is_first: whether policy is in force from now on.
        unattended: agencies that own cases or lists and have no user: their records are seen by members only,
            or by those to whom they are released.
    """

    user: UserRecord
    is_first: bool
    unattended: tuple[str, ...]


class CaseAccess(msgspec.Struct, frozen=True):
    """Who is let to a case, without anything of its content.

    Attributes:
        agencies: those to which it is released by name.
    """

    case: cases.CaseRecord
    members: tuple[MemberRecord, ...]
    agencies: tuple[str, ...]


class Explained(msgspec.Struct, frozen=True):
    """Why a user may do each kind of act to a record, or why not; one row a reason."""

    record: str
    reasons: tuple[Reason, ...]


@service(Permission.ADMINISTER)
def add_user(
    holdings: Holdings, actor: Actor, name: str, *, agency: str, unit: str = "", roles: Collection[str] = ()
) -> AddedUser:
    """Add a user, with roles.

    Raises:
        UsageError: the name is empty or taken, a role is unknown, or the first user could not administer.
    """
    known = {one: _role(holdings, one) for one in roles}
    if not name.strip() or not agency.strip():
        raise UsageError("a user needs a name and an agency")
    with holdings.database.write() as connection:
        before = people.users(connection)
        if any(one.name == name for one in before):
            raise UsageError(f"there is a user {printable_text(name)} already", "Names are given once.")
        if not before and not any(Permission.ADMINISTER in one.may for one in known.values()):
            raise UsageError(
                "the first user has to be one who may administer",
                "With the first user, everybody needs leave. Add --role administrator.",
            )
        agency_id = cases.agency_id(connection, agency)
        unit_id = people.unit_id(connection, agency_id, unit) if unit else None
        added = people.add_user(connection, name=name, agency_id=agency_id, unit_id=unit_id)
        for code, role in known.items():
            people.grant_role(connection, added.id, code, role.may, role.reach, by=actor.name)
        detail: dict[str, object] = {"roles": sorted(known)}
        events.append(
            connection, actor, "create", object_kind="user", object_id=added.public_id, detail=detail
        )
        users = people.users(connection)
        attended = {one.agency for one in users if not one.ended}
        owners = {one.agency for one in cases.cases(connection, EVERYTHING)}
        owners |= {one.agency for one in lists.lists(connection, EVERYTHING)}
    return AddedUser(
        next(one for one in users if one.id == added.id), not before, tuple(sorted(owners - attended))
    )


@service(Permission.ADMINISTER)
def end_user(holdings: Holdings, actor: Actor, name: str) -> None:
    """Close an account. What it did stays on record, its judgements stand, and nobody else gets the name.

    Raises:
        NotFoundError: there is no such user.
        UsageError: nobody who may administer would be left.
    """
    with holdings.database.write() as connection:
        user = _user(connection, name)
        people.end_user(connection, user.id)
        _require_administrator(connection)
        events.append(connection, actor, "end", object_kind="user", object_id=user.public_id)


@service(Permission.ADMINISTER)
def grant(holdings: Holdings, actor: Actor, name: str, role: str) -> None:
    """Give a user a role, as the vocabulary has it now.

    Raises:
        NotFoundError: there is no such user.
        UsageError: there is no such role.
    """
    with holdings.database.write() as connection:
        user, given = _user(connection, name), _role(holdings, role)
        people.grant_role(connection, user.id, role, given.may, given.reach, by=actor.name)
        events.append(
            connection, actor, "grant", object_kind="user", object_id=user.public_id, detail={"role": role}
        )


@service(Permission.ADMINISTER)
def revoke(holdings: Holdings, actor: Actor, name: str, role: str) -> None:
    """Take a role from a user.

    Raises:
        NotFoundError: there is no such user, or the user has no such role.
        UsageError: nobody who may administer would be left.
    """
    with holdings.database.write() as connection:
        user = _user(connection, name)
        if not people.revoke_role(connection, user.id, role, by=actor.name):
            raise NotFoundError(f"{printable_text(name)} has no role {printable_text(role)}")
        _require_administrator(connection)
        events.append(
            connection, actor, "revoke", object_kind="user", object_id=user.public_id, detail={"role": role}
        )


@service(Permission.ADMINISTER, Permission.AUDIT)
def all_users(holdings: Holdings, actor: Actor) -> list[UserRecord]:
    """Every user, by name."""
    with holdings.database.read() as connection:
        found = people.users(connection)
    _note_reading(holdings, actor, "user")
    return found


@service(Permission.ADMINISTER, Permission.AUDIT)
def access_to_cases(holdings: Holdings, actor: Actor) -> list[CaseAccess]:
    """Who is let to each case that the actor answers for, by number."""
    with holdings.database.read() as connection:
        scope = scope_of(connection, actor, Permission.ADMINISTER)
        if not (scope.everything or scope.grounds):
            scope = scope_of(connection, actor, Permission.AUDIT)
        found = cases.cases(connection, scope)
        ids = [one.id for one in found]
        members = people.members(connection, ids)
        named = people.agencies_named(connection, ids)
    _note_reading(holdings, actor, "case-member")
    return [
        CaseAccess(
            case,
            tuple(one for one in members if one.case_id == case.id),
            tuple(agency for case_id, agency in named if case_id == case.id),
        )
        for case in found
    ]


@service(Permission.ADMINISTER)
def join(holdings: Holdings, actor: Actor, case: str, *, user: str = "", unit: str = "") -> None:
    """Make a user, or everybody of a unit of the case's agency, a member of a case.

    Raises:
        NotFoundError: there is no such case, user or unit.
        UsageError: neither or both are named, or the membership stands already.
    """
    with holdings.database.write() as connection:
        record, who = _membership(connection, actor, case, user, unit)
        if not people.add_member(connection, record.id, **who, by=actor.name):
            raise UsageError(f"{printable_text(user or unit)} is a member of case {record.number} already")
        _note_case(connection, actor, "grant", "case-member", record)


@service(Permission.ADMINISTER)
def leave(holdings: Holdings, actor: Actor, case: str, *, user: str = "", unit: str = "") -> None:
    """End a membership of a case.

    Raises:
        NotFoundError: there is no such case, user, unit or membership.
        UsageError: neither or both are named.
    """
    with holdings.database.write() as connection:
        record, who = _membership(connection, actor, case, user, unit)
        if not people.end_member(connection, record.id, **who, by=actor.name):
            raise NotFoundError(f"{printable_text(user or unit)} is no member of case {record.number}")
        _note_case(connection, actor, "revoke", "case-member", record)


@service(Permission.ADMINISTER)
def release_case(
    holdings: Holdings, actor: Actor, case: str, level: ReleaseLevel, agencies: Collection[str] = ()
) -> None:
    """Say who may learn of a case. The agencies named are added to those named before.

    Raises:
        NotFoundError: there is no such case or agency.
        UsageError: agencies are named for another level.
    """
    with holdings.database.write() as connection:
        record = case_named(connection, actor, case, Permission.ADMINISTER)
        for agency_id in _agencies(connection, level, agencies):
            people.release(connection, agency_id, case_id=record.id, by=actor.name)
        cases.set_release_level(connection, record.id, level.value)
        _note_case(connection, actor, "release", "case", record, {"level": level.value})


@service(Permission.ADMINISTER)
def release_list(
    holdings: Holdings, actor: Actor, name: str, level: ReleaseLevel, agencies: Collection[str] = ()
) -> None:
    """Say who may learn of a list. The agencies named are added to those named before.

    Raises:
        NotFoundError: there is no such list or agency.
        UsageError: agencies are named for another level, or the level is a case's.
    """
    if level is ReleaseLevel.CASE:
        raise UsageError("a list belongs to no case", "Give another level: agency is the narrowest.")
    with holdings.database.write() as connection:
        listed = lists.list_named(connection, scope_of(connection, actor, Permission.ADMINISTER), name)
        if listed is None:
            raise NotFoundError(f"no list {printable_text(name)}", "See: consilience list list")
        for agency_id in _agencies(connection, level, agencies):
            people.release(connection, agency_id, list_id=listed.id, by=actor.name)
        lists.set_release_level(connection, listed.id, level.value)
        detail: dict[str, object] = {"level": level.value}
        events.append(
            connection,
            actor,
            "release",
            object_kind="hash-list",
            object_id=listed.public_id,
            detail=detail,
        )


@service(Permission.ADMINISTER)
def withdraw_release(
    holdings: Holdings, actor: Actor, agency: str, *, case: str = "", list_name: str = ""
) -> None:
    """Take back a release to an agency by name.

    Raises:
        NotFoundError: there is no such case, list or agency, or no such release.
    """
    with holdings.database.write() as connection:
        (agency_id,) = _agencies(connection, ReleaseLevel.NAMED_AGENCIES, [agency])
        scope = scope_of(connection, actor, Permission.ADMINISTER)
        record = case_named(connection, actor, case, Permission.ADMINISTER) if case else None
        listed = lists.list_named(connection, scope, list_name) if list_name else None
        ended = people.end_release(
            connection,
            agency_id,
            case_id=record.id if record else None,
            list_id=listed.id if listed else None,
            by=actor.name,
        ) if record or listed else False  # fmt: skip
        if not ended:
            raise NotFoundError(f"nothing of that name is released to {printable_text(agency)}")
        public_id = record.public_id if record else listed.public_id if listed else None
        events.append(connection, actor, "revoke", object_kind="release", object_id=public_id)


@service(*Permission)
def all_policies(holdings: Holdings, actor: Actor) -> list[PolicyRecord]:
    """How many must agree, for every subject."""
    with holdings.database.read() as connection:
        found = policies.policies(connection)
    _note_reading(holdings, actor, "policy")
    return found


@service(Permission.ADMINISTER)
def set_policy(holdings: Holdings, actor: Actor, subject: PolicySubject, votes: int) -> None:
    """Lay down how many must agree. It holds for what was judged before, too.

    Raises:
        UsageError: fewer than one, or for what leaves the agency, neither nought nor one.
    """
    if subject is PolicySubject.DISCLOSURE and votes not in (0, 1):
        raise UsageError("for what leaves the agency, nobody (0) or a second person (1) has to approve")
    if subject is not PolicySubject.DISCLOSURE and votes < 1:
        raise UsageError("somebody has to judge", "Give a number from 1 on.")
    with holdings.database.write() as connection:
        policies.set_votes(connection, subject, votes, by=actor.name)
        detail: dict[str, object] = {"subject": subject.value, "votes": votes}
        events.append(connection, actor, "set", object_kind="policy", detail=detail)


@service(Permission.APPROVE)
def approvals(holdings: Holdings, actor: Actor) -> list[ApprovalRecord]:
    """What waits for a second person, or was approved and is not used yet."""
    with holdings.database.read() as connection:
        found = policies.approvals(connection, scope_of(connection, actor, Permission.APPROVE))
    _note_reading(holdings, actor, "approval")
    return found


@service(Permission.APPROVE)
def approve(holdings: Holdings, actor: Actor, public_id: bytes) -> None:
    """Be the second person for what is to leave the agency.

    Raises:
        NotFoundError: nothing of this id was asked for that the actor may approve.
        AccessError: the actor is the one who asked.
    """
    with holdings.database.write() as connection:
        waiting = policies.approvals(connection, scope_of(connection, actor, Permission.APPROVE))
        asked = next((one for one in waiting if one.public_id == public_id), None)
        if asked is None:
            raise NotFoundError(f"nothing of id {public_id.hex()} waits for approval")
        if asked.asked_by == actor.name:
            raise AccessError("who asked cannot be the second person", "Somebody else has to approve.")
        policies.approve(connection, public_id, by=actor.name)
        events.append(connection, actor, "approve", object_kind="approval", object_id=public_id)


@service(Permission.ADMINISTER, Permission.AUDIT)
def explain(holdings: Holdings, actor: Actor, name: str, record: str) -> list[Explained]:
    """Why a user may see and do what with a record, by every rule; of a content, for each case it lies in.

    Args:
        holdings: where.
        actor: who asks; told of records of the own agency only.
        name: the user.
        record: ``list:NAME``, a SHA-256 in hexadecimal, or a case's number (``case:NUMBER`` where in doubt).

    Raises:
        NotFoundError: there is no such user, or no such record that is the actor's to ask about.
    """
    with holdings.database.read() as connection:
        asking = scope_of(connection, actor, Permission.ADMINISTER)
        if not (asking.everything or asking.grounds):
            asking = scope_of(connection, actor, Permission.AUDIT)
        _user(connection, name)
        standing = people.standing_of(connection, name)
        found = [
            Explained(label, tuple(rules.explain(standing, facts)))
            for label, facts in _facts(connection, asking, standing, record)
        ]
    if not found:
        raise NotFoundError(f"no record {printable_text(record)}")
    _note_reading(holdings, actor, "access")
    return found


def _facts(
    connection: Connection, asking: Scope, standing: Standing, record: str
) -> list[tuple[str, RecordFacts]]:
    kind, _, named = record.partition(":")
    if kind == "list" and named:
        owned = lists.list_owned(connection, asking, named)
        return [] if owned is None else [(record, list_facts(connection, standing, *owned))]
    if len(record) == 64 and not set(record.lower()) - set("0123456789abcdef"):
        media_id = records.media_id_of(connection, asking, bytes.fromhex(record))
        holding = sharing.cases_of(connection, asking, media_id) if media_id is not None else []
        found = [one for one in cases.cases(connection, asking) if one.id in holding]
    else:
        found = cases.cases(connection, asking, number=named if kind == "case" and named else record)
    return [
        (
            f"case {one.number} of {one.agency}",
            case_facts(connection, standing, one.id, one.agency_id, one.release_level),
        )
        for one in found
    ]


def case_facts(
    connection: Connection, standing: Standing, case_id: int, agency_id: int, level: str
) -> RecordFacts:
    """What the rules ask of a case, from a user's side."""
    return RecordFacts(
        agency=agency_id,
        level=ReleaseLevel(level),
        is_member=people.is_member(connection, case_id, standing.user, standing.unit),
        is_named=standing.agency is not None
        and people.is_released(connection, standing.agency, case_id=case_id),
    )


def list_facts(
    connection: Connection, standing: Standing, list_id: int, agency_id: int, level: str
) -> RecordFacts:
    """What the rules ask of a list, from a user's side."""
    return RecordFacts(
        agency=agency_id,
        level=ReleaseLevel(level),
        is_member=False,
        is_named=standing.agency is not None
        and people.is_released(connection, standing.agency, list_id=list_id),
    )


def _membership(
    connection: Connection, actor: Actor, case: str, user: str, unit: str
) -> tuple[cases.CaseRecord, dict[str, int]]:
    if bool(user) == bool(unit):
        raise UsageError("a member is a user or a unit", "Name one of them.")
    record = case_named(connection, actor, case, Permission.ADMINISTER)
    if user:
        return record, {"user_id": _user(connection, user).id}
    unit_id = people.unit_named(connection, record.agency_id, unit)
    if unit_id is None:
        raise NotFoundError(f"{record.agency} has no unit {printable_text(unit)}")
    return record, {"unit_id": unit_id}


def _agencies(connection: Connection, level: ReleaseLevel, names: Collection[str]) -> list[int]:
    if names and level is not ReleaseLevel.NAMED_AGENCIES:
        raise UsageError("agencies are named for the level named-agencies only")
    found = []
    for name in names:
        agency_id = people.agency_named(connection, name)
        if agency_id is None:
            raise NotFoundError(f"no agency {printable_text(name)}", "It is there with its first user.")
        found.append(agency_id)
    return found


def _user(connection: Connection, name: str) -> UserRecord:
    for one in people.users(connection):
        if one.name == name and not one.ended:
            return one
    raise NotFoundError(f"no user {printable_text(name)}", "See: consilience user list")


def _role(holdings: Holdings, code: str) -> Role:
    known = holdings.vocabularies.roles
    if code not in known:
        raise UsageError(f"no role {printable_text(code)}", f"There is: {', '.join(sorted(known))}.")
    return known[code]


def _require_administrator(connection: Connection) -> None:
    if not people.may_administer(connection):
        raise UsageError("nobody who may administer would be left", "Give somebody else such a role first.")


def _note_case(
    connection: Connection,
    actor: Actor,
    action: str,
    kind: str,
    case: cases.CaseRecord,
    detail: dict[str, object] | None = None,
) -> None:
    events.append(
        connection,
        actor,
        action,
        object_kind=kind,
        object_id=case.public_id,
        case_id=case.id,
        detail=detail,
    )


def _note_reading(holdings: Holdings, actor: Actor, kind: str) -> None:
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind=kind)
