"""Codes to search: uniform ones, codes of real pictures, and any number that are correlated as those are."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from benchmarks.camera import SEED, camera_like
from numpy.typing import NDArray

from consilience.fingerprints.pdq import Pdq

Codes = NDArray[np.uint8]
BITS = 256


class Workload(NamedTuple):
    """What is held and what is asked.

    Attributes:
        codes: uint8 (n, 32), held under their row numbers.
        queries: uint8 (q, 32): the first half lies near a held code, the others are of the same kind.
        planted: int64 (q / 2,), which held code each of the first half lies near.
    """

    codes: Codes
    queries: Codes
    planted: NDArray[np.int64]


def workload(kind: str, count: int, queries: int) -> Workload:
    """Codes of a kind and queries of the same kind, half of them put 0 to 31 bits from a held code.

    Args:
        kind: ``uniform``; ``pdq``, correlated as those of pictures; ``variants`` of a few thousand pictures.
        count: codes held.
        queries: codes asked.
    """
    random = np.random.default_rng((SEED, count))
    drawn = {"uniform": uniform, "pdq": pdq_like, "variants": variants}[kind](
        random, count + queries - queries // 2
    )
    codes, others = drawn[:count], drawn[count:]
    planted = random.integers(0, count, queries // 2)
    near = turned_over(random, codes[planted], np.arange(len(planted)) % 32)
    return Workload(codes, np.concatenate([near, others]), planted)


def uniform(random: np.random.Generator, count: int) -> Codes:
    """Codes all of whose bits are independent."""
    return random.integers(0, 256, (count, BITS // 8), dtype=np.uint8)


def turned_over(random: np.random.Generator, codes: Codes, bits: NDArray[np.int64]) -> Codes:
    """Each code with so many of its bits turned over."""
    ranks = random.permuted(np.tile(np.arange(BITS), (len(codes), 1)), axis=1)
    return codes ^ np.packbits(ranks < bits[:, None], axis=1)


@cache
def of_pictures(count: int) -> Codes:
    """PDQ codes, in all eight orientations, of so many pictures cut, lit and textured at random."""
    algorithm = Pdq()
    codes = [
        algorithm.fingerprint(camera_like(np.random.default_rng((SEED, number)), 144, 192)).codes
        for number in range(count)
    ]
    return np.concatenate(codes)


def pdq_like(random: np.random.Generator, count: int) -> Codes:
    """Codes whose bits are set as often, and agree with each other as often, as those of pictures.

    A Gaussian copula: normal variables whose correlations are those that the bits imply (for bits set half of
    the time, the sine of a right angle times the bits' correlation), cut where each bit is set as often as in
    the sample (Emrich and Piedmonte, The American Statistician 45, 1991).
    """
    sample = np.unpackbits(of_pictures(2000), axis=1).astype(np.float32)
    latent = np.sin(np.pi / 2 * np.corrcoef(sample, rowvar=False))
    values, vectors = np.linalg.eigh(latent)
    mixing = (vectors * np.sqrt(np.maximum(values, 1e-6))).T
    mixing = (mixing / np.sqrt((mixing**2).sum(axis=0))).astype(np.float32)
    usual = np.quantile(random.standard_normal(100_000), 1 - sample.mean(axis=0)).astype(np.float32)
    parts = []
    for begin in range(0, count, 1 << 17):
        normal = random.standard_normal((min(1 << 17, count - begin), BITS), dtype=np.float32)
        parts.append(np.packbits(normal @ mixing > usual, axis=1))
    return np.concatenate(parts)


def variants(random: np.random.Generator, count: int) -> Codes:
    """Codes of pictures, each with 0 to 90 of its bits turned over: crowds around some thousand centres."""
    centres = of_pictures(2000)
    parts = []
    for begin in range(0, count, 1 << 17):
        size = min(1 << 17, count - begin)
        chosen = centres[random.integers(0, len(centres), size)]
        parts.append(turned_over(random, chosen, random.integers(0, 91, size)))
    return np.concatenate(parts)
