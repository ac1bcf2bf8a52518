"""The page in a browser: its policy lets its script run, and filter, sorting and pages do what they say."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import report_samples

from consilience.interchange.report.folder import PAGE, write_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

# What a person does, and what is on the page after it.
ACTIONS = """
const table = document.querySelector("#new table.list");
const [back, on, all] = document.querySelectorAll("#new .tools button");
const [filter] = document.querySelectorAll("#new .tools input");
const heads = table.tHead.querySelectorAll("button");
const shown = () => Array.from(table.tBodies[0].rows).filter((row) => !row.hidden);
const sizes = () => shown().map((row) => Number(row.cells[4].dataset.value));
const type = (text) => { filter.value = text; filter.dispatchEvent(new Event("input")); };
const seen = [];
const note = (value) => seen.push(JSON.stringify(value));
const status = () => document.querySelector("#new .tools output").textContent;
note([status(), shown()[0].cells[0].textContent, back.disabled, on.disabled]);
on.click(); note([status(), shown()[0].cells[0].textContent, back.disabled]);
heads[4].click(); note([status(), heads[4].parentElement.getAttribute("aria-sort")]);
const up = sizes(); note(up.every((size, n) => n === 0 || up[n - 1] <= size));
heads[4].click(); const down = sizes();
note([heads[4].parentElement.getAttribute("aria-sort"), down[0] > up[0]]);
note(down.every((size, n) => n === 0 || down[n - 1] >= size));
on.click(); all.click(); note([status(), shown().length]);
type("HARBOUR png");
note(shown().length > 0 && shown().every((row) => /harbour.*png/s.test(row.textContent)));
type("no such row"); note([status(), shown().length]);
type(""); all.click(); note([status(), shown().length]);
const result = document.createElement("pre");
result.id = "seen";
result.textContent = seen.join("\\n");
document.body.append(result);
"""


def _dom(page: Path, profile: Path) -> str:
    quiet = [
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--no-first-run", *quiet]
    command += [f"--user-data-dir={profile}", "--dump-dom", page.as_uri()]
    return subprocess.run(command, check=True, capture_output=True, timeout=120).stdout.decode()


def test_the_policy_lets_the_script_run_and_no_other(tmp_path: Path) -> None:
    write_report(tmp_path / "out", *report_samples.sample(600, hostile=False))
    page = tmp_path / "out" / PAGE
    page.write_text(
        page.read_text("utf-8").replace("</body>", "<script>document.title = 'x'</script></body>")
    )
    dom = _dom(page, tmp_path / "profile")
    assert 'class="tools"' in dom
    assert "<title>Case report 2026-0117" in dom


def test_filter_sorting_and_pages(tmp_path: Path) -> None:
    write_report(tmp_path / "out", *report_samples.sample(600, hostile=False))
    page = tmp_path / "out" / PAGE
    source = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text("utf-8"))
    page.write_text(source.replace("</body>", f"<script>{ACTIONS}</script></body>"))
    found = re.search(r'<pre id="seen">(.*?)</pre>', _dom(page, tmp_path / "profile"), re.DOTALL)
    assert found is not None
    total = len(re.findall(r"<div>N\d+</div>", source))
    assert found[1].splitlines() == [
        f'["Rows 1 to 50 of {total}","N1",true,false]',
        f'["Rows 51 to 100 of {total}","N51",false]',
        f'["Rows 1 to 50 of {total}","ascending"]',
        "true",
        '["descending",true]',
        "true",
        f'["Rows 1 to {total} of {total}",{total}]',
        "true",
        '["No row fits",0]',
        f'["Rows 1 to 50 of {total}",50]',
    ]
