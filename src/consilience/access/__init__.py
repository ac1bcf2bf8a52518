"""Who may see what. The embedded default has one local owner, who may see everything."""

from __future__ import annotations

from consilience.model.people import Actor, Scope


def scope_of(actor: Actor) -> Scope:  # noqa: ARG001 - every local actor is the owner
    """The cases whose records a person may see."""
    return Scope(None)
