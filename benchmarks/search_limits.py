"""What this machine's memory gives at best, measured beside the searches: they cannot be faster."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from consilience.index.machine import compiled, prefetch, u64

_AHEAD = 32


def limits(gibibytes: float, threads: int) -> dict[str, float]:
    """Streaming (GB/s) and random reads of 32 bytes (millions a second), by one thread and by several."""
    words = np.ones((int(gibibytes * 2**30) // 32, 4), dtype=np.uint64)
    random = np.random.default_rng(0)
    places = random.integers(0, len(words), (threads, 1 << 21))
    found = {}
    for workers in sorted({1, threads}):
        found[f"streaming, {workers} threads, GB/s"] = (
            words.nbytes / 1e9 / _best(_stream, _split(words, workers))
        )
        reads = [(words, places[worker]) for worker in range(workers)]
        found[f"random reads, {workers} threads, M/s"] = (
            workers * places.shape[1] / 1e6 / _best(_read_at, reads)
        )
    return found


def _split(words: NDArray[np.uint64], workers: int) -> list[tuple[NDArray[np.uint64]]]:
    return [(part,) for part in np.array_split(words, workers)]


def _best(work, arguments) -> float:  # type: ignore[no-untyped-def]
    work(*arguments[0])
    with ThreadPoolExecutor(len(arguments)) as threads:
        seconds = []
        for _ in range(3):
            begin = time.perf_counter()
            list(threads.map(lambda each: work(*each), arguments))
            seconds.append(time.perf_counter() - begin)
    return min(seconds)


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
