"""The record of what was done: one row an audited act, appended in the transaction of the act."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from consilience.model.people import Actor
from consilience.store.identity import new_public_id, now
from consilience.store.schema import event, event_note


def append(
    connection: Connection,
    actor: Actor,
    action: str,
    *,
    object_kind: str,
    object_id: bytes | None = None,
    case_id: int | None = None,
    outcome: str = "done",
    detail: dict[str, object] | None = None,
) -> None:
    """Append an event.

    Args:
        connection: the transaction of the act itself.
        actor: who, and why.
        action: ``collect``, ``create``, ``import``, ``read``, ``disclose``, …
        object_kind: the table of the thing acted on.
        object_id: its public id.
        case_id: the case that it belongs to.
        outcome: ``done``, ``begun``, ``refused``.
        detail: keyed references and counts. No names, paths or free text: those could not be erased.
    """
    (event_id,) = connection.execute(
        insert(event)
        .values(
            public_id=new_public_id(),
            at=now(),
            actor=actor.name,
            action=action,
            case_id=case_id,
            object_kind=object_kind,
            object_id=object_id,
            justification=actor.justification,
            outcome=outcome,
            detail=detail or {},
        )
        .returning(event.c.id)
    ).one()
    if actor.note:
        connection.execute(insert(event_note).values(event_id=event_id, text=actor.note))


def first_of(connection: Connection, object_id: bytes) -> Actor:
    """Who first acted on a thing, and why."""
    query = select(event.c.actor, event.c.justification).where(event.c.object_id == object_id)
    actor, justification = connection.execute(query.order_by(event.c.id).limit(1)).one()
    return Actor(actor, justification)
