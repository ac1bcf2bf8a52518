"""What an actor may see and do, asked in the transaction of the act."""

from __future__ import annotations

from sqlalchemy import Connection

from consilience.access import rules
from consilience.model.people import Actor, Permission, Scope
from consilience.store import people


def scope_of(connection: Connection, actor: Actor, permission: Permission = Permission.LOOK) -> Scope:
    """The records to which a person may do acts of a kind: a row filter for the store's statements."""
    return rules.scope(people.standing_of(connection, actor.name), permission)
