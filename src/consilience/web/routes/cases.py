"""Cases: opened, listed, looked at, with their exhibits."""

# Annotations are read at run time: no postponed ones in modules of routes.

import os
from pathlib import Path as FilePath
from typing import Annotated, Literal

from fastapi import Depends, Request, Response
from pydantic import Field

from consilience.model.locator import printable, printable_text
from consilience.model.outcomes import Outcome
from consilience.model.people import Permission, ReleaseLevel
from consilience.model.vocabularies import outcome_words, problem_words
from consilience.services import cases as case_services
from consilience.services import gallery, notices, overview
from consilience.services.gallery_items import Filter
from consilience.services.overview import CaseCounts, ExhibitView
from consilience.store.cases import CaseRecord
from consilience.web.identity import Caller, Needs
from consilience.web.jobs import Job
from consilience.web.naming import case_id
from consilience.web.routing import creating, router
from consilience.web.shapes import (
    CaseName,
    Cursor,
    Hex32,
    In,
    Limit,
    Line,
    Name,
    Out,
    Page,
    at,
    cursor_at,
    cut,
    iso,
    place_of,
    tagged,
)

routes = router("cases")

Looks = Annotated[Caller, Depends(Needs(Permission.LOOK))]
Collects = Annotated[Caller, Depends(Needs(Permission.COLLECT))]


class Case(Out):
    """A case with its counts."""

    id: Hex32
    number: str
    title: str
    agency: str
    legal_basis: str
    release_level: ReleaseLevel
    created_at: str
    files: int
    alerts: int = Field(description="Files whose content matches an alert list.")
    unread_notices: int = Field(description="Since one last looked at the case.")


class NewCase(In):
    """A case that is to be opened."""

    number: Name
    title: Line = ""
    agency: Line = ""
    legal_basis: Line = ""


class OutcomeCount(Out):
    """Files of an outcome."""

    outcome: Outcome
    title: str
    meaning: str
    count: int


class ProblemCount(Out):
    """Files that could not be read for a reason."""

    code: str
    title: str
    meaning: str
    next_step: str
    count: int


class JobProgress(Out):
    """How far work has come."""

    job: Hex32
    stage: str
    done: int
    total: int | None
    bytes: int
    started_at: str


class Reading(Out):
    """One run over an exhibit."""

    started_at: str
    finished_at: str | None
    root: str
    software: str


class Exhibit(Out):
    """An exhibit with its counts."""

    id: Hex32
    number: str
    description: str
    files: int
    bytes: int
    reached: Literal["none", "first-look", "full"]
    waiting_for_full_pass: int
    attached: bool = Field(description="Whether the place of its last reading is there now.")
    readings: list[Reading]
    progress: JobProgress | None
    unfinished: Literal["not-begun", "interrupted", "first-look"] | None = Field(
        description="Why there is more to be done, where nobody here is at it. `interrupted`: or another "
        "program is at work on it."
    )


class Changes(Out):
    """What came since one last looked."""

    since: str | None
    files: int
    matches: int
    judgements: int
    notices: int


class CaseDetail(Out):
    """A case: its outcomes add up to its files."""

    case: Case
    outcomes: list[OutcomeCount]
    exhibits: list[Exhibit]
    unreadable: list[ProblemCount]
    changed_since_last_look: Changes


class Notice(Out):
    """What the people of a case are told."""

    kind: str
    text: str
    created_at: str
    contents: int
    is_new: bool
    list: str | None
    edition: int | None
    exhibit: str | None
    case: str | None
    index: str | None


@routes.get("/cases")
def list_cases(caller: Looks, cursor: Cursor = None, limit: Limit = 100) -> Page[Case]:
    """The cases that one may see, by number."""
    server, begin = caller.server, place_of(cursor)
    found, total = overview.page_of_cases(server.holdings, caller.actor, server.watching, begin, limit)
    following = cursor_at(begin + limit) if begin + limit < total else None
    return Page(items=[_case(one) for one in found], next=following, total=total)


@creating(routes, "/cases")
def open_case(
    caller: Annotated[Caller, Depends(Needs(Permission.COLLECT, reason="case-opening"))], body: NewCase
) -> Case:
    """Open a case."""
    made = case_services.new_case(
        caller.server.holdings,
        caller.actor,
        number=body.number,
        title=body.title,
        agency=body.agency,
        legal_basis=body.legal_basis,
    )
    return _case(CaseCounts(made, 0, 0, 0))


@routes.get("/cases/{case}", response_model=CaseDetail)
def one_case(caller: Looks, case: CaseName, request: Request, response: Response) -> object:
    """A case: totals that add up, exhibits, what could not be read and why, what changed."""
    server = caller.server
    public_id = case_id(caller, case)
    found = overview.one_case(server.holdings, caller.actor, server.galleries, server.watching, public_id)
    unreadable = Filter(outcome=(Outcome.UNREADABLE.value,))
    facets = gallery.facets(
        server.holdings, caller.actor, server.galleries, public_id, unreadable, ["problem"]
    )
    jobs = [one for one in server.jobs.jobs() if one.case == public_id.hex() and one.ended_at is None]
    changed = found.changes
    detail = CaseDetail(
        case=_case(found.counts),
        outcomes=[
            OutcomeCount(
                outcome=outcome,
                title=outcome_words()[outcome].title,
                meaning=outcome_words()[outcome].meaning,
                count=number,
            )
            for outcome, number in found.outcomes.items()
        ],
        exhibits=[_exhibit(one, jobs) for one in found.exhibits],
        unreadable=[_problem(one.value, one.count) for one in facets["problem"]],
        changed_since_last_look=Changes(
            since=iso(found.looked_at),
            files=changed.files,
            matches=changed.matches,
            judgements=changed.judgements,
            notices=changed.notices,
        ),
    )
    return tagged(request, response, detail)


@routes.post("/cases/{case}/look", status_code=204)
def look(caller: Looks, case: CaseName) -> None:
    """Note that one has looked: what comes from now on is what changed."""
    overview.look(caller.server.holdings, caller.actor, case_id(caller, case))


@routes.get("/cases/{case}/notices")
def list_notices(caller: Looks, case: CaseName, cursor: Cursor = None, limit: Limit = 100) -> Page[Notice]:
    """The notices of a case, newest first."""
    holdings = caller.server.holdings
    record, looked_at = overview.last_look(holdings, caller.actor, case_id(caller, case))
    told = notices.notices_of_case(holdings, caller.actor, record.number)
    since = iso(looked_at) or ""
    items, following = cut(told, cursor, limit)
    return Page(
        items=[
            Notice(
                kind=one.kind,
                text=printable_text(one.text),
                created_at=one.when.replace(" ", "T"),
                contents=one.contents,
                is_new=one.when.replace(" ", "T") > since,
                list=None if one.list is None else printable_text(one.list),
                edition=one.edition,
                exhibit=None if one.exhibit is None else printable_text(one.exhibit),
                case=None if one.case is None else printable_text(one.case),
                index=one.index,
            )
            for one in items
        ],
        next=following,
        total=len(told),
    )


def _case(one: CaseCounts) -> Case:
    record: CaseRecord = one.case
    return Case(
        id=record.public_id.hex(),
        number=printable_text(record.number),
        title=printable_text(record.title),
        agency=printable_text(record.agency),
        legal_basis=printable_text(record.legal_basis),
        release_level=ReleaseLevel(record.release_level),
        created_at=at(record.created_at),
        files=one.files,
        alerts=one.alerts,
        unread_notices=one.new_notices,
    )


def _exhibit(view: ExhibitView, jobs: list[Job]) -> Exhibit:
    one = view.exhibit
    last = view.readings[-1] if view.readings else None
    taken_in = case_services.last_taken_in(view.readings)
    unfinished: Literal["not-begun", "interrupted", "first-look"] | None = None
    running = next((job for job in jobs if job.about == one.number), None)
    progress = None
    if running is not None:
        progress = JobProgress(
            job=running.id,
            stage=running.stage or running.state,
            done=running.done,
            total=running.total,
            bytes=running.bytes,
            started_at=at(running.began_at),
        )
    elif taken_in is None:
        unfinished = "not-begun"
    elif taken_in.finished_at is None:
        unfinished = "interrupted"
    elif one.first_looks:
        unfinished = "first-look"
    return Exhibit(
        id=one.public_id.hex(),
        number=printable_text(one.number),
        description=printable_text(one.description),
        files=one.files,
        bytes=one.bytes,
        reached="none" if not one.files else "first-look" if one.first_looks else "full",
        waiting_for_full_pass=one.first_looks,
        attached=last is not None and FilePath(os.fsdecode(last.root)).exists(),
        readings=[
            Reading(
                started_at=at(each.started_at),
                finished_at=iso(each.finished_at),
                root=printable(each.root),
                software=each.software,
            )
            for each in view.readings
        ],
        progress=progress,
        unfinished=unfinished,
    )


def _problem(code: str, count: int) -> ProblemCount:
    words = next((words for one, words in problem_words().items() if one.value == code), None)
    if words is None:
        return ProblemCount(code=code, title=code, meaning="", next_step="", count=count)
    return ProblemCount(
        code=code, title=words.title, meaning=words.meaning, next_step=words.next_step, count=count
    )
