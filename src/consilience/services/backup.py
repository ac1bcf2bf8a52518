"""Backups: all of the holdings at one moment, in one sealed file; and back again."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import IO, cast

import msgspec

from consilience.errors import FormatError, UsageError
from consilience.model.people import Actor, Permission
from consilience.services.access import service
from consilience.services.holdings import Holdings, files_beside, making
from consilience.services.keyring import Work
from consilience.services.progress import Progress, unseen
from consilience.services.sealed_stream import SealingWriter, UnsealingReader
from consilience.store import copying, events
from consilience.store.database import Database
from consilience.store.sqlite import SqliteFile

_RECORDS = "records.sqlite"
_FILES = "files"


class BackedUp(msgspec.Struct, frozen=True):
    """What a backup holds: events of the log when it was made, files beside the records, bytes of it all."""

    events: int
    files: int
    bytes: int


@service(Permission.ADMINISTER)
def back_up(
    holdings: Holdings,
    actor: Actor,
    out: Path,
    passphrase: str,
    *,
    progress: Progress = unseen,
    work: Work = Work(),  # noqa: B008 - frozen
) -> BackedUp:
    """Write everything that the holdings know at one moment into a sealed file. Others go on working.

    Args:
        holdings: what is backed up: records, keys, vocabularies, indexes.
        actor: who, and why.
        out: a file that is not there yet.
        passphrase: what opens it. Whoever has both has all that the holdings have.
        progress: told what is being done.
        work: what scrypt costs.

    Raises:
        UsageError: the file is there or cannot be made, or the passphrase is empty.
    """
    if not passphrase:
        raise UsageError(
            "a backup needs a passphrase", "Without it, whoever finds the file has the holdings."
        )
    with holdings.database.write() as connection:
        events.append(connection, actor, "copy", object_kind="backup")
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(f"{out} cannot be made: {error.strerror}") from error
    try:
        with (
            os.fdopen(descriptor, "wb") as file,
            tempfile.TemporaryDirectory(prefix="backup-", dir=holdings.folder / "scratch") as scratch,
        ):
            records = Path(scratch) / _RECORDS
            size = _snapshot(holdings, records, progress)
            sealing = SealingWriter(file, passphrase, work)
            with tarfile.open(mode="w|", fileobj=cast(IO[bytes], sealing)) as archive:
                archive.add(records, _RECORDS)
                beside = files_beside(holdings.folder)
                for one in beside:
                    progress("adding files", 0, len(beside))
                    archive.add(holdings.folder / one, f"{_FILES}/{one}", recursive=False)
            sealing.close()
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        out.unlink(missing_ok=True)
        raise
    return BackedUp(size, len(beside), out.stat().st_size)


def restore(backup: Path, folder: Path, actor: Actor, passphrase: str) -> BackedUp:
    """Make holdings from a backup, in a folder that is empty or not there yet.

    The records go into a file; `consilience holdings copy` brings them to a server.

    Args:
        backup: the sealed file.
        folder: where the holdings are to be.
        actor: who, and why.
        passphrase: what the backup was made with.

    Raises:
        UsageError: the backup cannot be read, or the folder holds something already.
        FormatError: it is no backup, the passphrase is wrong, or it was changed or cut. The folder holds no
            holdings then.
    """
    try:
        size = backup.stat().st_size
        with backup.open("rb") as file, making(folder, None) as database:
            assert isinstance(database.backend, SqliteFile)
            path = database.backend.path
            database.close()
            staging = Path(tempfile.mkdtemp(prefix="restore-", dir=folder / "scratch"))
            reader = UnsealingReader(file, passphrase)
            _unpack(cast(IO[bytes], reader), staging)
            # A whole record of padding stays unread where the archive's end falls between two records.
            if (rest := reader.read(tarfile.RECORDSIZE + 1)) and rest != bytes(tarfile.RECORDSIZE):
                raise FormatError("it goes on after its end")
            (staging / _RECORDS).replace(path)
            Database.open(SqliteFile(path, folder / "scratch")).close()
            restored = list((staging / _FILES).iterdir())
            for one in restored:
                one.replace(folder / one.name)
            shutil.rmtree(staging)
    except (OSError, tarfile.TarError) as error:
        raise UsageError(f"{backup} cannot be restored ({error})") from error
    except FormatError as error:
        raise FormatError(f"{backup}: {error.what}", error.next_step) from error
    with Holdings.open(folder) as holdings, holdings.database.write() as connection:
        events.append(connection, actor, "copy", object_kind="restored")
        return BackedUp(events.size(connection) - 1, len(files_beside(folder)), size)


def _snapshot(holdings: Holdings, path: Path, progress: Progress) -> int:
    """The records at one moment, in a SQLite file; gives how many events they hold."""
    backend = holdings.database.backend
    if isinstance(backend, SqliteFile):
        progress("copying records", 0, None)
        # In one step, which keeps nobody from writing; in several, a writer makes it begin anew.
        with closing(sqlite3.connect(backend.path)) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)
            (size,) = target.execute("SELECT size FROM event_tree").fetchone()
            target.execute("PRAGMA journal_mode = DELETE")
        return int(size)
    snapshot = Database.create(SqliteFile(path, path.parent))
    try:
        with holdings.database.read() as giving:
            copying.copy_from(giving, snapshot, lambda table, rows: progress(f"copying {table}", rows, None))
            events_there = events.size(giving)
    finally:
        snapshot.close()
    return events_there


def _unpack(reader: IO[bytes], staging: Path) -> None:
    """Records and files from the archive; names that lead out of the folder are refused."""
    with tarfile.open(mode="r|", fileobj=reader) as archive:
        for member in archive:
            name = PurePosixPath(member.name)
            known = member.name == _RECORDS or (name.parts[0] == _FILES and len(name.parts) > 1)
            if not member.isfile() or not known or ".." in name.parts:
                raise FormatError(f"it holds {member.name!r}, which no backup does")
            content = archive.extractfile(member)
            assert content is not None
            target = staging / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                shutil.copyfileobj(content, out, 1 << 20)
                out.flush()
                os.fsync(out.fileno())
    if not (staging / _RECORDS).exists() or not (staging / _FILES).exists():
        raise FormatError("it is cut")
