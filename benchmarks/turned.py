"""How far the codes of turned pictures lie from what is foretold of them.

    python -m benchmarks.turned

A picture is matched in eight orientations without turning it: its fingerprint says what the codes of its
turned copies are. Here copies are really turned, without loss, and fingerprinted; the table says how far the
foretold codes are from theirs, in bits of 256: ours, and those that the reference calls dihedral.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from benchmarks.camera import Picture, camera_like, photographs
from PIL import Image

from consilience.fingerprints.pdq import Pdq, by_reference
from consilience.model.examination import ORIENTATIONS, Orientation
from consilience.settings import PDQ_MIN_QUALITY, PDQ_RADIUS

RESULTS = Path(__file__).parent / "results"
SIZES = (
    (256, 256),
    (300, 400),
    (480, 640),
    (512, 512),
    (768, 1024),
    (1080, 1920),
    (1944, 2592),
    (3000, 4000),
)
TURNED: dict[Orientation, Callable[[Picture], Picture]] = {
    Orientation.ROTATED_90: lambda p: np.rot90(p, 1),
    Orientation.ROTATED_180: lambda p: np.rot90(p, 2),
    Orientation.ROTATED_270: lambda p: np.rot90(p, 3),
    Orientation.FLIPPED_VERTICALLY: lambda p: p[::-1],
    Orientation.FLIPPED_HORIZONTALLY: lambda p: p[:, ::-1],
    Orientation.TRANSPOSED: lambda p: p.swapaxes(0, 1),
    Orientation.ANTITRANSPOSED: lambda p: np.rot90(p, 2).swapaxes(0, 1),
}


def pictures(height: int, width: int) -> list[Picture]:
    """Each photograph once, and as many with texture and noise."""
    plain = [np.asarray(one.resize((width, height), Image.Resampling.BICUBIC)) for one in photographs()]
    return plain + [camera_like(np.random.default_rng((7, n)), height, width) for n in range(len(plain))]


def distances(height: int, width: int) -> tuple[list[int], list[int]]:
    """Ours, and the reference's, over all pictures of quality enough and all orientations but the upright."""
    pdq = Pdq()
    ours, dihedral = [], []
    for picture in pictures(height, width):
        foretold, reference = pdq.fingerprint(picture), by_reference(picture)
        if foretold.quality < PDQ_MIN_QUALITY:
            continue
        for row, orientation in enumerate(ORIENTATIONS):
            if orientation in TURNED:
                turned = pdq.fingerprint(TURNED[orientation](picture)).codes[0]
                ours.append(int(np.bitwise_count(turned ^ foretold.codes[row]).sum()))
                dihedral.append(int(np.bitwise_count(turned ^ reference.codes[row]).sum()))
    return ours, dihedral


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.turned")
    parser.add_argument("--out", type=Path, default=RESULTS / "turned.json")
    out: Path = parser.parse_args().out
    rows = []
    for height, width in SIZES:
        for name, bits in zip(("ours", "reference"), distances(height, width), strict=True):
            row = {
                "size": f"{width} x {height}",
                "codes": name,
                "copies": len(bits),
                "median": float(np.median(bits)),
                "p99": float(np.quantile(bits, 0.99)),
                "max": max(bits),
                "missed": float(np.mean(np.array(bits) > PDQ_RADIUS)),
            }
            rows.append(row)
            print("   ".join(f"{key} {value}" for key, value in row.items()))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
