"""From what a path names to a public id."""

from __future__ import annotations

import re

from consilience.errors import NotFoundError
from consilience.model.locator import printable_text
from consilience.model.people import Permission
from consilience.services.access import scope_of
from consilience.store import cases
from consilience.web.identity import Caller

_ID = re.compile("[0-9a-f]{32}")


def case_id(caller: Caller, named: str, permission: Permission = Permission.LOOK) -> bytes:
    """Public id of the case of an id or a number.

    Raises:
        NotFoundError: there is none that is open to the caller.
    """
    if _ID.fullmatch(named):
        return bytes.fromhex(named)
    with caller.server.holdings.database.read() as connection:
        scope = scope_of(connection, caller.actor, permission)
        found = cases.cases(connection, scope, number=named)
    if not found:
        raise NotFoundError(f"no case {printable_text(named)}")
    return found[0].public_id


def case_number(caller: Caller, named: str, permission: Permission = Permission.LOOK) -> str:
    """Number of the case of an id or a number.

    Raises:
        NotFoundError: there is none that is open to the caller.
    """
    if not _ID.fullmatch(named):
        return named
    with caller.server.holdings.database.read() as connection:
        scope = scope_of(connection, caller.actor, permission)
        found = cases.cases(connection, scope, public_id=bytes.fromhex(named))
    if not found:
        raise NotFoundError(f"no case {named}")
    return found[0].number
