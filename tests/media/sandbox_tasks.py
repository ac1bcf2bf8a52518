"""Tasks that tests run inside the sandbox: what hostile bytes might make a decoder do."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import threading
import time

from consilience.media.sandbox import Conversation
from consilience.settings import Limits


def nothing() -> None:
    """Warm up nothing."""


def unavailable() -> None:
    """Fail to warm up."""
    raise RuntimeError("a decoder is missing")


def echo(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    conversation.tell(os.pread(file, 100, 0))
    conversation.tell(conversation.ask(request))


def attempts(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    """Try what must not work; tell each with the error it met, or that it worked."""
    path = request.decode()
    acts = {
        "read": lambda: open(path, "rb").read(),
        "read-etc": lambda: open("/etc/passwd", "rb").read(),
        "list": lambda: os.listdir(os.path.dirname(path)),
        "write": lambda: open(path + ".new", "wb"),
        "write-back": lambda: os.open(f"/proc/self/fd/{file}", os.O_RDWR),
        "truncate": lambda: os.truncate(path, 0),
        "ftruncate": lambda: os.ftruncate(file, 0),
        "unlink": lambda: os.unlink(path),
        "chmod": lambda: os.chmod(path, 0o777),
        "touch": lambda: os.utime(file),
        "socket": lambda: socket.socket(),
        "socket-unix": lambda: socket.socketpair(),
        "fork": lambda: os.fork(),
        "run": lambda: subprocess.run(["/bin/true"], check=True),
        "signal": lambda: os.kill(os.getppid(), signal.SIGTERM),
        "ptrace": lambda: _ptrace(),
        "memory": lambda: bytearray(limits.memory),
    }
    for name, act in acts.items():
        try:
            act()
        except BaseException as error:
            conversation.tell(f"{name}: {type(error).__name__}".encode())
        else:
            conversation.tell(f"{name}: worked".encode())


def threads(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    """Threads and libraries are allowed: decoders need them."""
    import wave  # a module that nothing has loaded yet

    results: list[str] = []
    thread = threading.Thread(target=lambda: results.append(wave.__name__))
    thread.start()
    thread.join()
    conversation.tell(results[0].encode())


def misbehave(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    conversation.tell(b"begun")
    match request:
        case b"crash":
            ctypes.string_at(0)
        case b"exit":
            os._exit(3)
        case b"hang":
            time.sleep(3600)
        case b"alive":
            for _ in range(8):
                time.sleep(limits.seconds / 4)
                conversation.alive()
        case b"raise":
            raise ValueError("a defect")
        case b"real-time signal":
            signal.pthread_kill(threading.get_ident(), 40)
        case b"flood":
            conversation.tell(bytes(5 << 20))


def _ptrace() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, os.getppid(), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")
