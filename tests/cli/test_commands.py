"""The command line as a person and a program meet it."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from consilience.errors import ConsilienceError, FormatError, HoldingsError, NotFoundError, UsageError


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from consilience.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def done(*arguments: str | Path, cwd: Path | None = None) -> str:
    ran = run(*arguments, cwd=cwd)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def lines(output: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


HOSTILE = "\x1b[31m.png"
"""A picture's name that would colour a terminal."""

LONG = "n" * 300
"""A name that the system refuses to everybody, as it refuses a folder without permission to most."""


def texture(seed: int) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((300, 300), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with holdings, one case, one list and one exhibit taken in."""
    place = tmp_path_factory.mktemp("place")
    exhibit = place / "stick"
    exhibit.mkdir()
    texture(1).save(exhibit / "one.png")
    texture(1).rotate(90, expand=True).save(exhibit / "turned.jpg", quality=90)
    texture(2).save(exhibit / "two.png")
    texture(3).save(exhibit / HOSTILE)
    (exhibit / "<b>note<b>\x1b[31m.txt").write_text("note")
    (exhibit / "cut.png").write_bytes((exhibit / "two.png").read_bytes()[:60])
    (place / "known.txt").write_text(
        "".join(
            hashlib.sha256((exhibit / name).read_bytes()).hexdigest() + "  listed\n"
            for name in ("two.png", HOSTILE)
        )
    )
    done("init", "unit", cwd=place)
    done("case", "new", "2026-1", "--title", "Harbour", "-H", "unit", cwd=place)
    done(
        "list", "import", "known.txt", "--name", "known", "--role", "alert", "-H", "unit", cwd=place
    )  # fmt: skip
    done("ingest", "stick", "--case", "2026-1", "--exhibit", "A-1", "-H", "unit", cwd=place)
    return place


def test_the_main_job(place: Path) -> None:
    _, match = lines(done("matches", "--case", "2026-1", "--json", "-H", "unit", cwd=place))
    assert [file["locator"] for file in match["files"]] == ["two.png"]
    assert match["matches"][0]["list"] == "known"
    assert match["matches"][0]["agreement"]["basis"] == "sha256"
    (stack,) = lines(done("stacks", "--case", "2026-1", "--json", "-H", "unit", cwd=place))
    assert stack["representative"]["files"][0]["locator"] == "one.png"
    (member,) = stack["members"]
    assert member["distance"] <= 31
    assert member["orientation"] in ("rotated-90", "rotated-270")
    shown = done("show", match["media"]["sha256"], "-H", "unit", cwd=place)
    assert "matches entry sha256:" in shown
    assert " is entry" not in shown


def test_a_report_for_people_and_programs(place: Path) -> None:
    summary = done("report", "--case", "2026-1", "--out", "report", "-H", "unit", cwd=place)
    assert "Same bytes as an alert-list entry" in summary
    report = json.loads((place / "report" / "report.json").read_text())
    assert report["tally"]["files"] == 6
    assert sum(report["tally"]["outcomes"].values()) == 6
    page = (place / "report" / "report.html").read_text()
    assert "<b>note" not in page
    assert "\x1b" not in page
    assert len((place / "report" / "files.jsonl").read_text().splitlines()) == 6


def test_the_terminal_gets_no_terminal_codes_of_the_exhibit(place: Path) -> None:
    for command in (("hash", "stick"), ("matches", "--case", "2026-1", "-H", "unit")):
        printed = run(*command, cwd=place).stdout
        assert "[31m.png" in printed
        assert "\x1b" not in printed


def test_hash_gives_the_documented_object(place: Path) -> None:
    ran = run("hash", "--json", "stick/one.png", "stick/cut.png", cwd=place)
    picture, cut = lines(ran.stdout)
    data = (place / "stick" / "one.png").read_bytes()
    assert set(picture) == {
        "path", "sha256", "sha1", "md5", "media_type", "size", "pdq", "pdq_quality",
    }  # fmt: skip
    assert picture["path"] == "stick/one.png"
    assert picture["sha256"] == hashlib.sha256(data).hexdigest()
    assert (picture["media_type"], picture["size"]) == ("image/png", len(data))
    assert len(picture["pdq"]) == 64
    assert cut["error"]["code"] == "damaged"
    assert ran.returncode == 1


def test_compare_says_what_agrees(place: Path) -> None:
    same = run("compare", "stick/one.png", "stick/one.png", cwd=place)
    assert (same.returncode, same.stdout) == (0, "Same bytes.\n")
    turned = run("compare", "--json", "stick/one.png", "stick/turned.jpg", cwd=place)
    (found,) = lines(turned.stdout)
    assert turned.returncode == 0
    assert found["agrees"] is True
    assert found["orientation"] == "rotated-90"
    other = run("compare", "stick/one.png", "stick/two.png", cwd=place)
    assert other.returncode == 1
    assert other.stdout.startswith("no match: ")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("matches", "--case", "nope", "-H", "unit"), 3, "no case nope. There is: 2026-1."),
        (("ingest", "missing", "--case", "2026-1", "--exhibit", "B", "-H", "unit"), 2, "missing: no such folder"),
        (("ingest", "stick", "--case", "nope", "--exhibit", "B", "-H", "unit"), 3, "no case nope"),
        (("ingest", "stick", "--case", "2026-1", "--exhibit", " ", "-H", "unit"), 2, "an exhibit needs a number"),
        (("list", "import", "stick/one.png", "--name", "x", "--role", "alert", "-H", "unit"), 4, "stick/one.png"),
        (("list", "import", "missing", "--name", "x", "--role", "alert", "-H", "unit"), 2, "missing: no such file"),
        (("list", "import", "known.txt", "--name", "x", "--role", "good", "-H", "unit"), 2, "'good' is not one of"),
        (("list", "show", "nope", "-H", "unit"), 3, "no list nope"),
        (("case", "new", "2026-1", "-H", "unit"), 2, "case 2026-1 exists already"),
        (("init", "unit"), 2, "unit is not empty"),
        (("matches", "--case", "x", "-H", "stick"), 5, "stick holds no holdings"),
        (("show", "abc", "-H", "unit"), 2, "is not a SHA-256"),
        (("show", "ab" * 32, "-H", "unit"), 3, "no content abab"),
        (("hash", "missing"), 2, "missing: no such folder or file"),
        (("compare", "stick/one.png", "missing"), 2, "missing: no such folder or file"),
        (("report", "--case", "2026-1", "--out", "stick", "-H", "unit"), 2, "stick: holds something other"),
        (("ingest", "stick", "--case", "2026-1", "--exhibit", "B", "--seconds", "nan", "-H", "unit"), 2, "nan"),
        (("ingest", "stick", "--case", "2026-1", "--exhibit", "B", "--seconds", "inf", "-H", "unit"), 2, "inf"),
        (("ingest", "stick", "--case", "2026-1", "--exhibit", "B", "--memory", "99999999999999", "-H", "unit"), 2, "not in the range"),
        (("ingest", "stick", "--case", "2026-1", "--exhibit", "B", "--pixels", "9" * 30, "-H", "unit"), 2, "not in the range"),
        (("matches", "--case", "a\udcff", "-H", "unit"), 2, "not UTF-8"),
        (("ingest", "stick", "--case", "2026-1", "--exhibit", "a\udcff", "-H", "unit"), 2, "not UTF-8"),
        (("case", "new", "a\udcff", "-H", "unit"), 2, "not UTF-8"),
        (("case", "new", "x", "--title", "a\nb", "-H", "unit"), 2, "control character"),
        (("list", "import", "known.txt", "--name", "a\udcff", "--role", "alert", "-H", "unit"), 2, "not UTF-8"),
        (("ingest", LONG, "--case", "2026-1", "--exhibit", "B", "-H", "unit"), 3, "File name too long"),
        (("list", "import", LONG, "--name", "x", "--role", "alert", "-H", "unit"), 3, "File name too long"),
        (("hash", LONG), 3, "File name too long"),
        (("matches", "--case", "x", "-H", LONG), 5, "File name too long"),
        (("nonsense",), 2, "No such command 'nonsense'"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_an_exit_code(
    place: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = run(*arguments, cwd=place)
    assert said in ran.stderr
    assert ran.stderr.startswith("consilience: ")
    assert len(ran.stderr.splitlines()) == 1
    assert ran.returncode == code
    assert ran.stdout == ""


def test_exit_codes_are_those_of_the_help() -> None:
    help_ = done("--help")
    for error in (ConsilienceError, UsageError, NotFoundError, FormatError, HoldingsError):
        assert f" {error.exit_code}  " in help_


def test_a_picture_piped_nowhere_still_ends_well(place: Path) -> None:
    """A reader that leaves early, as `head` does, is no error."""
    script = f"{sys.executable} -c 'from consilience.cli import main; main()' hash --json stick | head -c 10"
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=place, check=False)
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    "arguments",
    [("hash", "stick"), ("hash", "--json", "stick"), ("stacks", "--case", "2026-1", "-H", "unit")],
)
def test_a_full_disk_behind_the_output_is_one_line(place: Path, arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", "from consilience.cli import main; main()", *arguments]
    with open("/dev/full", "wb") as full:
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=place, check=False)
    assert ran.stderr == "consilience: No space left on device\n"
    assert ran.returncode == ConsilienceError.exit_code


def test_a_folder_whose_name_is_not_utf_8(tmp_path: Path) -> None:
    assert "Holdings made in a\\xff." in done("init", "a\udcff", cwd=tmp_path)


def test_damaged_holdings_are_said(place: Path, tmp_path: Path) -> None:
    (tmp_path / "consilience.sqlite").write_bytes(io.BytesIO(b"garbage" * 1000).getvalue())
    ran = run("matches", "--case", "x", "-H", tmp_path)
    assert ran.returncode == 5
    assert len(ran.stderr.splitlines()) == 1
