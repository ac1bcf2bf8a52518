"""The Hamming search beside FAISS and threatexchange: speed, recall, memory, and what the machine allows.

    python -m benchmarks.search                                 a million codes of each kind, then ten million
    python -m benchmarks.search --codes 10000000 --kinds uniform
    python -m benchmarks.search --quick                         a minute, with 200,000 codes

In each round every program has its turn, so that other work on the machine meets all of them; ratios are
those of the rounds' medians. What runs on one core is measured in processor time, so that other work takes
cache and memory from it, but no turns; what runs on all cores, and the joins, by the clock on the wall. Our
answers are compared with a linear scan for some queries, and with what was planted for all. Peers are
optional: pip install faiss-cpu threatexchange.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from benchmarks.camera import SEED
from benchmarks.search_codes import Codes, Workload, turned_over, uniform, workload
from benchmarks.search_limits import limits

from consilience.index.contract import Hits
from consilience.index.hamming import MultiIndex
from consilience.index.join import join, self_join
from consilience.index.linear import look_at_all

RADIUS = 31
KINDS = ("uniform", "pdq", "variants")
RESULTS = Path(__file__).parent / "results"
PEERS_UP_TO = 2_000_000
"""Codes beyond which only FAISS's flat index takes part: the others take minutes and gigabytes to build, and
at ten million FAISS's MultiHash is slower than its flat index."""
LEFT = 1_000_000
"""Codes on the left side of the join with a larger collection."""


class Program(NamedTuple):
    """One way to search.

    Attributes:
        name: for the table.
        queries: how many make a turn of about a second.
        ask: answers them.
        clock: seconds, of the processor for what runs on one core.
    """

    name: str
    queries: int
    ask: Callable[[Codes], Any]
    clock: Callable[[], float] = time.process_time


class Figure(NamedTuple):
    """One line of the results: our figure, that of a peer if there is one, and ours divided by it."""

    name: str
    ours: float
    peer: float | None
    unit: str
    ratio: float | None


def measure(kind: str, count: int, rounds: int) -> Iterator[Figure]:
    """All figures for codes of a kind."""
    label = f"{count:,} {kind} codes"
    load = workload(kind, count, 20_000)
    index = MultiIndex(threads=1)
    yield from _building(label, load, index)
    wide = MultiIndex(state=index.state)
    cores = len(os.sched_getaffinity(0))
    ours = [
        Program("one core", 20_000, lambda asked: index.search(asked, RADIUS)),
        Program(f"{cores} cores", 20_000, lambda asked: wide.search(asked, RADIUS), time.perf_counter),
    ]
    peers = list(_peers(load))
    rates = _rates([*ours, *peers], load.queries, rounds)
    one_core, _ = rates[ours[0].name]
    for program in ours:
        usual, best = rates[program.name]
        yield Figure(f"{label}: queries, {program.name}", usual, None, "queries/s", None)
        yield Figure(f"{label}: queries, {program.name}, best round", best, None, "queries/s at best", None)
    for program in peers:
        rate, _ = rates[program.name]
        yield Figure(
            f"{label}: queries, one core, and {program.name}", one_core, rate, "queries/s", one_core / rate
        )
    yield from _recall(label, load, index.search(load.queries, RADIUS))
    yield from _single(label, load, index)
    if count <= PEERS_UP_TO:
        yield from _joining_itself(label, load, wide)
    else:
        yield from _joining(label, load, wide)


def _building(label: str, load: Workload, index: MultiIndex) -> Iterator[Figure]:
    warm = MultiIndex(threads=1)
    warm.add(np.arange(20_000), load.codes[:20_000].copy())
    warm.search(load.queries[:1], RADIUS)
    ids = np.arange(len(load.codes))
    for name, made, clock in (
        ("building, all cores", MultiIndex(), time.perf_counter),
        ("building, one core", index, time.process_time),
    ):
        begin = clock()
        made.add(ids, load.codes)
        yield Figure(f"{label}: {name}", len(ids) / (clock() - begin), None, "codes/s", None)
    size = sum(_bytes(segment.buckets) + segment.ids.nbytes for segment in index.state.segments)
    yield Figure(f"{label}: memory", size / len(load.codes), None, "bytes a code", None)


def _bytes(arrays: tuple[Any, ...]) -> int:
    return sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))


def missing_peers() -> list[str]:
    """Peers that are not installed, and so not measured."""
    return [name for name in ("faiss", "threatexchange") if find_spec(name) is None]


def _peers(load: Workload) -> Iterator[Program]:
    if "faiss" in missing_peers():
        return
    import faiss

    faiss.omp_set_num_threads(1)
    count = len(load.codes)
    flat = faiss.IndexBinaryFlat(256)
    flat.add(load.codes)
    some = max(8, min(2000, 250_000_000 // count))
    yield Program("faiss IndexBinaryFlat", some, lambda asked: flat.range_search(asked, RADIUS + 1))
    if count > PEERS_UP_TO:
        return
    hashed = faiss.IndexBinaryMultiHash(256, 16, 16)
    hashed.nflip = 1  # with none it misses neighbours beyond 15 bits
    hashed.add(load.codes)
    yield Program(
        "faiss IndexBinaryMultiHash 16 x 16",
        some,
        lambda asked: hashed.range_search(asked, RADIUS + 1),
    )
    if "threatexchange" in missing_peers():
        return
    from threatexchange.signal_type.pdq.pdq_index import PDQIndex

    index = PDQIndex((code.tobytes().hex(), row) for row, code in enumerate(load.codes))
    yield Program(
        "threatexchange PDQIndex",
        some,
        lambda asked: [index.query(code.tobytes().hex()) for code in asked],
    )


def _rates(programs: list[Program], queries: Codes, rounds: int) -> dict[str, tuple[float, float]]:
    """Queries a second of each program: the median of the rounds, and the best of them."""
    seconds: dict[str, list[float]] = {program.name: [] for program in programs}
    middle = len(queries) // 2
    for _ in range(rounds + 1):
        for program in programs:
            asked = queries[middle - program.queries // 2 : middle + program.queries // 2]
            begin = program.clock()
            program.ask(asked)
            seconds[program.name].append((program.clock() - begin) / len(asked))
    return {name: (1 / statistics.median(times[1:]), 1 / min(times[1:])) for name, times in seconds.items()}


def _recall(label: str, load: Workload, hits: Hits) -> Iterator[Figure]:
    """What share of the planted neighbours was found, and of all neighbours of some queries."""
    found = set(zip(hits.query.tolist(), hits.id.tolist(), strict=True))
    planted = sum((row, code) in found for row, code in enumerate(load.planted.tolist()))
    yield Figure(f"{label}: planted neighbours found", planted / len(load.planted), None, "of 1", None)
    some = np.linspace(0, len(load.queries) - 1, max(4, min(100, 100_000_000 // len(load.codes)))).astype(int)
    oracle = look_at_all(
        np.arange(len(load.codes)), load.codes.view(np.uint64), load.queries[some].view(np.uint64), RADIUS
    )
    expected = set(
        zip(some[oracle.query].tolist(), oracle.id.tolist(), oracle.distance.tolist(), strict=True)
    )
    asked = set(some.tolist())
    answered = {
        row
        for row in zip(hits.query.tolist(), hits.id.tolist(), hits.distance.tolist(), strict=True)
        if row[0] in asked
    }
    if answered != expected:
        raise SystemExit(f"{label}: the index and the linear scan differ: {sorted(answered ^ expected)[:10]}")
    yield Figure(f"{label}: answers equal to a linear scan", len(asked), None, "queries compared", None)


def _single(label: str, load: Workload, index: MultiIndex) -> Iterator[Figure]:
    """How long a call takes: eight queries, as of a picture's orientations; one code added, then asked."""
    times = []
    for begin in range(0, 4000, 8):
        started = time.process_time()
        index.search(load.queries[begin : begin + 8], RADIUS)
        times.append(time.process_time() - started)
    yield Figure(
        f"{label}: a call with 8 queries", 1e6 * statistics.median(times), None, "microseconds", None
    )
    times = []
    random = np.random.default_rng(0)
    for number in range(200):
        code = turned_over(random, load.codes[number : number + 1], np.array([9]))
        started = time.process_time()
        index.add(np.array([len(load.codes) + number]), code)
        hits = index.search(code, 0)
        times.append(time.process_time() - started)
        assert len(load.codes) + number in hits.id
    yield Figure(
        f"{label}: a code added and found", 1e6 * statistics.median(times), None, "microseconds", None
    )


def _singly(codes: Codes, index: MultiIndex) -> float:
    """Codes a second where each is a call of its own."""
    begin = time.perf_counter()
    for row in range(1000):
        index.search(codes[row : row + 1], RADIUS)
    return 1000 / (time.perf_counter() - begin)


def _joining_itself(label: str, load: Workload, index: MultiIndex) -> Iterator[Figure]:
    """All pairs of the codes with each other, beside as many single calls."""
    single = _singly(load.codes, index)
    begin = time.perf_counter()
    pairs = sum(len(piece.left) for piece in self_join(np.arange(len(load.codes)), load.codes, RADIUS))
    joined = len(load.codes) / (time.perf_counter() - begin)
    name = f"{label}: join with itself, building included, and single calls"
    yield Figure(name, joined, single, "codes/s", joined / single)
    yield Figure(f"{label}: pairs that the join found", pairs, None, "pairs", None)


def _joining(label: str, load: Workload, index: MultiIndex) -> Iterator[Figure]:
    """All pairs of a smaller collection, half of it planted, with the codes; beside as many single calls."""
    random = np.random.default_rng(SEED)
    planted = random.integers(0, len(load.codes), LEFT // 2)
    near = turned_over(random, load.codes[planted], np.arange(len(planted)) % (RADIUS + 1))
    left = random.permutation(np.concatenate([near, uniform(random, LEFT - len(near))]))
    single = _singly(left, index)
    begin = time.perf_counter()
    pairs = sum(len(piece.left) for piece in join(np.arange(len(left)), left, index, RADIUS))
    joined = len(left) / (time.perf_counter() - begin)
    name = f"{label}: join of {LEFT:,} codes with them, and single calls"
    yield Figure(name, joined, single, "codes/s", joined / single)
    yield Figure(f"{label}: pairs that the join found, {len(near):,} planted", pairs, None, "pairs", None)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "processor": _processor()}
    for package in ("numpy", "numba", "faiss-cpu", "threatexchange"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{line.split(':')[1].strip()}, {len(os.sched_getaffinity(0))} cores"
    return platform.processor()


def main() -> None:
    """Measures, prints a table, and writes the results."""
    about = __doc__ or ""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--codes", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="200,000 uniform codes, three rounds")
    parser.add_argument("--out", type=Path, default=RESULTS / "search.json")
    given = parser.parse_args()
    if given.quick:
        given.codes, given.kinds, given.rounds = [200_000], ["uniform"], 3
    for peer in missing_peers():
        print(f"{peer} is not installed: left out")
    bounds = limits(0.25 if given.quick else 1.0, len(os.sched_getaffinity(0)))
    for name, value in bounds.items():
        print(f"{'limit: ' + name:<90}{value:>14,.4g}")
    given.out.parent.mkdir(parents=True, exist_ok=True)
    figures: list[Figure] = []
    for count, kind in itertools.product(given.codes, given.kinds):
        for figure in measure(kind, count, given.rounds):
            figures.append(figure)
            beside = "" if figure.peer is None else f"{figure.peer:>14,.4g}{figure.ratio:>10,.1f} x"
            print(f"{figure.name:<90}{figure.ours:>14,.4g} {figure.unit:<18}{beside}", flush=True)
        results = [figure._asdict() for figure in figures]
        document = {"results": results, "limits": bounds, "load": os.getloadavg()[0], "versions": _versions()}
        given.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
