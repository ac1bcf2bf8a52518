"""What was refused, as problem+json (RFC 9457): what is wrong, and what to do next. Never what was sent."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from consilience.errors import (
    AccessError,
    ConsilienceError,
    FormatError,
    HoldingsError,
    NotFoundError,
    UsageError,
)
from consilience.model.locator import printable_text
from consilience.services.accounts import NotSignedIn, TooOften
from consilience.services.exposure import EnoughSeen
from consilience.services.oidc import ProviderTrouble
from consilience.services.pictures import NoPicture, Offline

MEDIA_TYPE = "application/problem+json"

_log = logging.getLogger(__name__)

_TYPES: tuple[tuple[type[ConsilienceError], int, str, str], ...] = (
    (NotSignedIn, 401, "not-signed-in", "Not signed in"),
    (TooOften, 429, "too-often", "Asked too often"),
    (EnoughSeen, 403, "enough-seen", "Enough seen for now"),
    (Offline, 409, "offline", "The exhibit is not attached"),
    (NoPicture, 409, "no-picture", "There is no picture of it"),
    (ProviderTrouble, 503, "provider", "The sign-in provider is in trouble"),
    (AccessError, 403, "not-allowed", "Not allowed"),
    (NotFoundError, 404, "not-found", "Not there"),
    (UsageError, 422, "not-taken", "Not taken"),
    (FormatError, 422, "not-of-its-format", "Not of its format"),
    (HoldingsError, 503, "holdings", "The holdings are busy or in trouble"),
    (ConsilienceError, 422, "failed", "It failed"),
)
_TITLES = {
    400: "Wrong request",
    404: "Not there",
    405: "Not that way",
    408: "Too slow",
    409: "In the way of something else",
    413: "Too large",
    415: "Of another type",
    421: "Not this server",
    429: "Asked too often",
}


class Fault(BaseModel):
    """One thing that is wrong in a request."""

    model_config = ConfigDict(extra="forbid")

    where: str
    what: str


class Problem(BaseModel):
    """Why a request was refused."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:consilience:problem:not-found",
                    "title": "Not there",
                    "status": 404,
                    "detail": "no case 2026-014",
                    "next": "",
                    "faults": [],
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str
    next: str = ""
    faults: list[Fault] = []


def problem(
    status: int,
    kind: str,
    title: str,
    detail: str,
    next_step: str = "",
    faults: list[Fault] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """A refusal as a response."""
    said = Problem(
        type=f"urn:consilience:problem:{kind}",
        title=title,
        status=status,
        detail=printable_text(detail),
        next=printable_text(next_step),
        faults=faults or [],
    )
    return JSONResponse(said.model_dump(), status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Turn every failure of an app into a problem."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(SQLAlchemyError, _defect)
    app.add_exception_handler(Exception, _defect)


def of(error: ConsilienceError) -> JSONResponse:
    """An expected failure as a response."""
    status, kind, title = next(
        (status, kind, title) for one, status, kind, title in _TYPES if isinstance(error, one)
    )
    headers = {"Retry-After": str(error.seconds)} if isinstance(error, TooOften | EnoughSeen) else {}
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = "Bearer"
    return problem(status, kind, title, error.what, error.next_step, headers=headers)


def first_fault(error: RequestValidationError) -> str:
    """What is wrong first with a request, in one line."""
    faults = _faults(error)
    return f"{faults[0].where}: {faults[0].what}" if faults else "the request is not of its form"


def _faults(error: RequestValidationError) -> list[Fault]:
    return [
        Fault(where=".".join(printable_text(str(part)) for part in one["loc"])[:200], what=one["msg"][:200])
        for one in error.errors()[:20]
    ]


def invalid(error: RequestValidationError) -> JSONResponse:
    """A request that is not of its form, as a response."""
    faults, detail = _faults(error), first_fault(error)
    return problem(422, "not-of-its-form", "Not of its form", detail, "See /api/openapi.json.", faults)


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    title = _TITLES.get(error.status_code, "Refused")
    headers = dict(error.headers) if error.headers else None
    return problem(error.status_code, "http", title, str(error.detail), headers=headers)


async def _defect(request: Request, error: Exception) -> JSONResponse:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(
        500, "defect", "A defect of ours", "this failed in a way that nobody foresaw", "Tell who runs it."
    )
