"""One content with everything that is known of it, and the pictures that are made for people."""

# Annotations are read at run time: no postponed ones in modules of routes.

import base64
import hashlib
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Query, Request, Response
from pydantic import Field

from consilience.errors import ConsilienceError
from consilience.model.judgements import Decision, State
from consilience.model.locator import Locator, printable_text
from consilience.model.outcomes import Outcome
from consilience.model.people import Permission
from consilience.services import medium, pictures
from consilience.services.medium import EntryMatchView, NearView, Verdicts
from consilience.services.pictures import Look, Size, View
from consilience.web.identity import Caller, Needs
from consilience.web.naming import case_id
from consilience.web.problems import Problem, of
from consilience.web.routing import router
from consilience.web.shapes import CaseName, Hex64, In, Out, Sha256, at, iso, tagged

routes = router("media")

Looks = Annotated[Caller, Depends(Needs(Permission.LOOK))]
OfCase = Annotated[
    str, Query(alias="case", max_length=200, description="Public id of a case, or its number.")
]
Frame = Annotated[int | None, Query(ge=0, lt=1000, description="Of a video, one of its key frames.")]


class Vote(Out):
    """One person's standing word."""

    id: str
    author: str
    decision: Decision
    code: str
    at: str
    reason: str
    mine: bool


class VerdictOut(Out):
    """What the votes come to that one may see."""

    state: State
    code: str
    scheme: str | None = None
    scheme_version: str | None = None
    needed: int
    votes: list[Vote]


class Time(Out):
    """A time with its doubt."""

    kind: str
    raw: str
    zone: str
    clock: str
    utc: str | None


class FileOut(Out):
    """An occurrence of the content."""

    case: str
    exhibit: str
    path: str
    size: int | None
    times: list[Time]


class ClueOut(Out):
    """A fact taken from the content, harmless to show."""

    kind: str
    value: str
    source: str


class EntryMatch(Out):
    """The content matches an entry of a list: it never *is* the entry."""

    id: str = Field(description="Stable, for a screen; a judgement names `list` and `entry`.")
    list: str
    role: str
    entry: str
    scheme: str
    category: str | None
    part: str
    basis: str
    distance: int
    orientation: str
    recalled: bool
    quarantined: bool
    entry_state: State = Field(description="What was said of the entry itself.")
    verdict: VerdictOut


class Span(Out):
    """Seconds in this medium and in the other. A picture is one moment, from 0 to 0."""

    begin: float
    end: float
    other_begin: float
    other_end: float
    speed: float = Field(description="Seconds of the other for a second of this one.")


class NearMatch(Out):
    """Another content that is near, or shares seconds with this one."""

    sha256: Hex64
    kind: str
    name: str
    case: str
    exhibit: str
    basis: str
    distance: int | None = Field(description="Bits; of footage, in the mean; null for sound.")
    orientation: str
    part: str
    other_part: str
    share: float | None = Field(description="Of this one's duration that is in the other, 0-1.")
    other_share: float | None = Field(description="Of the other's duration that is in this one, 0-1.")
    spans: list[Span] = Field(description="Where the two agree in time.")
    viewable: bool
    verdict: VerdictOut


class FingerprintOut(Out):
    """How a fingerprint was made; never the code itself."""

    algorithm: str
    version: str
    part: str
    quality: int
    decode_path: str
    decoder: str


class MediaDetail(Out):
    """Everything on record of a content, as far as one may see it."""

    sha256: Hex64
    sha1: str
    md5: str
    size: int
    media_type: str
    kind: str
    width: int
    height: int
    seconds: float | None
    outcome: Outcome
    reached: str
    problem: str | None
    problem_detail: str
    viewable: bool
    files: list[FileOut]
    clues: list[ClueOut]
    fingerprints: list[FingerprintOut]
    matches: list[EntryMatch]
    near: list[NearMatch]
    classification: VerdictOut


class Reveal(In):
    """A picture that somebody deliberately wants to see."""

    case: Annotated[str, Field(max_length=200)]
    look: Look = Field(Look.CLEAR, strict=False)
    size: Size = Field(Size.LARGE, strict=False)
    frame: Annotated[int, Field(ge=0, lt=1000)] | None = None


class WantedPictures(In):
    """Contents of which blurred pictures are wanted."""

    sha256: Annotated[list[Hex64], Field(max_length=100)]


class BlurredPicture(Out):
    """A blurred picture (JPEG, base64), or why there is none."""

    sha256: Hex64
    jpeg: str | None
    problem: Problem | None


class BlurredPictures(Out):
    """Blurred pictures, in the order in which they were asked for."""

    items: list[BlurredPicture]


_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {pictures.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}


@routes.get("/media/{sha256}", response_model=MediaDetail)
def one_medium(caller: Looks, sha256: Sha256, case: OfCase, request: Request, response: Response) -> object:
    """A content of a case: files, clues, matches and their reasons, what was judged."""
    server = caller.server
    found = medium.one(
        server.holdings, caller.actor, server.galleries, case_id(caller, case), bytes.fromhex(sha256)
    )
    item, record = found.item, found.detail.media
    detail = MediaDetail(
        sha256=sha256,
        sha1=record.sha1.hex(),
        md5=record.md5.hex(),
        size=record.size,
        media_type=record.media_type,
        kind=record.kind,
        width=record.width,
        height=record.height,
        seconds=item.seconds,
        outcome=Outcome(item.outcome),
        reached=item.reached,
        problem=item.problem,
        problem_detail="" if record.problem is None else printable_text(record.problem.detail),
        viewable=item.viewable,
        files=[
            FileOut(
                case=printable_text(one.case),
                exhibit=printable_text(one.exhibit),
                path=Locator.decode(one.locator).display(),
                size=one.size,
                times=[
                    Time(
                        kind=each.kind,
                        raw=printable_text(each.raw),
                        zone=printable_text(each.zone),
                        clock=each.clock,
                        utc=iso(each.utc),
                    )
                    for each in filter(None, [found.times.get(one.id)])
                ],
            )
            for one in found.detail.files[:200]
        ],
        clues=[
            ClueOut(kind=one.kind, value=printable_text(one.value)[:2000], source=printable_text(one.source))
            for one in found.detail.clues[:500]
        ],
        fingerprints=[
            FingerprintOut(
                algorithm=one.algorithm,
                version=one.version,
                part=one.part,
                quality=one.quality,
                decode_path=one.decode_path,
                decoder=one.decoder,
            )
            for one in found.detail.fingerprints
        ],
        matches=[_entry_match(caller, one) for one in found.matches],
        near=[_near(caller, one) for one in found.near],
        classification=verdict_out(caller, found.classification),
    )
    return tagged(request, response, detail)


@routes.get("/media/{sha256}/picture", response_class=Response, responses=_PICTURE)
def blurred_picture(caller: Looks, sha256: Sha256, case: OfCase, frame: Frame = None) -> Response:
    """A blurred, grey picture. What is clearer is asked for by `POST …/views`."""
    server = caller.server
    shown = pictures.view(
        server.holdings,
        caller.actor,
        server.pictures,
        case_id(caller, case),
        bytes.fromhex(sha256),
        Look.BLURRED,
        frame=frame,
    )
    return _picture(shown)


@routes.post("/media/{sha256}/views", response_class=Response, responses=_PICTURE)
def reveal(caller: Looks, sha256: Sha256, body: Reveal) -> Response:
    """See a picture: grey, or clear. A deliberate act, so it is no address that a page can show by itself."""
    server = caller.server
    shown = pictures.view(
        server.holdings,
        caller.actor,
        server.pictures,
        case_id(caller, body.case),
        bytes.fromhex(sha256),
        body.look,
        body.size,
        body.frame,
    )
    return _picture(shown)


@routes.post("/cases/{case}/pictures")
def blurred_pictures(caller: Looks, case: CaseName, body: WantedPictures) -> BlurredPictures:
    """Blurred pictures of many contents at once, for a gallery."""
    server = caller.server
    found = pictures.blurred(
        server.holdings,
        caller.actor,
        server.pictures,
        case_id(caller, case),
        [bytes.fromhex(one) for one in body.sha256],
    )
    return BlurredPictures(
        items=[
            BlurredPicture(sha256=digest.hex(), jpeg=None, problem=_why(said))
            if isinstance(said, ConsilienceError)
            else BlurredPicture(sha256=digest.hex(), jpeg=base64.b64encode(said).decode(), problem=None)
            for digest, said in found.items()
        ]
    )


def _picture(shown: View) -> Response:
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": "inline",
        "Consilience-Event": str(shown.event),
    }
    if shown.times:
        headers["Consilience-Times"] = ",".join(f"{one / 1e6:.3f}" for one in shown.times)
    return Response(shown.jpeg, media_type=pictures.MEDIA_TYPE, headers=headers)


def _why(error: ConsilienceError) -> Problem:
    return Problem.model_validate_json(bytes(of(error).body))


def verdict_out(caller: Caller, one: Verdicts) -> VerdictOut:
    """A verdict, as the API says it."""
    return VerdictOut(
        state=one.verdict.state,
        code=one.verdict.code,
        scheme=one.scheme,
        scheme_version=one.scheme_version,
        needed=one.verdict.needed,
        votes=[
            Vote(
                id=each.public_id.hex(),
                author=printable_text(each.author),
                decision=each.decision,
                code=each.code,
                at=at(each.at),
                reason=printable_text(each.note or each.reason),
                mine=each.author == caller.identity.name,
            )
            for each in one.records
        ],
    )


def _entry_match(caller: Caller, one: EntryMatchView) -> EntryMatch:
    match = one.match
    return EntryMatch(
        id=hashlib.sha256(msgspec.json.encode([match.list, match.entry, match.part])).hexdigest()[:32],
        list=printable_text(match.list),
        role=match.role,
        entry=printable_text(match.entry),
        scheme=printable_text(match.scheme),
        category=None if match.category is None else printable_text(match.category),
        part=match.part,
        basis=match.agreement.basis,
        distance=match.agreement.distance,
        orientation=match.agreement.orientation,
        recalled=match.recalled,
        quarantined=match.quarantined,
        entry_state=match.entry_state,
        verdict=verdict_out(caller, one.verdicts),
    )


def _near(caller: Caller, one: NearView) -> NearMatch:
    first, tie = one.files[0], one.tie
    return NearMatch(
        sha256=one.media.sha256.hex(),
        kind=one.media.kind,
        name=Locator.decode(first.locator).display(),
        case=printable_text(first.case),
        exhibit=printable_text(first.exhibit),
        basis=tie.basis,
        distance=tie.distance,
        orientation=tie.orientation,
        part=tie.part,
        other_part=tie.other_part,
        share=tie.share,
        other_share=tie.other_share,
        spans=[Span(**msgspec.structs.asdict(span)) for span in tie.spans],
        viewable=one.viewable,
        verdict=verdict_out(caller, one.verdicts),
    )
