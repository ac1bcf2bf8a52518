"""Telling lines of SHA-256 from lines of PDQ codes: both are 64 hexadecimal characters.

A PDQ code compares 256 coefficients with their median, so that half of its bits are set: exactly 128 for
nearly every picture. The bits of a SHA-256 are those of a fair coin: 128 of them for one in twenty. A dozen
lines decide it; a few, or codes that no picture gave, do not, and then a person has to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

_ENOUGH = 12
_BALANCED = 128


class Hex64(Enum):
    """What lines of 64 hexadecimal characters are."""

    SHA256 = "sha256"
    PDQ = "pdq"
    UNKNOWN = "unknown"


def kind_of(codes: Sequence[bytes]) -> Hex64:
    """What raw values of 32 bytes are, judged together by how many of their bits are set."""
    if len(codes) < _ENOUGH:
        return Hex64.UNKNOWN
    counts = [int.from_bytes(code).bit_count() for code in codes]
    balanced = sum(count == _BALANCED for count in counts) / len(counts)
    far = sum(abs(count - _BALANCED) > 6 for count in counts) / len(counts)
    if balanced >= 0.5:  # fair coins: at most 1 chance in 10⁵ for 12 lines
        return Hex64.PDQ
    if balanced <= 0.34 and far >= 0.2:  # fair coins: 0.05 and 0.42
        return Hex64.SHA256
    return Hex64.UNKNOWN
