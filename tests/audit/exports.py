"""Exports made in memory, and ways to tamper with them."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import NamedTuple

from consilience.audit.export import ExportWriter
from consilience.audit.notes import Checkpoint, Signer
from consilience.model.audited import AuditedEvent
from consilience.model.merkle import Frontier, leaf_hash
from consilience.model.references import Reference, ReferenceKind

ORIGIN = "consilience/0123456789abcdef0123456789abcdef"
SIGNER = Signer(ORIGIN, bytes(range(32)))


def leaf(number: int, seed: int = 0) -> bytes:
    rng = random.Random(number * 1000 + seed)
    return AuditedEvent(
        number=number,
        id=rng.randbytes(16).hex(),
        at=1_795_000_000_000_000_000 + number,
        actor=rng.randbytes(32).hex(),
        action=rng.choice(["read", "collect", "disclose"]),
        object_kind="media",
        object_id=None,
        case=rng.randbytes(16).hex(),
        justification="review",
        authority=None,
        outcome="done",
        detail={"count": rng.randrange(9)},
    ).encode()


def leaves(number: int, seed: int = 0) -> list[bytes]:
    return [leaf(one, seed) for one in range(1, number + 1)]


def checkpoint_of(of: Sequence[bytes], signer: Signer = SIGNER) -> Checkpoint:
    tree = Frontier()
    for one in of:
        tree.append(leaf_hash(one))
    return Checkpoint(signer.public.origin, len(of), tree.root(), "2026-11-22T01:40:00Z")


def export_of(of: Sequence[bytes], checkpoints: Sequence[int], signer: Signer = SIGNER) -> bytes:
    """An export with checkpoints after these numbers of events, and two names."""
    out = io.BytesIO()
    writer = ExportWriter(out, signer)
    for number, one in enumerate(of, 1):
        writer.event(one)
        if number in checkpoints:
            token = b"not asked about here" if number % 2 else None
            writer.checkpoint(signer.note(checkpoint_of(of[:number], signer).encode()), token)
    for name in ("somebody", "an order"):
        writer.name(Reference(*_reference(name)))
    writer.close()
    return out.getvalue()


def _reference(name: str) -> tuple[bytes, ReferenceKind, str, bytes]:
    made = Reference.new(ReferenceKind.ACTOR, name)
    return made.digest, made.kind, made.text, made.key


class Tampered(NamedTuple):
    """A tampered export, and what was touched: lines from 1, and numbers of events."""

    how: str
    data: bytes
    lines: range
    events: range


def _event_numbers(lines: Sequence[bytes]) -> list[int]:
    """For each line, the number of the next event at or after it."""
    numbers, count = [], 0
    for line in lines:
        numbers.append(count + 1)
        count += line.startswith(b"event ")
    return numbers


def tamper(rng: random.Random, of: Sequence[bytes], checkpoints: Sequence[int]) -> Tampered:
    """One random tampering of an export of these leaves."""
    good = export_of(of, checkpoints)
    return rng.choice(WAYS)(rng, good, of, checkpoints)


def _flip(rng: random.Random, good: bytes, *_: object) -> Tampered:
    at = rng.randrange(len(good))
    bad = bytearray(good)
    bad[at] ^= 1 << rng.randrange(8)
    return _touched("flip", good, bytes(bad))


def _drop(rng: random.Random, good: bytes, *_: object) -> Tampered:
    lines = good.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    return _touched("drop", good, b"".join(lines[:at] + lines[at + 1 :]))


def _swap(rng: random.Random, good: bytes, *_: object) -> Tampered:
    lines = good.splitlines(keepends=True)
    one, other = sorted(rng.sample(range(len(lines)), 2))
    lines[one], lines[other] = lines[other], lines[one]
    return _touched("swap", good, b"".join(lines))


def _insert(rng: random.Random, good: bytes, of: Sequence[bytes], *_: object) -> Tampered:
    lines = good.splitlines(keepends=True)
    at = rng.randrange(len(lines) + 1)
    if rng.random() < 0.5:
        new = rng.choice(lines)
    else:
        forged = leaf(rng.randrange(1, len(of) + 2), seed=7)
        new = b"event %s %s\n" % (leaf_hash(forged).hex().encode(), forged)
    return _touched("insert", good, b"".join([*lines[:at], new, *lines[at:]]))


def _truncate(rng: random.Random, good: bytes, *_: object) -> Tampered:
    at = rng.randrange(len(good))
    return _touched("truncate", good, good[:at])


def _rebuild(rng: random.Random, good: bytes, of: Sequence[bytes], checkpoints: Sequence[int]) -> Tampered:
    """Change an event and everything that can be computed anew: by who has the key, or has not."""
    at = rng.randrange(len(of))
    changed = list(of)
    # Where the last event was removed, what is left to be pointed at is the one before it.
    touched = range(at, at + 2)
    how = rng.choice(["alter", "remove", "add"])
    if how == "alter":
        changed[at] = leaf(at + 1, seed=3)
    else:
        rest = [AuditedEvent.decode(one) for one in of[at + (how == "remove") :]]
        added = [AuditedEvent.decode(leaf(at + 1, seed=3))] if how == "add" else []
        renumbered = [
            AuditedEvent(**{name: getattr(one, name) for name in one.__struct_fields__} | {"number": number})
            for number, one in enumerate([*added, *rest], at + 1)
        ]
        changed = [*of[:at], *(one.encode() for one in renumbered)]
    if (
        at < checkpoints[0] and rng.random() < 0.5
    ):  # what the kept checkpoint attests is rewritten, and signed
        bad = export_of(changed, checkpoints)
        return Tampered("rebuild with the key", bad, range(0), touched)
    # Without the key, the old checkpoints are kept; they stand where they stood.
    out = io.BytesIO()
    writer = ExportWriter(out, Signer(ORIGIN, bytes(32)))
    for number, one in enumerate(changed, 1):
        writer.event(one)
        if number in checkpoints:
            writer.checkpoint(SIGNER.note(checkpoint_of(of[:number]).encode()), None)
    writer.close()
    return Tampered("rebuild without the key", out.getvalue(), range(0), touched)


def _touched(how: str, good: bytes, bad: bytes) -> Tampered:
    """What differs first: where a line came again, that is where it stands for the second time."""
    lines, changed = good.splitlines(keepends=True), bad.splitlines(keepends=True)
    pairs = enumerate(zip_longest(lines, changed), 1)
    line = next((number for number, (one, other) in pairs if one != other), len(lines))
    number = [*_event_numbers(lines), 1 << 60][line - 1]
    return Tampered(how, bad, range(line, line + 1), range(number, number + 1))


WAYS: list[Callable[..., Tampered]] = [_flip, _drop, _swap, _insert, _truncate, _rebuild]
