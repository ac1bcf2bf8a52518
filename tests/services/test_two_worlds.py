"""Two worlds that differ only in what a person may not see: the same answers, counts, errors and plans."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from laid_out import import_list, look_alike, sha256, take_in
from sqlalchemy import event
from test_listed_videos import hashed

from consilience.cli.screen import builtins
from consilience.errors import ConsilienceError, NotFoundError
from consilience.model.examination import Orientation
from consilience.model.judgements import Decision
from consilience.model.lists import Role
from consilience.model.people import Actor, ReleaseLevel
from consilience.model.persons import PersonKind
from consilience.services import (
    cases,
    footage_review,
    gallery,
    judgements,
    listed_videos,
    lists,
    matchservice,
    medium,
    notices,
    overview,
    people,
    persons,
    review,
)
from consilience.services.gallery import Galleries
from consilience.services.gallery_items import By, Filter
from consilience.services.holdings import Holdings
from consilience.services.matchservice import MatchService, Signal
from consilience.services.watching import Watching, visible
from consilience.store import cases as case_records
from consilience.store import matches
from consilience.store.known import Asked

OWNER = Actor("owner", "set-up")
ROOT = Actor("root", "administration")
ANN, ZED = Actor("ann", "review"), Actor("zed", "review")

RANDOM = {"public_id", "created_at", "at", "ended_at", "asked_at", "when", "said_at", "imported_at"}
"""Ids that are random and times of our own: they differ between any two worlds."""


def make(folder: Path, address: str | None, *, hidden: bool) -> Holdings:
    """Ann's world; with `hidden`, another agency's records before, between and after hers."""
    folder.mkdir()
    holdings = Holdings.create(folder / "holdings", "test", OWNER, address)
    people.add_user(holdings, OWNER, "root", agency="north", roles=["administrator"])
    people.add_user(holdings, ROOT, "ann", agency="north", roles=["examiner", "analyst"])
    people.add_user(holdings, ROOT, "zed", agency="south", roles=["examiner", "list-keeper", "supervisor"])
    people.add_user(holdings, ROOT, "kim", agency="north", roles=["list-keeper"])
    people.add_user(holdings, ROOT, "mia", agency="north", roles=["operator"])
    (folder / "asked.tmk").write_bytes(hashed(1, noise=0.01))
    if hidden:
        import_hashes(holdings, ZED, folder, "secret hashes", hashed(1), hashed(3), hashed(4, bins=8))
        cases.new_case(holdings, ZED, number="1", title="hidden", legal_basis="")
        cases.new_case(holdings, ZED, number="9", title="hidden", legal_basis="")
        take_in(holdings, "south", "1", "H", [1, 2, 6, 7, 8])
        import_list(holdings, ZED, folder, "secret", [1, 3, 6])
        import_list(holdings, ZED, folder, "known", [2, 4])
        persons.add_person(holdings, ZED, "1", PersonKind.SUSPECT, "hidden")
        look_alike(holdings, (1, 6, Orientation.ROTATED_90), (6, 7, Orientation.UPRIGHT))
    cases.new_case(holdings, ANN, number="1", title="hers", legal_basis="order")
    take_in(holdings, "north", "1", "A", [1, 2, 3, 1])
    if hidden:
        take_in(holdings, "south", "9", "H", [3, 5, 4])
    take_in(holdings, "north", "1", "B", [3, 4, 5])
    import_list(holdings, Actor("kim", "list-maintenance"), folder, "known", [3, 9])
    kim = Actor("kim", "list-maintenance")
    import_hashes(holdings, kim, folder, "hashes", hashed(1, noise=0.02), hashed(2), hashed(5, bins=8))
    look_alike(
        holdings, (1, 2, Orientation.ROTATED_90), (4, 5, Orientation.UPRIGHT), (2, 5, Orientation.UPRIGHT)
    )
    persons.add_person(holdings, ANN, "1", PersonKind.WITNESS, "hers")
    judgements.judge_match(holdings, ANN, "1", sha256(4), sha256(5), Decision.POSITIVE)
    if hidden:
        look_alike(holdings, (3, 8, Orientation.UPRIGHT), (2, 7, Orientation.UPRIGHT))
        # Seen by zed, who may see ann's contents where they lie in the hidden cases too.
        judgements.judge_match(holdings, ZED, "1", sha256(1), sha256(2), Decision.NEGATIVE)
        judgements.classify(holdings, ZED, "1", sha256(1), "UK", "A")
        judgements.judge_entry(holdings, ZED, "known", f"sha256:{sha256(2).hex()}", Decision.NEGATIVE)
        with holdings.database.write() as connection:
            (case,) = case_records.cases(connection, people.EVERYTHING, number="9")
            hers = next(
                one
                for one in case_records.cases(connection, people.EVERYTHING, number="1")
                if one.agency == "north"
            )
            matches.add_notice(
                connection, hers.id, "shared-with-another-case", "x", {}, about_case_id=case.id
            )
        people.add_user(holdings, ROOT, "new", agency="south", roles=["analyst"])
        root_south = Actor("sue", "administration")
        people.add_user(holdings, ROOT, "sue", agency="south", roles=["administrator"])
        people.release_case(holdings, root_south, "9", ReleaseLevel.AGENCY)
    return holdings


def import_hashes(holdings: Holdings, actor: Actor, folder: Path, name: str, *hashes: bytes) -> None:
    """A list of TMK+PDQF hashes."""
    sent = folder / name
    sent.mkdir()
    for number, data in enumerate(hashes):
        (sent / f"{name} {number}.tmk").write_bytes(data)
    lists.import_list(holdings, actor, sent, name=name, role=Role.ALERT)


CALLS: dict[str, Callable[[Holdings], object]] = {
    "cases": lambda at: cases.all_cases(at, ANN),
    "her case": lambda at: review.count_outcomes(at, ANN, "1"),
    "matches": lambda at: review.matches_of_case(at, ANN, "1"),
    "stacks": lambda at: review.stacks_of_case(at, ANN, "1"),
    "lists": lambda at: lists.all_lists(at, ANN),
    "editions": lambda at: lists.editions_of(at, ANN, "known"),
    "quarantine": lambda at: lists.quarantined(at, ANN),
    "notices": lambda at: notices.notices_of_case(at, ANN, "1"),
    "judgements": lambda at: judgements.judgements_of_case(at, ANN, "1"),
    "of entries": lambda at: judgements.judgements_of_entries(at, ANN),
    "witnesses": lambda at: persons.persons_of_case(at, ANN, "1", PersonKind.WITNESS),
    "suspects": lambda at: persons.persons_of_case(at, ANN, "1", PersonKind.SUSPECT),
    **{f"show {one}": lambda at, one=one: review.show(at, ANN, sha256(one)) for one in range(1, 10)},
    **{f"hit {one}": lambda at, one=one: review.is_held(at, ANN, sha256(one)) for one in range(1, 10)},
    "compare TMK": lambda at: listed_videos.compare_tmk(at, ANN, at.folder.parent / "asked.tmk"),
    "hidden case": lambda at: review.stacks_of_case(at, ANN, "9"),
    "hidden list": lambda at: lists.editions_of(at, ANN, "secret"),
    "judge hidden": lambda at: judgements.judge_match(at, ANN, "1", sha256(1), sha256(6), Decision.NEGATIVE),
    "judge hidden entry": lambda at: judgements.judge_entry(at, ANN, "secret", "x", Decision.NEGATIVE),
    "open hidden": lambda at: cases.new_case(at, ANN, number="9", title="", legal_basis=""),
    "after that": lambda at: cases.all_cases(at, ANN),
}


def her_case(at: Holdings) -> bytes:
    with at.database.read() as connection:
        found = case_records.cases(connection, people.EVERYTHING, number="1")
    return next(one.public_id for one in found if one.agency == "north")


def of_no_case(at: Holdings, call: Callable[[bytes], object]) -> object:
    """Of a case that she may not see; in a world without it, of one that is not there."""
    with at.database.read() as connection:
        found = case_records.cases(connection, people.EVERYTHING, number="9")
    asked = next((one.public_id for one in found if one.agency == "south"), bytes(16))
    try:
        return call(asked)
    except NotFoundError as error:
        raise NotFoundError(str(error).replace(asked.hex(), "that was asked for")) from error


def matched(at: Holdings, *contents: int) -> object:
    """What the match service says of the digests and codes of contents."""
    signals = [Signal(Asked(sha256=sha256(one)), (bytes(32),)) for one in contents]
    return matchservice.ask(at, Actor("mia", "review"), MatchService(at), signals)


def watched(at: Holdings) -> object:
    """What the stream of events tells."""
    watching = Watching(at)
    watching.read()
    return watching.states(visible(at, ANN))


# Their records carry internal ids, which no face shows, and random ones.
CALLS |= {
    "gallery": lambda at: unnumbered(gallery.page(at, ANN, Galleries(), her_case(at), Filter())),
    "gallery by file": lambda at: unnumbered(
        gallery.page(at, ANN, Galleries(), her_case(at), Filter(), by=By.FILE)
    ),
    "facets": lambda at: gallery.facets(at, ANN, Galleries(), her_case(at), Filter()),
    "outcomes of the gallery": lambda at: gallery.outcomes_of(at, ANN, Galleries(), her_case(at)),
    "gallery of a hidden case": lambda at: of_no_case(
        at, lambda case: gallery.page(at, ANN, Galleries(), case, Filter())
    ),
    "overview": lambda at: unnumbered(overview.page_of_cases(at, ANN, Watching(at), 0, 100)),
    "overview of a case": lambda at: unnumbered(
        overview.one_case(at, ANN, Galleries(), Watching(at), her_case(at))
    ),
    "last look": lambda at: unnumbered(overview.last_look(at, ANN, her_case(at))),
    "overview of a hidden case": lambda at: of_no_case(
        at, lambda case: overview.one_case(at, ANN, Galleries(), Watching(at), case)
    ),
    "watch": lambda at: unnumbered(watched(at)),
    "footage": lambda at: unnumbered(footage_review.footage_of_case(at, ANN, "1")),
    **{
        f"medium {one}": lambda at, one=one: unnumbered(
            medium.one(at, ANN, Galleries(), her_case(at), sha256(one))
        )
        for one in (1, 5, 6)
    },
    **{
        f"stack {one}": lambda at, one=one: unnumbered(
            gallery.stack(at, ANN, Galleries(), her_case(at), sha256(one))
        )
        for one in (1, 5, 6)
    },
    "matched": lambda at: unnumbered(matched(at, *range(1, 10))),
}

NUMBERS = {
    "other",
    "started_at",
    "case",
    "id",
    "file_id",
    "media_id",
    "exhibit_id",
    "case_id",
    "entry_id",
    "list_id",
    "agency_id",
}


def unnumbered(value: object) -> object:
    def without(one: object) -> object:
        if isinstance(one, dict):
            return {key: without(item) for key, item in one.items() if key not in NUMBERS}
        return [without(item) for item in one] if isinstance(one, list | tuple) else one

    return without(builtins(value))


def masked(value: object) -> object:
    if isinstance(value, dict):
        return {key: masked(item) for key, item in value.items() if key not in RANDOM}
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    return value


def asked(holdings: Holdings, call: Callable[[Holdings], object]) -> tuple[object, list[object]]:
    """What a call answers, and every statement that it asks, with SQLite's plan for it."""
    statements: list[tuple[str, object]] = []

    def note(_: object, __: object, statement: str, values: object, ___: object, ____: object) -> None:
        statements.append((statement, values))

    engine = holdings.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        answer: object = masked(builtins(call(holdings)))
    except ConsilienceError as error:
        answer = (type(error).__name__, str(error))
    finally:
        event.remove(engine, "before_cursor_execute", note)
    plans: list[object] = []
    # What appends to the log is alike for every call; its own size is no part of the answer.
    selects = [one for one in statements if one[0].startswith(("SELECT", "WITH"))]
    with holdings.database.read() as connection:
        for statement, values in selects:
            plans.append(statement)
            if engine.dialect.name == "sqlite":
                steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
                plans.append([row[3] for row in steps])
    return answer, plans


def test_what_one_may_not_see_changes_nothing(new_address: Callable[[], str | None], tmp_path: Path) -> None:
    with (
        make(tmp_path / "plain", new_address(), hidden=False) as plain,
        make(tmp_path / "hidden", new_address(), hidden=True) as full,
    ):
        differing = []
        for name, call in CALLS.items():
            alone, plans_alone = asked(plain, call)
            beside, plans_beside = asked(full, call)
            if alone != beside:
                differing.append((name, alone, beside))
            if plans_alone != plans_beside:
                differing.append((name, plans_alone, plans_beside))
        assert [one[0] for one in differing] == [], differing
        # And zed sees all of it: the worlds do differ.
        answers = [
            listed_videos.compare_tmk(full, who, tmp_path / "hidden" / "asked.tmk") for who in (ANN, ZED)
        ]
        assert [(one.asked, one.other, len(one.hits)) for one in answers] == [(2, 1, 1), (2, 1, 1)]
        assert len(cases.all_cases(full, ZED)) == 2
        with pytest.raises(ConsilienceError, match="no case 9"):
            review.stacks_of_case(plain, ZED, "9")
