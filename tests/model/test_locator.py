"""Locators: nothing of a name is lost, and they sort as exhibits are walked."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consilience.model.locator import Locator, Step, StepKind, printable

names = st.binary(max_size=8)
locators = st.builds(
    lambda path, members: Locator.of_path(path).into(
        *(Step(StepKind.MEMBER, name, ordinal) for ordinal, name in members)
    ),
    names,
    st.lists(st.tuples(st.integers(0, 2**32 - 1), names), max_size=3),
)


@given(locators)
def test_encoding_loses_nothing(locator: Locator) -> None:
    assert Locator.decode(locator.encode()) == locator


@given(locators, locators)
def test_different_locators_are_encoded_differently(one: Locator, other: Locator) -> None:
    assert (one == other) == (one.encode() == other.encode())


@given(locators, st.integers(0, 5), names)
def test_members_follow_their_archive_and_their_number_orders_them(
    archive: Locator, ordinal: int, name: bytes
) -> None:
    first = archive.into(Step(StepKind.MEMBER, name, ordinal))
    second = archive.into(Step(StepKind.MEMBER, b"", ordinal + 1))
    assert archive.encode() < first.encode() < second.encode()
    assert first.encode().startswith(archive.encode())


@given(names, names)
def test_what_is_shown_tells_names_apart(one: bytes, other: bytes) -> None:
    assert (one == other) == (printable(one) == printable(other))


shown_names = st.text("a» \\ub0", max_size=8).map(str.encode) | names
shown_locators = st.lists(shown_names, min_size=1, max_size=4).map(
    lambda parts: Locator.of_path(parts[0]).into(*(Step(StepKind.MEMBER, name) for name in parts[1:]))
)


@given(shown_locators, shown_locators)
@example(Locator.of_path("z.zip » in".encode()), Locator.of_path(b"z.zip").into(Step(StepKind.MEMBER, b"in")))
def test_what_is_shown_tells_locators_apart(one: Locator, other: Locator) -> None:
    assert (one == other) == (one.display() == other.display())


@given(st.binary())
def test_what_is_shown_is_one_line_without_controls(name: bytes) -> None:
    shown = printable(name)
    shown.encode()  # raises on lone surrogates
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in shown)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a\xffb", "a\\xffb"),
        (b"line\nbreak", "line\\u000abreak"),
        ("gnp.\u202efdp".encode(), "gnp.\\u202efdp"),
        (b"back\\slash", "back\\\\slash"),
        ("žaba.jpg".encode(), "žaba.jpg"),
    ],
)
def test_examples_of_what_is_shown(name: bytes, shown: str) -> None:
    assert printable(name) == shown


@pytest.mark.parametrize(
    "encoded", [b"", b"\x02pa\x00", b"\x01xa\x00", b"\x01pa", b"\x01ma", b"\x01m\0\0\0\0a"]
)
def test_what_is_no_locator_is_refused(encoded: bytes) -> None:
    with pytest.raises(ValueError, match="not an encoded locator"):
        Locator.decode(encoded)
