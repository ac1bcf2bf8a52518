"""A second door to the match service: the paths of Hasher-Matcher-Actioner, for programs written for it.

Paths, parameters and answers are those of its OpenAPI (facebook/ThreatExchange,
``hasher-matcher-actioner``). A bank is an alert list; a content id is an entry's number. Tokens without
`match-detail` are told of one bank, HIT. The server fetches nothing: ``url`` is refused.
"""

# ruff: noqa: ARG001 - that somebody is let in is the whole use of some callers
# Annotations are read at run time: no postponed ones in modules of routes.

import re
from typing import Annotated

import numpy as np
from fastapi import Depends, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from consilience.errors import ConsilienceError
from consilience.model.examination import MediaKind
from consilience.model.lists import ListRecord
from consilience.model.people import Permission
from consilience.services import matchservice
from consilience.services.matchservice import Answer, Signal
from consilience.services.tokens import MATCH_DETAIL
from consilience.settings import PDQ_RADIUS
from consilience.store.known import Asked
from consilience.web.identity import Caller, Needs, Open
from consilience.web.routes.match import ask
from consilience.web.routing import REFUSALS, router
from consilience.web.server import Server


class Refusal(BaseModel):
    """Why something is not taken or not told, as HMA says it."""

    message: str
    details: str | None = None


routes = router(
    "hma",
    {code: {"model": Refusal, "description": REFUSALS[code]["description"]} for code in REFUSALS}
    | {400: {"model": Refusal, "description": "The request is not of its form, or is not taken."}},
)

Matches = Annotated[Caller, Depends(Needs(Permission.MATCH))]
Keeps = Annotated[Caller, Depends(Needs(Permission.KEEP_LISTS))]
Text = Annotated[str | None, Query(max_length=2000)]

SIGNALS = {"pdq": 64, "md5": 32, "video_md5": 32}
_CONTENT = {"photo": MediaKind.PICTURE, "video": MediaKind.VIDEO}
_HEX = re.compile("[0-9a-f]+")
_HIT = {"bank_content_id": 0, "distance": ""}
"""What a token without `match-detail` is told of all that it hits."""
_FETCHES_NOTHING = "url is not taken: this server fetches nothing. Send the file, or its signal."


class Refused(Exception):  # noqa: N818 - an answer
    """A request that the door does not take, in its own form."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(message)


class Free(BaseModel):
    """A body of which the keys are data."""

    model_config = ConfigDict(extra="allow")


def refusal(status: int, message: str, details: str | None = None) -> JSONResponse:
    """A refusal as HMA says it."""
    return JSONResponse({"message": message} | ({"details": details} if details else {}), status)


@routes.get("/status")
def status(server: Annotated[Server, Depends(Open("says that the server is up, and nothing else"))]) -> str:
    """Whether the server is up."""
    del server
    return "I-AM-ALIVE"


@routes.get("/h/hash")
def hash_url(caller: Matches, url: Text = None) -> dict[str, str]:
    """Refused: the server fetches nothing."""
    raise Refused(400, _FETCHES_NOTHING)


@routes.post("/h/hash")
async def hash_file(caller: Matches, request: Request) -> dict[str, str]:
    """The signals of a file, one multipart part named by its content type."""
    return (await _examined(caller, request))[1]


@routes.get("/m/raw_lookup")
def raw_lookup(
    caller: Matches,
    signal: Annotated[str, Query(max_length=200)],
    signal_type: Annotated[str, Query(max_length=50)],
    banks: Text = None,
    include_distance: bool = False,
) -> dict[str, list[object]]:
    """Entries that a signal matches."""
    (answer,) = ask(caller, [_signal(signal_type, signal)], _banks(banks))
    if answer.is_hit and not caller.may(MATCH_DETAIL):
        return {"matches": [_HIT if include_distance else 0]}
    if not include_distance:
        return {"matches": [hit.entry.id for hit in answer.hits]}
    return {"matches": [_match(hit) for hit in answer.hits]}


@routes.get("/m/lookup")
def lookup(
    caller: Matches,
    signal: Annotated[str | None, Query(max_length=200)] = None,
    signal_type: Annotated[str | None, Query(max_length=50)] = None,
    url: Text = None,
    banks: Text = None,
) -> dict[str, list[object]]:
    """Banks and entries that a signal matches."""
    if url is not None:
        raise Refused(400, _FETCHES_NOTHING)
    if not signal or not signal_type:
        raise Refused(400, "both signal and signal_type are required")
    (answer,) = ask(caller, [_signal(signal_type, signal)], _banks(banks))
    return _by_bank(caller, answer)


@routes.post("/m/lookup")
async def lookup_file(
    caller: Matches, request: Request, banks: Text = None
) -> dict[str, dict[str, list[object]]]:
    """Banks and entries that a file matches, by signal type."""
    signal, named = await _examined(caller, request)

    def found() -> dict[str, dict[str, list[object]]]:
        parts = {
            name: Signal(Asked(), signal.pdq) if name == "pdq" else Signal(signal.digests) for name in named
        }
        answers = ask(caller, list(parts.values()), _banks(banks))
        return {name: _by_bank(caller, one) for name, one in zip(parts, answers, strict=True)}

    return await run_in_threadpool(found)


@routes.get("/m/index/status")
def index_status(caller: Matches, signal_type: Text = None) -> dict[str, dict[str, object]]:
    """Whether each signal type can be searched. Sizes are not told."""
    if signal_type is not None and signal_type not in SIGNALS:
        raise Refused(400, f"No such signal type '{signal_type[:50]}'")
    asked = SIGNALS if signal_type is None else {signal_type: 0}
    return {name: {"present": True, "built_to": -1, "size": 0} for name in asked}


@routes.post("/m/compare")
def compare(caller: Matches, body: Free) -> dict[str, list[object]]:
    """How far two signals are apart."""
    found: dict[str, list[object]] = {}
    for name, given in (body.model_extra or {}).items():
        if not isinstance(given, list) or len(given) != 2 or not all(isinstance(one, str) for one in given):
            raise Refused(400, "Comparison hash list length must be exactly 2")
        one, other = (_code(name, each) for each in given)
        if name == "pdq":
            apart = int(np.bitwise_count(np.frombuffer(one, np.uint8) ^ np.frombuffer(other, np.uint8)).sum())
            found[name] = [apart <= PDQ_RADIUS, {"distance": apart}]
        else:
            found[name] = [one == other, {}]
    return found


@routes.get("/c/banks")
def banks_of(caller: Matches) -> list[dict[str, object]]:
    """The alert lists that one may see."""
    names = matchservice.alert_lists(caller.server.holdings, caller.actor)
    return [_bank(one) for one in names]


@routes.get("/c/bank/{name}")
def one_bank(caller: Matches, name: str) -> dict[str, object]:
    """One of them."""
    if name not in matchservice.alert_lists(caller.server.holdings, caller.actor):
        raise Refused(404, "bank not found")
    return _bank(name)


@routes.get("/c/signal_type")
def signal_types(caller: Matches) -> list[dict[str, object]]:
    """What can be asked about."""
    return [{"name": name, "enabled_ratio": 1.0} for name in SIGNALS]


@routes.post("/c/bank/{name}/signal", status_code=201)
def add_signal(caller: Keeps, name: str, body: Free) -> dict[str, object]:
    """Add signals of one content to a bank."""
    given = dict(body.model_extra or {})
    note = given.pop("note", None)
    if note is not None and (not isinstance(note, str) or len(note) > 255):
        raise Refused(400, "note must be at most 255 characters")
    if not given:
        raise Refused(400, "No signals given")
    named = {str(kind): _text(kind, value) for kind, value in given.items()}
    return _add(caller, name, named, note or "")


@routes.post("/c/bank/{name}/content", status_code=201)
async def add_content(
    caller: Annotated[Caller, Depends(Needs(Permission.KEEP_LISTS))],
    name: str,
    request: Request,
    url: Text = None,
) -> dict[str, object]:
    """Add the signals of a file to a bank. The file is kept nowhere."""
    if url is not None:
        raise Refused(400, _FETCHES_NOTHING)
    _, named = await _examined(caller, request)
    return await run_in_threadpool(_add, caller, name, named, "")


def _add(caller: Caller, name: str, named: dict[str, str], note: str) -> dict[str, object]:
    codes = {kind: _code(kind, value) for kind, value in named.items()}
    said = "+".join(f"{kind}:{value}" for kind, value in sorted(named.items()))
    record = ListRecord(
        provider_id=said,
        pdq=codes.get("pdq"),
        md5=codes.get("md5") or codes.get("video_md5"),
        attributes={"note": note} if note else {},
        position=1,
    )
    ids = matchservice.add_signals(caller.server.holdings, caller.actor, name, [record])
    return {"id": ids[-1] if ids else 0, "signals": named}


async def _examined(caller: Caller, request: Request) -> tuple[Signal, dict[str, str]]:
    """A file that was sent: what can be asked about it, and its signals by type."""
    try:
        form = await request.form(max_files=2, max_fields=10, max_part_size=1 << 20)
    except (AssertionError, ConsilienceError) as error:
        raise Refused(400, "Missing multipart/form-data file upload") from error
    files = [(name, one) for name, one in form.multi_items() if isinstance(one, UploadFile)]
    if not files:
        raise Refused(400, "Missing multipart/form-data file upload")
    if len(files) > 1:
        raise Refused(400, "Only one file allowed per request")
    ((kind, file),) = files
    if kind not in _CONTENT:
        raise Refused(400, f"no such content_type: '{kind[:50]}'")
    data = await file.read()
    report = await run_in_threadpool(matchservice.examine, data, caller.server.executor())
    signal = matchservice.signals_of(report)
    if report.digests is None:
        raise Refused(400, "the file cannot be read")
    named = {"md5" if kind == "photo" else "video_md5": report.digests.md5.hex()}
    if signal.pdq and kind == "photo":
        named = {"pdq": signal.pdq[0].hex(), **named}
    return signal, named


def _signal(kind: str, text: str) -> Signal:
    code = _code(kind, text)
    return Signal(Asked(), (code,)) if kind == "pdq" else Signal(Asked(md5=code))


def _text(kind: str, value: object) -> str:
    if not isinstance(value, str):
        raise Refused(400, f"Invalid {kind[:50]} signal: no text")
    return value


def _code(kind: str, text: str) -> bytes:
    if kind not in SIGNALS:
        raise Refused(400, f"No such SignalType '{kind[:50]}'")
    lower = text.strip().lower()
    if len(lower) != SIGNALS[kind] or not _HEX.fullmatch(lower):
        raise Refused(400, f"invalid signal: {SIGNALS[kind]} hexadecimal characters are expected")
    return bytes.fromhex(lower)


def _banks(text: str | None) -> list[str] | None:
    return None if text is None else text.split(",")


def _bank(name: str) -> dict[str, object]:
    return {"name": name, "matching_enabled_ratio": 1.0}


def _match(hit: matchservice.Hit) -> dict[str, object]:
    return {"bank_content_id": hit.entry.id, "distance": str(hit.distance)}


def _by_bank(caller: Caller, answer: Answer) -> dict[str, list[object]]:
    if answer.is_hit and not caller.may(MATCH_DETAIL):
        return {"HIT": [_HIT]}
    found: dict[str, list[object]] = {}
    for hit in answer.hits:
        found.setdefault(hit.entry.list, []).append(_match(hit))
    return found
