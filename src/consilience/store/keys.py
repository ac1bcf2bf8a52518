"""Wrapped keys of cases, what is sealed with them, and the public key of the log."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, insert, select, update

from consilience.store.identity import now
from consilience.store.schema import case_key, holdings, sealed


class WrappedKey(msgspec.Struct, frozen=True):
    """The key of a case, wrapped by the holdings' key of this id."""

    case_id: int
    wrapped: bytes
    wrapped_by: bytes


def signing_key(connection: Connection) -> bytes | None:
    """The log's public key; None before the first checkpoint of holdings that an earlier release made."""
    found: bytes | None = connection.execute(select(holdings.c.signing_key)).scalar_one()
    return found


def set_signing_key(connection: Connection, public: bytes) -> None:
    """Record the log's public key; once."""
    connection.execute(update(holdings).values(signing_key=public))


def wrapping_key(connection: Connection) -> bytes | None:
    """Id of the holdings' key that wraps the keys of cases now."""
    found: bytes | None = connection.execute(select(holdings.c.wrapping_key)).scalar_one()
    return found


def set_wrapping_key(connection: Connection, id: bytes) -> None:
    """Record which of the holdings' keys wraps the keys of cases from now on."""
    connection.execute(update(holdings).values(wrapping_key=id))


def wrapped_keys(connection: Connection, case_id: int | None = None) -> list[WrappedKey]:
    """The wrapped keys of every case, or of one."""
    query = select(case_key.c.case_id, case_key.c.wrapped, case_key.c.wrapped_by)
    if case_id is not None:
        query = query.where(case_key.c.case_id == case_id)
    return [WrappedKey(*row) for row in connection.execute(query.order_by(case_key.c.case_id))]


def add_wrapped_key(connection: Connection, key: WrappedKey) -> None:
    """Record the key of a case that has none."""
    connection.execute(insert(case_key).values(**msgspec.structs.asdict(key), created_at=now()))


def rewrap(connection: Connection, key: WrappedKey) -> None:
    """Record that the key of a case is wrapped anew."""
    values = {"wrapped": key.wrapped, "wrapped_by": key.wrapped_by}
    connection.execute(update(case_key).where(case_key.c.case_id == key.case_id).values(values))


def put_sealed(connection: Connection, case_id: int, media_id: int, kind: str, data: bytes) -> None:
    """Keep sealed bytes; what was there of this kind is replaced."""
    there = (sealed.c.case_id == case_id) & (sealed.c.media_id == media_id) & (sealed.c.kind == kind)
    connection.execute(sealed.delete().where(there))
    connection.execute(insert(sealed).values(case_id=case_id, media_id=media_id, kind=kind, data=data))


def get_sealed(
    connection: Connection, case_id: int, media_ids: Collection[int], kind: str
) -> dict[int, bytes]:
    """Sealed bytes of contents, of those that have any of this kind."""
    there = (sealed.c.case_id == case_id) & sealed.c.media_id.in_(list(media_ids)) & (sealed.c.kind == kind)
    query = select(sealed.c.media_id, sealed.c.data).where(there)
    return {row[0]: row[1] for row in connection.execute(query)}
