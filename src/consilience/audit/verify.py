"""Check an audit export against a public key and checkpoints that were kept elsewhere. Needs no holdings.

How it works. Every event's hash is computed from its text and folded, in order, into the root of a hash tree
(RFC 9162). Wherever a signed checkpoint stands, the root must be the one that was signed. So all events up to
the last checkpoint that agrees are exactly those that were signed, and a change lies before the first that
does not. Beside each event, the export states its hash: where the stated hashes lead to the signed root and
the texts do not, the altered events are known one by one.

Who holds the key can sign anything. Only a checkpoint that was kept where that person cannot reach it shows a
log that was rewritten and signed anew; the verification says what rests on what.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import zip_longest
from typing import BinaryIO

import msgspec

from consilience.audit.export import FIRST_LINE, LONGEST_LINE, SEAL_CONTEXT, NameLine, Summary
from consilience.audit.notes import Checkpoint, NoteError, PublicKey
from consilience.model.audited import AuditedEvent
from consilience.model.merkle import Frontier, leaf_hash
from consilience.model.references import Reference, ReferenceKind

_EVENT = re.compile(rb"event ([0-9a-f]{64}) (.*)\n", re.DOTALL)


class Fault(StrEnum):
    """What can be wrong with an export."""

    FORM = "form"
    """A line is not what an export holds."""
    ORDER = "order"
    """An event is missing, comes again, or stands in another place."""
    ALTERED = "altered"
    """An event is not the one that was signed."""
    HASH = "hash"
    """An event is the one that was signed; the hash beside it is not its own."""
    BETWEEN = "between"
    """Events between two checkpoints are not those that were signed."""
    UNSIGNED = "unsigned"
    """Events come after the last checkpoint, with which an export ends."""
    CHECKPOINT = "checkpoint"
    """A checkpoint is not signed by the key, or stands in the wrong place."""
    REWRITTEN = "rewritten"
    """The events are not those of a checkpoint that was kept elsewhere."""
    CUT = "cut"
    """The export ends too soon."""
    NAME = "name"
    """A reference does not mean what the export says."""
    SEAL = "seal"
    """A line is not the one that was sealed, or the seal is not the key's."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong, and where.

    Attributes:
        fault: what kind of thing.
        says: a sentence.
        line: of the file, from 1; None where it is not one line.
        first, last: numbers of the events among which it lies; None where it concerns none.
    """

    fault: Fault
    says: str
    line: int | None = None
    first: int | None = None
    last: int | None = None


class Stamped(msgspec.Struct, frozen=True):
    """A checkpoint with a time stamp, whose authority is still to be asked about."""

    size: int
    note: str
    token: bytes


class Verification(msgspec.Struct, frozen=True):
    """What an export proves.

    Attributes:
        origin: the log.
        events: in the file.
        proven: events, from number 1, that are exactly those of a checkpoint signed by the key.
        anchored: events that are exactly those of a checkpoint that was kept elsewhere.
        checkpoints: sizes and times of the checkpoints that agree, kept elsewhere or in the file.
        findings: what is wrong, in the order of the file.
        stamped: time stamps that stand in the file, not yet checked.
    """

    origin: str
    events: int
    proven: int
    anchored: int
    checkpoints: list[tuple[int, str]]
    findings: list[Finding]
    stamped: list[Stamped]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    @property
    def limits(self) -> list[str]:
        """What this does not prove, in sentences."""
        said = []
        if self.anchored == 0:
            said.append(
                "No checkpoint that was kept elsewhere agrees with this file, or none was given. "
                "It cannot be excluded that whoever holds the signing key rewrote any event, "
                "or cut off the end of the log, and signed the result."
            )
        elif self.anchored < self.events:
            said.append(
                f"Events {self.anchored + 1} to {self.events} came after the last checkpoint that was kept "
                "elsewhere and agrees. It cannot be excluded that whoever holds the signing key rewrote "
                "these, or cut off events after them."
            )
        else:
            said.append("It cannot be excluded that events after the last one here were cut off.")
        if self.proven < self.events:
            said.append(f"Events {self.proven + 1} to {self.events} are not proven by any checkpoint.")
        said.append(
            "Times are those of the recording machine. "
            "An act that the system did not record is not in its log."
        )
        return said


def verify(file: BinaryIO, key: PublicKey, kept: Iterable[Checkpoint] = ()) -> Verification:
    """Check an export.

    Args:
        file: the export, opened for reading bytes.
        key: the log's public key, from a source other than the export.
        kept: checkpoints that were kept elsewhere, their signatures checked (`Checkpoint.opened`).
    """
    reading = _Reading(key, kept)
    for line in _lines(file):
        reading.line(line)
    return reading.end()


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE):
        yield line


class _Reading:
    """One pass over an export.

    Two trees grow side by side: over the hashes of the texts, and over the hashes that stand beside them.
    They are None once an event is missing or unknown: from there on, no root can be computed.
    """

    def __init__(self, key: PublicKey, kept: Iterable[Checkpoint]) -> None:
        self._key = key
        self._kept: defaultdict[int, list[Checkpoint]] = defaultdict(list)
        for one in kept:
            self._kept[one.size].append(one)
        self._findings: list[Finding] = []
        self._agreed: list[tuple[int, str]] = []
        self._stamped: list[Stamped] = []
        self._computed: Frontier | None = Frontier()
        self._stated: Frontier | None = Frontier()
        self._differing: list[tuple[int, int]] = []
        self._place = self._events = self._number = self._proven = self._anchored = 0
        self._digest = hashlib.sha256()
        self._others: list[tuple[int, str]] = []
        self._sealed = self._behind = False

    def line(self, line: bytes) -> None:
        """Take the next line."""
        self._place += 1
        if not line.endswith(b"\n"):
            self._at_line(Fault.FORM, f"line {self._place} is cut")
        if self._sealed:
            self._at_line(Fault.FORM, f"line {self._place} comes after the seal")
            return
        word = line.split(b" ", 1)[0]
        if word == b"event":
            self._event(line)
        elif word == b"seal":
            self._seal(line)
            return
        else:
            self._others.append((self._place, hashlib.sha256(line).hexdigest()))
            self._other(word, line)
        self._digest.update(line)

    def end(self) -> Verification:
        """The verification."""
        if not self._sealed:
            says = f"the file ends after event {self._number}, without its seal"
            self._findings.append(Finding(Fault.CUT, says, self._place + 1))
        self._settle(
            Fault.ALTERED, "event {}: text and hash disagree, and no checkpoint agrees with either of them"
        )
        if self._computed is not None and self._proven < self._number:
            self._among(Fault.UNSIGNED, "no checkpoint attests them", self._proven + 1, self._number)
        for size, (one, *_) in sorted(self._kept.items()):
            if size > self._number:
                self._among(
                    Fault.CUT,
                    f"the log had {size} events when the checkpoint of {one.at} was signed; "
                    f"the file ends at {self._number}",
                    self._number + 1,
                    size,
                )
        return Verification(
            origin=self._key.origin,
            events=self._events,
            proven=self._proven,
            anchored=self._anchored,
            checkpoints=self._agreed,
            findings=self._findings,
            stamped=self._stamped,
        )

    def _event(self, line: bytes) -> None:
        self._events += 1
        expected = self._number + 1
        match = _EVENT.fullmatch(line)
        if match is None:
            self._at_line(
                Fault.FORM, f"line {self._place} is no event, where event {expected} belongs", expected
            )
            self._number = expected
            self._lose()
            return
        stated, computed = bytes.fromhex(match[1].decode()), leaf_hash(match[2])
        number = _number(match[2]) if stated == computed else expected
        if number is None:
            self._at_line(Fault.FORM, f"line {self._place} holds no event of a known form", expected)
            number = expected
        if number < expected:
            if not self._behind:
                self._at_line(Fault.ORDER, f"event {number} stands after event {self._number}", number)
            self._behind = True
            self._lose()
            return
        self._behind = False
        if number > expected:
            says = f"event {number} stands where event {expected} belongs"
            self._findings.append(Finding(Fault.ORDER, says, self._place, expected, number - 1))
            self._lose()
        self._number = number
        if stated != computed:
            self._differing.append((self._place, number))
        if self._computed is not None and self._stated is not None:
            self._computed.append(computed)
            self._stated.append(stated)
        for one in self._kept.get(number, ()):
            self._meets(one, Fault.REWRITTEN)

    def _other(self, word: bytes, line: bytes) -> None:
        rest = line[len(word) + 1 : -1]
        if self._place == 1:
            good = line == FIRST_LINE
        elif self._place == 2:
            good = line == f"key {self._key.encode()}\n".encode()
        elif word == b"checkpoint":
            good = self._checkpoint(rest)
        elif word == b"name":
            good = self._name(rest)
        else:
            good = False
        if not good:
            self._at_line(Fault.FORM, f"line {self._place} is not what an export of this log holds there")

    def _checkpoint(self, rest: bytes) -> bool:
        text, _, encoded = rest.rpartition(b" ") if not rest.endswith(b'"') else (rest, b"", b"")
        try:
            note = msgspec.json.decode(text, type=str)
            token = base64.b64decode(encoded, validate=True)
        except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error):
            return False
        try:
            checkpoint = Checkpoint.opened(note, self._key)
        except NoteError as error:
            self._at_line(Fault.CHECKPOINT, f"the checkpoint after event {self._number}: {error}")
            return True
        if checkpoint.size != self._number:
            self._at_line(
                Fault.CHECKPOINT, f"the checkpoint of {checkpoint.size} events stands after {self._number}"
            )
            return True
        if self._meets(checkpoint, Fault.BETWEEN) and token:
            self._stamped.append(Stamped(checkpoint.size, note, token))
        return True

    def _meets(self, checkpoint: Checkpoint, otherwise: Fault) -> bool:
        """Hold the trees against a signed root. Whichever leads to it is the log that was signed."""
        if self._computed is None or self._stated is None:
            return False
        if self._computed.root() == checkpoint.root:
            self._settle(Fault.HASH, "event {} is as signed; the hash beside it is not its own")
            self._stated = Frontier.decode(self._computed.size, self._computed.encode())
        elif self._stated.root() == checkpoint.root:
            self._settle(Fault.ALTERED, "event {} is not the one that was signed")
            self._computed = Frontier.decode(self._stated.size, self._stated.encode())
        else:
            kept = "that was kept elsewhere" if otherwise is Fault.REWRITTEN else "in the file"
            self._among(
                otherwise,
                f"not the events of the checkpoint of {checkpoint.at} {kept}, up to {checkpoint.size}",
                self._proven + 1,
                checkpoint.size,
            )
            self._lose()
            return False
        self._proven = checkpoint.size
        if otherwise is Fault.REWRITTEN:
            self._anchored = checkpoint.size
        self._agreed.append((checkpoint.size, checkpoint.at))
        return True

    def _settle(self, fault: Fault, says: str) -> None:
        for line, number in self._differing:
            self._findings.append(Finding(fault, says.format(number), line, number, number))
        self._differing.clear()

    def _lose(self) -> None:
        self._computed = self._stated = None

    def _name(self, rest: bytes) -> bool:
        try:
            one = msgspec.json.decode(rest, type=NameLine)
            reference = Reference(
                bytes.fromhex(one.digest), ReferenceKind(one.kind), one.text, bytes.fromhex(one.key)
            )
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
            return False
        if not reference.holds:
            self._at_line(Fault.NAME, f"the reference of line {self._place} does not mean what is said there")
        return True

    def _seal(self, line: bytes) -> None:
        self._sealed = True
        try:
            _, text, signature = line.split(b" ")
            summary = msgspec.json.decode(text, type=Summary)
            raw = base64.b64decode(signature.removesuffix(b"\n"), validate=True)
        except (ValueError, msgspec.DecodeError):
            self._at_line(Fault.SEAL, "the seal is damaged")
            return
        if signature != base64.b64encode(raw) + b"\n":
            self._at_line(Fault.SEAL, "the seal is damaged")
        if not self._key.verify(raw, SEAL_CONTEXT + text):
            self._at_line(Fault.SEAL, f"the seal is not that of the key of {self._key.origin}")
        elif summary.sha256 != self._digest.hexdigest():
            self._compare(summary)

    def _compare(self, summary: Summary) -> None:
        """Say from where on the lines are not those that were sealed."""
        self._at_line(Fault.SEAL, "the file as a whole is not the one that was sealed")
        pairs = zip_longest(summary.others, self._others)
        first = next((min(filter(None, pair)) for pair in pairs if pair[0] != pair[1]), None)
        if first is not None:
            says = f"from line {first[0]} on, the lines that are no events are not those that were sealed"
            self._findings.append(Finding(Fault.SEAL, says, first[0]))
        if summary.events != self._events:
            says = f"{summary.events} events were sealed, {self._events} are there"
            self._findings.append(Finding(Fault.SEAL, says))

    def _at_line(self, fault: Fault, says: str, number: int | None = None) -> None:
        self._findings.append(Finding(fault, says, self._place, number, number))

    def _among(self, fault: Fault, says: str, first: int, last: int) -> None:
        which = f"event {first}" if first == last else f"events {first} to {last}"
        self._findings.append(Finding(fault, f"{which}: {says}", None, first, last))


def _number(leaf: bytes) -> int | None:
    """The number that an event states; None if it is no event of a known form."""
    try:
        return AuditedEvent.decode(leaf).number
    except ValueError:
        return None
