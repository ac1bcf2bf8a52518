"""Two worlds that differ in what a person may not see, matched by what is seen and heard: the same answers.

In the one world another agency holds crowds of the same: they came before, between and after, are nearer, and
more than are recorded of one content.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from laid_out import sha256
from sqlalchemy import insert, select
from test_two_worlds import ANN, OWNER, ROOT, ZED, her_case, masked, unnumbered

from consilience.cli.screen import builtins
from consilience.fingerprints import chromaprint, vpdq
from consilience.model.examination import Digests, Examination, Examined, Fingerprint, MediaKind
from consilience.model.footage import Look, TimedCodes, TimedFingerprint, encode_codes
from consilience.model.lists import Role
from consilience.model.people import EVERYTHING
from consilience.services import (
    cases,
    footage,
    footage_review,
    gallery,
    lists,
    matching,
    medium,
    people,
    review,
    sound,
)
from consilience.services.gallery import Filter, Galleries
from consilience.services.holdings import Holdings
from consilience.services.matching import Matcher
from consilience.services.report import write_case_report
from consilience.store import cases as case_records
from consilience.store import contents, events, schema
from consilience.store.contents import Content
from consilience.store.identity import new_public_id

HERS = (1, 2, 3, 4, 5, 11, 12, 13, 21, 22)
CROWD = tuple(range(30, 38))
"""Pictures that are nearer to 1 than 2 is; some are frames of her videos, nearer than 4 is."""
COPIES = (41, 42)
"""Videos of which hers are a part."""
HEARD = (51, 52, 53)
"""Recordings of which hers are a part."""

READ_SO = {"sandbox": {"landlock": 0, "seccomp": False, "memory": 0}}


@pytest.fixture(autouse=True)
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded of one content is few."""
    monkeypatch.setattr(matching, "NEAREST_KEPT", 4)
    monkeypatch.setattr(footage, "VIDEOS_KEPT", 2)
    monkeypatch.setattr(footage, "PICTURES_KEPT", 2)
    monkeypatch.setattr(sound, "RECORDINGS_KEPT", 2)


def code(seed: int, *flipped: int) -> bytes:
    """A code like no other, with some bits flipped."""
    made = np.random.default_rng(seed).integers(0, 256, 32, np.uint8)
    for bit in flipped:
        made[bit // 8] ^= 1 << (bit % 8)
    return made.tobytes()


def picture(upright: bytes) -> Fingerprint:
    return Fingerprint("pdq", matching._VERSION, "picture", upright, upright * 7, 100, "exact", "")


def timed(name: str, version: str, part: str, codes: np.ndarray, step: float) -> TimedFingerprint:
    times = np.rint(np.arange(len(codes)) * step * 1_000_000).astype(np.int64)
    data = encode_codes(TimedCodes.of(times, codes, np.full(len(codes), 100, np.uint8)))
    return TimedFingerprint(name, version, part, Look.FULL, len(codes) * step, "test", data)


def video(*seeds: int) -> TimedFingerprint:
    """A second of each of these frames."""
    codes = np.array([np.frombuffer(code(1000 + seed), np.uint8) for seed in seeds])
    return timed(vpdq.NAME, vpdq.VERSION, "video:0", codes, 1.0)


def heard(first: int, last: int) -> TimedFingerprint:
    words = np.random.default_rng(9).integers(0, 256, (200, 4), np.uint8)[first:last]
    return timed(chromaprint.NAME, chromaprint.VERSION, "audio:0", words, chromaprint.WORD_SECONDS)


FRAME = 1007
PICTURES = {
    1: code(1), 2: code(1, *range(9)), 3: code(3), 4: code(FRAME, 1, 2, 3), 5: code(1, 40, 41, 42),
    **{one: code(1, one) for one in CROWD[:4]},
    **{one: code(FRAME, one) for one in CROWD[4:]},
}  # fmt: skip
VIDEOS = {
    11: video(*range(20)), 12: video(*range(10, 30)), 13: video(*range(20), 40),
    41: video(*range(25)), 42: video(*range(24)),
}  # fmt: skip
SOUNDS = {21: heard(0, 90), 22: heard(30, 130), 51: heard(0, 160), 52: heard(0, 170), 53: heard(0, 180)}


def content(number: int) -> Content:
    digests = Digests(bytes([number]) * 16, bytes([number]) * 20, sha256(number))
    if number in PICTURES:
        seen = Examination(width=number, height=1, frames=1, fingerprints=(picture(PICTURES[number]),))
        return Content(digests, 1, "image/png", MediaKind.PICTURE, Examined.YES, seen)
    kind = MediaKind.VIDEO if number in VIDEOS else MediaKind.AUDIO
    one = VIDEOS.get(number) or SOUNDS[number]
    seen = Examination(width=number, height=1, frames=1, seconds=one.duration, timed=(one,))
    return Content(digests, 1, "video/mp4", kind, Examined.YES, seen)


def take_in(holdings: Holdings, agency: str, number: str, exhibit: str, numbers: Sequence[int]) -> None:
    """As an ingest records and matches it."""
    with holdings.alone("a test"), Matcher(holdings) as matcher:
        with holdings.database.write() as connection:
            found = case_records.cases(connection, EVERYTHING, number=number)
            case = next(one for one in found if one.agency == agency)
            added = case_records.add_exhibit(connection, case.id, exhibit, "")
            reading = case_records.begin_reading(
                connection, added.id, source="folder", root=b"", software="", parameters=READ_SO
            )
            who = ANN if agency == "north" else ZED
            events.append(
                connection,
                who,
                "collect",
                object_kind="reading",
                object_id=reading.public_id,
                case_id=case.id,
            )
            table, fresh = schema.media, []
            for place, one in enumerate(numbers):
                held = connection.execute(select(table.c.id).where(table.c.sha256 == sha256(one))).scalar()
                if held is None:
                    (held,) = contents.add_contents(connection, [content(one)])
                    contents.add_findings(connection, [(held, content(one))])
                    fresh.append(held)
                connection.execute(
                    insert(schema.media_file).values(
                        public_id=new_public_id(), exhibit_id=added.id, reading_id=reading.id,
                        locator=b"\x01p%03d\x00" % place, media_id=held, size=1,
                    )
                )  # fmt: skip
            matcher.match(connection, fresh)
        matcher.follow()
        matcher.complete(holdings.database, case.id)


def make(folder: Path, address: str | None, *, hidden: bool) -> Holdings:
    folder.mkdir()
    holdings = Holdings.create(folder / "holdings", "test", OWNER, address)
    people.add_user(holdings, OWNER, "root", agency="north", roles=["administrator"])
    people.add_user(holdings, ROOT, "ann", agency="north", roles=["examiner", "analyst", "list-keeper"])
    people.add_user(holdings, ROOT, "zed", agency="south", roles=["examiner", "list-keeper", "supervisor"])
    cases.new_case(holdings, ANN, number="1", title="hers", legal_basis="")

    def listed(actor: object, name: str, *codes: bytes) -> None:
        (folder / f"{name}.pdq").write_text("".join(f"{one.hex()}\n" for one in codes))
        lists.import_list(holdings, actor, folder / f"{name}.pdq", name=name, role=Role.ALERT)  # type: ignore[arg-type]

    if hidden:
        cases.new_case(holdings, ZED, number="9", title="hidden", legal_basis="")
        listed(ZED, "secret", code(3), code(1012))
        take_in(holdings, "south", "9", "H1", [2, *CROWD[:3], 12, COPIES[0], *HEARD[:2]])
    take_in(holdings, "north", "1", "A", HERS[:6])
    if hidden:
        take_in(holdings, "south", "9", "H2", [CROWD[3], *CROWD[4:6], COPIES[1], HEARD[2], 22])
    listed(ANN, "known", code(3, 7), code(1004, 5))
    take_in(holdings, "north", "1", "B", HERS[6:])
    if hidden:
        take_in(holdings, "south", "9", "H3", [*CROWD[6:], 11])
    return holdings


def report(at: Holdings) -> object:
    """What a report is made of; its head names the holdings."""
    out = at.folder.parent / "report"
    write_case_report(at, ANN, "1", out)
    findings = json.loads((out / "report.json").read_text())["findings"]
    del findings["head"]
    for one in findings["exhibits"]:
        for reading in one["readings"]:
            del reading["started"]
    lines = (out / "files.jsonl").read_text().splitlines()
    return findings, [json.loads(line) for line in lines]


CALLS: dict[str, Callable[[Holdings], object]] = {
    "outcomes": lambda at: review.count_outcomes(at, ANN, "1"),
    "matches": lambda at: review.matches_of_case(at, ANN, "1"),
    "stacks": lambda at: review.stacks_of_case(at, ANN, "1"),
    "footage": lambda at: footage_review.footage_of_case(at, ANN, "1"),
    "gallery": lambda at: gallery.page(at, ANN, Galleries(), her_case(at), Filter()),
    "gallery by file": lambda at: gallery.page(
        at, ANN, Galleries(), her_case(at), Filter(), by=gallery.By.FILE
    ),
    "report": report,
    "facets": lambda at: gallery.facets(at, ANN, Galleries(), her_case(at), Filter()),
    **{f"show {one}": lambda at, one=one: review.show(at, ANN, sha256(one)) for one in HERS},
    **{
        f"medium {one}": lambda at, one=one: medium.one(at, ANN, Galleries(), her_case(at), sha256(one))
        for one in HERS
    },
}


def test_what_is_matched_where_one_may_not_see_changes_nothing(
    new_address: Callable[[], str | None], tmp_path: Path
) -> None:
    with (
        make(tmp_path / "plain", new_address(), hidden=False) as plain,
        make(tmp_path / "full", new_address(), hidden=True) as full,
    ):
        differing = {}
        for name, call in CALLS.items():
            alone, beside = (unnumbered(masked(builtins(call(at)))) for at in (plain, full))
            if alone != beside:
                differing[name] = (alone, beside)
        assert not differing, differing
        # There is something to find, and in the other world more.
        found = footage_review.footage_of_case(plain, ANN, "1")
        assert {frozenset((one.one.media.sha256, one.other.media.sha256)) for one in found.shared} == {
            frozenset((sha256(one), sha256(other))) for one, other in ((11, 12), (11, 13), (12, 13), (21, 22))
        }
        assert {(one.picture.sha256, one.video.media.sha256) for one in found.frames} == {
            (sha256(4), sha256(11)),
            (sha256(4), sha256(13)),
        }
        assert len(footage_review.footage_of_case(full, ZED, "9").shared) > len(found.shared)
