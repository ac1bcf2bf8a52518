"""What is told of cases is what the records hold, though only what came is read; and to whom may see it."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from world import ACTOR

from consilience.model.people import Actor, ReleaseLevel
from consilience.services import erasure, people, watching
from consilience.services.cases import new_case
from consilience.services.holdings import Holdings
from consilience.services.watching import CaseState, Watching, visible
from consilience.store import cases, marks, matches
from consilience.store.identity import now
from consilience.store.schema import case, media, media_file, reading

ROOT = Actor("root", "administration")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PERIOD", 0.0)


def marks_of(holdings: Holdings) -> marks.Marks:
    with holdings.database.read() as connection:
        return marks.marks(connection)


def add_files(holdings: Holdings, number: str, names: list[bytes]) -> str:
    """Files of a new exhibit of a case; the exhibit."""
    with holdings.database.write() as connection:
        case_id = connection.execute(select(case.c.id).where(case.c.number == number)).scalar_one()
        made = cases.add_exhibit(connection, case_id, f"E{now()}", "")
        at = {"public_id": now().to_bytes(16), "exhibit_id": made.id, "source": "folder", "root": b"/"}
        read = reading.insert().values(
            **at, software="", parameters={}, started_at=0, finished_at=0, counts={}
        )
        reading_id = connection.execute(read.returning(reading.c.id)).scalar_one()
        for place, name in enumerate(names):
            row = {"public_id": (now() + place).to_bytes(16), "exhibit_id": made.id, "reading_id": reading_id}
            connection.execute(media_file.insert().values(**row, locator=name, problem="changed"))
        return made.number


def tell(holdings: Holdings, number: str, key: str, *, about: str | None = None) -> None:
    with holdings.database.write() as connection:
        ids = dict(connection.execute(select(case.c.number, case.c.id)).all())
        matches.add_notice(connection, ids[number], "test", key, {}, about_case_id=ids.get(about or ""))


def counts(told: list[CaseState], holdings: Holdings) -> dict[str, tuple[int, int]]:
    with holdings.database.read() as connection:
        numbers = dict(connection.execute(select(case.c.public_id, case.c.number)).all())
    return {numbers[one.case]: (one.files, one.notices) for one in told}


def told(holdings: Holdings, follower: Watching, actor: Actor) -> dict[str, tuple[int, int]]:
    """What one who has followed is told, which is what one who begins now is told."""
    follower.read()
    beginner = Watching(holdings)
    beginner.read()
    may_see = visible(holdings, actor)
    assert follower.states(may_see) == beginner.states(may_see)
    return counts(follower.states(may_see), holdings)


def test_what_comes_and_goes_is_counted(holdings: Holdings) -> None:
    follower = Watching(holdings)
    assert told(holdings, follower, ACTOR) == {"C1": (0, 0), "C2": (0, 0)}
    before = follower.moment
    add_files(holdings, "C1", [b"a", b"b"])
    tell(holdings, "C2", "x")
    assert told(holdings, follower, ACTOR) == {"C1": (2, 0), "C2": (0, 1)}
    assert (follower.moment.came != before.came, follower.moment.leave == before.leave) == (True, True)
    exhibit = add_files(holdings, "C1", [b"c"])
    assert told(holdings, follower, ACTOR) == {"C1": (3, 0), "C2": (0, 1)}
    shown = marks_of(holdings).word
    erasure.erase_exhibit(holdings, ACTOR, "C1", exhibit, authority="an order")
    assert marks_of(holdings).word != shown, "what galleries showed is not shown on"
    assert told(holdings, follower, ACTOR) == {"C1": (2, 0), "C2": (0, 1)}
    new_case(holdings, ACTOR, number="C3", title="", agency="test agency", legal_basis="")
    assert "C3" in told(holdings, follower, ACTOR)
    # Its files are gone, and their ids may be given again.
    erasure.erase_case(holdings, ACTOR, "C1", authority="an order")
    add_files(holdings, "C2", [b"d"])
    assert told(holdings, follower, ACTOR) == {"C2": (1, 1), "C3": (0, 0)}


def test_who_may_not_see_is_not_told(holdings: Holdings) -> None:
    people.add_user(holdings, ACTOR, "root", agency="test agency", roles=["administrator"])
    people.add_user(holdings, ROOT, "ann", agency="test agency", roles=["analyst"])
    ann, follower = Actor("ann", "review"), Watching(holdings)
    add_files(holdings, "C1", [b"a"])
    tell(holdings, "C1", "x", about="C2")
    tell(holdings, "C1", "y")
    assert told(holdings, follower, ann) == {}
    moments = [follower.moment.leave]
    people.join(holdings, ROOT, "C1", user="ann")
    assert told(holdings, follower, ann) == {"C1": (1, 1)}
    moments.append(follower.moment.leave)
    people.release_case(holdings, ROOT, "C2", ReleaseLevel.INSTALLATION)
    assert told(holdings, follower, ann) == {"C1": (1, 2), "C2": (0, 0)}
    moments.append(follower.moment.leave)
    people.leave(holdings, ROOT, "C1", user="ann")
    assert told(holdings, follower, ann) == {"C2": (0, 0)}
    moments.append(follower.moment.leave)
    # Each of these is noticed by who follows already.
    assert len(set(moments)) == len(moments)


def test_an_end_of_a_session_or_an_account_is_noticed(holdings: Holdings) -> None:
    from consilience.services import accounts

    people.add_user(holdings, ACTOR, "root", agency="test agency", roles=["administrator"])
    people.add_user(holdings, ROOT, "ann", agency="test agency", roles=["analyst"])

    def leave() -> marks.Mark:
        with holdings.database.read() as connection:
            return marks.leave(connection)

    with holdings.database.write() as connection:
        key = accounts.begin(connection, 2, "ann", by="test")
    before = leave()
    accounts.sign_out(holdings, "ann", key)
    between = leave()
    people.end_user(holdings, ROOT, "ann")
    assert len({before, between, leave()}) == 3


def test_what_a_gallery_shows_changes_with_a_release_and_a_word(holdings: Holdings) -> None:
    from consilience.model.judgements import Decision
    from consilience.store import judgements
    from consilience.store.judgements import Judged, Subject

    people.add_user(holdings, ACTOR, "root", agency="test agency", roles=["administrator"])
    before = marks_of(holdings)
    people.release_case(holdings, ROOT, "C1", ReleaseLevel.INSTALLATION)
    released = marks_of(holdings)
    assert (released.word != before.word, released.classified) == (True, before.classified)
    with holdings.database.write() as connection:
        digests = {"sha256": bytes(32), "sha1": bytes(20), "md5": bytes(16)}
        kind = {"media_type": "image/png", "kind": "picture", "examined": "yes"}
        about = {"id": 1, "size": 1, "width": 1, "height": 1, "frames": 1, "seconds": 0.0}
        connection.execute(media.insert().values(digests | kind | about))
        ids = dict(connection.execute(select(case.c.number, case.c.id)).all())
        at = {"author": "ann", "agency_id": 1, "case_id": ids["C1"], "reason": "judgement", "note": ""}
        classified = Judged(subject=Subject.CLASSIFICATION, media_id=1, scheme="UK", scheme_version="1")
        judgements.add(connection, classified, Decision.POSITIVE, code="A", **at)
    said = marks_of(holdings)
    assert (said.word, said.classified != released.classified) == (released.word, True)
