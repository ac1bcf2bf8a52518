"""The index on disk at the size of a whole agency: built, asked, closed, opened, asked again.

    python -m benchmarks.search_large --codes 100000000 --folder /somewhere/with/12/GB

Memory and disk: about 100 bytes a code. Codes are uniform; half of the queries lie near one of them. The
answers to some queries are compared with a linear scan. What the memory allows is measured in turn with the
searches. Rates a core are by processor time, so that other work on the machine takes nothing from them but
cache and memory.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from benchmarks.camera import SEED
from benchmarks.search import RADIUS, RESULTS, Figure
from benchmarks.search_codes import Codes, turned_over, uniform
from benchmarks.search_limits import limits

from consilience.index.contract import SearchIndex
from consilience.index.durable import DurableIndex
from consilience.index.segment import MAX_OWNERS, scanned

QUERIES = 4096


def codes_of(part: int, count: int) -> Codes:
    """The codes of one part: the same whenever they are asked for."""
    return uniform(np.random.default_rng((SEED, 100, part)), count)


def parts(codes: int) -> Iterator[tuple[int, int, int]]:
    """Number, first id and size of each part."""
    for part, begin in enumerate(range(0, codes, MAX_OWNERS)):
        yield part, begin, min(MAX_OWNERS, codes - begin)


def queries(codes: int) -> tuple[Codes, dict[int, int]]:
    """Queries, and for those that were planted the id they lie near."""
    random = np.random.default_rng((SEED, 101))
    asked, planted = uniform(random, QUERIES), {}
    known = list(parts(codes))
    for part, begin, size in known:
        held = codes_of(part, size)
        rows = np.arange(part, QUERIES // 2, len(known))
        chosen = random.integers(0, size, len(rows))
        asked[rows] = turned_over(random, held[chosen], rows % (RADIUS + 1))
        planted |= dict(zip(rows.tolist(), (begin + chosen).tolist(), strict=True))
    return asked, planted


def rates(label: str, index: SearchIndex, asked: Codes, rounds: int) -> Iterator[Figure]:
    """Queries a second: the median of the rounds, after one that does not count, beside random reads."""
    walls, processors, reads = [], [], []
    for _ in range(rounds + 1):
        bounds = limits(1.0, 2)
        reads.append(1e6 * bounds["random reads, 2 threads, M/s"])
        begin, worked = time.perf_counter(), time.process_time()
        index.search(asked, RADIUS)
        walls.append((time.perf_counter() - begin) / len(asked))
        processors.append((time.process_time() - worked) / len(asked))
    wall, processor = statistics.median(walls[1:]), statistics.median(processors[1:])
    yield Figure(f"queries, two cores, {label}", 1 / wall, None, "queries/s", None)
    yield Figure(f"queries, two cores, {label}, best round", 1 / min(walls), None, "queries/s at best", None)
    yield Figure(f"queries, {label}, by processor time", 1 / processor, None, "queries/s a core", None)
    yield Figure(
        f"random reads of 32 bytes, two cores, {label}", statistics.median(reads), None, "reads/s", None
    )
    a_core = statistics.median(reads) / 2
    yield Figure(f"random reads in the time of a query, {label}", processor * a_core, None, "reads", None)


def check(index: SearchIndex, codes: int, asked: Codes, planted: dict[int, int]) -> Iterator[Figure]:
    """Planted neighbours found, and answers compared with a scan of all codes."""
    hits = index.search(asked, RADIUS)
    found = set(zip(hits.query.tolist(), hits.id.tolist(), strict=True))
    yield Figure(
        "planted neighbours found",
        sum(pair in found for pair in planted.items()) / len(planted),
        None,
        "of 1",
        None,
    )
    some = np.linspace(0, QUERIES - 1, 64).astype(int)
    expected = set()
    for part, begin, size in parts(codes):
        held = codes_of(part, size).view(np.uint64)
        for query, row, _ in scanned(held, asked[some].view(np.uint64), RADIUS):
            expected |= set(zip(some[query].tolist(), (begin + row).tolist(), strict=True))
    differing = expected ^ {pair for pair in found if pair[0] in set(some.tolist())}
    if differing:
        raise SystemExit(f"The index and the linear scan differ: {sorted(differing)[:10]}")
    yield Figure("answers equal to a linear scan", len(some), None, "queries compared", None)


def measure(codes: int, folder: Path, rounds: int) -> Iterator[Figure]:
    """All figures."""
    asked, planted = queries(codes)
    index = DurableIndex(folder, list)
    adding = worked = 0.0
    for part, first, size in parts(codes):
        ids, held = np.arange(first, first + size), codes_of(part, size)
        begin, before = time.perf_counter(), time.process_time()
        index.add(ids, held)
        adding += time.perf_counter() - begin
        worked += time.process_time() - before
        del held
    index.settle()
    yield Figure("building and writing, two cores", codes / adding, None, "codes/s", None)
    yield Figure("building and writing, by processor time", codes / worked, None, "codes/s a core", None)
    yield from rates("as built", index, asked, rounds)
    yield from check(index, codes, asked, planted)
    index.close()
    del index
    size = sum(path.stat().st_size for path in folder.iterdir())
    yield Figure("on disk", size / codes, None, "bytes a code", None)
    begin = time.perf_counter()
    with DurableIndex(folder, list) as index:
        yield Figure("opening", time.perf_counter() - begin, None, "seconds", None)
        begin = time.perf_counter()
        index.search(asked[:8], RADIUS)
        yield Figure("first answer after opening", time.perf_counter() - begin, None, "seconds", None)
        yield from rates("mapped", index, asked, rounds)
        yield from check(index, codes, asked, planted)
        new = turned_over(np.random.default_rng(0), asked[:1], np.array([40]))
        begin = time.perf_counter()
        index.add(np.array([codes]), new)
        assert codes in index.search(new, 0).id
        yield Figure("a code added, on disk and found", time.perf_counter() - begin, None, "seconds", None)
        begin = time.perf_counter()
        read = sum(index.verify())
        yield Figure(
            "verifying all checksums", read / 1e9 / (time.perf_counter() - begin), None, "GB/s", None
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    yield Figure(
        "peak memory of the process, files mapped included", peak / codes, None, "bytes a code", None
    )


def main() -> None:
    """Measures, prints and writes the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--codes", type=int, default=100_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="made, and removed; by default a temporary one")
    parser.add_argument("--out", type=Path, default=RESULTS / "search-large.json")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="index-"))
    figures = []
    try:
        for figure in measure(given.codes, folder, given.rounds):
            named = figure._replace(name=f"{given.codes:,} uniform codes: {figure.name}")
            figures.append(named)
            print(f"{named.name:<90}{named.ours:>14,.4g} {named.unit}", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    bounds = limits(2.0, 2)
    print(bounds)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    results = [figure._asdict() for figure in figures]
    document = {"results": results, "limits": bounds, "load": os.getloadavg()[0]}
    given.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
