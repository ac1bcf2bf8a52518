"""Cases and exhibits as a screen shows them: with their counts, and what changed since one last looked."""

from __future__ import annotations

import msgspec

from consilience.model.outcomes import Outcome
from consilience.model.people import Actor, Permission
from consilience.services.access import scope_of, service
from consilience.services.gallery import Galleries, case_of, note
from consilience.services.holdings import Holdings
from consilience.services.watching import Watching
from consilience.store import cases, exposure, overview
from consilience.store.cases import CaseRecord, ExhibitRecord, ReadingRecord
from consilience.store.dialects import looking_up
from consilience.store.overview import ExhibitCounts


class CaseCounts(msgspec.Struct, frozen=True):
    """A case with its counts."""

    case: CaseRecord
    files: int
    alerts: int
    new_notices: int


class Changes(msgspec.Struct, frozen=True):
    """What came into a case since a moment."""

    files: int
    matches: int
    judgements: int
    notices: int


class ExhibitView(msgspec.Struct, frozen=True):
    """An exhibit with its counts and its readings, oldest first."""

    exhibit: ExhibitCounts
    readings: tuple[ReadingRecord, ...]


class CaseView(msgspec.Struct, frozen=True):
    """A case, whole: totals that add up, exhibits, and what changed since the actor last looked."""

    counts: CaseCounts
    outcomes: dict[Outcome, int]
    exhibits: tuple[ExhibitView, ...]
    looked_at: int | None
    changes: Changes


@service(Permission.LOOK)
def page_of_cases(
    holdings: Holdings, actor: Actor, watching: Watching, begin: int, most: int
) -> tuple[list[CaseCounts], int]:
    """Some of the cases that the actor may see, by number, and how many there are in all.

    Args:
        holdings: where.
        actor: who looks.
        watching: who keeps the counts.
        begin: cases before the first of the page.
        most: cases of the page.
    """
    watching.count()
    with holdings.database.read() as connection:
        scope = scope_of(connection, actor)
        looked = exposure.looked_at(connection, actor.name)
        found = cases.cases(connection, scope)
        shown = found[begin : begin + most]
        notices = overview.new_notices(connection, scope, {one.id: looked.get(one.id, 0) for one in shown})
        lists = overview.lists_visible(connection, scope)
    counted = [
        CaseCounts(one, watching.files(one.id), watching.alerts(one.id, lists), notices.get(one.id, 0))
        for one in shown
    ]
    return counted, len(found)


@service(Permission.LOOK)
def one_case(
    holdings: Holdings, actor: Actor, galleries: Galleries, watching: Watching, case: bytes
) -> CaseView:
    """A case.

    Raises:
        NotFoundError: there is none of this public id that is open to the actor.
    """
    watching.count()
    with holdings.database.read() as connection, looking_up(connection):
        record = case_of(connection, actor, case)
        scope = scope_of(connection, actor)
        looked_at = exposure.looked_at(connection, actor.name).get(record.id)
        table = galleries.table(connection, actor, record)
        said = overview.said_since(connection, scope, record.id, looked_at or 0)
        changed = Changes(*table.came_since(connection, looked_at or 0), *said)
        outcomes = table.outcomes(connection)
        counted = table.exhibits(connection)
        found = tuple(
            ExhibitView(counted.get(one.id) or _empty(one), tuple(cases.readings(connection, one.id)))
            for one in cases.exhibits(connection, record.id)
        )
        alerts = watching.alerts(record.id, overview.lists_visible(connection, scope))
    note(holdings, actor, record.id, "case", sum(outcomes.values()))
    counts = CaseCounts(record, sum(outcomes.values()), alerts, changed.notices)
    return CaseView(counts, outcomes, found, looked_at, changed)


def _empty(exhibit: ExhibitRecord) -> ExhibitCounts:
    """One that was added a moment ago, of which nothing is counted yet."""
    return ExhibitCounts(exhibit.id, exhibit.public_id, exhibit.number, exhibit.description, 0, 0, 0)


@service(Permission.LOOK)
def last_look(holdings: Holdings, actor: Actor, case: bytes) -> tuple[CaseRecord, int | None]:
    """A case, and when the actor looked at it last.

    Raises:
        NotFoundError: there is none of this public id that is open to the actor.
    """
    with holdings.database.read() as connection:
        record = case_of(connection, actor, case)
        return record, exposure.looked_at(connection, actor.name).get(record.id)


@service(Permission.LOOK)
def look(holdings: Holdings, actor: Actor, case: bytes) -> None:
    """Note that the actor has looked at a case: what comes from now on is what changed.

    Raises:
        NotFoundError: there is none of this public id that is open to the actor.
    """
    with holdings.database.write() as connection:
        exposure.look_at(connection, actor.name, case_of(connection, actor, case).id)
