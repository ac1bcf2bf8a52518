"""Over random policies: what each list returns is what the explanations allow, record by record."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_model import CASES, CONTENTS, ENTRIES, EXHIBITS, LISTS, USERS, Act, Start, World
from test_histories import Undone, opening, users

from consilience.access import rules
from consilience.model.judgements import Decision, Subject
from consilience.model.people import Actor, Permission
from consilience.model.persons import PersonKind
from consilience.model.vocabularies.loading import load
from consilience.services.access import scope_of
from consilience.services.people import case_facts, list_facts
from consilience.services.review import derive_stacks
from consilience.store import (
    cases,
    events,
    judgements,
    lists,
    matches,
    outcomes,
    people,
    persons,
    records,
    sharing,
)
from consilience.store.database import Database
from consilience.store.events import EventFilter
from consilience.store.judgements import Judged

START = Start(
    files=tuple((exhibit, content) for exhibit in EXHIBITS for content in (exhibit, exhibit + 1)),
    near=frozenset({(1, 2, 3), (2, 3, 3), (3, 4, 3), (4, 5, 3)}),
    looks=frozenset((name, 4, content) for name in LISTS for content in CONTENTS),
)
STACKS = {
    1: {frozenset({(3, True), (2, False)})},
    2: {frozenset({(4, True), (3, False)})},
    3: {frozenset({(5, True), (4, False)})},
}
"""Contents of a case that are near to its largest, which represents: 1 in case 1 is near to 2 alone."""

# With every role that there is.
policies = st.lists(
    st.one_of(
        opening,
        st.builds(Act, st.just("role"), users, word=st.sampled_from(sorted(load().roles)), on=st.booleans()),
    ),
    max_size=12,
)


def allowed(reasons: list[rules.Reason], permission: Permission) -> bool:
    answers = {one.allowed for one in reasons if one.permission is permission}
    assert len(answers) == 1  # never allowed and denied at once
    return answers.pop()


def furnish(world: World) -> None:
    """A person, a judgement, notices and an event in each case; an event of no case by each user."""
    connection = world.connection
    for who in USERS:
        events.append(connection, Actor(who, "review"), "sign-in", object_kind="session")
    for number, case_id in world.cases.items():
        events.append(connection, Actor("x", "review"), "read", object_kind="case", case_id=case_id)
        persons.add_person(
            connection, case_id, PersonKind.WITNESS, str(number), origin="", review_at=None, by="x"
        )
        judgements.add(
            connection, Judged.pair(Subject.MATCH, world.contents[number], world.contents[number + 1]),
            Decision.UNSURE, author="x", agency_id=world.agencies["north"], case_id=case_id, reason="review",
        )  # fmt: skip
        for about in world.cases.values():
            matches.add_notice(connection, case_id, "about-case", str(about), {}, about_case_id=about)
        for about in world.lists.values():
            matches.add_notice(connection, case_id, "about-list", str(about), {}, about_list_id=about)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=policies)
def test_lists_return_what_the_explanations_allow(database: Database, history: list[Act]) -> None:
    try:
        with database.write() as connection:
            world = World(connection)
            world.begin(connection, START)
            furnish(world)
            for act in history:
                world.do(act)
            for who in USERS:
                check(world, who)
            raise Undone
    except Undone:
        pass


def check(world: World, who: str) -> None:
    connection = world.connection
    standing, actor = people.standing_of(connection, who), Actor(who, "review")
    of_cases = {
        one.number: rules.explain(
            standing, case_facts(connection, standing, one.id, one.agency_id, one.release_level)
        )
        for one in cases.cases(connection, rules.EVERYTHING)
    }
    of_lists = {}
    for name in LISTS:
        owned = lists.list_owned(connection, rules.EVERYTHING, name)
        assert owned is not None
        of_lists[name] = rules.explain(standing, list_facts(connection, standing, *owned))
    for permission in Permission:
        scope = scope_of(connection, actor, permission)
        found = {one.number for one in cases.cases(connection, scope)}
        assert found == {one for one, reasons in of_cases.items() if allowed(reasons, permission)}
        named = {one.name for one in lists.lists(connection, scope)}
        assert named == {one for one, reasons in of_lists.items() if allowed(reasons, permission)}
    scope = scope_of(connection, actor)
    open_cases = {number for number in CASES if allowed(of_cases[str(number)], Permission.LOOK)}
    open_lists = {name for name in LISTS if allowed(of_lists[name], Permission.LOOK)}
    open_files = {(exhibit, content) for exhibit, content in START.files if EXHIBITS[exhibit] in open_cases}
    names = {media_id: number for number, media_id in world.contents.items()}
    files = records.files_of(connection, scope, names)
    assert {
        (int(one.exhibit), names[media_id]) for media_id in files for one in files[media_id]
    } == open_files
    open_contents = {content for _, content in open_files}
    for number in world.contents:
        sha256 = bytes([number]) * 32
        assert (records.media_id_of(connection, scope, sha256) is not None) == (number in open_contents)
    exhibits = sharing.exhibits_of(connection, scope, names)
    found_exhibits = {one for held in exhibits.values() for one in held}
    assert found_exhibits == {world.exhibits[exhibit][0] for exhibit, _ in open_files}
    near = {
        frozenset((names[one.media_id], names[one.other_media_id]))
        for one in records.near(connection, scope, names)
    }
    pairs = {frozenset(one[:2]) for one in START.near}
    assert near == {pair for pair in pairs if pair <= open_contents}
    shown = [world.contents[number] for number in open_contents]
    matched = {
        (*world.entry_of(one.entry_id), names[one.media_id])
        for found in records.entry_matches(connection, scope, shown).values()
        for one in found
    }
    same = {(name, number, number) for name in LISTS for number in ENTRIES if number <= 3}
    assert matched == {one for one in same | START.looks if one[0] in open_lists and one[2] in open_contents}
    known = persons.persons(connection, scope, kind=PersonKind.WITNESS)
    assert {int(one.name) for one in known} == open_cases
    said = {one.case for one in judgements.judgements(connection, scope)}
    assert said == {str(one) for one in open_cases if {one, one + 1} <= open_contents}
    for number, case_id in world.cases.items():
        told = matches.notices(connection, scope, case_id)
        expected = len(open_cases) + len(open_lists) if number in open_cases else 0
        assert len(told) == expected
        of_case = {one for one in open_files if EXHIBITS[one[0]] == number}
        assert len(list(outcomes.outcomes(connection, scope, case_id))) == len(of_case)
        stacks = {
            frozenset(
                (names[member], member == one.representative)
                for member in (one.representative, *(m.content for m in one.members))
            )
            for one in derive_stacks(connection, scope, case_id)
        }
        assert stacks == (STACKS[number] if number in open_cases else set())
    audited = {number for number in CASES if allowed(of_cases[str(number)], Permission.AUDIT)}
    owned = {number for number, agency in CASES.items() if agency == USERS[who][0]}
    colleagues = {name for name, of in USERS.items() if of[0] == USERS[who][0] and audited & owned}
    logged = events.search(connection, scope_of(connection, actor, Permission.AUDIT), EventFilter(), 1000)
    assert {(one.case, one.actor) for one in logged} == {
        *((str(number), "x") for number in audited),
        *((None, name) for name in colleagues),
    }
