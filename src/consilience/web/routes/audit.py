"""The log: searched, signed, handed out whole, and checked."""

# Annotations are read at run time: no postponed ones in modules of routes.

import secrets
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from consilience.audit.verify import verify
from consilience.errors import UsageError
from consilience.model.locator import printable_text
from consilience.model.people import Permission
from consilience.services import audit, keys
from consilience.store.events import EventFilter
from consilience.web.identity import Caller, Needs
from consilience.web.routing import router
from consilience.web.shapes import Cursor, Limit, Out, Page, at, nanoseconds_of

routes = router("audit")

Audits = Annotated[Caller, Depends(Needs(Permission.AUDIT))]
Word = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


class AuditEvent(Out):
    """One act."""

    number: int
    at: str
    actor: str
    action: str
    object_kind: str
    object_id: str | None
    case: str | None
    justification: str
    authority: str
    outcome: str
    detail: dict[str, object]
    note: str


class PublicKeyOut(Out):
    """The key with which others check what these holdings sign."""

    key: str


class CheckpointOut(Out):
    """The log as it is now, signed. Keep it where nobody who could alter the log can reach it."""

    size: int
    note: str


class Verified(Out):
    """What a check of the whole log, as it would be handed out now, says."""

    holds: bool
    events: int
    faults: list[str]
    limits: list[str] = Field(description="What the check cannot prove.")


@routes.get("/audit/events")
def search_events(
    caller: Audits,
    actor: Word = "",
    action: Word = "",
    object_kind: Word = "",
    case: Word = "",
    outcome: Word = "",
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[AuditEvent]:
    """The newest events that are asked for, newest first."""
    before = None
    if cursor is not None:
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
            raise UsageError("the cursor is none of this list", "Begin again without one.")
        before = int(cursor)
    asked = EventFilter(
        actor=actor or None,
        action=action or None,
        object_kind=object_kind or None,
        case=case or None,
        outcome=outcome or None,
        since=None if since is None else nanoseconds_of(since),
        until=None if until is None else nanoseconds_of(until),
        before=before,
    )
    found = audit.search(caller.server.holdings, caller.actor, asked, most=limit + 1)
    shown = found[:limit]
    return Page(
        items=[
            AuditEvent(
                number=one.number,
                at=at(one.at),
                actor=printable_text(one.actor),
                action=one.action,
                object_kind=one.object_kind,
                object_id=None if one.object_id is None else one.object_id.hex(),
                case=None if one.case is None else printable_text(one.case),
                justification=one.justification,
                authority=printable_text(one.authority),
                outcome=one.outcome,
                detail=one.detail,
                note=printable_text(one.note),
            )
            for one in shown
        ],
        next=str(shown[-1].number) if len(found) > limit else None,
        total=None,
    )


@routes.get("/audit/key")
def public_key(caller: Audits) -> PublicKeyOut:
    """The public key of the log."""
    return PublicKeyOut(key=keys.public_key(caller.server.holdings).encode())


@routes.post("/audit/checkpoints", status_code=201)
def make_checkpoint(caller: Audits) -> CheckpointOut:
    """Sign the log as it is now."""
    made = audit.make_checkpoint(caller.server.holdings, caller.actor)
    return CheckpointOut(size=made.size, note=made.note)


@routes.post("/audit/verify")
def verify_log(caller: Audits) -> Verified:
    """Write the log out and check it, as somebody would who was handed it."""
    holdings = caller.server.holdings
    with tempfile.TemporaryDirectory(dir=holdings.folder / "scratch") as folder:
        path = FilePath(folder) / "log"
        audit.export(holdings, caller.actor, path, names=False)
        with path.open("rb") as file:
            verdict = verify(file, keys.public_key(holdings), [])
    return Verified(
        holds=verdict.holds,
        events=verdict.events,
        faults=[printable_text(one.says) for one in verdict.findings[:100]],
        limits=[str(one) for one in verdict.limits],
    )


@routes.post("/audit/export", response_class=StreamingResponse)
def export_log(
    caller: Annotated[Caller, Depends(Needs(Permission.AUDIT))],
    names: bool = True,
    to: Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = "",
) -> StreamingResponse:
    """The whole log, signed, for `consilience audit verify`. It holds no picture and no path."""
    holdings = caller.server.holdings
    path = holdings.folder / "scratch" / f"log-{secrets.token_hex(8)}"
    audit.export(holdings, caller.actor, path, names=names, to=to)

    def pieces() -> Iterator[bytes]:
        try:
            with path.open("rb") as file:
                while piece := file.read(1 << 16):
                    yield piece
        finally:
            path.unlink(missing_ok=True)

    headers = {"Content-Disposition": 'attachment; filename="consilience.audit"'}
    return StreamingResponse(pieces(), media_type="application/octet-stream", headers=headers)
