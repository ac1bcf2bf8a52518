"""Indexes in step with the records: whatever was interrupted, damaged or brought back, a search is a scan's."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from indexed import (
    KINDS,
    Killed,
    add_pictures,
    assert_in_step,
    examine_again,
    expected_of,
    import_edition,
    killed,
    searches,
)
from world import ACTOR, encoded, make_holdings, picture, take_in

from consilience.index import durable, hamming, log
from consilience.index.canaries import Watched
from consilience.model.lists import Role
from consilience.runs.local import LocalExecutor
from consilience.services import lists
from consilience.services.code_index import ENTRIES, HELD, CodeIndex, CodeReader, Trouble, drop_indexes
from consilience.services.holdings import Holdings
from consilience.services.notices import notices_of_case
from consilience.store import journal

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming, "TAIL", 100)
    monkeypatch.setattr(durable, "_BULK", 400)
    monkeypatch.setattr(durable, "_LOG_SIZE", 5000)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty") / "holdings"
    make_holdings(folder, "C1").close()
    return folder


@pytest.fixture
def single(empty: Path, tmp_path: Path) -> Iterator[Holdings]:
    """Holdings in a file."""
    shutil.copytree(empty, tmp_path / "single")
    with Holdings.open(tmp_path / "single") as holdings:
        yield holdings


class InStep(RuleBasedStateMachine):
    """Records change, indexes follow or are cut off at any write of theirs; then they are opened again."""

    template: Path
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.template, self.folder)
        self.holdings = Holdings.open(self.folder)
        self.indexes: list[CodeIndex] = []
        self.open()

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.draw = np.random.default_rng(seed)

    def open(self) -> None:
        self.indexes = [CodeIndex(self.holdings, kind) for kind in KINDS]

    @rule(count=st.integers(1, 90), then=st.booleans())
    def pictures_come(self, count: int, then: bool) -> None:
        with self.holdings.database.write() as connection:
            add_pictures(connection, self.draw, count)
            for index in self.indexes:
                assert_in_step(index.as_of(connection), index, connection, self.draw)
        if then:
            self.indexes_follow()

    @rule(count=st.integers(1, 5))
    def pictures_are_examined_again(self, count: int) -> None:
        with self.holdings.database.write() as connection:
            examine_again(connection, self.draw, count)
            for index in self.indexes:
                assert_in_step(index.as_of(connection), index, connection, self.draw)

    @rule(kept=st.integers(0, 40), new=st.integers(0, 60), then=st.booleans())
    def a_list_has_another_edition(self, kept: int, new: int, then: bool) -> None:
        with self.holdings.database.write() as connection:
            import_edition(connection, self.draw, kept, new)
        if then:
            self.indexes_follow()

    @rule(count=st.integers(1, 30))
    def a_transaction_is_taken_back(self, count: int) -> None:
        with pytest.raises(Killed), self.holdings.database.write() as connection:
            add_pictures(connection, self.draw, count)
            for index in self.indexes:
                assert_in_step(index.as_of(connection), index, connection, self.draw)
            raise Killed

    @rule()
    def indexes_follow(self) -> None:
        for index in self.indexes:
            index.follow()

    @rule(after=st.integers(0, 6))
    def a_following_is_cut_off(self, after: int) -> None:
        with killed(log, after):
            for index in self.indexes:
                index.follow()
        self.end_and_begin()

    @rule()
    def end_and_begin(self) -> None:
        """As a killed process leaves it: nothing is written any more, and the lock is free."""
        for index in self.indexes:
            index._durable._index.settle()
            index._durable._saver.shutdown()
            index._durable._owned.close()
        self.open()
        with self.holdings.database.read() as connection:
            for index in self.indexes:
                assert_in_step(index.as_of(connection), index, connection, self.draw)
                # Not only laid over it: taken in.
                assert journal.since(connection, index._codes.what, index._moment) == []

    @rule()
    def close_and_open(self) -> None:
        for index in self.indexes:
            index.close()
        self.open()

    def teardown(self) -> None:
        self.end_and_begin()
        for index in self.indexes:
            assert index.troubles == []
            index.close()
        self.holdings.close()


def test_an_index_is_in_step_whatever_is_cut_off(empty: Path, tmp_path: Path) -> None:
    InStep.template, InStep.folder = empty, tmp_path / "machine"
    run_state_machine_as_test(
        InStep, settings=settings(max_examples=8, stateful_step_count=25, deadline=None, print_blob=True)
    )


def test_it_is_the_same_on_every_database(holdings: Holdings) -> None:
    draw = np.random.default_rng(1)
    for step in range(4):
        with CodeIndex(holdings, HELD) as held, CodeIndex(holdings, ENTRIES) as entries:
            with holdings.database.write() as connection:
                add_pictures(connection, draw, 150)
                import_edition(connection, draw, 20 * step, 80)
                examine_again(connection, draw, 5)
                assert_in_step(held.as_of(connection), held, connection, draw)
                assert_in_step(entries.as_of(connection), entries, connection, draw)
            if step % 2:
                held.follow()
                entries.follow()
        with CodeReader(holdings, HELD).read() as (connection, searched):
            assert_in_step(searched, held, connection, draw)


def test_a_kept_index_is_not_made_again(single: Holdings, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(2)
    with CodeIndex(single, HELD) as index:
        with single.database.write() as connection:
            add_pictures(connection, draw, 1000)
        index.follow()
    reads: list[object] = []
    read = HELD.read
    spied = HELD._replace(read=lambda connection, within: reads.append(within) or read(connection, within))
    with CodeIndex(single, spied) as index:
        assert reads == []
        with single.database.write() as connection:
            add_pictures(connection, draw, 10)
        index.follow()
    assert reads == [[(1001, 1010)]]


def test_records_brought_back_from_a_backup_are_noticed(single: Holdings, tmp_path: Path) -> None:
    """Also when as much was recorded since as had been before."""
    draw = np.random.default_rng(3)
    with CodeIndex(single, HELD) as index:
        with single.database.write() as connection:
            add_pictures(connection, draw, 300)
        index.follow()
    single.close()
    files = sorted(single.folder.glob("consilience.sqlite*"))
    for path in files:
        shutil.copy(path, tmp_path)
    with Holdings.open(single.folder) as advanced, CodeIndex(advanced, HELD) as index:
        with advanced.database.write() as connection:
            add_pictures(connection, draw, 300)
        index.follow()
    for path in single.folder.glob("consilience.sqlite*"):
        path.unlink()
    for path in files:
        shutil.copy(tmp_path / path.name, path)
    with Holdings.open(single.folder) as again:
        with CodeReader(again, HELD).read() as (connection, searched):
            assert_in_step(searched, index, connection, draw)
        with again.database.write() as connection:
            add_pictures(connection, draw, 300)
        with CodeReader(again, HELD).read() as (connection, searched):
            assert_in_step(searched, index, connection, draw)
        with CodeIndex(again, HELD) as index, again.database.read() as connection:
            assert_in_step(index.as_of(connection), index, connection, draw)
            assert len(index._watched) == len(expected_of(HELD, connection)[0])


def test_an_imported_list_is_in_its_index_at_once(single: Holdings, tmp_path: Path) -> None:
    draw, reader = np.random.default_rng(9), CodeReader(single, ENTRIES)
    for count in (30, 20):
        path = tmp_path / f"{count}.txt"
        path.write_text("".join(f"{draw.bytes(32).hex()}\n" for _ in range(count)))
        lists.import_list(single, ACTOR, path, name="near", role=Role.ALERT, format="pdq")
        with reader.read() as (connection, searched):
            ids, codes = expected_of(ENTRIES, connection)
            assert len(ids) == count
            assert isinstance(searched, Watched)  # nothing is laid over it
            searches(searched, ids, codes, draw)


def test_dropped_indexes_leave_nothing_and_are_made_again(single: Holdings) -> None:
    draw, reader = np.random.default_rng(8), CodeReader(single, HELD)
    with CodeIndex(single, HELD) as index:
        with single.database.write() as connection:
            add_pictures(connection, draw, 300)
        index.follow()
    for _ in range(2):
        with reader.read() as (connection, searched):
            assert_in_step(searched, index, connection, draw)
        drop_indexes(single)
        assert not (single.folder / "index").exists()
    assert reader.alarm is None
    with CodeIndex(single, HELD) as index, single.database.read() as connection:
        assert isinstance(index.as_of(connection), Watched)
        assert_in_step(index.as_of(connection), index, connection, draw)
    with reader.read() as (connection, searched):
        assert isinstance(searched, Watched)


def damage(folder: Path) -> None:
    """Overwrite the codes of every segment where they lie, mapped or not."""
    from consilience.index.segment_file import _opened

    paths = list(folder.glob("segment-*"))
    assert paths
    for path in paths:
        header, mapped = _opened(path)
        (codes,) = (one for one in header.arrays if one.name == "codes")
        start = path.stat().st_size - len(mapped)
        with path.open("r+b") as file:
            file.seek(start + codes.offset)
            file.write(os.urandom(codes.size))


def test_damage_under_a_running_index_raises_the_alarm_and_answers_stay_right(single: Holdings) -> None:
    draw = np.random.default_rng(4)
    with CodeIndex(single, HELD) as index:
        with single.database.write() as connection:
            add_pictures(connection, draw, 1000)
        index.follow()
    with CodeIndex(single, HELD) as index:
        damage(single.folder / "index" / HELD.name)
        with single.database.write() as connection:
            add_pictures(connection, draw, 10)
            assert_in_step(index.as_of(connection), index, connection, draw)
        assert [told.trouble for told in index.troubles] == [Trouble.MISSED_A_CANARY]
        index.follow()
        with single.database.write() as connection:
            add_pictures(connection, draw, 10)
            assert_in_step(index.as_of(connection), index, connection, draw)
        with CodeReader(single, HELD).read() as (connection, searched):
            assert_in_step(searched, index, connection, draw)
    with CodeIndex(single, HELD) as index, single.database.read() as connection:
        assert index.troubles == []
        assert isinstance(index.as_of(connection), Watched)
        assert_in_step(index.as_of(connection), index, connection, draw)


def test_damage_is_found_at_opening_too(single: Holdings) -> None:
    draw = np.random.default_rng(5)
    with CodeIndex(single, HELD) as index:
        with single.database.write() as connection:
            add_pictures(connection, draw, 1000)
        index.follow()
    damage(single.folder / "index" / HELD.name)
    reader = CodeReader(single, HELD)
    with reader.read() as (connection, searched):
        assert_in_step(searched, index, connection, draw)
    assert reader.alarm
    with CodeIndex(single, HELD) as index, single.database.read() as connection:
        assert [told.trouble for told in index.troubles] == [Trouble.MISSED_A_CANARY]
        assert isinstance(index.as_of(connection), Watched)
        assert_in_step(index.as_of(connection), index, connection, draw)
    (single.folder / "index" / HELD.name / "manifest").write_bytes(b"nothing of the kind")
    with CodeIndex(single, HELD) as index, single.database.read() as connection:
        assert [told.trouble for told in index.troubles] == [Trouble.DAMAGED]
        assert_in_step(index.as_of(connection), index, connection, draw)


def test_an_alarm_is_told_to_the_people_of_every_case(
    holdings: Holdings, executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hamming, "TAIL", 4)
    images = {seed: encoded(picture(seed), "PNG") for seed in range(12)}
    for exhibit, seeds in {"E1": range(8), "E2": range(4, 12)}.items():
        (tmp_path / exhibit).mkdir()
        for seed in seeds:
            (tmp_path / exhibit / f"{exhibit}-{seed}.png").write_bytes(images[seed])
    take_in(holdings, executor, tmp_path / "E1")
    assert notices_of_case(holdings, ACTOR, "C1") == []
    damage(holdings.folder / "index" / HELD.name)
    take_in(holdings, executor, tmp_path / "E2", exhibit="E2")
    for case in ("C1", "C2"):
        (notice,) = notices_of_case(holdings, ACTOR, case)
        assert notice.kind == Trouble.MISSED_A_CANARY
        assert HELD.name in notice.text
    with CodeIndex(holdings, HELD) as index, holdings.database.read() as connection:
        assert index.troubles == []
        assert_in_step(index.as_of(connection), index, connection, np.random.default_rng(6))


def test_readers_are_exact_while_a_writer_is_killed_again_and_again(single: Holdings) -> None:
    """The writer is a process of its own; what it committed is found at once, in its index or not."""
    reader, draw = CodeReader(single, HELD), np.random.default_rng(7)
    counts = [0]
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, str(HERE / "indexed.py"), str(single.folder)],
            env=os.environ | {"PYTHONPATH": str(HERE)},
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        for _ in range(draw.integers(2, 5)):
            assert process.stdout.readline() == b"committed\n"
            with reader.read() as (connection, searched):
                ids, codes = expected_of(HELD, connection)
                counts.append(len(ids))
                searches(searched, ids, codes, draw)
        time.sleep(draw.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        with reader.read() as (connection, searched):
            searches(searched, *expected_of(HELD, connection), draw)
    assert reader.alarm is None
    assert counts[-1] > 100
    with CodeIndex(single, HELD) as index, single.database.read() as connection:
        assert index.troubles == []
        assert_in_step(index.as_of(connection), index, connection, draw)
