"""The run on this machine: order, early leaving, defects of ours."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from consilience.evidence.folder import FolderSource
from consilience.model.examination import Examination, FileReport
from consilience.model.problems import Problem, ProblemCode
from consilience.runs.local import LocalExecutor
from consilience.services.execution import Arrival
from consilience.settings import GiB, Limits


class Wants:
    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.asked: list[bytes] = []
        self.examined: dict[bytes, Examination] = {}
        self._lock = threading.Lock()

    def wanted(self, report: FileReport) -> bool:
        assert report.digests is not None
        with self._lock:
            self.asked.append(report.digests.sha256)
            return self.asked.count(report.digests.sha256) == 1

    def arrived(self, report: FileReport) -> None:
        assert report.digests is not None
        assert report.examination is not None
        assert report.digests.sha256 not in self.examined
        self.examined[report.digests.sha256] = report.examination

    def failed(self, error: Exception) -> None:
        self.failures.append(error)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[FolderSource]:
    for number in range(40):
        (tmp_path / f"{number:02}.txt").write_text("x" * number)
    source = FolderSource(tmp_path)
    yield source
    source.close()


def task(name: str, monkeypatch: pytest.MonkeyPatch, seconds: float = 3600) -> LocalExecutor:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setattr("consilience.services.examination.TASK", f"run_tasks:{name}")
    monkeypatch.setattr("consilience.services.examination.WARM_UP", "run_tasks:nothing")
    return LocalExecutor(Limits(seconds=seconds), workers=3)


def within(seconds: float, act: threading.Thread) -> bool:
    act.start()
    act.join(seconds)
    return not act.is_alive()


def test_reports_leave_in_the_order_of_the_files(
    source: FolderSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    with task("slow_when_short", monkeypatch) as executor:
        arrivals = list(executor.examine(source.files(), source.open, Wants()))
    sizes = [arrival.report.size for arrival in arrivals]
    assert sizes == list(range(40))
    assert all(arrival.last for arrival in arrivals)


def test_leaving_early_waits_for_no_worker(source: FolderSource, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[Arrival] = []

    def leave() -> None:
        with task("hang_after_first", monkeypatch) as executor:
            arrivals = executor.examine(source.files(), source.open, Wants())
            left.append(next(iter(arrivals)))
            arrivals.close()

    assert within(60, threading.Thread(target=leave, daemon=True))
    assert len(left) == 1


def test_a_defect_of_ours_ends_one_file(source: FolderSource, monkeypatch: pytest.MonkeyPatch) -> None:
    with task("defective", monkeypatch) as executor:
        arrivals = list(executor.examine(source.files(), source.open, Wants()))
    problems = {number: one.report.problem for number, one in enumerate(arrivals) if one.report.problem}
    assert problems == {20: Problem(ProblemCode.CRASHED, "a defect in the examination: ValueError: ours")}


def test_an_archive_that_brings_down_worker_after_worker_ends(
    source: FolderSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    with task("crashing_members", monkeypatch) as executor:
        arrivals = list(executor.examine(itertools.islice(source.files(), 1), source.open, Wants()))
    assert [arrival.report.steps[0].ordinal for arrival in arrivals[:-1]] == list(range(20))
    assert {arrival.report.problem for arrival in arrivals} == {Problem(ProblemCode.CRASHED, "exit status 3")}
    assert arrivals[-1].last
    assert arrivals[-1].report.digests is not None


def test_reports_far_ahead_wait_and_all_come(source: FolderSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consilience.runs.local._REPORTS_AHEAD", 1)
    arrived: list[Arrival] = []

    def run() -> None:
        with task("many_members", monkeypatch) as executor:
            arrived.extend(executor.examine(source.files(), source.open, Wants()))

    assert within(60, threading.Thread(target=run, daemon=True))
    assert len(arrived) == 40 * 6
    assert [arrival.found.size for arrival in arrived if arrival.last] == list(range(40))


def test_what_speaks_out_of_turn_is_not_believed(
    source: FolderSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = Wants()
    with task("liar", monkeypatch) as executor:
        arrivals = list(executor.examine(source.files(), source.open, watcher))
    assert len([arrival for arrival in arrivals if arrival.last]) == 40
    for number, arrival in enumerate(arrivals):
        said = arrival.report
        problem = said.problem or (said.examination and said.examination.problem)
        assert problem is not None, number
        assert problem.code == "crashed", number
    # What was claimed is answered for, and by nothing that a liar said of it.
    assert set(watcher.examined) == set(watcher.asked)
    assert all(one.problem is not None for one in watcher.examined.values())


def test_a_claim_ends_with_the_file_that_made_it(
    source: FolderSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = Wants()
    with task("claims_another", monkeypatch) as executor:
        list(executor.examine(source.files(), source.open, watcher))
    assert set(watcher.examined) == set(watcher.asked)
    assert all(watcher.examined[n.to_bytes(32)].width == n for n in range(1, 39))


def test_who_is_lost_after_no_leaves_the_examination_to_its_owner(
    source: FolderSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = Wants()
    with task("lost_unwanted", monkeypatch) as executor:
        arrivals = list(executor.examine(source.files(), source.open, watcher))
    assert len(arrivals) == 40
    assert [one.width for one in watcher.examined.values()] == [5]
    assert sum(arrival.report.examination is not None for arrival in arrivals) == 1
    assert sum(arrival.report.problem is None for arrival in arrivals) == 1


def test_what_does_not_fit_in_memory_is_said_with_its_digests(tmp_path: Path) -> None:
    size = 400 << 20
    with open(tmp_path / "large.png", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR")
        file.truncate(size)
    (tmp_path / "zz.txt").write_text("garden")
    source = FolderSource(tmp_path)
    with LocalExecutor(Limits(memory=GiB), workers=1) as executor:
        large, small = executor.examine(source.files(), source.open, Wants())
    source.close()
    assert large.report.digests is not None
    assert large.report.examination is not None
    assert large.report.examination.problem is not None
    assert large.report.examination.problem.code == "limit-memory"
    assert small.report.problem is None
