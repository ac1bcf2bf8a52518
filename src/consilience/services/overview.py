"""Cases and exhibits as a screen shows them: with their counts, and what changed since one last looked."""

from __future__ import annotations

import msgspec

from consilience.model.outcomes import Outcome
from consilience.model.people import Actor, Permission
from consilience.services.access import scope_of, service
from consilience.services.gallery import Galleries, case_of, note
from consilience.services.holdings import Holdings
from consilience.store import cases, exposure, overview
from consilience.store.cases import CaseRecord, ReadingRecord
from consilience.store.overview import Changes, ExhibitCounts


class CaseCounts(msgspec.Struct, frozen=True):
    """A case with its counts."""

    case: CaseRecord
    files: int
    alerts: int
    new_notices: int


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
def all_cases(holdings: Holdings, actor: Actor) -> list[CaseCounts]:
    """The cases that the actor may see, by number."""
    with holdings.database.read() as connection:
        scope = scope_of(connection, actor)
        looked = exposure.looked_at(connection, actor.name)
        files = overview.files_by_case(connection, scope)
        alerts = overview.alerts_by_case(connection, scope)
        return [
            CaseCounts(
                one,
                files.get(one.id, 0),
                alerts.get(one.id, 0),
                overview.changes(connection, scope, one.id, looked.get(one.id, 0)).notices,
            )
            for one in cases.cases(connection, scope)
        ]


@service(Permission.LOOK)
def one_case(holdings: Holdings, actor: Actor, galleries: Galleries, case: bytes) -> CaseView:
    """A case.

    Raises:
        NotFoundError: there is none of this public id that is open to the actor.
    """
    with holdings.database.read() as connection:
        record = case_of(connection, actor, case)
        scope = scope_of(connection, actor)
        looked_at = exposure.looked_at(connection, actor.name).get(record.id)
        changed = overview.changes(connection, scope, record.id, looked_at or 0)
        outcomes = galleries.table(connection, actor, record).outcomes()
        found = tuple(
            ExhibitView(one, tuple(cases.readings(connection, one.id)))
            for one in overview.exhibits(connection, scope, record.id)
        )
        alerts = overview.alerts_by_case(connection, scope).get(record.id, 0)
    note(holdings, actor, record.id, "case", sum(outcomes.values()))
    counts = CaseCounts(record, sum(outcomes.values()), alerts, changed.notices)
    return CaseView(counts, outcomes, found, looked_at, changed)


@service(Permission.LOOK)
def look(holdings: Holdings, actor: Actor, case: bytes) -> None:
    """Note that the actor has looked at a case: what comes from now on is what changed.

    Raises:
        NotFoundError: there is none of this public id that is open to the actor.
    """
    with holdings.database.write() as connection:
        exposure.look_at(connection, actor.name, case_of(connection, actor, case).id)
