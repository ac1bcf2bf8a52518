"""What was asked of a browser and waits for its answer: found by the browser's key alone, taken once."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, delete, insert

from consilience.store.identity import now
from consilience.store.schema import challenge

_LASTS = 5 * 60 * 1_000_000_000
"""Nanoseconds for an answer to come."""


def keep(connection: Connection, kind: str, key: str, state: str) -> None:
    """Keep what has to be known when the answer comes, in place of an earlier question of this kind."""
    at, digest = now(), _digest(kind, key)
    connection.execute(
        delete(challenge).where((challenge.c.expires_at <= at) | (challenge.c.digest == digest))
    )
    connection.execute(insert(challenge).values(digest=digest, state=state, expires_at=at + _LASTS))


def take(connection: Connection, kind: str, key: str) -> str | None:
    """Take it; None if there is none, or the time is over."""
    standing = (challenge.c.digest == _digest(kind, key)) & (challenge.c.expires_at > now())
    return connection.execute(
        delete(challenge).where(standing).returning(challenge.c.state)
    ).scalar_one_or_none()


def _digest(kind: str, key: str) -> bytes:
    return hashlib.sha256(f"{kind}\0{key}".encode("utf-8", "surrogatepass")).digest()
