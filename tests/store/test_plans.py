"""No question that people wait for reads a large table from end to end; on either database."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from consilience.model.examination import Digests
from consilience.model.people import EVERYTHING, GroundKind, Scope
from consilience.store import contents, events, gallery, outcomes, records, sharing
from consilience.store.database import Database
from consilience.store.events import EventFilter
from databases import tables_scanned

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
    "lists of a case's contents": lambda c, s: gallery.listed(c, s, 1),
    "near contents": lambda c, s: list(records.near(c, s, [1, 2])),
    "media of a case": lambda c, s: sharing.media_of_case(c, s, 1),
    "files of a case": lambda c, s: list(gallery.rows(c, s, 1)),
    "other cases of an exhibit's contents": lambda c, s: sharing.cases_sharing(c, s, 1, 1),
    "outcomes of a case": lambda c, s: list(outcomes.outcomes(c, s, 1)),
    "outcomes of a case, counted": lambda c, s: outcomes.count(c, s, 1),
    "events on a thing": lambda c, s: events.search(c, s, EventFilter(object_id=bytes(16)), 100),
}


@pytest.mark.parametrize("viewer", SCOPES)
def test_large_tables_are_never_read_whole(database: Database, viewer: str) -> None:
    found = {
        name: LARGE.intersection(tables_scanned(database, lambda c, ask=ask: ask(c, SCOPES[viewer])))  # type: ignore[misc]
        for name, ask in QUESTIONS.items()
    }
    assert {name: tables for name, tables in found.items() if tables} == {}
