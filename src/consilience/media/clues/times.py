"""Times that metadata state, with their doubt."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from consilience.model.examination import Clue
from consilience.model.times import UNKNOWN_ZONE, Timestamp

_CIVIL = re.compile(
    r"(\d{4})[:\-/.](\d\d)[:\-/.](\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?(?:[.,](\d{1,9})\d*)?"
    r"\s*(Z|[+-]\d\d:?\d\d)?\s*",
    re.ASCII,
)
_LONGEST = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_clue(kind: str, raw: str, source: str, clock: str = "camera") -> list[Clue]:
    """The clue of a time as written, or none where it has no digits but zeros.

    Args:
        kind: what happened then: ``taken``, ``digitised``, ``changed``, …
        raw: ``2024:05:17 09:30:00``, with ``-`` or ``:``, fraction and offset if they are stated.
        source: where it stands.
        clock: whose clock wrote it.
    """
    raw = raw.strip(" \0\t\r\n")[:_LONGEST].replace("\0", "\ufffd")
    if not raw.strip("0:-/. \0TZ+"):
        return []
    return [Clue("time", raw, source, civil_time(kind, raw, clock))]


def civil_time(kind: str, raw: str, clock: str) -> Timestamp:
    """The time as a calendar and a clock face show it; UTC only where it states its offset."""
    match = _CIVIL.fullmatch(raw)
    if match is None:
        return Timestamp(kind, raw, UNKNOWN_ZONE, clock, 1.0, None)
    fraction, offset = match[7] or "", match[8]
    precision = 10.0 ** -len(fraction) if match[6] else 60.0
    zone = _zone(offset)
    if zone is None:
        return Timestamp(kind, raw, UNKNOWN_ZONE, clock, precision, None)
    try:
        year, month, day, hour, minute, second = (int(match[at] or 0) for at in range(1, 7))
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        seconds = (moment - _EPOCH) // timedelta(seconds=1)
    except (ValueError, OverflowError):
        return Timestamp(kind, raw, UNKNOWN_ZONE, clock, precision, None)
    utc = seconds * 10**9 + int(fraction.ljust(9, "0") or 0)
    name = "UTC" if zone is UTC else f"{offset[:3]}:{offset[-2:]}"
    return Timestamp(kind, raw, name, clock, precision, utc if _storable(utc) else None)


def _zone(offset: str | None) -> timezone | None:
    if not offset:
        return None
    if offset == "Z":
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[-2:])
    if minutes > 18 * 60:
        return None
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def _storable(utc: int) -> bool:
    """Whether a count of nanoseconds fits 64 bits: the years 1678 to 2262."""
    return -(2**63) <= utc < 2**63
