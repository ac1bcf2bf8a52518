"""Codes of every kind that an index may meet."""

from __future__ import annotations

import numpy as np

from consilience.index.contract import Hits


def uniform(random: np.random.Generator, count: int) -> np.ndarray:
    return random.integers(0, 256, (count, 32), dtype=np.uint8)


def flipped(random: np.random.Generator, codes: np.ndarray, most: int) -> np.ndarray:
    """Each code with 0 to `most` of its bits turned over."""
    order = random.permuted(np.tile(np.arange(256), (len(codes), 1)), axis=1)
    turned = order < random.integers(0, most + 1, len(codes))[:, None]
    return codes ^ np.packbits(turned, axis=1)


def clustered(random: np.random.Generator, count: int) -> np.ndarray:
    return flipped(
        random, uniform(random, max(1, count // 50))[random.integers(0, max(1, count // 50), count)], 40
    )


def equal_words(random: np.random.Generator, count: int) -> np.ndarray:
    """Half of the words the same in all codes, as an adversary would choose them."""
    codes = uniform(random, count)
    codes[:, : 2 * random.integers(1, 16)] = 0
    return codes


def few_different(random: np.random.Generator, count: int) -> np.ndarray:
    return uniform(random, 5)[random.integers(0, 5, count)]


def nearly_blank(random: np.random.Generator, count: int) -> np.ndarray:
    return flipped(random, np.zeros((count, 32), dtype=np.uint8), 6)


KINDS = [uniform, clustered, equal_words, few_different, nearly_blank]


def assert_same(found: Hits, expected: Hits) -> None:
    assert found.query.tolist() == expected.query.tolist()
    assert found.id.tolist() == expected.id.tolist()
    assert found.distance.tolist() == expected.distance.tolist()
    assert (found.query.dtype, found.id.dtype, found.distance.dtype) == (np.int64, np.int64, np.uint16)
