"""The index on disk: reopened, crashed, damaged, read by others; always what the oracle holds."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from code_kinds import KINDS, assert_same, few_different, flipped, uniform
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from consilience.errors import HoldingsError
from consilience.index import durable, hamming
from consilience.index.durable import DurableIndex, IndexReader
from consilience.index.files import DamagedError
from consilience.index.linear import LinearIndex
from consilience.index.log import Log, read_log


def nothing() -> list[tuple[np.ndarray, np.ndarray]]:
    return []


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming, "TAIL", 100)
    monkeypatch.setattr(durable, "_BULK", 1000)
    monkeypatch.setattr(durable, "_LOG_SIZE", 5000)


def filled(folder: Path, count: int = 2000) -> LinearIndex:
    """An index with segments, removals, a tail and a log; and the oracle of it."""
    oracle = LinearIndex()
    with DurableIndex(folder, nothing) as index:
        for held in (index, oracle):
            state = np.random.default_rng(1)
            held.add(np.arange(count), few_different(state, count))
            held.add(np.arange(count, 2 * count), uniform(state, count))
            if isinstance(held, DurableIndex):
                held.settle()
            held.remove(np.arange(0, 2 * count, 7))
            held.add(np.arange(50), uniform(state, 50))
            held.remove(np.arange(5))
    return oracle


def contents(oracle: LinearIndex) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The oracle as a store would tell it, in parts."""
    held = oracle._code
    ids = np.array(list(held), dtype=np.int64)
    codes = np.frombuffer(b"".join(held.values()), dtype=np.uint8).reshape(-1, 32)
    for begin in range(0, len(ids), 700):
        yield ids[begin : begin + 700], codes[begin : begin + 700]


def assert_equal(index: DurableIndex | IndexReader, oracle: LinearIndex) -> None:
    codes = np.concatenate([part for _, part in contents(oracle)])
    asked = flipped(np.random.default_rng(2), codes[:: max(1, len(codes) // 40)], 40)
    assert len(index) == len(oracle)
    for radius in (0, 31):
        assert_same(index.search(asked, radius), oracle.search(asked, radius))


def test_what_was_put_in_is_there_when_opened_again(tmp_path: Path) -> None:
    oracle = filled(tmp_path)
    for _ in range(2):
        with DurableIndex(tmp_path, nothing) as index:
            assert_equal(index, oracle)
            for change in (index, oracle):
                change.add(np.arange(3000, 3050), uniform(np.random.default_rng(9), 50))
    assert_equal(IndexReader(tmp_path), oracle)
    names = sorted(path.name.split("-")[0] for path in tmp_path.iterdir())
    assert set(names) <= {"manifest", "lock", "segment", "gone", "log"}
    assert names.count("segment") <= 6


def test_an_index_that_is_not_there_is_made_from_its_source(tmp_path: Path) -> None:
    oracle = filled(tmp_path / "first")
    with DurableIndex(tmp_path / "second", lambda: contents(oracle)) as index:
        assert_equal(index, oracle)
    assert_equal(IndexReader(tmp_path / "second"), oracle)


def test_a_folder_has_one_owner(tmp_path: Path) -> None:
    with DurableIndex(tmp_path, nothing), pytest.raises(HoldingsError, match="in use"):
        DurableIndex(tmp_path, nothing)
    DurableIndex(tmp_path, nothing).close()


def test_a_reader_finds_what_was_just_added(tmp_path: Path) -> None:
    draw = np.random.default_rng(4)
    with pytest.raises(HoldingsError, match="no index"):
        IndexReader(tmp_path)
    with DurableIndex(tmp_path, nothing) as index:
        reader, oracle = IndexReader(tmp_path), LinearIndex()
        for step in range(60):
            ids, codes = draw.integers(0, 500, 40), uniform(draw, 40)
            for held in (index, oracle):
                held.add(ids, codes)
                held.remove(ids[:5])
            if step % 3 == 0:
                assert_same(reader.search(codes, 31), oracle.search(codes, 31))
        assert len(reader) == len(oracle)


@pytest.mark.parametrize("kind", ["manifest", "segment", "gone", "log"])
@pytest.mark.parametrize("how", ["flipped", "cut", "missing", "emptied"])
def test_damage_is_noticed_and_mended_from_the_source(tmp_path: Path, kind: str, how: str) -> None:
    oracle = filled(tmp_path)
    path = max(tmp_path.glob(f"{kind}*"), key=lambda path: path.stat().st_size)
    content = path.read_bytes()
    if how == "flipped":
        place = len(content) // 3
        content = content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :]
    path.write_bytes(content[: len(content) // 2] if how == "cut" else content if how == "flipped" else b"")
    if how == "missing":
        path.unlink()
    noticed = False
    try:
        reader = IndexReader(tmp_path)
        assert len(reader) >= 0
    except HoldingsError:
        noticed = True
    with DurableIndex(tmp_path, lambda: contents(oracle)) as index:
        try:
            sum(index.verify())
        except DamagedError:
            noticed = True
            index.rebuild()
        assert noticed
        assert_equal(index, oracle)
        assert sum(index.verify()) > 0
    assert_equal(IndexReader(tmp_path), oracle)


@pytest.mark.parametrize("name", ["codes", "starts", "checks", "lows", "highs", "ids"])
def test_a_search_survives_damaged_arrays(tmp_path: Path, name: str) -> None:
    """Whatever a disk does to a mapped segment, it must not take the process with it."""
    from consilience.index import segment_file

    filled(tmp_path)
    path = max(tmp_path.glob("segment*"), key=lambda path: path.stat().st_size)
    header, mapped = segment_file._opened(path)
    array = next(array for array in header.arrays if array.name == name)
    start = path.stat().st_size - len(mapped)
    with path.open("r+b") as file:
        file.seek(start + array.offset)
        file.write(np.random.default_rng(0).bytes(array.size))
    asked = uniform(np.random.default_rng(5), 600)
    if name == "starts":
        with pytest.raises(DamagedError):
            IndexReader(tmp_path)
    else:
        for radius in (0, 31, 47):
            IndexReader(tmp_path).search(asked, radius)
        with DurableIndex(tmp_path, nothing) as index, pytest.raises(DamagedError, match=name):
            sum(index.verify())


class Life(RuleBasedStateMachine):
    """Changes, checkpoints, openings and crashes in any order."""

    folder: Path

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.draw = np.random.default_rng(seed)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.number = 0
        self.index, self.oracle = DurableIndex(self.place, nothing, threads=1), LinearIndex()
        self.seen = uniform(self.draw, 1)

    @property
    def place(self) -> Path:
        return self.folder / str(self.number)

    @rule(count=st.integers(0, 60), kind=st.sampled_from(KINDS), span=st.sampled_from([50, 10**6]))
    def add(self, count: int, kind, span: int) -> None:
        ids, codes = self.draw.integers(-span, span, count), kind(self.draw, count)
        self.index.add(ids, codes)
        self.oracle.add(ids, codes)
        self.seen = np.concatenate([self.seen[-20:], codes[:20]])

    @rule()
    def add_many(self) -> None:
        ids, codes = self.draw.integers(0, 10**5, 1500), uniform(self.draw, 1500)
        self.index.add(ids, codes)
        self.oracle.add(ids, codes)

    @rule(count=st.integers(1, 60))
    def remove(self, count: int) -> None:
        ids = self.draw.integers(-50, 50, count)
        self.index.remove(ids)
        self.oracle.remove(ids)

    @rule()
    def checkpoint(self) -> None:
        self.index.checkpoint()

    @rule()
    def open_again(self) -> None:
        self.index.close()
        self.index = DurableIndex(self.place, nothing, threads=1)

    @rule(torn=st.integers(0, 200))
    def crash(self, torn: int) -> None:
        """What is on disk at this moment goes on, with the beginning of an append that never returned."""
        before, self.number = self.place, self.number + 1
        self.index.settle()
        shutil.copytree(before, self.place)
        self.index.close()
        last = max(self.place.glob("log-*"), key=lambda path: int(path.name.split("-")[1]))
        whole = last.stat().st_size
        log = Log(last, whole)
        log.append(np.arange(5), uniform(self.draw, 5))
        log.close()
        os.truncate(last, min(whole + torn, last.stat().st_size - 1))
        self.index = DurableIndex(self.place, nothing, threads=1)

    @rule(radius=st.sampled_from([0, 20, 31, 60]))
    def search(self, radius: int) -> None:
        asked = flipped(self.draw, self.seen, 40)
        assert_same(self.index.search(asked, radius), self.oracle.search(asked, radius))
        assert len(self.index) == len(self.oracle)

    def teardown(self) -> None:
        if hasattr(self, "index"):
            self.index.close()


def test_any_life_ends_with_what_the_oracle_holds(tmp_path: Path) -> None:
    Life.folder = tmp_path
    run_state_machine_as_test(Life, settings=settings(max_examples=15, stateful_step_count=25, deadline=None))


WRITER = """
import sys, numpy as np
from pathlib import Path
from consilience.index import durable, hamming
from consilience.index.durable import DurableIndex
hamming.TAIL, durable._BULK, durable._LOG_SIZE = 100, 400, 20_000
draw = np.random.default_rng(int(sys.argv[2]))
index = DurableIndex(Path(sys.argv[1]), list)
begin = int(sys.argv[3])
print("open", flush=True)
while True:
    count = int(draw.integers(1, 600))
    ids = np.arange(begin, begin + count)
    index.add(ids, np.repeat(ids.astype("<u8").view(np.uint8).reshape(-1, 8), 4, axis=1))
    begin += count
    print(begin, flush=True)
"""


def killed_lives(folder: Path, lives: int) -> None:
    acknowledged = 0
    for life in range(lives):
        program = [sys.executable, "-c", WRITER, str(folder), str(life), str(acknowledged)]
        with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "open\n"
            time.sleep(random.Random(life).uniform(0.01, 0.6))
            writer.send_signal(signal.SIGKILL)
            lines = writer.stdout.read().split("\n")
        acknowledged = max([acknowledged, *(int(line) for line in lines[:-1])])
        reader = IndexReader(folder)
        ids = np.arange(acknowledged)
        codes = np.repeat(ids.astype("<u8").view(np.uint8).reshape(-1, 8), 4, axis=1)
        hits = reader.search(codes, 0)
        assert np.array_equal(hits.id, ids), "an acknowledged code is missing, or there twice"


def test_what_was_acknowledged_survives_being_killed(tmp_path: Path) -> None:
    killed_lives(tmp_path, 3)


@pytest.mark.long
def test_what_was_acknowledged_survives_being_killed_often(tmp_path: Path) -> None:
    killed_lives(tmp_path, 40)


def test_a_log_cut_anywhere_keeps_its_whole_records(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    ends = []
    for count in (1, 0, 3):
        log.append(np.arange(count), uniform(np.random.default_rng(count), count))
        ends.append(log.size)
    log.append(np.arange(2), None)
    ends.append(log.size)
    log.close()
    content = (tmp_path / "log").read_bytes()
    for length in range(len(content) + 1):
        (tmp_path / "log").write_bytes(content[:length] + b"\xff" * (length % 3))
        found = [end for _, end in read_log(tmp_path / "log")]
        assert found == [end for end in ends if end <= length]
    for place in range(ends[2]):
        (tmp_path / "log").write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(DamagedError):
            list(read_log(tmp_path / "log"))
