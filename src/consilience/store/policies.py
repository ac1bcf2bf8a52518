"""Policies, set and ended but never changed; and approvals of what leaves the agency, each good for once."""

from __future__ import annotations

from functools import cache

import msgspec
from sqlalchemy import Connection, ScalarSelect, Select, func, insert, select, update

from consilience.model.judgements import PolicySubject
from consilience.model.people import Scope
from consilience.model.vocabularies.loading import default_votes
from consilience.store.identity import new_public_id, now
from consilience.store.schema import approval, case, policy
from consilience.store.scoping import in_cases


class PolicyRecord(msgspec.Struct, frozen=True):
    """How many must agree; `set_by` is None where nobody has laid down another number."""

    subject: PolicySubject
    votes: int
    set_by: str | None
    set_at: int | None


class ApprovalRecord(msgspec.Struct, frozen=True):
    """Something that is to leave the agency, and who approved it."""

    public_id: bytes
    case: str
    act: str
    asked_by: str
    asked_at: int
    approved_by: str | None


def needed(subject: PolicySubject) -> ScalarSelect[int]:
    """The number of votes that is in force, as SQL."""
    in_force = select(policy.c.votes).where(policy.c.subject == subject.value, policy.c.revoked_at.is_(None))
    # At most one stands; the aggregate makes a row where there is none.
    return select(
        func.coalesce(func.max(in_force.subquery().c.votes), default_votes()[subject])
    ).scalar_subquery()


def votes(connection: Connection, subject: PolicySubject) -> int:
    """The number of votes that is in force."""
    return int(connection.execute(_in_force(subject)).scalar_one())


def votes_of_all(connection: Connection) -> dict[PolicySubject, int]:
    """The numbers of votes that are in force."""
    in_force = select(policy.c.subject, policy.c.votes).where(policy.c.revoked_at.is_(None))
    found = {PolicySubject(row[0]): int(row[1]) for row in connection.execute(in_force)}
    return {**default_votes(), **found}


@cache
def _in_force(subject: PolicySubject) -> Select[int]:
    return select(needed(subject))


def policies(connection: Connection) -> list[PolicyRecord]:
    """What is in force, for every subject."""
    query = select(policy.c.subject, policy.c.votes, policy.c.granted_by, policy.c.granted_at)
    found = {row[0]: row for row in connection.execute(query.where(policy.c.revoked_at.is_(None)))}
    return [
        PolicyRecord(subject, *found[subject.value][1:])
        if subject.value in found
        else PolicyRecord(subject, default_votes()[subject], None, None)
        for subject in PolicySubject
    ]


def set_votes(connection: Connection, subject: PolicySubject, number: int, *, by: str) -> None:
    """Lay down a number of votes, in place of what is in force."""
    standing = (policy.c.subject == subject.value) & policy.c.revoked_at.is_(None)
    connection.execute(update(policy).where(standing).values(revoked_at=now(), revoked_by=by))
    connection.execute(
        insert(policy).values(
            public_id=new_public_id(), subject=subject.value, votes=number, granted_at=now(), granted_by=by
        )
    )


def ask_approval(connection: Connection, case_id: int, act: str, *, asked_by: str) -> bytes:
    """Ask for an approval, or find what was asked and is not used; gives its public id."""
    waiting = select(approval.c.public_id).where(
        approval.c.case_id == case_id,
        approval.c.act == act,
        approval.c.asked_by == asked_by,
        approval.c.used_at.is_(None),
    )
    if (asked := connection.execute(waiting).scalar()) is not None:
        return bytes(asked)
    public_id = new_public_id()
    connection.execute(
        insert(approval).values(
            public_id=public_id, case_id=case_id, act=act, asked_by=asked_by, asked_at=now()
        )
    )
    return public_id


def approve(connection: Connection, public_id: bytes, *, by: str) -> None:
    """Record that somebody approves."""
    this = approval.c.public_id == public_id
    connection.execute(update(approval).where(this).values(approved_by=by, approved_at=now()))


def use_approval(connection: Connection, case_id: int, act: str, *, asked_by: str) -> bool:
    """Use an approval up; False if there is none."""
    this = (
        (approval.c.case_id == case_id)
        & (approval.c.act == act)
        & (approval.c.asked_by == asked_by)
        & approval.c.approved_by.is_not(None)
        & approval.c.used_at.is_(None)
    )
    return connection.execute(update(approval).where(this).values(used_at=now())).rowcount > 0


def approvals(connection: Connection, scope: Scope) -> list[ApprovalRecord]:
    """What was asked for in cases of the scope and is not used yet, oldest first."""
    query = (
        select(
            approval.c.public_id,
            case.c.number,
            approval.c.act,
            approval.c.asked_by,
            approval.c.asked_at,
            approval.c.approved_by,
        )
        .join(case, case.c.id == approval.c.case_id)
        .where(approval.c.used_at.is_(None), in_cases(scope, approval.c.case_id))
        .order_by(approval.c.id)
    )
    return [ApprovalRecord(*row) for row in connection.execute(query)]
