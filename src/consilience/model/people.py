"""Who acts, why, and whose records that lets them see."""

from __future__ import annotations

import msgspec


class Actor(msgspec.Struct, frozen=True):
    """A person at work, as every service is told.

    Attributes:
        name: the account, as the audit names it.
        justification: a short code for why: ``examination``, ``list-maintenance``, ``review``, …
        note: free text to it; kept apart from the event, so that it can be erased.
    """

    name: str
    justification: str
    note: str = ""


class Scope(msgspec.Struct, frozen=True):
    """The cases whose occurrences a person may see. What is not in it does not count and does not show.

    Attributes:
        cases: internal ids, or None for every case: the one local owner.
    """

    cases: frozenset[int] | None = None
