"""Pictures of every screen, for the documents: `python scripts/screens.py HOLDINGS OUT`.

Serves the holdings (of the demonstration: nothing else belongs into documents), visits each screen in light
and dark, and writes ``workspace-SCREEN-THEME.png``. Needs Chromium.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

SCREENS = ("cases", "case", "review", "compare", "lists", "audit", "access", "exposure")
PORT = 8479


def show(page: Page, screen: str, case: str) -> None:
    """Bring a screen into the state in which it is best shown."""
    if screen == "compare":
        show(page, "review", case)
        page.locator("[role=grid]").focus()
        page.keyboard.press("Home")
        page.get_by_role("link", name="Compare").first.click()
        page.locator(".picture").first.wait_for()
        for button in page.get_by_role("button", name="Reveal").all():
            button.click()
        page.locator(".picture img").nth(1).wait_for()
        return
    page.goto("#/" + {"case": f"cases/{case}", "review": f"cases/{case}/review"}.get(screen, screen))
    if screen == "review":
        page.get_by_label("Sort").select_option("stack")
        page.get_by_role("button", name="Show blurred").click()
        page.locator(".tile img").first.wait_for()
        page.locator(".tile").first.click()
        page.locator(".facts").first.wait_for()
    page.wait_for_load_state("networkidle")


def main() -> None:
    """See the module."""
    holdings, out = Path(sys.argv[1]), Path(sys.argv[2])
    command = [
        Path(sys.executable).with_name("consilience"),
        "serve",
        holdings,
        "--no-browser",
        f"--port={PORT}",
    ]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
        sync_playwright() as playwright,
    ):
        assert server.stdout is not None
        link = next(found.group(0) for line in server.stdout if (found := re.search(r"http://\S+", line)))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": 1360, "height": 850}, base_url=link.partition("#")[0]
        )
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.goto(link)
        case = page.locator("tbody a").first.inner_text()
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            for screen in SCREENS:
                show(page, screen, case)
                page.screenshot(path=out / f"workspace-{screen}-{theme}.png")
        browser.close()
        server.terminate()


if __name__ == "__main__":
    main()
