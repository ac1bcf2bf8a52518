"""Passkeys: the public halves of keys that people's authenticators hold."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, Select, insert, select, update

from consilience.store.identity import new_public_id, now
from consilience.store.schema import passkey, user


class PasskeyRecord(msgspec.Struct, frozen=True):
    """A passkey that stands, of a user whose account does.

    Attributes:
        account: the user's name.
        account_id: the user's public id, which the authenticator keeps as its user handle.
        credential: the authenticator's id of it.
        public_key: COSE, encoded.
        counter: signatures that the authenticator had counted when it was used last.
    """

    id: int
    public_id: bytes
    user_id: int
    account: str
    account_id: bytes
    name: str
    credential: bytes
    public_key: bytes
    counter: int
    created_at: int
    used_at: int | None


def add(
    connection: Connection, user_id: int, *, name: str, credential: bytes, public_key: bytes, counter: int
) -> PasskeyRecord | None:
    """Keep a passkey; None if one of this credential was kept before."""
    if connection.execute(select(passkey.c.id).where(passkey.c.credential == credential)).first() is not None:
        return None
    row = insert(passkey).values(
        public_id=new_public_id(),
        user_id=user_id,
        name=name,
        credential=credential,
        public_key=public_key,
        counter=counter,
        created_at=now(),
    )
    connection.execute(row)
    return of_credential(connection, credential)


def of_user(connection: Connection, user_id: int) -> list[PasskeyRecord]:
    """A user's passkeys, oldest first."""
    query = _standing().where(passkey.c.user_id == user_id).order_by(passkey.c.id)
    return [PasskeyRecord(*row) for row in connection.execute(query)]


def of_credential(connection: Connection, credential: bytes) -> PasskeyRecord | None:
    """The passkey of an authenticator's id."""
    row = connection.execute(_standing().where(passkey.c.credential == credential)).one_or_none()
    return None if row is None else PasskeyRecord(*row)


def use(connection: Connection, passkey_id: int, counter: int) -> None:
    """Note that a passkey was used, and how far its authenticator has counted."""
    used = update(passkey).where(passkey.c.id == passkey_id).values(counter=counter, used_at=now())
    connection.execute(used)


def end(connection: Connection, passkey_id: int) -> None:
    """Let a passkey stand no longer."""
    connection.execute(update(passkey).where(passkey.c.id == passkey_id).values(ended_at=now()))


def end_of_user(connection: Connection, user_id: int) -> None:
    """Let no passkey of a user stand."""
    standing = (passkey.c.user_id == user_id) & passkey.c.ended_at.is_(None)
    connection.execute(update(passkey).where(standing).values(ended_at=now()))


def _standing() -> Select[int, bytes, int, str, bytes, str, bytes, bytes, int, int, int]:
    return (
        select(
            passkey.c.id,
            passkey.c.public_id,
            passkey.c.user_id,
            user.c.name,
            user.c.public_id,
            passkey.c.name,
            passkey.c.credential,
            passkey.c.public_key,
            passkey.c.counter,
            passkey.c.created_at,
            passkey.c.used_at,
        )
        .join(user, user.c.id == passkey.c.user_id)
        .where(passkey.c.ended_at.is_(None), user.c.ended_at.is_(None))
    )
