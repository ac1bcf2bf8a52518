"""Chance that depends on its names alone: equal seed and names give equal numbers, in any process."""

from __future__ import annotations

import hashlib

import numpy as np


def chance(seed: int, *names: str | int) -> np.random.Generator:
    """A random generator of its own for one purpose.

    Args:
        seed: the exercise's seed.
        names: what the numbers are for, such as ``"scene", 12``. Different names give independent numbers.
    """
    text = "\x1f".join(str(name) for name in (seed, *names)).encode()
    return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(text).digest()[:16], "big")))


def number(seed: int, *names: str | int) -> int:
    """A number in 0 … 2³¹-1 that depends on the names alone."""
    text = "\x1f".join(str(name) for name in (seed, *names)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[-4:], "big") >> 1
