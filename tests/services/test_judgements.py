"""What people say, what follows from it, and that it can be taken back with all that followed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from laid_out import import_list, look_alike, sha256, take_in
from sqlalchemy import select

from consilience.errors import AccessError, NotFoundError, UsageError
from consilience.model.examination import Orientation
from consilience.model.judgements import Decision, PolicySubject, State
from consilience.model.outcomes import Outcome
from consilience.model.people import Actor, ReleaseLevel
from consilience.model.persons import PersonKind
from consilience.services import cases, judgements, lists, notices, people, persons, review
from consilience.services.access import require_approval
from consilience.services.holdings import Holdings
from consilience.settings import SUDDEN_FACTOR, SUDDEN_FILES
from consilience.store import matches
from consilience.store.schema import judgement

OWNER = Actor("owner", "set-up")
ROOT = Actor("root", "administration")
ANN, BEN, EVE, SUE = (Actor(name, "judgement") for name in ("ann", "ben", "eve", "sue"))
UP = Orientation.UPRIGHT
POSITIVE, NEGATIVE, UNSURE = Decision.POSITIVE, Decision.NEGATIVE, Decision.UNSURE


@pytest.fixture
def staffed(address: str | None, tmp_path: Path) -> Iterator[Holdings]:
    """Three analysts and a supervisor of one agency; case 1, whose contents 1-3 look alike; an alert list."""
    with Holdings.create(tmp_path / "holdings", "test", OWNER, address) as made:
        cases.new_case(made, OWNER, number="1", title="", legal_basis="", agency="north")
        take_in(made, "north", "1", "A", [1, 2, 3, 4])
        look_alike(made, (1, 2, UP), (2, 3, UP), (1, 3, UP))
        import_list(made, OWNER, tmp_path, "known", [4, 9])
        people.add_user(made, OWNER, "root", agency="north", roles=["administrator"])
        for one in (ANN, BEN, EVE):
            people.add_user(made, ROOT, one.name, agency="north", roles=["analyst", "examiner"])
            people.join(made, ROOT, "1", user=one.name)
        people.add_user(made, ROOT, "sue", agency="north", roles=["supervisor"])
        yield made


def stacked(holdings: Holdings) -> set[frozenset[bytes]]:
    return {
        frozenset(one.media.sha256 for one in (stack.representative, *stack.members))
        for stack in review.stacks_of_case(holdings, ANN, "1")
    }


def entry(number: int) -> str:
    return f"sha256:{sha256(number).hex()}"


def test_a_match_judged_away_ties_no_longer_until_it_is_taken_back(staffed: Holdings) -> None:
    assert review.count_outcomes(staffed, ANN, "1")[Outcome.NEAR_DUPLICATE] == 2
    assert stacked(staffed) == {frozenset(map(sha256, (1, 2, 3)))}
    said = [judgements.judge_match(staffed, ANN, "1", sha256(one), sha256(3), NEGATIVE) for one in (1, 2)]
    assert said[0].verdict.state is State.NEGATIVE
    assert review.count_outcomes(staffed, ANN, "1")[Outcome.NEAR_DUPLICATE] == 1
    assert stacked(staffed) == {frozenset(map(sha256, (1, 2)))}
    shown = {one.sha256: one.state for one in review.show(staffed, ANN, sha256(3)).near}
    assert shown == {sha256(1): State.NEGATIVE, sha256(2): State.NEGATIVE}  # visible, and said to be judged
    for one in said:
        assert judgements.take_back(staffed, ANN, one.id).state is State.OPEN
    assert review.count_outcomes(staffed, ANN, "1")[Outcome.NEAR_DUPLICATE] == 2
    assert stacked(staffed) == {frozenset(map(sha256, (1, 2, 3)))}


def test_a_member_is_kept_out_of_a_stack_though_the_match_stands(staffed: Holdings) -> None:
    judgements.judge_stack(staffed, ANN, "1", sha256(1), sha256(3), NEGATIVE)
    # 1 represents now, and 2 is nearer to it than to 3 - until somebody keeps it with 3.
    assert stacked(staffed) == {frozenset(map(sha256, (1, 2)))}
    judgements.judge_stack(staffed, ANN, "1", sha256(2), sha256(3), POSITIVE)
    assert stacked(staffed) == {frozenset(map(sha256, (2, 3)))}
    assert review.count_outcomes(staffed, ANN, "1")[Outcome.NEAR_DUPLICATE] == 2


def test_later_words_supersede_and_nothing_is_overwritten(staffed: Holdings) -> None:
    first = judgements.judge_match(staffed, ANN, "1", sha256(1), sha256(2), NEGATIVE)
    second = judgements.judge_match(staffed, ANN, "1", sha256(2), sha256(1), POSITIVE)
    assert second.verdict.state is State.POSITIVE
    kept = judgements.judgements_of_case(staffed, ANN, "1")
    assert [(one.id, one.decision, one.superseded) for one in kept] == [
        (first.id, NEGATIVE, True), (second.id, POSITIVE, False),
    ]  # fmt: skip
    with pytest.raises(NotFoundError, match="stands"):
        judgements.take_back(staffed, ANN, first.id)


def test_three_agreeing_votes_and_disputes(staffed: Holdings) -> None:
    people.set_policy(staffed, ROOT, PolicySubject.CLASSIFICATION, 3)

    def say(who: Actor, code: str, decision: Decision = POSITIVE) -> tuple[State, str]:
        verdict = judgements.classify(staffed, who, "1", sha256(1), "UK", code, decision).verdict
        return verdict.state, verdict.code

    assert say(ANN, "B") == (State.OPEN, "")
    assert say(BEN, "B") == (State.OPEN, "")
    assert say(ANN, "B") == (State.OPEN, "")  # the same person twice is one vote
    assert say(EVE, "C") == (State.DISPUTED, "")
    assert say(EVE, "B") == (State.POSITIVE, "B")
    assert say(SUE, "B", NEGATIVE) == (State.DISPUTED, "")
    (classified,) = review.show(staffed, ANN, sha256(1)).classifications
    assert len(classified.verdict.votes) == 4
    with pytest.raises(UsageError, match="no code"):
        say(ANN, "Z")


def test_who_may_take_a_judgement_back(staffed: Holdings) -> None:
    said = judgements.judge_match(staffed, ANN, "1", sha256(1), sha256(2), NEGATIVE)
    with pytest.raises(AccessError, match="somebody else's"):
        judgements.take_back(staffed, BEN, said.id)
    assert judgements.take_back(staffed, SUE, said.id).state is State.OPEN


def test_only_what_was_measured_can_be_judged(staffed: Holdings) -> None:
    with pytest.raises(UsageError, match="do not match"):
        judgements.judge_match(staffed, ANN, "1", sha256(1), sha256(4), POSITIVE)
    with pytest.raises(UsageError, match="does not match"):
        judgements.judge_entry_match(staffed, ANN, "1", sha256(1), "known", entry(4), POSITIVE)
    with pytest.raises(NotFoundError, match="no content"):
        judgements.judge_match(staffed, ANN, "1", sha256(1), sha256(9), POSITIVE)


def test_the_same_bytes_are_judged_away_by_the_entry_alone_and_not_silently(staffed: Holdings) -> None:
    def alerts() -> int:
        return review.count_outcomes(staffed, ANN, "1")[Outcome.ALERT_SAME]

    assert alerts() == 1
    judgements.judge_entry_match(staffed, ANN, "1", sha256(4), "known", entry(4), NEGATIVE)
    assert alerts() == 1
    assert judgements.judge_entry(staffed, ANN, "known", entry(4), NEGATIVE).verdict.state is State.OPEN
    assert alerts() == 1  # one of two
    second = judgements.judge_entry(staffed, BEN, "known", entry(4), NEGATIVE)
    assert second.verdict.state is State.NEGATIVE
    assert alerts() == 0
    told = [one.kind for one in notices.notices_of_case(staffed, ANN, "1")]
    assert told[0] == "entry-retracted"
    (listed,) = review.matches_of_case(staffed, ANN, "1")
    assert listed.matches[0].entry_state is State.NEGATIVE and not listed.matches[0].counts
    judgements.take_back(staffed, BEN, second.id)
    assert alerts() == 1
    assert notices.notices_of_case(staffed, ANN, "1")[0].kind == "entry-stands-again"


def test_an_entry_that_suddenly_matches_far_more_is_marked_and_keeps_matching(staffed: Holdings) -> None:
    def waiting() -> list[tuple[str, int, int]]:
        return [(one.entry, one.files, one.before) for one in lists.quarantined(staffed, ANN)]

    take_in(staffed, "north", "1", "B", [9] * 6)
    take_in(staffed, "north", "1", "C", [4] * (SUDDEN_FILES - 1) + [9] * (6 * SUDDEN_FACTOR))
    with staffed.database.write() as connection:
        matches.add_entry_matches(connection, list(matches.same_bytes(connection)))
    assert waiting() == []  # one file too few; ten times as many, but not more
    take_in(staffed, "north", "1", "D", [4] * SUDDEN_FILES)
    take_in(staffed, "north", "1", "E", [9] * (6 * SUDDEN_FACTOR * SUDDEN_FACTOR + 1))
    assert waiting() == [(entry(9), 601, 60)]
    marked = {one.media.sha256: one.matches[0] for one in review.matches_of_case(staffed, ANN, "1")}
    assert marked[sha256(9)].quarantined and marked[sha256(9)].counts
    assert not marked[sha256(4)].quarantined
    for who in (ANN, BEN):
        judgements.judge_entry(staffed, who, "known", entry(9), POSITIVE)
    assert waiting() == []


def test_a_second_person_for_what_leaves_the_agency(staffed: Holdings) -> None:
    case = cases.all_cases(staffed, ANN)[0]
    require_approval(staffed, ANN, case.id, "report")  # nobody asks for one yet
    people.set_policy(staffed, ROOT, PolicySubject.DISCLOSURE, 1)
    with pytest.raises(AccessError, match="second person"):
        require_approval(staffed, ANN, case.id, "report")
    (asked,) = people.approvals(staffed, SUE)
    with pytest.raises(AccessError, match="second person"):
        require_approval(staffed, ANN, case.id, "report")
    people.approve(staffed, SUE, asked.public_id)
    with pytest.raises(AccessError):
        require_approval(staffed, ANN, case.id, "custody")
    require_approval(staffed, ANN, case.id, "report")
    with pytest.raises(AccessError):  # good for once
        require_approval(staffed, ANN, case.id, "report")
    people.grant(staffed, ROOT, "ann", "supervisor")
    own = next(one for one in people.approvals(staffed, ANN) if one.act == "report")
    with pytest.raises(AccessError, match="cannot be the second"):
        people.approve(staffed, ANN, own.public_id)


def test_a_vote_of_another_agency_counts_where_its_case_is_seen(staffed: Holdings) -> None:
    people.add_user(staffed, ROOT, "zed", agency="south", roles=["analyst"])
    people.release_case(staffed, ROOT, "1", ReleaseLevel.NAMED_AGENCIES, ["south"])
    zed = Actor("zed", "judgement")
    assert [one.number for one in cases.all_cases(staffed, zed)] == ["1"]
    with pytest.raises(AccessError, match="not yours for this"):
        judgements.judge_match(staffed, zed, "1", sha256(1), sha256(2), NEGATIVE)
    people.join(staffed, ROOT, "1", user="zed")
    judgements.judge_match(staffed, zed, "1", sha256(1), sha256(2), NEGATIVE)
    near = {one.sha256: one.state for one in review.show(staffed, ANN, sha256(1)).near}
    assert near[sha256(2)] is State.NEGATIVE
    people.leave(staffed, ROOT, "1", user="zed")
    people.withdraw_release(staffed, ROOT, "south", case="1")
    assert cases.all_cases(staffed, zed) == []


def test_a_note_stands_apart_from_the_judgement(staffed: Holdings) -> None:
    who = Actor("ann", "judgement", "seen beside each other")
    judgements.judge_match(staffed, who, "1", sha256(1), sha256(2), NEGATIVE)
    assert judgements.judgements_of_case(staffed, ANN, "1")[0].note == who.note
    with staffed.database.read() as connection:
        (row,) = connection.execute(select(judgement))
    assert who.note not in repr(tuple(row))


def test_persons_are_asked_for_by_kind_with_facts_apart_from_assessments(staffed: Holdings) -> None:
    victim = persons.add_person(staffed, ANN, "1", PersonKind.VICTIM, "P 1")
    persons.add_person(staffed, ANN, "1", PersonKind.SUSPECT, "P 2")
    persons.say_of_person(staffed, ANN, victim.public_id, "wears a red coat", source="exhibit A")
    persons.say_of_person(staffed, BEN, victim.public_id, "may live near the harbour")
    (found,) = persons.persons_of_case(staffed, ANN, "1", PersonKind.VICTIM)
    assert [(one.text, one.source) for one in found.facts] == [("wears a red coat", "exhibit A")]
    assert [(one.text, one.said_by) for one in found.assessments] == [("may live near the harbour", "ben")]


def test_hit_or_no_hit(staffed: Holdings) -> None:
    people.add_user(staffed, ROOT, "zed", agency="south", roles=["analyst"])
    zed = Actor("zed", "review")
    assert not review.is_held(staffed, zed, sha256(1))
    people.release_case(staffed, ROOT, "1", ReleaseLevel.HIT_NO_HIT)
    assert review.is_held(staffed, zed, sha256(1)) and not review.is_held(staffed, zed, sha256(9))
    with pytest.raises(NotFoundError):
        review.show(staffed, zed, sha256(1))
    assert review.is_held(staffed, ANN, sha256(1))
