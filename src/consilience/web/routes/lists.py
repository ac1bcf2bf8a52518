"""Hash lists: imported with progress, their editions, what could not be taken, what is doubtful."""

# Annotations are read at run time: no postponed ones in modules of routes.

from pathlib import Path as FilePath
from typing import Annotated

from fastapi import Depends, Path, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from consilience.model.lists import Role
from consilience.model.locator import printable_text
from consilience.model.people import Permission
from consilience.services import lists
from consilience.services.lists import WholeList
from consilience.services.progress import Progress
from consilience.web.identity import Caller, Needs
from consilience.web.jobs import Job
from consilience.web.routes.exhibits import JobOut, job_out
from consilience.web.routing import router
from consilience.web.shapes import Cursor, Hex32, Limit, Out, Page, at, cursor_at, cut, place_of

routes = router("lists")

IMPORT = "/lists/import"
LARGEST = 8 << 30
"""Bytes of a list's file."""

Sees = Annotated[Caller, Depends(Needs(Permission.LOOK, Permission.KEEP_LISTS))]
Keeps = Annotated[Caller, Depends(Needs(Permission.KEEP_LISTS))]
ListName = Annotated[str, Path(min_length=1, max_length=200, description="A list's name.")]
Word = Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Edition(Out):
    """A dated edition, and what it brought."""

    ordinal: int
    file_name: str
    file_sha256: str
    format: str
    imported_at: str
    added: int
    changed: int
    withdrawn: int
    unchanged: int
    repeated: int
    broken: int


class HashList(Out):
    """A hash list with its standing entries."""

    id: Hex32
    name: str
    agency: str
    role: Role
    origin: str
    scheme: str
    scheme_version: str
    entries: int
    editions: list[Edition]
    quarantined: int = Field(description="Entries that suddenly match far more than before.")


class BrokenRecord(Out):
    """A record that could not be taken: where it stands and why."""

    position: int = Field(
        description="Line, row or record of the file; a folder's file is named by the reason."
    )
    reason: str


class DoubtfulEntry(Out):
    """An entry that suddenly matches far more than before. It keeps matching; a person looks."""

    list: str
    entry: str
    case: str
    exhibit: str
    files: int
    before: int


@routes.get("/lists")
def list_lists(caller: Sees, cursor: Cursor = None, limit: Limit = 100) -> Page[HashList]:
    """The lists that one may see, by name."""
    found = lists.whole_lists(caller.server.holdings, caller.actor)
    items, following = cut(found, cursor, limit)
    return Page(items=[_list(one) for one in items], next=following, total=len(found))


@routes.get("/lists/{name:path}/editions/{ordinal}/broken")
def list_broken(
    caller: Sees,
    name: ListName,
    ordinal: Annotated[int, Path(ge=1, lt=1 << 31)],
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[BrokenRecord]:
    """The records of an edition that could not be taken; how many there are is said with the edition."""
    begin = place_of(cursor)
    found = lists.broken_of(caller.server.holdings, caller.actor, name, ordinal, begin=begin, most=limit + 1)
    return Page(
        items=[
            BrokenRecord(position=one.position, reason=printable_text(one.reason)) for one in found[:limit]
        ],
        next=cursor_at(begin + limit) if len(found) > limit else None,
        total=None,
    )


@routes.get("/doubtful-entries")
def list_doubtful(caller: Sees, cursor: Cursor = None, limit: Limit = 100) -> Page[DoubtfulEntry]:
    """Entries that wait in quarantine until somebody confirms or retracts them."""
    found = lists.quarantined(caller.server.holdings, caller.actor)
    items, following = cut(found, cursor, limit)
    return Page(
        items=[
            DoubtfulEntry(
                list=printable_text(one.list),
                entry=printable_text(one.entry),
                case=printable_text(one.case),
                exhibit=printable_text(one.exhibit),
                files=one.files,
                before=one.before,
            )
            for one in items
        ],
        next=following,
        total=len(found),
    )


@routes.post(
    IMPORT,
    status_code=202,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def import_list(
    caller: Keeps,
    request: Request,
    name: Annotated[str, Query(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")],
    role: Role,
    file_name: Word = "list",
    scheme: Word = "",
    scheme_version: Word = "",
    origin: Word = "",
    agency: Word = "",
    format: Annotated[
        str | None, Query(pattern="^[a-z0-9-]{1,40}$", description="Where its first bytes do not tell.")
    ] = None,
) -> JobOut:
    """Import a file, sent as the body, as the next edition of a list. The same file again changes nothing."""
    server = caller.server
    folder = await run_in_threadpool(server.uploads.new)
    # The name goes on record; on disk it is ours.
    path = folder / (FilePath(printable_text(file_name)).name.lstrip(".")[:100] or "list")
    try:
        with await run_in_threadpool(path.open, "wb") as file:
            async for piece in request.stream():
                await run_in_threadpool(file.write, piece)
    except BaseException:
        server.uploads.remove(folder)
        raise

    job = Job("import", caller.identity.name, None, name)

    def work(progress: Progress) -> None:
        try:
            job.imported = lists.import_list(
                server.holdings,
                caller.actor,
                path,
                name=name,
                role=role,
                scheme=scheme,
                scheme_version=scheme_version,
                origin=origin,
                agency=agency,
                format=format,
                progress=progress,
            )
        finally:
            server.uploads.remove(folder)

    return job_out(server.jobs.begin(job, work))


def _list(whole: WholeList) -> HashList:
    one = whole.about
    return HashList(
        id=one.public_id.hex(),
        name=printable_text(one.name),
        agency=printable_text(one.agency),
        role=one.role,
        origin=printable_text(one.origin),
        scheme=printable_text(one.scheme),
        scheme_version=printable_text(one.scheme_version),
        entries=one.entries,
        editions=[
            Edition(
                ordinal=each.ordinal,
                file_name=printable_text(each.file_name),
                file_sha256=each.file_sha256.hex(),
                format=each.format,
                imported_at=at(each.imported_at),
                added=each.added,
                changed=each.changed,
                withdrawn=each.withdrawn,
                unchanged=each.unchanged,
                repeated=each.repeated,
                broken=each.broken,
            )
            for each in whole.editions[-100:]
        ],
        quarantined=whole.quarantined,
    )
