"""vPDQ as it is exchanged: a line a frame, as the C++ program of facebook/ThreatExchange writes, or JSON.

The line is ``frame,quality,hex,seconds``; the JSON form is an array of strings ``hex,quality,seconds``, which
is the signal of the Python packages. Codes are 64 hexadecimal digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np

from consilience.errors import FormatError
from consilience.model.footage import MICROSECONDS, MOST_CODES, TimedCodes

_CODE: Final = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,12}(?:\.\d{1,12})?", re.ASCII)
_CODE_BYTES: Final = 32


class Frame(msgspec.Struct, frozen=True):
    """One frame of a video.

    Attributes:
        number: of the frame in the video, from 0; None where the form does not say.
        quality: 0-100.
        code: 32 bytes.
        seconds: at which it is shown.
    """

    number: int | None
    quality: int
    code: bytes
    seconds: float


def read_text(text: str) -> list[Frame]:
    """The frames of the text form, in the order of the lines; empty lines are passed over.

    Raises:
        FormatError: a line is not of the form, or there is none; which line is said.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    return _bounded([_of_line(number, line) for number, line in lines if line])


def read_json(text: str) -> list[Frame]:
    """The frames of the JSON form, in the order of the array.

    Raises:
        FormatError: it is not JSON, not an array of strings of the form, or empty.
    """
    try:
        features = msgspec.json.decode(text, type=list[str])
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise FormatError(f"not vPDQ in JSON: {error}") from error
    return _bounded([_of_feature(number, one) for number, one in enumerate(features)])


def write_text(frames: Iterable[Frame]) -> str:
    """The text form, with thousandths of a second, as the program writes them.

    Raises:
        ValueError: a frame has no number.
    """
    lines = []
    for frame in frames:
        if frame.number is None:
            raise ValueError("a frame without a number has no line")
        lines.append(f"{frame.number},{frame.quality},{frame.code.hex()},{frame.seconds:.3f}\n")
    return "".join(lines)


def write_json(frames: Iterable[Frame]) -> str:
    """The JSON form; times as short as they can be read back."""
    return msgspec.json.encode(
        [f"{frame.code.hex()},{frame.quality},{_shortest(frame.seconds)}" for frame in frames]
    ).decode()


def frames_of(codes: TimedCodes, rate: float | None = None) -> list[Frame]:
    """Frames from a fingerprint: one a run, at its beginning.

    Args:
        codes: of 32 bytes.
        rate: frames a second; where it is given, times become numbers of frames.
    """
    return [
        Frame(
            number=None if rate is None else round(begin / MICROSECONDS * rate),
            quality=quality,
            code=code.tobytes(),
            seconds=begin / MICROSECONDS,
        )
        for begin, quality, code in zip(
            codes.begins.tolist(), codes.qualities.tolist(), codes.codes, strict=True
        )
    ]


def codes_of(frames: Sequence[Frame]) -> TimedCodes:
    """A fingerprint from frames, to be matched like those made here."""
    return TimedCodes.of(
        np.array([round(frame.seconds * MICROSECONDS) for frame in frames], np.int64),
        np.frombuffer(b"".join(frame.code for frame in frames), np.uint8).reshape(-1, _CODE_BYTES),
        np.array([frame.quality for frame in frames], np.uint8),
    )


def _shortest(seconds: float) -> str:
    """A time without an exponent, which the form does not have."""
    text = str(seconds)
    return f"{seconds:.12f}" if "e" in text else text


def _of_line(number: int, line: str) -> Frame:
    parts = [part.strip() for part in line.split(",")]
    if len(parts) != 4 or not parts[0].isascii() or not parts[0].isdigit() or len(parts[0]) > 12:
        raise FormatError(f"line {number} is not frame,quality,hex,seconds")
    return _frame(f"line {number}", int(parts[0]), parts[1], parts[2], parts[3])


def _of_feature(number: int, feature: str) -> Frame:
    parts = [part.strip() for part in feature.split(",")]
    if len(parts) != 3:
        raise FormatError(f"feature {number} is not hex,quality,seconds")
    return _frame(f"feature {number}", None, parts[1], parts[0], parts[2])


def _frame(where: str, number: int | None, quality: str, code: str, seconds: str) -> Frame:
    if not _CODE.fullmatch(code):
        raise FormatError(f"{where} has no code of 64 hexadecimal digits")
    if not _NUMBER.fullmatch(seconds):
        raise FormatError(f"{where} has no time in seconds")
    if not re.fullmatch(r"\d{1,3}", quality, re.ASCII) or int(quality) > 100:
        raise FormatError(f"{where} has no quality of 0 to 100")
    return Frame(number, int(quality), bytes.fromhex(code), float(seconds))


def _bounded(frames: list[Frame]) -> list[Frame]:
    if not frames:
        raise FormatError("vPDQ without a frame")
    if len(frames) > MOST_CODES:
        raise FormatError(f"vPDQ of more than {MOST_CODES} frames")
    return frames
