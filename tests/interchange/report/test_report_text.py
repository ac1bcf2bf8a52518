"""Values as words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.interchange.report import text
from consilience.interchange.report.records import Camera, EntryMatch
from consilience.model.examination import ORIENTATIONS, Orientation
from consilience.model.lists import Role
from consilience.model.locator import printable
from consilience.model.matching import Basis
from consilience.model.times import Timestamp


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.00 kB"),
        (9_994, "9.99 kB"),
        (9_996, "10.0 kB"),
        (99_960, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (4_294_967_296, "4.29 GB"),
        (10**21, "1000 EB"),
    ],
)
def test_size(number: int, words: str) -> None:
    assert text.size(number) == words


@given(st.integers(0, 10**20))
def test_size_is_within_half_a_step(number: int) -> None:
    value, unit = text.size(number).split()
    power = ("B", "kB", "MB", "GB", "TB", "PB", "EB").index(unit)
    assert abs(float(value.replace(",", "")) * 1000**power - number) <= number * 0.00501 + 0.5


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (0, 0, "0 %"),
        (0, 5, "0 %"),
        (1, 360_000, "< 0.1 %"),
        (359_999, 360_000, "> 99.9 %"),
        (1, 8, "12.5 %"),
        (5, 5, "100.0 %"),
    ],
)
def test_share_never_hides_a_file(part: int, whole: int, words: str) -> None:
    assert text.share(part, whole) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.00 s"),
        (0.424, "0.42 s"),
        (38.2, "38 s"),
        (59.7, "1 min 00 s"),
        (245, "4 min 05 s"),
        (11_520, "3 h 12 min"),
    ],
)
def test_duration(seconds: float, words: str) -> None:
    assert text.duration(seconds) == words


def test_a_time_says_its_doubt_once() -> None:
    unknown = Timestamp("taken", "2024:05:01 12:00:00", "unknown", "camera", 1.0, None)
    apart = Timestamp("taken", "2024:05:01 12:00:00", "+02:00", "camera", 1.0, 1_714_557_600 * 10**9)
    within = Timestamp("taken", "2024:05:01 12:00:00+02:00", "+02:00", "camera", 1.0, 1_714_557_600 * 10**9)
    assert text.clock_time(unknown) == "2024:05:01 12:00:00 (zone unknown)"
    assert text.clock_time(apart) == "2024:05:01 12:00:00 (+02:00)"
    assert text.clock_time(within) == "2024:05:01 12:00:00+02:00"


def test_plural() -> None:
    assert [text.plural(number, "file") for number in (0, 1, 1_200)] == ["0 files", "1 file", "1,200 files"]


def test_device_names_the_make_once() -> None:
    assert text.device(Camera("Fujimoto", "Fujimoto X200")) == "Fujimoto X200"
    assert text.device(Camera("Larkspur", "L9")) == "Larkspur L9"
    assert text.device(Camera("", "L9")) == "L9"
    assert text.device(Camera("Larkspur", "")) == "Larkspur"


@pytest.mark.parametrize("basis", list(Basis))
def test_every_basis_has_words(basis: Basis) -> None:
    match = EntryMatch("l", "e", Role.ALERT, basis, None, "pdq 1", 1, Orientation.ROTATED_90, "preview:2")
    words = "same bytes by" if basis.same_bytes else "pdq 1, turned by 90°, preview 2, 1 bit"
    assert text.agreement(match).startswith(words)


def test_every_orientation_has_its_own_words() -> None:
    assert len({text.turned(orientation) for orientation in ORIENTATIONS}) == 8


@given(st.binary(max_size=80))
def test_display_text_comes_out_as_it_went_in(raw: bytes) -> None:
    assert text.harmless(printable(raw)) == printable(raw)


@given(st.text(max_size=80))
def test_harmless_is_one_line_and_stays(value: str) -> None:
    shown = text.harmless(value)
    assert len(shown.splitlines()) <= 1
    assert text.harmless(shown) == shown
