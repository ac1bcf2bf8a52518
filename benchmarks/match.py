"""The match service with 10 million codes: queries a second, by HTTP and beneath it.

    python -m benchmarks.match                      on a PostgreSQL of its own, in a temporary folder
    python -m benchmarks.match --codes 1000000

A list of 2,000 entries is on record. All other codes are random, and put straight into the service's index,
the one that `consilience serve` opens, with its canaries: no record stands behind them, so a query that meets
one of them is no hit, which so many random codes make of no query. A hundredth of the queries lies within 31
bits of an entry. Programs ask one after the other, each at once when the last answer came (a closed loop),
first alone, then eight at a time; each request has one of 64 tokens, because one token may ask 40 times a
second. Server, PostgreSQL and programs share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import itertools
import json
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
from benchmarks.camera import SEED, camera_like
from benchmarks.search_codes import Codes, turned_over, uniform
from benchmarks.traffic import AGENCY, SETTINGS, Client, PostgresServer, Process, Tally, percentiles, serving
from PIL import Image

from consilience.model.lists import Role
from consilience.model.people import Actor, ReleaseLevel
from consilience.services import matchservice, people, tokens
from consilience.services.code_index import ENTRIES, CodeIndex
from consilience.services.holdings import Holdings
from consilience.services.lists import import_list
from consilience.services.matchservice import MatchService, Signal
from consilience.settings import PDQ_RADIUS

CODES, LISTED, LIST = 10_000_000, 2_000, "known"
HIT_ONE_IN = 100
TOKENS, AT_ONCE = 64, 8
SECONDS = 10.0
_PORTION = 1 << 20
_BEYOND = 1 << 32
"""Ids of codes without a record begin here."""
WHO = Actor("owner", "administration")
ADMIN = Actor("administrator", "administration")
KEEPER = Actor(ADMIN.name, "list-maintenance")
OPERATOR = Actor("operator", "matching")


def entries(folder: Path) -> Codes:
    """Write a list and give its codes."""
    codes = uniform(np.random.default_rng((SEED, 7)), LISTED)
    (folder / "list.txt").write_text("".join(f"{one.tobytes().hex()}\n" for one in codes))
    return codes


def fill(holdings: Holdings, folder: Path, codes: int) -> Codes:
    """The list, on record and in the index, and the other codes in the index alone; gives the list's."""
    people.add_user(holdings, WHO, ADMIN.name, agency=AGENCY, roles=["administrator", "list-keeper"])
    people.add_user(holdings, ADMIN, OPERATOR.name, agency=AGENCY, roles=["operator"])
    listed = entries(folder)
    import_list(
        holdings, KEEPER, folder / "list.txt", name=LIST, role=Role.ALERT, scheme="s", origin="o",
        agency=AGENCY, format="pdq",
    )  # fmt: skip
    people.release_list(holdings, ADMIN, LIST, ReleaseLevel.INSTALLATION)
    random = np.random.default_rng((SEED, 8))
    with holdings.alone("the benchmark fills the index"), CodeIndex(holdings, ENTRIES) as index:
        for begin in range(0, codes - LISTED, _PORTION):
            size = min(_PORTION, codes - LISTED - begin)
            index._watched.add(_BEYOND + np.arange(begin, begin + size), uniform(random, size))
        # How many canaries there are is part of what the index says of itself.
        index._put(index._moment)
    return listed


def queries(listed: Codes, seed: int) -> Iterator[bytes]:
    """Codes, of which one in a hundred lies near an entry; none twice."""
    random = np.random.default_rng((SEED, 9, seed))
    while True:
        asked = uniform(random, 1000)
        near = np.arange(seed % HIT_ONE_IN, 1000, HIT_ONE_IN)
        of = listed[random.integers(0, len(listed), len(near))]
        asked[near] = turned_over(random, of, random.integers(0, PDQ_RADIUS + 1, len(near)))
        yield from (one.tobytes() for one in asked)


def beneath(holdings: Holdings, listed: Codes) -> dict[str, object]:
    """Queries a second of the index and of the service, called one after the other in this process."""
    service = MatchService(holdings)
    asked = queries(listed, 0)
    found: dict[str, object] = {}
    for size in (1, 100, 1000):
        index_times, service_times, hits = [], [], 0
        begun = time.monotonic()
        while time.monotonic() - begun < SECONDS / 2 or len(service_times) < 5:
            codes = list(itertools.islice(asked, size))
            at = time.perf_counter()
            service.near(np.frombuffer(b"".join(codes), np.uint8).reshape(-1, 32))
            between = time.perf_counter()
            answers = matchservice.ask(holdings, OPERATOR, service, [Signal(pdq=(one,)) for one in codes])
            service_times.append(time.perf_counter() - between)
            index_times.append(between - at)
            hits += sum(one.is_hit for one in answers)
        for what, times in (("index", index_times[1:]), ("service", service_times[1:])):
            said = {"queries a second": round(size / float(np.mean(times))), **percentiles(times)}
            found[f"{what}, {size} at once"] = said
        found[f"hits, {size} at once"] = round(hits / (size * len(service_times)), 4)
    return found


def pictures() -> list[bytes]:
    """Small files to be submitted."""
    found = []
    for number in range(40):
        out = io.BytesIO()
        pixels = camera_like(np.random.default_rng((SEED, 10, number)), 480, 640)
        Image.fromarray(pixels).save(out, "JPEG", quality=85)
        found.append(out.getvalue())
    return found


async def by_http(
    port: int, secrets_of: list[str], listed: Codes, watched: dict[str, Process]
) -> dict[str, object]:
    """Requests and queries a second, by what a request holds and how many ask at a time."""
    files = pictures()
    found: dict[str, object] = {}

    # The sandbox of files starts with the first.
    first = Client(port, f"Authorization: Bearer {secrets_of[0]}\r\n", Tally())
    await first.ask("first", 0, "POST", "/api/match/file", files[0])

    async def run(kind: str, programs: int, make: Callable[[Iterator[bytes]], object], size: int) -> None:
        tally = Tally(arriving=2.0)
        until = tally.begun + 2 + SECONDS
        every = [Client(port, f"Authorization: Bearer {one}\r\n", tally) for one in secrets_of]

        async def ask(program: int) -> None:
            asked = queries(listed, program)
            mine = itertools.cycle(every[program::programs])
            while time.monotonic() < until:
                path = "/api/match/file" if kind == "a small file" else "/api/match"
                await next(mine).ask(kind, time.monotonic(), "POST", path, make(asked))

        before = {name: one.worked() for name, one in watched.items()}
        await asyncio.gather(*(ask(program) for program in range(programs)))
        times = tally.seconds[kind]
        worked = {name: one.worked() - before[name] for name, one in watched.items()}
        beside = worked["server"] + worked["PostgreSQL"]
        said = {"queries a second": round(size * len(times) / SECONDS, 1), **percentiles(times)}
        said |= {"errors": dict(tally.errors), "refused": tally.too_often}
        said["cores"] = {name: round(one / (2 + SECONDS), 2) for name, one in worked.items()}
        # Of those that were not counted, too. On a busy machine this says more than the clock does.
        said["processors' ms a request"] = round(1000 * beside / (len(times) * (2 + SECONDS) / SECONDS), 1)
        found[f"{kind}, {programs} at a time"] = said
        print(f"{kind}, {programs} at a time", said, flush=True)
        for one in every:
            one.close()

    def signals(size: int) -> Callable[[Iterator[bytes]], object]:
        return lambda asked: {"signals": [{"pdq": one.hex()} for one in itertools.islice(asked, size)]}

    for programs in (1, AT_ONCE):
        for size in (1, 100, 1000):
            await run(f"{size} codes a request", programs, signals(size), size)
        await run("a digest a request", programs, lambda _: {"signals": [{"md5": secrets.token_hex(16)}]}, 1)
        # A byte beyond the end of a picture makes it another file.
        await run("a small file", programs, lambda _: secrets.choice(files) + secrets.token_bytes(8), 1)
    return found


async def added(port: int, keeper: str, operator: str) -> dict[str, float]:
    """Milliseconds in which a hash is added, and until the request after that has matched it."""
    tally = Tally(arriving=0)
    keeps, asks = (Client(port, f"Authorization: Bearer {one}\r\n", tally) for one in (keeper, operator))
    took, until = [], []
    for number in range(20):
        code = secrets.token_hex(32)
        begun = time.monotonic()
        entry = {"id": f"added {number}", "signal": {"pdq": code}, "category": "2"}
        await keeps.ask("add", begun, "POST", "/api/match/entries", {"list": LIST, "entries": [entry]})
        took.append(time.monotonic() - begun)
        said = await asks.ask("ask", begun, "POST", "/api/match", {"signals": [{"pdq": code}]})
        until.append(time.monotonic() - begun)
        assert msgspec.json.decode(said)["answers"][0]["hit"] is True
    return {
        "added, p50": percentiles(took)["p50"],
        "added and matched, p50": percentiles(until)["p50"],
        "added and matched, most": percentiles(until)["most"],
    }


def measured(holdings: Holdings, folder: Path, codes: int, postgres: int) -> dict[str, object]:
    """All figures."""
    begun = time.monotonic()
    listed = fill(holdings, folder, codes)
    found: dict[str, object] = {"codes": codes, "filled in, seconds": round(time.monotonic() - begun)}
    print(found, flush=True)
    issued = [
        tokens.issue(
            holdings, ADMIN, name=f"program {one}", scopes=["match"], account=OPERATOR.name, quota=10**9
        ).secret
        for one in range(TOKENS)
    ]
    keeper = tokens.issue(holdings, ADMIN, name="keeper", scopes=["keep-lists"]).secret
    found["beneath"] = beneath(holdings, listed)
    print(found["beneath"], flush=True)
    with serving(holdings.folder) as (port, pid):
        watched = {
            "server": Process(pid),
            "PostgreSQL": Process(postgres),
            "programs": Process(os.getpid(), alone=True),
        }
        found["by HTTP"] = asyncio.run(by_http(port, issued, listed, watched))
        found["a hash added"] = asyncio.run(added(port, keeper, issued[0]))
        found["server's MiB"] = round(watched["server"].memory())
    found["load"] = [round(one, 2) for one in os.getloadavg()]
    return found


def main() -> None:
    """Measures, prints and writes the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.match", description=__doc__.splitlines()[0])
    parser.add_argument("--codes", type=int, default=CODES)
    parser.add_argument("--folder", type=Path, help="where the database and the holdings are made")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    beside = arguments.folder or Path(tempfile.gettempdir())
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=beside)))
        server = stack.enter_context(PostgresServer(SETTINGS, beside))
        made = Holdings.create(folder / "held", "match", WHO, server.new())
        holdings = stack.enter_context(made)
        found = measured(holdings, folder, arguments.codes, server.process.pid)
    print(json.dumps(found, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
