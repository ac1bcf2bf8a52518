"""Timed codes: what goes in comes out, in few bytes; runs lose nothing; no bytes make the reader do worse
than refuse."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.model.footage import TimedCodes, decode_codes, encode_codes

GOLDEN = Path(__file__).parents[1] / "golden" / "timed-codes" / "1"


@st.composite
def moments(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, codes and qualities, with codes that repeat."""
    count = draw(st.integers(0, 40))
    times = draw(st.lists(st.integers(-(10**9), 10**13), min_size=count, max_size=count))
    kinds = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    quality = draw(st.lists(st.sampled_from([0, 49, 50, 100]), min_size=count, max_size=count))
    codes = np.array([[kind] * 4 for kind in kinds], np.uint8).reshape(count, 4)
    return np.array(times, np.int64), codes, np.array(quality, np.uint8)


def same(one: TimedCodes, other: TimedCodes) -> bool:
    pairs = zip(
        (one.begins, one.ends, one.codes, one.qualities),
        (other.begins, other.ends, other.codes, other.qualities),
        strict=True,
    )
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in pairs)


def held_at(codes: TimedCodes, time: int) -> set[tuple[bytes, int]]:
    """By looking at every run: what the fingerprint says of a moment."""
    return {
        (codes.codes[row].tobytes(), int(codes.qualities[row]))
        for row in range(len(codes))
        if codes.begins[row] <= time <= codes.ends[row]
    }


@given(moments())
def test_what_is_encoded_is_decoded(given_moments: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    codes = TimedCodes.of(*given_moments)
    assert same(decode_codes(encode_codes(codes)), codes)


@given(moments())
def test_every_moment_still_has_its_code_and_neighbours_differ(
    given_moments: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    times, values, qualities = given_moments
    codes = TimedCodes.of(times, values, qualities)
    for time, value, quality in zip(times.tolist(), values, qualities.tolist(), strict=True):
        assert (value.tobytes(), quality) in held_at(codes, time)
    for row in range(1, len(codes)):
        assert codes.begins[row] >= codes.begins[row - 1]
        changed = (codes.codes[row] != codes.codes[row - 1]).any()
        assert changed or codes.qualities[row] != codes.qualities[row - 1]


@given(moments(), moments())
def test_a_later_pass_takes_nothing_away(
    first: tuple[np.ndarray, np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    both = TimedCodes.of(*first).merged(TimedCodes.of(*second))
    for times, values, qualities in (first, second):
        for time, value, quality in zip(times.tolist(), values, qualities.tolist(), strict=True):
            assert (value.tobytes(), quality) in held_at(both, time)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        decode_codes(data)


@given(moments(), st.data())
def test_changed_bytes_are_refused_or_read_in_order(
    given_moments: tuple[np.ndarray, np.ndarray, np.ndarray], data: st.DataObject
) -> None:
    encoded = bytearray(encode_codes(TimedCodes.of(*given_moments)))
    for _ in range(3):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    try:
        codes = decode_codes(bytes(encoded))
    except ValueError:
        return
    assert (codes.begins[1:] >= codes.begins[:-1]).all()
    assert (codes.ends >= codes.begins).all()


def test_an_even_pace_takes_no_room() -> None:
    times = np.arange(10_000, dtype=np.int64) * 1_000_000
    codes = np.random.default_rng(1).integers(0, 256, (10_000, 32), np.uint8)
    encoded = encode_codes(TimedCodes.of(times, codes, np.full(10_000, 100, np.uint8)))
    assert len(encoded) < 10_000 * 32 + 100


def golden_codes() -> TimedCodes:
    times = np.array([0, 40_000, 1_000_000, 2_040_000, 3_000_000, 65_000_000], np.int64)
    codes = np.repeat(np.array([[1], [1], [2], [3], [3], [4]], np.uint8), 32, axis=1)
    return TimedCodes.of(times, codes, np.array([100, 100, 87, 50, 50, 3], np.uint8))


def test_golden_file() -> None:
    data = (GOLDEN / "six-moments.bin").read_bytes()
    assert encode_codes(golden_codes()) == data
    assert same(decode_codes(data), golden_codes())
    with pytest.raises(ValueError, match="version"):
        decode_codes(data[:3] + b"\x02" + data[4:])
