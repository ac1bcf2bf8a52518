"""A hundred pictures of an exercise on one sheet, to be looked at: would one train with them?

``python -m benchmarks.exercise_sheet OPERATION OUT.jpg [--seed N] [--altered]``. It decodes what the truth
calls pictures without trouble: of an exercise that was built here, not of an exhibit.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import pi_heif
from PIL import Image, ImageOps

from consilience.exercise.truth import FileTruth, read_truth

ACROSS = 10
CELL, GAP = 132, 6


def chosen(operation: Path, seed: int, altered: bool) -> list[FileTruth]:
    """A hundred pictures that lie in folders and that the exercise made itself; no packages' photographs.

    The small ones in the crowded folder show no picture of the truth, and are left out.
    """
    files = [
        one
        for one in read_truth(operation).files
        if one.what == "picture" and one.pictures and not one.problems and (one.alteration or not altered)
        if not any(name.startswith("photograph") for name in one.pictures)
        and (operation / "exhibits" / one.exhibit / one.shown).is_file()
    ]
    return random.Random(seed).sample(files, ACROSS * ACROSS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("operation", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--altered", action="store_true", help="altered copies only")
    arguments = parser.parse_args()
    pi_heif.register_heif_opener()
    side = ACROSS * (CELL + GAP) + GAP
    sheet = Image.new("RGB", (side, side), "white")
    for place, file in enumerate(chosen(arguments.operation, arguments.seed, arguments.altered)):
        with Image.open(arguments.operation / "exhibits" / file.exhibit / file.shown) as image:
            small = ImageOps.exif_transpose(image).convert("RGB")
        small.thumbnail((CELL, CELL))
        row, column = divmod(place, ACROSS)
        left = GAP + column * (CELL + GAP) + (CELL - small.width) // 2
        sheet.paste(small, (left, GAP + row * (CELL + GAP) + (CELL - small.height) // 2))
    sheet.save(arguments.out, quality=80)


if __name__ == "__main__":
    main()
