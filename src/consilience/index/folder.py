"""The files of an index in a folder, and how its contents are read from them.

``manifest`` names what belongs together: segments (``segment-NAME``), who was removed from them
(``gone-NAME-LEFT``), and the log that goes on from there (``log-NUMBER``, then those of higher numbers).
``lock`` is held by the owner.

A log that is replayed twice, or from too early, leads to the same contents. So nothing depends on the order
in which files come and go, as long as the manifest comes after what it names, and before what it no longer
names is deleted.
"""

from __future__ import annotations

import fcntl
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec
import numpy as np
from numpy.typing import NDArray

from consilience.errors import HoldingsError
from consilience.index.contract import CODE_BYTES
from consilience.index.files import DamagedError, whole_file
from consilience.index.hamming import MultiIndex, State
from consilience.index.log import Change, Mark, read_log

if TYPE_CHECKING:
    from consilience.index.segment import Segment


_VERSION = 1


class Kept(msgspec.Struct, frozen=True):
    """A segment on disk: its name, and that of the file of its removals, if any."""

    segment: str
    gone: str | None


class Manifest(msgspec.Struct, frozen=True):
    """What belongs together: segments, the log that goes on from there, and bytes that it has at least."""

    segments: tuple[Kept, ...]
    log: int
    log_size: int
    version: int = _VERSION


class Place(msgspec.Struct, frozen=True):
    """How far the logs have been read: a log's number, bytes of it, and the last mark before there."""

    log: int
    size: int
    mark: Mark | None = None


def owned(folder: Path) -> BinaryIO:
    """The lock of the folder; who has it may change what is there, until it is closed.

    Raises:
        HoldingsError: another process has it.
    """
    lock = (folder / "lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise HoldingsError(
            f"The index in {folder} is in use", "Wait until the other process ends"
        ) from error
    return lock


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest; None where there is no index.

    Raises:
        DamagedError: it is not what was written.
    """
    path = folder / "manifest"
    try:
        checksum, _, encoded = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return None
    if checksum != b"%08x" % zlib.crc32(encoded):
        raise DamagedError(path, "it has changed")
    manifest = msgspec.json.decode(encoded, type=Manifest)
    if manifest.version != _VERSION:
        raise DamagedError(path, f"it is of version {manifest.version}, not {_VERSION}")
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Puts a manifest in the place of the old one.

    Raises:
        OSError: it cannot be written; then nothing has changed.
    """
    encoded = msgspec.json.encode(manifest)
    with whole_file(folder / "manifest") as file:
        file.write(b"%08x\n" % zlib.crc32(encoded) + encoded)


def keep(folder: Path, segment: Segment) -> Kept:
    """Writes what of a segment is not on disk yet.

    Raises:
        OSError: it cannot be written.
    """
    from consilience.index.segment_file import write_segment  # takes numba

    if not segment_path(folder, segment.name).exists():
        write_segment(segment, segment_path(folder, segment.name))
    if segment.gone is None:
        return Kept(segment.name, None)
    gone = f"gone-{segment.name}-{segment.live}"
    if not (folder / gone).exists():
        with whole_file(folder / gone) as file:
            file.write(struct.pack("<I", zlib.crc32(segment.gone.data)) + segment.gone.tobytes())
    return Kept(segment.name, gone)


def loaded(folder: Path, manifest: Manifest, threads: int | None) -> tuple[MultiIndex, Place]:
    """The index that a manifest names, with all that its logs say, and where they end.

    Raises:
        DamagedError: a file is missing, or is not what was written.
        OSError: one cannot be read.
    """
    try:
        segments = tuple(_segment(folder, kept) for kept in manifest.segments)
        index = MultiIndex(threads, State.empty()._replace(segments=segments))
        place = replay(folder, index, Place(manifest.log, 0))
    except FileNotFoundError as error:
        raise DamagedError(Path(error.filename), "it is missing") from error
    if place.log == manifest.log and place.size < manifest.log_size:
        raise DamagedError(log_path(folder, place.log), "it has changed near its beginning")
    return index, place


def _segment(folder: Path, kept: Kept) -> Segment:
    from consilience.index.segment_file import read_segment  # takes numba

    segment = read_segment(segment_path(folder, kept.segment))
    if kept.gone is None:
        return segment
    content = (folder / kept.gone).read_bytes()
    if (
        len(content) != 4 + (segment.owners + 7) // 8
        or struct.pack("<I", zlib.crc32(content[4:])) != content[:4]
    ):
        raise DamagedError(folder / kept.gone, "it has changed")
    gone = np.frombuffer(content, dtype=np.uint8, offset=4)
    live = segment.owners - int(np.bitwise_count(gone).sum())
    return msgspec.structs.replace(segment, gone=gone, live=live)


def replay(folder: Path, index: MultiIndex, place: Place) -> Place:
    """Does again what the logs say from a place on; returns the place where they end now.

    Raises:
        DamagedError: a record is not what was written.
        OSError: a log is not there, or cannot be read.
    """
    changes: list[Change] = []
    while True:
        # A log is complete before the next one is begun, so the order of these two looks matters.
        further = log_path(folder, place.log + 1).exists()
        for record, end in read_log(log_path(folder, place.log), place.size):
            if isinstance(record, Mark):
                place = Place(place.log, end, record)
            else:
                changes.append(record)
                place = Place(place.log, end, place.mark)
        if not further:
            break
        if log_path(folder, place.log).stat().st_size != place.size:
            raise DamagedError(log_path(folder, place.log), "it has changed at its end")
        place = Place(place.log + 1, 0, place.mark)
    _apply(index, changes)
    return place


def _apply(index: MultiIndex, changes: list[Change]) -> None:
    """Applies the last change of each id."""
    if not changes:
        return
    ids = np.concatenate([change[0] for change in changes])
    added = np.concatenate([np.full(len(change[0]), change[1] is not None) for change in changes])
    codes = np.concatenate([_codes(change) for change in changes])
    order = np.argsort(ids, kind="stable")
    last = order[np.append(ids[order][1:] != ids[order][:-1], True)] if len(ids) else order
    index.remove(ids[last][~added[last]])
    index.add(ids[last][added[last]], codes[last][added[last]])


def _codes(change: Change) -> NDArray[np.uint8]:
    ids, codes = change
    return np.zeros((len(ids), CODE_BYTES), dtype=np.uint8) if codes is None else codes


def sweep(folder: Path, manifest: Manifest) -> None:
    """Deletes what no manifest names any more, and what was never finished."""
    named = {segment_path(folder, kept.segment) for kept in manifest.segments}
    named |= {folder / kept.gone for kept in manifest.segments if kept.gone}
    for path in folder.iterdir():
        kind, _, rest = path.name.partition("-")
        old_log = kind == "log" and rest.isdecimal() and int(rest) < manifest.log
        if old_log or path.suffix == ".new" or (kind in ("segment", "gone") and path not in named):
            path.unlink()


def segment_path(folder: Path, name: str) -> Path:
    """Where a segment is written."""
    return folder / f"segment-{name}"


def log_path(folder: Path, number: int) -> Path:
    """Where a log is written."""
    return folder / f"log-{number}"
