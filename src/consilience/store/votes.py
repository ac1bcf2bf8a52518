"""The standing votes on what concerns one content, each by itself: who said what, when, and why."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Connection, Select, bindparam, select

from consilience.model.judgements import Decision, Subject
from consilience.model.people import Scope
from consilience.store.judgements import Judged, visible
from consilience.store.schema import judgement, judgement_note
from consilience.store.scoping import SCOPES


class VoteRecord(msgspec.Struct, frozen=True):
    """A standing vote."""

    public_id: bytes
    judged: Judged
    decision: Decision
    code: str
    author: str
    reason: str
    note: str
    at: int


def votes_on(connection: Connection, scope: Scope, media_id: int) -> list[VoteRecord]:
    """The votes that concern a content and that the viewer may see, oldest first."""
    return [
        VoteRecord(
            public_id=row.public_id,
            judged=Judged(
                subject=Subject(row.subject),
                media_id=row.media_id,
                other_media_id=row.other_media_id,
                entry_id=row.entry_id,
                scheme=row.scheme,
                scheme_version=row.scheme_version,
            ),
            decision=Decision(row.decision),
            code=row.code or "",
            author=row.author,
            reason=row.reason,
            note=row.text or "",
            at=row.at,
        )
        for row in connection.execute(_votes_on(scope), {"content": media_id})
    ]


@lru_cache(SCOPES)
def _votes_on(scope: Scope) -> Select[*tuple[Any, ...]]:
    content = bindparam("content", type_=BigInteger)
    return (
        select(judgement, judgement_note.c.text)
        .outerjoin(judgement_note, judgement_note.c.judgement_id == judgement.c.id)
        .where((judgement.c.media_id == content) | (judgement.c.other_media_id == content))
        .where(judgement.c.ended_at.is_(None), visible(scope))
        .order_by(judgement.c.id)
    )
