"""vPDQ's text and JSON forms."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.errors import FormatError
from consilience.interchange import vpdq
from consilience.interchange.vpdq import Frame

GOLDEN = Path(__file__).parents[1] / "golden" / "vpdq" / "1"

frames = st.lists(
    st.builds(
        Frame,
        st.integers(0, 10**9),
        st.integers(0, 100),
        st.binary(min_size=32, max_size=32),
        st.integers(0, 10**9).map(lambda thousandths: thousandths / 1000),
    ),
    min_size=1,
    max_size=20,
)


@given(frames)
def test_both_forms_come_back(given_frames: list[Frame]) -> None:
    assert vpdq.read_text(vpdq.write_text(given_frames)) == given_frames
    bare = [Frame(None, one.quality, one.code, one.seconds) for one in given_frames]
    assert vpdq.read_json(vpdq.write_json(given_frames)) == bare


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (vpdq.read_text, vpdq.read_json):
        with contextlib.suppress(FormatError):
            read(text)


def test_what_is_wrong_is_said_with_its_line() -> None:
    code = "0f" * 32
    for line, words in (
        (f"0,100,{code}", "line 2 is not"),
        (f"0,101,{code},1.0", "line 2 has no quality"),
        (f"0,100,{code[1:]},1.0", "line 2 has no code"),
        (f"0,100,{code},-1", "line 2 has no time"),
    ):
        with pytest.raises(FormatError, match=words):
            vpdq.read_text(f"0,100,{code},0.000\n{line}\n")
    with pytest.raises(FormatError, match="feature 0"):
        vpdq.read_json('["no"]')
    with pytest.raises(FormatError, match="without a frame"):
        vpdq.read_json("[]")


def test_golden_files() -> None:
    """The text file is what ``vpdq`` 0.2.5's features give in the program's form, for a film of ours."""
    text = (GOLDEN / "pattern.txt").read_text()
    read = vpdq.read_text(text)
    assert vpdq.write_text(read) == text
    assert [frame.number for frame in read] == [0, 25, 50]
    signal = (GOLDEN / "pattern.json").read_text()
    assert [one.code for one in vpdq.read_json(signal)] == [one.code for one in read]
    assert vpdq.write_json(vpdq.read_json(signal)) == signal


def test_a_fingerprint_becomes_frames_and_comes_back() -> None:
    read = vpdq.read_text((GOLDEN / "pattern.txt").read_text())
    codes = vpdq.codes_of(read)
    assert vpdq.frames_of(codes, rate=25.0) == read
