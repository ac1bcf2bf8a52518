"""Stacks: every member is near its representative, nothing chains, nothing is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from consilience.linking.stacks import Member, Pair, inverse, stacks
from consilience.model.examination import ORIENTATIONS, Orientation

pairs_of = st.lists(
    st.builds(Pair, st.integers(0, 9), st.integers(0, 12), st.integers(0, 31), st.sampled_from(ORIENTATIONS)),
    max_size=30,
)


def plainly(
    preferred: list[int], pairs: list[Pair], together: set[frozenset[int]]
) -> list[tuple[int, list[Member]]]:
    """The rule of stacks, read content by content."""

    def near(content: int) -> dict[int, Member]:
        found: dict[int, Member] = {}
        for pair in pairs:
            if content not in (pair.first, pair.second) or pair.first == pair.second:
                continue
            other = pair.second if content == pair.first else pair.first
            turned = pair.orientation if content == pair.first else inverse(pair.orientation)
            if other in preferred and (other not in found or pair.distance < found[other].distance):
                found[other] = Member(content, pair.distance, turned)
        return found

    stacked: dict[int, list[Member]] = {}
    for content in preferred:
        if not near(content).keys() & stacked.keys():
            stacked[content] = []
    for content in preferred:
        if content not in stacked:
            known = {other: member for other, member in near(content).items() if other in stacked}
            best = min(
                known,
                key=lambda one: (
                    frozenset((content, one)) not in together, known[one].distance, preferred.index(one)
                ),
            )  # fmt: skip
            stacked[best].append(known[best])
    return [
        (content, sorted(members, key=lambda one: (one.distance, preferred.index(one.content))))
        for content, members in stacked.items()
        if members
    ]


@given(
    st.permutations(range(10)),
    pairs_of,
    st.sets(st.frozensets(st.integers(0, 9), min_size=2, max_size=2), max_size=4),
)
def test_stacks_are_those_of_the_rule_read_plainly(
    order: list[int], pairs: list[Pair], together: set[frozenset[int]]
) -> None:
    found = [(one.representative, list(one.members)) for one in stacks(order, pairs, together)]
    assert found == plainly(order, pairs, together)


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
