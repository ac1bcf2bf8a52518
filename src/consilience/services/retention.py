"""Review dates: set, and listed when they come. Nothing is erased by a date; a person decides."""

from __future__ import annotations

from consilience.model.people import Actor, Permission
from consilience.services.access import scope_of, service
from consilience.services.cases import case_named
from consilience.services.holdings import Holdings
from consilience.store import events, retention
from consilience.store.retention import Due


@service(Permission.COLLECT, Permission.ADMINISTER)
def set_case_review(holdings: Holdings, actor: Actor, case: str, at: int | None) -> None:
    """Set when a case is to be looked at again, nanoseconds since 1970; None takes the date off.

    Raises:
        NotFoundError: there is no such case.
    """
    with holdings.database.write() as connection:
        record = case_named(connection, actor, case)
        retention.set_case_review(connection, record.id, at)
        events.append(
            connection, actor, "change", object_kind="review-date", object_id=record.public_id,
            case_id=record.id, detail={"review": at},
        )  # fmt: skip


@service(Permission.LOOK)
def due(holdings: Holdings, actor: Actor, until: int) -> list[Due]:
    """What is to be looked at again before a time, as far as the actor may see it, earliest first."""
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind="review-date")
        return retention.due(connection, scope_of(connection, actor), until)
