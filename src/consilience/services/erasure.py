"""Lawful erasure: a case, an exhibit, a person or a name, with what depended on it; and a proof of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from consilience.audit.custody import ProvenEvent
from consilience.audit.proofs import inclusion_proof
from consilience.audit.receipts import Receipt
from consilience.errors import NotFoundError, UsageError
from consilience.model.locator import printable_text
from consilience.model.people import Actor, Permission
from consilience.model.references import ReferenceKind
from consilience.services.access import scope_of, service
from consilience.services.audit import sign
from consilience.services.cases import case_named
from consilience.services.code_index import drop_indexes
from consilience.services.holdings import Holdings
from consilience.services.keys import signer
from consilience.services.matching import NEAREST_KEPT
from consilience.store import cases, events, tree
from consilience.store.erasure import Erasure, person_named
from consilience.store.sqlite import SqliteFile


class Erased(msgspec.Struct, frozen=True):
    """What an erasure did.

    Attributes:
        gone: rows that were erased, by table.
        receipt: the proof that it happened.
        copies: files of the holdings' folder that still hold what was erased: copies that an upgrade made.
    """

    gone: dict[str, int]
    receipt: Receipt
    copies: tuple[str, ...]


class _Act(msgspec.Struct, frozen=True):
    """What the event of an erasure says beside the counts."""

    kind: str
    id: bytes | None
    case_id: int | None


@service(Permission.ERASE)
def erase_case(holdings: Holdings, actor: Actor, case: str, *, authority: str) -> Erased:
    """Erase a case: its exhibits, files, judgements, persons, notices and key, content with its last file.

    What is left is the case's id, of which the log speaks. Other cases keep what they hold themselves.

    Args:
        holdings: where.
        actor: who, and why.
        case: its number.
        authority: the law or order that says so.

    Raises:
        NotFoundError: there is no such case.
        HoldingsError: evidence or a list is being brought in, or the signing key cannot be read.
    """

    def erase(connection: Connection, erasure: Erasure) -> _Act:
        record = case_named(connection, actor, case)
        erasure.erase_case(record.id)
        return _Act("case", record.public_id, record.id)

    return _erase(holdings, actor, authority, erase)


@service(Permission.ERASE)
def erase_exhibit(holdings: Holdings, actor: Actor, case: str, exhibit: str, *, authority: str) -> Erased:
    """Erase an exhibit and those nested in it; otherwise as `erase_case`.

    Raises:
        NotFoundError: there is no such case or exhibit.
        HoldingsError: evidence or a list is being brought in, or the signing key cannot be read.
    """

    def erase(connection: Connection, erasure: Erasure) -> _Act:
        record = case_named(connection, actor, case)
        thing = cases.exhibit_of(connection, record.id, exhibit)
        if thing is None:
            raise NotFoundError(f"no exhibit {printable_text(exhibit)} in case {printable_text(case)}")
        erasure.erase_exhibit(thing.id)
        return _Act("exhibit", thing.public_id, record.id)

    return _erase(holdings, actor, authority, erase)


@service(Permission.ERASE)
def erase_person(holdings: Holdings, actor: Actor, public_id: bytes, *, authority: str) -> Erased:
    """Erase a person from a case's records, with what is known and thought of the person.

    Raises:
        NotFoundError: there is no such person.
        HoldingsError: see `erase_case`.
    """

    def erase(connection: Connection, erasure: Erasure) -> _Act:
        found = person_named(connection, public_id, scope_of(connection, actor, Permission.ERASE))
        if found is None:
            raise NotFoundError(f"no person {public_id.hex()}")
        erasure.erase_person(found[0])
        return _Act("person", public_id, found[1])

    return _erase(holdings, actor, authority, erase)


@service(Permission.ADMINISTER)
def erase_name(
    holdings: Holdings, actor: Actor, name: str, *, authority: str, kind: ReferenceKind = ReferenceKind.ACTOR
) -> Erased:
    """Erase the name of an account, an order or a recipient from the log. What was done under it stays.

    Raises:
        NotFoundError: the log does not know the name.
        HoldingsError: see `erase_case`.
    """

    def erase(_: Connection, erasure: Erasure) -> _Act:
        erasure.erase_name(kind, name)
        if not erasure.gone.total():
            raise NotFoundError(f"the log does not know {printable_text(name)}")
        return _Act(f"name-of-{kind.value}", None, None)

    return _erase(holdings, actor, authority, erase)


def _erase(
    holdings: Holdings, actor: Actor, authority: str, erase: Callable[[Connection, Erasure], _Act]
) -> Erased:
    if not authority.strip():
        raise UsageError("an erasure needs the law or order that it rests on", "Give it with --authority.")
    by = signer(holdings)
    with holdings.alone("something is being erased"):
        drop_indexes(holdings)  # first: cut off later, they are made again from what is left
        with holdings.database.write() as connection:
            _overwrite(connection)
            erasure = Erasure(connection, NEAREST_KEPT)
            act = erase(connection, erasure)
            gone = {table: rows for table, rows in sorted(erasure.gone.items()) if rows}
            number = events.append(
                connection, actor, "erase", object_kind=act.kind, object_id=act.id, case_id=act.case_id,
                authority=authority, detail={"erased": gone},
            )  # fmt: skip
            (event,) = events.events(connection, number, number)
            last = sign(connection, by)
            proof = inclusion_proof(number - 1, last.size, lambda *at: tree.subtree(connection, *at))
        _empty_log(holdings)
    receipt = Receipt(ProvenEvent(event.encode().decode(), [hash.hex() for hash in proof]), last.note)
    return Erased(gone, receipt, tuple(_copies(holdings.folder)))


def _overwrite(connection: Connection) -> None:
    """Have SQLite write zeros over what is deleted; PostgreSQL frees the room with its next vacuum."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")


def _empty_log(holdings: Holdings) -> None:
    """Have SQLite bring its log into the file: the log still holds pages as they were."""
    backend = holdings.database.backend
    if isinstance(backend, SqliteFile):
        with closing(sqlite3.connect(backend.path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copies(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir() if ".before-" in one.name)
