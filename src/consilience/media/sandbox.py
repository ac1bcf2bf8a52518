"""Processes in which hostile bytes are opened, and the conversation with them.

One *nursery* process loads every decoder once and forks workers from itself, so that a worker that a file
brought down is replaced in milliseconds. A worker confines itself, then serves one request at a time: it gets
an open file and a request, tells what it finds message by message, may ask, and ends with a closing message.
Whatever a worker says is data of unknown intent: bounded in length, decoded by strict types, never code.

Frames on the sockets: a kind byte, a 32-bit big-endian length, the payload; an open file travels with the
first byte (SCM_RIGHTS).
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Protocol, Self

import msgspec

from consilience.errors import ConsilienceError
from consilience.media.confine import Confinement
from consilience.settings import Limits

_HEADER = struct.Struct(">cI")
_MESSAGE_LIMIT = 64 << 20

REQUEST, TELL, ASK, ANSWER, DONE, FAILED, READY, ALIVE = b"R", b"T", b"A", b"N", b"D", b"F", b"Y", b"L"


class WorkerLost(Exception):  # noqa: N818 - an event of the conversation, not a programming error
    """The worker ended in the middle of a request.

    Attributes:
        timed_out: it was ended because it made no progress within the limit.
        cause: what the system says of its end, such as ``signal SIGSEGV``.
    """

    def __init__(self, cause: str, *, timed_out: bool) -> None:
        self.cause = cause
        self.timed_out = timed_out
        super().__init__(cause)


class Channel:
    """Frames over one stream socket, with open files. Raises EOFError when the other side is gone."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def send(self, kind: bytes, payload: bytes = b"", file: int | None = None) -> None:
        """Send one frame, with a copy of an open file if one is given."""
        frame = _HEADER.pack(kind, len(payload)) + payload
        if file is None:
            self.connection.sendall(frame)
            return
        sent = socket.send_fds(self.connection, [frame], [file])
        if sent < len(frame):
            self.connection.sendall(frame[sent:])

    def receive(self) -> tuple[bytes, bytes]:
        """Receive one frame: kind and payload."""
        kind, length = _HEADER.unpack(self._exactly(_HEADER.size))
        return kind, self._payload(length)

    def receive_with_file(self) -> tuple[bytes, bytes, int]:
        """Receive one frame that carries an open file: kind, payload, descriptor."""
        head, files, _, _ = socket.recv_fds(self.connection, _HEADER.size, 1)
        if not head:
            raise EOFError
        if len(head) < _HEADER.size:
            head += self._exactly(_HEADER.size - len(head))
        kind, length = _HEADER.unpack(head)
        return kind, self._payload(length), files[0] if files else -1

    def close(self) -> None:
        """Close the socket."""
        self.connection.close()

    def _payload(self, length: int) -> bytes:
        if length > _MESSAGE_LIMIT:
            raise EOFError("a message over the limit")
        return self._exactly(length) if length else b""

    def _exactly(self, length: int) -> bytes:
        received = self.connection.recv(length)
        if len(received) == length:
            return received
        parts = [received]
        while received:
            length -= len(received)
            if length == 0:
                return b"".join(parts)
            received = self.connection.recv(length)
            parts.append(received)
        raise EOFError


class Conversation(Protocol):
    """What a task inside the sandbox may say."""

    def tell(self, message: bytes) -> None:
        """Say something that needs no answer. It has left this process when the call returns."""

    def ask(self, message: bytes) -> bytes:
        """Say something and wait for the answer."""

    def alive(self) -> None:
        """Show progress, so that the time limit starts anew."""


Task = Callable[[int, bytes, Limits, Conversation], None]
"""What runs inside: an open file, the request, the limits, and the conversation with the outside."""


class _NurserySetup(msgspec.Struct, frozen=True):
    task: str
    warm_up: str
    limits: Limits


class Nursery:
    """Starts confined workers. Close it, or use it in ``with``.

    Args:
        task: ``package.module:function`` of a `Task`.
        warm_up: ``package.module:function`` without arguments, called once before any worker is forked.
        limits: what each worker may use.
    """

    def __init__(self, task: str, warm_up: str, limits: Limits) -> None:
        self.limits = limits
        mine, theirs = socket.socketpair()
        environment = {
            "PATH": os.defpath,
            "LC_ALL": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            # A worker is one thread of arithmetic: there are as many workers as processors.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "NUMBA_NUM_THREADS": "1",
        }
        for name in ("PYTHONPATH", "NUMBA_CACHE_DIR", "HOME", "XDG_CACHE_HOME"):
            if name in os.environ:
                environment[name] = os.environ[name]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module under our own interpreter
                [sys.executable, "-m", "consilience.media.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,  # Ctrl-C is for us: we end them in order
            )
        self._channel = Channel(mine)
        self._lock = threading.Lock()
        self._channel.send(REQUEST, msgspec.msgpack.encode(_NurserySetup(task, warm_up, limits)))
        try:
            kind, payload = self._channel.receive()
        except (EOFError, OSError) as error:
            raise ConsilienceError("the sandbox did not start", "Its own message stands above.") from error
        if kind == FAILED:
            raise ConsilienceError(f"the sandbox did not start: {payload.decode('utf-8', 'replace')}")

    def worker(self) -> Worker:
        """Start a confined worker.

        Raises:
            ConsilienceError: it cannot confine itself, or the nursery is gone.
        """
        mine, theirs = socket.socketpair()
        with theirs:
            process = self._asked(REQUEST, file=theirs.fileno())
        try:
            return Worker(self, mine, int.from_bytes(process, "big"))
        except WorkerLost as lost:
            raise ConsilienceError(
                f"a worker did not start: {lost.cause}", "Give it more memory, or end what else uses it."
            ) from lost

    def end_of(self, process: int) -> str:
        """What ended a worker that is gone or just killed: waits for it.

        Raises:
            ConsilienceError: the nursery is gone.
        """
        return self._asked(ASK, process.to_bytes(8, "big")).decode()

    def _asked(self, kind: bytes, payload: bytes = b"", file: int | None = None) -> bytes:
        try:
            with self._lock:
                self._channel.send(kind, payload, file)
                return self._channel.receive()[1]
        except (OSError, EOFError) as error:
            raise ConsilienceError(
                "the sandbox ended", "Run the same command again: it goes on behind the last file on record."
            ) from error

    def close(self) -> None:
        """End the nursery and all its workers."""
        self._channel.close()
        self._process.terminate()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Worker:
    """One confined process that serves one request at a time."""

    def __init__(self, nursery: Nursery, connection: socket.socket, process: int) -> None:
        self._nursery = nursery
        self._process = process
        self._ending = threading.Lock()
        self._reaped = False
        connection.settimeout(nursery.limits.seconds)
        self._channel = Channel(connection)
        kind, payload = self._receive()
        if kind != READY:
            self.close()
            raise ConsilienceError(f"a worker could not confine itself: {payload.decode('utf-8', 'replace')}")
        self.confinement = msgspec.msgpack.decode(payload, type=Confinement)

    def converse(self, file: int, request: bytes, answer: Callable[[bytes], bytes]) -> Iterator[bytes]:
        """Hand an open file in and yield what the worker tells, until it is done.

        Args:
            file: descriptor, open for reading; a copy goes to the worker, the caller closes its own.
            request: the task's own message.
            answer: called with what the worker asks.

        Raises:
            WorkerLost: the worker ended, was ended for lack of progress, met a defect of ours, or broke the
                protocol. It is gone.
            ConsilienceError: the nursery is gone, too.
        """
        try:
            self._channel.send(REQUEST, request, file)
        except OSError:
            raise self._lost(timed_out=False) from None
        while True:
            kind, payload = self._receive()
            if kind == TELL:
                yield payload
            elif kind == ASK:
                reply = answer(payload)
                try:
                    self._channel.send(ANSWER, reply)
                except OSError:
                    raise self._lost(timed_out=False) from None
            elif kind == DONE:
                return
            elif kind == FAILED:
                # One odd file must not keep the others from being examined.
                self.close()
                last = payload.decode("utf-8", "replace").strip().rpartition("\n")[2]
                raise WorkerLost(f"a defect in the examination: {last}", timed_out=False)
            elif kind != ALIVE:
                raise self._lost(timed_out=False)

    def interrupt(self) -> None:
        """End the worker from another thread: whoever converses with it finds it lost."""
        with self._ending:
            if not self._reaped:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self._process, signal.SIGKILL)

    def close(self) -> None:
        """End the worker."""
        self._channel.close()
        self._reap()

    def _receive(self) -> tuple[bytes, bytes]:
        try:
            return self._channel.receive()
        except TimeoutError:
            raise self._lost(timed_out=True) from None
        except (EOFError, OSError):
            raise self._lost(timed_out=False) from None

    def _lost(self, *, timed_out: bool) -> WorkerLost:
        self._channel.close()
        # It may live on, or be stuck.
        return WorkerLost(self._reap(), timed_out=timed_out)

    def _reap(self) -> str:
        with self._ending:
            # Until it is reaped the process number is its own; after that it may be anybody's.
            self._reaped = True
            with contextlib.suppress(ProcessLookupError):  # its nursery is gone, and took it along
                os.kill(self._process, signal.SIGKILL)
            return self._nursery.end_of(self._process)
