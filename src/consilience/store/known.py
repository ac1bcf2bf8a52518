"""List entries by what somebody else knows of a content: any of its digests, or the ids of near codes."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec
from sqlalchemy import ColumnElement, Connection, or_, select, text

from consilience.model.examination import Digests
from consilience.model.lists import Role
from consilience.model.people import ReleaseLevel, Scope
from consilience.store.identity import portions
from consilience.store.judgements import retracted_entries
from consilience.store.lists import provider_id
from consilience.store.schema import (
    ALSO_MD5,
    ALSO_SHA1,
    BY_MD5,
    BY_SHA1,
    BY_SHA256,
    entry,
    entry_fingerprint,
    hash_list,
)
from consilience.store.scoping import in_lists


class KnownEntry(msgspec.Struct, frozen=True):
    """A standing entry of an alert list.

    Attributes:
        is_open: whether the asker may see the list; otherwise hit or no hit is all that may be said.
    """

    id: int
    list_id: bytes
    list: str
    scheme: str
    scheme_version: str
    provider_id: str
    category: str | None
    md5: bytes | None
    sha1: bytes | None
    sha256: bytes | None
    is_open: bool


class Asked(msgspec.Struct, frozen=True):
    """Digests of a content, as far as the asker knows them."""

    md5: bytes | None = None
    sha1: bytes | None = None
    sha256: bytes | None = None

    @classmethod
    def of(cls, digests: Digests) -> Asked:
        """All digests of a content."""
        return cls(digests.md5, digests.sha1, digests.sha256)

    def is_of(self, one: KnownEntry) -> str | None:
        """The strongest digest that both state, if it is the same; None otherwise."""
        for name in ("sha256", "sha1", "md5"):
            mine, theirs = getattr(self, name), getattr(one, name)
            if mine is not None and theirs is not None:
                return name if mine == theirs else None
        return None


def entries_stating(connection: Connection, scope: Scope, asked: Iterable[Asked]) -> list[KnownEntry]:
    """Entries that state any of these digests; which of them it is, and whether it decides, is to be seen."""
    digests = list(asked)
    found: dict[int, KnownEntry] = {}
    for column, conditions, values in (
        (entry.c.sha256, (BY_SHA256,), {one.sha256 for one in digests}),
        (entry.c.sha1, (BY_SHA1, ALSO_SHA1), {one.sha1 for one in digests}),
        (entry.c.md5, (BY_MD5, ALSO_MD5), {one.md5 for one in digests}),
    ):
        for portion in portions(values - {None}):
            for condition in conditions:  # each has an index of its own
                these = column.in_(portion) & text(condition)
                found.update((one.id, one) for one in _entries(connection, scope, these))
    return list(found.values())


def entries_of(connection: Connection, scope: Scope, ids: Collection[int]) -> dict[int, KnownEntry]:
    """Those of the entries that may be told of."""
    return {
        one.id: one
        for portion in portions(ids)
        for one in _entries(connection, scope, entry.c.id.in_(portion))
    }


def ids_of_edition(connection: Connection, edition_id: int) -> list[int]:
    """The entries that an edition brought or confirmed."""
    query = select(entry.c.id).where(entry.c.last_edition_id == edition_id).order_by(entry.c.id)
    return list(connection.execute(query).scalars())


def code_of(connection: Connection, entry_id: int) -> bytes | None:
    """The PDQ code that an entry states."""
    of_it = (entry_fingerprint.c.entry_id == entry_id, entry_fingerprint.c.algorithm == "pdq")
    query = select(entry_fingerprint.c.code).where(*of_it)
    return connection.execute(query.limit(1)).scalar_one_or_none()


def _entries(connection: Connection, scope: Scope, these: ColumnElement[bool]) -> list[KnownEntry]:
    retracted = retracted_entries(scope)
    mine = in_lists(scope, hash_list.c.id)
    query = (
        select(
            entry.c.id,
            hash_list.c.public_id,
            hash_list.c.name,
            hash_list.c.scheme,
            hash_list.c.scheme_version,
            entry.c.provider_id,
            entry.c.category,
            entry.c.md5,
            entry.c.sha1,
            entry.c.sha256,
            mine.label("is_open"),
        )
        .join(hash_list, hash_list.c.id == entry.c.list_id)
        .outerjoin(retracted, retracted.c.entry_id == entry.c.id)
        .where(these, entry.c.withdrawn_edition_id.is_(None), retracted.c.entry_id.is_(None))
        .where(hash_list.c.role == Role.ALERT.value)
        .where(or_(mine, hash_list.c.release_level == ReleaseLevel.HIT_NO_HIT.value))
    )
    return [
        KnownEntry(
            id=row.id,
            list_id=row.public_id,
            list=row.name,
            scheme=row.scheme,
            scheme_version=row.scheme_version,
            provider_id=provider_id(row.provider_id, row.md5, row.sha1, row.sha256),
            category=row.category,
            md5=row.md5,
            sha1=row.sha1,
            sha256=row.sha256,
            is_open=bool(row.is_open),
        )
        for row in connection.execute(query)
    ]
