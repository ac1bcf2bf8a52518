"""What this machine's memory gives at best, measured beside the searches: they cannot be faster."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.index.machine import compiled, prefetch, u64

_AHEAD = 32
_ROUNDS = 3


def limits(gibibytes: float, threads: int) -> dict[str, float]:
    """Streaming (GB/s) and random reads of 32 bytes (millions a second), by one thread and by several.

    The time is each thread's processor time: other work beside takes cache and memory from it, not turns.
    """
    words = np.ones((int(gibibytes * 2**30) // 32, 4), dtype=np.uint64)
    random = np.random.default_rng(0)
    # Other places each time: those of the round before may still be in the cache.
    places = random.integers(0, len(words), (2 * _ROUNDS, threads, 1 << 21))
    _stream(words[:1])
    _read_at(words, places[0, 0, : 2 * _AHEAD])
    found = {}
    for workers in sorted({1, threads}):
        parts = [(part,) for part in np.array_split(words, workers)]
        streamed = _best(lambda part: (_stream(part), part.nbytes), [parts] * _ROUNDS)
        found[f"streaming, {workers} threads, GB/s"] = streamed / 1e9
        rounds = places[:_ROUNDS] if workers == 1 else places[_ROUNDS:]
        reads = [[(each,) for each in places_of[:workers]] for places_of in rounds]
        read = _best(lambda part: (_read_at(words, part), len(part)), reads)
        found[f"random reads, {workers} threads, M/s"] = read / 1e6
    return found


def _best(work: Callable[[Any], tuple[int, int]], rounds: list[list[tuple[Any]]]) -> float:
    """What all threads together do in a second, each its share, in the best of the rounds."""

    def rate(share: tuple[Any]) -> float:
        begin = time.thread_time()
        _, done = work(*share)
        return done / (time.thread_time() - begin)

    with ThreadPoolExecutor(len(rounds[0])) as threads:
        return max(sum(threads.map(rate, shares)) for shares in rounds)


@compiled
def _stream(words: NDArray[np.uint64]) -> int:
    total = u64(0)
    for value in words.reshape(-1):
        total += value
    return total


@compiled
def _read_at(words: NDArray[np.uint64], places: NDArray[np.int64]) -> int:
    base = u64(words.ctypes.data)
    total = u64(0)
    for i in range(len(places) - _AHEAD):
        prefetch(base + u64(32 * places[i + _AHEAD]))
        row = places[i]
        total += words[row, 0] ^ words[row, 1] ^ words[row, 2] ^ words[row, 3]
    return total
