"""Hash lists, their editions and their entries."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Select, bindparam, func, insert, literal, select, update

from consilience.model.lists import BrokenRecord, ListRecord, Role, VideoRecord
from consilience.model.people import Scope
from consilience.store import journal, listed_videos
from consilience.store.dialects import hexadecimal, json_object
from consilience.store.identity import new_public_id, now, portions
from consilience.store.journal import Followed
from consilience.store.schema import (
    agency,
    broken_record,
    edition,
    entry,
    entry_change,
    entry_fingerprint,
    hash_list,
)
from consilience.store.scoping import in_lists

_KEY_BYTES = 16
_SAID_BYTES = 8


class ListRow(msgspec.Struct, frozen=True):
    """A hash list."""

    id: int
    public_id: bytes
    agency: str
    name: str
    role: Role
    scheme: str
    scheme_version: str
    origin: str


class CountedList(ListRow, frozen=True):
    """A hash list, with its standing entries and its editions counted."""

    entries: int
    editions: int


class EditionRow(msgspec.Struct, frozen=True):
    """A dated edition of a list and what it brought."""

    id: int
    public_id: bytes
    ordinal: int
    file_name: str
    file_sha256: bytes
    format: str
    about: dict[str, object]
    imported_at: int
    added: int
    changed: int
    withdrawn: int
    unchanged: int
    repeated: int
    broken: int


class Counts(msgspec.Struct):
    """What an edition brought, counted while it is read."""

    added: int = 0
    changed: int = 0
    withdrawn: int = 0
    unchanged: int = 0
    repeated: int = 0
    broken: int = 0


def list_names(connection: Connection) -> dict[str, str]:
    """The names of lists by their public id in hexadecimal."""
    query = select(hash_list.c.public_id, hash_list.c.name)
    return {public_id.hex(): name for public_id, name in connection.execute(query)}


def list_named(connection: Connection, scope: Scope, name: str) -> ListRow | None:
    """The list of a name within the scope, its entries not counted; of several, the viewer's agency's."""
    query = _list_columns().where(hash_list.c.name == name, in_lists(scope, hash_list.c.id))
    own_first = (hash_list.c.agency_id != scope.agency).asc() if scope.agency is not None else hash_list.c.id
    query = query.order_by(own_first, hash_list.c.id).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else ListRow(*row[:4], Role(row[4]), *row[5:])


def _list_columns() -> Select[int, bytes, str, str, str, str, str, str]:
    return select(
        hash_list.c.id,
        hash_list.c.public_id,
        agency.c.name.label("agency"),
        hash_list.c.name,
        hash_list.c.role,
        hash_list.c.scheme,
        hash_list.c.scheme_version,
        hash_list.c.origin,
    ).join(agency)


def lists(connection: Connection, scope: Scope) -> list[CountedList]:
    """The lists within the scope by name, counted."""
    standing = (
        select(func.count())
        .where(entry.c.list_id == hash_list.c.id, entry.c.withdrawn_edition_id.is_(None))
        .correlate(hash_list)
        .scalar_subquery()
    )
    editions_ = (
        select(func.count()).where(edition.c.list_id == hash_list.c.id).correlate(hash_list).scalar_subquery()
    )
    query = _list_columns().add_columns(standing.label("entries"), editions_.label("editions"))
    rows = connection.execute(
        query.where(in_lists(scope, hash_list.c.id)).order_by(hash_list.c.name, hash_list.c.id)
    )
    return [
        CountedList(row[0], row[1], row[2], row[3], Role(row[4]), row[5], row[6], row[7], row[8], row[9])
        for row in rows
    ]


def entries_named(connection: Connection, list_id: int, provider: str) -> list[int]:
    """The standing entries of a list that have a provider's id, or the name made of their digest."""
    key = hashlib.sha256(provider.encode()).digest()[:_KEY_BYTES]
    query = select(entry.c.id).where(entry.c.list_id == list_id, entry.c.withdrawn_edition_id.is_(None))
    by_key = query.where(entry.c.key == key)
    # Further records of one id have a key of their own; the id is compared then.
    also = query.where(entry.c.provider_id == provider, entry.c.key != key)
    return [*connection.execute(by_key).scalars(), *connection.execute(also).scalars()]


def entry_names(connection: Connection, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """List and provider's id of entries."""
    columns = (entry.c.provider_id, entry.c.md5, entry.c.sha1, entry.c.sha256)
    return {
        row[0]: (row[1], provider_id(*row[2:]))
        for portion in portions(ids)
        for row in connection.execute(
            select(entry.c.id, hash_list.c.name, *columns)
            .join(hash_list, hash_list.c.id == entry.c.list_id)
            .where(entry.c.id.in_(portion))
        )
    }


def list_of_entry(connection: Connection, entry_id: int) -> tuple[int, bytes]:
    """Internal and public id of an entry's list."""
    query = select(hash_list.c.id, hash_list.c.public_id).join(entry, entry.c.list_id == hash_list.c.id)
    row = connection.execute(query.where(entry.c.id == entry_id)).one()
    return row[0], row[1]


def list_owned(connection: Connection, scope: Scope, name: str) -> tuple[int, int, str] | None:
    """Id, owning agency and release level of the list of a name within the scope."""
    listed = list_named(connection, scope, name)
    if listed is None:
        return None
    query = select(hash_list.c.id, hash_list.c.agency_id, hash_list.c.release_level)
    row = connection.execute(query.where(hash_list.c.id == listed.id)).one()
    return row[0], row[1], row[2]


def set_release_level(connection: Connection, list_id: int, level: str) -> None:
    """Say anew who may learn of a list."""
    connection.execute(update(hash_list).where(hash_list.c.id == list_id).values(release_level=level))


def add_list(
    connection: Connection,
    *,
    agency_id: int,
    name: str,
    role: Role,
    scheme: str,
    scheme_version: str,
    origin: str,
    release_level: str,
) -> int:
    """Add a list without entries; gives its id."""
    row = insert(hash_list).values(
        public_id=new_public_id(),
        agency_id=agency_id,
        name=name,
        role=role.value,
        scheme=scheme,
        scheme_version=scheme_version,
        origin=origin,
        release_level=release_level,
        created_at=now(),
    )
    return int(connection.execute(row.returning(hash_list.c.id)).scalar_one())


def editions(connection: Connection, list_id: int) -> list[EditionRow]:
    """The editions of a list, oldest first."""
    columns = [edition.c[field.name] for field in msgspec.structs.fields(EditionRow)]
    query = select(*columns).where(edition.c.list_id == list_id).order_by(edition.c.ordinal)
    return [EditionRow(*row) for row in connection.execute(query)]


def begin_edition(
    connection: Connection,
    list_id: int,
    *,
    file_name: str,
    file_sha256: bytes,
    format: str,
) -> EditionRow:
    """Add the next edition of a list, with counts yet to come."""
    last = select(func.coalesce(func.max(edition.c.ordinal), 0)).where(edition.c.list_id == list_id)
    row = insert(edition).values(
        public_id=new_public_id(),
        list_id=list_id,
        ordinal=int(connection.execute(last).scalar_one()) + 1,
        file_name=file_name,
        file_sha256=file_sha256,
        format=format,
        about={},
        imported_at=now(),
        **msgspec.structs.asdict(Counts()),
    )
    new_id = connection.execute(row.returning(edition.c.id)).scalar_one()
    return next(one for one in editions(connection, list_id) if one.id == new_id)


def finish_edition(connection: Connection, edition_id: int, counts: Counts, about: dict[str, object]) -> None:
    """Record what an edition brought, and what its file says of itself."""
    connection.execute(
        update(edition)
        .where(edition.c.id == edition_id)
        .values(about=about, **msgspec.structs.asdict(counts))
    )


def add_broken(connection: Connection, edition_id: int, broken: Iterable[BrokenRecord]) -> None:
    """Record what could not be taken, with its position."""
    rows = [{"edition_id": edition_id, "position": one.position, "reason": one.reason} for one in broken]
    if rows:
        connection.execute(insert(broken_record), rows)


def broken(
    connection: Connection, edition_id: int, *, begin: int = 0, most: int | None = None
) -> list[BrokenRecord]:
    """What could not be taken of an edition, by position: all of it, or so many behind the first ones."""
    query = (
        select(broken_record.c.position, broken_record.c.reason)
        .where(broken_record.c.edition_id == edition_id)
        .order_by(broken_record.c.position, broken_record.c.id)
        .offset(begin)
        .limit(most)
    )
    return [BrokenRecord(*row) for row in connection.execute(query)]


class _Standing(msgspec.Struct, frozen=True):
    id: int
    record: bytes
    last_edition_id: int
    withdrawn: bool


def take(
    connection: Connection,
    list_id: int,
    edition_id: int,
    records: Sequence[ListRecord],
    counts: Counts,
    *,
    pdq_version: str,
) -> None:
    """Take a portion of an edition's records: add, change, or find unchanged. Counts what it did.

    Ids repeat within a list. A second record of an id that names or classes contents otherwise than the first
    is an entry of its own; one that differs in attributes at most is counted as repeated and not taken.
    """
    keyed = [(_key(one), one) for one in records]
    others = _take(connection, list_id, edition_id, keyed, counts, pdq_version)
    keyed = [(_other_key(one), one) for one in others]
    _take(connection, list_id, edition_id, keyed, counts, pdq_version)


def _take(
    connection: Connection,
    list_id: int,
    edition_id: int,
    keyed: list[tuple[bytes, ListRecord]],
    counts: Counts,
    pdq_version: str,
) -> list[ListRecord]:
    """Take records under these keys; gives those whose key has said something else in this edition."""
    standing = _standing(connection, list_id, (key for key, _ in keyed))
    said = {key: one.record for key, one in standing.items() if one.last_edition_id == edition_id}
    taken: dict[bytes, ListRecord] = {}
    others: list[ListRecord] = []
    for key, record in keyed:
        digest = _digest(record)
        if key not in said:
            said[key] = digest
            taken[key] = record
        elif said[key][:_SAID_BYTES] == digest[:_SAID_BYTES]:
            counts.repeated += 1
        else:
            others.append(record)
    added: list[dict[str, object]] = []
    changed: list[tuple[_Standing, ListRecord]] = []
    unchanged: list[dict[str, object]] = []
    for key, record in taken.items():
        before = standing.get(key)
        if before is None:
            added.append({"list_id": list_id, "key": key, "first_edition_id": edition_id} | _row(record))
        elif before.record == _digest(record) and not before.withdrawn:
            unchanged.append({"of": before.id})
        else:
            changed.append((before, record))
    if added:
        connection.execute(insert(entry), [row | {"last_edition_id": edition_id} for row in added])
    if unchanged:
        connection.execute(
            update(entry).where(entry.c.id == bindparam("of")).values(last_edition_id=edition_id), unchanged
        )
    if changed:
        _change(connection, edition_id, changed)
    counts.added += len(added)
    counts.unchanged += len(unchanged)
    counts.changed += len(changed)
    codes = [(key, code) for key, record in taken.items() for code in _codes(record, pdq_version)]
    _take_codes(connection, list_id, codes)
    return others


def withdraw_missing(connection: Connection, list_id: int, edition_id: int) -> int:
    """Withdraw the entries that an edition no longer has; gives their number."""
    missing = (
        (entry.c.list_id == list_id)
        & (entry.c.last_edition_id != edition_id)
        & entry.c.withdrawn_edition_id.is_(None)
    )
    _keep_before(connection, edition_id, "withdrawn", missing)
    with_codes = select(entry.c.id).where(missing, entry_fingerprint.c.entry_id == entry.c.id)
    _journal(connection, connection.execute(with_codes.distinct()).scalars().all())
    result = connection.execute(update(entry).where(missing).values(withdrawn_edition_id=edition_id))
    return int(result.rowcount)


def provider_id(stored: str | None, md5: bytes | None, sha1: bytes | None, sha256: bytes | None) -> str:
    """The provider's id of an entry, or the name made of its strongest digest."""
    return stored or _derived_id(md5, sha1, sha256) or "?"


def _derived_id(md5: bytes | None, sha1: bytes | None, sha256: bytes | None) -> str | None:
    for name, digest in (("sha256", sha256), ("sha1", sha1), ("md5", md5)):
        if digest:
            return f"{name}:{digest.hex()}"
    return None


def _key(record: ListRecord) -> bytes:
    return hashlib.sha256(record.provider_id.encode()).digest()[:_KEY_BYTES]


def _other_key(record: ListRecord) -> bytes:
    """The key of a record whose id another record of the edition has."""
    said = _digest(record)[:_SAID_BYTES]
    return hashlib.sha256(record.provider_id.encode() + b"\x00" + said).digest()[:_KEY_BYTES]


def _digest(record: ListRecord) -> bytes:
    """A digest of what the record names and says of it, then one of its attributes."""
    # The position in the file is not part of what the record says.
    said = msgspec.structs.replace(record, position=0, attributes={})
    return b"".join(
        hashlib.sha256(msgspec.json.encode(part, order="deterministic")).digest()[:_SAID_BYTES]
        for part in (said, record.attributes)
    )


def _row(record: ListRecord) -> dict[str, object]:
    derived = _derived_id(record.md5, record.sha1, record.sha256)
    return {
        "provider_id": None if record.provider_id == derived else record.provider_id,
        "md5": record.md5,
        "sha1": record.sha1,
        "sha256": record.sha256,
        "size": record.size,
        "category": record.category,
        "series": list(record.series) or None,
        "attributes": record.attributes or None,
        "record": _digest(record),
    }


def _standing(connection: Connection, list_id: int, keys: Iterable[bytes]) -> dict[bytes, _Standing]:
    found: dict[bytes, _Standing] = {}
    for portion in portions(keys):
        query = select(
            entry.c.key, entry.c.id, entry.c.record, entry.c.last_edition_id, entry.c.withdrawn_edition_id
        ).where(entry.c.list_id == list_id, entry.c.key.in_(portion))
        for key, entry_id, record, last, withdrawn in connection.execute(query):
            found[key] = _Standing(entry_id, record, last, withdrawn is not None)
    return found


def _change(connection: Connection, edition_id: int, changed: list[tuple[_Standing, ListRecord]]) -> None:
    for portion in portions(changed):
        these = entry.c.id.in_([before.id for before, _ in portion])
        _keep_before(connection, edition_id, "changed", these)
        ids = [before.id for before, _ in portion]
        _journal(connection, ids)
        connection.execute(entry_fingerprint.delete().where(entry_fingerprint.c.entry_id.in_(ids)))
        for before, record in portion:
            connection.execute(
                update(entry)
                .where(entry.c.id == before.id)
                .values(**_row(record), last_edition_id=edition_id, withdrawn_edition_id=None)
            )


def _keep_before(connection: Connection, edition_id: int, change: str, these: object) -> None:
    said = json_object(
        literal("md5"),
        hexadecimal(entry.c.md5),
        literal("sha1"),
        hexadecimal(entry.c.sha1),
        literal("sha256"),
        hexadecimal(entry.c.sha256),
        literal("size"),
        entry.c.size,
        literal("category"),
        entry.c.category,
        literal("series"),
        entry.c.series,
        literal("attributes"),
        entry.c.attributes,
    )
    query = select(literal(edition_id), entry.c.id, literal(change), said).where(these)  # type: ignore[arg-type]
    connection.execute(
        insert(entry_change).from_select(["edition_id", "entry_id", "change", "before"], query)
    )


class _Code(NamedTuple):
    """What an entry says of the look of its content."""

    algorithm: str
    version: str
    code: bytes


def _codes(record: ListRecord, pdq_version: str) -> Iterator[_Code]:
    if record.pdq:
        yield _Code("pdq", pdq_version, record.pdq)
    if isinstance(record, VideoRecord):
        yield _Code(record.algorithm, record.version, record.data)


def _take_codes(connection: Connection, list_id: int, codes: list[tuple[bytes, _Code]]) -> None:
    if not codes:
        return
    ids = {key: found.id for key, found in _standing(connection, list_id, [key for key, _ in codes]).items()}
    present: set[tuple[int, str]] = set()
    table = entry_fingerprint
    for portion in portions(ids.values()):
        query = select(table.c.entry_id, table.c.algorithm).where(table.c.entry_id.in_(portion))
        present.update((one, algorithm) for one, algorithm in connection.execute(query))
    fresh = [(ids[key], code) for key, code in codes if (ids[key], code.algorithm) not in present]
    if fresh:
        rows = [{"entry_id": one, **code._asdict()} for one, code in fresh]
        connection.execute(insert(table), rows)
        _journal(connection, {one for one, _ in fresh})


def _journal(connection: Connection, entry_ids: Collection[int]) -> None:
    """Journal that the codes of entries came, or are to go."""
    for portion in portions(entry_ids):
        of_these = entry_fingerprint.c.entry_id.in_(portion)
        query = select(entry_fingerprint.c.entry_id).where(of_these, entry_fingerprint.c.algorithm == "pdq")
        journal.changed(connection, Followed.ENTRIES, connection.execute(query).scalars().all())
        listed_videos.journal_changed(connection, portion)
