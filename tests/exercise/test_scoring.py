"""The scorecard is tested by mutation: a perfect report, and one thing wrong at a time."""

from __future__ import annotations

import io
import json
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from consilience.exercise.scoring import ContentSide, EntrySide, FileResult, FoundMatch, Scorecard, score
from consilience.exercise.scoring.card import Rate
from consilience.exercise.scoring.folder import write_scorecard
from consilience.exercise.scoring.plots import PLOTS
from consilience.exercise.scoring.table import show
from consilience.exercise.truth import FileTruth, Truth
from consilience.model.examination import Orientation
from consilience.model.lists import Role
from consilience.model.outcomes import Outcome
from consilience.model.problems import ProblemCode
from consilience.settings import PDQ_MIN_QUALITY, PDQ_RADIUS


def side(sha256: str) -> ContentSide:
    return ContentSide(bytes.fromhex(sha256))


def perfect_results(truth: Truth) -> list[FileResult]:
    """What a system without fault would say of every file; of equal bytes the first is new at most."""
    seen: set[str] = set()
    results = []
    for one in truth.files:
        outcomes = [outcome for outcome in one.outcomes if outcome is not Outcome.NEAR_DUPLICATE]
        outcome = outcomes[0]
        if Outcome.NEW in outcomes:
            later = one.sha256 in seen and Outcome.SEEN_BEFORE in outcomes
            outcome = Outcome.SEEN_BEFORE if later else Outcome.NEW
        seen.add(one.sha256)
        problem = one.problems[0] if one.problems and not one.sound else None
        sha256 = bytes.fromhex(one.sha256) or None
        results.append(FileResult(one.exhibit, bytes.fromhex(one.locator), outcome, problem, sha256))
    return results


def perfect_matches(truth: Truth) -> list[FoundMatch]:
    """Every altered content with its original, every content with entries of its bytes and of its picture's code."""
    pictures = {one.name: one for one in truth.pictures}
    matches = []
    for one in truth.files:
        if not one.sha256:
            continue
        for key in one.entries:
            name, _, provider = key.partition("/")
            matches.append(FoundMatch(side(one.sha256), EntrySide(name, provider), "md5"))
        if one.alteration is None or one.problems:
            continue
        original = pictures[one.pictures[0]]
        if original.sha256 != one.sha256:
            matches.append(
                FoundMatch(side(one.sha256), side(original.sha256), "pdq", 4, one.alteration.orientation)
            )
        for entry in truth.entries:
            if (
                entry.pdq
                and entry.last is None
                and entry.picture == original.name
                and entry.purpose != "edge"
            ):
                matches.append(
                    FoundMatch(side(one.sha256), EntrySide(entry.list, entry.provider_id), "pdq", 4)
                )
    for entry in truth.entries:
        if entry.purpose == "edge" and (entry.distance or 0) <= PDQ_RADIUS:
            original = pictures[entry.picture]
            matches.append(
                FoundMatch(
                    side(original.sha256),
                    EntrySide(entry.list, entry.provider_id),
                    "pdq",
                    entry.distance or 0,
                )
            )
    return matches


@pytest.fixture(scope="module")
def results(truth: Truth) -> list[FileResult]:
    return perfect_results(truth)


@pytest.fixture(scope="module")
def matches(truth: Truth) -> list[FoundMatch]:
    return perfect_matches(truth)


@pytest.fixture(scope="module")
def perfect(truth: Truth, results: list[FileResult], matches: list[FoundMatch]) -> Scorecard:
    return score(truth, results, matches)


def replaced(results: list[FileResult], which: FileTruth, **changes: object) -> list[FileResult]:
    key = (which.exhibit, bytes.fromhex(which.locator))
    return [
        msgspec.structs.replace(one, **changes) if (one.exhibit, one.locator) == key else one
        for one in results
    ]


def a_new_picture(truth: Truth) -> FileTruth:
    return next(one for one in truth.files if one.outcomes == (Outcome.NEW,) and one.what == "picture")


def test_a_perfect_report_is_faultless_and_counts_everything(truth: Truth, perfect: Scorecard) -> None:
    assert perfect.is_faultless
    assert perfect.accounting.in_truth == perfect.accounting.reported == len(truth.files)
    assert perfect.outcomes == Rate.of(len(truth.files), len(truth.files))
    assert perfect.false_links == ()
    assert perfect.misled == ()
    assert perfect.overall.between_contents.total > 15
    assert perfect.overall.between_contents.share == 1.0
    assert perfect.overall.with_lists.share == 1.0
    assert perfect.listed.total > 10
    assert {distance for distance, found in perfect.edges if found} <= set(range(PDQ_RADIUS + 1))
    assert sum(one.between_contents.total for one in perfect.recall) == perfect.overall.between_contents.total
    assert (
        sum(one.between_contents.total for one in perfect.recall_by_family)
        == perfect.overall.between_contents.total
    )


def test_a_lost_file_shows(truth: Truth, results: list[FileResult], matches: list[FoundMatch]) -> None:
    card = score(truth, results[:7] + results[8:], matches)
    assert not card.is_faultless
    lost = truth.files[7]
    assert [(one.exhibit, one.shown) for one in card.accounting.missing] == [(lost.exhibit, lost.shown)]


def test_a_file_told_twice_and_one_from_nowhere_show(
    truth: Truth, results: list[FileResult], matches: list[FoundMatch]
) -> None:
    stranger = msgspec.structs.replace(results[3], locator=b"\x01pnowhere.jpg\x00")
    card = score(truth, [*results, results[3], stranger], matches)
    assert not card.is_faultless
    assert [one.shown for one in card.accounting.twice] == [truth.files[3].shown]
    assert [one.shown for one in card.accounting.unexplained] == ["nowhere.jpg"]


def test_what_lies_in_a_bomb_is_explained(
    truth: Truth, results: list[FileResult], matches: list[FoundMatch]
) -> None:
    bomb = next(one for one in truth.files if one.unlisted)
    inner = FileResult(
        bomb.exhibit, bytes.fromhex(bomb.locator) + b"m\0\0\0\x010.bin\0", Outcome.NOT_MEDIA, None, b"x" * 32
    )
    card = score(truth, [*results, inner], matches)
    assert card.is_faultless
    assert card.accounting.in_unlisted == 1


def test_a_mislabelled_outcome_shows(
    truth: Truth, results: list[FileResult], matches: list[FoundMatch]
) -> None:
    victim = a_new_picture(truth)
    card = score(truth, replaced(results, victim, outcome=Outcome.KNOWN_GOOD), matches)
    assert not card.is_faultless
    assert [(one.shown, one.got) for one in card.wrong_outcomes] == [(victim.shown, "known-good")]
    assert card.outcomes.found == card.outcomes.total - 1


@pytest.mark.parametrize("problem", [ProblemCode.CRASHED, None])
def test_a_wrong_problem_shows(
    truth: Truth, results: list[FileResult], matches: list[FoundMatch], problem: ProblemCode | None
) -> None:
    damaged = next(one for one in truth.files if one.problems == (ProblemCode.DAMAGED,) and not one.sound)
    card = score(truth, replaced(results, damaged, problem=problem), matches)
    assert not card.is_faultless
    assert [one.shown for one in card.wrong_problems] == [damaged.shown]
    sound = a_new_picture(truth)
    card = score(truth, replaced(results, sound, problem=ProblemCode.DAMAGED), matches)
    assert [one.shown for one in card.wrong_problems] == [sound.shown]


def test_a_copy_called_new_shows(truth: Truth, results: list[FileResult], matches: list[FoundMatch]) -> None:
    later = next(r for r in results if r.outcome is Outcome.SEEN_BEFORE)
    victim = next(
        one
        for one in truth.files
        if (one.exhibit, bytes.fromhex(one.locator)) == (later.exhibit, later.locator)
    )
    card = score(truth, replaced(results, victim, outcome=Outcome.NEW), matches)
    assert not card.is_faultless
    assert len(card.copies_called_new) == 1
    assert card.copies.found == card.copies.total - 1


def test_a_dropped_match_of_equal_bytes_shows(
    truth: Truth, results: list[FileResult], matches: list[FoundMatch], perfect: Scorecard
) -> None:
    exact = next(one for one in matches if one.basis == "md5")
    card = score(truth, results, [one for one in matches if one != exact])
    assert not card.is_faultless
    assert card.listed.found == perfect.listed.found - 1
    assert isinstance(exact.right, EntrySide)
    assert [one.right for one in card.missed] == [f"{exact.right.list} {exact.right.provider_id}"]


def test_a_dropped_near_match_lowers_recall_where_it_belongs(
    truth: Truth, results: list[FileResult], matches: list[FoundMatch], perfect: Scorecard
) -> None:
    places = {one.sha256 for one in truth.files}
    fit = {one.sha256 for one in truth.pictures if one.quality >= PDQ_MIN_QUALITY}
    dropped = next(
        one
        for one in matches
        if isinstance(one.right, ContentSide) and one.right.sha256.hex() in places & fit
    )
    card = score(truth, results, [one for one in matches if one != dropped])
    assert card.is_faultless, "recall is a measure, not a fault"
    assert card.overall.between_contents.found == perfect.overall.between_contents.found - 1
    alteration = next(one.alteration for one in truth.files if one.sha256 == dropped.left.sha256.hex())
    assert alteration is not None
    assert [one.why for one in card.missed_near] == [alteration.label]
    row = next(
        one for one in card.recall if (one.alteration, one.strength) == (alteration.name, alteration.strength)
    )
    assert row.between_contents.found == row.between_contents.total - 1


def test_a_planted_match_of_two_strangers_shows_with_both_names(
    truth: Truth, results: list[FileResult], matches: list[FoundMatch]
) -> None:
    scenes = {
        one.scene: one
        for one in truth.pictures
        if one.kind == "scene" and one.sha256 in {f.sha256 for f in truth.files}
    }
    one, other = list(scenes.values())[:2]
    planted = FoundMatch(side(one.sha256), side(other.sha256), "pdq", 27)
    mirrored = FoundMatch(planted.right, planted.left, "pdq", 27)  # the same link, the other way round
    card = score(truth, results, [*matches, planted, mirrored])
    assert [(link.distance, link.relation) for link in card.false_links] == [(27, "nothing")]
    assert one.name in card.false_links[0].why
    assert other.name in card.false_links[0].why
    assert card.false_by_distance == {27: 1}
    assert card.false_rate.found == 1


def test_an_outcome_that_follows_from_a_false_link_is_told_apart(
    truth: Truth, results: list[FileResult], matches: list[FoundMatch]
) -> None:
    victim = a_new_picture(truth)
    other = next(one for one in truth.pictures if one.name not in victim.pictures and one.kind == "scene")
    planted = FoundMatch(side(victim.sha256), side(other.sha256), "pdq", 30)
    changed = replaced(results, victim, outcome=Outcome.NEAR_DUPLICATE)
    assert [one.shown for one in score(truth, changed, matches).wrong_outcomes] == [victim.shown]
    card = score(truth, changed, [*matches, planted])
    assert card.wrong_outcomes == ()
    assert [one.shown for one in card.misled] == [victim.shown]
    assert card.outcomes.found == card.outcomes.total - 1


def test_burst_and_scene_are_named_as_such(
    truth: Truth, results: list[FileResult], matches: list[FoundMatch]
) -> None:
    burst = [one for one in truth.pictures if one.burst]
    card = score(
        truth, results, [*matches, FoundMatch(side(burst[0].sha256), side(burst[1].sha256), "pdq", 12)]
    )
    assert [one.relation for one in card.false_links] == ["burst"]


@pytest.mark.parametrize(
    ("change", "relation"),
    [
        ("entry", "unknown entry"),
        ("content", "unknown content"),
        ("bytes", "other bytes"),
        ("distance", "outside"),
    ],
)
def test_links_that_nothing_explains(
    truth: Truth, results: list[FileResult], matches: list[FoundMatch], change: str, relation: str
) -> None:
    near = next(one for one in matches if one.basis == "pdq" and isinstance(one.right, EntrySide))
    assert isinstance(near.right, EntrySide)
    wrong = {
        "entry": msgspec.structs.replace(near, right=EntrySide(near.right.list, "no such id")),
        "content": msgspec.structs.replace(near, left=ContentSide(b"\x07" * 32)),
        "bytes": msgspec.structs.replace(near, left=side(a_new_picture(truth).sha256), basis="sha256"),
        "distance": msgspec.structs.replace(
            near, left=side(a_new_picture(truth).sha256), distance=PDQ_RADIUS + 1
        ),
    }[change]
    card = score(truth, results, [*matches, wrong])
    assert [one.relation for one in card.false_links] == [relation]
    assert not card.is_faultless, "no likeness explains it"


def test_a_match_with_a_withdrawn_entry_shows(
    truth: Truth, results: list[FileResult], matches: list[FoundMatch]
) -> None:
    standing = next(
        one
        for one in truth.entries
        if one.purpose == "copy" and one.last is None and one.role is Role.ALERT and one.pdq
    )
    withdrawn = msgspec.structs.replace(standing, last=1)
    changed = msgspec.structs.replace(
        truth, entries=tuple(withdrawn if one is standing else one for one in truth.entries)
    )
    content = next(one.sha256 for one in truth.pictures if one.name == standing.picture)
    late = FoundMatch(side(content), EntrySide(standing.list, standing.provider_id), "pdq", 0)
    card = score(changed, results, [late])
    assert "withdrawn" in card.false_by_relation


def test_a_wrong_orientation_shows(
    truth: Truth, results: list[FileResult], matches: list[FoundMatch]
) -> None:
    turned = next(one for one in matches if one.orientation is not Orientation.UPRIGHT)
    wrong = msgspec.structs.replace(turned, orientation=Orientation.ROTATED_180)
    card = score(truth, results, [wrong if one is turned else one for one in matches])
    assert len(card.wrong_orientations) == 1
    assert "called rotated-180" in card.wrong_orientations[0].why


def test_a_preview_that_lies_otherwise_is_no_wrong_orientation(
    truth: Truth, results: list[FileResult], matches: list[FoundMatch]
) -> None:
    turned = next(one for one in matches if one.orientation is not Orientation.UPRIGHT)
    preview = msgspec.structs.replace(turned, orientation=Orientation.ROTATED_180, whole=False)
    wrong = msgspec.structs.replace(preview, whole=True)
    assert score(truth, results, [preview, *matches]).wrong_orientations == ()
    assert len(score(truth, results, [preview, wrong, *matches]).wrong_orientations) == 1


@pytest.mark.parametrize("distance", [PDQ_RADIUS, PDQ_RADIUS + 1])
def test_a_radius_that_is_one_bit_off_shows(
    truth: Truth, results: list[FileResult], matches: list[FoundMatch], distance: int
) -> None:
    edge = next(one for one in truth.entries if one.purpose == "edge" and one.distance == distance)
    original = next(one for one in truth.pictures if one.name == edge.picture)
    link = FoundMatch(
        side(original.sha256), EntrySide(edge.list, edge.provider_id), "pdq", min(distance, PDQ_RADIUS)
    )
    changed = (
        [one for one in matches if one.right != link.right] if distance == PDQ_RADIUS else [*matches, link]
    )
    card = score(truth, results, changed)
    assert not card.is_faultless
    assert len(card.wrong_edges) == 1


def test_the_scorecard_is_json_and_svg_that_need_nothing_else(perfect: Scorecard, tmp_path: Path) -> None:
    write_scorecard(tmp_path / "card", perfect)
    read = json.loads((tmp_path / "card" / "scorecard.json").read_bytes())
    assert read["schema"] == "consilience-exercise-scorecard"
    assert read["accounting"]["in_truth"] == perfect.accounting.in_truth
    assert msgspec.json.decode(perfect.to_json(), type=Scorecard) == perfect
    for name in PLOTS:
        tree = ElementTree.fromstring((tmp_path / "card" / name).read_bytes())
        assert tree.tag == "{http://www.w3.org/2000/svg}svg"
        assert not [one for one in tree.iter() if any(key.endswith("href") for key in one.attrib)]


def test_the_table_names_what_is_wrong_without_obeying_it(
    truth: Truth, results: list[FileResult], matches: list[FoundMatch]
) -> None:
    nasty = next(one for one in truth.files if "terminal codes" in one.note and "name" in one.note)
    out = io.StringIO()
    card = score(truth, [one for one in results if one.locator.hex() != nasty.locator], matches)
    show(card, Console(file=out, width=160))
    assert "\x1b[2J" not in out.getvalue()
    assert "Files without a result: 1" in out.getvalue()


@pytest.mark.parametrize(
    ("found", "total", "low", "high"),
    [(0, 10, 0.0, 0.2775), (9, 10, 0.5958, 0.9821), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_intervals_of_the_literature(found: int, total: int, low: float, high: float) -> None:
    """The third is R. G. Newcombe's example, Statistics in Medicine 17 (1998), 857-872, method 3."""
    rate = Rate.of(found, total)
    assert (rate.low, rate.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_rate_lies_in_its_interval(counts: tuple[int, int]) -> None:
    rate = Rate.of(*counts)
    assert rate.share is not None
    assert 0 <= rate.low <= rate.share <= rate.high <= 1
    assert Rate.of(0, 0).share is None
