"""The whole way of the people who work with it, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

AXE = Path(__file__).parents[2] / "src/consilience/web/ui/node_modules/axe-core/axe.min.js"
SCREENS = (
    "cases",
    "cases/{case}",
    "cases/{case}/review",
    "lists",
    "match",
    "audit",
    "access",
    "exposure",
    "account",
)


def number_in(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def the_case(page: Page) -> str:
    """The number of the case with the most files."""
    page.goto("#/cases")
    rows = page.locator("tbody tr")
    rows.first.wait_for()
    counted = [
        (number_in(row.locator("td").nth(2).inner_text()), row.locator("th a").inner_text())
        for row in rows.all()
    ]
    return max(counted)[1]


def to_review(page: Page) -> str:
    case = the_case(page)
    page.goto(f"#/cases/{case}/review")
    page.locator(".tile").first.wait_for()
    return case


def test_the_totals_of_a_case_add_up(page: Page) -> None:
    case = the_case(page)
    page.get_by_role("link", name=case).click()
    table = page.locator("table", has=page.locator("tfoot"))
    table.wait_for()
    parts = [number_in(row.locator("td").first.inner_text()) for row in table.locator("tbody tr").all()]
    assert sum(parts) == number_in(table.locator("tfoot td").first.inner_text()) > 0


def test_an_examiner_reviews_by_keyboard_alone(page: Page) -> None:
    to_review(page)
    assert page.locator(".tile img").count() == 0, "nothing is shown before somebody asks"
    page.locator("[role=grid]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tile-1")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Space")
    expect(page.locator(".picture-frame img")).to_be_visible(timeout=90_000)
    page.keyboard.press("Space")
    expect(page.locator(".picture-frame img")).to_have_count(0)
    page.keyboard.press("1")
    expect(page.locator("#tile-1 .tile-code")).to_be_visible()
    expect(page.locator("#tile-2")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("u")
    expect(page.locator("#tile-1 .tile-code")).to_have_count(0)


def test_keys_on_a_button_are_the_buttons_own(page: Page) -> None:
    to_review(page)
    page.locator(".tile").first.click()
    page.get_by_role("button", name="Show blurred").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Hide all")).to_be_visible()
    expect(page.locator(".picture-frame img")).to_have_count(0)
    page.keyboard.press("1")
    page.get_by_role("button", name="Keys").click()
    page.keyboard.press("1")
    expect(page.locator(".tile-code")).to_have_count(0)


def test_blurred_pictures_come_when_they_are_asked_for(page: Page) -> None:
    to_review(page)
    page.get_by_role("button", name="Show blurred").click()
    expect(page.locator(".tile img").first).to_be_visible(timeout=90_000)
    assert page.locator(".tile img").first.evaluate("image => image.naturalWidth") <= 256
    page.get_by_role("button", name="Hide all").click()
    expect(page.locator(".tile img")).to_have_count(0)


CUT_OFF = """select => [...select.options].filter(option => {
    const alone = document.createElement('select');
    alone.className = select.className;
    alone.style.inlineSize = 'max-content';
    alone.append(option.cloneNode(true));
    document.body.append(alone);
    const needed = alone.offsetWidth;
    alone.remove();
    return needed > select.offsetWidth;
}).map(option => option.text)"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_one_sorts_by_is_read_whole(page: Page, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    to_review(page)
    for language in ("sl", "en"):
        page.locator(".masthead select").first.select_option(language)
        for width in (1360, 1024):
            page.set_viewport_size({"width": width, "height": 768})
            for direction in ("rtl", "ltr"):
                page.evaluate("direction => document.documentElement.dir = direction", direction)
                where = (language, width, direction)
                assert page.locator(".filterbar .fits > select").evaluate(CUT_OFF) == [], where
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where


def test_two_media_are_compared_and_judged_with_a_reason(page: Page) -> None:
    to_review(page)
    page.get_by_label("Sort").select_option("stack")
    page.locator(".tile").first.click()
    page.get_by_role("link", name="Compare").first.click()
    reason = page.locator("section", has=page.get_by_role("heading", name="Why they were matched"))
    expect(reason.get_by_text(re.compile("PDQ, \\d+ bits apart"))).to_be_visible()
    reason.get_by_role("button", name="Same", exact=True).click()
    reason.get_by_label("Reason").fill("the same chimney, from the same place")
    reason.get_by_role("button", name="Judge").click()
    expect(reason.get_by_text("the same chimney")).to_be_visible()
    reason.get_by_role("button", name="Take back").click()
    expect(reason.get_by_role("button", name="Not the same")).to_be_visible()


def test_a_list_is_imported_and_the_log_holds(page: Page, tmp_path: Path) -> None:
    known = tmp_path / "known.sha1"
    known.write_text("".join(f"{number:040x}\n" for number in range(1, 40)))
    page.goto("#/lists")
    page.get_by_role("button", name="Import a list").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("File").set_input_files(known)
    dialog.get_by_label("Name of the list").fill("drawings")
    dialog.get_by_label("Purpose").select_option("known-good")
    dialog.get_by_role("button", name="Import a list").click()
    expect(page.get_by_role("heading", name=re.compile("drawings"))).to_be_visible()
    page.goto("#/audit")
    expect(page.get_by_role("cell", name="import").first).to_be_visible()
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("the log holds")).to_be_visible()


def test_what_of_a_list_could_not_be_taken_is_shown(page: Page, tmp_path: Path) -> None:
    listed = tmp_path / "<img src=x onerror=alert(1)>.sha1"
    listed.write_text(f"{7:040x}\n" + "".join(f"no digest {number}\n" for number in range(60)))
    page.goto("#/lists")
    page.get_by_role("button", name="Import a list").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("File").set_input_files(listed)
    dialog.get_by_label("Name of the list").fill("<b>careless</b>")
    dialog.get_by_role("button", name="Import a list").click()
    told = page.get_by_role("status").filter(has_text="60 records could not be taken")
    expect(told).to_contain_text("Edition 1 is in force: 1 added")
    told.get_by_role("button", name="Show which, and why").click()
    broken = page.get_by_role("region", name="What of <b>careless</b>, edition 1, could not be taken")
    expect(broken).to_be_focused()
    expect(broken.get_by_role("status")).to_have_text("50 of 60 shown")
    broken.get_by_role("button", name="Show more").press("Enter")
    expect(broken.get_by_role("status")).to_have_text("60 of 60 shown")
    expect(broken.get_by_role("row", name=re.compile("^61 "))).to_be_visible()
    check(page)
    page.get_by_role("button", name=re.compile("^60 What of")).press("Enter")
    expect(broken).to_have_count(0)
    page.reload()
    expect(page.get_by_role("row", name=re.compile("^1 <img src=x"))).to_contain_text("60")


def test_names_and_metadata_are_text(page: Page) -> None:
    """The exercise plants markup in names, EXIF and lists: it is shown, and does nothing (see `page`)."""
    to_review(page)
    page.get_by_label("Judged").select_option("")
    for step in range(12):
        page.locator(f"#tile-{step}").click()
        page.locator(".facts").first.wait_for()
    page.goto("#/lists")
    page.locator(".panel").first.wait_for()
    assert page.evaluate("document.querySelectorAll('script:not([src]), iframe, object, embed').length") == 0


def test_words_come_in_slovenian_and_light_and_dark(page: Page) -> None:
    page.goto("#/cases")
    page.get_by_label("Language").select_option("sl")
    expect(page.get_by_role("heading", name="Primeri")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "sl")
    page.get_by_label("Tema").select_option("dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 26)"


def check(page: Page) -> None:
    """axe-core finds no violation of WCAG 2.2 AA."""
    page.evaluate(AXE.read_text())  # by the debugger: the page's own policy allows no such script
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    said = [(one["id"], [node["html"][:160] for node in one["nodes"]][:3]) for one in found["violations"]]
    assert said == [], page.url


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_every_screen(page: Page, theme: str) -> None:
    case = the_case(page)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    for screen in SCREENS:
        page.goto("#/" + screen.format(case=case))
        page.locator("h1, .filterbar").first.wait_for()
        expect(page.locator(".loading")).to_have_count(0)
        check(page)
