"""What cases have in common, and what readings put on record, counted by content."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from consilience.model.people import EVERYTHING, GroundKind, Scope
from consilience.store import cases, sharing
from consilience.store.database import Database
from consilience.store.identity import new_public_id
from consilience.store.schema import media, media_file
from databases import tables_scanned


@pytest.fixture
def filled(database: Database) -> Database:
    """Two cases with an exhibit and a reading each; one content many times in both, one in the second only."""
    with database.write() as connection:
        agency = cases.agency_id(connection, "one")
        for number in (1, 2):
            case = cases.add_case(
                connection,
                agency_id=agency,
                number=str(number),
                title="",
                legal_basis="",
                release_level="case",
            )
            exhibit = cases.add_exhibit(connection, case.id, "E", "")
            cases.begin_reading(
                connection, exhibit.id, source="folder", root=b"/", software="1", parameters={}
            )
            connection.execute(
                insert(media).values(
                    sha256=bytes([number]) * 32, sha1=bytes(20), md5=bytes(16), size=1, media_type="image/png",
                    kind="picture", examined="yes", width=1, height=1, frames=1, seconds=number,
                )
            )  # fmt: skip
        for exhibit_id, media_id, copies in ((1, 1, 30), (2, 1, 40), (2, 2, 1)):
            connection.execute(
                insert(media_file),
                [
                    {
                        "public_id": new_public_id(),
                        "exhibit_id": exhibit_id,
                        "reading_id": exhibit_id,
                        "locator": f"{media_id} {copy}".encode(),
                        "media_id": media_id,
                        "size": 1,
                    }
                    for copy in range(copies)
                ],
            )
    return database


def test_copies_of_one_content_in_two_cases_are_one_content(filled: Database) -> None:
    with filled.read() as connection:
        assert sharing.cases_sharing(connection, EVERYTHING, 1, 1) == {2: 1}
        assert sharing.cases_sharing(connection, EVERYTHING, 2, 2) == {1: 1}
        assert sharing.cases_sharing(connection, Scope(agency=1, grounds=(GroundKind.OWNER,)), 1, 1) == {}


def test_a_content_counts_where_its_first_file_was_read(filled: Database) -> None:
    with filled.read() as connection:
        assert cases.totals_of_reading(connection, EVERYTHING, 1) == cases.ReadingTotals(30, 30, 1, 1.0)
        assert cases.totals_of_reading(connection, EVERYTHING, 2) == cases.ReadingTotals(41, 41, 1, 2.0)


def test_the_files_of_a_reading_are_found_by_an_index(filled: Database) -> None:
    assert tables_scanned(filled, lambda connection: cases.totals_of_reading(connection, EVERYTHING, 1)) == []
    assert tables_scanned(filled, lambda connection: cases.slowest_files(connection, 1, 5)) == []
