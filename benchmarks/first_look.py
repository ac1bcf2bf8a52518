"""How far a first look lies from the exact fingerprint, over a corpus that its seed freezes.

    python -m benchmarks.first_look                  5,000 files; about twelve minutes of processor time
    python -m benchmarks.first_look --files 300
    python -m benchmarks.first_look --kept seen.jsonl       cut off, it goes on from that file

The corpus (benchmarks/camera.py) has JPEGs of 5 pixels to 13 megapixels: baseline in three samplings,
progressive, grey and CMYK, upright and turned by Exif. Distances are in bits of 256, for pictures of quality
50 and more; those that only a full decode can tell (CMYK) are counted and have none. The number of the worst
picture makes it again: `corpus(range(number, number + 1))`.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from benchmarks.camera import SEED, corpus

from consilience.fingerprints.first_look import first_look
from consilience.fingerprints.pdq import Pdq
from consilience.media.pictures import decode
from consilience.settings import PDQ_MIN_QUALITY, Limits

RESULTS = Path(__file__).parent / "results"
SLICE = 25


class Seen(NamedTuple):
    """One file of the corpus, looked at both ways.

    Attributes:
        number, form, orientation: as the corpus has them.
        pixels: of the picture.
        quality: exact.
        decoder: what read it for the first look; empty where only the full decode could.
        upright: bits between the two codes as displayed.
        turned: the most, over the other orientations.
        quality_off: difference of the qualities.
    """

    number: int
    form: str
    orientation: int
    pixels: int
    quality: int
    decoder: str
    upright: int
    turned: int
    quality_off: int


def look(numbers: range) -> list[Seen]:
    pdq, limits, seen = Pdq(), Limits(), []
    for specimen in corpus(numbers):
        exact = pdq.fingerprint(decode(specimen.file, "image/jpeg", limits).pixels)
        look = first_look(specimen.file, limits)
        codes = exact if look is None else look.codes
        bits = np.bitwise_count(codes.codes ^ exact.codes).sum(axis=1)
        seen.append(
            Seen(
                specimen.number,
                specimen.form,
                specimen.orientation,
                specimen.size[0] * specimen.size[1],
                exact.quality,
                "" if look is None else look.decoder,
                int(bits[0]),
                int(bits[1:].max()),
                abs(codes.quality - exact.quality),
            )
        )
    return seen


GROUPS: dict[str, Callable[[Seen], bool]] = {
    "8 megapixels and more": lambda s: s.pixels >= 8e6,
    "1 to 8 megapixels": lambda s: 1e6 <= s.pixels < 8e6,
    "below 1 megapixel": lambda s: s.pixels < 1e6,
    "below 8 megapixels": lambda s: s.pixels < 8e6,
    "from coefficients": lambda s: "coefficients" in s.decoder,
    "from luma": lambda s: "luma" in s.decoder,
    "progressive": lambda s: s.form == "progressive",
    "4:4:4": lambda s: s.form == "baseline 4:4:4",
    "grey": lambda s: s.form == "grey",
    "turned by Exif": lambda s: s.orientation != 1,
}


COLUMNS = ("pictures", "median", "p99", "max", "turned p99", "quality off, most")


def distribution(seen: list[Seen]) -> dict[str, Any]:
    upright = np.array([one.upright for one in seen])
    worst = max(seen, key=lambda one: one.upright)
    return {
        "pictures": len(seen),
        "median": float(np.median(upright)),
        "p99": float(np.quantile(upright, 0.99)),
        "max": int(upright.max()),
        "turned p99": float(np.quantile([one.turned for one in seen], 0.99)),
        "quality off, most": max(one.quality_off for one in seen),
        "worst": worst._asdict(),
        "histogram": {str(bits): count for bits, count in sorted(Counter(upright.tolist()).items())},
    }


def report(seen: list[Seen], out: Path) -> None:
    """Print the distributions and write them."""
    left = [one for one in seen if not one.decoder]
    judged = [one for one in seen if one.decoder and one.quality >= PDQ_MIN_QUALITY]
    groups = {name: [one for one in judged if chosen(one)] for name, chosen in GROUPS.items()}
    figures = {name: distribution(some) for name, some in {"all": judged, **groups}.items() if some}
    for name, figure in figures.items():
        print(f"{name:<24}" + "   ".join(f"{what} {figure[what]:g}" for what in COLUMNS))
    forms = dict(Counter(one.form for one in seen))
    print(f"left to the full decode: {len(left)}; below quality {PDQ_MIN_QUALITY}: ", end="")
    print(len(seen) - len(left) - len(judged), forms)
    out.parent.mkdir(parents=True, exist_ok=True)
    about = {"seed": SEED, "files": len(seen), "forms": forms, "left to the full decode": len(left)}
    out.write_text(json.dumps({"corpus": about, "distances": figures}, indent=1) + "\n")


def kept(path: Path | None) -> list[Seen]:
    """What an earlier run looked at, in the order of the corpus."""
    lines = path.read_text().splitlines() if path is not None and path.exists() else []
    return [Seen(*json.loads(line)) for line in lines]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.first_look")
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--kept", type=Path, help="what was looked at already is read and added here")
    parser.add_argument("--out", type=Path, default=RESULTS / "first_look.json")
    given = parser.parse_args()
    seen = kept(given.kept)
    left = range(len(seen), given.files)
    slices = [left[at : at + SLICE] for at in range(0, len(left), SLICE)]
    with ProcessPoolExecutor(given.processes) as pool:
        for part in pool.map(look, slices):
            seen += part
            if given.kept:
                with given.kept.open("a") as file:
                    file.writelines(json.dumps(one) + "\n" for one in part)
            print(f"\r{len(seen)} of {given.files}", end="", flush=True)
    print()
    report(seen, given.out)


if __name__ == "__main__":
    main()
