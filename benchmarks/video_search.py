"""The search side of Operation Stream's size: 22.6 million frame codes indexed, 100 whole videos matched.

    nice python -m benchmarks.video_search                 91,000 videos; needs about 6 GB and some minutes
    python -m benchmarks.video_search --videos 273000      in three qualities each; needs about 12 GB
    python -m benchmarks.video_search --videos 2000

Codes are synthetic, with the repetition of real footage: frames that follow each other share most of their
bits, one scene in ten stands still, one video in fifty opens with one of five leaders. The 100 are renditions
of held videos, each code a few bits off, and 100 more that are held nowhere. What is timed is everything from
codes to spans: the exact search at radius 31, grouping by video, alignment.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from consilience.index.hamming import MultiIndex
from consilience.linking.footage import shared, stream
from consilience.model.footage import TimedCodes
from consilience.settings import PDQ_RADIUS

RESULTS = Path(__file__).parent / "results"
VIDEOS, FRAMES = 91_000, 248
_AT_ONCE = 1000
_LEADERS = 5


def codes_of(first: int, count: int, frames: int) -> np.ndarray:
    """Codes of videos by number: uint64 (count, frames, 4); equal numbers give equal codes."""
    chance = np.random.default_rng((7, first))
    shape = (count, frames, 4)

    def words(shape: tuple[int, ...]) -> np.ndarray:
        return chance.integers(0, 1 << 63, shape, np.uint64) * np.uint64(2) + chance.integers(
            0, 2, shape, np.uint64
        )

    steps = words(shape) & words(shape) & words(shape) & words(shape)  # 16 bits a second
    scene = np.arange(frames) // 12
    still = chance.random((count, int(scene[-1]) + 1)) < 0.1
    steps[still[:, scene]] = 0
    cuts = np.arange(frames) % 12 == 0
    steps[:, cuts] = words((count, int(cuts.sum()), 4))
    found = np.bitwise_xor.accumulate(steps, axis=1)
    leaders = np.random.default_rng(8).integers(0, 1 << 63, (_LEADERS, 6, 4), np.uint64)
    for place in range(count):
        if (first + place) % 50 == 0:
            found[place, :6] = leaders[(first + place) // 50 % _LEADERS]
    return found


def rendition(codes: np.ndarray, seed: int) -> np.ndarray:
    """The codes of one video, each with about eight bits changed."""
    chance = np.random.default_rng((9, seed))
    changed = np.full(codes.shape, (1 << 64) - 1, np.uint64)
    for _ in range(5):
        changed &= chance.integers(0, 1 << 63, codes.shape, np.uint64)
    return codes ^ changed


def timed(codes: np.ndarray) -> TimedCodes:
    times = np.arange(len(codes), dtype=np.int64) * 1_000_000
    return TimedCodes.of(times, codes.view(np.uint8).reshape(-1, 32), np.full(len(codes), 100, np.uint8))


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)


def build(index: MultiIndex, videos: int, frames: int) -> int:
    """Index every code but those that repeat the one before, as runs are kept; gives how many."""
    held = 0
    for begin in range(0, videos, 16 * _AT_ONCE):
        ids, codes = [], []
        for first in range(begin, min(begin + 16 * _AT_ONCE, videos), _AT_ONCE):
            count = min(_AT_ONCE, videos - first)
            made = codes_of(first, _AT_ONCE, frames)[:count]
            fresh = np.ones(made.shape[:2], bool)
            fresh[:, 1:] = (made[:, 1:] != made[:, :-1]).any(axis=2)
            number = (np.arange(first, first + count)[:, None] << 20) + np.arange(frames)
            ids.append(number[fresh])
            codes.append(made[fresh])
        index.add(np.concatenate(ids), np.concatenate(codes).view(np.uint8).reshape(-1, 32))
        held += sum(map(len, ids))
    index.settle()
    return held


def match(index: MultiIndex, asked: np.ndarray, frames: int) -> tuple[set[int], float]:
    """The videos that share footage with one, and the processor time without what makes their codes again."""
    begun = time.process_time()
    making = 0.0
    mine = timed(asked)
    hits = index.search(np.ascontiguousarray(mine.codes), PDQ_RADIUS)
    video, number = hits.id >> 20, hits.id & ((1 << 20) - 1)
    pairs = np.unique(np.stack([hits.query, video], axis=1), axis=0)
    here = stream(mine, float(frames), np.bincount(pairs[:, 0], minlength=len(mine)))
    named, agreeing = np.unique(pairs[:, 1], return_counts=True)
    found = set()
    for one in named[agreeing >= 2].tolist():
        making -= time.process_time()
        first = one // _AT_ONCE * _AT_ONCE
        whole = timed(made_before(first, frames)[one - first])
        making += time.process_time()
        row_of = np.searchsorted(whole.begins, number[video == one] * 1_000_000)
        there = stream(whole, float(frames))
        these = video == one
        if shared(here, there, hits.query[these], row_of, hits.distance[these].astype(np.int64)):
            found.add(one)
    return found, time.process_time() - begun - making


@lru_cache(maxsize=100)
def made_before(first: int, frames: int) -> np.ndarray:
    return codes_of(first, _AT_ONCE, frames)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--videos", type=int, default=VIDEOS)
    parser.add_argument("--asked", type=int, default=100)
    parser.add_argument("--out", type=Path, default=RESULTS / "video-search.json")
    given = parser.parse_args()
    index = MultiIndex()
    begun, wall = time.process_time(), time.monotonic()
    held = build(index, given.videos, FRAMES)
    built, built_wall = time.process_time() - begun, time.monotonic() - wall
    after = memory()
    print(f"{held:,} codes of {given.videos:,} videos indexed: {built:.0f} s of processor time, "
          f"{built_wall:.0f} s by the clock, {after:.1f} GiB at most", flush=True)  # fmt: skip
    chance = np.random.default_rng(10)
    right = false = none = 0
    spent: list[float] = []
    for number in chance.choice(given.videos, given.asked, replace=False).tolist():
        first = number // _AT_ONCE * _AT_ONCE
        held_codes = made_before(first, FRAMES)[number - first]
        found, took = match(index, rendition(held_codes, number), FRAMES)
        spent.append(took)
        right += number in found
        false += len(found - {number})
    for number in range(given.asked):
        foreign = codes_of(10**7 + number, 1, FRAMES)[0]
        none += not match(index, foreign, FRAMES)[0]
    row: dict[str, Any] = {
        "codes": held,
        "videos": given.videos,
        "build, processor seconds": round(built, 1),
        "build, seconds by the clock": round(built_wall, 1),
        "memory, GiB": round(memory(), 2),
        "asked": given.asked,
        "processor seconds a video, median": round(float(np.median(spent)), 3),
        "processor seconds a video, most": round(max(spent), 3),
        "found": right,
        "false": false,
        "unknown videos with no tie": none,
    }
    print(row)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps({"results": [], "limits": {}, "search": row}, indent=1) + "\n")


if __name__ == "__main__":
    main()
