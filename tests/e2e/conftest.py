"""A tiny operation, taken in and served as a user would serve it, and a real browser before it."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from consilience.exercise.build import build
from consilience.exercise.run import run_exercise
from consilience.exercise.truth import read_truth
from consilience.model.people import Actor
from consilience.runs.local import LocalExecutor
from consilience.services.holdings import Holdings
from consilience.settings import Limits

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BUILT = Path(__file__).parents[2] / "src" / "consilience" / "web" / "static" / "index.html"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def operation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("e2e") / "operation"
    build(folder, "tiny", 4, 2)
    return folder


@pytest.fixture(scope="session")
def folder(operation: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("e2e") / "unit7"
    actor = Actor("analyst", "exercise")
    with Holdings.create(folder, "unit7", actor) as holdings, LocalExecutor(Limits(), 2) as executor:
        run_exercise(operation, read_truth(operation), holdings, actor, executor)
    return folder


@pytest.fixture(scope="session")
def link(folder: Path) -> Iterator[str]:
    """The address that `consilience serve` prints."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command: list[str | Path] = [
        Path(sys.executable).with_name("consilience"),
        "serve",
        str(folder),
        "--no-browser",
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"http://\S+", line):
            yield found.group(0)
            break
    else:
        pytest.fail(said)
    process.terminate()
    process.wait(30)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    if not BUILT.exists():
        pytest.skip("the workspace is not built: make workspace")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def cookies(browser: Browser, link: str) -> dict[str, object]:
    """What the link, which is good for once, left in the browser."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.get_by_role("heading", name="Cases").wait_for(timeout=60_000)
    assert "enter" not in page.url
    state = context.storage_state()
    context.close()
    return dict(state)


@pytest.fixture
def page(browser: Browser, link: str, cookies: dict[str, object]) -> Iterator[Page]:
    """The workspace, signed in. What the page logs as an error, or runs as a dialog, fails the test."""
    context = browser.new_context(
        storage_state=cookies,  # type: ignore[arg-type]
        viewport={"width": 1360, "height": 850},
        base_url=link.partition("#")[0],
    )
    page = context.new_page()
    page.set_default_timeout(45_000)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("dialog", lambda dialog: (faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    yield page
    context.close()
    assert faults == []
