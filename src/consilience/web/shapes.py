"""What shapes of the API have in common: strict in, plain out; ids hexadecimal, times ISO 8601 in UTC."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from consilience.errors import UsageError

T = TypeVar("T")

_SECOND = 1_000_000_000
_LAST_PLACE = (1 << 63) - 1

Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Public id.", examples=["0f" * 16])]
Sha256 = Annotated[
    str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 of the content.", examples=["ab" * 32])
]
CaseName = Annotated[
    str,
    Path(max_length=200, description="Public id of a case, or its number.", examples=["2026-014"]),
]
Limit = Annotated[int, Query(ge=1, le=500, description="Items of a page.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the page before.")]
Line = Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""One line of text that goes on record."""
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Hex32 = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Hex64 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class In(BaseModel):
    """A body that is taken: exactly these fields, of exactly these types."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Out(BaseModel):
    """A body that is given."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Out, Generic[T]):
    """A page of a list."""

    items: list[T]
    next: str | None = Field(None, description="Pass it as `cursor`; null at the end.")
    total: int | None = Field(None, description="How many there are in all, where that is cheap to say.")


def iso(nanoseconds: int | None) -> str | None:
    """A time as the API says it; None for none."""
    return None if nanoseconds is None else at(nanoseconds)


def at(nanoseconds: int) -> str:
    """A time as the API says it, to the microsecond."""
    seconds, rest = divmod(nanoseconds, _SECOND)
    try:
        moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
    except (ValueError, OverflowError, OSError):
        return "0001-01-01T00:00:00.000000Z" if nanoseconds < 0 else "9999-12-31T23:59:59.999999Z"
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ").zfill(27)


def nanoseconds_of(moment: datetime) -> int:
    """A time of a request; without a zone it is UTC.

    Raises:
        UsageError: it lies outside the years 1678 to 2262.
    """
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    delta = aware - datetime(1970, 1, 1, tzinfo=UTC)
    found = (delta.days * 86_400 + delta.seconds) * _SECOND + delta.microseconds * 1000
    if not -(1 << 63) <= found < 1 << 63:
        raise UsageError("a time outside the years 1678 to 2262")
    return found


def cut(items: list[T], cursor: str | None, most: int) -> tuple[list[T], str | None]:
    """A page of a list that is short and at hand."""
    begin = place_of(cursor)
    following = begin + most
    return items[begin:following], cursor_at(following) if following < len(items) else None


def place_of(cursor: str | None) -> int:
    """How many items stand before the page of a cursor.

    Raises:
        UsageError: the cursor is none that `cursor_at` gave.
    """
    if cursor is None:
        return 0
    try:
        place = int(base64.urlsafe_b64decode(cursor.encode("ascii")))
    except ValueError as error:
        raise UsageError("the cursor is none of this list", "Begin again without one.") from error
    return min(max(place, 0), _LAST_PLACE)


def cursor_at(place: int) -> str:
    """The cursor of the page that begins behind so many items."""
    return base64.urlsafe_b64encode(str(place).encode()).decode()


def tagged(request: Request, response: Response, body: BaseModel) -> Response | BaseModel:
    """A single thing with its ETag; 304 where the asker has it already."""
    encoded = body.model_dump_json().encode()
    tag = f'"{hashlib.sha256(encoded).hexdigest()[:32]}"'
    asked = request.headers.get("if-none-match", "")
    if tag in (one.strip().removeprefix("W/") for one in asked.split(",")):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return body
