"""Altered pictures, and whether they were tied to their originals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import msgspec

from consilience.exercise.alterations import GRID
from consilience.exercise.scoring.card import MissedLink, Rate, Recall
from consilience.exercise.scoring.known import EntryKey, Known
from consilience.exercise.scoring.links import Links
from consilience.exercise.truth import FileTruth, PictureTruth
from consilience.model.lists import Role
from consilience.settings import PDQ_MIN_QUALITY

_ORDER = {one.label: index for index, one in enumerate(GRID)}
_FIRST = {one.name: index for index, one in reversed([*enumerate(GRID)])}


class Pair(msgspec.Struct, frozen=True):
    """An altered content, and what it should be tied to.

    Attributes:
        file: the first file of the content.
        name, strength: of the alteration.
        original: the picture it was made from.
        here: whether the original lies in an exhibit.
        entries: standing alert entries that hold the original's code.
        fit: whether they can be tied at all: the original's code is good enough, and neither is known-good,
            which is not decoded.
    """

    file: FileTruth
    name: str
    strength: str
    original: PictureTruth
    here: bool
    entries: tuple[EntryKey, ...]
    fit: bool


def pairs(known: Known) -> list[Pair]:
    """Every altered content that should be tied to its original, or to an entry with its original's code."""
    codes: defaultdict[str, list[EntryKey]] = defaultdict(list)
    for key, entry in known.entries.items():
        if entry.pdq and entry.last is None and entry.role is Role.ALERT and entry.purpose != "edge":
            codes[entry.picture].append(key)
    found = []
    for content, files in known.contents.items():
        one = files[0]
        if one.alteration is None or not one.pictures or one.problems:
            continue
        original = known.pictures[one.pictures[0]]
        if content != original.sha256:
            here = original.sha256 in known.contents
            name, strength = one.alteration.name, one.alteration.strength
            undecoded = known.is_known_good(content) or known.is_known_good(original.sha256)
            fit = original.quality >= PDQ_MIN_QUALITY and not undecoded
            found.append(Pair(one, name, strength, original, here, tuple(codes[original.name]), fit))
    return found


def by_strength(one: Pair) -> tuple[str, str]:
    """Labels a pair by alteration and strength."""
    return one.name, one.strength


def by_alteration(one: Pair) -> tuple[str, str]:
    """Labels a pair by alteration."""
    return one.name, ""


def by_family(one: Pair) -> tuple[str, str]:
    """Labels a pair by family of scenes, or as a photograph."""
    return (one.original.family if one.original.kind == "scene" else one.original.kind), ""


def recall(
    links: Links, found: Iterable[Pair], label: Callable[[Pair], tuple[str, str]]
) -> tuple[Recall, ...]:
    """Rates of pairs that were tied, by label, in the order of the grid."""
    groups: defaultdict[tuple[str, str], list[Pair]] = defaultdict(list)
    for one in found:
        groups[label(one)].append(one)
    return tuple(_rates(links, *key, groups[key]) for key in sorted(groups, key=_place))


def overall(links: Links, found: Iterable[Pair]) -> Recall:
    """All pairs together."""
    return _rates(links, "all", "", list(found))


def missed(known: Known, links: Links, found: Iterable[Pair]) -> tuple[MissedLink, ...]:
    """Altered pictures that were not tied to an original that is there and fit."""
    return tuple(
        MissedLink(
            f"{one.file.exhibit}: {one.file.shown}",
            known.name(one.original.sha256),
            f"{one.name} {one.strength}".strip(),
        )
        for one in found
        if one.fit and one.here and (one.file.sha256, one.original.sha256) not in links.near
    )


def _rates(links: Links, name: str, strength: str, group: list[Pair]) -> Recall:
    fit = [one for one in group if one.fit]
    here = [(one.file.sha256, one.original.sha256) for one in fit if one.here]
    listed = [(one.file.sha256, key) for one in fit for key in one.entries]
    return Recall(
        name,
        strength,
        Rate.of(sum(pair in links.near for pair in here), len(here)),
        Rate.of(sum(pair in links.near for pair in listed), len(listed)),
        len(group) - len(fit),
    )


def _place(key: tuple[str, str]) -> tuple[int, str]:
    last = len(_ORDER)
    return _ORDER.get(" ".join(key).strip(), _FIRST.get(key[0], last)), key[0]
