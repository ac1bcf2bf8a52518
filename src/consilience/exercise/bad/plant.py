"""Putting bad input into an exhibit."""

# Names here need not be text, and pathlib holds nothing else.
# ruff: noqa: PTH103, PTH120, PTH123
from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from consilience.exercise.alterations import Chance
from consilience.exercise.bad.bombs import archives, bombs
from consilience.exercise.bad.damaged import damaged
from consilience.exercise.bad.item import Item, Sample
from consilience.exercise.bad.names import metadata, named
from consilience.exercise.bad.special import deep, special, unreadable
from consilience.exercise.truth import FileTruth
from consilience.model.locator import Locator, Step, StepKind


class Planted(msgspec.Struct, frozen=True):
    """What was made, and what this machine did not allow."""

    files: tuple[FileTruth, ...]
    left_out: tuple[str, ...]


def plant(
    root: Path, exhibit: str, folder: str, samples: list[Sample], depth: int, modified: int, random: Chance
) -> Planted:
    """Put bad input into an exhibit.

    Args:
        root: the exhibit's folder.
        exhibit: its number.
        folder: where in it, ended by a slash.
        samples: at least two sound pictures.
        depth: folders within folders.
        modified: time of the files.
        random: for what is left open.
    """
    files: list[FileTruth] = []
    left_out: list[str] = []
    base = os.fsencode(folder)
    items = [
        *damaged(samples, random),
        *bombs(random),
        *archives(samples, random),
        *named(samples),
        *metadata(samples),
    ]
    for item in items:
        path = os.fsencode(root) + b"/" + base + item.path
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(item.content)
            os.utime(path, (modified, modified))
        except OSError as error:
            left_out.append(f"{exhibit}: {item.note}: {os.strerror(error.errno or 0)}")
            continue
        files += _truths(exhibit, base, item)
    files += special(root, exhibit, base, left_out)
    files += unreadable(root, exhibit, base, samples[0], modified, left_out)
    files += deep(root, exhibit, base, depth, samples[1], modified)
    return Planted(tuple(files), tuple(left_out))


def _truths(exhibit: str, base: bytes, item: Item) -> Iterator[FileTruth]:
    locator = Locator.of_path(base + item.path)
    yield FileTruth(
        exhibit=exhibit,
        locator=locator.encode().hex(),
        shown=locator.display(),
        what=item.what,
        size=len(item.content),
        sha256=hashlib.sha256(item.content).hexdigest(),
        pictures=item.pictures,
        problems=item.problems,
        sound=item.sound,
        outcomes=item.outcomes,
        unlisted=item.unlisted,
        note=item.note,
    )
    for names, content, what, pictures in item.members:
        member = locator.into(*(Step(StepKind.MEMBER, name, 0) for name in names))
        yield FileTruth(
            exhibit=exhibit,
            locator=member.encode().hex(),
            shown=member.display(),
            what=what,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            pictures=pictures,
            note=item.note,
        )
