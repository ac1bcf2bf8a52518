"""The rules: which grounds open a record to a person, and for which acts.

One table decides. `scope` reads it into a row filter, `explain` reads it record by record; a test holds the
two together. No rule denies: what no rule allows is denied, so an empty policy denies everything.
"""

from __future__ import annotations

import msgspec

from consilience.model.people import (
    EVERYTHING,
    GroundKind,
    Permission,
    Reach,
    ReleaseLevel,
    Scope,
    Standing,
)

_GROUNDS: dict[Permission, tuple[GroundKind, ...]] = {
    Permission.LOOK: (GroundKind.MEMBER, GroundKind.OWNER, GroundKind.NAMED, GroundKind.EVERYONE),
    Permission.COLLECT: (GroundKind.MEMBER,),
    Permission.JUDGE: (GroundKind.MEMBER, GroundKind.OWNER),
    Permission.KEEP_LISTS: (GroundKind.OWNER,),
    Permission.DISCLOSE: (GroundKind.MEMBER,),
    Permission.APPROVE: (GroundKind.MEMBER, GroundKind.OWNER),
    Permission.ADMINISTER: (GroundKind.SUPERVISED,),
    Permission.AUDIT: (GroundKind.SUPERVISED,),
    Permission.ERASE: (GroundKind.MEMBER,),
    Permission.MATCH: (GroundKind.OWNER, GroundKind.NAMED, GroundKind.EVERYONE),
}

OWNER_LEVELS = frozenset(ReleaseLevel) - {ReleaseLevel.CASE}
"""Levels that let the owning agency's users see a record of which they are not a member."""


class RecordFacts(msgspec.Struct, frozen=True):
    """What the rules ask of a case or list, from one user's side.

    Attributes:
        agency: internal id of the owner.
        level: its release level.
        is_member: whether the user or the user's unit is a member; never of a list.
        is_named: whether the user's agency is among the named agencies.
    """

    agency: int
    level: ReleaseLevel
    is_member: bool
    is_named: bool


class Reason(msgspec.Struct, frozen=True):
    """One row of an explanation."""

    permission: Permission
    allowed: bool
    reason: str


def may(standing: Standing, permission: Permission) -> bool:
    """Whether a person may do acts of a kind at all, to whatever records."""
    return standing.is_local_owner or any(permission in one.permissions for one in standing.grants)


def scope(standing: Standing, permission: Permission) -> Scope:
    """The records to which a person may do acts of a kind."""
    if standing.is_local_owner:
        return EVERYTHING
    return Scope(
        user=standing.user,
        agency=standing.agency,
        unit=standing.unit,
        grounds=_grounds(standing, permission),
    )


def explain(standing: Standing, facts: RecordFacts) -> list[Reason]:
    """For every kind of act, why a person may do it to a record, or why not."""
    if standing.is_local_owner:
        return [
            Reason(one, True, "there are no users: whoever opens the holdings owns them")
            for one in Permission
        ]
    found: list[Reason] = []
    for permission in Permission:
        roles = [one.role for one in standing.grants if permission in one.permissions]
        if not roles:
            found.append(Reason(permission, False, f"no role gives leave to {permission}"))
            continue
        grounds = _grounds(standing, permission)
        holding = [one for one in grounds if holds(one, standing, facts)]
        by = ", ".join(sorted(roles))
        if holding:
            found += [Reason(permission, True, f"as {by}: {_WORDS[one]}") for one in holding]
        else:
            missing = "; ".join(_MISSING[one] for one in grounds)
            found.append(Reason(permission, False, f"as {by}, but {missing}"))
    return found


def holds(ground: GroundKind, standing: Standing, facts: RecordFacts) -> bool:
    """Whether a ground holds for a person and a record: what `store.scoping` says in SQL."""
    owns = standing.agency is not None and standing.agency == facts.agency
    match ground:
        case GroundKind.MEMBER:
            return facts.is_member
        case GroundKind.OWNER:
            return owns and facts.level in OWNER_LEVELS
        case GroundKind.SUPERVISED:
            return owns
        case GroundKind.NAMED:
            return facts.is_named and facts.level is ReleaseLevel.NAMED_AGENCIES
        case GroundKind.EVERYONE:
            return facts.level is ReleaseLevel.INSTALLATION


def _grounds(standing: Standing, permission: Permission) -> tuple[GroundKind, ...]:
    given = [one for one in standing.grants if permission in one.permissions]
    if not given:
        return ()
    grounds = set(_GROUNDS[permission])
    if any(one.reach is Reach.AGENCY for one in given):
        grounds.add(GroundKind.SUPERVISED)
    return tuple(one for one in GroundKind if one in grounds)


_WORDS = {
    GroundKind.MEMBER: "a member of the case, in person or through a unit",
    GroundKind.OWNER: "it belongs to the same agency, and its release level lets that agency see it",
    GroundKind.SUPERVISED: "it belongs to the same agency, all of whose records the role reaches",
    GroundKind.NAMED: "it is released to named agencies, this one among them",
    GroundKind.EVERYONE: "it is released to the whole installation",
}
_MISSING = {
    GroundKind.MEMBER: "not a member of the case",
    GroundKind.OWNER: "not released within an agency of the user's",
    GroundKind.SUPERVISED: "not a record of the user's agency",
    GroundKind.NAMED: "not released to the user's agency by name",
    GroundKind.EVERYONE: "not released to the whole installation",
}
