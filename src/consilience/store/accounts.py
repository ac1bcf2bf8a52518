"""Secrets of accounts, sessions, tokens, wrong tries, and answers kept for repeats; of secrets, digests."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, delete, insert, or_, select, update

from consilience.store.dialects import insert_or_ignore
from consilience.store.identity import new_public_id, now
from consilience.store.schema import (
    account_secret,
    failed_sign_in,
    kept_answer,
    session,
    token,
    token_use,
    user,
)

PASSWORD, INVITATION = "password", "invitation"


class SessionRecord(msgspec.Struct, frozen=True):
    """A person at work in a browser; `user_id` is None for the local owner."""

    id: int
    user_id: int | None
    actor: str
    created_at: int
    seen_at: int


class TokenRecord(msgspec.Struct, frozen=True):
    """A program's way in."""

    id: int
    public_id: bytes
    user_id: int | None
    actor: str
    name: str
    scopes: tuple[str, ...]
    quota: int
    created_at: int
    expires_at: int | None
    used_at: int | None
    revoked_at: int | None


class KeptAnswer(msgspec.Struct, frozen=True):
    """The answer to a request that creates; `status` is None while it is being worked on."""

    request: bytes
    status: int | None
    body: bytes | None
    created_at: int


def user_id_of(connection: Connection, name: str) -> int | None:
    """The account of a name, if it is not closed."""
    query = select(user.c.id).where(user.c.name == name, user.c.ended_at.is_(None))
    return connection.execute(query).scalar_one_or_none()


def secret_of(connection: Connection, user_id: int, kind: str) -> str | None:
    """The secret of a kind that stands for a user, as it is kept."""
    query = select(account_secret.c.secret).where(_standing(user_id, kind))
    return connection.execute(query.order_by(account_secret.c.id.desc()).limit(1)).scalar_one_or_none()


def set_secret(
    connection: Connection, user_id: int, kind: str, secret: str, expires_at: int | None = None
) -> None:
    """Keep a secret in place of the one of this kind that stands."""
    end_secrets(connection, user_id, kind)
    values = {"user_id": user_id, "kind": kind, "secret": secret, "expires_at": expires_at}
    connection.execute(insert(account_secret).values(**values, created_at=now()))


def end_secrets(connection: Connection, user_id: int, kind: str) -> None:
    """Let no secret of a kind stand for a user."""
    connection.execute(update(account_secret).where(_standing(user_id, kind)).values(ended_at=now()))


def _standing(user_id: int, kind: str) -> ColumnElement[bool]:
    in_time = or_(account_secret.c.expires_at.is_(None), account_secret.c.expires_at > now())
    return (
        (account_secret.c.user_id == user_id)
        & (account_secret.c.kind == kind)
        & account_secret.c.ended_at.is_(None)
        & in_time
    )


def add_session(connection: Connection, digest: bytes, user_id: int | None, actor: str) -> None:
    """Begin a session."""
    at = now()
    values = {"digest": digest, "user_id": user_id, "actor": actor, "created_at": at, "seen_at": at}
    connection.execute(insert(session).values(**values))


def session_of(connection: Connection, digest: bytes) -> SessionRecord | None:
    """The session of a key's digest, if it was not ended."""
    query = (
        select(session.c.id, session.c.user_id, session.c.actor, session.c.created_at, session.c.seen_at)
        .outerjoin(user, user.c.id == session.c.user_id)
        .where(session.c.digest == digest, session.c.ended_at.is_(None), user.c.ended_at.is_(None))
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else SessionRecord(*row)


def see_session(connection: Connection, session_id: int) -> None:
    """Note that a session was used."""
    connection.execute(update(session).where(session.c.id == session_id).values(seen_at=now()))


def end_session(connection: Connection, digest: bytes) -> None:
    """End a session."""
    standing = (session.c.digest == digest) & session.c.ended_at.is_(None)
    connection.execute(update(session).where(standing).values(ended_at=now()))


def end_sessions_of(connection: Connection, user_id: int, *, but: bytes = b"") -> None:
    """End every session of a user but one."""
    standing = (session.c.user_id == user_id) & session.c.ended_at.is_(None) & (session.c.digest != but)
    connection.execute(update(session).where(standing).values(ended_at=now()))


def add_token(
    connection: Connection,
    digest: bytes,
    *,
    user_id: int | None,
    actor: str,
    name: str,
    scopes: Sequence[str],
    quota: int,
    expires_at: int | None,
) -> TokenRecord:
    """Issue a token."""
    row = insert(token).values(
        public_id=new_public_id(),
        digest=digest,
        user_id=user_id,
        actor=actor,
        name=name,
        scopes=list(scopes),
        quota=quota,
        created_at=now(),
        expires_at=expires_at,
    )
    token_id = connection.execute(row.returning(token.c.id)).scalar_one()
    return next(one for one in tokens(connection, actor) if one.id == token_id)


def tokens(connection: Connection, actor: str | None) -> list[TokenRecord]:
    """Tokens, oldest first: of an account, or all."""
    query = _tokens().order_by(token.c.id)
    if actor is not None:
        query = query.where(token.c.actor == actor)
    return [_token(row) for row in connection.execute(query)]


def token_of(connection: Connection, digest: bytes) -> TokenRecord | None:
    """The token of a digest, if it stands and its user's account does."""
    query = (
        _tokens()
        .outerjoin(user, user.c.id == token.c.user_id)
        .where(
            token.c.digest == digest,
            token.c.revoked_at.is_(None),
            or_(token.c.expires_at.is_(None), token.c.expires_at > now()),
            user.c.ended_at.is_(None),
        )
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _token(row)


def see_token(connection: Connection, token_id: int) -> None:
    """Note that a token was used."""
    connection.execute(update(token).where(token.c.id == token_id).values(used_at=now()))


def revoke_token(connection: Connection, token_id: int, *, by: str) -> None:
    """Let a token stand no longer."""
    standing = (token.c.id == token_id) & token.c.revoked_at.is_(None)
    connection.execute(update(token).where(standing).values(revoked_at=now(), revoked_by=by))


def use_token(connection: Connection, token_id: int, day: int, asked: int) -> int:
    """Count signals that a token asks about in a day; gives all of that day."""
    row = insert_or_ignore(connection, token_use).values(token_id=token_id, day=day, asked=asked)
    row = row.on_conflict_do_update(
        index_elements=["token_id", "day"], set_={"asked": token_use.c.asked + asked}
    )
    return int(connection.execute(row.returning(token_use.c.asked)).scalar_one())


def failures(connection: Connection, key: str) -> tuple[int, int]:
    """Wrong tries in a row, and when the last was; (0, 0) if there was none."""
    query = select(failed_sign_in.c.failures, failed_sign_in.c.last_at).where(failed_sign_in.c.key == key)
    row = connection.execute(query).one_or_none()
    return (0, 0) if row is None else (row[0], row[1])


def add_failure(connection: Connection, key: str) -> None:
    """Count a wrong try."""
    row = insert_or_ignore(connection, failed_sign_in).values(key=key, failures=1, last_at=now())
    row = row.on_conflict_do_update(
        index_elements=["key"], set_={"failures": failed_sign_in.c.failures + 1, "last_at": now()}
    )
    connection.execute(row)


def forget_failures(connection: Connection, key: str) -> None:
    """A right try came."""
    connection.execute(delete(failed_sign_in).where(failed_sign_in.c.key == key))


def begin_answer(connection: Connection, actor: str, key: str, request: bytes) -> KeptAnswer | None:
    """Begin to answer a request; gives what is there under its key, and then nothing is begun."""
    row = insert_or_ignore(connection, kept_answer).values(
        actor=actor, key=key, request=request, created_at=now()
    )
    begun = connection.execute(row.on_conflict_do_nothing().returning(kept_answer.c.id)).first()
    if begun is not None:
        return None
    columns = (kept_answer.c.request, kept_answer.c.status, kept_answer.c.body, kept_answer.c.created_at)
    return KeptAnswer(*connection.execute(select(*columns).where(_answer(actor, key))).one())


def keep_answer(connection: Connection, actor: str, key: str, status: int, body: bytes) -> None:
    """Keep the answer to a request that was begun."""
    connection.execute(update(kept_answer).where(_answer(actor, key)).values(status=status, body=body))


def drop_answer(connection: Connection, actor: str, key: str) -> None:
    """Nothing was created: the key may be used again."""
    connection.execute(delete(kept_answer).where(_answer(actor, key)))


def drop_answers(connection: Connection, before: int) -> None:
    """Forget answers that are older than a moment."""
    connection.execute(delete(kept_answer).where(kept_answer.c.created_at < before))


def _answer(actor: str, key: str) -> ColumnElement[bool]:
    return (kept_answer.c.actor == actor) & (kept_answer.c.key == key)


_TOKEN_FIELDS = tuple(field.name for field in msgspec.structs.fields(TokenRecord))


def _tokens() -> Select[tuple[object, ...]]:
    return select(*(token.c[name] for name in _TOKEN_FIELDS))


def _token(row: Row[tuple[object, ...]]) -> TokenRecord:
    return msgspec.convert(dict(zip(_TOKEN_FIELDS, row, strict=True)), TokenRecord)
