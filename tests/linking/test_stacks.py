"""Stacks: every member is near its representative, nothing chains, nothing is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from consilience.linking.stacks import Pair, stacks
from consilience.model.examination import ORIENTATIONS, Orientation

pairs_of = st.lists(
    st.builds(Pair, st.integers(0, 9), st.integers(0, 12), st.integers(0, 31), st.sampled_from(ORIENTATIONS)),
    max_size=30,
)


@given(st.permutations(range(10)), pairs_of)
def test_members_match_their_representative_and_nobody_nearer(order: list[int], pairs: list[Pair]) -> None:
    nearest: dict[frozenset[int], int] = {}
    for pair in pairs:
        if pair.first != pair.second and pair.second < 10:
            key = frozenset((pair.first, pair.second))
            nearest[key] = min(nearest.get(key, 256), pair.distance)
    found = stacks(order, pairs)
    representatives = {stack.representative for stack in found}
    members = [one.content for stack in found for one in stack.members]
    assert len(members) == len(set(members))
    assert not representatives & set(members)
    for stack in found:
        for one in stack.members:
            others = [nearest.get(frozenset((one.content, other)), 256) for other in representatives]
            assert one.distance == nearest[frozenset((one.content, stack.representative))] == min(others)
    for content in set(order) - set(members) - representatives:
        assert not any(frozenset((content, other)) in nearest for other in representatives)


@given(st.permutations(range(10)), pairs_of)
def test_the_order_of_the_pairs_does_not_matter(order: list[int], pairs: list[Pair]) -> None:
    def shape(of: list[Pair]) -> list[tuple[int, list[tuple[int, int]]]]:
        return [
            (stack.representative, [(one.content, one.distance) for one in stack.members])
            for stack in stacks(order, of)
        ]

    assert shape(pairs) == shape(pairs[::-1])


def test_a_row_of_pictures_does_not_become_one_stack() -> None:
    row = [Pair(number + 1, number, 20, Orientation.UPRIGHT) for number in range(4)]
    found = stacks([0, 1, 2, 3, 4], row)
    assert [(stack.representative, [one.content for one in stack.members]) for stack in found] == [
        (0, [1]),
        (2, [3]),
    ]


def test_the_orientation_is_what_takes_the_member_to_the_representative() -> None:
    turned = Pair(first=2, second=1, distance=3, orientation=Orientation.ROTATED_90)
    assert stacks([1, 2], [turned])[0].members[0].orientation is Orientation.ROTATED_90
    assert stacks([2, 1], [turned])[0].members[0].orientation is Orientation.ROTATED_270
