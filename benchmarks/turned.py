"""How far the codes of turned pictures lie from what is foretold of them.

    python -m benchmarks.turned

A picture is matched in eight orientations without turning it: its fingerprint says what the codes of its
turned copies are. Here copies are really turned, without loss, and fingerprinted; the table says how far the
foretold codes are from theirs, in bits of 256: ours, and those that the reference calls dihedral. And it says
what they cost: a fingerprint with all eight codes, beside the same operator's upright block and code alone.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import numpy.typing as npt
from benchmarks.camera import Picture, camera_like, photographs
from PIL import Image

from consilience.fingerprints import pdq_codes, pdq_operator
from consilience.fingerprints.pdq import Pdq, by_reference
from consilience.fingerprints.pdq_codes import BLOCK
from consilience.model.examination import ORIENTATIONS, Orientation
from consilience.settings import PDQ_MIN_QUALITY, PDQ_RADIUS

Block = npt.NDArray[np.float64]
COSINES = pdq_codes.cosines().astype(np.float64)
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


@numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})  # type: ignore[untyped-decorator]
def _upright(samples: Picture, down: pdq_operator.Axis, across: pdq_operator.Axis) -> Block:
    """The upright block alone: the operator's sums without those of the mirrored picture."""
    result = np.empty((BLOCK, BLOCK))
    wide = across.weights.shape[2]
    bands = max(1, min(BLOCK, (1 << 13) // wide))
    for begin in range(0, BLOCK, bands):
        end = min(begin + bands, BLOCK)
        left = across.first[begin]
        right = across.first[end - 1] + wide
        sums = np.empty(right - left, np.float32)
        for i in range(BLOCK):
            sums[:] = 0
            weights = down.weights[down.kind[i]]
            for k in range(0, weights.shape[1], 4):
                a, b, c, d = weights[0, k : k + 4]
                row = down.first[i] + k
                p, q = samples[row, left:right], samples[row + 1, left:right]
                r, s = samples[row + 2, left:right], samples[row + 3, left:right]
                for x in range(len(sums)):
                    v, w, y, z = np.float32(p[x]), np.float32(q[x]), np.float32(r[x]), np.float32(s[x])
                    sums[x] += a * v + b * w + c * y + d * z
            for j in range(begin, end):
                at = across.first[j] - left
                bands_across = across.weights[across.kind[j]]
                total = 0.0
                for k in range(wide):
                    total += np.float64(sums[at + k]) * bands_across[0, k]
                result[i, j] = total
    return result / (down.scale * across.scale)


def _upright_code(picture: Picture) -> bytes:
    height, width = picture.shape[:2]
    down = pdq_operator.axis(height)
    across = pdq_operator.axis(width, channels=1 if picture.ndim == 2 else 3)
    block = _upright(picture.reshape(height, -1), down, across)
    pdq_codes.quality(block)
    coefficients = COSINES @ block @ COSINES.T
    return pdq_codes.codes(np.broadcast_to(coefficients, (2, 2, *coefficients.shape)))[0].tobytes()


def cost(rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of processor time for 12 megapixels, with all eight orientations and upright alone."""
    colour = camera_like(np.random.default_rng(7), 3000, 4000)
    found = {}
    for name, picture in (("RGB", colour), ("luma", np.ascontiguousarray(colour[..., 1]))):
        ways = {"eight": Pdq().fingerprint, "upright": _upright_code}
        times: dict[str, list[float]] = {way: [] for way in ways}
        for number in range(rounds + 1):
            for way, run in ways.items():
                begin = time.process_time()
                run(picture)
                if number:
                    times[way].append(1e3 * (time.process_time() - begin))
        row = {way: float(np.median(some)) for way, some in times.items()}
        found[name] = row | {"extra": row["eight"] - row["upright"]}
    # What turning costs once the blocks are there: signs and transpositions.
    blocks = pdq_operator.blocks(colour)
    begin = time.process_time()
    for _ in range(200):
        pdq_codes.codes(COSINES @ blocks @ COSINES.T)
    found["eight codes from four blocks"] = {"eight": 1e3 * (time.process_time() - begin) / 200}
    return found


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
    extra = cost(25)
    for name, row in extra.items():
        print(f"12 megapixels, {name}: " + "   ".join(f"{way} {value:.2f} ms" for way, value in row.items()))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"distances": rows, "cost": extra}, indent=1) + "\n")


if __name__ == "__main__":
    main()
