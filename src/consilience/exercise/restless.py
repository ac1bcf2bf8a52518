"""Files that grow, change and vanish while they are read.

At rest they are files like any other. `stir` keeps them moving as long as its block runs, and puts everything
back afterwards: a test of reading wraps it around the reading.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from consilience.exercise.chance import chance
from consilience.exercise.making import put
from consilience.exercise.truth import FileTruth, Truth
from consilience.model.locator import Locator
from consilience.model.outcomes import Outcome
from consilience.model.problems import ProblemCode

FOLDER = "restless/"
_KINDS = ("grows", "shrinks", "changes", "vanishes")
_PAUSE = 0.002
_SIZE = 3 << 20


def plant(root: Path, exhibit: str, count: int, seed: int, modified: int) -> Iterator[FileTruth]:
    """Put `count` files of each kind into an exhibit; large ones, so that reading them takes a while."""
    for number in range(count):
        for kind in _KINDS:
            path = f"{FOLDER}{kind}-{number:02d}.dat"
            content = chance(seed, "restless", exhibit, path).bytes(_SIZE)
            put(root / path, content, modified)
            locator = Locator.of_path(path.encode())
            yield FileTruth(
                exhibit=exhibit,
                locator=locator.encode().hex(),
                shown=locator.display(),
                what="other",
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                fleeting=True,
                sound=True,
                problems=(ProblemCode.CHANGED, ProblemCode.VANISHED, ProblemCode.IO_ERROR),
                outcomes=(Outcome.NOT_MEDIA, Outcome.UNREADABLE),
                note=f"file that {kind} while it is stirred",
            )


@contextmanager
def stir(folder: Path, truth: Truth) -> Iterator[int]:
    """Keep the restless files of an exercise moving while the block runs; gives how many there are.

    Args:
        folder: the exercise.
        truth: its truth.
    """
    paths = [
        folder / "exhibits" / one.exhibit / os.fsdecode(one.path.steps[0].name)
        for one in truth.files
        if one.fleeting
    ]
    kept = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in paths}
    moments = {path.parent: path.parent.stat().st_mtime_ns for path in paths}
    done = threading.Event()

    def move() -> None:
        turn = 0
        while not done.wait(_PAUSE):
            turn += 1
            for path in paths:
                _moved(path, kept[path][0], turn)

    mover = threading.Thread(target=move, name="restless files")
    mover.start()
    try:
        yield len(paths)
    finally:
        done.set()
        mover.join()
        for path, (content, modified) in kept.items():
            path.write_bytes(content)
            os.utime(path, ns=(modified, modified))
        for parent, modified in moments.items():
            os.utime(parent, ns=(modified, modified))


def _moved(path: Path, content: bytes, turn: int) -> None:
    kind = path.name.split("-", 1)[0]
    if kind == "grows":
        with path.open("ab") as file:
            file.write(content[:4096])
    elif kind == "shrinks":
        os.truncate(path, max(0, len(content) - 4096 * (turn % 512)))
    elif kind == "changes":
        with path.open("r+b") as file:
            file.seek(turn * 4096 % len(content))
            file.write(content[:4096])
    elif path.exists():
        path.unlink()
    elif turn % 3 == 0:
        path.write_bytes(content)
