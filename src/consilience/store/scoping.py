"""Row filters as SQL: the cases and lists that a scope lets through, as conditions of any statement."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true

from consilience.model.people import GroundKind, ReleaseLevel, Scope
from consilience.store.schema import case, case_member, exhibit, hash_list, media_file, notice, released_to

SCOPES: Final = 512
"""Scopes for which conditions are kept: building one takes longer than a small question's answer."""

_WIDER_THAN_CASE = sorted(set(ReleaseLevel) - {ReleaseLevel.CASE})


def in_cases(scope: Scope, case_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The row is of a case within the scope."""
    return true() if scope.everything else case_id.in_(visible_cases(scope))


def may_hit(scope: Scope, case_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The row is of a case within the scope, or of one of which others may learn that it holds something."""
    if scope.everything or not scope.grounds:
        return in_cases(scope, case_id)
    released = select(case.c.id).where(case.c.release_level == ReleaseLevel.HIT_NO_HIT.value)
    return or_(in_cases(scope, case_id), case_id.in_(released))


def in_lists(scope: Scope, list_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The row is of a list within the scope."""
    return true() if scope.everything else list_id.in_(_visible_lists(scope))


def told(scope: Scope) -> ColumnElement[bool]:
    """The row of `notice` is of a case within the scope, and so is whatever else it tells of."""
    return and_(
        in_cases(scope, notice.c.case_id),
        or_(notice.c.about_case_id.is_(None), in_cases(scope, notice.c.about_case_id)),
        or_(notice.c.about_list_id.is_(None), in_lists(scope, notice.c.about_list_id)),
    )


def occurs(scope: Scope, media_id: ColumnElement[int]) -> ColumnElement[bool]:
    """A file of the content lies in a case within the scope."""
    file, its_exhibit = media_file.alias(), exhibit.alias()
    return exists().where(
        file.c.media_id == media_id,
        its_exhibit.c.id == file.c.exhibit_id,
        in_cases(scope, its_exhibit.c.case_id),
    )


@lru_cache(SCOPES)
def visible_cases(scope: Scope) -> Select[int]:
    """The ids of the cases within a scope."""
    if scope.everything:
        return select(case.c.id)
    owned = case.c.agency_id == scope.agency
    mine = case_member.c.user_id == scope.user
    if scope.unit is not None:
        mine |= case_member.c.unit_id == scope.unit
    named = select(released_to.c.case_id).where(_standing_release(scope), released_to.c.case_id.is_not(None))
    conditions: dict[GroundKind, ColumnElement[bool]] = {
        GroundKind.MEMBER: case.c.id.in_(
            select(case_member.c.case_id).where(mine, case_member.c.revoked_at.is_(None))
        ),
        GroundKind.OWNER: owned & case.c.release_level.in_(_WIDER_THAN_CASE),
        GroundKind.SUPERVISED: owned,
        GroundKind.NAMED: (case.c.release_level == ReleaseLevel.NAMED_AGENCIES.value) & case.c.id.in_(named),
        GroundKind.EVERYONE: case.c.release_level == ReleaseLevel.INSTALLATION.value,
    }
    return select(case.c.id).where(_any_of(scope, conditions))


@lru_cache(SCOPES)
def _visible_lists(scope: Scope) -> Select[int]:
    owned = hash_list.c.agency_id == scope.agency
    named = select(released_to.c.list_id).where(_standing_release(scope), released_to.c.list_id.is_not(None))
    level = hash_list.c.release_level
    conditions: dict[GroundKind, ColumnElement[bool]] = {
        GroundKind.OWNER: owned & level.in_(_WIDER_THAN_CASE),
        GroundKind.SUPERVISED: owned,
        GroundKind.NAMED: (level == ReleaseLevel.NAMED_AGENCIES.value) & hash_list.c.id.in_(named),
        GroundKind.EVERYONE: level == ReleaseLevel.INSTALLATION.value,
    }
    return select(hash_list.c.id).where(_any_of(scope, conditions))


def _standing_release(scope: Scope) -> ColumnElement[bool]:
    return (released_to.c.agency_id == scope.agency) & released_to.c.revoked_at.is_(None)


def _any_of(scope: Scope, conditions: dict[GroundKind, ColumnElement[bool]]) -> ColumnElement[bool]:
    holding = [conditions[one] for one in scope.grounds if one in conditions]
    return or_(false(), *holding)
