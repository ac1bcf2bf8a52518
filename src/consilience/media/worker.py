"""The nursery process, and the workers forked from it. Started by `consilience.media.sandbox` only."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn, cast

import msgspec

from consilience.media import sandbox
from consilience.media.confine import confine, die_with_parent
from consilience.media.memory import keep_freed_memory
from consilience.media.sandbox import Channel, Task
from consilience.settings import Limits


def main() -> None:
    """Load everything, then fork a confined worker at each request."""
    die_with_parent()
    control = Channel(socket.socket(fileno=int(sys.argv[1])))
    _, payload = control.receive()
    setup = msgspec.msgpack.decode(payload, type=sandbox._NurserySetup)
    # Decoders write warnings to the standard error; it is the person's screen. What fails goes the other way.
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 2)
    os.close(silent)
    keep_freed_memory()
    try:
        task = cast(Task, _named(setup.task))
        cast(Callable[[], None], _named(setup.warm_up))()
    except Exception as error:  # whatever it is, it goes to the person who started us
        control.send(sandbox.FAILED, f"{type(error).__name__}: {error}".encode())
        return
    control.send(sandbox.READY)
    gc.freeze()  # shared pages stay shared: workers do not touch what was loaded before
    while True:
        try:
            kind, payload, file = control.receive_with_file()
        except EOFError:
            return
        if kind == sandbox.ASK:
            control.send(sandbox.ANSWER, _reap(int.from_bytes(payload, "big")).encode())
            continue
        process = os.fork()
        if process == 0:
            control.close()
            _serve(Channel(socket.socket(fileno=file)), task, setup.limits)
        os.close(file)
        control.send(sandbox.ANSWER, process.to_bytes(8, "big"))


def _named(name: str) -> object:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _reap(process: int) -> str:
    try:
        _, status = os.waitpid(process, 0)
    except ChildProcessError:
        return "ended before"
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"exit status {code}"
    # The real-time signals between the first and the last have no name.
    return f"signal {signal.Signals(-code).name if -code in set(signal.Signals) else -code}"


class _Conversation:
    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def tell(self, message: bytes) -> None:
        self._channel.send(sandbox.TELL, message)

    def ask(self, message: bytes) -> bytes:
        self._channel.send(sandbox.ASK, message)
        return self._channel.receive()[1]

    def alive(self) -> None:
        self._channel.send(sandbox.ALIVE)


def _serve(channel: Channel, task: Task, limits: Limits) -> NoReturn:
    """The life of a worker; never returns into the nursery's code."""
    try:
        die_with_parent()
        try:
            confinement = confine(limits.memory)
        except Exception as error:
            channel.send(sandbox.FAILED, f"{type(error).__name__}: {error}".encode())
            raise
        channel.send(sandbox.READY, msgspec.msgpack.encode(confinement))
        conversation = _Conversation(channel)
        while True:
            _, request, file = channel.receive_with_file()
            try:
                task(file, request, limits, conversation)
                channel.send(sandbox.DONE)
            except Exception:
                channel.send(sandbox.FAILED, traceback.format_exc(limit=-4)[-4000:].encode())
            finally:
                with contextlib.suppress(OSError):
                    os.close(file)
    except (EOFError, OSError):
        os._exit(0)
    except BaseException:
        os._exit(70)


if __name__ == "__main__":
    main()
