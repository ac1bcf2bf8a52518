"""This machine: a thread for each worker and its conversation; reports leave in the order of the files."""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

import msgspec

from consilience.evidence.contract import Found, Unreadable
from consilience.media.confine import Confinement
from consilience.media.sandbox import Nursery, Worker, WorkerLost
from consilience.model.examination import MediaKind
from consilience.model.locator import Step, printable_text
from consilience.model.problems import Problem, ProblemCode
from consilience.runs.dialogue import Dialogue, Outcome, ProtocolBroken, unknown
from consilience.services import examination
from consilience.services.execution import FULL_PASS, Arrival, Opener, Watcher
from consilience.settings import Limits

_FILES_AHEAD = 2048
"""Files that may be under way or done ahead of the one whose turn it is."""
_REPORTS_AHEAD = 64 << 20
"""Bytes of reports that may wait for their turn, all files together; then workers wait."""
_REPORT = 1 << 10
"""Bytes that the shortest report is taken to hold."""
_MOST_LOSSES = 20
"""Workers that one file may bring down by its members; then it ends there."""


class LocalExecutor:
    """Examines files in sandboxed worker processes of this machine. Close it, or use it in ``with``.

    Args:
        limits: what each worker may use.
        workers: how many; as many as there are processors by default.
    """

    def __init__(self, limits: Limits, workers: int | None = None) -> None:
        self._limits = limits
        self._count = workers or os.cpu_count() or 1
        self._nursery = Nursery(examination.TASK, examination.WARM_UP, limits)
        self._confinement = self._probe()

    @property
    def parameters(self) -> dict[str, object]:
        """Workers, limits, and the sandbox in force."""
        return {
            "workers": self._count,
            "limits": msgspec.to_builtins(self._limits),
            "sandbox": msgspec.to_builtins(self._confinement),
        }

    def examine(
        self,
        files: Iterable[Found],
        opener: Opener,
        watcher: Watcher,
        first_look: frozenset[MediaKind] = FULL_PASS,
    ) -> Iterator[Arrival]:
        """Reports in the order of the files; see the contract."""
        run = _Run(self._nursery, self._limits, opener, watcher, first_look)
        return run.arrivals(files, self._count)

    def close(self) -> None:
        """End every worker."""
        self._nursery.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _probe(self) -> Confinement:
        worker = self._nursery.worker()
        worker.close()
        return worker.confinement


class _Slot:
    """The place of one file in the order, and its reports as they come, each with its bytes."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.arrivals: queue.SimpleQueue[tuple[Arrival | BaseException, int]] = queue.SimpleQueue()


class _Ahead:
    """How many bytes of reports wait for their turn, over all slots: a worker that is too far ahead waits.

    The slot whose turn it is may always put its next report where none of its own waits, so that what the
    others hold never stops it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting = 0
        self._turn: _Slot | None = None
        self._stopped = False
        self._changed = threading.Condition()

    def put(self, slot: _Slot, arrival: Arrival | BaseException, size: int) -> None:
        """Put a report into a slot as soon as there is room; after `stop`, nowhere."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._has_room(slot, size))
            if not self._stopped:
                self._waiting += size
                slot.arrivals.put((arrival, size))

    def drained(self, slot: _Slot) -> Iterator[Arrival]:
        """The reports of the slot whose turn it is, to the last."""
        with self._changed:
            self._turn = slot
            self._changed.notify_all()
        last = False
        while not last:
            arrival, size = slot.arrivals.get()
            with self._changed:
                self._waiting -= size
                self._changed.notify_all()
            if isinstance(arrival, BaseException):
                raise arrival
            last = arrival.last
            yield arrival

    def stop(self) -> None:
        """Nobody takes reports any more: let every worker go."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _has_room(self, slot: _Slot, size: int) -> bool:
        return self._waiting + size <= self._most or (slot is self._turn and slot.arrivals.empty())


class _Run:
    """One pass over the files of one exhibit."""

    def __init__(
        self,
        nursery: Nursery,
        limits: Limits,
        opener: Opener,
        watcher: Watcher,
        first_look: frozenset[MediaKind],
    ) -> None:
        self._nursery = nursery
        self._first_look = first_look
        self._limits = limits
        self._opener = opener
        self._watcher = watcher
        self._waiting: queue.Queue[_Slot | None] = queue.Queue()
        self._stopped = threading.Event()
        self._workers: set[Worker] = set()
        self._ahead = _Ahead(_REPORTS_AHEAD)

    def arrivals(self, files: Iterable[Found], workers: int) -> Iterator[Arrival]:
        threads = [
            threading.Thread(target=self._work, name=f"worker {number}", daemon=True)
            for number in range(workers)
        ]
        for thread in threads:
            thread.start()
        slots: deque[_Slot] = deque()
        try:
            for found in files:
                slot = _Slot(found)
                slots.append(slot)
                self._waiting.put(slot)
                if len(slots) >= _FILES_AHEAD:
                    yield from self._ahead.drained(slots.popleft())
            while slots:
                yield from self._ahead.drained(slots.popleft())
        finally:
            # Also when the consumer leaves early: nobody may wait for a worker, or to hand something in.
            self._stopped.set()
            self._ahead.stop()
            for worker in tuple(self._workers):
                worker.interrupt()
            for _ in threads:
                self._waiting.put(None)
            for thread in threads:
                thread.join()

    def _work(self) -> None:
        worker: Worker | None = None
        try:
            while (slot := self._waiting.get()) is not None and not self._stopped.is_set():
                try:
                    worker = self._file(worker, slot)
                except Exception as error:  # goes to the thread that consumes, and ends the run there
                    self._watcher.failed(error)
                    self._ahead.put(slot, error, _REPORT)
        finally:
            if worker is not None:
                self._workers.discard(worker)
                worker.close()

    def _file(self, worker: Worker | None, slot: _Slot) -> Worker | None:
        if slot.found.problem is not None:
            self._report(slot, _unread(slot.found.problem))
            return worker
        try:
            descriptor = self._opener(slot.found)
        except Unreadable as error:
            self._report(slot, _unread(error.problem))
            return worker
        try:
            start: tuple[Step, ...] | None = ()
            losses = 0
            while start is not None and not self._stopped.is_set():
                worker = worker or self._new_worker()
                may_go_on = losses + 1 < _MOST_LOSSES
                living, start = self._converse(worker, slot, descriptor, start, may_go_on=may_go_on)
                if living is None:
                    self._workers.discard(worker)
                    losses += 1
                worker = living
                os.lseek(descriptor, 0, os.SEEK_SET)
        finally:
            os.close(descriptor)
        return worker

    def _new_worker(self) -> Worker:
        worker = self._nursery.worker()
        self._workers.add(worker)
        if self._stopped.is_set():  # perhaps too late to be seen by the one who stops
            worker.interrupt()
        return worker

    def _converse(
        self, worker: Worker, slot: _Slot, descriptor: int, start: tuple[Step, ...], *, may_go_on: bool
    ) -> tuple[Worker | None, tuple[Step, ...] | None]:
        """One request. Gives the worker, if it lives, and where to go on, if it was lost on a member."""
        dialogue = Dialogue(self._limits, self._watcher, self._first_look)
        request = examination.encode_request(examination.Request(start, self._first_look))
        try:
            for payload in worker.converse(descriptor, request, dialogue.asked):
                outcome = dialogue.told(payload)
                if outcome is not None:
                    self._report(slot, outcome, len(payload))
            if not dialogue.finished:
                raise ProtocolBroken("the worker ended without its report")
        except WorkerLost as lost:
            code = ProblemCode.LIMIT_TIME if lost.timed_out else ProblemCode.CRASHED
            detail = (
                f"no progress in {self._limits.seconds:g} s" if lost.timed_out else printable_text(lost.cause)
            )
            problem = Problem(code, detail)
        except ProtocolBroken as error:
            # What speaks there is no longer our code.
            worker.close()
            problem = Problem(ProblemCode.CRASHED, f"the worker broke the protocol: {error}")
        else:
            return worker, None
        while not dialogue.finished:
            outcome = dialogue.lost(problem)
            self._report(slot, outcome)
            if may_go_on:
                return None, outcome.report.steps or None
        return None, None

    def _report(self, slot: _Slot, outcome: Outcome, size: int = 0) -> None:
        if outcome.claimed:
            self._watcher.arrived(outcome.report)
        arrival = Arrival(slot.found, outcome.report, last=not outcome.report.steps)
        self._ahead.put(slot, arrival, size + _REPORT)


def _unread(problem: Problem) -> Outcome:
    return Outcome(msgspec.structs.replace(unknown(()), problem=problem), claimed=False)
