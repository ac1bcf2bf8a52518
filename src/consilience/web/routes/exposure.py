"""How much each person saw, and limits to it. No picture comes from here."""

# Annotations are read at run time: no postponed ones in modules of routes.

from typing import Annotated

from fastapi import Depends
from pydantic import Field

from consilience.model.locator import printable_text
from consilience.model.people import Permission
from consilience.services import exposure
from consilience.services.exposure import Exposure
from consilience.store.exposure import LimitRecord
from consilience.web.identity import Caller, Needs
from consilience.web.routing import router
from consilience.web.shapes import Cursor, Hex32, In, Limit, Name, Out, Page, cut

routes = router("exposure")

Anybody = Annotated[
    Caller,
    Depends(Needs(Permission.LOOK, Permission.APPROVE, Permission.ADMINISTER, Permission.AUDIT)),
]


class ExposureOut(Out):
    """How many pictures a person saw, blurred ones among them; and how many of them were revealed."""

    person: str
    today: int
    week: int
    revealed_today: int
    revealed_week: int
    limit: int | None


class ExposureLimit(Out):
    """A limit: for a unit, an agency, or everybody."""

    id: Hex32
    agency: str | None
    unit: str | None
    a_day: int | None
    before_a_break: int | None
    break_minutes: int | None


class NewLimit(In):
    """A limit that is to hold. With no number, what held is lifted."""

    agency: Name | None = None
    unit: Name | None = None
    a_day: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    before_a_break: Annotated[int, Field(ge=1, le=10_000)] | None = None
    break_minutes: Annotated[int, Field(ge=1, le=1440)] | None = None


@routes.get("/exposure/me")
def my_exposure(caller: Anybody) -> ExposureOut:
    """How much one saw oneself."""
    return _out(exposure.mine(caller.server.holdings, caller.actor))


@routes.get("/exposure")
def list_exposure(
    caller: Annotated[Caller, Depends(Needs(Permission.APPROVE, Permission.ADMINISTER, Permission.AUDIT))],
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[ExposureOut]:
    """How much each person saw."""
    found = exposure.everybody(caller.server.holdings, caller.actor)
    items, following = cut(found, cursor, limit)
    return Page(items=[_out(one) for one in items], next=following, total=len(found))


@routes.get("/exposure/limits")
def list_limits(caller: Anybody) -> list[ExposureLimit]:
    """The limits in force."""
    return [_limit(one) for one in exposure.limits(caller.server.holdings, caller.actor)]


@routes.put("/exposure/limits")
def set_limit(
    caller: Annotated[Caller, Depends(Needs(Permission.APPROVE, Permission.ADMINISTER))], body: NewLimit
) -> ExposureLimit:
    """Lay down a limit, in place of the one for the same people."""
    made = exposure.set_limit(
        caller.server.holdings,
        caller.actor,
        agency=body.agency,
        unit=body.unit,
        a_day=body.a_day,
        before_a_break=body.before_a_break,
        break_minutes=body.break_minutes,
    )
    return _limit(made)


def _out(one: Exposure) -> ExposureOut:
    return ExposureOut(
        person=printable_text(one.person),
        today=one.today,
        week=one.week,
        revealed_today=one.revealed_today,
        revealed_week=one.revealed_week,
        limit=one.limit,
    )


def _limit(one: LimitRecord) -> ExposureLimit:
    return ExposureLimit(
        id=one.public_id.hex(),
        agency=None if one.agency is None else printable_text(one.agency),
        unit=None if one.unit is None else printable_text(one.unit),
        a_day=one.a_day,
        before_a_break=one.before_a_break,
        break_minutes=one.break_minutes,
    )
