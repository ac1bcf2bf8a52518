"""By whom a sign-in provider means a user."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, Select, insert, select, update

from consilience.store.identity import new_public_id, now
from consilience.store.schema import bound_subject, user


class SubjectRecord(msgspec.Struct, frozen=True):
    """A subject of a provider that is bound to a user whose account stands."""

    id: int
    public_id: bytes
    user_id: int
    account: str
    issuer: str
    subject: str
    bound_at: int
    bound_by: str


def bind(connection: Connection, user_id: int, issuer: str, subject: str, *, by: str) -> SubjectRecord:
    """Bind a subject to a user, in place of the one that the user has and of whom it meant before."""
    meant = (bound_subject.c.issuer == issuer) & (bound_subject.c.subject == subject)
    either = ((bound_subject.c.user_id == user_id) | meant) & bound_subject.c.revoked_at.is_(None)
    connection.execute(update(bound_subject).where(either).values(revoked_at=now(), revoked_by=by))
    row = insert(bound_subject).values(
        public_id=new_public_id(),
        user_id=user_id,
        issuer=issuer,
        subject=subject,
        granted_at=now(),
        granted_by=by,
    )
    bound_id = connection.execute(row.returning(bound_subject.c.id)).scalar_one()
    return SubjectRecord(*connection.execute(_standing().where(bound_subject.c.id == bound_id)).one())


def unbind(connection: Connection, user_id: int, *, by: str) -> bool:
    """Let no subject stand for a user; gives whether one did."""
    standing = (bound_subject.c.user_id == user_id) & bound_subject.c.revoked_at.is_(None)
    ended = update(bound_subject).where(standing).values(revoked_at=now(), revoked_by=by)
    return connection.execute(ended).rowcount > 0


def bound(connection: Connection) -> list[SubjectRecord]:
    """Every bound subject, by account."""
    return [SubjectRecord(*row) for row in connection.execute(_standing().order_by(user.c.name))]


def of_subject(connection: Connection, issuer: str, subject: str) -> SubjectRecord | None:
    """Whom a provider means by a subject."""
    meant = (bound_subject.c.issuer == issuer) & (bound_subject.c.subject == subject)
    row = connection.execute(_standing().where(meant)).one_or_none()
    return None if row is None else SubjectRecord(*row)


def _standing() -> Select[int, bytes, int, str, str, str, int, str]:
    return (
        select(
            bound_subject.c.id,
            bound_subject.c.public_id,
            bound_subject.c.user_id,
            user.c.name,
            bound_subject.c.issuer,
            bound_subject.c.subject,
            bound_subject.c.granted_at,
            bound_subject.c.granted_by,
        )
        .join(user, user.c.id == bound_subject.c.user_id)
        .where(bound_subject.c.revoked_at.is_(None), user.c.ended_at.is_(None))
    )
