"""The joint: every service says which kind of act it is, and is refused without leave for it, on record.

`service` marks a function that people call. `SERVICES` lists them all; a test fails for one that has no mark.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from consilience.access import rules
from consilience.errors import AccessError, NotFoundError, UsageError
from consilience.model.judgements import PolicySubject
from consilience.model.locator import printable_text
from consilience.model.people import Actor, Permission, Scope
from consilience.services.holdings import Holdings
from consilience.store import events, people, policies

P = ParamSpec("P")
R = TypeVar("R")

SERVICES: dict[str, frozenset[Permission]] = {}
"""Every function that a person can call, ``module.name``, with the permissions of which one is needed."""


def service(
    *permissions: Permission,
) -> Callable[[Callable[Concatenate[Holdings, Actor, P], R]], Callable[Concatenate[Holdings, Actor, P], R]]:
    """Mark a function as a service for those who have one of these permissions.

    Without leave, or for a record that is not there or not for this person, the refusal is put on record.
    Which records are open to the person is asked inside, with `scope_of`, in the transaction of the act.
    """
    needed = frozenset(permissions)

    def decorate(
        function: Callable[Concatenate[Holdings, Actor, P], R],
    ) -> Callable[Concatenate[Holdings, Actor, P], R]:
        room = function.__module__.rpartition(".")[2]
        SERVICES[f"{room}.{function.__name__}"] = needed
        kind = f"{room}.{function.__name__}".replace("_", "-")

        @wraps(function)
        def checked(holdings: Holdings, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
            try:
                _require(holdings, actor, needed)
                return function(holdings, actor, *args, **kwargs)
            except (AccessError, NotFoundError) as error:
                _note_refusal(holdings, actor, kind, error)
                raise

        return checked

    return decorate


def scope_of(connection: Connection, actor: Actor, permission: Permission = Permission.LOOK) -> Scope:
    """The records to which a person may do acts of a kind: a row filter for the store's statements."""
    return rules.scope(people.standing_of(connection, actor.name), permission)


def admit(holdings: Holdings, actor: Actor, *needed: Permission, to: str) -> None:
    """Let somebody in who has one of these permissions, where a door opens to several services.

    Args:
        holdings: where.
        actor: who, and why.
        needed: of which one is enough.
        to: the door, as a code for the log.

    Raises:
        AccessError: the actor has none of them; the refusal is on record.
        UsageError: the reason is none that is known.
    """
    try:
        _require(holdings, actor, frozenset(needed))
    except AccessError as error:
        _note_refusal(holdings, actor, to, error)
        raise


def require_approval(holdings: Holdings, actor: Actor, case_id: int, act: str) -> None:
    """Let something leave the agency only if the policy asks for no second person, or one has approved it.

    Call it before anything is written. An approval is good for once. Where there is none, it is asked for.

    Args:
        holdings: where.
        actor: who lets it out.
        case_id: the case that it is of.
        act: what goes out, as a code: ``report``, ``custody``, …

    Raises:
        AccessError: somebody else has to approve first; the text says how.
    """
    with holdings.database.write() as connection:
        if policies.votes(connection, PolicySubject.DISCLOSURE) == 0:
            return
        if policies.use_approval(connection, case_id, act, asked_by=actor.name):
            return
        asked = policies.ask_approval(connection, case_id, act, asked_by=actor.name)
        events.append(
            connection,
            actor,
            "ask",
            object_kind="approval",
            object_id=asked,
            case_id=case_id,
            outcome="begun",
            detail={"act": act},
        )
    raise AccessError(
        f"a second person has to approve this {act} first",
        f"Somebody else who may: consilience access approve {asked.hex()}. Then run the same command again.",
    )


def _note_refusal(holdings: Holdings, actor: Actor, kind: str, error: AccessError | NotFoundError) -> None:
    outcome = "refused" if isinstance(error, AccessError) else "not-found"
    with holdings.database.write() as connection:
        events.append(connection, actor, "ask", object_kind=kind, outcome=outcome)


def _require(holdings: Holdings, actor: Actor, needed: frozenset[Permission]) -> None:
    with holdings.database.read() as connection:
        standing = people.standing_of(connection, actor.name)
    if standing.is_local_owner:
        return
    if not any(rules.may(standing, one) for one in needed):
        name = printable_text(actor.name)
        raise AccessError(
            f"{name} may not do this: it takes a role that may {' or '.join(sorted(needed))}",
            "Ask who administers these holdings; consilience access explain says what a user may.",
        )
    if actor.justification not in holdings.vocabularies.justifications:
        known = ", ".join(sorted(holdings.vocabularies.justifications))
        raise UsageError(
            f"{printable_text(actor.justification)} is no reason that is known here", f"Known are: {known}."
        )
