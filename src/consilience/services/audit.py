"""The audit at work: checkpoints, exports, searches of the log."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from consilience.audit.export import ExportWriter
from consilience.audit.notes import Checkpoint, Signer
from consilience.audit.proofs import root
from consilience.audit.timestamps import time_stamp
from consilience.errors import UsageError
from consilience.model.people import Actor, Permission
from consilience.model.references import ReferenceKind
from consilience.services.access import scope_of, service
from consilience.services.holdings import Holdings
from consilience.services.keys import signer
from consilience.store import checkpoints, events, tree
from consilience.store.checkpoints import CheckpointRecord
from consilience.store.events import EventFilter, EventRecord


class Exported(msgspec.Struct, frozen=True):
    """What an export holds."""

    path: str
    events: int
    checkpoints: int
    key: str


@service(Permission.AUDIT)
def make_checkpoint(holdings: Holdings, actor: Actor, *, authority: str = "") -> CheckpointRecord:
    """Sign the log as it is now. What is signed covers the event of this act, too.

    Args:
        holdings: whose log.
        actor: who, and why.
        authority: address of an RFC 3161 time stamp authority that is to stamp it; none by default.

    Raises:
        TimeStampError: the authority gave no time stamp. The checkpoint is kept without one.
        HoldingsError: the signing key cannot be read.
    """
    by = signer(holdings)
    with holdings.database.write() as connection:
        events.append(connection, actor, "create", object_kind="checkpoint")
        made = sign(connection, by)
    if authority:
        stamp = time_stamp(made.note.encode(), authority)
        made = msgspec.structs.replace(made, time_stamp=stamp)
        with holdings.database.write() as connection:
            checkpoints.add(connection, made)
    return made


@service(Permission.AUDIT)
def export(holdings: Holdings, actor: Actor, out: Path, *, names: bool = True, to: str = "") -> Exported:
    """Write the whole log to a file, signed, for `consilience audit verify`.

    Args:
        holdings: whose log.
        actor: who, and why.
        out: a file that is not there yet.
        names: whether to say what its references mean: names of accounts and orders.
        to: who is to get it.

    Raises:
        UsageError: the file is there, or cannot be made.
        HoldingsError: the signing key cannot be read.
    """
    by = signer(holdings)
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(f"{out} cannot be made: {error.strerror}") from error
    with holdings.database.write() as connection:
        detail: dict[str, object] = {"names": names}
        if to:
            detail["to"] = events.refer(connection, ReferenceKind.RECIPIENT, to)
        events.append(connection, actor, "disclose", object_kind="audit-log", detail=detail)
        last = sign(connection, by)
    with os.fdopen(descriptor, "wb") as file, holdings.database.read() as connection:
        writer = ExportWriter(file, by)
        kept = {one.size: one for one in checkpoints.checkpoints(connection) if one.size <= last.size}
        for event in events.events(connection, 1, last.size):
            writer.event(event.encode())
            if (one := kept.get(event.number)) is not None:
                writer.checkpoint(one.note, one.time_stamp)
        if names:
            for reference in events.meanings(connection, scope_of(connection, actor, Permission.AUDIT)):
                writer.name(reference)
        writer.close()
        file.flush()
        os.fsync(file.fileno())
    return Exported(str(out), last.size, len(kept), by.public.encode())


@service(Permission.AUDIT)
def search(holdings: Holdings, actor: Actor, asked: EventFilter, *, most: int = 1000) -> list[EventRecord]:
    """The newest events that a filter lets through, newest first, as far as the actor may see them."""
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind="event")
        return events.search(connection, scope_of(connection, actor, Permission.AUDIT), asked, most)


def sign(connection: Connection, by: Signer) -> CheckpointRecord:
    """Sign the log as it is in this transaction, and keep the checkpoint."""
    size = events.size(connection)
    whole = root(size, lambda level, place: tree.subtree(connection, level, place))
    made = CheckpointRecord(size, by.note(Checkpoint.now(by.public.origin, size, whole).encode()), None)
    checkpoints.add(connection, made)
    return made
