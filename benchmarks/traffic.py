"""Two hundred reviewers at work on one server over PostgreSQL: how long each request takes, and what grows.

    python -m benchmarks.traffic                         three minutes, in a temporary folder
    python -m benchmarks.traffic --minutes 10 --out F    does memory grow?

A PostgreSQL of its own, 20 cases of 2,000 files as records, with pictures of patterns kept for those that
come first, and `consilience serve` as for an agency, one process, TLS ended in front of it. All of it and
the reviewers run on this machine, over loopback.

A reviewer is a browser: a stream of events, up to four connections, and the requests that the workspace makes
when somebody opens a case, pages its gallery, moves to a content, classifies it, reveals it, takes back what
was said, looks at the lists or at the own exposure. Between two acts a reviewer thinks, exponentially
distributed. When an act is due is drawn beforehand, and its time counts from then: a slow answer makes the
acts behind it late, and they are counted as late as a person would find them, not left out (half-open loop).
Whatever was asked in the first minute, in which people arrive, is not counted.

Answers other than those expected are errors; refusals for asking too often are counted apart.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import os
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Iterator
from pathlib import Path

import msgspec
import numpy as np
from PIL import Image
from sqlalchemy import Connection, Table, func, insert, select

from consilience.model.lists import Role
from consilience.model.locator import Locator
from consilience.model.people import Actor, ReleaseLevel
from consilience.services import accounts, keys, people
from consilience.services.cases import new_case
from consilience.services.holdings import Holdings
from consilience.services.lists import import_list
from consilience.services.pictures import Sheet
from consilience.store import accounts as account_records
from consilience.store import cases, matches, schema
from consilience.store.identity import portions

# The server is the tests'.
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from databases import PostgresServer

AGENCY, NAME = "agency", "unit.example"
CASES, FILES, KEPT = 20, 2000, 200
USERS, THINK, ARRIVING = 200, 10.0, 60.0
PAGE, TOGETHER = 100, 60
SAMPLE_SECONDS, NOTICE_SECONDS = 10.0, 5.0
CONNECTIONS = 4
SETTINGS = ("listen_addresses=", "shared_buffers=512MB", "max_wal_size=4GB")
WHO = Actor("owner", "administration")
ADMIN = Actor("administrator", "administration")

Row = dict[str, object]


def fill(holdings: Holdings) -> None:
    """Cases with their files, matches, clues and kept pictures; people who are members of two cases each."""
    for number in range(CASES):
        new_case(holdings, WHO, number=case_of(number), title="Benchmark", agency=AGENCY, legal_basis="")
    people.add_user(holdings, WHO, ADMIN.name, agency=AGENCY, roles=["administrator", "list-keeper"])
    for number in range(USERS):
        people.add_user(holdings, ADMIN, user_of(number), agency=AGENCY, roles=["analyst"])
        for case in (number, number * 7 + 3):
            with contextlib.suppress(Exception):  # twice the same
                people.join(holdings, ADMIN, case_of(case % CASES), user=user_of(number))
    with holdings.database.write() as connection:
        for table, rows in _tables(connection):
            for portion in portions(rows, 2000):
                connection.execute(insert(table), portion)
        listed = connection.execute(select(schema.media.c.sha256).where(schema.media.c.id % 50 == 0))
        digests = "\n".join(one.hex() for one in listed.scalars())
    path = holdings.folder / "known.txt"
    path.write_text(digests)
    import_list(
        holdings, ADMIN, path, name="known", role=Role.ALERT, scheme="s", origin="o", agency=AGENCY,
        format="plain",
    )  # fmt: skip
    people.release_list(holdings, ADMIN, "known", ReleaseLevel.INSTALLATION)
    _keep_pictures(holdings)


def case_of(number: int) -> str:
    """A case's number."""
    return f"2026-{number:03}"


def user_of(number: int) -> str:
    """A reviewer's account."""
    return f"reviewer-{number:03}"


def _tables(connection: Connection) -> Iterator[tuple[Table, Iterator[Row]]]:
    ids = connection.execute(select(schema.case.c.id).order_by(schema.case.c.id)).scalars().all()
    exhibits = [cases.add_exhibit(connection, case, f"E{one}", "disk").id for case in ids for one in (1, 2)]
    total = CASES * FILES
    digests = np.random.default_rng(1).bytes(84 * (total + 1))
    numbers = range(1, total + 1)

    def part(one: int, begin: int, length: int) -> bytes:
        return digests[84 * one + begin : 84 * one + begin + length]

    def place(one: int) -> int:
        return one * len(exhibits) // (total + 1)

    yield schema.reading, (
        {"id": one, "public_id": part(one, 0, 16), "exhibit_id": exhibit, "source": "folder",
         "root": b"/nowhere", "software": "benchmark", "parameters": {}, "started_at": 0, "finished_at": 0,
         "counts": {}}
        for one, exhibit in enumerate(exhibits, 1)
    )  # fmt: skip
    yield schema.media, (
        {"id": one, "sha256": part(one, 0, 32), "sha1": part(one, 32, 20), "md5": part(one, 52, 16),
         "size": 50_000 + one * 37 % 4_000_000, "media_type": "image/jpeg" if one % 20 else "video/mp4",
         "kind": "picture" if one % 20 else "video", "examined": "yes", "width": 4000, "height": 3000,
         "frames": 1, "seconds": 0.1}
        for one in numbers
    )  # fmt: skip
    yield schema.media_file, (
        {"id": one, "public_id": part(one, 68, 16), "exhibit_id": exhibits[place(one)],
         "reading_id": 1 + place(one), "media_id": one, "size": 50_000,
         "locator": Locator.of_path(b"DCIM/%03d/IMG_%06d.JPG" % (one // 1000, one)).encode()}
        for one in numbers
    )  # fmt: skip
    yield schema.fingerprint, (
        {"media_id": one, "part": "picture", "algorithm": "pdq", "version": "1", "decode_path": "exact",
         "decoder": "benchmark", "quality": 100, "code": part(one, 0, 32), "turned": bytes(224)}
        for one in numbers
        if one % 20
    )  # fmt: skip
    # One in six is near to another of its case.
    yield schema.media_match, (
        {"public_id": part(one, 16, 16), "media_id": one, "part": "picture", "other_media_id": one - 3,
         "other_part": "picture", "algorithm": "pdq", "version": "1",
         "distance": one % 30, "orientation": "upright", "found_at": 0}
        for one in numbers
        if one % 6 == 0 and one % FILES > 3
    )  # fmt: skip
    yield schema.clue, (
        {"media_id": one, "kind": "camera-model", "value": f"Lumora L{one % 11}", "source": "exif"}
        for one in numbers
        if one % 2
    )  # fmt: skip


def _keep_pictures(holdings: Holdings) -> None:
    ring, chance = keys.keyring(holdings), np.random.default_rng(2)
    sheets: dict[str, list[bytes]] = {}
    for size, (width, height) in {"small": (256, 192), "large": (1024, 768)}.items():
        sheets[f"picture-{size}"] = [
            msgspec.msgpack.encode(Sheet((_pattern(chance, width, height),), (0,))) for _ in range(20)
        ]
    with holdings.database.write() as connection:
        for case_id in connection.execute(select(schema.case.c.id)).scalars().all():
            first = (
                select(schema.media_file.c.media_id)
                .join(schema.exhibit, schema.exhibit.c.id == schema.media_file.c.exhibit_id)
                .where(schema.exhibit.c.case_id == case_id)
                .order_by(schema.media_file.c.exhibit_id, schema.media_file.c.locator)
                .limit(KEPT)
            )
            for media_id in connection.execute(first).scalars().all():
                for kind, made in sheets.items():
                    keys.put(connection, ring, case_id, media_id, kind, made[media_id % len(made)])


def _pattern(chance: np.random.Generator, width: int, height: int) -> bytes:
    out = io.BytesIO()
    coarse = Image.fromarray(chance.integers(0, 256, (24, 32, 3), np.uint8))
    coarse.resize((width, height), Image.Resampling.BICUBIC).save(out, "JPEG", quality=80)
    return out.getvalue()


class Refused(Exception):
    """An answer that was not expected."""


class Item(msgspec.Struct, frozen=True):
    """What a reviewer needs of an item of the gallery."""

    sha256: str | None


class Listed(msgspec.Struct, frozen=True):
    """A page of the gallery."""

    items: list[Item]


class Made(msgspec.Struct, frozen=True):
    """What was created."""

    id: str


class State(msgspec.Struct, frozen=True):
    """What the stream says of a case."""

    case: str
    notices: int


class Tally:
    """Seconds by kind of request, and what went wrong.

    Args:
        arriving: seconds at the beginning that are not counted.

    Attributes:
        late: seconds by which each reviewer who had not yet come to an act that was due was late at the end.
    """

    def __init__(self, arriving: float = ARRIVING) -> None:
        self.begun = time.monotonic()
        self._arriving = arriving
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.errors: Counter[str] = Counter()
        self.too_often = 0
        self.late: list[float] = []
        self.said: Counter[str] = Counter()

    def counts(self, since: float) -> bool:
        """Whether what was due then is counted."""
        return since >= self.begun + self._arriving


class Notices:
    """Gives notices to cases in turn, and counts the time until each member's stream tells of it."""

    def __init__(self, holdings: Holdings, tally: Tally) -> None:
        self._holdings = holdings
        self._tally = tally
        self._given: dict[tuple[str, int], float] = {}

    async def give(self, until: float) -> None:
        """Give one every few seconds."""
        number = 0
        while time.monotonic() + NOTICE_SECONDS < until:
            await asyncio.sleep(NOTICE_SECONDS)
            state = await asyncio.to_thread(self._give, number)
            self._given[state.case, state.notices] = time.monotonic()
            number += 1

    def told(self, state: State) -> None:
        """A stream told of a case."""
        at = self._given.get((state.case, state.notices))
        if at is not None and self._tally.counts(at):
            self._tally.seconds["a notice, until it is told"].append(time.monotonic() - at)

    def _give(self, number: int) -> State:
        with self._holdings.database.write() as connection:
            query = select(schema.case.c.id, schema.case.c.public_id).order_by(schema.case.c.id)
            case_id, public_id = connection.execute(query).all()[number % CASES]
            matches.add_notice(connection, case_id, "benchmark", str(number), {})
            of_case = select(func.count()).where(schema.notice.c.case_id == case_id)
            return State(public_id.hex(), int(connection.execute(of_case).scalar_one()))


class Client:
    """Connections of one person or program, as a browser keeps them.

    Args:
        port: of the server.
        head: lines of every request that say who asks; see `of_session`.
        tally: where the times are counted.
    """

    def __init__(self, port: int, head: str, tally: Tally) -> None:
        self._port = port
        self._tally = tally
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._turn = asyncio.Semaphore(CONNECTIONS)
        self._head = f"Host: {NAME}\r\n{head}"

    async def ask(self, kind: str, due: float, method: str, path: str, body: object = None) -> bytes:
        """Ask, and count the time since it was due.

        Raises:
            Refused: what came is counted as an error, or as refused for asking too often.
        """
        async with self._turn:
            try:
                status, said = await self._once(method, path, body)
            except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
                status, said = type(error).__name__, b""
        if self._tally.counts(due):
            self._tally.seconds[kind].append(time.monotonic() - due)
        if status == "429":
            self._tally.too_often += 1
        elif not status.startswith("2"):
            self._tally.errors[f"{kind}: {status} {said[:120].decode(errors='replace')}"] += 1
        if not status.startswith("2"):
            raise Refused(status)
        return said

    async def _once(self, method: str, path: str, body: object) -> tuple[str, bytes]:
        content = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        head = f"{method} {path} HTTP/1.1\r\n{self._head}"
        if method != "GET":
            kind = "octet-stream" if isinstance(body, bytes) else "json"
            head += f"Content-Type: application/{kind}\r\nContent-Length: {len(content)}\r\n"
        request = head.encode() + b"\r\n" + content
        # A connection that lay idle may have been closed by the server meanwhile.
        while self._free:
            reader, writer = self._free.pop()
            if reader.at_eof() or writer.is_closing():
                writer.close()
                continue
            try:
                return await self._exchange(reader, writer, request)
            except (ConnectionResetError, BrokenPipeError, asyncio.IncompleteReadError):
                writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 22)
        return await self._exchange(reader, writer, request)

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> tuple[str, bytes]:
        writer.write(request)
        async with asyncio.timeout(120):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            found = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            said = await reader.readexactly(int(found[1]) if found else 0)
        if "connection: close" in head.lower():
            writer.close()
        else:
            self._free.append((reader, writer))
        return head.split(" ", 2)[1], said

    async def follow(self) -> AsyncIterator[tuple[str, str]]:
        """The stream of events: kind and data of each."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(f"GET /api/events HTTP/1.1\r\n{self._head}\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if " 200 " not in head.partition("\r\n")[0]:
                raise Refused(head.partition("\r\n")[0])
            kind = ""
            while line := await reader.readline():
                if line.startswith(b"event: "):
                    kind = line[7:].decode().strip()
                elif line.startswith(b"data: "):
                    yield kind, line[6:].decode().strip()
        finally:
            writer.close()

    def close(self) -> None:
        """Close what is free."""
        for _, writer in self._free:
            writer.close()


def of_session(key: str) -> str:
    """The head of requests that the workspace makes in somebody's session."""
    return (
        f"Cookie: __Host-consilience={key}\r\nX-CSRF-Token: {accounts.csrf_of(key)}\r\n"
        f"Origin: https://{NAME}\r\nSec-Fetch-Site: same-origin\r\n"
    )


class Reviewer:
    """Somebody who works through a case, one act after the other."""

    def __init__(self, number: int, browser: Client, tally: Tally, think: float, notices: Notices) -> None:
        self._browser = browser
        self._tally = tally
        self._think = think
        self._notices = notices
        self._chance = np.random.default_rng((7, number))
        self._cases = [case_of(number % CASES), case_of((number * 7 + 3) % CASES)]
        self._due = self._since = time.monotonic() + float(self._chance.uniform(0, ARRIVING))
        self._undoable: list[str] = []

    async def work(self, until: float) -> None:
        """Review until the end."""
        await self._next(until, first=True)
        following = asyncio.create_task(self._follow(until))
        try:
            await self._ask("session", "GET", "/api/session")
            await self._ask("other", "GET", "/api/schemes")
            while await self._next(until):
                await self._case(until)
        finally:
            following.cancel()
            self._browser.close()

    async def _case(self, until: float) -> None:
        number = self._cases[int(self._chance.integers(2))]
        path = f"/api/cases/{number}"
        await self._ask("case list", "GET", "/api/cases")
        await self._next(until)
        await self._together(
            self._ask("case", "GET", path),
            self._ask("notices", "GET", f"{path}/notices"),
            self._ask("other", "POST", f"{path}/look"),
        )
        await self._next(until)
        shown, _, _ = await self._together(
            self._ask("gallery page", "GET", f"{path}/gallery?judged=not-mine&sort=found&limit={PAGE}"),
            self._ask("facets", "GET", f"{path}/facets?judged=not-mine"),
            self._ask("exposure", "GET", "/api/exposure/me"),
        )
        items = [] if shown is None else msgspec.json.decode(shown, type=Listed).items
        contents = [one.sha256 for one in items if one.sha256]
        for place, sha256 in enumerate(contents[: int(self._chance.integers(20, 60))]):
            if place % TOGETHER == 0:
                wanted = {"sha256": contents[place : place + TOGETHER]}
                await self._ask("60 blurred pictures", "POST", f"{path}/pictures", wanted)
            if not await self._next(until):
                return
            await self._content(number, sha256)
        if await self._next(until):
            await self._ask("lists", "GET", "/api/lists")

    async def _content(self, number: str, sha256: str) -> None:
        await self._ask("content", "GET", f"/api/media/{sha256}?case={number}")
        if self._chance.random() < 0.25:
            wanted = {"case": number, "look": "clear", "size": "large"}
            await self._ask("clear picture", "POST", f"/api/media/{sha256}/views", wanted)
            await self._ask("exposure", "GET", "/api/exposure/me")
        if self._undoable and self._chance.random() < 0.05:
            await self._ask("undo", "DELETE", f"/api/judgements/{self._undoable.pop()}")
        word = {
            "case": number, "subject": "classification", "object": sha256, "decision": "positive",
            "code": "relevant" if self._chance.random() < 0.1 else "irrelevant",
            "scheme": "Consilience-review", "scheme_version": "1", "reason": "",
        }  # fmt: skip
        said = await self._ask("classification", "POST", "/api/judgements", word)
        if said is not None:
            self._undoable.append(msgspec.json.decode(said, type=Made).id)

    async def _follow(self, until: float) -> None:
        while time.monotonic() < until:
            known: set[str] = set()
            try:
                async for kind, data in self._browser.follow():
                    self._tally.said[kind] += 1
                    if kind == "case":
                        said = msgspec.json.decode(data, type=State)
                        # The first of each case is how it stands.
                        if said.case in known:
                            self._notices.told(said)
                        known.add(said.case)
            except (OSError, Refused, asyncio.IncompleteReadError) as error:
                self._tally.errors[f"events: {type(error).__name__} {error}"] += 1
            await asyncio.sleep(1)

    async def _next(self, until: float, *, first: bool = False) -> bool:
        """Wait until the next act is due; gives whether it still is before the end."""
        if not first:
            self._due += float(self._chance.exponential(self._think))
        await asyncio.sleep(max(0.0, min(self._due, until) - time.monotonic()))
        self._since = self._due
        if self._due < until <= time.monotonic():
            self._tally.late.append(until - self._due)
        return self._due < until and time.monotonic() < until

    async def _ask(self, kind: str, method: str, path: str, body: object = None) -> bytes | None:
        # What begins an act counts from when that was due; what follows an answer, from that.
        since = self._since
        try:
            return await self._browser.ask(kind, since, method, path, body)
        except Refused:
            return None
        finally:
            self._since = time.monotonic()

    async def _together(self, *asked: Awaitable[bytes | None]) -> list[bytes | None]:
        return await asyncio.gather(*asked)


def sign_in(holdings: Holdings) -> list[str]:
    """The keys of a session for everybody, made without the cost of 200 passwords."""
    with holdings.database.write() as connection:
        names = [user_of(number) for number in range(USERS)]
        return [
            accounts.begin(connection, account_records.user_id_of(connection, name), name, by="benchmark")
            for name in names
        ]


class Process:
    """A process and those that it started: what they have worked, and the memory that is theirs."""

    def __init__(self, pid: int, *, alone: bool = False) -> None:
        self._pid = pid
        self._alone = alone

    def worked(self) -> float:
        """Seconds of processors; of those that have ended, if they were waited for."""
        total = 0
        for pid in self._family():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += sum(int(one) for one in fields[11:15])
        return total / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """MiB; what several share is counted once."""
        total = 0
        for pid in self._family():
            with contextlib.suppress(OSError):
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                found = re.search(r"Pss:\s+(\d+)", rollup)
                total += int(found[1]) if found else 0
        return total / 1024

    def _family(self) -> list[int]:
        found = [self._pid]
        for pid in () if self._alone else found:
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    found += [int(one) for one in (task / "children").read_text().split()]
        return found


async def loaded(
    port: int, holdings: Holdings, watched: dict[str, Process], seconds: float, think: float
) -> dict[str, object]:
    """Let everybody work; gives what was measured."""
    tally = Tally()
    until = tally.begun + seconds
    notices = Notices(holdings, tally)
    everybody = [
        Reviewer(number, Client(port, of_session(key), tally), tally, think, notices)
        for number, key in enumerate(await asyncio.to_thread(sign_in, holdings))
    ]
    before: dict[str, float] = {}
    samples: list[dict[str, float]] = []

    async def sample() -> None:
        await asyncio.sleep(ARRIVING)
        before.update({name: one.worked() for name, one in watched.items()})
        while time.monotonic() < until:
            row = {"at": round(time.monotonic() - tally.begun, 1)}
            samples.append(row | {name: round(one.memory(), 1) for name, one in watched.items()})
            await asyncio.sleep(min(SAMPLE_SECONDS, max(0.0, until - time.monotonic())))

    sampling = asyncio.create_task(sample())
    await asyncio.gather(notices.give(until), *(one.work(until) for one in everybody))
    await sampling
    lasted = time.monotonic() - tally.begun - ARRIVING
    worked = {name: one.worked() - before[name] for name, one in watched.items()}
    requests = sum(map(len, tally.seconds.values()))
    return {
        "seconds": round(lasted, 1),
        "requests a second": round(requests / lasted, 1),
        # On a busy machine this says more than the clock does.
        "processors' ms a request": {name: round(1000 * one / requests, 1) for name, one in worked.items()},
        "milliseconds": {kind: percentiles(found) for kind, found in sorted(tally.seconds.items())},
        "errors": dict(tally.errors),
        "refused for asking too often": tally.too_often,
        "reviewers late at the end": len(tally.late),
        "by seconds, at most": round(max(tally.late, default=0.0), 1),
        "events told": dict(tally.said),
        "cores": {name: round(one / lasted, 2) for name, one in worked.items()},
        "MiB": samples,
        "MiB a minute, second half": {name: _slope(samples, name) for name in watched},
    }


def percentiles(found: list[float]) -> dict[str, float]:
    """Milliseconds."""
    p50, p95, p99 = np.percentile(found, (50, 95, 99))
    shown = {"p50": p50, "p95": p95, "p99": p99, "most": max(found)}
    return {"number": len(found)} | {name: round(1000 * float(one), 1) for name, one in shown.items()}


def _slope(samples: list[dict[str, float]], name: str) -> float | None:
    half = samples[len(samples) // 2 :]
    if len(half) < 3:
        return None
    minutes = [one["at"] / 60 for one in half]
    return round(float(np.polyfit(minutes, [one[name] for one in half], 1)[0]), 2)


@contextlib.contextmanager
def serving(holdings: Path) -> Iterator[tuple[int, int]]:
    """`consilience serve` as for an agency: its port and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    program = Path(sys.executable).with_name("consilience")
    command = [program, "serve", holdings, "--name", NAME, "--behind-tls", f"--port={port}"]
    with subprocess.Popen(command) as server:
        try:
            while server.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            if server.poll() is not None:
                raise SystemExit("The server did not start.")
            yield port, server.pid
        finally:
            server.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.traffic", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--think", type=float, default=THINK, help="seconds between two acts, in the mean")
    parser.add_argument("--folder", type=Path, help="where the database and the holdings are made")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files[1], files[1]))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=arguments.folder)))
        server = stack.enter_context(
            PostgresServer(SETTINGS, arguments.folder or Path(tempfile.gettempdir()))
        )
        begun = time.monotonic()
        made = Holdings.create(folder / "held", "traffic", WHO, server.new())
        holdings = stack.enter_context(made)
        fill(holdings)
        print(f"filled in {time.monotonic() - begun:.0f} s", flush=True)
        port, pid = stack.enter_context(serving(folder / "held"))
        print(f"serving at {port}, process {pid}", flush=True)
        watched = {
            "server": Process(pid),
            "PostgreSQL": Process(server.process.pid),
            "reviewers": Process(os.getpid(), alone=True),
        }
        seconds = 60 * arguments.minutes
        run = loaded(port, holdings, watched, seconds, arguments.think)
        found = {"reviewers": USERS, "seconds of thought": arguments.think} | asyncio.run(run)
        found["load"] = [round(one, 2) for one in os.getloadavg()]
    shown = {name: value for name, value in found.items() if name != "MiB"}
    for name, value in shown.items():
        rows = value.items() if isinstance(value, dict) else [("", value)]
        for kind, said in rows:
            print(f"{name:30} {kind:40} {said}")
    if arguments.out:
        arguments.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
