"""Agencies, cases, exhibits and their readings."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    Select,
    bindparam,
    cast,
    exists,
    func,
    insert,
    select,
    update,
)

from consilience.model.examination import DECODED
from consilience.model.people import EVERYTHING, Scope
from consilience.store.identity import new_public_id, now, portions
from consilience.store.schema import agency, case, exhibit, holdings, media, media_file, reading
from consilience.store.scoping import SCOPES, in_cases


class CaseRecord(msgspec.Struct, frozen=True):
    """One investigation."""

    id: int
    public_id: bytes
    agency: str
    number: str
    title: str
    legal_basis: str
    release_level: str
    created_at: int
    origin: str
    review_at: int | None
    agency_id: int


class ExhibitRecord(msgspec.Struct, frozen=True):
    """One seized thing."""

    id: int
    public_id: bytes
    case_id: int
    number: str
    description: str


class ReadingRecord(msgspec.Struct, frozen=True):
    """One run of a Source over an exhibit; `finished_at` is None where it was interrupted."""

    id: int
    public_id: bytes
    exhibit_id: int
    source: str
    root: bytes
    software: str
    parameters: dict[str, object]
    started_at: int
    finished_at: int | None
    counts: dict[str, object] | None

    @property
    def is_full_pass(self) -> bool:
        """Whether it examined in full what was taken in before, and took nothing in."""
        return self.parameters.get("pass") == "full-pass"


def add_holdings(connection: Connection, name: str) -> None:
    """Name the holdings; once."""
    connection.execute(insert(holdings).values(public_id=new_public_id(), name=name, created_at=now()))


def holdings_named(connection: Connection) -> tuple[str, bytes]:
    """The name that the holdings were given, and their public id."""
    row = connection.execute(select(holdings.c.name, holdings.c.public_id)).one()
    return row[0], row[1]


def agency_id(connection: Connection, name: str) -> int:
    """The agency of a name, made if it is not there."""
    found = connection.execute(select(agency.c.id).where(agency.c.name == name)).scalar_one_or_none()
    if found is not None:
        return int(found)
    row = insert(agency).values(public_id=new_public_id(), name=name, created_at=now())
    return int(connection.execute(row.returning(agency.c.id)).scalar_one())


def add_case(
    connection: Connection,
    *,
    agency_id: int,
    number: str,
    title: str,
    legal_basis: str,
    release_level: str,
    origin: str = "",
    review_at: int | None = None,
) -> CaseRecord:
    """Add a case."""
    new_id = connection.execute(
        insert(case)
        .values(
            public_id=new_public_id(),
            agency_id=agency_id,
            number=number,
            title=title,
            legal_basis=legal_basis,
            release_level=release_level,
            origin=origin,
            review_at=review_at,
            created_at=now(),
        )
        .returning(case.c.id)
    ).scalar_one()
    return next(one for one in cases(connection, EVERYTHING, number=number) if one.id == new_id)


def set_release_level(connection: Connection, case_id: int, level: str) -> None:
    """Say anew who may learn of a case."""
    connection.execute(update(case).where(case.c.id == case_id).values(release_level=level))


def cases(
    connection: Connection, scope: Scope, *, number: str | None = None, public_id: bytes | None = None
) -> list[CaseRecord]:
    """Cases by number, those of the scope.

    Args:
        connection: the transaction.
        scope: what the viewer may see.
        number: only those of this number, of which each agency has one at most.
        public_id: only the one of this id.
    """
    given = {"number": number, "public_id": public_id}
    asked = {name: value for name, value in given.items() if value is not None}
    return [CaseRecord(*row) for row in connection.execute(_cases(scope, tuple(asked)), asked)]


@lru_cache(SCOPES)
def _cases(scope: Scope, by: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            case.c.id,
            case.c.public_id,
            agency.c.name,
            case.c.number,
            case.c.title,
            case.c.legal_basis,
            case.c.release_level,
            case.c.created_at,
            case.c.origin,
            case.c.review_at,
            case.c.agency_id,
        )
        .join(agency)
        .order_by(case.c.number, case.c.id)
    )
    query = query.where(*(case.c[name] == bindparam(name) for name in by))
    return query.where(in_cases(scope, case.c.id), case.c.erased_at.is_(None))


def owner_of(connection: Connection, case_id: int) -> int:
    """The agency that owns a case."""
    return int(connection.execute(select(case.c.agency_id).where(case.c.id == case_id)).scalar_one())


def exhibit_of(connection: Connection, case_id: int, number: str) -> ExhibitRecord | None:
    """The exhibit of a number in a case."""
    for found in exhibits(connection, case_id):
        if found.number == number:
            return found
    return None


def exhibits(connection: Connection, case_id: int) -> list[ExhibitRecord]:
    """The exhibits of a case, in the order of their adding."""
    query = select(
        exhibit.c.id, exhibit.c.public_id, exhibit.c.case_id, exhibit.c.number, exhibit.c.description
    ).where(exhibit.c.case_id == case_id)
    return [ExhibitRecord(*row) for row in connection.execute(query.order_by(exhibit.c.id))]


def add_exhibit(connection: Connection, case_id: int, number: str, description: str) -> ExhibitRecord:
    """Add an exhibit to a case."""
    public_id = new_public_id()
    row = insert(exhibit).values(
        public_id=public_id, case_id=case_id, number=number, description=description, created_at=now()
    )
    new_id = int(connection.execute(row.returning(exhibit.c.id)).scalar_one())
    return ExhibitRecord(new_id, public_id, case_id, number, description)


def begin_reading(
    connection: Connection,
    exhibit_id: int,
    *,
    source: str,
    root: bytes,
    software: str,
    parameters: dict[str, object],
) -> ReadingRecord:
    """Record that a reading of an exhibit begins."""
    row = (
        insert(reading)
        .values(
            public_id=new_public_id(),
            exhibit_id=exhibit_id,
            source=source,
            root=root,
            software=software,
            parameters=parameters,
            started_at=now(),
        )
        .returning(*reading.c)
    )
    return _reading(connection.execute(row).one())


def finish_reading(connection: Connection, reading_id: int, counts: dict[str, object]) -> None:
    """Record that a reading came to its end, and what it counted."""
    connection.execute(
        update(reading).where(reading.c.id == reading_id).values(finished_at=now(), counts=counts)
    )


def readings(connection: Connection, exhibit_id: int) -> list[ReadingRecord]:
    """The readings of an exhibit, oldest first."""
    query = select(*reading.c).where(reading.c.exhibit_id == exhibit_id).order_by(reading.c.id)
    return [_reading(row) for row in connection.execute(query)]


def count_files(connection: Connection, exhibit_id: int) -> int:
    """MediaFiles recorded of an exhibit."""
    query = select(func.count()).select_from(media_file).where(media_file.c.exhibit_id == exhibit_id)
    return int(connection.execute(query).scalar_one())


class ExhibitPlace(msgspec.Struct, frozen=True):
    """An exhibit and the case and agency that it belongs to."""

    number: str
    case_id: int
    case: str
    agency: str


def exhibit_places(connection: Connection, ids: Collection[int]) -> dict[int, ExhibitPlace]:
    """Where each exhibit belongs."""
    query = (
        select(exhibit.c.id, exhibit.c.number, case.c.id, case.c.number, agency.c.name)
        .join(case, case.c.id == exhibit.c.case_id)
        .join(agency, agency.c.id == case.c.agency_id)
    )
    return {
        row[0]: ExhibitPlace(*row[1:])
        for portion in portions(ids)
        for row in connection.execute(query.where(exhibit.c.id.in_(portion)))
    }


class ReadingTotals(msgspec.Struct, frozen=True):
    """What a reading has put on record: files, their bytes, contents decoded, and seconds of decoding."""

    files: int
    bytes: int
    examined: int
    seconds: float


def totals_of_reading(connection: Connection, scope: Scope, reading_id: int) -> ReadingTotals:
    """What a reading has put on record, cut off or not, as far as the viewer may know.

    What was decoded before in a case outside the scope counts as decoded here.
    """
    # PostgreSQL sums whole numbers to a decimal.
    total = cast(func.coalesce(func.sum(media_file.c.size), 0), BigInteger)
    files = select(func.count(), total).where(media_file.c.reading_id == reading_id)
    # A content is decoded with the first file that has it.
    earlier, its_exhibit = media_file.alias("earlier"), exhibit.alias("its_exhibit")
    first = ~exists().where(
        earlier.c.media_id == media_file.c.media_id,
        earlier.c.id < media_file.c.id,
        # Computed, so that files are found by their contents, never by all exhibits that may be seen.
        its_exhibit.c.id == earlier.c.exhibit_id + 0,
        in_cases(scope, its_exhibit.c.case_id),
    )
    decoded = (
        select(func.count(), func.coalesce(func.sum(media.c.seconds), 0.0))
        .select_from(media_file)
        .join(media, media.c.id == media_file.c.media_id)
        .where(media_file.c.reading_id == reading_id, media.c.examined.in_(DECODED), first)
    )
    return ReadingTotals(*connection.execute(files).one(), *connection.execute(decoded).one())


def slowest_files(connection: Connection, reading_id: int, most: int) -> list[tuple[bytes, int]]:
    """Locator and content of the files that took longest to examine, slowest first."""
    query = (
        select(media_file.c.locator, media.c.id)
        .join(media, media.c.id == media_file.c.media_id)
        .where(media_file.c.reading_id == reading_id, media.c.seconds > 0)
        .order_by(media.c.seconds.desc(), media_file.c.id)
        .limit(most)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def _reading(row: Row[tuple[object, ...]]) -> ReadingRecord:
    return ReadingRecord(**row._mapping)


class Numbers(NamedTuple):
    """What a case and an exhibit of it are called."""

    case: str
    exhibit: str


def exhibit_numbers(connection: Connection) -> dict[str, Numbers]:
    """Case and exhibit numbers by the exhibit's public id in hexadecimal."""
    query = select(exhibit.c.public_id, case.c.number, exhibit.c.number).join(case)
    return {row[0].hex(): Numbers(row[1], row[2]) for row in connection.execute(query)}
