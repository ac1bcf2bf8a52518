"""What runs in the sandbox to show a content: an original goes in, small pixels come out, never its bytes.

The process that is told encodes them itself: nothing that a hostile file holds, its metadata least of all,
reaches a browser.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from typing import Annotated, BinaryIO

import msgspec
import numpy as np
from msgspec import Meta
from PIL import Image

from consilience.evidence.archives import ArchiveProblem, open_archive
from consilience.media.footage.container import is_footage, opened
from consilience.media.footage.stills import stills
from consilience.media.footage.warm import warm_up as warm_up_footage
from consilience.media.pictures import Pixels, Undecodable, decode
from consilience.media.pictures.warm import warm_up as warm_up_decoders
from consilience.media.sandbox import Conversation
from consilience.media.sniff import HEAD, sniff
from consilience.model.locator import Step
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits

TASK = "consilience.services.derivation:derive"
WARM_UP = "consilience.services.derivation:warm_up"

SIDE = 1024
"""Pixels of the longer side of what is shown at most."""
STILLS = 16
"""Key frames of a video."""

_CHUNK = 1 << 20


class Wanted(msgspec.Struct, frozen=True):
    """What is to be shown.

    Attributes:
        steps: the way below the file that is handed in; empty for that file itself.
        sha256: of the content; another is refused.
        side: pixels of the longer side, at most `SIDE`.
        stills: key frames of a video, at most `STILLS`.
    """

    steps: tuple[Step, ...]
    sha256: bytes
    side: int
    stills: int


class Shown(msgspec.Struct, frozen=True, tag=True):
    """Pixels: ``height`` rows of ``width`` times red, green, blue; of a video with microseconds."""

    width: Annotated[int, Meta(ge=1, le=SIDE)]
    height: Annotated[int, Meta(ge=1, le=SIDE)]
    pixels: Annotated[bytes, Meta(max_length=3 * SIDE * SIDE)]
    time: Annotated[int, Meta(ge=0, le=1 << 62)] = 0


class NotShown(msgspec.Struct, frozen=True, tag=True):
    """Why nothing can be shown."""

    problem: Problem


Said = Shown | NotShown

_encode = msgspec.msgpack.Encoder().encode
_decode_wanted = msgspec.msgpack.Decoder(Wanted).decode
_decode_said = msgspec.msgpack.Decoder(Said).decode


def encode_wanted(wanted: Wanted) -> bytes:
    """The request."""
    return _encode(wanted)


def decode_said(payload: bytes) -> Said:
    """What a worker said.

    Raises:
        msgspec.MsgspecError, ValueError: it is malformed.
    """
    said: Said = _decode_said(payload)
    if isinstance(said, Shown) and len(said.pixels) != 3 * said.width * said.height:
        raise ValueError("pixels of another size")
    return said


def warm_up() -> None:
    """Load every decoder before workers are forked and confined."""
    warm_up_decoders()
    warm_up_footage()
    Image.new("RGB", (8, 8)).resize((4, 4), Image.Resampling.LANCZOS)


def derive(file: int, request: bytes, limits: Limits, conversation: Conversation) -> None:
    """The sandbox's task: show a content small."""
    wanted = _decode_wanted(request)
    try:
        with open(file, "rb", buffering=0, closefd=False) as raw:
            _walk(raw, wanted.steps, wanted, limits, conversation)
    except (ArchiveProblem, Undecodable) as error:
        conversation.tell(_encode(NotShown(error.problem)))
    except MemoryError:
        conversation.tell(_encode(NotShown(Problem(ProblemCode.LIMIT_MEMORY))))


def _walk(
    file: BinaryIO, steps: tuple[Step, ...], wanted: Wanted, limits: Limits, conversation: Conversation
) -> None:
    """Go down into archives to the content, then show it."""
    if not steps:
        _show(file, wanted, limits, conversation)
        return
    head = file.read(HEAD)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    for member in open_archive(file, sniff(head, size).media_type, limits, steps[0].ordinal):
        if member.step.ordinal != steps[0].ordinal:
            break
        with member.open() as stream:
            data = _read(stream, limits, conversation)
        _walk(io.BytesIO(data), steps[1:], wanted, limits, conversation)
        return
    raise ArchiveProblem(Problem(ProblemCode.CHANGED, "no such member"))


def _read(stream: BinaryIO, limits: Limits, conversation: Conversation) -> bytes:
    parts: list[bytes] = []
    size = 0
    while piece := stream.read(_CHUNK):
        size += len(piece)
        if size > limits.buffer:
            raise ArchiveProblem(Problem(ProblemCode.LIMIT_MEMORY, f"more than {limits.buffer} bytes"))
        parts.append(piece)
        conversation.alive()
    return b"".join(parts)


def _show(file: BinaryIO, wanted: Wanted, limits: Limits, conversation: Conversation) -> None:
    digest, head, size = hashlib.sha256(), b"", 0
    while piece := file.read(_CHUNK):
        digest.update(piece)
        head = head or piece[:HEAD]
        size += len(piece)
        if size % (64 * _CHUNK) == 0:
            conversation.alive()
    if digest.digest() != wanted.sha256:
        raise Undecodable(Problem(ProblemCode.CHANGED, "the file has other bytes than when it was taken in"))
    file.seek(0)
    media_type = sniff(head, size).media_type
    if is_footage(media_type):
        with opened(file, media_type, limits) as footage:
            found = 0
            for time, pixels in stills(footage, min(wanted.stills, STILLS)):
                conversation.tell(_encode(_small(pixels, wanted.side, time)))
                found += 1
        if not found:
            raise Undecodable(Problem(ProblemCode.DAMAGED, "no key frame can be decoded"))
        return
    data = _read(file, limits, conversation)
    with contextlib.suppress(OSError):
        file.seek(0)
    conversation.tell(_encode(_small(decode(data, media_type, limits).pixels, wanted.side, 0)))


def _small(pixels: Pixels, side: int, time: int) -> Shown:
    height, width = pixels.shape[:2]
    scale = min(1.0, min(side, SIDE) / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    image = Image.fromarray(np.ascontiguousarray(pixels)).convert("RGB")
    if size != image.size:
        image = image.resize(size, Image.Resampling.BOX if scale < 1 / 8 else Image.Resampling.LANCZOS)
    return Shown(size[0], size[1], image.tobytes(), max(time, 0))
