"""The match service: hashes or a file in, hit or no hit out. No route lists signals."""

# Annotations are read at run time: no postponed ones in modules of routes.

from typing import Annotated

from fastapi import Depends, Request
from pydantic import Field, model_validator
from starlette.concurrency import run_in_threadpool

from consilience.errors import UsageError
from consilience.model.lists import ListRecord
from consilience.model.locator import printable_text
from consilience.model.people import Permission
from consilience.services import audit, matchservice, tokens
from consilience.services.matchservice import Answer, Signal
from consilience.services.tokens import MATCH_DETAIL
from consilience.store.events import EventFilter
from consilience.store.known import Asked
from consilience.web.identity import Caller, Needs
from consilience.web.routing import creating, router
from consilience.web.shapes import Hex32, Hex64, In, Name, Out, at

routes = router("match")

FILE = "/match/file"
LARGEST = 64 << 20
"""Bytes of a file that is asked about."""

Matches = Annotated[Caller, Depends(Needs(Permission.MATCH))]
Sha1Hex = Annotated[str, Field(pattern="^[0-9a-f]{40}$")]


class SignalIn(In):
    """What is known of a content: any of its digests, and its PDQ code, in lower-case hexadecimal."""

    md5: Hex32 | None = None
    sha1: Sha1Hex | None = None
    sha256: Hex64 | None = None
    pdq: Hex64 | None = None

    @model_validator(mode="after")
    def says_something(self) -> "SignalIn":
        """At least one."""
        if not (self.md5 or self.sha1 or self.sha256 or self.pdq):
            raise ValueError("give md5, sha1, sha256 or pdq")
        return self


class Question(In):
    """Signals that are asked about."""

    signals: Annotated[list[SignalIn], Field(min_length=1, max_length=matchservice.MOST_AT_ONCE)]
    lists: Annotated[list[Name], Field(max_length=100)] | None = Field(
        None, description="Lists to be searched; all by default."
    )


class HitOut(Out):
    """An entry that agrees: the signal matches it, and never *is* it."""

    list: str
    entry: str
    scheme: str
    scheme_version: str
    category: str | None
    basis: str
    distance: int
    orientation: str


class AnswerOut(Out):
    """Hit or no hit. `matches` is null without the scope `match-detail`."""

    hit: bool
    matches: list[HitOut] | None


class Answers(Out):
    """Answers, in the order of the signals."""

    answers: list[AnswerOut]


class FileAnswer(Out):
    """What a file is, and whether it is known. `problem` says why it could not be decoded."""

    media_type: str
    sha256: str | None
    problem: str | None
    answer: AnswerOut


class EntryIn(In):
    """An entry that is to be added to a list."""

    id: Annotated[str, Field(min_length=1, max_length=200)]
    signal: SignalIn
    size: Annotated[int, Field(ge=0, lt=1 << 63)] | None = None
    category: Annotated[str, Field(max_length=100)] | None = None


Entries = Annotated[list[EntryIn], Field(min_length=1, max_length=matchservice.MOST_AT_ONCE)]


class NewEntries(In):
    """Entries that are to be added to a list: an edition of their own."""

    list: Name
    entries: Entries


class Added(Out):
    """How many entries the edition holds. The next request finds them."""

    list: str
    entries: int


class Burst(Out):
    """Queries of one token that were nearly like one another: perhaps somebody tries what slips through."""

    at: str
    account: str
    token: str | None
    queries: int


@routes.post("/match")
def match_signals(caller: Matches, body: Question) -> Answers:
    """Whether signals are known."""
    asked = [_signal(one) for one in body.signals]
    return Answers(answers=[_answer(caller, one) for one in _ask(caller, asked, body.lists)])


@routes.post(
    FILE,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def match_file(caller: Matches, request: Request) -> FileAnswer:
    """Whether a file, sent as the body, is known. It is examined in the sandbox and kept nowhere."""
    data = await request.body()
    return await run_in_threadpool(_file, caller, data)


@creating(routes, "/match/entries")
def add_entries(caller: Annotated[Caller, Depends(Needs(Permission.KEEP_LISTS))], body: NewEntries) -> Added:
    """Add entries to a list. What is held already is matched with them, and its cases are told."""
    records = [
        ListRecord(
            provider_id=one.id,
            md5=_bytes(one.signal.md5),
            sha1=_bytes(one.signal.sha1),
            sha256=_bytes(one.signal.sha256),
            pdq=_bytes(one.signal.pdq),
            size=one.size,
            category=one.category,
            position=place,
        )
        for place, one in enumerate(body.entries, 1)
    ]
    made = matchservice.add_signals(caller.server.holdings, caller.actor, body.list, records)
    return Added(list=body.list, entries=len(made))


@routes.get("/match/bursts")
def list_bursts(caller: Annotated[Caller, Depends(Needs(Permission.AUDIT))]) -> list[Burst]:
    """Notices of bursts of queries that were nearly alike, the newest first."""
    asked = EventFilter(action="notify", object_kind="alike-queries")
    found = audit.search(caller.server.holdings, caller.actor, asked, most=100)
    return [
        Burst(
            at=at(one.at),
            account=printable_text(one.actor),
            token=None if one.object_id is None else one.object_id.hex(),
            queries=int(str(one.detail.get("queries", 0))),
        )
        for one in found
    ]


def ask(caller: Caller, asked: list[Signal], lists: list[str] | None = None) -> list[Answer]:
    """Ask, counted against the token's quota."""
    token = caller.identity.token
    if token is not None:
        tokens.count_use(caller.server.holdings, token, len(asked))
    return matchservice.ask(
        caller.server.holdings,
        caller.actor,
        caller.server.matches,
        asked,
        asker=None if token is None else token.public_id,
        in_lists=lists,
    )


_ask = ask


def _file(caller: Caller, data: bytes) -> FileAnswer:
    report = matchservice.examine(data, caller.server.executor())
    signal = matchservice.signals_of(report)
    if report.digests is None:
        raise UsageError("the file cannot be read")
    (answer,) = ask(caller, [signal])
    problem = report.problem or (report.examination.problem if report.examination else None)
    return FileAnswer(
        media_type=report.media_type,
        sha256=report.digests.sha256.hex(),
        problem=None if problem is None else problem.code,
        answer=_answer(caller, answer),
    )


def _signal(one: SignalIn) -> Signal:
    digests = Asked(_bytes(one.md5), _bytes(one.sha1), _bytes(one.sha256))
    return Signal(digests, () if one.pdq is None else (bytes.fromhex(one.pdq),))


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)


def _answer(caller: Caller, one: Answer) -> AnswerOut:
    if not caller.may(MATCH_DETAIL):
        return AnswerOut(hit=one.is_hit, matches=None)
    return AnswerOut(
        hit=one.is_hit,
        matches=[
            HitOut(
                list=printable_text(hit.entry.list),
                entry=printable_text(hit.entry.provider_id),
                scheme=printable_text(hit.entry.scheme),
                scheme_version=printable_text(hit.entry.scheme_version),
                category=None if hit.entry.category is None else printable_text(hit.entry.category),
                basis=hit.basis,
                distance=hit.distance,
                orientation=hit.turn,
            )
            for hit in one.hits[:100]
        ],
    )
