"""Random public ids, the present time, and portions small enough for one statement."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

PORTION = 1000
"""Values in one ``IN (…)``: below the limit of parameters of every database that we use."""


def new_public_id() -> bytes:
    """A random id, 16 bytes: what is named to the outside tells nothing of order or number."""
    return secrets.token_bytes(16)


def now() -> int:
    """Nanoseconds since 1970-01-01T00:00:00Z."""
    return time.time_ns()


def portions(values: Iterable[T], size: int = PORTION) -> Iterator[list[T]]:
    """The values in lists of at most `size`."""
    iterator = iter(values)
    while portion := list(islice(iterator, size)):
        yield portion
