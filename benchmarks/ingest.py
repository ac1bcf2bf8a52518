"""What a whole ingest of camera pictures costs, beside what no program can do without.

    python -m benchmarks.ingest               36 twelve-megapixel files, three rounds
    python -m benchmarks.ingest --quick       six files, one round

The files are twelve pictures, each with several endings behind its last byte: other contents, decoded anew.

In each round, over the same files: what cannot be done without (the bytes are read, three digests taken, the
JPEG's entropy coding undone); the same examination in one process without a sandbox; a first look without a
sandbox; and a whole ingest of one worker into new holdings: walk, digests, type, decode, PDQ in eight
orientations, clues, store, index, matching. Figures are medians of processor time a file, of all processes
together, so that other work on the machine does not count. Starting the workers, once a run, is left out;
what an ingest costs before its first file (databases, indexes) is shown apart, as that of an empty folder.
With two workers, the wall time is measured too: it says something on a quiet machine only.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import simplejpeg
from benchmarks.camera import camera_files
from benchmarks.pictures import RESULTS, Figure, versions

from consilience.evidence.folder import FolderSource
from consilience.media.digests import digest_bytes
from consilience.media.memory import keep_freed_memory
from consilience.model.examination import MediaKind
from consilience.model.people import Actor
from consilience.runs.local import LocalExecutor
from consilience.services import examination
from consilience.services.cases import new_case
from consilience.services.full_pass import full_pass
from consilience.services.holdings import Holdings
from consilience.services.ingest import ingest
from consilience.settings import Limits

LIMITS = Limits()
ACTOR = Actor("benchmark", "benchmark")
PICTURES = 12
TICK = os.sysconf("SC_CLK_TCK")


def processor_seconds() -> float:
    """Processor time of this process and of all that descend from it."""
    above: dict[int, list[int]] = {}
    ticks: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        process = int(stat.parent.name)
        above.setdefault(int(fields[1]), []).append(process)
        ticks[process] = sum(map(int, fields[11:15]))  # its own, and that of its children that ended
    family = [os.getpid()]
    for process in family:
        family += above.get(process, [])
    own = os.times()
    return own.user + own.system + sum(ticks.get(process, 0) for process in family[1:]) / TICK


class _Told:
    """The other end of an examination that runs in this process: wants everything."""

    def tell(self, message: bytes) -> None:
        pass

    def ask(self, message: bytes) -> bytes:  # noqa: ARG002 - whatever it is
        return examination.WANTED

    def alive(self) -> None:
        pass


def floor(paths: list[Path]) -> None:
    for path in paths:
        data = path.read_bytes()
        digest_bytes(data)
        height, width, *_ = simplejpeg.decode_jpeg_header(data)
        simplejpeg.decode_jpeg(data, "GRAY", min_height=-(-height // 8), min_width=-(-width // 8))


def examined_here(paths: list[Path], first_look: frozenset[MediaKind] = frozenset()) -> None:
    request = examination.encode_request(examination.Request(first_look=first_look))
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        examination.examine(descriptor, request, LIMITS, _Told())
        os.close(descriptor)


def taken_in(
    folder: Path, executor: LocalExecutor, *, first_look: bool = False, fully: bool = False
) -> Callable[[], None]:
    """An ingest into new holdings, ready to be run: exact, or a first look and perhaps the full pass."""
    holdings = Holdings.create(Path(tempfile.mkdtemp(dir=folder.parent)), "benchmark", ACTOR)
    new_case(holdings, ACTOR, number="1", title="", agency="benchmark", legal_basis="")

    def run() -> None:
        source = FolderSource(folder)
        ingest(holdings, ACTOR, source, executor, case="1", exhibit="1", first_look=first_look)
        if fully:
            full_pass(holdings, ACTOR, source, executor, case="1", exhibit="1")
        source.close()
        holdings.close()

    return run


FLOOR, BARE, LOOK, WHOLE, QUICK, BOTH, TWO, EMPTY = (
    "read, digests, entropy decoding: the floor",
    "examination without a sandbox",
    "first look without a sandbox",
    "whole ingest, one worker",
    "whole ingest with a first look, one worker",
    "first look and full pass, one worker",
    "whole ingest, two workers",
    "an empty folder, for comparison",
)


def measure(paths: list[Path], rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    """Milliseconds of processor time a file of each way; and of wall time, with one worker and with two."""
    processor: dict[str, list[float]] = {}
    wall: dict[str, list[float]] = {}
    folder = paths[0].parent
    empty = folder.parent / "empty"
    empty.mkdir()
    with LocalExecutor(LIMITS, 1) as one, LocalExecutor(LIMITS, 2) as two:
        for number in range(rounds + 1):
            ways: dict[str, Callable[[], None]] = {
                FLOOR: lambda: floor(paths),
                BARE: lambda: examined_here(paths),
                LOOK: lambda: examined_here(paths, frozenset({MediaKind.PICTURE})),
                WHOLE: taken_in(folder, one),
                QUICK: taken_in(folder, one, first_look=True),
                BOTH: taken_in(folder, one, first_look=True, fully=True),
                TWO: taken_in(folder, two),
                EMPTY: taken_in(empty, one),
            }
            for name, way in ways.items():
                begin, since = processor_seconds(), time.perf_counter()
                way()
                took, passed = processor_seconds() - begin, time.perf_counter() - since
                if number:
                    processor.setdefault(name, []).append(1e3 * took / len(paths))
                    wall.setdefault(name, []).append(1e3 * passed / len(paths))
    return _medians(processor), _medians(wall)


def _medians(found: dict[str, list[float]]) -> dict[str, float]:
    return {name: statistics.median(times) for name, times in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest")
    parser.add_argument("--files", type=int, default=36)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="six files, one round")
    parser.add_argument("--out", type=Path, default=RESULTS / "ingest.json")
    given = parser.parse_args()
    if given.quick:
        given.files, given.rounds = 6, 1
    keep_freed_memory()
    examination.warm_up()
    with tempfile.TemporaryDirectory() as folder:
        exhibit = Path(folder, "exhibit")
        exhibit.mkdir()
        paths = []
        pictures = camera_files(min(PICTURES, given.files))
        for number in range(given.files):
            paths.append(exhibit / f"{number:03}.jpg")
            paths[-1].write_bytes(pictures[number % len(pictures)] + b"%d" % number)
        processor, wall = measure(paths, given.rounds)
    rows = figures(processor, wall)
    for row in rows:
        beside = "" if row.peer is None else f"{row.peer:>9.1f}{row.ratio:>8.3f} x"
        print(f"{row.name:<72}{row.ours:>9.1f} {row.unit}{beside}")
    document = {
        "results": [row._asdict() for row in rows],
        "limits": {FLOOR: processor[FLOOR]},
        "load": os.getloadavg()[0],
        "files": given.files,
        "versions": versions(),
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(document, indent=1) + "\n")


def figures(processor: dict[str, float], wall: dict[str, float]) -> list[Figure]:
    """Milliseconds a file of each way; and those that are to be held against each other, with their ratio."""
    by_file = {name: processor[name] - processor[EMPTY] for name in (WHOLE, QUICK, BOTH)}
    beside = (
        ("whole ingest, and the floor (at most 1.5 is the aim)", by_file[WHOLE], processor[FLOOR]),
        ("whole ingest with a first look, and the floor", by_file[QUICK], processor[FLOOR]),
        ("bare examination, and the floor", processor[BARE], processor[FLOOR]),
        ("whole ingest, and the bare examination", by_file[WHOLE], processor[BARE]),
        ("whole ingest, and one with a first look", by_file[WHOLE], by_file[QUICK]),
        ("first look and full pass, and the whole ingest", by_file[BOTH], by_file[WHOLE]),
        ("one worker by the wall, and two", wall[WHOLE], wall[TWO]),
    )
    rows = [Figure(name, value, None, "ms", None) for name, value in processor.items()]
    return rows + [Figure(name, ours, other, "ms", ours / other) for name, ours, other in beside]


if __name__ == "__main__":
    main()
