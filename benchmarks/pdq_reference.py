"""PDQ against the pictures that its reference is tested with, and against the codes that its tests state.

    git clone --depth 1 https://github.com/facebook/ThreatExchange
    python -m benchmarks.pdq_reference ThreatExchange/pdq/data

An implementation is held to be right when it lies within 10 bits of the stated code where quality is 80 or
more. The reference's program takes every n-th pixel of a picture larger than 512 x 512, to make it that size,
before it starts; what is compared with the stated codes goes through that too. Where pdqhash is installed,
the whole picture must have its bits and quality exactly. Ends with status 1 where either fails.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from consilience.fingerprints.pdq import Pdq

Picture = npt.NDArray[np.uint8]

STATED = Path(__file__).parents[1] / "tests/golden/pdq/1/reference.json"
ALLOWED, FROM_QUALITY, PROGRAM_SIZE = 10, 80, 512


def as_the_program_reduces(pixels: Picture) -> Picture:
    height, width = pixels.shape[:2]
    if max(height, width) <= PROGRAM_SIZE:
        return pixels
    steps = np.arange(PROGRAM_SIZE)
    return pixels[np.ix_(steps * height // PROGRAM_SIZE, steps * width // PROGRAM_SIZE)]


def peer() -> Callable[[Picture], tuple[bytes, int]] | None:
    try:
        import pdqhash
    except ImportError:
        print("pdqhash is not installed: no comparison with it")
        return None

    def compute(pixels: Picture) -> tuple[bytes, int]:
        bits, quality = pdqhash.compute(pixels)
        return np.packbits(bits).tobytes(), quality

    return compute


def distance(a: bytes, b: bytes) -> int:
    return (int.from_bytes(a) ^ int.from_bytes(b)).bit_count()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pdq_reference")
    parser.add_argument("folder", type=Path, help="pdq/data of a checkout of facebook/ThreatExchange")
    folder: Path = parser.parse_args().folder
    stated = json.loads(STATED.read_text())["codes"]
    pdq, compute = Pdq(), peer()
    checked = compared = wrong = 0
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            with Image.open(path) as picture:
                pixels = np.asarray(picture.convert("RGB"))
        except UnidentifiedImageError:
            continue
        name = path.relative_to(folder).as_posix()
        whole = pdq.fingerprint(pixels)
        line, failed = f"{name}: quality {whole.quality}", False
        if compute:
            code, quality = compute(pixels)
            away = distance(code, whole.codes[0].tobytes())
            failed |= (away, quality) != (0, whole.quality)
            line += f", {away} bits from pdqhash"
        if name in stated:
            reduced = pdq.fingerprint(as_the_program_reduces(pixels))
            away = distance(bytes.fromhex(stated[name][0]), reduced.codes[0].tobytes())
            failed |= reduced.quality >= FROM_QUALITY and away > ALLOWED
            compared += 1
            line += f", {away} bits from the stated code"
        print(line + (" WRONG" if failed else ""))
        checked += 1
        wrong += failed
    print(f"{checked} pictures, {compared} with a stated code, {wrong} wrong")
    return int(wrong > 0 or compared == 0)


if __name__ == "__main__":
    sys.exit(main())
