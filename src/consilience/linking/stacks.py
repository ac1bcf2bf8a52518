"""Stacks: near-identical contents around one representative. Derived, and never chained.

Every member lies within the match radius of its representative itself; two members may be further apart, but
a row of pictures that each resemble only the next one does not become one stack.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from consilience.model.examination import Orientation

_INVERSE = {
    Orientation.ROTATED_90: Orientation.ROTATED_270,
    Orientation.ROTATED_270: Orientation.ROTATED_90,
}


def inverse(orientation: Orientation) -> Orientation:
    """What undoes an orientation: half turns and mirrors undo themselves."""
    return _INVERSE.get(orientation, orientation)


class Pair(msgspec.Struct, frozen=True):
    """Two contents that match: turned by `orientation`, the first lies at `distance` from the second."""

    first: int
    second: int
    distance: int
    orientation: Orientation


class Member(msgspec.Struct, frozen=True):
    """A content in a stack: how far it is from the representative, and how it is turned to get there."""

    content: int
    distance: int
    orientation: Orientation


class Stack(msgspec.Struct, frozen=True):
    """A representative and the others, nearest first."""

    representative: int
    members: tuple[Member, ...]


def stacks(
    preferred: Sequence[int], pairs: Iterable[Pair], together: Collection[frozenset[int]] = ()
) -> list[Stack]:
    """Stacks of two contents or more, in the order of their representatives.

    Args:
        preferred: contents, the one that would best represent others first.
        pairs: matches between them; pairs with a content that is not in `preferred` do not count.
        together: pairs of contents that people keep in one stack.

    A content represents others unless a better one that does already is within the radius of it; every
    other content goes to the nearest of the representatives that it matches; first come those with which
    people keep it together.
    """
    rank = {content: place for place, content in enumerate(preferred)}
    counted = [one for one in pairs if one.first in rank and one.second in rank and one.first != one.second]
    if not counted:
        return []
    first, second = (np.array([rank[one] for one in ends]) for ends in zip(*map(_ends, counted), strict=True))
    is_representative = _representatives(len(rank), np.minimum(first, second), np.maximum(first, second))

    # Each pair both ways: a content, and one that it could go to.
    content, other = np.concatenate((first, second)), np.concatenate((second, first))
    pair = np.tile(np.arange(len(counted)), 2)
    distance = np.array([one.distance for one in counted])[pair]
    apart = np.ones(len(pair), bool)
    if together:
        apart = np.array([frozenset((one.first, one.second)) not in together for one in counted])[pair]
    may = np.flatnonzero(~is_representative[content] & is_representative[other])
    may = may[np.lexsort((pair[may], other[may], distance[may], apart[may], content[may]))]
    _, nearest = np.unique(content[may], return_index=True)
    chosen = may[nearest]
    chosen = chosen[np.lexsort((content[chosen], distance[chosen], other[chosen]))]

    found: dict[int, list[Member]] = defaultdict(list)
    for at, place in zip(chosen.tolist(), other[chosen].tolist(), strict=True):
        one = counted[at % len(counted)]
        if at < len(counted):
            member = Member(one.first, one.distance, one.orientation)
        else:
            member = Member(one.second, one.distance, inverse(one.orientation))
        found[place].append(member)
    return [Stack(preferred[place], tuple(members)) for place, members in found.items()]


def _ends(pair: Pair) -> tuple[int, int]:
    return pair.first, pair.second


def _representatives(contents: int, better: NDArray[np.int64], worse: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which ranks represent: those that no better one that does is near to."""
    found = [True] * contents
    # By the worse of the two: when a pair's turn comes, its better one is decided.
    order = np.argsort(worse, kind="stable")
    for best, rest in zip(better[order].tolist(), worse[order].tolist(), strict=True):
        if found[best]:
            found[rest] = False
    return np.array(found, bool)
