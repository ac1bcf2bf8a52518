"""Exhibits taken in from places on the server, and the work that does it: begun, watched, stopped."""

# Annotations are read at run time: no postponed ones in modules of routes.

import os
from pathlib import Path as FilePath
from typing import Annotated, Literal

from fastapi import Depends, Query
from pydantic import Field

from consilience.errors import UsageError
from consilience.evidence.folder import FolderSource
from consilience.model.locator import printable, printable_text
from consilience.model.people import Permission
from consilience.runs.local import LocalExecutor
from consilience.services import cases, full_pass, gallery, ingest
from consilience.services.lists import ImportResult
from consilience.services.progress import Progress
from consilience.settings import Limits
from consilience.web.identity import Caller, Needs
from consilience.web.jobs import Job
from consilience.web.naming import case_id, case_number
from consilience.web.routing import creating, router
from consilience.web.server import Server
from consilience.web.shapes import CaseName, Hex32, Id, In, Line, Name, Out, Page, at, iso

routes = router("exhibits")

_FOLDERS = 1000

Collects = Annotated[Caller, Depends(Needs(Permission.COLLECT))]
Begins = Annotated[Caller, Depends(Needs(Permission.COLLECT, Permission.KEEP_LISTS))]


class NewExhibit(In):
    """An exhibit to be taken in from a place on the server; asked again, it goes on where it stopped."""

    number: Name
    path: Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")]
    description: Line = ""
    first_look: bool = False


class Folder(Out):
    """A folder on the server."""

    name: str
    path: str


class Folders(Out):
    """The folders in a folder."""

    path: str
    parent: str | None = Field(description="The folder above; empty for the places where one may begin.")
    folders: list[Folder]
    unnamed: int = Field(description="Folders that are not shown: too many, or a name that is no text.")


class Imported(Out):
    """What an import brought."""

    edition: int
    is_new: bool = Field(description="False where an edition is this very file already: nothing was changed.")
    added: int
    changed: int
    withdrawn: int
    broken: int = Field(description="Records that could not be taken.")
    matched: int = Field(description="Contents held before that match an entry now and did not before.")


class JobOut(Out):
    """Work that a request began."""

    id: Hex32
    kind: Literal["ingest", "import"]
    case: str | None
    about: str
    state: Literal["waiting", "running", "done", "failed", "stopped"]
    is_stopping: bool = Field(description="Its end was asked for; it ends after the portion in hand.")
    stage: str
    done: int
    total: int | None
    bytes: int
    started_at: str
    ended_at: str | None
    error: str
    imported: Imported | None = Field(description="Of an import that is done.")


@creating(routes, "/cases/{case}/exhibits", 202)
def take_in(caller: Collects, case: CaseName, body: NewExhibit) -> JobOut:
    """Take an exhibit in, in the background; see `/jobs` and the events for its progress."""
    server = caller.server
    public_id = case_id(caller, case, Permission.COLLECT)
    with server.holdings.database.read() as connection:
        number = gallery.case_of(connection, caller.actor, public_id, Permission.COLLECT).number
    path = _place(server, body.path)
    # On record before it waits for its turn: a restart forgets what waits, not that it was to be.
    cases.add_exhibit(server.holdings, caller.actor, number, body.number, body.description)
    return _begin(caller, public_id, path, number, body.number, first_look=body.first_look)


@routes.post("/cases/{case}/exhibits/{id}/go-on", status_code=202)
def go_on(caller: Collects, case: CaseName, id: Id) -> JobOut:
    """Go on with an exhibit whose taking in was stopped or interrupted, or that waits for the full pass.

    It is read from where it was read last. Where somebody is at it, that is the answer.
    """
    server = caller.server
    public_id = case_id(caller, case, Permission.COLLECT)
    number = case_number(caller, public_id.hex(), Permission.COLLECT)
    begun = cases.begun_of(server.holdings, caller.actor, number, bytes.fromhex(id))
    for job in server.jobs.jobs():
        if job.ended_at is None and (job.case, job.about) == (public_id.hex(), begun.number):
            return job_out(job)
    path = _place(server, os.fsdecode(begun.root))
    if not path.exists():
        raise UsageError(
            f"the exhibit is not attached at {printable(begun.root)}",
            "Attach it there, or take it in under the same number from where it is now.",
        )
    return _begin(caller, public_id, path, begun.case, begun.number, first_look=begun.first_look)


def _begin(
    caller: Caller, case: bytes, path: FilePath, number: str, exhibit: str, *, first_look: bool
) -> JobOut:
    server = caller.server

    def work(progress: Progress) -> None:
        source = FolderSource(path)
        try:
            with LocalExecutor(Limits()) as executor:
                ingest.ingest(
                    server.holdings,
                    caller.actor,
                    source,
                    executor,
                    case=number,
                    exhibit=exhibit,
                    first_look=first_look,
                    progress=progress,
                )
                full_pass.full_pass(
                    server.holdings,
                    caller.actor,
                    source,
                    executor,
                    case=number,
                    exhibit=exhibit,
                    progress=progress,
                )
        finally:
            source.close()

    job = Job(kind="ingest", owner=caller.identity.name, case=case.hex(), about=exhibit)
    return job_out(server.jobs.begin(job, work))


@routes.get("/jobs")
def list_jobs(
    caller: Begins,
) -> Page[JobOut]:
    """The work that one began, the newest first."""
    mine = [one for one in caller.server.jobs.jobs() if one.owner == caller.identity.name]
    return Page(items=[job_out(one) for one in mine], next=None, total=len(mine))


@routes.post("/jobs/{id}/stop", status_code=202)
def stop_job(caller: Collects, id: Id) -> JobOut:
    """End the taking in of an exhibit. What is on record stays; asked for again, it goes on from there."""
    return job_out(caller.server.jobs.stop(id, caller.identity.name))


@routes.get("/exhibit-folders")
def list_folders(
    caller: Collects, path: Annotated[str, Query(max_length=4000, pattern=r"^[^\x00]*$")] = ""
) -> Folders:
    """The folders in a place from which exhibits may be taken in; without a path, where one may begin."""
    roots = [str(one) for one in caller.server.roots]
    if not path:
        return Folders(path="", parent=None, folders=[Folder(name=one, path=one) for one in roots], unnamed=0)
    place = _place(caller.server, path)
    try:
        with os.scandir(place) as entries:
            names = sorted(one.name for one in entries if one.is_dir(follow_symlinks=False))
    except OSError as error:
        raise UsageError("the folder cannot be looked into") from error
    shown = [one for one in names if one.isprintable()]
    parent = "" if str(place) in roots else str(place.parent)
    return Folders(
        path=str(place),
        parent=parent,
        folders=[Folder(name=one, path=str(place / one)) for one in shown[:_FOLDERS]],
        unnamed=len(names) - len(shown[:_FOLDERS]),
    )


def _place(server: Server, given: str) -> FilePath:
    """A place that may be taken in: below one of the folders that whoever serves has named."""
    path = FilePath(given)
    try:
        resolved = path.resolve()
    except (OSError, RuntimeError) as error:
        raise UsageError("the path cannot be followed") from error
    if not path.is_absolute() or not any(resolved.is_relative_to(one) for one in server.roots):
        raise UsageError(
            "the path lies in no folder from which exhibits may be taken in",
            "Whoever starts the server names them: consilience serve --exhibits FOLDER.",
        )
    return resolved


def job_out(one: Job) -> JobOut:
    """Work, as the API says it."""
    return JobOut(
        id=one.id,
        kind="ingest" if one.kind == "ingest" else "import",
        case=one.case,
        about=printable_text(one.about),
        state=one.state,
        is_stopping=one.is_stopping and one.ended_at is None,
        stage=one.stage,
        done=one.done,
        total=one.total,
        bytes=one.bytes,
        started_at=at(one.began_at),
        ended_at=iso(one.ended_at),
        error=printable_text(one.error),
        imported=None if one.imported is None else _imported(one.imported),
    )


def _imported(one: ImportResult) -> Imported:
    edition = one.edition
    return Imported(
        edition=edition.ordinal,
        is_new=one.imported,
        added=edition.added,
        changed=edition.changed,
        withdrawn=edition.withdrawn,
        broken=edition.broken,
        matched=one.matched,
    )
