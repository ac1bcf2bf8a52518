"""How the gallery of a case with 100,000 stacks opens and scrolls in Chromium.

    python -m benchmarks.gallery                       holdings in a temporary folder
    python -m benchmarks.gallery --folder F --out G    made once and kept in F; figures to G

The case has six files for five stacks: pictures, one in twenty a video, with cameras, times and matches with
a list, as records only; small blurred patterns are kept for the first contents. It is opened as a user opens
it, through `consilience serve`, first with nothing in memory, then again; scrolled hidden and blurred, a
screen in half a second; then loaded to its end. A frame's work is what the page's main thread did for it: on
a busy machine it says more than the time between two frames.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from sqlalchemy import Connection, Table, insert, select

from consilience.model.locator import Locator
from consilience.model.people import Actor
from consilience.services import keys
from consilience.services.cases import new_case
from consilience.services.holdings import Holdings
from consilience.services.pictures import Sheet
from consilience.store import cases, schema
from consilience.store.identity import portions

WHO = Actor("benchmark", "benchmark")
STACKS = 100_000
BLURRED = 3_000
CASE = "100000"
LIST = "known"
PORT = 8477
_ROWS_AT_ONCE = 5000

Row = dict[str, object]


def files_of(stacks: int) -> int:
    """Files of a case with so many stacks."""
    return stacks * 6 // 5


def fill(holdings: Holdings, stacks: int) -> None:
    """Put the records of the case in place."""
    new_case(holdings, WHO, number=CASE, title="Benchmark", legal_basis="")
    files = files_of(stacks)
    chance = np.random.default_rng(1)
    digests = chance.bytes(100 * files)
    with holdings.database.write() as connection:
        case_id = connection.execute(
            select(schema.case.c.id).where(schema.case.c.number == CASE)
        ).scalar_one()
        exhibits = [cases.add_exhibit(connection, case_id, f"E{one}", f"disk {one}").id for one in (1, 2, 3)]
        for table, rows in _tables(files, stacks, exhibits, digests):
            for portion in portions(rows, _ROWS_AT_ONCE):
                connection.execute(insert(table), portion)
        _keep_pictures(connection, holdings, case_id, chance)


def _tables(
    files: int, stacks: int, exhibits: list[int], digests: bytes
) -> Iterator[tuple[Table, Iterator[Row]]]:
    def part(one: int, begin: int, length: int) -> bytes:
        return digests[100 * (one - 1) + begin : 100 * (one - 1) + begin + length]

    numbers = range(1, files + 1)
    yield schema.reading, (
        {"id": one, "public_id": bytes([one] * 16), "exhibit_id": exhibit, "source": "folder",
         "root": b"/nowhere", "software": "benchmark", "parameters": {},
         "started_at": 0, "finished_at": 0, "counts": {}}
        for one, exhibit in enumerate(exhibits, 1)
    )  # fmt: skip
    yield schema.media, (
        {"id": one, "sha256": part(one, 0, 32), "sha1": part(one, 32, 20), "md5": part(one, 52, 16),
         "size": 50_000 + one * 37 % 4_000_000, "media_type": "image/jpeg" if one % 20 else "video/mp4",
         "kind": "picture" if one % 20 else "video", "examined": "yes" if one % 3 else "first-look",
         "width": 4000 - one % 7, "height": 3000, "frames": 1, "seconds": 0.1}
        for one in numbers
    )  # fmt: skip
    yield schema.media_file, (
        {"id": one, "public_id": part(one, 68, 16), "exhibit_id": exhibits[one % 3],
         "reading_id": 1 + one % 3, "locator": _locator(one), "media_id": one, "size": 50_000}
        for one in numbers
    )  # fmt: skip
    yield schema.fingerprint, (
        {"media_id": one, "part": "picture", "algorithm": "pdq", "version": "1", "decode_path": "exact",
         "decoder": "benchmark", "quality": 100, "code": part(one, 0, 32), "turned": bytes(224)}
        for one in numbers
        if one % 20
    )  # fmt: skip
    # The last sixth are near-duplicates of the first.
    yield schema.media_match, (
        {"public_id": part(one, 84, 16), "media_id": one, "part": "picture", "other_media_id": one - stacks,
         "other_part": "picture", "algorithm": "pdq", "version": "1", "distance": one % 30,
         "orientation": "upright", "found_at": 0}
        for one in range(stacks + 1, files + 1)
    )  # fmt: skip
    yield (
        schema.clue,
        (
            {"media_id": one, "kind": "camera-model", "value": f"Lumora L{one % 11}", "source": "exif"}
            for one in numbers
            if one % 2
        ),
    )
    yield schema.clue, (
        {"media_id": one, "kind": "time", "value": "2026:01:01 10:00:00", "source": "exif",
         "time_kind": "taken", "raw": "2026:01:01 10:00:00", "zone": "+00:00",
         "clock": "camera", "precision": 1.0,
         "utc": 1_767_261_600_000_000_000 + one * 10**9}
        for one in numbers
        if one % 2
    )  # fmt: skip


def _locator(one: int) -> bytes:
    return Locator.of_path(b"DCIM/%03d/IMG_%06d.JPG" % (one // 1000, one)).encode()


def _keep_pictures(
    connection: Connection, holdings: Holdings, case_id: int, chance: np.random.Generator
) -> None:
    ring = keys.keyring(holdings)
    patterns = []
    for _ in range(50):
        out = io.BytesIO()
        noise = Image.fromarray(chance.integers(0, 256, (6, 8, 3), np.uint8)).resize((256, 192))
        noise.save(out, "JPEG", quality=80)
        patterns.append(msgspec.msgpack.encode(Sheet((out.getvalue(),), (0,))))
    # As they are shown: by exhibit, then as found.
    query = select(schema.media_file.c.media_id).order_by(
        schema.media_file.c.exhibit_id, schema.media_file.c.locator
    )
    for place, media_id in enumerate(connection.execute(query.limit(BLURRED)).scalars().all()):
        keys.put(connection, ring, case_id, media_id, "picture-small", patterns[place % len(patterns)])


SCROLL = """async ({ screens, jump }) => {
    const box = document.querySelector('.gallery');
    const times = [];
    const from = box.scrollTop, far = screens * box.clientHeight;
    const most = box.scrollHeight - box.clientHeight;
    const begun = performance.now();
    const lasting = screens * 500;
    await new Promise((done) => {
        let before;
        const frame = (now) => {
            if (before !== undefined) times.push(now - before);
            before = now;
            const share = (performance.now() - begun) / lasting;
            // By screens, or to places far apart.
            box.scrollTop = jump ? Math.random() * most : Math.min(most, from + far * share);
            share < 1 ? requestAnimationFrame(frame) : done();
        };
        requestAnimationFrame(frame);
    });
    return times;
}"""


def scrolled(page: Page, session: CDPSession, screens: int, *, jump: bool = False) -> dict[str, float]:
    """Milliseconds between frames, and of work a frame, while the gallery is scrolled."""
    before = metrics(session)
    times = page.evaluate(SCROLL, {"screens": screens, "jump": jump})
    after = metrics(session)
    work = 1000 * (after["TaskDuration"] - before["TaskDuration"]) / max(1, len(times))
    median, p95 = np.percentile(times, (50, 95))
    return {
        "frames": len(times),
        "median": round(float(median), 1),
        "p95": round(float(p95), 1),
        "worst": round(max(times), 1),
        "work a frame": round(work, 1),
    }


def metrics(session: CDPSession) -> dict[str, float]:
    """What Chromium counts of a page."""
    return {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}


def memory(browser: Browser, session: CDPSession) -> dict[str, float]:
    """MiB of the page's JavaScript, and of all processes of the browser, shared ones by their share."""
    session.send("HeapProfiler.collectGarbage")
    running = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    found = {}
    for one in running:
        with contextlib.suppress(OSError):
            rollup = Path(f"/proc/{one['id']}/smaps_rollup").read_text()
            found[one["type"]] = found.get(one["type"], 0) + int(re.search(r"Pss:\s+(\d+)", rollup)[1]) / 1024
    return {
        "heap": round(metrics(session)["JSHeapUsedSize"] / 2**20, 1),
        "renderer": round(found.get("renderer", 0.0), 1),
        "browser": round(sum(found.values()), 1),
    }


def processor(pid: int) -> float:
    """Seconds that a process has worked."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def opened(page: Page, pid: int) -> dict[str, float]:
    """Seconds from asking for the review until its first stacks are there, and those the server worked."""
    page.goto("#/cases")
    page.locator("tbody a").first.wait_for()
    worked, begun = processor(pid), time.monotonic()
    page.goto(f"#/cases/{CASE}/review")
    page.locator(".tile").first.wait_for(timeout=120_000)
    view = time.monotonic() - begun
    return {"seconds": round(view, 2), "server worked": round(processor(pid) - worked, 2)}


def measured(holdings: Path, stacks: int) -> dict[str, Any]:
    """All figures."""
    command = [
        Path(sys.executable).with_name("consilience"),
        "serve",
        holdings,
        "--no-browser",
        f"--port={PORT}",
    ]
    found: dict[str, Any] = {}

    def note(name: str, value: object) -> None:
        found[name] = value
        print(f"  {name:32} {value}", flush=True)

    note("stacks", stacks)
    note("load", os.getloadavg()[0])
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
        sync_playwright() as playwright,
    ):
        try:
            assert server.stdout is not None
            link = next(said.group(0) for line in server.stdout if (said := re.search(r"http://\S+", line)))
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            context = browser.new_context(
                viewport={"width": 1360, "height": 850}, base_url=link.partition("#")[0]
            )
            page = context.new_page()
            page.set_default_timeout(120_000)
            page.goto(link)
            page.get_by_role("heading", name="Cases").wait_for()
            session = context.new_cdp_session(page)
            session.send("Performance.enable")
            note("first useful view, cold", opened(page, server.pid))
            note("first useful view, again", opened(page, server.pid))
            note("memory, at first", memory(browser, session))
            note("scrolled hidden", scrolled(page, session, 20))
            page.get_by_role("grid").press("Home")
            page.get_by_role("button", name="Show blurred").click()
            page.locator(".tile img").first.wait_for()
            note("scrolled blurred", scrolled(page, session, 20))
            page.get_by_role("button", name="Hide all").click()
            begun = time.monotonic()
            while (rows := int(page.get_by_role("grid").get_attribute("aria-rowcount") or 0)) * 4 < stacks:
                page.evaluate("document.querySelector('.gallery').scrollTop = 1e9")
                page.locator(f".gallery:not([aria-rowcount='{rows}'])").wait_for()
            note("loaded to the end, seconds", round(time.monotonic() - begun, 1))
            note("jumped about, all loaded", scrolled(page, session, 10, jump=True))
            note("memory, all loaded", memory(browser, session))
            browser.close()
        finally:
            server.terminate()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gallery", description=__doc__.splitlines()[0])
    parser.add_argument("--stacks", type=int, default=STACKS)
    parser.add_argument("--folder", type=Path, help="where the holdings are made and kept")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if not Holdings.are_in(folder / "held"):
            begun = time.monotonic()
            with Holdings.create(folder / "held", "gallery", WHO) as holdings:
                fill(holdings, arguments.stacks)
            print(f"filled in {time.monotonic() - begun:.0f} s", flush=True)
        found = measured(folder / "held", arguments.stacks)
    if arguments.out:
        arguments.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
