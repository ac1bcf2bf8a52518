"""An export as it was signed holds; whatever is done to it is found, and where."""

from __future__ import annotations

import io
import random

import pytest
from exports import ORIGIN, SIGNER, Tampered, checkpoint_of, export_of, leaf, leaves, tamper

from consilience.audit.notes import Checkpoint, NoteError, PublicKey, Signer, open_note
from consilience.audit.verify import Fault, Finding, Verification, verify
from consilience.model.audited import AuditedEvent, check_detail
from consilience.model.merkle import leaf_hash

EVENTS = 40
CHECKPOINTS = (13, 27, 40)


def verification(data: bytes, *kept: Checkpoint) -> Verification:
    return verify(io.BytesIO(data), SIGNER.public, kept)


def test_an_export_as_it_was_signed_holds() -> None:
    of = leaves(EVENTS)
    found = verification(export_of(of, CHECKPOINTS), checkpoint_of(of[:13]))
    assert found.findings == []
    assert (found.events, found.proven, found.anchored) == (40, 40, 13)
    assert [size for size, _ in found.checkpoints] == [13, 13, 27, 40]
    assert [one.size for one in found.stamped] == [13, 27]
    assert "Events 14 to 40 came after the last checkpoint" in found.limits[0]


def test_without_a_kept_checkpoint_the_verification_says_what_it_cannot_exclude() -> None:
    rewritten = export_of(leaves(EVENTS, seed=1), CHECKPOINTS)
    found = verification(rewritten)
    assert found.holds
    assert found.anchored == 0
    assert "whoever holds the signing key rewrote any event" in found.limits[0]
    (finding,) = verification(rewritten, checkpoint_of(leaves(13))).findings
    assert (finding.fault, finding.first, finding.last) == (Fault.REWRITTEN, 1, 13)


def test_events_after_the_last_checkpoint_are_not_proven() -> None:
    found = verification(export_of(leaves(EVENTS), (13, 27)))
    assert [(one.fault, one.first, one.last) for one in found.findings] == [(Fault.UNSIGNED, 28, 40)]
    assert found.proven == 27
    assert "Events 28 to 40 are not proven by any checkpoint." in found.limits


def test_a_log_cut_back_to_an_earlier_checkpoint_is_found_by_a_later_one() -> None:
    of = leaves(EVENTS)
    (finding,) = verification(export_of(of[:27], CHECKPOINTS), checkpoint_of(of)).findings
    assert verification(export_of(of[:27], CHECKPOINTS)).holds
    assert (finding.fault, finding.first, finding.last) == (Fault.CUT, 28, 40)


def test_an_altered_event_is_named_and_the_rest_is_still_proven() -> None:
    of = leaves(EVENTS)
    data = export_of(of, CHECKPOINTS)
    altered = data.replace(of[19], leaf(20, seed=5))
    found = verification(altered, checkpoint_of(of[:13]))
    assert (found.proven, found.anchored) == (40, 13)
    assert [(one.fault, one.first) for one in found.findings if one.first] == [(Fault.ALTERED, 20)]


def test_an_altered_hash_does_not_speak_against_its_event() -> None:
    of = leaves(EVENTS)
    data = export_of(of, CHECKPOINTS).replace(leaf_hash(of[19]).hex().encode(), b"00" * 32)
    found = verification(data)
    assert found.proven == 40
    assert [(one.fault, one.first) for one in found.findings if one.first] == [(Fault.HASH, 20)]


def test_a_change_that_was_computed_anew_lies_between_two_checkpoints() -> None:
    of = leaves(EVENTS)
    changed = [*of[:19], leaf(20, seed=5), *of[20:]]
    data = export_of(of, CHECKPOINTS)
    for old, new in zip(of, changed, strict=True):
        data = data.replace(
            leaf_hash(old).hex().encode() + b" " + old, leaf_hash(new).hex().encode() + b" " + new
        )
    found = verification(data)
    assert found.proven == 13
    assert [(one.fault, one.first, one.last) for one in found.findings if one.first] == [
        (Fault.BETWEEN, 14, 27)
    ]


def test_a_missing_event_is_named() -> None:
    data = export_of(leaves(EVENTS), CHECKPOINTS).splitlines(keepends=True)
    gone = [line for line in data if b'"number":20,' not in line]
    found = verification(b"".join(gone))
    assert (found.findings[0].fault, found.findings[0].first, found.findings[0].last) == (Fault.ORDER, 20, 20)
    assert found.proven == 13


def test_another_log_s_export_and_key_do_not_hold() -> None:
    other = Signer("consilience/ffff", bytes(32))
    found = verify(io.BytesIO(export_of(leaves(3), (3,))), other.public)
    assert {one.fault for one in found.findings} >= {Fault.CHECKPOINT, Fault.SEAL, Fault.FORM}
    assert found.proven == 0


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"{}", b"event \n" * 3, b"consilience audit export 2\n", b"\xff" * 99]
)
def test_what_is_no_export_is_said_to_be_none(data: bytes) -> None:
    assert not verification(data).holds


def caught(tampered: Tampered, found: Verification) -> bool:
    """Whether one finding is where it was tampered with: at the line, or among few enough events around it."""
    bounds = [0, *CHECKPOINTS]

    def here(finding: Finding) -> bool:
        if finding.line is not None and finding.line in tampered.lines:
            return True
        if finding.first is None or finding.last is None:
            return False
        tight = finding.first == finding.last or finding.first - 1 in bounds
        return tight and any(finding.first <= one <= finding.last for one in tampered.events)

    return any(here(one) for one in found.findings)


def tamperings(number: int, seed: int) -> None:
    of = leaves(EVENTS)
    kept = checkpoint_of(of[:13])
    rng = random.Random(seed)
    for _ in range(number):
        tampered = tamper(rng, of, CHECKPOINTS)
        if tampered.data == export_of(of, CHECKPOINTS):
            continue
        found = verification(tampered.data, kept)
        assert not found.holds, tampered
        assert caught(tampered, found), (tampered.how, tampered.lines, tampered.events, found.findings)


def test_tampering_is_found_and_located() -> None:
    tamperings(600, seed=1)


@pytest.mark.long
def test_ten_thousand_tamperings_are_found_and_located() -> None:
    tamperings(10_000, seed=2)


def test_a_key_is_read_as_it_is_written() -> None:
    text = SIGNER.public.encode()
    assert PublicKey.decode(text + "\n") == SIGNER.public
    assert text.startswith(f"{ORIGIN}+{SIGNER.public.id.hex()}+")
    for bad in ("", "a+b", text[:-4], text.replace("0123", "0124", 1), text + "+"):
        with pytest.raises(NoteError):
            PublicKey.decode(bad)


def test_a_note_opens_with_its_key_only() -> None:
    note = SIGNER.note("one\ntwo\n")
    assert open_note(note, SIGNER.public) == "one\ntwo\n"
    both = note + Signer("other", bytes(32)).note("one\ntwo\n").split("\n\n")[1]
    assert open_note(both, SIGNER.public) == "one\ntwo\n"
    for bad in (note.replace("two", "three"), note[:-1], "", "one\n", note.replace("— ", "- ")):
        with pytest.raises(NoteError):
            open_note(bad, SIGNER.public)
    with pytest.raises(NoteError, match="not signed by the key"):
        open_note(note, Signer(ORIGIN, bytes(32)).public)


def test_a_checkpoint_has_one_form() -> None:
    good = checkpoint_of(leaves(5))
    assert Checkpoint.decode(good.encode()) == good
    for bad in (
        "",
        good.encode() + "\n",
        good.encode().replace("\n5\n", "\n05\n"),
        good.encode().replace("at ", ""),
    ):
        with pytest.raises(NoteError):
            Checkpoint.decode(bad)
    with pytest.raises(NoteError, match="another log"):
        foreign = Checkpoint("elsewhere", 5, good.root, good.at)
        Checkpoint.opened(SIGNER.note(foreign.encode()), SIGNER.public)


def test_an_event_has_one_form() -> None:
    good = leaf(3)
    assert AuditedEvent.decode(good).encode() == good
    for bad in (
        b"",
        b"{}",
        good.replace(b":", b": ", 1),
        good.replace(b'"v":1', b'"v":2'),
        good[:-1] + b',"z":1}',
    ):
        with pytest.raises(ValueError, match="event"):
            AuditedEvent.decode(bad)


@pytest.mark.parametrize(
    "detail", [{"a": "free text"}, {"free text": 1}, {"a": 0.5}, {"a": [{"b": b"x"}]}, {"a": 1 << 70}]
)
def test_free_text_does_not_stand_in_the_tree(detail: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"no |text"):
        check_detail(detail)
