"""Joins against every pair counted, and with Arrow's arrays."""

from __future__ import annotations

import numpy as np
import pytest
from code_kinds import KINDS, clustered, nearly_blank, uniform

from consilience.errors import UsageError
from consilience.index import hamming, segment
from consilience.index import join as joins
from consilience.index.hamming import MultiIndex
from consilience.index.join import Pairs, join, self_join


def every_pair(left: np.ndarray, right: np.ndarray, radius: int) -> set[tuple[int, int, int]]:
    found = set()
    for row, code in enumerate(left):
        distance = np.bitwise_count(right ^ code).sum(axis=1)
        found |= {(row, int(other), int(distance[other])) for other in np.flatnonzero(distance <= radius)}
    return found


def as_list(pieces) -> list[tuple[int, int, int]]:
    return [row for piece in pieces for row in zip(*(column.tolist() for column in piece), strict=True)]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joins, "_BLOCK", 300)
    monkeypatch.setattr(hamming, "TAIL", 500)


@pytest.mark.parametrize("kind", KINDS)
def test_all_pairs_of_two_collections(kind) -> None:
    draw = np.random.default_rng(1)
    codes = kind(draw, 2000)
    left, right = codes[:800], codes[800:]
    index = MultiIndex()
    index.add(np.arange(len(right)) * 2, right)
    told: list[tuple[int, int]] = []
    found = as_list(join(np.arange(800) - 5, left, index, 31, lambda done, of: told.append((done, of))))
    expected = {(row - 5, 2 * other, distance) for row, other, distance in every_pair(left, right, 31)}
    assert len(found) == len(expected)
    assert set(found) == expected
    assert told == [(300, 800), (600, 800), (800, 800)]


@pytest.mark.parametrize("kind", KINDS)
def test_each_pair_of_one_collection_once(kind) -> None:
    codes = kind(np.random.default_rng(2), 1000)
    ids = np.random.default_rng(3).permutation(5000)[:1000]
    found = as_list(self_join(ids, codes, 31))
    expected = {
        (int(ids[a]), int(ids[b]), distance)
        for a, b, distance in every_pair(codes, codes, 31)
        if ids[a] < ids[b]
    }
    assert len(found) == len(expected)
    assert set(found) == expected


def test_pieces_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "_PIECE", 1 << 12)
    monkeypatch.setattr(segment, "_SCAN_ROWS", 1 << 10)
    monkeypatch.setattr(segment, "_SCAN_QUERIES", 4)
    codes = nearly_blank(np.random.default_rng(4), 1500)
    pieces = list(self_join(np.arange(1500), codes, 40))
    assert sum(len(piece.left) for piece in pieces) == 1500 * 1499 // 2
    assert max(len(piece.left) for piece in pieces) <= 1 << 12


def test_wrong_arguments_are_refused_at_once() -> None:
    codes = uniform(np.random.default_rng(5), 3)
    with pytest.raises(UsageError):
        join(np.arange(2), codes, MultiIndex(), 31)
    with pytest.raises(UsageError):
        self_join(np.arange(3), codes, 300)


def test_arrow_columns_go_in_and_out_without_a_copy() -> None:
    arrow = pytest.importorskip("pyarrow")
    codes = clustered(np.random.default_rng(6), 1000)
    column = arrow.array([code.tobytes() for code in codes], type=arrow.binary(32))
    taken = np.frombuffer(column.buffers()[1], dtype=np.uint8).reshape(-1, 32)
    assert (taken == codes).all()
    for piece in self_join(np.arange(1000), taken, 31):
        table = arrow.table(piece._asdict())
        assert table.column("left").chunk(0).buffers()[1].address == piece.left.ctypes.data
        assert Pairs._fields == tuple(table.column_names)
