"""What a worker may do, what it may not, and what becomes of one that misbehaves."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from consilience.errors import ConsilienceError
from consilience.media.sandbox import Nursery, Worker, WorkerLost
from consilience.settings import GiB, Limits

LIMITS = Limits(memory=2 * GiB, seconds=1.0)


@pytest.fixture(autouse=True)
def tasks_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


@pytest.fixture
def exhibit(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    path = tmp_path / "exhibit"
    path.write_bytes(b"garden")
    descriptor = os.open(path, os.O_RDONLY)
    yield path, descriptor
    os.close(descriptor)


def nursery(task: str) -> Nursery:
    return Nursery(f"sandbox_tasks:{task}", "sandbox_tasks:nothing", LIMITS)


def told(worker: Worker, file: int, request: bytes) -> list[bytes]:
    return list(worker.converse(file, request, lambda message: message.upper()))


def test_a_worker_reads_the_open_file_and_may_ask(exhibit: tuple[Path, int]) -> None:
    with nursery("echo") as home:
        worker = home.worker()
        assert told(worker, exhibit[1], b"room") == [b"garden", b"ROOM"]
        assert told(worker, exhibit[1], b"again") == [b"garden", b"AGAIN"]


READS = {"read", "read-etc", "list"}
FILES = {"read", "read-etc", "list", "write", "write-back", "truncate", "unlink", "run", "memory", "ptrace"}


def attempts(file: int, path: Path, layers: str, names: Iterable[str] = ()) -> dict[str, str]:
    request = "\n".join((str(path), *names)).encode()
    with Nursery("sandbox_tasks:attempts", f"sandbox_tasks:{layers}", LIMITS) as home:
        return dict(line.decode().split(": ") for line in told(home.worker(), file, request))


def test_everything_else_is_refused(exhibit: tuple[Path, int]) -> None:
    path, file = exhibit
    results = attempts(file, path, "nothing")
    assert {name for name, result in results.items() if result == "worked"} == set()
    assert results["memory"] == "MemoryError"
    assert len(results) == 31
    assert path.read_bytes() == b"garden"
    assert list(path.parent.iterdir()) == [path]


def test_without_landlock_only_reading_is_possible(exhibit: tuple[Path, int]) -> None:
    path, file = exhibit
    results = attempts(file, path, "without_landlock")
    assert {name for name, result in results.items() if result == "worked"} == READS
    assert path.read_bytes() == b"garden"
    assert list(path.parent.iterdir()) == [path]


def test_landlock_by_itself_closes_the_file_system(exhibit: tuple[Path, int]) -> None:
    path, file = exhibit
    with nursery("echo") as home:
        if home.worker().confinement.landlock == 0:
            pytest.skip("this kernel has no Landlock")
    results = attempts(file, path, "without_seccomp", FILES)
    assert {name for name, result in results.items() if result == "worked"} == set()
    assert set(results) == FILES
    assert path.read_bytes() == b"garden"


def test_what_decoders_need_is_allowed(exhibit: tuple[Path, int]) -> None:
    with nursery("threads") as home:
        assert told(home.worker(), exhibit[1], b"") == [b"wave"]


@pytest.mark.parametrize(
    ("what", "cause", "timed_out"),
    [
        (b"crash", "signal SIGSEGV", False),
        (b"exit", "exit status 3", False),
        (b"hang", "signal SIGKILL", True),
        (b"flood", "signal SIGKILL", False),
        (b"raise", "a defect in the examination: ValueError: a defect", False),
        (b"real-time signal", "signal 40", False),
    ],
)
def test_a_lost_worker_says_why_and_the_next_one_works(
    exhibit: tuple[Path, int], what: bytes, cause: str, timed_out: bool
) -> None:
    with nursery("misbehave") as home:
        with pytest.raises(WorkerLost) as lost:
            told(home.worker(), exhibit[1], what)
        assert (lost.value.cause, lost.value.timed_out) == (cause, timed_out)
        assert told(home.worker(), exhibit[1], b"nothing") == [b"begun"]


def test_progress_renews_the_time_limit(exhibit: tuple[Path, int]) -> None:
    with nursery("misbehave") as home:
        assert told(home.worker(), exhibit[1], b"alive") == [b"begun"]


def test_a_nursery_that_ends_says_so(exhibit: tuple[Path, int]) -> None:
    with nursery("misbehave") as home:
        worker = home.worker()
        home._process.kill()
        home._process.wait()
        with pytest.raises(ConsilienceError, match="the sandbox ended"):
            told(worker, exhibit[1], b"nothing")
        with pytest.raises(ConsilienceError, match="the sandbox ended"):
            home.worker()
        worker.interrupt()


def test_a_nursery_that_cannot_start_says_so() -> None:
    with pytest.raises(ConsilienceError, match="a decoder is missing"):
        Nursery("sandbox_tasks:echo", "sandbox_tasks:unavailable", LIMITS)


def test_closing_leaves_no_process(exhibit: tuple[Path, int]) -> None:
    home = nursery("echo")
    worker = home.worker()
    process = worker._process
    home.close()
    deadline = time.monotonic() + 10
    while _lives(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _lives(process)


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
