"""From a JPEG file to its PDQ fingerprint: how long it takes, beside the programs that others use.

    python -m benchmarks.pictures            ten 12-megapixel files, nine rounds
    python -m benchmarks.pictures --quick    three files, three rounds

In each round every program has its turn with every file, on one core, so that other work on the machine meets
all of them; figures are medians of processor time. Files are generated (benchmarks/camera.py) and in the page
cache. Our exact codes are compared with pdqhash's. Peers are optional: pip install pdqhash threatexchange
perception.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import simplejpeg
from benchmarks.camera import camera_files
from PIL import Image

from consilience.fingerprints import first_look, pdq_codes, pdq_operator
from consilience.fingerprints.pdq import Pdq, by_reference
from consilience.media.digests import digest_bytes
from consilience.media.jpeg_coefficients import read_coefficients
from consilience.media.memory import keep_freed_memory
from consilience.media.pictures.by_libjpeg import decode_jpeg
from consilience.settings import Limits

RESULTS = Path(__file__).parent / "results"
LIMITS = Limits()
PDQ = Pdq()


class Program(NamedTuple):
    """A way from a file to a fingerprint.

    Attributes:
        name: for the table.
        run: takes a path; gives the code in hexadecimal.
    """

    name: str
    run: Callable[[Path], str]


class Figure(NamedTuple):
    """One line of the results: our figure, a peer's if there is one, and how often ours goes into it."""

    name: str
    ours: float
    peer: float | None
    unit: str
    ratio: float | None


def exact(path: Path) -> str:
    pixels, _, _ = decode_jpeg(path.read_bytes(), LIMITS)
    return PDQ.fingerprint(pixels).codes[0].tobytes().hex()


def fast(path: Path) -> str:
    look = first_look.first_look(path.read_bytes(), LIMITS)
    assert look is not None
    return look.codes.codes[0].tobytes().hex()


def peers() -> list[Program]:
    """The peers that are installed; a line for each that is not."""
    found = []
    try:
        import pdqhash

        def with_pillow(path: Path) -> str:
            bits, _ = pdqhash.compute(np.asarray(Image.open(path).convert("RGB")))
            return np.packbits(bits).tobytes().hex()

        found.append(Program("pdqhash with Pillow", with_pillow))
    except ImportError:
        print("pdqhash is not installed: left out")
    try:
        from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_file

        found.append(Program("threatexchange", lambda path: str(pdq_from_file(path)[0])))
    except ImportError:
        print("threatexchange is not installed: left out")
    try:
        from perception.hashers import PDQHash

        hasher = PDQHash()
        found.append(
            Program("perception PDQHash", lambda path: str(hasher.compute(str(path), hash_format="hex")))
        )
    except ImportError:
        print("perception is not installed: left out")
    return found


def turns(
    programs: list[Program], paths: list[Path], rounds: int
) -> tuple[dict[str, float], dict[str, list[str]]]:
    """Milliseconds a file of each program, and its codes."""
    seconds: dict[str, list[float]] = {program.name: [] for program in programs}
    codes: dict[str, list[str]] = {program.name: [] for program in programs}
    for number in range(rounds + 1):
        for path in paths:
            for program in programs:
                begin = time.process_time()
                code = program.run(path)
                if number:
                    seconds[program.name].append(time.process_time() - begin)
                else:
                    codes[program.name].append(code)
    return {name: 1e3 * statistics.median(times) for name, times in seconds.items()}, codes


def parts(data: bytes, rounds: int) -> dict[str, float]:
    """Milliseconds of each step for one file."""
    rgb = simplejpeg.decode_jpeg(data)
    luma = np.ascontiguousarray(simplejpeg.decode_jpeg(data, "GRAY")[..., 0])
    buffer = np.empty_like(rgb)
    eighth = {"min_height": -(-rgb.shape[0] // 8), "min_width": -(-rgb.shape[1] // 8)}
    coefficients = read_coefficients(data, LIMITS, first_look.FEW)
    assert coefficients is not None
    blocks = pdq_operator.blocks(rgb)
    cosines = pdq_codes.cosines().astype(np.float64)
    steps: dict[str, Callable[[], object]] = {
        "decode, RGB": lambda: simplejpeg.decode_jpeg(data),
        "decode, RGB into a buffer that is used again": lambda: simplejpeg.decode_jpeg(data, buffer=buffer),
        "decode, luma": lambda: simplejpeg.decode_jpeg(data, "GRAY"),
        "decode, luma at an eighth (entropy decoding, about)": lambda: simplejpeg.decode_jpeg(
            data, "GRAY", **eighth
        ),
        "coefficients of luma (ours)": lambda: read_coefficients(data, LIMITS, first_look.FEW),
        "PDQ of RGB pixels, eight orientations": lambda: PDQ.fingerprint(rgb),
        "PDQ of luma pixels, eight orientations": lambda: PDQ.fingerprint(luma),
        "PDQ of RGB pixels, a view turned by a quarter": lambda: PDQ.fingerprint(np.rot90(rgb)),
        "PDQ of coefficients, eight orientations": lambda: PDQ.of_coefficients(coefficients, 1),
        "eight codes from blocks": lambda: pdq_codes.codes(cosines @ blocks @ cosines.T),
        "PDQ in the reference's order (close calls)": lambda: by_reference(rgb),
        "MD5": lambda: hashlib.md5(data).digest(),
        "SHA-1": lambda: hashlib.sha1(data).digest(),
        "SHA-256": lambda: hashlib.sha256(data).digest(),
        "three digests in one pass": lambda: digest_bytes(data),
    }
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(3 * rounds + 1):
        for name, step in steps.items():
            begin = time.process_time()
            step()
            if number:
                seconds[name].append(time.process_time() - begin)
    return {name: 1e3 * statistics.median(times) for name, times in seconds.items()}


def digests_beside(path: Path, rounds: int) -> dict[str, float]:
    """Milliseconds of wall time for digests and an exact fingerprint, after one another and side by side."""

    def after() -> None:
        data = path.read_bytes()
        digest_bytes(data)
        PDQ.fingerprint(decode_jpeg(data, LIMITS)[0])

    def read_twice() -> None:
        digest_bytes(path.read_bytes())
        PDQ.fingerprint(decode_jpeg(path.read_bytes(), LIMITS)[0])

    def beside() -> None:
        data = path.read_bytes()
        thread = threading.Thread(target=digest_bytes, args=(data,))
        thread.start()
        PDQ.fingerprint(decode_jpeg(data, LIMITS)[0])
        thread.join()

    ways = {
        "digests, then fingerprint, the file read twice": read_twice,
        "digests, then fingerprint, of one read": after,
        "digests on a thread beside the fingerprint": beside,
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(3 * rounds + 1):
        for name, way in ways.items():
            begin = time.perf_counter()
            way()
            if number:
                seconds[name].append(time.perf_counter() - begin)
    return {name: 1e3 * statistics.median(times) for name, times in seconds.items()}


def versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "processor": processor()}
    for package in ("numpy", "numba", "pillow", "simplejpeg", "pdqhash", "threatexchange", "perception"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def figures(times: dict[str, float], codes: dict[str, list[str]]) -> list[Figure]:
    """Ours beside each peer, and how many codes agree."""
    rows = []
    for way in ("exact", "fast"):
        rows.append(Figure(f"12 MP JPEG to PDQ, {way}", times[way], None, "ms", None))
        for name in times:
            if name not in ("exact", "fast"):
                ratio = times[name] / times[way]
                rows.append(
                    Figure(f"12 MP JPEG to PDQ, {way}, and {name}", times[way], times[name], "ms", ratio)
                )
    for name, others in codes.items():
        if name not in ("exact", "fast"):
            same = sum(a == b for a, b in zip(codes["exact"], others, strict=True))
            rows.append(
                Figure(f"codes equal to those of {name}, of {len(others)}", same, None, "files", None)
            )
    away = [(int(a, 16) ^ int(b, 16)).bit_count() for a, b in zip(codes["exact"], codes["fast"], strict=True)]
    rows.append(Figure("fast from exact, most", max(away), None, "bits", None))
    return rows


def main() -> None:
    about = __doc__ or ""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=about.splitlines()[0])
    parser.add_argument("--files", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="three files, three rounds")
    parser.add_argument("--out", type=Path, default=RESULTS / "pictures.json")
    given = parser.parse_args()
    if given.quick:
        given.files, given.rounds = 3, 3
    first_look.warm_up()
    keep_freed_memory()  # as the workers do; the peers have it too
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, file in enumerate(camera_files(given.files)):
            paths.append(Path(folder, f"{number}.jpg"))
            paths[-1].write_bytes(file)
        megabytes = statistics.mean(path.stat().st_size for path in paths) / 1e6
        everywhere = os.sched_getaffinity(0)
        beside = digests_beside(paths[0], given.rounds)
        os.sched_setaffinity(0, {max(everywhere)})
        programs = [Program("exact", exact), Program("fast", fast), *peers()]
        times, codes = turns(programs, paths, given.rounds)
        steps = parts(paths[0].read_bytes(), given.rounds)
        steps["read from the page cache"] = turns(
            [Program("read", lambda p: str(len(p.read_bytes())))], paths, 5
        )[0]["read"]
        os.sched_setaffinity(0, everywhere)
    rows = figures(times, codes)
    for row in rows:
        peer = "" if row.peer is None else f"{row.peer:>10.1f}{row.ratio:>8.1f} x"
        print(f"{row.name:<72}{row.ours:>9.2f} {row.unit:<6}{peer}")
    for name, value in {**steps, **beside}.items():
        print(f"{name:<72}{value:>9.2f} ms")
    results = [row._asdict() for row in rows]
    results += [
        Figure(name, value, None, "ms", None)._asdict() for name, value in {**steps, **beside}.items()
    ]
    bounds = {
        name: steps[name] for name in steps if "read from" in name or "entropy" in name or "digests" in name
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    document = {"results": results, "limits": bounds, "megabytes a file": megabytes, "versions": versions()}
    given.out.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
