"""Holdings moved to another kind of database, or onto another disk, record by record and compared."""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path

import msgspec

from consilience.errors import HoldingsError
from consilience.model.people import Actor, Permission
from consilience.services.access import service
from consilience.services.holdings import SCRATCH, Holdings, files_beside, making
from consilience.services.progress import Progress, unseen
from consilience.store import copying, events
from consilience.store.copying import Copied

_APART = "beside"


class CopyResult(msgspec.Struct, frozen=True):
    """What was copied, and is the same on both sides: tables, files beside the database, and seconds."""

    tables: tuple[Copied, ...]
    files: int
    seconds: float

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(one.rows for one in self.tables)


@service(Permission.ADMINISTER)
def copy_holdings(
    holdings: Holdings, actor: Actor, folder: Path, address: str | None = None, *, progress: Progress = unseen
) -> CopyResult:
    """Copy holdings into a folder that is empty or not there yet, and compare every record.

    The act is on record on both sides. Cut off or failed, it leaves an empty database; the same command then
    begins anew. While it works, nobody else can write to the source.

    Args:
        holdings: what is copied.
        actor: who copies them.
        folder: where the copy is to be.
        address: the PostgreSQL database that is to hold the records; None for a file in the folder.
        progress: told what is being done.

    Raises:
        AccessError: the actor may not.
        UsageError: the folder or the database is not empty, or the address is none.
        HoldingsError: evidence or a list is being brought in; the two sides differ; a disk or server failed.
    """
    begun = time.monotonic()
    with holdings.alone("the holdings are being copied"), making(folder, address) as target:
        # Files first and set apart: whatever fails, nothing is in the way of a second try.
        apart = folder / SCRATCH / _APART
        files = files_beside(holdings.folder)
        for name in files:
            _copy_file(holdings.folder / name, apart / name)
        with holdings.database.write() as connection:
            events.append(connection, actor, "copy", object_kind="holdings")
        tables = copying.copy(
            holdings.database, target, lambda table, rows: progress(f"copying {table}", rows, None)
        )
        if files:
            for top in apart.iterdir():
                top.rename(folder / top.name)
            apart.rmdir()
    return CopyResult(tuple(tables), len(files), time.monotonic() - begun)


def _copy_file(given: Path, taken: Path) -> None:
    taken.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy2(given, taken)
    if _digest(given) != _digest(taken):
        raise HoldingsError(f"{taken} differs from {given} after copying", "Check the disk.")


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
