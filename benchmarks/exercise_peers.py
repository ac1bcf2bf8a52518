"""Two other ways on an exercise's own pictures: what is hard for all, and what for us.

``python -m benchmarks.exercise_peers OPERATION``. pHash is ImageHash's 64 bits at its usual threshold of 8;
`pdqhash` is the reference's PDQ, a flat scan at 31. Both compare pictures as displayed, decoded by Pillow;
neither turns or mirrors. Originals and altered copies are those that the scorecard counts.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pi_heif
from PIL import Image, ImageOps

from consilience.exercise.scoring import recall
from consilience.exercise.scoring.card import Rate
from consilience.exercise.scoring.known import Known
from consilience.exercise.truth import read_truth

Bits = np.ndarray


def phash(image: Image.Image) -> Bits | None:
    import imagehash

    return imagehash.phash(image).hash.ravel()


def pdq(image: Image.Image) -> Bits | None:
    import pdqhash

    bits, quality = pdqhash.compute(np.asarray(image))
    return bits.astype(bool) if quality >= 50 else None


WAYS: dict[str, tuple[Callable[[Image.Image], Bits | None], int]] = {
    "ImageHash pHash, 8 of 64": (phash, 8),
    "pdqhash, 31 of 256": (pdq, 31),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("operation", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    pi_heif.register_heif_opener()
    truth = read_truth(arguments.operation)
    known = Known(truth)
    contents = {
        content: files[0]
        for content, files in known.contents.items()
        if files[0].what == "picture" and files[0].pictures and not files[0].problems
    }
    found: dict[str, object] = {
        "preset": truth.head.preset,
        "seed": truth.head.seed,
        "generator": truth.head.generator,
    }
    for name, (fingerprint, radius) in WAYS.items():
        codes: dict[str, Bits] = {}
        for number, content in enumerate(contents):
            image = opened(arguments.operation, known, content)
            bits = fingerprint(image) if image is not None else None
            if bits is not None:
                codes[content] = bits
            if sys.stderr.isatty():
                print(f"\r{name}: {number + 1} of {len(contents)}", end="", file=sys.stderr)
        found[name] = compared(known, codes, radius)
    text = json.dumps(found, indent=1)
    if arguments.out:
        arguments.out.write_text(text + "\n")
    print(text)


def opened(operation: Path, known: Known, content: str) -> Image.Image | None:
    """A picture as displayed, from a file that lies in a folder; members of archives are left out."""
    for one in known.contents[content]:
        steps = one.path.steps
        if len(steps) == 1:
            path = bytes(operation / "exhibits" / one.exhibit) + b"/" + steps[0].name
            try:
                with open(path, "rb") as file, Image.open(io.BytesIO(file.read())) as image:
                    upright = ImageOps.exif_transpose(image)
                    if upright.mode.startswith("I"):
                        upright = Image.fromarray((np.asarray(upright, np.uint32) >> 8).astype(np.uint8))
                    return upright.convert("RGB")
            except OSError:
                return None
    return None


def compared(known: Known, codes: dict[str, Bits], radius: int) -> dict[str, object]:
    tied: defaultdict[str, list[bool]] = defaultdict(list)
    for pair in recall.pairs(known):
        one, other = pair.file.sha256, pair.original.sha256
        if pair.here and pair.fit and one in known.contents and other in known.contents:
            near = one in codes and other in codes and int((codes[one] != codes[other]).sum()) <= radius
            tied[pair.name].append(near)
    names = list(codes)
    packed = np.array([np.packbits(codes[name]) for name in names])
    false = unrelated = 0
    for k in range(1, len(names)):
        distances = np.bitwise_count(packed[:k] ^ packed[k]).sum(axis=1)
        shown = known.shown(names[k])
        near = np.flatnonzero(distances <= radius)
        false += sum(not shown & known.shown(names[int(one)]) for one in near)
        unrelated += k
    return {
        "recall": {name: _as_list(Rate.of(sum(hits), len(hits))) for name, hits in tied.items()},
        "all": _as_list(Rate.of(sum(map(sum, tied.values())), sum(map(len, tied.values())))),
        "false": false,
        "pairs": unrelated,
    }


def _as_list(rate: Rate) -> list[float]:
    return [rate.found, rate.total, round(rate.low, 4), round(rate.high, 4)]


if __name__ == "__main__":
    main()
