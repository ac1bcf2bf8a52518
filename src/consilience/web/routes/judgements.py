"""What people decide: written, superseded by a later word of the same person, taken back."""

# Annotations are read at run time: no postponed ones in modules of routes.

from typing import Annotated

from fastapi import Depends
from msgspec.structs import replace
from pydantic import Field

from consilience.errors import UsageError
from consilience.model.judgements import Decision, State, Subject, Verdict
from consilience.model.locator import printable_text
from consilience.model.people import Permission
from consilience.services import judgements
from consilience.services.judgements import Judgement, Said
from consilience.web.identity import Caller, Needs
from consilience.web.naming import case_number
from consilience.web.routing import creating, router
from consilience.web.shapes import (
    CaseName,
    Cursor,
    Hex32,
    Hex64,
    Id,
    In,
    Limit,
    Line,
    Name,
    Out,
    Page,
    at,
    cut,
    iso,
)

routes = router("judgements")

Looks = Annotated[Caller, Depends(Needs(Permission.LOOK))]
Judges = Annotated[Caller, Depends(Needs(Permission.JUDGE))]


class NewJudgement(In):
    """A person's word.

    `match`, `stack`: contents `object` and `other`. `entry-match`: content `object`, and `list` and `entry`.
    `classification`: content `object`, and `code`. `entry`: `list` and `entry`; it needs no case.
    """

    case: Annotated[str, Field(max_length=200)] = ""
    subject: Annotated[Subject, Field(strict=False)]
    object: Hex64 | None = None
    other: Hex64 | None = None
    list: Name | None = None
    entry: Annotated[str, Field(max_length=1000)] | None = None
    decision: Annotated[Decision, Field(strict=False)]
    code: Annotated[str, Field(max_length=100)] = ""
    scheme: Annotated[str, Field(max_length=100)] = ""
    scheme_version: Annotated[str, Field(max_length=100)] = ""
    reason: Line = Field("", description="In words; kept apart from the log, so that it can be erased.")


class VoteCount(Out):
    """What all votes on the subject come to now."""

    state: State
    code: str
    needed: int
    votes: int


class SaidOut(Out):
    """What was put on record; with the id it can be taken back."""

    id: Hex32
    verdict: VoteCount


class JudgementOut(Out):
    """A judgement, and how it ended if it did."""

    id: Hex32
    subject: Subject
    contents: list[str]
    list: str
    entry: str
    scheme: str
    code: str
    decision: Decision
    author: str
    agency: str
    case: str
    reason: str
    note: str
    at: str
    ended_at: str | None
    ended_by: str | None
    superseded: bool
    mine: bool


@creating(routes, "/judgements")
def judge(caller: Judges, body: NewJudgement) -> SaidOut:
    """Say something. What the same person said before of the same thing is superseded."""
    said = _say(caller, body)
    return SaidOut(id=said.id.hex(), verdict=_verdict(said.verdict))


@routes.delete("/judgements/{id}")
def take_back(caller: Judges, id: Id) -> VoteCount:
    """Take a judgement back, with all that followed from it."""
    return _verdict(judgements.take_back(caller.server.holdings, caller.actor, bytes.fromhex(id)))


@routes.get("/cases/{case}/judgements")
def list_judgements(
    caller: Looks, case: CaseName, cursor: Cursor = None, limit: Limit = 100
) -> Page[JudgementOut]:
    """Everything that was judged in the course of a case, the newest first."""
    number = case_number(caller, case)
    found = judgements.judgements_of_case(caller.server.holdings, caller.actor, number)[::-1]
    items, following = cut(found, cursor, limit)
    return Page(items=[_out(caller, one) for one in items], next=following, total=len(found))


@routes.get("/entry-judgements")
def list_entry_judgements(caller: Looks, cursor: Cursor = None, limit: Limit = 100) -> Page[JudgementOut]:
    """What one's agency has said of entries of lists, the newest first."""
    found = judgements.judgements_of_entries(caller.server.holdings, caller.actor)[::-1]
    items, following = cut(found, cursor, limit)
    return Page(items=[_out(caller, one) for one in items], next=following, total=len(found))


def _say(caller: Caller, body: NewJudgement) -> Said:
    holdings, actor = caller.server.holdings, replace(caller.actor, note=body.reason)
    if body.subject is Subject.ENTRY:
        return judgements.judge_entry(
            holdings, actor, _given(body.list, "list"), _given(body.entry, "entry"), body.decision
        )
    case = case_number(caller, _given(body.case, "case"), Permission.JUDGE)
    content = bytes.fromhex(_given(body.object, "object"))
    match body.subject:
        case Subject.CLASSIFICATION:
            scheme = body.scheme or next(iter(holdings.vocabularies.schemes))[0]
            return judgements.classify(
                holdings, actor, case, content, scheme, body.code, body.decision, version=body.scheme_version
            )
        case Subject.ENTRY_MATCH:
            return judgements.judge_entry_match(
                holdings,
                actor,
                case,
                content,
                _given(body.list, "list"),
                _given(body.entry, "entry"),
                body.decision,
            )
        case _:
            other = bytes.fromhex(_given(body.other, "other"))
            say = judgements.judge_match if body.subject is Subject.MATCH else judgements.judge_stack
            return say(holdings, actor, case, content, other, body.decision)


def _given(value: str | None, name: str) -> str:
    if not value:
        raise UsageError(f"{name} is missing, which this subject needs")
    return value


def _verdict(one: Verdict) -> VoteCount:
    return VoteCount(state=one.state, code=one.code, needed=one.needed, votes=len(one.votes))


def _out(caller: Caller, one: Judgement) -> JudgementOut:
    return JudgementOut(
        id=one.id.hex(),
        subject=one.subject,
        contents=[each.hex() for each in one.contents],
        list=printable_text(one.list),
        entry=printable_text(one.entry),
        scheme=printable_text(one.scheme),
        code=one.code,
        decision=one.decision,
        author=printable_text(one.author),
        agency=printable_text(one.agency),
        case=printable_text(one.case),
        reason=printable_text(one.reason),
        note=printable_text(one.note),
        at=at(one.at),
        ended_at=iso(one.ended_at),
        ended_by=None if one.ended_by is None else printable_text(one.ended_by),
        superseded=one.superseded,
        mine=one.author == caller.identity.name,
    )
