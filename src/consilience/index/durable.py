"""The Hamming index on disk: opened by mapping its files, and whole after a crash at any moment."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from threading import Lock, RLock
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from consilience.errors import HoldingsError
from consilience.index.contract import Hits, Source, checked_ids, checked_pair
from consilience.index.files import DamagedError, sync_folder
from consilience.index.folder import (
    Manifest,
    Place,
    keep,
    loaded,
    log_path,
    owned,
    read_manifest,
    replay,
    segment_path,
    sweep,
    write_manifest,
)
from consilience.index.hamming import MultiIndex, State
from consilience.index.log import Log, Mark

_BULK = 1 << 18  # codes that become segments at once, instead of going through a log
_LOG_SIZE = 1 << 25  # bytes after which a checkpoint is due: what the next opening has to replay

_log = logging.getLogger(__name__)


class DurableIndex:
    """A `SearchIndex` that owns a folder. `IndexReader` may read it meanwhile, in any number of processes.

    Args:
        folder: made where there is none.
        source: the index is made from it where none is there, and again where what is there is damaged.
        threads: as for `MultiIndex`.

    Attributes:
        mark: what its owner marked last; what was taken in before that is in the index for certain. None
            where the index was just made.
        made: whether it was made at its opening.
        damage: what was wrong with the files that were there, so that it was made again.

    Raises:
        HoldingsError: another process owns the folder.
        OSError: it cannot be read or written.
    """

    def __init__(self, folder: Path, source: Source, threads: int | None = None) -> None:
        self.mark: Mark | None = None
        self.made = False
        self.damage: DamagedError | None = None
        self._given_up = False
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._source, self._threads = folder, source, threads
        self._writing = RLock()
        self._saver = ThreadPoolExecutor(1, thread_name_prefix="index-save")
        self._saving: Future[None] | None = None
        self._log: Log | None = None
        self._saved: Manifest | None = None
        self._owned = owned(folder)
        try:
            self._open()
        except BaseException:
            self._owned.close()
            raise

    def add(self, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
        """See `HammingIndex.add`; what it took in is on disk when it returns.

        Raises:
            OSError: the disk did not take it; it may or may not be found until the index is opened again.
        """
        checked_pair(ids, codes)
        with self._writing:
            if len(ids) >= _BULK:
                self._index.add(ids, codes)
                self.checkpoint()
            else:
                self._record(ids, codes)
                self._index.add(ids, codes)

    def remove(self, ids: NDArray[np.int64]) -> None:
        """See `HammingIndex.remove`; the removal is on disk when it returns.

        Raises:
            OSError: as in `add`.
        """
        checked_ids(ids)
        with self._writing:
            self._record(ids, None)
            self._index.remove(ids)

    def put_mark(self, mark: Mark) -> None:
        """Marks that what was added and removed until now is all of something; the mark is on disk then.

        Raises:
            OSError: as in `add`.
        """
        with self._writing:
            assert self._log is not None  # there is one from the first checkpoint on
            self._log.mark(mark)
            self.mark = mark

    def search(self, queries: NDArray[np.uint8], radius: int) -> Hits:
        """See `HammingIndex.search`."""
        return self._index.search(queries, radius)

    def stream(self, queries: NDArray[np.uint8], radius: int) -> Iterator[Hits]:
        """See `SearchIndex.stream`."""
        return self._index.stream(queries, radius)

    def __len__(self) -> int:
        return len(self._index)

    def settle(self) -> None:
        """See `MultiIndex.settle`; then waits until nothing is being written."""
        self._index.settle()
        if self._saving is not None:
            self._saving.result()

    def checkpoint(self) -> None:
        """Writes what is not on disk as segments, so that the next opening has nothing to replay.

        Raises:
            OSError: it could not be written; what was acknowledged is safe in the logs.
        """
        with self._writing:
            self._begin_saving().result()

    def verify(self) -> Iterator[int]:
        """Compares all segments on disk with their checksums.

        Yields:
            Bytes read, after each block.

        Raises:
            DamagedError: something has changed; `rebuild` mends it.
        """
        from consilience.index.segment_file import verify_segment

        manifest = read_manifest(self._folder)
        for kept in manifest.segments if manifest else ():
            yield from verify_segment(segment_path(self._folder, kept.segment))

    def rebuild(self) -> None:
        """Makes the index again from its source, and forgets what was on disk, its mark too."""
        with self._writing:
            self.mark, self._given_up = None, False
            made = MultiIndex(self._threads)
            for ids, codes in self._source():
                made.add(ids, codes)
            made.settle()
            self._index = made
            self._number = max([0, *(int(path.name.split("-")[1]) for path in self._folder.glob("log-*"))])
            self.checkpoint()

    def give_up(self) -> None:
        """Gives up what is on disk, because it cannot be trusted: the next opening makes it from the source.

        Nothing may be added or removed any more.
        """
        with self._writing:
            if self._saving is not None:
                wait([self._saving])
            self._given_up = True
            (self._folder / "manifest").unlink(missing_ok=True)
            sync_folder(self._folder)

    def close(self) -> None:
        """Waits for what is under way and gives the folder back."""
        self._index.settle()
        is_saved = self._saved and self._log and self._is_saved(self._saved, self._log)
        if not is_saved and not self._given_up:
            self.checkpoint()
        self._saver.shutdown()
        if self._log is not None:
            self._log.close()
        self._owned.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _is_saved(self, manifest: Manifest, log: Log) -> bool:
        names = {segment.name for segment in self._index.state.segments}
        return (
            names == {kept.segment for kept in manifest.segments}
            and manifest.log == self._number
            and manifest.log_size == log.size
        )

    def _open(self) -> None:
        try:
            manifest = read_manifest(self._folder)
            if manifest is None:
                self.made = True
                self.rebuild()
                return
            self._index, place = loaded(self._folder, manifest, self._threads)
        except DamagedError as damage:
            _log.warning("The index is made again from the store. %s", damage)
            self.made, self.damage = True, damage
            self.rebuild()
            return
        self._number, self.mark = place.log, place.mark
        self._log = Log(log_path(self._folder, place.log), place.size)
        self._saved = manifest
        sweep(self._folder, manifest)

    def _record(self, ids: NDArray[np.int64], codes: NDArray[np.uint8] | None) -> None:
        assert self._log is not None  # there is one from the first checkpoint on
        if self._log.size >= _LOG_SIZE and (self._saving is None or self._saving.done()):
            self._begin_saving()
        self._log.append(ids, codes)

    def _begin_saving(self) -> Future[None]:
        """Begins another log; what was before it is written by another thread."""
        with self._writing:
            state = self._index.state
            following = Log(log_path(self._folder, self._number + 1))
            following.append(state.ids, state.codes.view(np.uint8))
            if self.mark is not None:
                following.mark(self.mark)
            self._number += 1
            if self._log is not None:
                self._log.close()
            self._log = following
            self._saving = self._saver.submit(self._save, state, Place(self._number, following.size))
            return self._saving

    def _save(self, state: State, place: Place) -> None:
        try:
            kept = tuple(keep(self._folder, segment) for segment in state.segments)
            manifest = Manifest(kept, place.log, place.size)
            write_manifest(self._folder, manifest)
            self._saved = manifest
            sweep(self._folder, manifest)
        except Exception:
            _log.exception("The index could not be written; what was acknowledged is safe in its logs")
            raise


class IndexReader:
    """Searches an index that another process may own and change: each search sees all that is acknowledged.

    Args:
        folder: of a `DurableIndex`.
        threads: as for `MultiIndex`.

    Raises:
        HoldingsError: there is no index.
        DamagedError: it is damaged; its owner can rebuild it.
        OSError: it cannot be read.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self._folder, self._threads = folder, threads
        self._refreshing = Lock()
        self._manifest: Manifest | None = None
        self._index = MultiIndex(threads)
        self._place = Place(0, 0)
        self.refresh()

    def search(self, queries: NDArray[np.uint8], radius: int) -> Hits:
        """See `HammingIndex.search`."""
        self.refresh()
        return self._index.search(queries, radius)

    def stream(self, queries: NDArray[np.uint8], radius: int) -> Iterator[Hits]:
        """See `SearchIndex.stream`."""
        self.refresh()
        return self._index.stream(queries, radius)

    def __len__(self) -> int:
        self.refresh()
        return len(self._index)

    def snapshot(self) -> tuple[MultiIndex, Mark | None]:
        """The index as it is now, unmoved by later changes, and its owner's last mark.

        Raises:
            HoldingsError, DamagedError, OSError: as at opening.
        """
        with self._refreshing:
            self._refresh()
            return MultiIndex(self._threads, self._index.state), self._place.mark

    def refresh(self) -> None:
        """Takes in what has changed.

        Raises:
            HoldingsError, DamagedError, OSError: as at opening.
        """
        with self._refreshing:
            self._refresh()

    def _refresh(self) -> None:
        while True:
            manifest = read_manifest(self._folder)
            if manifest is None:
                raise HoldingsError(
                    f"There is no index in {self._folder}", "Open the holdings once to make it"
                )
            try:
                if manifest == self._manifest:
                    self._place = replay(self._folder, self._index, self._place)
                else:
                    self._index, self._place = loaded(self._folder, manifest, self._threads)
                    self._manifest = manifest
            except (DamagedError, FileNotFoundError):
                # Its owner may have replaced the manifest, and deleted what the old one named.
                if read_manifest(self._folder) == manifest:
                    raise
            else:
                return
