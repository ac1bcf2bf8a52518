"""How fast the records answer at size, on SQLite and on PostgreSQL, and how much room they take.

    python -m benchmarks.records --media 500000                          SQLite, in a temporary folder
    python -m benchmarks.records --media 10000000 --folder /mnt/large    two hours and 30 GB
    python -m benchmarks.records --database postgresql://user@/empty     PostgreSQL

For each million media there are 1.2 million files in 200 cases, of which one is thirty times as large as the
others, 850,000 fingerprints, 300,000 matches between contents, 300,000 entries of lists, 50,000 matches with
these, and two million events. Contents are random bytes; the audit's tree has nodes of the right number, of
random bytes too. Each question is asked 100 times, or for 20 seconds but five times at least, of contents and
cases drawn by chance, as a user with membership of half the cases and as the local owner; the plan of every
statement is searched for tables read from end to end.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import hashlib
import itertools
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, Table, insert, select, text

from consilience.model.examination import Digests
from consilience.model.locator import Locator
from consilience.model.people import EVERYTHING, Actor, GroundKind, Scope
from consilience.services import gallery_table
from consilience.services.gallery_items import By, Filter, Sort
from consilience.services.holdings import Holdings
from consilience.store import (
    cases,
    contents,
    copying,
    events,
    marks,
    outcomes,
    overview,
    records,
    schema,
    sharing,
)
from consilience.store.dialects import load
from consilience.store.events import EventFilter

# The server and the reading of plans are the tests'.
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from databases import PostgresServer, tables_read_whole

MILLION = 1_000_000
CASES_A_MILLION = 200
EXHIBITS_A_CASE = 3
LARGE = 30
ROUNDS, FEWEST, PATIENCE = 100, 5, 20.0
LIMIT_MS = 100.0
SMALL_TABLE = 50_000
_LARGEST, _COUNTED = "the largest case's", "all cases, counted for the first time"

Row = tuple[object, ...]


class World:
    """Rows of every table, the same for the same number of media."""

    def __init__(self, media: int) -> None:
        self.media = media
        self.files = media * 12 // 10
        self.cases = max(4, media * CASES_A_MILLION // MILLION)
        self.exhibits = self.cases * EXHIBITS_A_CASE
        self.entries = media * 3 // 10
        self.lists = 6
        self.events = media * 2

    def tables(self) -> Iterator[tuple[Table, Iterator[Row]]]:
        """Each table with its rows, which begin with its first columns; further ones are None."""
        yield schema.agency, ((one, _id16(one), f"agency {one}", 0) for one in (1, 2))
        yield schema.user, iter([(1, _id16(1), "reader", 1, None, 0, None)])
        yield (
            schema.case,
            (
                (one, _id16(one), 2, f"{one:06}", "", "", "case", "", None, 0)
                for one in range(1, self.cases + 1)
            ),
        )
        yield (
            schema.case_member,
            (
                (one, _id16(one), 2 * one, 1, None, 0, "owner", None, None)
                for one in range(1, self.cases // 2)
            ),
        )
        yield (
            schema.exhibit,
            (
                (one, _id16(one), 1 + (one - 1) // EXHIBITS_A_CASE, None, f"E{one}", "", 0)
                for one in range(1, self.exhibits + 1)
            ),
        )
        yield (
            schema.reading,
            (
                (one, _id16(one), one, "folder", b"/", "0", {}, 0, 0, {})
                for one in range(1, self.exhibits + 1)
            ),
        )
        yield schema.media, self._media()
        yield schema.media_file, self._files()
        yield (
            schema.media_file_time,
            (
                (one, 0, "modified", "2026-01-01T00:00:00Z", "Z", "file system", 1.0, one)
                for one in range(1, self.files, 4)
            ),
        )
        yield schema.fingerprint, self._fingerprints()
        yield schema.clue, (
            (one, 1 + (one * 7) % self.media, ("camera-make", "software")[one % 2], f"{one % 97}", "exif")
            for one in range(1, self.media // 4)
        )  # fmt: skip
        yield schema.media_match, self._media_matches()
        yield schema.hash_list, (
            (one, _id16(one), 1, f"list {one}", ("alert", "negative", "known-good")[one % 3], "", "", "",
             "installation", "", None, 0)
            for one in range(1, self.lists + 1)
        )  # fmt: skip
        yield (
            schema.edition,
            (
                (one, _id16(one), one, 1, "", bytes(32), "", {}, 0, *[0] * 6)
                for one in range(1, self.lists + 1)
            ),
        )
        yield schema.entry, self._entries()
        yield schema.entry_match, self._entry_matches()
        yield schema.event, self._events()
        yield (
            schema.event_tree_node,
            (
                (level, place, _random(level * self.events + place, 32))
                for level in range(8, 33, 8)
                for place in range(self.events >> level)
            ),
        )

    def _media(self) -> Iterator[Row]:
        kinds = ["picture"] * 17 + ["video"] * 2 + ["other"]
        types = {"picture": "image/jpeg", "video": "video/mp4", "other": "application/pdf"}
        for one in range(1, self.media + 1):
            digest, kind = _random(one, 68), kinds[one % 20]
            yield (
                one, digest[:32], digest[32:52], digest[52:], 1000 + one, types[kind], kind, "yes", 4000,
                3000, 1, None, None, 0.04,
            )  # fmt: skip

    def _files(self) -> Iterator[Row]:
        """Media in order of arrival, and one file in six a copy of something held before."""
        chance = random.Random(1)
        # One case is large: its exhibits get files more often.
        weights = [1] * self.exhibits
        weights[:EXHIBITS_A_CASE] = [LARGE] * EXHIBITS_A_CASE
        places = chance.choices(range(1, self.exhibits + 1), weights, k=max(1, self.files // 500))
        fresh = 0
        for one in range(1, self.files + 1):
            exhibit = places[min(one // 500, len(places) - 1)]
            copied = one % 6 == 0
            fresh += not copied
            content = chance.randrange(1, fresh + 1) if copied else fresh
            locator = Locator.of_path(b"DCIM/%04d/IMG_%08d.JPG" % (one % 977, one))
            yield (
                one,
                _random(-one, 16),
                exhibit,
                exhibit,
                locator.encode(),
                content,
                1000 + content,
                None,
                None,
            )

    def _fingerprints(self) -> Iterator[Row]:
        number = 0
        for one in range(1, self.media + 1):
            if one % 20 < 17:
                number += 1
                code = _random(one, 256)
                yield number, one, "picture", "pdq", "1", "exact", "d", 100, code[:32], code[32:], 0

    def _media_matches(self) -> Iterator[Row]:
        chance = random.Random(2)
        for number, one in enumerate(range(50, self.media, 3), 1):
            other = chance.randrange(max(1, one - 100_000), one)
            yield number, _random(number, 16), one, "picture", other, "picture", "pdq", "1", 12, "upright", 0

    def _entries(self) -> Iterator[Row]:
        for one in range(1, self.entries + 1):
            which = 1 + one % self.lists
            # One in six names content that is held.
            digest = _random(1 + one * 3 % self.media if one % 6 == 0 else self.media + one, 68)
            yield (
                one, which, _random(one, 16), f"p{one}", digest[52:], digest[32:52], None, None, "2", None,
                None, digest[:16], which, which, None,
            )  # fmt: skip

    def _entry_matches(self) -> Iterator[Row]:
        for number, one in enumerate(range(6, self.entries + 1, 6), 1):
            yield (
                number, _random(number, 16), 1 + one * 3 % self.media, "file", one, "sha1", "", 0, "upright",
                0, None,
            )  # fmt: skip

    def _events(self) -> Iterator[Row]:
        chance = random.Random(3)
        for one in range(1, self.events + 1):
            case = chance.randrange(1, self.cases + 1) if one % 5 else None
            yield (
                one, _random(-one, 16), one * 1000, 1, "read", case, "media", _random(one % self.media, 16),
                "review", None, "done", {"contents": 3},
            )  # fmt: skip


def _random(seed: int, length: int) -> bytes:
    """Bytes that any row gets without those before it."""
    return hashlib.shake_128(b"%d" % seed).digest(length)


def _id16(number: int) -> bytes:
    return number.to_bytes(16, "big")


def fill(holdings: Holdings, world: World) -> None:
    """Put the rows in place of the few that new holdings have."""
    with holdings.database.loading() as connection, copying.bare(connection):
        # Named, so that what the schema gets later is seen here first.
        for table in (schema.event_tree_node, schema.event, schema.reference):
            connection.execute(table.delete())
        connection.execute(
            insert(schema.reference).values(
                id=1, digest=bytes(32), kind="actor", text="reader", key=bytes(32)
            )
        )
        for table, rows in world.tables():
            begun = time.monotonic()
            load(connection, table, (row + (None,) * (len(table.c) - len(row)) for row in rows))
            print(f"  {table.name}: {time.monotonic() - begun:.0f} s", flush=True)
        begun = time.monotonic()
        connection.execute(schema.event_tree.update().values(size=world.events))
    print(f"  indexes and references: {time.monotonic() - begun:.0f} s", flush=True)


Ask = Callable[[Connection, Scope, random.Random], object]


def questions(world: World) -> dict[str, Ask]:
    """What commands, screens and the report ask, by name."""

    def media(chance: random.Random) -> int:
        return chance.randrange(1, world.media + 1)

    def thousand(chance: random.Random) -> list[int]:
        begin = chance.randrange(1, max(2, world.media - 1000))
        return list(range(begin, min(begin + 1000, world.media)))

    def case(chance: random.Random) -> int:
        return chance.randrange(1, world.cases + 1)

    def digest(chance: random.Random) -> bytes:
        # Every second one is not held.
        return _random(media(chance) + world.media * chance.randrange(2), 68)[:32]

    def columns(connection: Connection, scope: Scope, case_id: int) -> gallery_table.Table:
        return gallery_table.Table(connection, scope, "reader", case_id, marks.marks(connection))

    def first_page(connection: Connection, table: gallery_table.Table) -> object:
        chosen = table.chosen(connection, Filter(), By.STACK, Sort.FOUND, descending=False)
        return table.items(connection, chosen[:100].tolist())

    kept: dict[Scope, gallery_table.Table] = {}

    def next_page(connection: Connection, scope: Scope) -> object:
        if scope not in kept:
            kept[scope] = columns(connection, scope, 1)
        return first_page(connection, kept[scope])

    def content(connection: Connection, scope: Scope, chance: random.Random) -> object:
        one = [media(chance)]
        return (
            records.media_by_id(connection, one),
            records.files_of(connection, scope, one),
            records.entry_matches(connection, scope, one),
            records.clues(connection, one),
            list(records.near(connection, scope, one)),
        )

    def stack(connection: Connection, scope: Scope, chance: random.Random) -> object:
        one = media(chance)
        near = list(records.near(connection, scope, [one]))
        members = sorted(
            {one, *(match.media_id for match in near), *(match.other_media_id for match in near)}
        )
        return (
            records.media_by_id(connection, members),
            records.files_of(connection, scope, members),
            sharing.first_files(connection, scope, members),
        )

    def portion(connection: Connection, _: Scope, chance: random.Random) -> object:
        return contents.held(connection, [digest(chance) for _ in range(1000)])

    def known_good(connection: Connection, _: Scope, chance: random.Random) -> object:
        found = _random(media(chance), 68)
        return contents.is_known_good(connection, Digests(found[52:], found[32:52], found[:32]), 1000)

    return {
        "a digest, held or not": lambda c, s, r: records.media_id_of(c, s, digest(r)),
        "a content with its files, matches and clues": content,
        "a stack: near contents and their files": stack,
        "1,000 digests of an ingest's portion": portion,
        "known-good by digest": known_good,
        _COUNTED: lambda c, _, __: (
            overview.came(c, overview.NOTHING),
            overview.alerts(c),
        ),
        "all cases, and what came since": lambda c, s, _: (
            cases.cases(c, s),
            overview.came(c, overview.Newest(world.files - 10, 0)),
            overview.last_listed(c),
            overview.new_notices(c, s, dict.fromkeys(range(1, 101), 0)),
        ),
        "a case by number": lambda c, s, r: cases.cases(c, s, number=f"{case(r):06}"),
        "a case's outcomes": lambda c, s, r: outcomes.outcomes(c, s, case(r)),
        "a case's media": lambda c, s, r: sharing.media_of_case(c, s, case(r)),
        "a case's gallery, first page": lambda c, s, r: first_page(c, columns(c, s, case(r))),
        f"{_LARGEST} outcomes": lambda c, s, _: outcomes.outcomes(c, s, 1),
        f"{_LARGEST} gallery, first page": lambda c, s, _: first_page(c, columns(c, s, 1)),
        f"{_LARGEST} gallery, next page": lambda c, s, _: next_page(c, s),
        "1,000 contents: files": lambda c, s, r: records.files_of(c, s, thousand(r)),
        "1,000 contents: matches with lists": lambda c, s, r: records.entry_matches(c, s, thousand(r)),
        "1,000 contents: near": lambda c, s, r: list(records.near(c, s, thousand(r))),
        "1,000 contents: first files": lambda c, s, r: sharing.first_files(c, s, thousand(r)),
        "1,000 contents: exhibits": lambda c, s, r: sharing.exhibits_of(c, s, thousand(r)),
        "an exhibit's sharing with other cases": lambda c, s, r: sharing.cases_sharing(
            c, s, *_exhibit(c, r.randrange(1, world.exhibits + 1))
        ),
        "events of a case, newest 100": lambda c, s, r: events.search(
            c, s, EventFilter(case=f"{case(r):06}"), 100
        ),
        "events on a thing": lambda c, s, r: events.search(
            c, s, EventFilter(object_id=_random(media(r), 16)), 100
        ),
    }


def _exhibit(connection: Connection, exhibit: int) -> tuple[int, int]:
    query = select(schema.exhibit.c.id, schema.exhibit.c.case_id).where(schema.exhibit.c.id == exhibit)
    return tuple(connection.execute(query).one())


SCOPES = {
    "owner": EVERYTHING,
    "member": Scope(user=1, agency=1, grounds=(GroundKind.MEMBER, GroundKind.EVERYONE)),
}


def measured(holdings: Holdings, world: World) -> list[dict[str, object]]:
    """Milliseconds of every question for every viewer, and the large tables that its plans read whole.

    On a busy machine those of the cores that worked on it, here and in the server, say more than the clock's.
    """
    large = {table.name for table, rows in world.tables() if _more_than(SMALL_TABLE, rows)}
    found = []
    for name, ask in questions(world).items():
        for viewer, scope in SCOPES.items():
            if viewer != "owner" and name.startswith((_LARGEST, _COUNTED)):
                continue  # the member has no part in it; what is counted is the same for all
            chance = random.Random(7)
            times: list[float] = []
            work: list[float] = []
            begun = time.perf_counter()
            while len(times) < ROUNDS and (len(times) < FEWEST or time.perf_counter() - begun < PATIENCE):
                with holdings.database.read() as connection:
                    worked = _worker(connection)
                    asked, before = time.perf_counter(), worked()
                    ask(connection, scope, chance)
                    times.append(1000 * (time.perf_counter() - asked))
                    work.append((worked() - before) / 1e6)
            p50, p95 = np.percentile(times, (50, 95))
            work95 = np.percentile(work, 95)
            once = functools.partial(_once, ask, scope)
            scanned = sorted(large.intersection(tables_read_whole(holdings.database, once)))
            found.append(
                {"question": name, "viewer": viewer, "rounds": len(times), "p50": round(p50, 2),
                 "p95": round(p95, 2), "work p95": round(work95, 2), "reads whole": scanned}
            )  # fmt: skip
            shown = f"{p50:8.1f} {p95:8.1f} ms (work {work95:.1f})" + (" late" if p95 > LIMIT_MS else "")
            print(f"  {name:45} {viewer:7} {shown} {' '.join(scanned)}", flush=True)
    return found


def _worker(connection: Connection) -> Callable[[], int]:
    """Gives the nanoseconds that cores have worked for this process, and for its server if that is here."""
    server = None
    if connection.dialect.name == "postgresql":
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        server = Path(f"/proc/{pid}/schedstat")

    def worked() -> int:
        there = int(server.read_text().split()[0]) if server is not None and server.exists() else 0
        return time.process_time_ns() + there

    return worked


def _once(ask: Ask, scope: Scope, connection: Connection) -> object:
    return ask(connection, scope, random.Random(7))


def _more_than(size: int, rows: Iterator[Row]) -> bool:
    return next(itertools.islice(rows, size, None), None) is not None


def room(holdings: Holdings) -> int:
    """Bytes on disk."""
    if holdings.database.engine.dialect.name == "sqlite":
        return sum(one.stat().st_size for one in holdings.folder.glob("consilience.sqlite*"))
    with holdings.database.read() as connection:
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.records", description=__doc__.splitlines()[0])
    parser.add_argument("--media", type=int, default=500_000)
    parser.add_argument("--folder", type=Path, help="where the holdings are made and kept")
    parser.add_argument("--database", help="address of an empty PostgreSQL database")
    parser.add_argument("--server", type=Path, help="start a PostgreSQL, its data below here")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    world = World(arguments.media)
    with contextlib.ExitStack() as stack:
        folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address = arguments.database
        if arguments.server:
            server = stack.enter_context(PostgresServer(_SERVER, arguments.server))
            address = server.new()
        if Holdings.are_in(folder / "held"):
            holdings = stack.enter_context(Holdings.open(folder / "held"))
        else:
            made = Holdings.create(folder / "held", "records", Actor("benchmark", "benchmark"), address)
            holdings = stack.enter_context(made)
            begun = time.monotonic()
            fill(holdings, world)
            print(f"filled in {time.monotonic() - begun:.0f} s")
        size = room(holdings)
        kind = holdings.database.engine.dialect.name
        print(f"{kind}, {world.media} media, {world.events} events: {size >> 20} MiB", flush=True)
        found = {
            "database": kind,
            "media": world.media,
            "events": world.events,
            "bytes": size,
            "questions": measured(holdings, world),
        }
    if arguments.out:
        arguments.out.write_text(json.dumps(found, indent=1) + "\n")


# As a server of moderate size is set up; its log is written to disk as on any.
_SERVER = ("listen_addresses=", "shared_buffers=1GB", "maintenance_work_mem=512MB", "max_wal_size=8GB")

if __name__ == "__main__":
    main()
