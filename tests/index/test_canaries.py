"""The watched index: transparent while it is well, loud and still exact when it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from code_kinds import KINDS, assert_same, clustered, flipped, uniform

from consilience.errors import UsageError
from consilience.index import hamming
from consilience.index.canaries import WatchedIndex
from consilience.index.contract import Hits
from consilience.index.durable import DurableIndex
from consilience.index.hamming import MultiIndex
from consilience.index.linear import LinearIndex


class Losing(MultiIndex):
    """An index that loses the codes of its segments once `losing` is set."""

    losing = False

    def search(self, queries: np.ndarray, radius: int) -> Hits:
        hits = super().search(queries, radius)
        held = np.isin(hits.id, self.state.ids) if self.losing else np.ones(len(hits), dtype=bool)
        return Hits(hits.query[held], hits.id[held], hits.distance[held])


def watched(index: MultiIndex, codes: np.ndarray) -> tuple[WatchedIndex, LinearIndex, list[str]]:
    alarms: list[str] = []
    watching = WatchedIndex(index, lambda: [(np.arange(len(codes)), codes)], alarms.append)
    watching.plant()
    oracle = LinearIndex()
    for held in (watching, oracle):
        held.add(np.arange(len(codes)), codes)
    return watching, oracle, alarms


@pytest.fixture(autouse=True)
def small_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hamming, "TAIL", 500)


@pytest.mark.parametrize("kind", KINDS)
def test_canaries_are_never_seen(kind) -> None:
    draw = np.random.default_rng(1)
    codes = kind(draw, 3000)
    index, oracle, alarms = watched(MultiIndex(), codes)
    asked = flipped(draw, codes[:50], 40)
    for radius in (0, 31, 256):
        assert_same(index.search(asked, radius), oracle.search(asked, radius))
        streamed = list(index.stream(asked, radius))
        assert sum(len(piece) for piece in streamed) == len(oracle.search(asked, radius))
    index.remove(np.arange(2900))
    oracle.remove(np.arange(2900))
    assert_same(index.search(asked[:0], 31), oracle.search(asked[:0], 31))
    assert_same(index.search(asked, 256), oracle.search(asked, 256))
    assert len(index) == len(oracle) == 100
    assert alarms == []
    assert not index.broken


def test_more_codes_have_more_canaries() -> None:
    held = MultiIndex()
    index, _, _ = watched(held, uniform(np.random.default_rng(2), 100_000))
    assert len(index) == 100_000
    assert len(held) - len(index) == 16 + 100_016 // (1 << 14)


def test_a_broken_index_raises_the_alarm_and_answers_exactly() -> None:
    draw = np.random.default_rng(3)
    codes = clustered(draw, 3000)
    losing = Losing()
    index, oracle, alarms = watched(losing, codes)
    asked = flipped(draw, codes[:50], 30)
    losing.losing = True
    assert losing.search(asked, 31).id.tolist() != oracle.search(asked, 31).id.tolist()
    assert_same(index.search(asked, 31), oracle.search(asked, 31))
    assert len(alarms) == 1
    assert "canary" in alarms[0]
    assert index.broken
    assert sum(len(piece) for piece in index.stream(asked, 31)) == len(oracle.search(asked, 31))
    assert_same(index.search(asked, 31), oracle.search(asked, 31))
    assert len(alarms) == 1
    losing.losing = False
    index.plant()
    assert not index.broken
    assert_same(index.search(asked, 31), oracle.search(asked, 31))


def test_canaries_outlive_their_process(tmp_path: Path) -> None:
    alarms: list[str] = []
    codes = uniform(np.random.default_rng(4), 2000)
    for planted in (0, 16):
        with DurableIndex(tmp_path, list) as held:
            index = WatchedIndex(held, list, alarms.append, planted)
            if not planted:
                index.plant()
            index.check()
            index.add(np.arange(2000), codes)
            assert index.search(codes, 3).id.tolist() == list(range(2000))
            assert len(index) == 2000
            assert len(held) == 2016
    assert alarms == []


def test_a_canary_that_is_gone_is_noticed_at_opening() -> None:
    held, alarms = MultiIndex(), list[str]()
    WatchedIndex(held, list, alarms.append).plant()
    index = WatchedIndex(held, list, alarms.append, 16)
    index.check()
    assert not index.broken
    held.remove(np.array([-5]))
    index.check()
    assert index.broken
    assert len(alarms) == 1
    assert "canary -5" in alarms[0]


def test_ids_of_canaries_are_refused() -> None:
    index, _, _ = watched(MultiIndex(), uniform(np.random.default_rng(5), 10))
    with pytest.raises(UsageError, match="below 0"):
        index.add(np.array([3, -1]), np.zeros((2, 32), dtype=np.uint8))
    with pytest.raises(UsageError, match="below 0"):
        index.remove(np.array([-1]))
    with pytest.raises(UsageError):
        index.search(np.zeros((2, 31), dtype=np.uint8), 31)
    with pytest.raises(UsageError):
        index.search(np.zeros((2, 32), dtype=np.uint8), -1)
    assert len(index) == 10
