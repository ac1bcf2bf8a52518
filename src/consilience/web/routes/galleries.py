"""A case's files as a gallery: stacks, contents or files, filtered, sorted, by cursor."""

# Annotations are read at run time: no postponed ones in modules of routes.

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import Field

from consilience.model.examination import MediaKind
from consilience.model.judgements import State
from consilience.model.outcomes import Outcome
from consilience.model.people import Permission
from consilience.services import gallery
from consilience.services.gallery_items import By, Filter, Item, Judged, Reached, Sort
from consilience.web.identity import Caller, Needs
from consilience.web.naming import case_id
from consilience.web.routing import router
from consilience.web.shapes import CaseName, Cursor, Limit, Out, Page, Sha256, iso, nanoseconds_of

routes = router("gallery")

Looks = Annotated[Caller, Depends(Needs(Permission.LOOK))]
Words = Annotated[list[str], Query(max_length=100)]
Text = Annotated[str, Query(max_length=200)]


class GalleryItem(Out):
    """A stack, by the first of its files that was asked for; a content, likewise; or a file."""

    id: str = Field(description="Public id of the file.")
    sha256: str | None = Field(description="Null where nothing could be read.")
    kind: MediaKind
    media_type: str
    outcome: Outcome
    problem: str | None
    name: str
    path: str
    exhibit: str
    size: int | None
    width: int
    height: int
    seconds: float | None
    taken: str | None = Field(description="As the camera wrote it.")
    taken_at: str | None = Field(description="In UTC, where the zone is known.")
    camera: str | None
    stack: str | None = Field(description="SHA-256 of the stack's representative.")
    stack_size: int
    files: int = Field(description="Files of the content in the case.")
    lists: list[str]
    distance: int | None = Field(description="Bits to the nearest list entry.")
    reached: Reached
    code: str | None = Field(description="The classification that counts, or else one's own.")
    state: State
    judged_by_me: bool
    viewable: bool


class StackMember(Out):
    """A content of a stack: how far it is from the representative, and how it is turned."""

    item: GalleryItem
    distance: int
    orientation: str


class Facet(Out):
    """A value, and how many files have it."""

    value: str
    count: int


FacetCounts = list[Facet]


class Facets(Out):
    """The values that can be asked for. Of each field the counts are those that the other fields leave."""

    outcome: FacetCounts
    exhibit: FacetCounts
    kind: FacetCounts
    media_type: FacetCounts
    camera: FacetCounts
    problem: FacetCounts
    list: FacetCounts
    reached: FacetCounts
    judged: FacetCounts
    code: FacetCounts


def asked(
    outcome: Annotated[list[Outcome], Query(max_length=20)] = [],  # noqa: B006 - FastAPI copies it
    exhibit: Words = [],  # noqa: B006
    kind: Annotated[list[MediaKind], Query(max_length=20)] = [],  # noqa: B006
    media_type: Words = [],  # noqa: B006
    camera: Words = [],  # noqa: B006
    list: Words = [],  # noqa: B006
    problem: Words = [],  # noqa: B006
    reached: Annotated[list[Reached], Query(max_length=5)] = [],  # noqa: B006
    judged: Annotated[list[Judged], Query(max_length=5)] = [],  # noqa: B006
    code: Words = [],  # noqa: B006
    name: Text = "",
    size_from: Annotated[int | None, Query(ge=0, lt=1 << 63)] = None,
    size_to: Annotated[int | None, Query(ge=0, lt=1 << 63)] = None,
    taken_from: datetime | None = None,
    taken_to: datetime | None = None,
) -> Filter:
    """Which items are asked for: of each parameter one of its values."""
    return Filter(
        outcome=tuple(outcome),
        exhibit=tuple(exhibit),
        kind=tuple(kind),
        media_type=tuple(media_type),
        camera=tuple(camera),
        list=tuple(list),
        problem=tuple(problem),
        reached=tuple(reached),
        judged=tuple(judged),
        code=tuple(code),
        name=name,
        size_from=size_from,
        size_to=size_to,
        taken_from=None if taken_from is None else nanoseconds_of(taken_from),
        taken_to=None if taken_to is None else nanoseconds_of(taken_to),
    )


Wanted = Annotated[Filter, Depends(asked)]


@routes.get("/cases/{case}/gallery")
def show_gallery(
    caller: Looks,
    case: CaseName,
    wanted: Wanted,
    by: By = By.STACK,
    sort: Sort = Sort.FOUND,
    descending: bool = False,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[GalleryItem]:
    """A page of a case's gallery. `judged=not-mine` leaves out what one has judged oneself."""
    server = caller.server
    found = gallery.page(
        server.holdings,
        caller.actor,
        server.galleries,
        case_id(caller, case),
        wanted,
        by=by,
        sort=sort,
        descending=descending,
        cursor=cursor,
        most=limit,
    )
    return Page(items=[item_out(one) for one in found.items], next=found.next, total=found.total)


@routes.get("/cases/{case}/facets")
def show_facets(caller: Looks, case: CaseName, wanted: Wanted) -> Facets:
    """What can be asked for in a case, with counts."""
    server = caller.server
    found = gallery.facets(server.holdings, caller.actor, server.galleries, case_id(caller, case), wanted)
    return Facets(
        **{
            field: [Facet(value=one.value, count=one.count) for one in values]
            for field, values in found.items()
        }
    )


@routes.get("/cases/{case}/stacks/{sha256}")
def show_stack(caller: Looks, case: CaseName, sha256: Sha256) -> list[StackMember]:
    """The stack that a content lies in, the representative first."""
    server = caller.server
    found = gallery.stack(
        server.holdings, caller.actor, server.galleries, case_id(caller, case), bytes.fromhex(sha256)
    )
    return [
        StackMember(item=item_out(one), distance=distance, orientation=turned)
        for one, distance, turned in found[:1000]
    ]


def item_out(one: Item) -> GalleryItem:
    """An item, as the API says it."""
    return GalleryItem(
        id=one.id,
        sha256=one.sha256,
        kind=MediaKind(one.kind),
        media_type=one.media_type,
        outcome=Outcome(one.outcome),
        problem=one.problem,
        name=one.name,
        path=one.path,
        exhibit=one.exhibit,
        size=one.size,
        width=one.width,
        height=one.height,
        seconds=one.seconds,
        taken=one.taken,
        taken_at=iso(one.taken_at),
        camera=one.camera,
        stack=one.stack,
        stack_size=one.stack_size,
        files=one.files,
        lists=[*one.lists],
        distance=one.distance,
        reached=one.reached,
        code=one.code,
        state=one.state,
        judged_by_me=one.judged_by_me,
        viewable=one.viewable,
    )
