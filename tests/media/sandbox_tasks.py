"""Tasks that tests run inside the sandbox: what hostile bytes might make a decoder do."""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
import socket
import struct
import subprocess
import threading
import time

from consilience.media import confine
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
    """Try what must not work, or what of it is named; tell each with the error it met, or that it worked."""
    path, *names = request.decode().split("\n")
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
        "fork": lambda: os.fork() or os._exit(0),
        "run": lambda: subprocess.run(["/bin/true"], check=True),
        "signal": lambda: os.kill(os.getppid(), 0),
        "ptrace": lambda: _ptrace(),
        "memory": lambda: bytearray(limits.memory),
        "signal-thread": lambda: _call("tgkill", os.getppid(), os.getppid(), 0),
        "signal-queue": lambda: _call("sigqueue", os.getppid(), 0, None),
        "priority": lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19),
        "affinity": lambda: os.sched_setaffinity(os.getppid(), {0}),
        "ioctl": lambda: fcntl.ioctl(file, 0x40086602, struct.pack("l", 0)),
        "file-attributes": lambda: _call("syscall", 463, file, b"", 0x1000, b"user.a", bytes(16), 16),
        "file-flags": lambda: fcntl.fcntl(file, fcntl.F_SETFL, os.O_NOATIME),
        "file-lock": lambda: fcntl.flock(file, fcntl.LOCK_EX),
        "file-region-lock": lambda: fcntl.lockf(file, fcntl.LOCK_SH),
        "shared-memory": lambda: _call("shmget", 0, 4096, 0o1600),
        "message-queue": lambda: _call("mq_open", b"/consilience", os.O_CREAT | os.O_RDWR, 0o600, None),
        "kernel-log": lambda: _call("klogctl", 10, None, 0),
        "limits": lambda: resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, 1 << 20)),
        "capabilities": lambda: _capabilities(),
    }
    for name in names or acts:
        try:
            acts[name]()
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
            conversation.tell(bytes(65 << 20))


def without_landlock() -> None:
    """A kernel that has none."""
    confine._landlock_own_libraries_only = lambda: 0


def without_seccomp() -> None:
    """What Landlock and the limits hold by themselves."""
    confine._seccomp_deny = lambda: None


def _ptrace() -> None:
    _call("ptrace", 16, os.getppid(), 0, 0)


def _capabilities() -> None:
    held = ctypes.create_string_buffer(24)
    _call("capget", struct.pack("=Ii", 0x20080522, 0), held)
    if not any(held.raw):
        raise PermissionError("none")


def _call(name: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)
