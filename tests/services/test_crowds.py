"""A crowd in one case takes nothing from what is found in another."""

from __future__ import annotations

from pathlib import Path

import pytest
from laid_out import sha256
from sqlalchemy import insert

from consilience.model.examination import Digests, Examination, Examined, Fingerprint, MediaKind
from consilience.model.people import EVERYTHING, Actor
from consilience.services import cases, matching, review
from consilience.services.holdings import Holdings
from consilience.services.matching import Matcher
from consilience.store import cases as case_records
from consilience.store import contents, schema
from consilience.store.contents import Content
from consilience.store.identity import new_public_id

WHO = Actor("owner", "examination")


def content(number: int) -> Content:
    code = bytes([1 << (number % 8)]) + bytes(31)
    print_ = Fingerprint("pdq", matching._VERSION, "picture", code, code * 7, 100, "exact", "")
    examination = Examination(width=number, height=1, frames=1, fingerprints=(print_,))
    digests = Digests(bytes([number]) * 16, bytes([number]) * 20, sha256(number))
    return Content(digests, 1, "image/png", MediaKind.PICTURE, Examined.YES, examination)


def take_in(holdings: Holdings, matcher: Matcher, case: str, numbers: list[int]) -> None:
    """Contents of nearly one code, as an ingest records and matches them."""
    with holdings.database.write() as connection:
        (record,) = case_records.cases(connection, EVERYTHING, number=case)
        exhibit = case_records.add_exhibit(connection, record.id, str(len(numbers)), "")
        reading = case_records.begin_reading(
            connection, exhibit.id, source="folder", root=b"", software="", parameters={}
        )
        fresh = []
        for number in numbers:
            found = connection.execute(
                schema.media.select().where(schema.media.c.sha256 == sha256(number))
            ).first()
            media_id = found.id if found else None
            if media_id is None:
                (media_id,) = contents.add_contents(connection, [content(number)])
                contents.add_findings(connection, [(media_id, content(number))])
                fresh.append(media_id)
            connection.execute(
                insert(schema.media_file).values(
                    public_id=new_public_id(), exhibit_id=exhibit.id, reading_id=reading.id,
                    locator=number.to_bytes(2, "big"), media_id=media_id, size=1,
                )
            )  # fmt: skip
        matcher.match(connection, fresh)
    matcher.follow()
    matcher.complete(holdings.database, record.id)


def near(holdings: Holdings, number: int) -> set[bytes]:
    return {one.sha256 for one in review.show(holdings, WHO, sha256(number)).near}


def test_a_crowd_elsewhere_takes_nothing_away(
    holdings: Holdings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(matching, "NEAREST_KEPT", 4)
    cases.new_case(holdings, WHO, number="C3", title="", legal_basis="")
    with holdings.alone("a test"), Matcher(holdings) as matcher:
        take_in(holdings, matcher, "C1", list(range(20)))
        take_in(holdings, matcher, "C2", [100])
        take_in(holdings, matcher, "C2", [101, 102])
        # Of case 1 four each, and every one of case 2.
        assert {sha256(100), sha256(101)} <= near(holdings, 102)
        assert len(near(holdings, 102)) == 4 + 2
        # Two of the crowd, whose pair was not recorded, come into case 3 together.
        apart = next(
            (one, other)
            for other in range(19, 0, -1)
            for one in range(other)
            if sha256(one) not in near(holdings, other)
        )
        take_in(holdings, matcher, "C3", list(apart))
        assert sha256(apart[0]) in near(holdings, apart[1])
