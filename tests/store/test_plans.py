"""No question that people wait for reads a large table from end to end; on either database."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, insert

from consilience.model.examination import Digests
from consilience.model.people import EVERYTHING, GroundKind, Scope
from consilience.store import contents, events, footage, gallery, outcomes, records, sharing
from consilience.store.database import Database
from consilience.store.events import EventFilter
from consilience.store.schema import (
    agency,
    case,
    edition,
    entry,
    entry_match,
    exhibit,
    hash_list,
    media,
    media_file,
    media_match,
    reading,
)
from databases import tables_read_whole, tables_scanned

LARGE = {
    "media", "media_file", "media_file_time", "fingerprint", "clue", "media_match", "footage_match",
    "timed_fingerprint", "entry", "entry_fingerprint", "entry_match", "event", "event_tree_node",
}  # fmt: skip
SCOPES = {
    "owner": EVERYTHING,
    "member": Scope(user=1, agency=1, grounds=(GroundKind.MEMBER, GroundKind.OWNER, GroundKind.EVERYONE)),
}
QUESTIONS: dict[str, Callable[[Connection, Scope], object]] = {
    "content of a digest": lambda c, s: records.media_id_of(c, s, bytes(32)),
    "contents by digest": lambda c, s: contents.held(c, [bytes(32), bytes(31) + b"1"]),
    "known-good": lambda c, s: contents.is_known_good(c, Digests(bytes(16), bytes(20), bytes(32)), 1),
    "contents": lambda c, s: records.media_by_id(c, [1, 2]),
    "files of contents": lambda c, s: records.files_of(c, s, [1, 2]),
    "first files": lambda c, s: sharing.first_files(c, s, [1, 2]),
    "exhibits of contents": lambda c, s: sharing.exhibits_of(c, s, [1, 2]),
    "clues": lambda c, s: records.clues(c, [1, 2]),
    "matches with lists": lambda c, s: records.entry_matches(c, s, [1, 2]),
    "lists of contents": lambda c, s: gallery.listed(c, s, [1, 2]),
    "clues of contents": lambda c, s: gallery.clue_values(c, [1, 2], "camera-make"),
    "times of contents": lambda c, s: gallery.times_taken(c, [1, 2]),
    "seconds of contents": lambda c, s: gallery.durations(c, [1, 2]),
    "near contents of one case": lambda c, s: list(records.near_among(c, [1, 2])),
    "shared footage": lambda c, s: footage.footage_matches(c, [1, 2]),
    "near contents": lambda c, s: list(records.near(c, s, [1, 2])),
    "media of a case": lambda c, s: sharing.media_of_case(c, s, 1),
    "files": lambda c, s: gallery.rows(c, [1, 2]),
    "files of exhibits": lambda c, s: list(gallery.facts(c, [1])),
    "names of exhibits' files": lambda c, s: list(gallery.locators(c, [1])),
    "other cases of an exhibit's contents": lambda c, s: sharing.cases_sharing(c, s, 1, 1),
    "outcomes of a case": lambda c, s: list(outcomes.outcomes(c, s, 1)),
    "outcomes of a case, counted": lambda c, s: outcomes.count(c, s, 1),
    "events of a case": lambda c, s: events.search(c, s, EventFilter(case="1"), 100),
    "events of a person": lambda c, s: events.search(c, s, EventFilter(actor="x"), 100),
    "events on a thing": lambda c, s: events.search(c, s, EventFilter(object_id=bytes(16)), 100),
}


@pytest.mark.parametrize("viewer", SCOPES)
def test_large_tables_are_never_read_whole(database: Database, viewer: str) -> None:
    found = {
        name: LARGE.intersection(tables_scanned(database, lambda c, ask=ask: ask(c, SCOPES[viewer])))  # type: ignore[misc]
        for name, ask in QUESTIONS.items()
    }
    assert {name: tables for name, tables in found.items() if tables} == {}


@pytest.mark.parametrize("viewer", SCOPES)
def test_what_is_asked_of_a_case_goes_through_no_other(database: Database, viewer: str) -> None:
    """As the database plans it by itself, with many cases beside: nothing is told to it from outside."""
    with database.write() as connection:
        many_cases(connection)
    for name in ("outcomes of a case", "outcomes of a case, counted", "files of exhibits"):
        read = tables_read_whole(database, lambda c, name=name: QUESTIONS[name](c, SCOPES[viewer]))  # type: ignore[misc]
        assert LARGE.intersection(read) == set(), name


def many_cases(connection: Connection) -> None:
    """Two hundred cases with an exhibit of twenty files each, every file near to the one before."""
    bare = {"created_at": 0, "legal_basis": "", "release_level": "case", "title": ""}
    connection.execute(insert(agency).values(id=1, public_id=bytes(16), name="north", created_at=0))
    cases = range(1, 201)
    connection.execute(
        insert(case),
        [{"id": n, "public_id": b"%16d" % n, "agency_id": 1, "number": str(n), **bare} for n in cases],
    )
    ids = [{"id": n, "public_id": b"%16d" % n} for n in cases]
    about = {"number": "1", "description": "", "created_at": 0}
    connection.execute(insert(exhibit), [one | about | {"case_id": one["id"]} for one in ids])
    run = {"source": "folder", "root": b"/", "software": "0", "parameters": {}, "started_at": 0}
    connection.execute(insert(reading), [one | run | {"exhibit_id": one["id"]} for one in ids])
    files = range(1, 4001)
    content = {"sha1": bytes(20), "md5": bytes(16), "size": 1, "media_type": "image/jpeg", "kind": "picture"}
    content |= {"examined": "yes", "width": 1, "height": 1, "frames": 1, "seconds": 0.0}
    connection.execute(insert(media), [content | {"id": n, "sha256": b"%32d" % n} for n in files])
    connection.execute(
        insert(media_file),
        [
            {"id": n, "public_id": b"%16d" % n, "exhibit_id": 1 + n % 200, "reading_id": 1 + n % 200,
             "locator": b"%d" % n, "media_id": n, "size": 1}
            for n in files
        ],
    )  # fmt: skip
    near = {"part": "picture", "other_part": "picture", "algorithm": "pdq", "version": "1", "distance": 1}
    near |= {"orientation": "upright", "found_at": 0}
    connection.execute(
        insert(media_match),
        [near | {"public_id": b"%16d" % n, "media_id": n, "other_media_id": n - 1} for n in files[1:]],
    )
    listed = {
        "agency_id": 1,
        "name": "known",
        "role": "alert",
        "scheme": "",
        "scheme_version": "",
        "origin": "",
    }
    connection.execute(insert(hash_list).values(id=1, public_id=bytes(16), created_at=0, **listed))
    counts = dict.fromkeys(("added", "changed", "withdrawn", "unchanged", "repeated", "broken"), 0)
    of_file = {"file_name": "", "file_sha256": bytes(32), "format": "", "about": {}, "imported_at": 0}
    connection.execute(
        insert(edition).values(id=1, public_id=bytes(16), list_id=1, ordinal=1, **of_file, **counts)
    )
    of_list = {"list_id": 1, "record": bytes(16), "first_edition_id": 1, "last_edition_id": 1}
    connection.execute(insert(entry), [of_list | {"id": n, "key": b"%16d" % n} for n in files])
    same = {"part": "content", "algorithm": "sha1", "version": "", "distance": 0, "orientation": "upright"}
    connection.execute(
        insert(entry_match),
        [same | {"public_id": b"%16d" % n, "media_id": n, "entry_id": n, "found_at": 0} for n in files],
    )
    connection.exec_driver_sql("ANALYZE")
