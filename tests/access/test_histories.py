"""Random histories: what follows from the records is what a plain reading of the rules says, on both databases."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_model import CASES, CONTENTS, ENTRIES, LEVELS, LISTS, ROLES, USERS, Act, Plain, Start, World

from consilience.model.outcomes import Outcome
from consilience.model.people import Actor
from consilience.services.access import scope_of
from consilience.services.review import derive_stacks
from consilience.store import cases, lists, outcomes
from consilience.store.database import Database

numbers = st.integers(0, 5)
users = st.sampled_from(sorted(USERS))
subjects = st.sampled_from(("match", "stack", "entry-match", "entry"))
words = st.sampled_from(("positive", "negative", "negative", "unsure"))
judging = st.builds(
    lambda who, number, other, subject, word: Act(
        "judge", who=who, number=number, other=other, word=f"{subject} {word}"
    ),
    users, numbers, numbers, subjects, words,
)  # fmt: skip
opening = st.one_of(
    st.builds(Act, st.just("role"), users, word=st.sampled_from(ROLES), on=st.booleans()),
    st.builds(Act, st.just("member"), users, numbers, word=st.sampled_from(("", "desk")), on=st.booleans()),
    st.builds(
        Act, st.just("case"), number=numbers, other=numbers, word=st.sampled_from(LEVELS), on=st.booleans()
    ),
    st.builds(
        Act, st.just("list"), number=numbers, other=numbers, word=st.sampled_from(LEVELS), on=st.booleans()
    ),
)
others = st.one_of(
    st.builds(Act, st.just("back"), users, numbers),
    st.builds(Act, st.just("policy"), number=numbers, word=st.sampled_from(("match", "stack", "entry-match", "entry"))),
    st.builds(
        lambda name, chosen: Act("edition", word=name, chosen=chosen),
        st.sampled_from(sorted(LISTS)), st.frozensets(st.sampled_from(list(ENTRIES)), min_size=1),
    ),
    st.builds(Act, st.just("erase"), number=numbers),
)  # fmt: skip
# Somebody may look from the beginning: else there is little to compare.
BEGINNING = (
    Act("role", "ann", word="supervisor"),
    Act("role", "cat", word="analyst"),
    Act("member", "cat", 0),
    Act("list", number=1, word="installation"),
)
histories = st.builds(
    lambda first, rest: [*BEGINNING, *first, *rest],
    st.lists(opening, max_size=6),
    st.lists(st.one_of(judging, judging, opening, others), max_size=20),
)
starts = st.builds(
    Start,
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(list(CONTENTS))), min_size=3, max_size=14).map(tuple),
    st.frozensets(
        st.tuples(st.sampled_from(list(CONTENTS)), st.sampled_from(list(CONTENTS)), st.integers(1, 31)), max_size=8
    ).map(lambda found: frozenset({frozenset(one[:2]): one for one in sorted(found) if one[0] < one[1]}.values())),
    st.frozensets(st.tuples(st.sampled_from(sorted(LISTS)), st.integers(4, 5), st.sampled_from(list(CONTENTS))), max_size=6),
)  # fmt: skip


class Undone(Exception):
    """The example is over; nothing of it stays."""


def compare(database: Database, start: Start, history: list[Act]) -> None:
    try:
        with database.write() as connection:
            world, plain = World(connection, start), Plain(start)
            for act in history:
                world.do(act)
                plain.do(act)
            names = {media_id: number for number, media_id in world.contents.items()}
            for who in USERS:
                scope = scope_of(connection, Actor(who, "review"))
                seen = {one.number for one in cases.cases(connection, scope)}
                assert seen == {str(case) for case in CASES if plain.may_look(who, case)}
                listed = {one.name for one in lists.lists(connection, scope)}
                assert listed == {name for name in LISTS if plain.may_look(who, name)}
                for case, case_id in world.cases.items():
                    found = [one.outcome for one in outcomes.outcomes(connection, scope, case_id)]
                    assert found == plain.outcomes(who, case)
                    counted = outcomes.count(connection, scope, case_id)
                    assert counted == {outcome: found.count(outcome) for outcome in Outcome}
                    stacks = {
                        frozenset(
                            names[one] for one in (stack.representative, *(m.content for m in stack.members))
                        )
                        for stack in derive_stacks(connection, scope, case_id)
                    }
                    assert stacks == plain.stacks(who, case)
            raise Undone
    except Undone:
        pass


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=starts, history=histories)
def test_what_follows_is_what_the_rules_say(database: Database, start: Start, history: list[Act]) -> None:
    compare(database, start, history)


@pytest.mark.long
@settings(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=starts, history=histories)
def test_what_follows_is_what_the_rules_say_for_long(
    database: Database, start: Start, history: list[Act]
) -> None:
    compare(database, start, history)
