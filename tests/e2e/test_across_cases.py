"""What lies in another case too, or matches a content there, is shown with that case, and compared with it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from playwright.sync_api import Browser, expect

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
sys.path.insert(0, str(Path(__file__).parents[1] / "services"))

from served import free_port, process
from world import encoded, make_holdings, picture, take_in

from consilience.runs.local import LocalExecutor
from consilience.settings import Limits


def test_a_match_with_a_content_of_another_case_is_compared_and_judged(
    browser: Browser, tmp_path: Path
) -> None:
    for name, quality in (("first", 95), ("second", 40)):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.jpg").write_bytes(encoded(picture(1), quality=quality))
    with make_holdings(tmp_path / "held", "C 1/a", "C2") as holdings, LocalExecutor(Limits(), 1) as executor:
        take_in(holdings, executor, tmp_path / "first", case="C 1/a")
        take_in(holdings, executor, tmp_path / "second", case="C2")
    with process(tmp_path / "held", free_port()) as said:
        found = re.search(r"http://\S+", said)
        assert found is not None
        page = browser.new_context(viewport={"width": 1360, "height": 850}).new_page()
        page.goto(found[0])
        page.get_by_role("link", name="C2").click()
        page.get_by_role("link", name="Review").first.click()
        page.locator(".tile").first.click()
        expect(page.get_by_text("C 1/a · E1: first.jpg")).to_be_visible()
        page.get_by_role("link", name="Compare").click()
        reason = page.locator("section", has=page.get_by_role("heading", name="Why they were matched"))
        expect(reason.get_by_text(re.compile(r"PDQ, \d+ bits apart"))).to_be_visible()
        for heading in ("E1: second.jpg", "C 1/a · E1: first.jpg"):
            side = page.locator("section", has=page.get_by_role("heading", name=heading, exact=True))
            side.get_by_role("button", name="Reveal").click()
            expect(side.locator("img")).to_be_visible()
        reason.get_by_role("button", name="Same", exact=True).click()
        reason.get_by_label("Reason").fill("the same pattern")
        reason.get_by_role("button", name="Judge").click()
        expect(reason.get_by_text("the same pattern")).to_be_visible()
        page.context.close()
