"""What is erased is gone, with what depended on it and nothing else; the log still holds, and proves it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert, select, update
from world import ACTOR, encoded, make_holdings, picture, take_in

from consilience.audit.notes import Checkpoint, NoteError, Signer
from consilience.audit.receipts import verify_receipt
from consilience.audit.verify import verify
from consilience.errors import NotFoundError, UsageError
from consilience.model.people import EVERYTHING, Actor
from consilience.model.references import ReferenceKind
from consilience.runs.local import LocalExecutor
from consilience.services import audit, erasure, keys, retention, review
from consilience.services.cases import all_cases
from consilience.services.holdings import Holdings
from consilience.store import events, passes
from consilience.store.events import EventFilter
from consilience.store.schema import (
    case,
    case_key,
    exhibit,
    fingerprint,
    media,
    media_file,
    media_match,
    metadata,
    person,
    person_fact,
    reference,
    sealed,
)

ORDER = "order 7 of a court"


@pytest.fixture
def sticks(tmp_path: Path) -> tuple[Path, Path]:
    """Two exhibits: one picture in both, one of each near one of the other, one of each alone."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder, seeds in ((first, (0, 1, 2)), (second, (0, 3))):
        folder.mkdir()
        for seed in seeds:
            (folder / f"whispering-{seed}.jpg").write_bytes(encoded(picture(seed)))
    (second / "near.jpg").write_bytes(encoded(picture(1), quality=40))
    (second / "nearer.jpg").write_bytes(encoded(picture(1), quality=60))
    return first, second


def known(holdings: Holdings) -> dict[str, object]:
    """What is on record, without ids and times."""
    with holdings.database.read() as connection:
        sha256 = dict(tuple(row) for row in connection.execute(select(media.c.id, media.c.sha256)))
        pairs = connection.execute(select(media_match.c.media_id, media_match.c.other_media_id))
        neighbours = connection.execute(select(fingerprint.c.neighbours)).scalars()
        files = connection.execute(select(media_file.c.locator, media_file.c.media_id))
        return {
            "contents": sorted(sha256.values()),
            "pairs": {frozenset((sha256[one], sha256[other])) for one, other in pairs},
            "neighbours": sum(neighbours),
            "files": sorted((locator, sha256[media_id]) for locator, media_id in files),
        }


def test_what_is_left_of_a_case_is_what_would_be_without_it(
    holdings: Holdings, executor: LocalExecutor, sticks: tuple[Path, Path], tmp_path: Path
) -> None:
    first, second = sticks
    with make_holdings(tmp_path / "only", "C2") as only:
        take_in(only, executor, second, case="C2")
        expected = known(only)
        outcomes = review.count_outcomes(only, ACTOR, "C2")
    take_in(holdings, executor, first, case="C1")
    take_in(holdings, executor, second, case="C2")
    assert known(holdings) != expected
    done = erasure.erase_case(holdings, ACTOR, "C1", authority=ORDER)
    assert known(holdings) == expected
    assert review.count_outcomes(holdings, ACTOR, "C2") == outcomes
    assert done.gone["media_file"] == 3
    assert done.gone["media"] == 2
    assert [one.number for one in all_cases(holdings, ACTOR)] == ["C2"]
    with pytest.raises(NotFoundError):
        erasure.erase_case(holdings, ACTOR, "C1", authority=ORDER)
    take_in(holdings, executor, first, case="C2", exhibit="E2")  # the records still work


def test_no_word_of_an_erased_case_is_left(
    holdings: Holdings, executor: LocalExecutor, sticks: tuple[Path, Path]
) -> None:
    take_in(holdings, executor, sticks[0], case="C1")
    with holdings.database.write() as connection:
        ring = keys.keyring(holdings)
        keys.put(connection, ring, 1, 1, "thumbnail", b"pixels")
        words = {"number": "C1", "title": "whispering title", "legal_basis": "whispering order"}
        connection.execute(update(case).where(case.c.number == "C1").values(words))
        person_id = connection.execute(
            insert(person).values(
                public_id=b"p" * 16, case_id=1, kind="witness", name="whispering", origin="", added_by="tester",
                created_at=0,
            ).returning(person.c.id)
        ).scalar_one()  # fmt: skip
        connection.execute(
            insert(person_fact).values(
                person_id=person_id, text="whispering", source="", said_by="", said_at=0
            )
        )
        note = Actor("tester", "review", "whispering")
        events.append(connection, note, "read", object_kind="case", case_id=1)
    erasure.erase_case(holdings, ACTOR, "C1", authority=ORDER)
    with holdings.database.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(table.select()):
                assert "whispering" not in repr(tuple(row)), table.name
        assert connection.execute(select(case_key)).all() == []
        assert connection.execute(select(sealed)).all() == []
        assert connection.execute(select(exhibit)).all() == []
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    if (holdings.folder / "consilience.sqlite").exists():
        for file in holdings.folder.iterdir():
            assert file.is_dir() or b"whispering" not in file.read_bytes(), file.name


def test_an_erased_exhibit_takes_its_own_only(
    holdings: Holdings, executor: LocalExecutor, sticks: tuple[Path, Path]
) -> None:
    first, second = sticks
    take_in(holdings, executor, first, exhibit="E1")
    take_in(holdings, executor, second, exhibit="E2")
    with holdings.database.write() as connection:
        ring = keys.keyring(holdings)
        by_name = dict(
            tuple(row) for row in connection.execute(select(media_file.c.locator, media_file.c.media_id))
        )
        both = next(one for locator, one in by_name.items() if b"-0.jpg" in locator)
        alone = next(one for locator, one in by_name.items() if b"-2.jpg" in locator)
        keys.put(connection, ring, 1, both, "thumbnail", b"of both")
        keys.put(connection, ring, 1, alone, "thumbnail", b"of the first")
    with pytest.raises(NotFoundError, match="no exhibit"):
        erasure.erase_exhibit(holdings, ACTOR, "C1", "E9", authority=ORDER)
    done = erasure.erase_exhibit(holdings, ACTOR, "C1", "E1", authority=ORDER)
    assert (done.gone["exhibit"], done.gone["media_file"], done.gone["media"], done.gone["sealed"]) == (
        1,
        3,
        2,
        1,
    )
    with holdings.database.read() as connection:
        assert keys.get(connection, ring, 1, both, "thumbnail") == b"of both"
        assert connection.execute(select(media_file.c.id)).all() != []


def test_the_log_holds_and_proves_the_erasure(
    holdings: Holdings, executor: LocalExecutor, sticks: tuple[Path, Path], tmp_path: Path
) -> None:
    take_in(holdings, executor, sticks[0])
    key = keys.public_key(holdings)
    kept = Checkpoint.opened(audit.make_checkpoint(holdings, ACTOR).note, key)
    with pytest.raises(UsageError, match="needs the law or order"):
        erasure.erase_case(holdings, ACTOR, "C1", authority=" ")
    done = erasure.erase_case(holdings, ACTOR, "C1", authority=ORDER)
    event, at = verify_receipt(done.receipt.encode(), key)
    assert (event.action, event.object_kind, event.number) == ("erase", "case", at.size)
    assert event.detail == {"erased": done.gone}
    for bad in (done.receipt.encode().replace(b"erase", b"creat"), b"{}", b""):
        with pytest.raises(NoteError):
            verify_receipt(bad, key)
    with pytest.raises(NoteError, match="not signed by the key"):
        verify_receipt(done.receipt.encode(), Signer(key.origin, bytes(32)).public)
    audit.export(holdings, ACTOR, tmp_path / "log")
    with (tmp_path / "log").open("rb") as file:
        verification = verify(file, key, [kept])
    assert (verification.findings, verification.anchored) == ([], kept.size)


def test_a_name_is_erased_from_the_log(holdings: Holdings) -> None:
    all_cases(holdings, Actor("Ann Example", "review"))
    erasure.erase_name(holdings, ACTOR, "Ann Example", authority=ORDER)
    with holdings.database.read() as connection:
        assert "Ann Example" not in connection.execute(select(reference.c.text)).scalars().all()
        shown = {one.actor for one in events.search(connection, EVERYTHING, EventFilter(), 20)}
    assert shown == {"tester", events.ERASED}
    all_cases(holdings, Actor("Ann Example", "review"))  # under a reference of its own
    with pytest.raises(NotFoundError, match="does not know"):
        erasure.erase_name(holdings, ACTOR, "nobody", authority=ORDER, kind=ReferenceKind.RECIPIENT)


def test_crowded_contents_are_found_anew(
    holdings: Holdings, executor: LocalExecutor, sticks: tuple[Path, Path]
) -> None:
    take_in(holdings, executor, sticks[0], case="C1")
    take_in(holdings, executor, sticks[1], case="C2")
    with holdings.database.write() as connection:
        crowded = (
            connection.execute(select(fingerprint.c.media_id).where(fingerprint.c.neighbours > 0))
            .scalars()
            .first()
        )
        connection.execute(
            update(fingerprint).where(fingerprint.c.media_id == crowded).values(neighbours=300)
        )
    erasure.erase_case(holdings, ACTOR, "C1", authority=ORDER)
    with holdings.database.read() as connection:
        assert passes.all_unsettled(connection) == [crowded]


def test_what_is_due_is_listed(holdings: Holdings) -> None:
    retention.set_case_review(holdings, ACTOR, "C1", 5)
    retention.set_case_review(holdings, ACTOR, "C2", 9)
    assert [(one.kind, one.name) for one in retention.due(holdings, ACTOR, 9)] == [("case", "C1")]
    assert [one.name for one in retention.due(holdings, ACTOR, 10)] == ["C1", "C2"]
    erasure.erase_case(holdings, ACTOR, "C1", authority=ORDER)
    retention.set_case_review(holdings, ACTOR, "C2", None)
    assert retention.due(holdings, ACTOR, 10) == []
