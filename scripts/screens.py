"""Pictures of every screen: `python scripts/screens.py HOLDINGS OUT [SCREEN …]`.

Serves the holdings (of the demonstration: nothing else belongs into documents), visits each screen in light
and dark, and writes ``workspace-SCREEN-THEME.webp``; with ``--language sl`` in another language, named after
it. Screens of films need a case with films. Needs Chromium.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, TimeoutError, expect, sync_playwright

PORT = 8479
MOST_BYTES = 150_000


def settled(page: Page) -> None:
    """Wait until nothing on the page says that it is still being asked for."""
    expect(page.locator(".loading")).to_have_count(0, timeout=20_000)
    page.wait_for_timeout(150)


def at(address: str) -> Callable[[Page, str], None]:
    """A screen that is shown as one comes to it."""

    def show(page: Page, case: str) -> None:
        page.goto("#/" + address.format(case=case))
        page.locator("h1").first.wait_for()
        settled(page)

    return show


def cases(page: Page) -> list[str]:
    """The numbers of the cases, the one with most files first."""
    page.goto("#/cases")
    page.locator("tbody a").first.wait_for()
    rows = page.locator("tbody tr").all()
    counted = [
        (-int(re.sub(r"\D", "", row.locator("td").nth(2).inner_text())), row.locator("a").inner_text())
        for row in rows
    ]
    return [number for _, number in sorted(counted)]


def has_videos(page: Page, case: str) -> bool:
    """Whether there are videos to choose in a case."""
    page.goto(f"#/cases/{case}/review")
    page.get_by_label("Judged").select_option("")
    settled(page)
    page.wait_for_timeout(500)
    return page.get_by_label("Type").locator("option[value=video]").count() > 0


def review(page: Page, case: str, kind: str = "picture") -> None:
    """The gallery, blurred, with the largest stack chosen."""
    page.goto(f"#/cases/{case}/review")
    page.get_by_label("Judged").select_option("")
    page.get_by_label("Type").select_option(kind)
    page.get_by_label("Sort").select_option("stack")
    if page.get_by_role("button", name="Show blurred").is_visible():
        page.get_by_role("button", name="Show blurred").click()
    page.locator(".tile img").first.wait_for()
    page.locator(".tile").first.click()
    page.locator(".facts").first.wait_for()
    settled(page)
    page.wait_for_timeout(2500)  # the other pictures of the screen


def film(page: Page, case: str) -> None:
    """A video's sheet of key frames with the seconds that it shares."""
    case = next((one for one in cases(page) if has_videos(page, one)), case)
    review(page, case, "video")
    for tile in page.locator(".tile").all()[:12]:
        tile.click()
        settled(page)
        if page.locator(".course").count():
            break
    page.get_by_role("button", name="Reveal").click()
    page.locator(".sheet img").wait_for()


def compare(page: Page, case: str, kind: str = "picture") -> None:
    """Two media beside each other, both revealed."""
    (film if kind == "video" else review)(page, case)
    page.get_by_role("link", name="Compare").first.click()
    page.locator(".picture").nth(1).wait_for()
    for _ in range(2):
        page.get_by_role("button", name="Reveal").first.click()
        page.wait_for_timeout(100)
    page.locator(".picture img").nth(1).wait_for()


def frame(page: Page, case: str) -> None:
    """One frame of the sheet, larger."""
    film(page, case)
    page.locator(".sheet button").nth(2).click()
    page.locator("dialog.frame img").wait_for()


def broken(page: Page, case: str) -> None:
    """What of a list could not be taken."""
    at("lists")(page, case)
    page.locator("button.pressable").first.click()
    settled(page)


def say_in(page: Page, language: str) -> None:
    """Another language, though a dialog may be open that lets nobody choose one."""
    page.locator(".masthead select").first.evaluate(
        """(choice, language) => {
            Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value').set.call(choice, language);
            choice.dispatchEvent(new Event('change', {bubbles: true}));
        }""",
        language,
    )


def take_in(page: Page, case: str) -> None:
    """The dialog by which an exhibit is taken in."""
    at("cases/{case}")(page, case)
    page.get_by_role("button", name="Take in an exhibit").click()
    settled(page)


SCREENS: dict[str, Callable[[Page, str], None]] = {
    "cases": at("cases"),
    "case": at("cases/{case}"),
    "take-in": take_in,
    "review": review,
    "compare": compare,
    "film": film,
    "frame": frame,
    "alignment": lambda page, case: compare(page, case, "video"),
    "lists": at("lists"),
    "broken": broken,
    "match": at("match"),
    "audit": at("audit"),
    "access": at("access"),
    "exposure": at("exposure"),
}


def webp(png: bytes) -> bytes:
    """The picture as WebP, no larger than documents should carry."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in (90, 80, 65, 50):
        out = io.BytesIO()
        image.save(out, "WEBP", quality=quality, method=4)
        if out.tell() <= MOST_BYTES:
            break
    return out.getvalue()


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("holdings", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("screens", nargs="*", metavar="SCREEN", help=", ".join(SCREENS))
    parser.add_argument("--language", default="en")
    asked = parser.parse_args()
    holdings, out, language = asked.holdings, asked.out, asked.language
    wanted = asked.screens or list(SCREENS)
    out.mkdir(parents=True, exist_ok=True)
    command = [
        Path(sys.executable).with_name("consilience"),
        "serve",
        holdings,
        "--no-browser",
        f"--port={PORT}",
    ]
    begun = time.monotonic()
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
        sync_playwright() as playwright,
    ):
        try:
            assert server.stdout is not None
            link = next(found.group(0) for line in server.stdout if (found := re.search(r"http://\S+", line)))
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            context = browser.new_context(
                viewport={"width": 1360, "height": 850}, base_url=link.partition("#")[0]
            )
            page = context.new_page()
            page.set_default_timeout(60_000)
            page.goto(link)
            # The link's key is read by the page: until it has entered, no other address may be asked for.
            page.get_by_role("heading", name="Cases").wait_for()
            case = cases(page)[0]
            for screen in wanted:
                page.set_default_timeout(20_000)
                for theme in ("light", "dark"):
                    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                    if theme == "light":
                        try:
                            SCREENS[screen](page, case)
                        except TimeoutError as error:
                            print(f"{screen}: {str(error).splitlines()[0]}", file=sys.stderr)
                            break
                        say_in(page, language)
                    page.wait_for_timeout(100)
                    named = "" if language == "en" else f"-{language}"
                    path = out / f"workspace-{screen}-{theme}{named}.webp"
                    path.write_bytes(webp(page.screenshot()))
                    print(f"{time.monotonic() - begun:6.1f} s {path}")
                say_in(page, "en")  # screens are found by their English words
            browser.close()
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
