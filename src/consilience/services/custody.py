"""Custody: what is known of an exhibit, who brought it, how it was read; handed out, and held against it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from consilience.audit.custody import (
    ConsistencyProof,
    FileEntry,
    Manifest,
    ProvenEvent,
    ReadingEntry,
    write_bundle,
)
from consilience.audit.notes import Checkpoint
from consilience.audit.proofs import Subtrees, consistency_proof, inclusion_proof
from consilience.errors import NotFoundError, UsageError
from consilience.evidence.contract import Source
from consilience.model.locator import printable, printable_text
from consilience.model.people import Actor, Permission
from consilience.model.references import ReferenceKind
from consilience.services.access import require_approval, service
from consilience.services.audit import sign
from consilience.services.cases import case_named
from consilience.services.execution import Executor
from consilience.services.holdings import Holdings
from consilience.services.keys import signer
from consilience.services.progress import Progress, unseen
from consilience.services.rereading import Rereading, entry_of, reread
from consilience.store import cases, checkpoints, custody, events, tree
from consilience.store.cases import CaseRecord, ExhibitRecord


@service(Permission.LOOK)
def show(holdings: Holdings, actor: Actor, case: str, exhibit: str) -> Manifest:
    """Who brought an exhibit, and each reading of it.

    Raises:
        NotFoundError: there is no such case or exhibit.
    """
    with holdings.database.write() as connection:
        record, thing = _named(connection, actor, case, exhibit)
        events.append(
            connection, actor, "read", object_kind="custody", object_id=thing.public_id, case_id=record.id
        )
        return _manifest(connection, "", record, thing)


@service(Permission.DISCLOSE)
def export(holdings: Holdings, actor: Actor, out: Path, *, case: str, exhibit: str, to: str = "") -> Manifest:
    """Write the custody bundle of an exhibit, for `consilience custody verify`.

    Args:
        holdings: whose records.
        actor: who, and why.
        out: a folder that is not there yet.
        case: its number.
        exhibit: its number.
        to: who is to get it.

    Raises:
        NotFoundError: there is no such case or exhibit.
        UsageError: the folder is there, or cannot be made.
        AccessError: a second person has to approve it first.
        HoldingsError: the signing key cannot be read.
    """
    with holdings.database.read() as connection:
        record, thing = _named(connection, actor, case, exhibit)
    by = signer(holdings)
    require_approval(holdings, actor, record.id, "custody")
    try:
        out.mkdir(mode=0o700)
    except OSError as error:
        raise UsageError(f"{out} cannot be made: {error.strerror}") from error
    with holdings.database.write() as connection:
        detail: dict[str, object] = {}
        if to:
            detail["to"] = events.refer(connection, ReferenceKind.RECIPIENT, to)
        events.append(
            connection, actor, "disclose", object_kind="custody", object_id=thing.public_id,
            case_id=record.id, detail=detail,
        )  # fmt: skip
        last = sign(connection, by)
    with holdings.database.read() as connection:

        def subtree(level: int, place: int) -> bytes:
            return tree.subtree(connection, level, place)

        def proven(number: int, leaf: bytes) -> ProvenEvent:
            proof = inclusion_proof(number - 1, last.size, subtree)
            return ProvenEvent(leaf.decode(), [hash.hex() for hash in proof])

        readings = cases.readings(connection, thing.id)
        about = [record.public_id, thing.public_id, *(one.public_id for one in readings)]
        of_it = [one for one in custody.events_about(connection, about) if one.number <= last.size]
        used = {name for one in of_it for name in (one.actor, one.authority, one.detail.get("to"))}
        return write_bundle(
            out,
            by,
            _manifest(connection, by.public.origin, record, thing),
            _files(connection, thing.id),
            [proven(one.number, one.encode()) for one in of_it],
            events.meanings_of(connection, [bytes.fromhex(one) for one in used if isinstance(one, str)]),
            last.note,
            list(_earlier(connection, last.size, subtree)),
        )


@service(Permission.LOOK)
def verify_exhibit(
    holdings: Holdings,
    actor: Actor,
    source: Source,
    executor: Executor,
    *,
    case: str,
    exhibit: str,
    progress: Progress = unseen,
) -> Rereading:
    """Read an exhibit that is attached again, and hold it against what is on record.

    Raises:
        NotFoundError: there is no such case or exhibit.
    """
    with holdings.database.read() as connection:
        record, thing = _named(connection, actor, case, exhibit)
        known = list(_files(connection, thing.id))
    found = reread(known, source, executor, progress)
    with holdings.database.write() as connection:
        events.append(
            connection, actor, "verify", object_kind="exhibit", object_id=thing.public_id, case_id=record.id,
            detail={"files": found.files, "same": found.same, "differences": len(found.differences)},
        )  # fmt: skip
    return found


def _named(connection: Connection, actor: Actor, case: str, exhibit: str) -> tuple[CaseRecord, ExhibitRecord]:
    record = case_named(connection, actor, case)
    found = cases.exhibit_of(connection, record.id, exhibit)
    if found is None:
        raise NotFoundError(f"no exhibit {printable_text(exhibit)} in case {printable_text(case)}")
    return record, found


def _manifest(connection: Connection, origin: str, case: CaseRecord, exhibit: ExhibitRecord) -> Manifest:
    return Manifest(
        origin=origin,
        agency=case.agency,
        case=case.number,
        legal_basis=case.legal_basis,
        exhibit=exhibit.number,
        description=exhibit.description,
        brought_by=events.first_of(connection, exhibit.public_id).name,
        readings=tuple(
            ReadingEntry(
                id=one.public_id.hex(),
                by=events.first_of(connection, one.public_id).name,
                source=one.source,
                root=printable(one.root),
                software=one.software,
                parameters=one.parameters,
                started=one.started_at,
                finished=one.finished_at,
                counts=one.counts,
            )
            for one in cases.readings(connection, exhibit.id)
        ),
        files=cases.count_files(connection, exhibit.id),
        fingerprints_sha256="",
        sha256={},
    )


def _files(connection: Connection, exhibit_id: int) -> Iterator[FileEntry]:
    for one in custody.files(connection, exhibit_id):
        yield entry_of(one.locator, one.size, one.digests, one.problem, one.fingerprints)


def _earlier(connection: Connection, size: int, subtree: Subtrees) -> Iterator[ConsistencyProof]:
    for one in checkpoints.checkpoints(connection):
        if 0 < one.size < size:
            root = Checkpoint.decode(one.note.rpartition("\n\n")[0] + "\n").root
            proof = consistency_proof(one.size, size, subtree)
            yield ConsistencyProof(one.size, root.hex(), [hash.hex() for hash in proof])
