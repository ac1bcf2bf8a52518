"""The whole way of each kind of person, by the mouse and by the keyboard alone, as users of an agency."""

from __future__ import annotations

import hashlib
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
sys.path.insert(0, str(Path(__file__).parents[1] / "services"))

from served import free_port, process
from test_workspace import AXE, number_in
from world import encoded, picture

import films
from consilience.evidence.folder import FolderSource
from consilience.model.people import Actor
from consilience.runs.local import LocalExecutor
from consilience.services import accounts, ingest, people
from consilience.services.cases import new_case
from consilience.services.holdings import Holdings
from consilience.settings import Limits
from consilience.web.jobs import Stopped

PASSWORD = "several words in a row"
ADMIN = Actor("chief", "administration")
USERS = {
    "eva": ["examiner"],
    "ivan": ["examiner"],
    "olga": ["operator", "list-keeper"],
    "sara": ["supervisor", "auditor"],
}
KNOWN = encoded(picture(31))


class Agency(NamedTuple):
    address: str
    disk: Path


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agency]:
    """An agency without a case, and a disk: pictures, two of them alike, a film and a clip of it."""
    root = tmp_path_factory.mktemp("agency")
    disk = root / "disks" / "stick"
    disk.mkdir(parents=True)
    (disk / "known.jpg").write_bytes(KNOWN)
    (disk / "smaller.jpg").write_bytes(encoded(picture(31).resize((150, 150)), quality=60))
    (disk / "other.png").write_bytes(encoded(picture(32), "PNG"))
    (disk / "film.mp4").write_bytes(films.film(10, seed=3, gop=50))
    (disk / "clip.mkv").write_bytes(films.film(4, seed=3, begin=5.0, form="matroska", gop=25))
    with Holdings.create(root / "unit7", "unit7", ADMIN) as holdings:
        people.add_user(holdings, ADMIN, "chief", agency="Unit 7", roles=["administrator"])
        accounts.accept(holdings, "chief", accounts.invite(holdings, ADMIN, "chief"), PASSWORD, "test")
        for name, roles in USERS.items():
            people.add_user(holdings, ADMIN, name, agency="Unit 7", unit="one", roles=roles)
            accounts.accept(holdings, name, accounts.invite(holdings, ADMIN, name), PASSWORD, "test")
        eva = Actor("eva", "case-opening")
        new_case(holdings, eva, number="2026-001", title="Seized stick", legal_basis="order 1")
        new_case(holdings, eva, number="2026-003", title="Cut off", legal_basis="order 1")
        cut_off(holdings, eva, root / "disks" / "card")
    port = free_port()
    with process(root / "unit7", port, "--exhibits", str(root / "disks")):
        yield Agency(f"http://localhost:{port}/", disk)


def cut_off(holdings: Holdings, who: Actor, folder: Path) -> None:
    """An exhibit whose taking in ended before its end, as by a restart of the server."""
    folder.mkdir()
    for seed in range(50, 55):
        (folder / f"{seed}.png").write_bytes(encoded(picture(seed), "PNG"))

    def told(stage: str, done: int, total: int | None, *, size: int = 0) -> None:
        if stage == "examining" and done >= 2:
            raise Stopped

    source = FolderSource(folder)
    with LocalExecutor(Limits(), 1) as executor, pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest, "_PORTION", 2)
        with pytest.raises(Stopped):
            ingest.ingest(holdings, who, source, executor, case="2026-003", exhibit="X1", progress=told)
    source.close()


Opened = Callable[[str], Page]


@pytest.fixture
def signed_in(browser: Browser, agency: Agency) -> Iterator[Opened]:
    """A page of somebody who has signed in. What a page logs as an error fails the test."""
    faults: list[str] = []
    contexts = []

    def opened(name: str) -> Page:
        context = browser.new_context(base_url=agency.address, viewport={"width": 1360, "height": 850})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(agency.address)
        page.get_by_label("Account").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.locator("#main").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def axe(page: Page) -> None:
    """axe-core finds no violation of WCAG 2.2 AA."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    said = [(one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in found["violations"]]
    assert said == [], page.url


def tab_to(page: Page, goal: Locator, most: int = 80) -> None:
    """Go on with the Tab key until something has the focus, which has to be seen there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if goal.evaluate("element => element === document.activeElement"):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    raise AssertionError(f"the keyboard does not reach {goal}")


def press(page: Page, goal: Locator, key: str = "Enter") -> None:
    tab_to(page, goal)
    page.keyboard.press(key)


def across(frames: int) -> int:
    """Frames beside each other on a sheet."""
    return 4 if frames > 4 else 2


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def test_an_examiner_goes_from_exhibit_to_report_by_mouse(
    signed_in: Opened, agency: Agency, tmp_path: Path
) -> None:
    page = signed_in("eva")
    page.get_by_role("link", name="2026-001").click()
    button(page, "Take in an exhibit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Exhibit number").fill("E1")
    dialog.get_by_role("button", name="disks").click()
    dialog.get_by_role("button", name="stick").click()
    expect(dialog.get_by_label("Folder on the server")).to_have_value(str(agency.disk))
    axe(page)
    dialog.get_by_role("button", name="Take in an exhibit").click()
    row = page.get_by_role("row", name=re.compile("^E1"))
    expect(row.get_by_text("full pass")).to_be_visible(timeout=60_000)  # told by the server: nobody reloads
    expect(page.locator("tfoot td").first).to_have_text("5", timeout=20_000)
    page.get_by_role("link", name="Review").last.click()
    page.locator(".tile").first.wait_for()
    page.get_by_label("Type").select_option("video")
    page.locator(".tile").first.click()
    button(page, "Reveal").click()
    expect(page.locator(".sheet img")).to_be_visible(timeout=60_000)
    assert page.locator(".sheet li[data-mark]").count() > 0
    expect(page.locator(".course")).to_contain_text("matched seconds")
    axe(page)
    page.get_by_label("Type").select_option("")
    for code in ("relevant", "irrelevant", "relevant"):
        page.get_by_role("group", name="Classify").get_by_role("button", name=code).first.click()
        expect(page.get_by_role("status").filter(has_text=f"Judged {code}")).to_be_visible()
    page.get_by_label("Judged").select_option("")
    page.get_by_label("Type").select_option("video")
    page.locator(".tile").first.click()
    page.get_by_role("link", name="Compare").first.click()
    reason = page.locator("section", has=page.get_by_role("heading", name="Why they were matched"))
    expect(reason.get_by_text("vPDQ: the frames differ by")).to_be_visible()
    expect(
        reason.get_by_text(re.compile(r"[45](\.\d)? s (later|earlier) there; at the same speed"))
    ).to_be_visible()
    assert reason.locator("svg polygon.band").count() >= 1
    axe(page)
    reason.get_by_role("button", name="Same", exact=True).click()
    reason.get_by_label("Reason").fill("the same walk across the same ground")
    reason.get_by_role("button", name="Judge").click()
    expect(reason.get_by_text("the same walk")).to_be_visible()
    page.get_by_role("link", name="Overview").click()
    with page.expect_download() as download:
        button(page, "Write the report").click()
    download.value.save_as(tmp_path / "report.zip")
    with zipfile.ZipFile(tmp_path / "report.zip") as report:
        assert b"2026-001" in report.read("report.html")


def test_an_examiner_needs_no_mouse(signed_in: Opened, agency: Agency) -> None:
    page = signed_in("ivan")
    press(page, button(page, "Open a case"))
    page.keyboard.type("2026-002")
    page.keyboard.press("Enter")
    press(page, page.get_by_role("link", name="2026-002"))
    press(page, button(page, "Take in an exhibit"))
    page.keyboard.type("E7")
    tab_to(page, page.get_by_label("Folder on the server"))
    page.keyboard.type(str(agency.disk))
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name=re.compile("^E7")).get_by_text("full pass")).to_be_visible(
        timeout=60_000
    )
    press(page, page.locator("main").get_by_role("link", name="Review"))
    page.locator(".tile").first.wait_for()
    tab_to(page, page.get_by_role("grid"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.locator(".picture-frame img")).to_be_visible(timeout=60_000)
    page.keyboard.press("0")
    expect(page.locator("#tile-1 .tile-code")).to_have_text("relevant")
    page.keyboard.press("Home")
    press(page, page.get_by_role("link", name="Compare").first)
    reason = page.locator("section", has=page.get_by_role("heading", name="Why they were matched"))
    press(page, reason.get_by_role("button", name="Unsure"), "Space")
    page.keyboard.type("cut too short to tell")
    page.keyboard.press("Enter")
    expect(reason.get_by_text("cut too short")).to_be_visible()
    press(page, page.locator("nav").get_by_role("link", name="Overview"))
    with page.expect_download():
        press(page, button(page, "Write the report"))


def test_a_frame_of_a_video_is_enlarged_by_a_deliberate_act(signed_in: Opened) -> None:
    page = signed_in("eva")
    page.goto("#/cases/2026-001/review")
    page.get_by_label("Judged").select_option("")
    page.get_by_label("Type").select_option("video")
    page.locator(".tile").first.wait_for()
    before = number_in(page.get_by_text("revealed today").inner_text())
    page.get_by_role("grid").focus()
    page.keyboard.press("Space")
    page.locator(".sheet img").wait_for()
    frames = page.get_by_role("list", name="Key frames").get_by_role("button")
    page.keyboard.press("Enter")
    expect(frames.nth(0)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(frames.nth(1)).to_be_focused()
    assert page.get_by_role("dialog").count() == 0, "arrows alone enlarge nothing"
    with page.expect_response("**/views"):
        page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=re.compile("^Frame 2 of"))
    width = "image => image.naturalWidth"
    alone, whole = dialog.locator("img"), page.locator(".sheet > img")
    expect(alone).to_be_visible()
    assert 1 / across(frames.count()) * whole.evaluate(width) < alone.evaluate(width) <= 1024
    axe(page)
    with page.expect_response("**/views"):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog", name=re.compile("^Frame 3 of"))).to_be_visible()
    with page.expect_response("**/views"):
        button(page, "Previous").click()
    expect(dialog).to_be_visible()
    expect(alone).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(frames.nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("grid")).to_be_focused()
    # The sheet, and each of the three frames, are views on record.
    expect(page.get_by_text("revealed today")).to_contain_text(f"{before + 4} pictures")
    page.locator(".sheet li").last.click()
    expect(page.get_by_role("dialog")).to_have_accessible_name(
        re.compile(f"^Frame {frames.count()} of {frames.count()}")
    )
    # Who closes it and goes on at once is not taken back to the frame, which a space would enlarge again.
    button(page, "Close").evaluate(
        "close => { close.click(); document.querySelector('.review [role=grid]').focus(); }"
    )
    page.wait_for_timeout(100)
    expect(page.get_by_role("grid")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator(".sheet")).to_have_count(0)


def test_what_a_restart_cut_off_is_gone_on_with(signed_in: Opened) -> None:
    page = signed_in("eva")
    page.goto("#/cases/2026-003")
    row = page.get_by_role("row", name=re.compile("^X1"))
    expect(row).to_contain_text(re.compile(r"not finished Interrupted at [234] files"))
    axe(page)
    press(page, page.get_by_role("button", name="Go on X1"))
    expect(row.get_by_text("full pass")).to_be_visible(timeout=60_000)
    expect(row.get_by_role("cell").nth(1)).to_have_text("5")
    expect(row).not_to_contain_text("not finished")


@pytest.mark.parametrize("keyboard", [False, True])
def test_an_operator_goes_from_hash_to_answer(signed_in: Opened, tmp_path: Path, keyboard: bool) -> None:
    page = signed_in("olga")
    if not keyboard:
        listed = tmp_path / "alerts.sha256"
        listed.write_text(hashlib.sha256(KNOWN).hexdigest() + "\n")
        page.get_by_role("link", name="Hash lists").click()
        button(page, "Import a list").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("File").set_input_files(listed)
        dialog.get_by_label("Name of the list").fill("alerts")
        dialog.get_by_role("button", name="Import a list").click()
        expect(page.get_by_role("heading", name=re.compile("alerts"))).to_be_visible()
    link = page.locator("nav").get_by_role("link", name="Look up")
    asked = page.get_by_label("One a line")
    if keyboard:
        press(page, link)
        tab_to(page, asked)
        page.keyboard.type(f"{hashlib.sha256(KNOWN).hexdigest()}\n{'0' * 40}")
        press(page, button(page, "Look up"))
    else:
        link.click()
        asked.fill("no hash")
        button(page, "Look up").click()
        expect(page.get_by_role("alert")).to_contain_text("no hashes")
        asked.fill(f"{hashlib.sha256(KNOWN).hexdigest()}\n{'0' * 40}")
        button(page, "Look up").click()
    answers = page.get_by_role("status", name="Answers").get_by_role("listitem")
    expect(answers).to_have_count(2)
    expect(answers.nth(0)).to_contain_text("of alerts by SHA-256")
    expect(answers.nth(1)).to_contain_text("no hit")
    axe(page)


def test_a_supervisor_sets_limits_and_checks_the_log(signed_in: Opened) -> None:
    page = signed_in("sara")
    page.get_by_role("link", name="Exposure").click()
    expect(page.get_by_role("row", name=re.compile("^eva"))).to_be_visible()
    assert page.locator("main img").count() == 0
    button(page, "Set a limit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Agency").fill("Unit 7")
    dialog.get_by_label("Unit", exact=True).fill("one")
    dialog.get_by_label("Pictures a day").fill("0")
    dialog.get_by_role("button", name="Set a limit").click()
    expect(page.get_by_role("row", name=re.compile("^one, Unit 7"))).to_be_visible()
    axe(page)

    examiner = signed_in("eva")
    examiner.get_by_role("link", name="2026-001").click()
    examiner.get_by_role("link", name="Review").last.click()
    examiner.get_by_label("Judged").select_option("")
    examiner.locator(".tile").first.click()
    button(examiner, "Reveal").click()
    expect(examiner.get_by_role("alert")).to_contain_text("0 pictures a day are the limit")

    button(page, "Lift the limit for one, Unit 7").click()
    sure = page.get_by_role("alertdialog")
    expect(sure).to_contain_text("Nothing then holds")
    sure.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("row", name=re.compile("^one, Unit 7"))).to_be_visible()
    button(page, "Lift the limit for one, Unit 7").click()
    sure.get_by_role("button", name="Lift the limit for one, Unit 7").click()
    expect(page.get_by_text("No limit is laid down")).to_be_visible()

    page.get_by_role("link", name="Audit").click()
    page.get_by_role("search").get_by_label("Act").fill("change")
    button(page, "Search").click()
    expect(page.locator("tbody tr", has_text="exposure-limit")).to_have_count(2)
    button(page, "Verify now").click()
    expect(page.get_by_text("the log holds")).to_be_visible()


def test_a_supervisor_needs_no_mouse(signed_in: Opened) -> None:
    page = signed_in("sara")
    press(page, page.get_by_role("link", name="Exposure"))
    expect(page.get_by_role("row", name=re.compile("^eva"))).to_be_visible()
    press(page, page.get_by_role("link", name="Audit"))
    tab_to(page, page.get_by_role("search").get_by_label("Who"))
    page.keyboard.type("eva")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").first).to_contain_text("eva")
    press(page, button(page, "Verify now"))
    expect(page.get_by_text("the log holds")).to_be_visible()


def test_rights_are_given_and_taken_away_after_a_question(signed_in: Opened) -> None:
    page = signed_in("chief")
    expect(page.get_by_role("heading", name="Access", exact=True)).to_be_visible()
    button(page, "Add a person").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Account name").fill("mira")
    dialog.get_by_label("Unit", exact=True).fill("one")
    dialog.get_by_role("radio", name="Analyst").check()
    dialog.get_by_role("button", name="Add a person").click()
    row = page.get_by_role("row", name=re.compile("^mira"))
    expect(row).to_contain_text("Analyst")
    row.get_by_role("button", name="Invite").click()
    expect(page.get_by_text("An invitation for mira")).to_be_visible()
    case = page.get_by_role("row", name=re.compile("^2026-001"))
    case.get_by_role("button", name="Let somebody in").click()
    page.get_by_role("dialog").get_by_label("Members").select_option("user:mira")
    page.get_by_role("dialog").get_by_role("button", name="Let somebody in").click()
    expect(case).to_contain_text("mira")
    axe(page)
    for name in (
        "Take the role Analyst from mira",
        "Take mira out of case 2026-001",
        "Close the account mira",
    ):
        button(page, name).click()
        sure = page.get_by_role("alertdialog")
        expect(sure).to_be_visible()
        sure.get_by_role("button", name=name).click()
        expect(sure).to_be_hidden()
    expect(row).to_contain_text("closed")
    expect(case).not_to_contain_text("mira")
    assert page.locator("nav").get_by_role("link", name="Cases").count() == 0, (
        "leave to administer shows no case"
    )


OVERLAPS = """() => {
    const seen = [...document.querySelectorAll('button, a, input, select, textarea, summary, h1, h2, th, .badge')]
        .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('.skip, .visually-hidden'))
        .map((one) => [one, one.getBoundingClientRect()])
        .filter(([, box]) => box.width > 1 && box.height > 1);
    const found = [];
    for (const [one, a] of seen) for (const [other, b] of seen) {
        if (one === other || one.contains(other) || other.contains(one)) continue;
        if (one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_PRECEDING) continue;
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        const clipped = (e) => e.closest('.gallery, .chooser');
        if (wide > 2 && high > 2 && !clipped(one) && !clipped(other) && one.closest('main') === other.closest('main'))
            found.push(one.textContent.slice(0, 30) + ' / ' + other.textContent.slice(0, 30));
    }
    return found;
}"""


def test_every_screen_can_be_mirrored(signed_in: Opened) -> None:
    """From right to left nothing overlaps and nothing has to be scrolled sideways, wide or narrow."""
    for name, screens in {
        "eva": ("cases", "cases/2026-001", "cases/2026-001/review", "lists"),
        "sara": ("exposure", "audit"),
        "chief": ("access", "account"),
        "olga": ("match",),
    }.items():
        page = signed_in(name)
        for screen in screens:
            page.goto("#/" + screen)
            page.locator("h1, .filterbar").first.wait_for()
            expect(page.locator(".loading")).to_have_count(0)
            page.evaluate("document.documentElement.dir = 'rtl'")
            for wide in (1360, 900):
                page.set_viewport_size({"width": wide, "height": 850})
                for part in ("document.documentElement", "document.getElementById('main')"):
                    assert page.evaluate(f"{part}.scrollWidth <= {part}.clientWidth"), (screen, wide, part)
                assert page.evaluate(OVERLAPS) == [], (screen, wide)
