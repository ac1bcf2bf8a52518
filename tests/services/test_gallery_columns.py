"""A gallery's columns filter, sort, group and page as the items themselves say, on either database."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert

from consilience.model.judgements import Decision, Subject
from consilience.model.locator import Locator
from consilience.model.outcomes import OUTCOMES
from consilience.model.people import EVERYTHING
from consilience.services.gallery_items import By, Filter, Item, Sort
from consilience.services.gallery_table import FACETS, Table
from consilience.store import judgements, marks, schema
from consilience.store.database import Database
from consilience.store.judgements import Judged

CASE, FILES, CONTENTS = 1, 60, 40
LATEST, FARTHEST = 2**63 - 1, 2**20


def fill(connection: Connection) -> None:
    """Two exhibits of a case and one of another, with stacks, copies, lists, cameras, times and damage."""
    chance = random.Random(5)
    connection.execute(insert(schema.agency).values(id=1, public_id=bytes(16), name="north", created_at=0))
    bare = {"created_at": 0, "legal_basis": "", "release_level": "case", "title": ""}
    for one in (1, 2):
        connection.execute(
            insert(schema.case).values(id=one, public_id=b"%16d" % one, agency_id=1, number=str(one), **bare)
        )
    for one, of_case in ((1, 1), (2, 1), (3, 2)):
        about = {"public_id": b"%16d" % one, "number": f"E{one}", "description": "", "created_at": 0}
        connection.execute(insert(schema.exhibit).values(id=one, case_id=of_case, **about))
        run = {"source": "folder", "root": b"/", "software": "0", "parameters": {}, "started_at": 0}
        connection.execute(
            insert(schema.reading).values(id=one, public_id=b"%16d" % one, exhibit_id=one, **run)
        )
    for one in range(1, CONTENTS + 1):
        kind = chance.choice(["picture", "picture", "video", "other"])
        connection.execute(
            insert(schema.media).values(
                id=one, sha256=b"%32d" % one, sha1=bytes(20), md5=bytes(16), size=one, kind=kind,
                media_type={"picture": "image/png", "video": "video/mp4", "other": "text/plain"}[kind],
                examined=chance.choice(["yes", "first-look", "known-good"]), width=chance.randrange(1, 9), height=5,
                frames=1, seconds=0.0, problem=chance.choice([None, None, "damaged"]),
            )
        )  # fmt: skip
        for clue in ("camera-make", "camera-model"):
            if one % 3:
                values = {"value": chance.choice(["Lumora", "Sola 2"]), "source": "exif"}
                connection.execute(insert(schema.clue).values(media_id=one, kind=clue, **values))
        if one % 4:
            utc = chance.choice([None, 10**18 + chance.randrange(9)])
            when = {"time_kind": "taken", "raw": "2026", "zone": "", "clock": "camera", "precision": 1.0}
            connection.execute(
                insert(schema.clue).values(
                    media_id=one, kind="time", value="2026", source="exif", utc=utc, **when
                )
            )
        if kind == "video":
            seconds = f"{chance.randrange(3)} s"
            values = {"kind": "duration", "value": seconds, "source": "container"}
            connection.execute(insert(schema.clue).values(media_id=one, **values))
    for one in range(1, FILES + 1):
        content = None if one % 9 == 0 else chance.randrange(1, CONTENTS + 1)
        connection.execute(
            insert(schema.media_file).values(
                id=one, public_id=b"%16d" % one, exhibit_id=1 + one % 3, reading_id=1 + one % 3,
                locator=Locator.of_path(b"F%d/N%02d.png" % (chance.randrange(3), one)).encode(),
                media_id=content, size=chance.choice([None, *range(5)]),
                problem="io-error" if content is None else None,
            )
        )  # fmt: skip
    near = {"part": "picture", "other_part": "picture", "algorithm": "pdq", "version": "1"}
    for number in range(25):
        one, other = sorted(chance.sample(range(1, CONTENTS + 1), 2), reverse=True)
        connection.execute(
            insert(schema.media_match).values(
                public_id=b"%16d" % number, media_id=one, other_media_id=other, found_at=number,
                distance=chance.randrange(32), orientation="upright", **near,
            )
        )  # fmt: skip
    for one, role in ((1, "alert"), (2, "negative")):
        listed = {"agency_id": 1, "name": f"list {one}", "role": role, "scheme": "", "scheme_version": ""}
        connection.execute(
            insert(schema.hash_list).values(
                id=one, public_id=b"%16d" % one, origin="", created_at=0, **listed
            )
        )
        counts = dict.fromkeys(("added", "changed", "withdrawn", "unchanged", "repeated", "broken"), 0)
        about = {"file_name": "", "file_sha256": bytes(32), "format": "", "about": {}, "imported_at": 0}
        connection.execute(
            insert(schema.edition).values(
                id=one, public_id=b"%16d" % one, list_id=one, ordinal=1, **about, **counts
            )
        )
        connection.execute(
            insert(schema.entry).values(
                id=one, list_id=one, key=b"%d" % one, record=b"", first_edition_id=one, last_edition_id=one
            )
        )
    same = {"version": "", "orientation": "upright", "found_at": 0}
    for number in range(16):
        nearly = chance.randrange(2)
        connection.execute(
            insert(schema.entry_match).values(
                public_id=b"%16d" % number, media_id=chance.randrange(1, CONTENTS + 1), part=f"p{number}",
                entry_id=1 + number % 2, algorithm="pdq" if nearly else "sha256", distance=7 * nearly, **same,
            )
        )  # fmt: skip


@pytest.fixture
def filled(database: Database) -> Iterator[Database]:
    with database.write() as connection:
        fill(connection)
    yield database


def table_of(connection: Connection) -> Table:
    return Table(connection, EVERYTHING, "reader", CASE, marks.marks(connection))


def items_of(table: Table, connection: Connection, places: list[int]) -> list[Item]:
    return [one for one in table.items(connection, places) if one is not None]


def of_values(*names: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(names), max_size=2).map(tuple)


filters = st.builds(
    Filter,
    kind=of_values("picture", "video", "other", "audio"),
    exhibit=of_values("E1", "E2", "E9"),
    outcome=of_values("new", "unreadable", "near-duplicate", "alert-same"),
    camera=of_values("Lumora", "Sola 2", "Lumora Sola 2"),
    list=of_values("list 1", "list 2"),
    reached=of_values("none", "first-look", "full"),
    problem=of_values("damaged", "io-error"),
    media_type=of_values("image/png", "video/mp4"),
    name=st.sampled_from(("", "", "F1", "n0", "n2")),
    size_from=st.sampled_from((None, None, 1)),
    size_to=st.sampled_from((None, None, 3)),
    taken_from=st.sampled_from((None, None, 10**18 + 2)),
    taken_to=st.sampled_from((None, None, 10**18 + 6)),
)


def is_asked(one: Item, asked: Filter) -> bool:
    """A filter, read on the item that is shown."""
    for field in ("kind", "exhibit", "outcome", "camera", "reached", "problem", "media_type"):
        wanted = getattr(asked, field)
        if wanted and (getattr(one, field) or "") not in wanted:
            return False
    size = -1 if one.size is None else one.size
    return (
        (not asked.list or not set(asked.list).isdisjoint(one.lists))
        and asked.name.casefold() in one.path.casefold()
        and (asked.size_from is None or size >= asked.size_from)
        and (asked.size_to is None or size <= asked.size_to)
        and (asked.taken_from is None or (one.taken_at is not None and one.taken_at >= asked.taken_from))
        and (asked.taken_to is None or (one.taken_at is not None and one.taken_at <= asked.taken_to))
    )


KEYS: dict[Sort, Callable[[Item], int | float | str]] = {
    Sort.FOUND: lambda _: 0,
    Sort.OUTCOME: lambda one: [outcome.value for outcome in OUTCOMES].index(one.outcome),
    Sort.NAME: lambda one: one.name.casefold(),
    Sort.SIZE: lambda one: -1 if one.size is None else one.size,
    Sort.TAKEN: lambda one: LATEST if one.taken_at is None else one.taken_at,
    Sort.DISTANCE: lambda one: FARTHEST if one.distance is None else one.distance,
    Sort.STACK: lambda one: -one.stack_size,
    Sort.SECONDS: lambda one: -1.0 if one.seconds is None else one.seconds,
}


def plainly(items: list[Item], asked: Filter, by: By, sort: Sort, *, descending: bool) -> list[Item]:
    """What is chosen of the files of a case, item by item; a sorting upside down leaves equals as they were."""
    key = KEYS[sort]
    chosen = sorted((one for one in items if is_asked(one, asked)), key=key)
    if descending:
        # What has no time comes last, either way round.
        chosen.sort(key=key, reverse=True)
        chosen.sort(key=lambda one: sort is Sort.TAKEN and one.taken_at is None)
    first: dict[str, Item] = {}
    for one in chosen:
        group = {By.FILE: None, By.CONTENT: one.sha256, By.STACK: one.stack}[by]
        first.setdefault(group or one.id, one)
    return list(first.values())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=filters, by=st.sampled_from(By), sort=st.sampled_from(Sort), descending=st.booleans(),
    most=st.integers(1, 20), data=st.data(),
)  # fmt: skip
def test_pages_are_those_of_the_items_read_plainly(
    filled: Database, asked: Filter, by: By, sort: Sort, descending: bool, most: int, data: st.DataObject
) -> None:
    with filled.read() as connection:
        table = table_of(connection)
        everything = table.chosen(connection, Filter(), By.FILE, Sort.FOUND, descending=False)
        items = items_of(table, connection, everything.tolist())
        assert len(items) == FILES - FILES // 3
        expected = plainly(items, asked, by, sort, descending=descending)

        chosen = table.chosen(connection, asked, by, sort, descending=descending)
        assert items_of(table, connection, chosen.tolist()) == expected
        begin, paged = 0, []
        while begin < len(chosen):
            places = chosen[begin : begin + most].tolist()
            paged += places
            cursor = table.cursor(connection, places[-1], sort)
            begin = table.after(connection, chosen, cursor, sort, descending=descending)
        assert paged == chosen.tolist()

        field = data.draw(st.sampled_from([one for one in FACETS if one not in ("judged", "code", "list")]))
        counts = {one.value: one.count for one in table.facet(connection, field, asked)}
        values = [getattr(one, field) for one in items if is_asked(one, asked)]
        assert counts == {one: values.count(one) for one in values if one}


def test_stacks_and_contents_are_found_by_their_content(filled: Database) -> None:
    with filled.read() as connection:
        table = table_of(connection)
        everything = table.chosen(connection, Filter(), By.FILE, Sort.FOUND, descending=False)
        items = items_of(table, connection, everything.tolist())
        held = {int(bytes.fromhex(one.sha256)): one for one in reversed(items) if one.sha256 is not None}
        for content in range(1, CONTENTS + 2):
            members = table.stack(connection, content)
            assert table.content(connection, content) == held.get(content)
            assert (content in held) == bool(members)
            if members:
                assert members[0][0].sha256 == held[content].stack
                assert {one.stack for one, _, _ in members} == {held[content].stack}
                assert len(members) == held[content].stack_size
    assert max(one.stack_size for one in items) > 2


def test_what_comes_and_goes_meanwhile_is_not_shown(filled: Database) -> None:
    with filled.read() as connection:
        table = table_of(connection)
        before = table.chosen(connection, Filter(), By.FILE, Sort.FOUND, descending=False).tolist()
        ids = [one.id for one in items_of(table, connection, before)]
    with filled.write() as connection:
        gone = delete(schema.media_file).where(schema.media_file.c.public_id == bytes.fromhex(ids[3]))
        connection.execute(gone)
        new = {"exhibit_id": 1, "reading_id": 1, "locator": Locator.of_path(b"F0/A").encode(), "media_id": 1}
        connection.execute(insert(schema.media_file).values(id=FILES + 1, public_id=bytes(16), size=1, **new))
    with filled.read() as connection:
        # Columns that are read only now: of the files as they were then.
        for sort in Sort:
            table.chosen(connection, Filter(name="f0", size_from=0), By.FILE, sort, descending=False)
        after = [one.id for one in items_of(table, connection, before)]
    assert after == ids[:3] + ids[4:]


def test_what_is_classified_meanwhile_shows_and_is_taken_back(filled: Database) -> None:
    with filled.read() as connection:
        table = table_of(connection)
        before = table.chosen(connection, Filter(), By.FILE, Sort.FOUND, descending=False).tolist()
        held = [one for one in items_of(table, connection, before) if one.sha256 is not None]
    one, other = (int(bytes.fromhex(held[place].sha256 or "")) for place in (0, 5))
    said = {}
    for content in (one, other, CONTENTS):
        judged = Judged(subject=Subject.CLASSIFICATION, media_id=content, scheme="s", scheme_version="1")
        with filled.write() as connection:
            said[content] = judgements.add(
                connection, judged, Decision.POSITIVE, author="reader", agency_id=1, case_id=CASE,
                reason="review", code="2",
            )  # fmt: skip
        with filled.read() as connection:
            table = table.classified(connection, marks.marks(connection))
    with filled.write() as connection:
        (given,) = judgements.judgements(connection, EVERYTHING, public_id=said[one])
        assert judgements.take_back(connection, given.id, by="reader", reason="review")
    with filled.read() as connection:
        table = table.classified(connection, marks.marks(connection))
        assert items_of(table, connection, before) == items_of(table_of(connection), connection, before)
        items = items_of(table, connection, before)
        shown = {int(bytes.fromhex(item.sha256)): item.code for item in items if item.sha256 is not None}
        assert (shown[one], shown[other]) == (None, "2")
        mine = table.chosen(connection, Filter(judged=("mine",)), By.CONTENT, Sort.FOUND, descending=False)
        assert len(mine) == len({other, CONTENTS} & shown.keys())
