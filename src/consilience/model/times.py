"""Times with their doubt: what was written, whose clock wrote it, what it means in UTC if known."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

UNKNOWN_ZONE = "unknown"


class Timestamp(msgspec.Struct, frozen=True):
    """A time as a device wrote it.

    Attributes:
        kind: what happened then: ``modified``, ``changed``, ``accessed``, ``taken``, ``digitised``, …
        raw: the value as found, unchanged.
        zone: ``UTC``, an offset such as ``+02:00``, or ``unknown``.
        clock: whose clock: ``file system``, ``camera``, ``satellite``, ``archive``.
        precision: seconds between two values that this clock can tell apart.
        utc: nanoseconds since 1970-01-01T00:00:00Z, or None where the zone is unknown.
    """

    kind: Annotated[str, Meta(max_length=64)]
    raw: Annotated[str, Meta(max_length=1 << 16)]
    zone: Annotated[str, Meta(max_length=64)]
    clock: Annotated[str, Meta(max_length=64)]
    precision: Annotated[float, Meta(ge=0, le=1e9)]
    utc: Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)] | None
