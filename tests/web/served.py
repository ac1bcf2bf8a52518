"""`consilience serve` as a process of its own, as people run it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def process(folder: Path, port: int, *options: str) -> Iterator[str]:
    """Serve holdings until the end of the block, once somebody can connect; gives the first line it says."""
    program = Path(sys.executable).with_name("consilience")
    command = [str(program), "serve", str(folder), "--no-browser", "--port", str(port), *options]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert running.stdout is not None
        said = running.stdout.readline()
        while running.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        assert running.poll() is None, said + running.stdout.read()
        yield said
    finally:
        running.terminate()
        running.wait(30)
