"""The oracle against distances counted bit by bit, and the contract's edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.errors import UsageError
from consilience.index.linear import LinearIndex

codes_of = st.binary(min_size=32, max_size=32)


def rows(codes: list[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(codes), dtype=np.uint8).reshape(-1, 32)


def bits_apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


@given(
    held=st.dictionaries(st.integers(-(2**63), 2**63 - 1), codes_of, max_size=8),
    queries=st.lists(codes_of, max_size=4),
    radius=st.integers(0, 256),
)
def test_finds_what_counting_bits_finds(held: dict[int, bytes], queries: list[bytes], radius: int) -> None:
    index = LinearIndex()
    index.add(np.array(list(held), dtype=np.int64), rows(list(held.values())))
    hits = index.search(rows(queries), radius)
    expected = sorted(
        (row, bits_apart(query, code), id)
        for row, query in enumerate(queries)
        for id, code in held.items()
        if bits_apart(query, code) <= radius
    )
    assert list(zip(hits.query.tolist(), hits.distance.tolist(), hits.id.tolist(), strict=True)) == expected
    assert (hits.query.dtype, hits.id.dtype, hits.distance.dtype) == (np.int64, np.int64, np.uint16)


def test_an_id_has_one_code_and_equal_codes_keep_their_ids() -> None:
    index = LinearIndex()
    zero, one = bytes(32), bytes(31) + b"\x01"
    index.add(np.array([7, 8, 9, 9]), rows([zero, zero, zero, one]))
    assert len(index) == 3
    assert index.search(rows([zero]), 0).id.tolist() == [7, 8]
    index.add(np.array([8]), rows([one]))
    assert index.search(rows([one]), 0).id.tolist() == [8, 9]
    index.remove(np.array([9, 1000]))
    index.remove(np.array([9]))
    assert index.search(rows([zero]), 1).id.tolist() == [7, 8]
    assert len(index) == 2


def test_wrong_shapes_and_radii_are_refused_in_one_line() -> None:
    index = LinearIndex()
    good = np.zeros((2, 32), dtype=np.uint8)
    with pytest.raises(UsageError, match="2 codes"):
        index.add(np.arange(3), good)
    with pytest.raises(UsageError, match="uint8"):
        index.add(np.arange(2), good[:, :16])
    with pytest.raises(UsageError, match="int64"):
        index.add(np.arange(2, dtype=np.int32), good)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="uint8"):
        index.search(good.astype(np.int64), 3)  # type: ignore[arg-type]
    for radius in (-1, 257):
        with pytest.raises(UsageError, match="radius"):
            index.search(good, radius)
    assert len(index) == 0
