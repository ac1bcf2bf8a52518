"""Lists of every format and version, kept: what was read from them once is read from them always."""

import json
from pathlib import Path

import pytest
from make_golden_lists import GOLDEN, described

FOLDERS = ("vics", "icse", "plain", "pdq-list", "columns", "nsrl", "encase", "vpdq", "tmk")
EXPECTED = sorted(path for folder in FOLDERS for path in (GOLDEN / folder).glob("*/*.expected.json"))


def test_there_are_golden_lists_of_every_format() -> None:
    assert {path.parts[len(GOLDEN.parts)] for path in EXPECTED} == set(FOLDERS)


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: "/".join(path.parts[-3:]))
def test_a_golden_list_says_what_it_said(expected: Path) -> None:
    path = expected.with_name(expected.name.removesuffix(".expected.json"))
    assert described(path) == json.loads(expected.read_text())
