"""The page is valid, closed to the world, readable without a script, and shows hostile names as text."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import msgspec
import pytest
import report_samples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consilience.interchange.report.folder import PAGE, write_report
from consilience.interchange.report.page import LIMIT_WORDS, LONGEST
from consilience.interchange.report.records import (
    ROWS_SHOWN,
    Camera,
    EntryMatch,
    ExhibitPair,
    FileRow,
    Findings,
    Sharing,
)
from consilience.interchange.report.text import harmless
from consilience.model.lists import Role
from consilience.model.locator import Locator
from consilience.model.matching import Basis
from consilience.model.outcomes import Outcome
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
LANDMARKS = ("header", "nav", "main", "footer")


def _page(folder: Path, findings: Findings, rows: object) -> tuple[Element, str]:
    write_report(folder, findings, rows)  # type: ignore[arg-type]
    source = (folder / PAGE).read_text("utf-8")
    # Strict: any error of nesting, of attributes or of characters raises.
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(source), source


def _one(row: FileRow) -> tuple[Findings, list[FileRow]]:
    findings, _ = report_samples.sample(0)
    exhibits = (msgspec.structs.replace(findings.exhibits[0], files=1), *findings.exhibits[1:])
    return msgspec.structs.replace(findings, exhibits=exhibits), [row]


def _text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _elements(tree: Element) -> int:
    return sum(element.tag != "wbr" for element in tree.iter())


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[Element, str]:
    return _page(tmp_path_factory.mktemp("page") / "out", *report_samples.sample(2_000))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> tuple[Element, str]:
    return _page(tmp_path_factory.mktemp("bare") / "out", report_samples.empty(), ())


def test_ids_are_unique_and_every_reference_within_the_page_has_its_target(page: tuple[Element, str]) -> None:
    ids = Counter(element.get("id") for element in page[0].iter() if element.get("id"))
    assert set(ids.values()) == {1}
    targets = [
        element.get("href", "")[1:] for element in page[0].iter("a") if element.get("href", "")[0] == "#"
    ]
    labels = [
        name for element in page[0].iter() for name in (element.get("aria-labelledby") or "").split() if name
    ]
    assert len(targets) > 9 and len(labels) > 8
    assert set(targets + labels) <= set(ids)


def test_nothing_is_loaded_from_anywhere(page: tuple[Element, str]) -> None:
    tree, _ = page
    names = {element.tag for element in tree.iter() if isinstance(element.tag, str)}
    assert not names & {
        "link",
        "img",
        "image",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "video",
        "audio",
        "use",
    }
    for element in tree.iter():
        attributes = set(element.attrib)
        assert not attributes & {"src", "srcset", "style", "action", "formaction", "xlink:href"}, element.tag
        assert not [name for name in attributes if str(name).startswith("on")]
        if element.tag == "a":
            assert re.fullmatch(r"#\w+|report\.json|files\.jsonl|files\.csv", element.get("href", ""))
    style = next(tree.iter("style")).text or ""
    assert "@import" not in style
    assert set(re.findall(r"url\(([^)]*)\)", style)) == {"#hatch-alert", "#hatch-held", "#hatch-ink"}
    assert not [value for element in tree.iter() for value in element.attrib.values() if "//" in value]
    assert "//" not in re.sub(r"/\*.*?\*/|(?m:^//.*$)", "", style + (next(tree.iter("script")).text or ""))


def test_the_policy_allows_this_style_and_this_script_only(page: tuple[Element, str]) -> None:
    tree, source = page
    (policy,) = [
        element.get("content")
        for element in tree.iter("meta")
        if element.get("http-equiv") == "Content-Security-Policy"
    ]
    assert source.index("Content-Security-Policy") < source.index("<style>")

    def digest(tag: str) -> str:
        (element,) = tree.iter(tag)
        return base64.b64encode(hashlib.sha256((element.text or "").encode()).digest()).decode()

    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest('style')}'; "
        f"script-src 'sha256-{digest('script')}'; base-uri 'none'; form-action 'none'"
    )


def test_a_reader_who_listens_finds_the_way(page: tuple[Element, str]) -> None:
    tree, _ = page
    assert tree.get("lang") == "en-GB"
    assert [sum(1 for _ in tree.iter(name)) for name in LANDMARKS] == [1, 1, 1, 1]
    body = tree.find("body")
    assert body is not None and body[0].tag == "a" and body[0].get("href") == "#summary"
    levels = [
        int(str(e.tag)[1]) for e in tree.iter() if isinstance(e.tag, str) and re.fullmatch("h[1-6]", e.tag)
    ]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for drawing in tree.iter("svg"):
        assert drawing.get("aria-hidden") == "true" or drawing.get("aria-label")


def test_tables_say_what_they_are(page: tuple[Element, str]) -> None:
    tables = list(page[0].iter("table"))
    assert len(tables) > 15
    numbers = []
    for table in tables:
        caption = table.find("caption")
        assert caption is not None and len(_text(caption)) > 8
        numbers.append(_text(caption).split()[1])
        heads = list(table.iter("th"))
        assert heads and all(head.get("scope") in ("col", "row", "rowgroup") for head in heads)
        assert len(list(table.iter("thead"))) == 1
        for row in table.iter("tr"):
            assert row.get("class") == "group" or len(row) > 1 or row[0].get("class") == "more"
    assert numbers == [str(number) for number in range(1, len(tables) + 1)]
    for region in page[0].iter("div"):
        if region.get("class") == "scroll":
            assert (
                region.get("tabindex") == "0" and region.get("role") == "region" and region.get("aria-label")
            )


def test_rows_of_a_table_are_as_wide_as_its_head(
    page: tuple[Element, str], bare: tuple[Element, str]
) -> None:
    for tree in (page[0], bare[0]):
        for table in tree.iter("table"):
            spans: dict[int, int] = {}
            rows = list(table.iter("tr"))
            width = sum(int(cell.get("colspan", 1)) for cell in rows[0])
            for number, row in enumerate(rows):
                down = spans.pop(number, 0)
                assert down + sum(int(cell.get("colspan", 1)) for cell in row) == width, _text(row)
                for cell in row:
                    for below in range(1, int(cell.get("rowspan", 1))):
                        spans[number + below] = spans.get(number + below, 0) + 1


def test_the_outcomes_add_up_on_the_page(page: tuple[Element, str]) -> None:
    (equation,) = [e for e in page[0].iter("p") if e.get("class") == "equation"]
    values = [
        int("".join(e.itertext()).strip("=+ \n").replace(",", ""))
        for e in equation.iter("span")
        if e.get("class") == "value"
    ]
    assert values[0] == 2_000 == sum(values[1:])
    assert len(values) == 10


def test_every_row_is_there_without_the_script(page: tuple[Element, str]) -> None:
    text = _text(page[0])
    assert (f"N{1}" in text and "First 500 of" in text) or "All" in text
    for row in page[0].iter("tr"):
        assert row.get("hidden") is None


@pytest.mark.parametrize("name", report_samples.HOSTILE)
def test_hostile_names_are_shown_as_text(tmp_path: Path, name: bytes) -> None:
    locator = Locator.of_path(name)
    row = FileRow(
        exhibit="TT-01", locator=locator.display(), locator_bytes=locator.encode(), outcome=Outcome.NEW
    )
    plain = msgspec.structs.replace(row, locator="a.jpg")
    tree, source = _page(tmp_path / "out", *_one(row))
    without, _ = _page(tmp_path / "plain", *_one(plain))
    assert not UNSAFE.search(source)
    shown = [_text(e) for e in tree.iter("span") if e.get("class") == "name path"]
    assert len(locator.display()) > LONGEST or " ".join(locator.display().split()) in shown
    extra = 3 if len(locator.display()) > LONGEST else 0
    assert _elements(tree) - extra <= _elements(without)


# Text that the holdings did not make safe: clues, entry ids, details, and what people type.
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_any_text_anywhere_makes_a_valid_page(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    row = FileRow(
        exhibit="TT-01",
        locator=harmless(text),
        locator_bytes=b"",
        outcome=Outcome.ALERT_NEAR,
        media_type=text,
        camera=Camera(text, text, text),
        problem=Problem(ProblemCode.DAMAGED, text),
        matches=(EntryMatch("list-1", text, Role.ALERT, Basis.PDQ, text, text, 3),),
    )
    findings, rows = _one(row)
    head = msgspec.structs.replace(
        findings.head, case=text, title=text, agency=text, justification=text, software={text: text}
    )
    used = tuple(msgspec.structs.replace(one, name=text, origin=text, edition=text) for one in findings.lists)
    findings = msgspec.structs.replace(findings, head=head, lists=used)
    tree, source = _page(tmp_path_factory.mktemp("text") / "out", findings, rows)
    assert not UNSAFE.search(source)
    assert " ".join(harmless(text).split()) in _text(tree)


def test_a_case_without_anything_explains_itself(bare: tuple[Element, str]) -> None:
    text = _text(bare[0])
    for sentence in (
        "No file was taken in.",
        "This case has no exhibit yet.",
        "No list was compared.",
        "Nothing new.",
        "No stacks.",
        "Nothing is shared between exhibits.",
        "Nothing is shared with another case.",
        "Every file could be read.",
        "No file names a device.",
        "No exhibit was read.",
    ):
        assert sentence in text


def test_what_is_unfinished_is_said_before_the_first_figure(page: tuple[Element, str]) -> None:
    (note,) = [e for e in page[0].iter("div") if e.get("role") == "note"]
    assert "The last reading of exhibit TT-02 did not finish." in _text(note)
    assert "3 records could not be taken from list National reference (edition 2026-10)." in _text(note)


def test_many_exhibits_are_pairs_not_a_matrix(tmp_path: Path) -> None:
    findings, _ = report_samples.sample(0)
    numbers = [f"TT-{number:02d}" for number in range(60)]
    exhibits = tuple(
        msgspec.structs.replace(findings.exhibits[0], number=number, files=0) for number in numbers
    )
    sharing = Sharing(exhibits=(ExhibitPair("TT-03", "TT-58", 17, 2),))
    tree, _ = _page(
        tmp_path / "out", msgspec.structs.replace(findings, exhibits=exhibits, sharing=sharing), ()
    )
    assert not [table for table in tree.iter("table") if "matrix" in table.get("class", "")]
    assert ["TT-03", "TT-58", "17", "2"] in [[_text(cell) for cell in row] for row in tree.iter("tr")]


def test_the_page_stays_small_however_many_files(tmp_path: Path) -> None:
    _, source = _page(tmp_path / "out", *report_samples.sample(12_000, hostile=False))
    assert f"First {ROWS_SHOWN} of" in source
    assert len(source) < 2_500_000


def test_the_same_report_makes_the_same_page(tmp_path: Path) -> None:
    pages = [_page(tmp_path / name, *report_samples.sample(300))[1] for name in ("a", "b")]
    assert pages[0] == pages[1]


def test_every_limit_of_a_reading_has_words() -> None:
    assert set(LIMIT_WORDS) == {field.name for field in msgspec.structs.fields(Limits)}


def test_a_shared_content_says_how_many_places_are_left_out(tmp_path: Path) -> None:
    findings, rows = report_samples.sample(30)
    content = msgspec.structs.replace(findings.sharing.contents[0], places=1_204)
    sharing = msgspec.structs.replace(findings.sharing, contents=(content,))
    tree, _ = _page(tmp_path / "out", msgspec.structs.replace(findings, sharing=sharing), rows)
    assert "and 1,201 more places" in _text(tree)
