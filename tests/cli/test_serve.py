"""`consilience serve` as a process: its link is good at once, and a port that is taken is said in one line."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from consilience.model.people import Actor
from consilience.services.holdings import Holdings


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    Holdings.create(tmp_path / "held", "test", Actor("owner", "test")).close()
    program = Path(sys.executable).with_name("consilience")
    return [str(program), "serve", str(tmp_path / "held"), "--no-browser", "--port"]


def test_the_link_is_good_as_soon_as_it_is_said_and_an_interrupt_ends_it(command: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen([*command, str(port)], stdout=subprocess.PIPE, text=True) as process:
        # Whatever fails here, it does not wait for a server that nobody ends.
        ended = threading.Timer(60, process.kill)
        ended.start()
        assert process.stdout is not None
        found = re.search(r"http://(\S+)/#enter=", process.stdout.readline())
        assert found is not None
        asking = http.client.HTTPConnection(found[1], timeout=60)
        asking.request("GET", "/api/session")
        assert asking.getresponse().status == 200
        asking.close()
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
        ended.cancel()


def test_a_port_that_is_taken_is_said_in_one_line(command: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run([*command, str(port)], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"cannot listen at 127.0.0.1, port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_answer_does_not_wait_for_the_next_one() -> None:
    """Without TCP_NODELAY each answer of two writes takes 40 ms longer."""
    from consilience.cli.serve import _listening

    with _listening("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP, "asyncio sets TCP_NODELAY on such sockets alone"
