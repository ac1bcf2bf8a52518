"""Random histories: what follows from the records is what a plain reading of the rules says, on both databases."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_model import (
    CASES,
    CODES,
    CONTENTS,
    ENTRIES,
    LEVELS,
    LISTS,
    ROLES,
    USERS,
    Act,
    Plain,
    Start,
    Thing,
    World,
)

from consilience.model.judgements import Subject
from consilience.model.outcomes import Outcome
from consilience.model.people import Actor, Scope
from consilience.services.access import scope_of
from consilience.services.review import derive_stacks
from consilience.store import cases, judgements, lists, outcomes, records
from consilience.store.database import Database

numbers = st.integers(0, 11)
users = st.sampled_from(sorted(USERS))
subjects = st.sampled_from(("match", "stack", "entry-match", "entry", "classification"))
words = st.sampled_from(("positive", "negative", "negative", "unsure")).flatmap(
    lambda decision: st.sampled_from([f"{decision}={code}" for code in CODES])
)
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
    st.builds(Act, st.just("again"), number=numbers, word=words),
    st.builds(Act, st.just("back"), users, numbers),
    st.builds(Act, st.just("policy"), number=numbers, word=subjects),
    st.builds(
        lambda name, chosen: Act("edition", word=name, chosen=chosen),
        st.sampled_from(sorted(LISTS)), st.frozensets(st.sampled_from(list(ENTRIES)), min_size=1),
    ),
    st.builds(Act, st.just("file"), number=numbers, other=numbers),
    st.builds(Act, st.just("erase"), number=numbers, word=st.sampled_from(("exhibit", "exhibit", "case"))),
)  # fmt: skip
# Somebody may look from the beginning: else there is little to compare.
BEGINNING = (
    Act("role", "ann", word="supervisor"),
    Act("role", "cat", word="analyst"),
    Act("member", "cat", 0),
    Act("list", number=1, word="installation"),
    Act("list", number=2, word="installation"),
    Act("policy", number=0, word="entry"),  # one vote retracts
)
histories = st.builds(
    lambda first, rest: [*BEGINNING, *first, *rest],
    st.lists(opening, max_size=6),
    st.lists(
        st.sampled_from("jjjjjjgaaa").flatmap({"j": judging, "g": opening, "a": others}.__getitem__),
        min_size=8,
        max_size=40,
    ),
)
near = st.dictionaries(
    st.sampled_from(list(combinations(CONTENTS, 2))), st.integers(1, 31), min_size=5, max_size=10
)
looks = st.tuples(st.sampled_from(sorted(LISTS)), st.integers(4, 5), st.sampled_from(list(CONTENTS)))
starts = st.builds(
    Start,
    st.lists(
        st.tuples(st.sampled_from((1, 1, 1, 2, 2, 3, 4)), st.sampled_from(list(CONTENTS))),
        min_size=8,
        max_size=16,
    ).map(tuple),
    near.map(lambda found: frozenset((*pair, distance) for pair, distance in found.items())),
    st.frozensets(looks, min_size=2, max_size=8),
)


class Undone(Exception):
    """The example is over; nothing of it stays."""


@pytest.fixture
def world(database: Database) -> World:
    """What every history begins with, on record."""
    with database.write() as connection:
        return World(connection)


def compare(database: Database, world: World, start: Start, history: list[Act]) -> Counter[str]:
    """Do a history in both worlds and compare what each person may know of it; gives what was done."""
    plain = Plain(start)
    try:
        with database.write() as connection:
            world.begin(connection, start)
            for act in history:
                world.do(act)
                plain.do(act)
            for who in USERS:
                scope = scope_of(connection, Actor(who, "review"))
                check_records(world, plain, who, scope)
                for case, case_id in world.cases.items():
                    found = [one.outcome for one in outcomes.outcomes(connection, scope, case_id)]
                    assert found == plain.outcomes(who, case)
                    counted = outcomes.count(connection, scope, case_id)
                    assert counted == {outcome: found.count(outcome) for outcome in Outcome}
                    stacks = {
                        frozenset(
                            world.number_of(one)
                            for one in (stack.representative, *(m.content for m in stack.members))
                        )
                        for stack in derive_stacks(connection, scope, case_id)
                    }
                    assert stacks == plain.stacks(who, case)
            raise Undone
    except Undone:
        return plain.did


def check_records(world: World, plain: Plain, who: str, scope: Scope) -> None:
    """What somebody sees of cases, lists, matches and judgements."""
    connection, ids = world.connection, list(world.contents.values())
    assert {one.number for one in cases.cases(connection, scope)} == {
        str(case) for case in CASES if plain.may_look(who, case)
    }
    assert {one.name for one in lists.lists(connection, scope)} == {
        name for name in LISTS if plain.may_look(who, name)
    }
    seen = plain.seen(who)
    assert {
        world.number_of(one) for one, files in records.files_of(connection, scope, ids).items() if files
    } == seen
    assert {
        frozenset((world.number_of(one.media_id), world.number_of(one.other_media_id)))
        for one in records.near(connection, scope, ids)
    } == plain.pairs(who)
    visible = [media_id for number, media_id in world.contents.items() if number in seen]
    matched = records.entry_matches(connection, scope, visible, recalled=True)
    assert {
        (*world.entry_of(one.entry_id), world.number_of(one.media_id), one.recalled)
        for found in matched.values()
        for one in found
    } == plain.entry_matches(who)
    assert [
        (
            world.thing(one.judged),
            one.author,
            one.decision.value,
            one.code,
            one.ended_at is None,
            one.superseded,
        )
        for one in judgements.judgements(connection, scope)
    ] == plain.judgements(who)
    verdicts: dict[Thing, tuple[str, str]] = {}
    for subject in Subject:
        found = judgements.verdicts(connection, scope, subject)
        verdicts |= {world.thing(judged): (one.state.value, one.code) for judged, one in found.items()}
    assert verdicts == plain.verdicts(who)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=starts, history=histories)
def test_what_follows_is_what_the_rules_say(
    database: Database, world: World, start: Start, history: list[Act]
) -> None:
    compare(database, world, start, history)


REALLY_DONE = (
    "judge match", "judge stack", "judge entry-match", "judge entry", "judge classification", "supersede",
    "take back", "retract", "withdraw", "recall", "file comes", "content comes", "erase exhibit", "erase case",
    "content goes", "judgement goes", "grant", "revoke",
)  # fmt: skip


@pytest.mark.long
def test_what_follows_is_what_the_rules_say_for_long(database: Database, world: World) -> None:
    done: Counter[str] = Counter()

    @settings(max_examples=600, deadline=None)
    @given(start=starts, history=histories)
    def compared(start: Start, history: list[Act]) -> None:
        done.update(compare(database, world, start, history))
        done["histories"] += 1
        done["acts"] += len(history)

    compared()
    print(dict(done))
    assert done["histories"] >= 600
    # An act may find nothing to do; so many did something.
    assert {one: done[one] for one in REALLY_DONE if done[one] < 20} == {}
