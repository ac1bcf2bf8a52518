"""Long work that a request began, one piece after the other: exhibits taken in, lists imported."""

from __future__ import annotations

import logging
import queue
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

import msgspec

from consilience.errors import ConsilienceError, NotFoundError
from consilience.services.lists import ImportResult
from consilience.services.progress import Progress

_log = logging.getLogger(__name__)

_REMEMBERED = 100


class Job(msgspec.Struct):
    """Work, and how far it has come.

    Attributes:
        id: random, hexadecimal.
        kind: ``ingest`` or ``import``.
        owner: the account that began it.
        about: the exhibit's case and number, or the list's name.
        state: ``waiting``, ``running``, ``done``, ``failed``, or ``stopped``: somebody ended it, and what was
            done until then is on record.
        stage, done, total, bytes: as the work tells.
        began_at, ended_at: nanoseconds since 1970.
        error: what went wrong, in one line.
        imported: what an import that is done brought.
        is_stopping: whether somebody asked for its end; it ends after the portion in hand.
    """

    kind: str
    owner: str
    case: str | None
    about: str
    id: str = msgspec.field(default_factory=lambda: secrets.token_hex(16))
    state: Literal["waiting", "running", "done", "failed", "stopped"] = "waiting"
    stage: str = ""
    done: int = 0
    total: int | None = None
    bytes: int = 0
    began_at: int = 0
    ended_at: int | None = None
    error: str = ""
    imported: ImportResult | None = None
    is_stopping: bool = False


class Stopped(Exception):  # noqa: N818 - an answer to a wish, no failure
    """Raised from where work tells its progress: at such a point nothing is half recorded."""


Work = Callable[[Progress], None]


class Jobs:
    """The work of a server. Close it."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._waiting: queue.SimpleQueue[tuple[Job, Work] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, job: Job, work: Work) -> Job:
        """Put work at the end of the queue."""
        with self._lock:
            job.began_at = time.time_ns()
            self._jobs[job.id] = job
            ended = [one.id for one in self._jobs.values() if one.ended_at is not None]
            for one in ended[: max(0, len(self._jobs) - _REMEMBERED)]:
                del self._jobs[one]
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
                self._thread.start()
        self._waiting.put((job, work))
        return job

    def jobs(self) -> list[Job]:
        """All that is remembered, the newest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def stop(self, job_id: str, owner: str) -> Job:
        """End the taking in of an exhibit: at once where it waits, else when it next tells of its progress.

        An import is not ended: a list is taken whole or not at all.

        Raises:
            NotFoundError: its owner has none of this id.
        """
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.owner != owner or job.kind != "ingest":
                raise NotFoundError(f"no exhibit is being taken in under {job_id}")
            if job.ended_at is None:
                job.is_stopping = True
            if job.state == "waiting":
                job.state, job.ended_at = "stopped", time.time_ns()
            return job

    def close(self) -> None:
        """Take no more. What runs ends with the process, and is gone on with by doing it again."""
        self._waiting.put(None)

    def _work(self) -> None:
        while (next_one := self._waiting.get()) is not None:
            job, work = next_one
            with self._lock:
                if job.ended_at is not None:
                    continue
                job.state = "running"

            def told(stage: str, done: int, total: int | None, *, size: int = 0, job: Job = job) -> None:
                job.stage, job.done, job.total, job.bytes = stage, done, total, size
                if job.is_stopping:
                    raise Stopped

            try:
                work(told)
                job.state = "done"
            except Stopped:
                job.state = "stopped"
            except ConsilienceError as error:
                job.state, job.error = "failed", str(error)
            except Exception:
                _log.exception("a job failed")
                job.state, job.error = "failed", "a defect of ours; it is in the server's log"
            job.ended_at = time.time_ns()
