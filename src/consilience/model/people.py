"""Who acts, why, and whose records that lets them see."""

from __future__ import annotations

from enum import StrEnum

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


class Permission(StrEnum):
    """A kind of act that roles give leave for. What each means in words: vocabularies/permissions.toml."""

    LOOK = "look"
    COLLECT = "collect"
    JUDGE = "judge"
    KEEP_LISTS = "keep-lists"
    DISCLOSE = "disclose"
    APPROVE = "approve"
    ADMINISTER = "administer"
    AUDIT = "audit"
    ERASE = "erase"
    MATCH = "match"


class ReleaseLevel(StrEnum):
    """Who may learn of a record. What each means in words: vocabularies/release_levels.toml."""

    CASE = "case"
    AGENCY = "agency"
    NAMED_AGENCIES = "named-agencies"
    HIT_NO_HIT = "hit-no-hit"
    INSTALLATION = "installation"


class Reach(StrEnum):
    """How far a granted role goes."""

    CASES = "cases"
    """Where the person is a member, and what is released to that person's agency."""
    AGENCY = "agency"
    """Every record of the person's agency besides."""


class Grant(msgspec.Struct, frozen=True):
    """A role that stands for a user, with what it gave leave for on the day of its grant."""

    role: str
    permissions: frozenset[Permission]
    reach: Reach


class Standing(msgspec.Struct, frozen=True):
    """What the holdings know of an actor.

    Attributes:
        is_local_owner: whether there are no users at all, so that whoever opens the holdings owns them.
        user, agency, unit: internal ids; None where the actor is no user, or of no unit.
        grants: the roles that stand.
    """

    is_local_owner: bool = False
    user: int | None = None
    agency: int | None = None
    unit: int | None = None
    grants: tuple[Grant, ...] = ()


class GroundKind(StrEnum):
    """Why a record may be seen."""

    MEMBER = "member"
    """The user, or the user's unit, is a member of the case."""
    OWNER = "owner"
    """The record is the user's agency's, and its level is wide enough."""
    SUPERVISED = "supervised"
    """The record is the user's agency's, and a role reaches all of them."""
    NAMED = "named"
    """The record's level is *named agencies*, and the user's agency is among them."""
    EVERYONE = "everyone"
    """The record is released to the whole installation."""


class Scope(msgspec.Struct, frozen=True):
    """A row filter: the records that a person may see. What is not in it does not count and does not show.

    `access` computes it, `store.scoping` turns it into SQL. An empty one lets nothing through.

    Attributes:
        everything: no filter: the one local owner, or the system's own work.
        user, agency, unit: internal ids that the grounds speak of.
        grounds: a record is seen if any of these holds for it.
    """

    everything: bool = False
    user: int | None = None
    agency: int | None = None
    unit: int | None = None
    grounds: tuple[GroundKind, ...] = ()


EVERYTHING = Scope(everything=True)
"""For the system's own work, whose results are shown to nobody unfiltered; and for the local owner."""
