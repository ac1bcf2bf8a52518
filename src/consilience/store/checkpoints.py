"""Signed checkpoints of the log, kept beside it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, insert, select

from consilience.store.identity import now
from consilience.store.schema import checkpoint


class CheckpointRecord(msgspec.Struct, frozen=True):
    """A checkpoint: after how many events, the signed note, and the time stamp over it if there is one."""

    size: int
    note: str
    time_stamp: bytes | None


def add(connection: Connection, record: CheckpointRecord) -> None:
    """Keep a checkpoint; one of the same size takes the place of the earlier."""
    connection.execute(checkpoint.delete().where(checkpoint.c.size == record.size))
    connection.execute(insert(checkpoint).values(at=now(), **msgspec.structs.asdict(record)))


def checkpoints(connection: Connection) -> Iterator[CheckpointRecord]:
    """Every checkpoint, smallest first."""
    columns = (checkpoint.c.size, checkpoint.c.note, checkpoint.c.time_stamp)
    for row in connection.execute(select(*columns).order_by(checkpoint.c.size)):
        yield CheckpointRecord(*row)
