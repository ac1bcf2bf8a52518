"""Stacks: near-identical contents around one representative. Derived, and never chained.

Every member lies within the match radius of its representative itself; two members may be further apart, but
a row of pictures that each resemble only the next one does not become one stack.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

import msgspec

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
    kept = set(together)
    rank = {content: place for place, content in enumerate(preferred)}
    neighbours: defaultdict[int, dict[int, Member]] = defaultdict(dict)
    for pair in pairs:
        if pair.first in rank and pair.second in rank and pair.first != pair.second:
            _keep_nearer(neighbours[pair.second], Member(pair.first, pair.distance, pair.orientation))
            _keep_nearer(
                neighbours[pair.first], Member(pair.second, pair.distance, inverse(pair.orientation))
            )
    representatives: dict[int, list[Member]] = {}
    for content in preferred:
        near = neighbours.get(content, {})
        if not any(one in representatives for one in near):
            representatives[content] = []
    for content in preferred:
        if content in representatives:
            continue
        _, distance, _, nearest = min(
            (frozenset((content, one.content)) not in kept, one.distance, rank[one.content], one.content)
            for one in neighbours[content].values()
            if one.content in representatives
        )
        turned = neighbours[nearest][content].orientation
        representatives[nearest].append(Member(content, distance, turned))
    return [
        Stack(content, tuple(sorted(members, key=lambda one: (one.distance, rank[one.content]))))
        for content, members in representatives.items()
        if members
    ]


def _keep_nearer(known: dict[int, Member], candidate: Member) -> None:
    before = known.get(candidate.content)
    if before is None or candidate.distance < before.distance:
        known[candidate.content] = candidate
