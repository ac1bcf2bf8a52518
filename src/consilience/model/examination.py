"""What the examination of one file says: digests, type, fingerprints, clues, or what stopped it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from consilience.model.footage import TimedFingerprint
from consilience.model.locator import Step
from consilience.model.problems import Problem
from consilience.model.times import Timestamp

# What a worker says is decoded within these bounds; what is honest stays far below most of them.
Text = Annotated[str, Meta(max_length=1 << 16)]
Count = Annotated[int, Meta(ge=0, lt=1 << 32)]
Size = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]


class MediaKind(StrEnum):
    """What kind of thing a content is, by its bytes."""

    PICTURE = "picture"
    VIDEO = "video"
    AUDIO = "audio"
    CONTAINER = "container"
    OTHER = "other"

    @property
    def is_media(self) -> bool:
        """Whether the content itself is to be looked at or listened to."""
        return self in (MediaKind.PICTURE, MediaKind.VIDEO, MediaKind.AUDIO)


class Examined(StrEnum):
    """Whether a content was decoded."""

    YES = "yes"
    """Decoded, or found undecodable: see the problem."""
    FIRST_LOOK = "first-look"
    """Looked at in the quick way only; the full pass is still to come."""
    KNOWN_GOOD = "known-good"
    """Left undecoded because a known-good list names its bytes."""
    NOT_DECODED = "not-decoded"
    """Of a kind that is compared by its digests only."""


DECODED = frozenset({Examined.YES, Examined.FIRST_LOOK})


class Digests(msgspec.Struct, frozen=True):
    """Digests of one content, raw bytes, taken in one pass."""

    md5: Annotated[bytes, Meta(min_length=16, max_length=16)]
    sha1: Annotated[bytes, Meta(min_length=20, max_length=20)]
    sha256: Annotated[bytes, Meta(min_length=32, max_length=32)]


class Fingerprint(msgspec.Struct, frozen=True):
    """What an algorithm of a version says of a content, and how it was made.

    Attributes:
        algorithm: ``pdq``.
        version: version of the algorithm's definition; equal algorithm and version compare.
        part: ``picture``, or ``preview:N`` for the N-th embedded preview.
        code: the code of the pixels as displayed; 32 bytes for PDQ, most significant bit first.
        turned: the codes of the seven other orientations, concatenated in the order of `Orientation`.
        quality: 0-100; below the algorithm's threshold a code is not matched.
        decode_path: ``exact``, or a named shorter way whose codes may differ by a few bits; `FAST` of a
            first look.
        decoder: library and version that made the pixels.
    """

    algorithm: Text
    version: Text
    part: Text
    code: Annotated[bytes, Meta(min_length=1, max_length=64)]
    turned: Annotated[bytes, Meta(max_length=512)]
    quality: Annotated[int, Meta(ge=0, le=100)]
    decode_path: Text
    decoder: Text


FAST = "fast"
"""Decode path of the picture codes of a first look: what only they match is provisional."""


class Orientation(StrEnum):
    """The eight ways to turn and mirror a picture; the order is that of stored codes.

    Each names what was done to the pixels as displayed before the code was taken; rotations are
    counter-clockwise, a mirror comes before the rotation.
    """

    UPRIGHT = "upright"
    ROTATED_90 = "rotated-90"
    ROTATED_180 = "rotated-180"
    ROTATED_270 = "rotated-270"
    FLIPPED_VERTICALLY = "flipped-vertically"
    FLIPPED_HORIZONTALLY = "flipped-horizontally"
    TRANSPOSED = "transposed"
    ANTITRANSPOSED = "antitransposed"


ORIENTATIONS = tuple(Orientation)


class Clue(msgspec.Struct, frozen=True):
    """A typed fact taken from a content.

    Attributes:
        kind: ``camera-make``, ``camera-model``, ``camera-serial``, ``lens-serial``, ``software``,
            ``position`` (decimal degrees, ``latitude,longitude``), ``time``, ``jpeg-tables``,
            ``preview``, ``comment``, …
        value: the fact as text, as found (not made safe for display).
        source: where in the content it stands, such as ``exif:0x0110`` or ``jpeg:dqt``.
        time: for kind ``time``, the time with its doubt.
    """

    kind: Text
    value: Text
    source: Text
    time: Timestamp | None = None


class Examination(msgspec.Struct, frozen=True):
    """What one decode gave. Problem and fingerprints may stand together: a picture cut short is both.

    Attributes:
        width, height: pixels as displayed, 0 where unknown.
        frames: pictures in the file, 1 for a still.
        fingerprints: of the picture and of embedded previews.
        timed: of the streams of a video, a sound or an animation.
        clues: facts, in the order found.
        problem: what stopped or damaged the decode.
        seconds: processor time that it took.
        first_look: whether it is a first look, after which the full pass is still to come. What is asked for
            a first look and can only be examined in full, is.
    """

    width: Count = 0
    height: Count = 0
    frames: Count = 0
    fingerprints: Annotated[tuple[Fingerprint, ...], Meta(max_length=64)] = ()
    clues: Annotated[tuple[Clue, ...], Meta(max_length=10_000)] = ()
    problem: Problem | None = None
    seconds: Annotated[float, Meta(ge=0, le=1e9)] = 0.0
    first_look: bool = False
    timed: Annotated[tuple[TimedFingerprint, ...], Meta(max_length=64)] = ()

    @property
    def examined(self) -> Examined:
        """What a content is on record as, once this is recorded of it."""
        return Examined.FIRST_LOOK if self.first_look else Examined.YES


class FileReport(msgspec.Struct, frozen=True):
    """One file of an exhibit, or one member of an archive in it, as the sandbox saw it.

    Attributes:
        steps: steps below the file that was handed in; empty for that file itself.
        size: bytes read.
        digests: None where the bytes could not be read.
        media_type: by content, such as ``image/jpeg``; ``application/octet-stream`` where unknown.
        kind: what kind of thing.
        times: times that a container states of its member.
        examination: None where the content was not decoded: not a picture, or already examined.
        problem: why the bytes could not be read, or a container not be opened to its end.
    """

    steps: Annotated[tuple[Step, ...], Meta(max_length=64)]
    size: Size
    digests: Digests | None
    media_type: Text
    kind: MediaKind
    times: Annotated[tuple[Timestamp, ...], Meta(max_length=64)] = ()
    examination: Examination | None = None
    problem: Problem | None = None
