"""The form of an event in the tree: one form for one event, read back as it was written; and references to names."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.model.audited import AuditedEvent, check_detail, is_code
from consilience.model.references import Reference, ReferenceKind

CODES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:+/-]{0,20}", fullmatch=True)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | CODES,
    lambda values: st.lists(values, max_size=4) | st.dictionaries(CODES, values, max_size=4),
    max_leaves=12,
)
DETAILS = st.dictionaries(CODES, PLAIN, max_size=5)
EVENTS = st.builds(
    AuditedEvent,
    v=st.just(1),
    number=st.integers(1, 1 << 40),
    id=CODES,
    at=st.integers(0, (1 << 63) - 1),
    actor=CODES,
    action=CODES,
    object_kind=CODES,
    object_id=st.none() | CODES,
    case=st.none() | CODES,
    justification=CODES,
    authority=st.none() | CODES,
    outcome=CODES,
    detail=DETAILS,
)


@given(EVENTS)
def test_an_event_is_read_back_as_it_was_written(event: AuditedEvent) -> None:
    leaf = event.encode()
    assert AuditedEvent.decode(leaf) == event
    assert b"\n" not in leaf
    assert check_detail(event.detail) == event.detail


@given(EVENTS)
def test_the_order_of_keys_does_not_matter(event: AuditedEvent) -> None:
    turned = dict(reversed(event.detail.items()))
    assert msgspec.structs.replace(event, detail=turned).hash == event.hash


@given(EVENTS, EVENTS)
def test_another_event_has_another_hash(one: AuditedEvent, other: AuditedEvent) -> None:
    assert (one.hash == other.hash) == (one == other)


@given(st.text(max_size=30))
def test_a_code_has_no_room_for_a_sentence(text: str) -> None:
    if is_code(text):
        assert text.isascii()
        assert text.split() == [text]
    else:
        with pytest.raises(ValueError, match="free text"):
            check_detail({"a": text})


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_reference_means_one_text_under_its_own_key(text: str, other: str) -> None:
    made = Reference.new(ReferenceKind.ACTOR, text)
    assert made.holds
    assert Reference.new(ReferenceKind.ACTOR, text).digest != made.digest
    assert msgspec.structs.replace(made, text=other).holds == (text == other)
    assert not msgspec.structs.replace(made, kind=ReferenceKind.RECIPIENT).holds
    assert not msgspec.structs.replace(made, key=bytes(32)).holds
