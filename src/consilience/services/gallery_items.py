"""What a gallery is asked for, and the items that it shows."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

import msgspec
from sqlalchemy import Connection

from consilience.model.examination import Examined
from consilience.model.judgements import State, Verdict
from consilience.model.locator import printable_text
from consilience.model.people import Scope
from consilience.store import gallery


class By(StrEnum):
    """What an item of the gallery is."""

    STACK = "stack"
    CONTENT = "content"
    FILE = "file"


class Sort(StrEnum):
    """What items are sorted by."""

    FOUND = "found"
    """As the exhibits were walked."""
    OUTCOME = "outcome"
    NAME = "name"
    SIZE = "size"
    TAKEN = "taken"
    DISTANCE = "distance"
    """To the nearest list entry; what matches none comes last."""
    STACK = "stack"
    """Of the stack, largest first."""
    SECONDS = "seconds"


class Reached(StrEnum):
    """How far the examination of a content has come."""

    NONE = "none"
    FIRST_LOOK = "first-look"
    FULL = "full"


class Judged(StrEnum):
    """Who has classified a content."""

    MINE = "mine"
    NOT_MINE = "not-mine"
    NOBODY = "nobody"
    DECIDED = "decided"
    DISPUTED = "disputed"


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: of each field one of its values; an empty one does not matter.

    Attributes:
        outcome, kind, media_type, problem, reached, judged, code: as items have them.
        exhibit: numbers.
        camera, list: as items have them.
        name: text that the path holds, in any case.
        size_from, size_to: bytes.
        taken_from, taken_to: nanoseconds since 1970; what has no time is not among them.
    """

    outcome: tuple[str, ...] = ()
    exhibit: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    media_type: tuple[str, ...] = ()
    camera: tuple[str, ...] = ()
    list: tuple[str, ...] = ()
    problem: tuple[str, ...] = ()
    reached: tuple[str, ...] = ()
    judged: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    name: str = ""
    size_from: int | None = None
    size_to: int | None = None
    taken_from: int | None = None
    taken_to: int | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A stack, by the first of its files that was asked for; a content, likewise; or a file.

    Attributes:
        id: public id of the file, hexadecimal.
        sha256: of the content; None where nothing could be read.
        name: the last part of the path, harmless to show.
        path: all of it.
        taken: as the camera wrote it.
        taken_at: nanoseconds since 1970, where the zone is known.
        stack: SHA-256 of the stack's representative.
        stack_size: contents in the stack.
        files: files of the content in the case.
        lists: names of the lists that it matches.
        distance: to the nearest entry.
        code: the classification that counts, or else the viewer's own.
        viewable: whether a picture of it can be made.
    """

    id: str
    sha256: str | None
    kind: str
    media_type: str
    outcome: str
    problem: str | None
    name: str
    path: str
    exhibit: str
    size: int | None
    width: int
    height: int
    seconds: float | None
    taken: str | None
    taken_at: int | None
    camera: str | None
    stack: str | None
    stack_size: int
    files: int
    lists: tuple[str, ...]
    distance: int | None
    reached: Reached
    code: str | None
    state: State
    judged_by_me: bool
    viewable: bool


class Facet(msgspec.Struct, frozen=True):
    """A value that items have, and how many files have it."""

    value: str
    count: int


class Shown:
    """What is shown of contents and neither filtered nor sorted by."""

    def __init__(self, connection: Connection, scope: Scope, contents: Collection[int]) -> None:
        self.camera = cameras(connection, contents)
        self.taken = gallery.times_taken(connection, contents)
        self.seconds = durations(connection, contents)
        self.listed = gallery.listed(connection, scope, contents)


def is_viewable(kind: str | None, width: int | None) -> bool:
    """Whether a picture can be made of a content."""
    return kind in ("picture", "video") and bool(width)


def reached(examined: str | None) -> Reached:
    """How far a content has come, of which the records say this."""
    if examined == Examined.FIRST_LOOK.value:
        return Reached.FIRST_LOOK
    return Reached.FULL if examined == Examined.YES.value else Reached.NONE


def cameras(connection: Connection, contents: Collection[int]) -> dict[int, str]:
    """Make and model of the camera of each content whose metadata name one."""
    clues = gallery.clue_values(connection, contents, gallery.CAMERA_MAKE, gallery.CAMERA_MODEL)
    makes, models = clues[gallery.CAMERA_MAKE], clues[gallery.CAMERA_MODEL]
    found = {}
    for one in makes.keys() | models.keys():
        make, model = makes.get(one, "").strip(), models.get(one, "").strip()
        # Many makers write their name into the model, too.
        whole = model if model.lower().startswith(make.lower()) else f"{make} {model}".strip()
        found[one] = printable_text(whole)[:100]
    return found


def durations(connection: Connection, contents: Collection[int]) -> dict[int, float]:
    """Seconds that each content plays, as its fingerprints say, or else its container."""
    found = gallery.durations(connection, contents)
    said = gallery.clue_values(connection, contents, gallery.DURATION)[gallery.DURATION]
    for one, value in said.items():
        try:
            found.setdefault(one, float(value.removesuffix(" s")))
        except ValueError:
            continue
    return found


def is_voter(verdict: Verdict | None, viewer: str) -> bool:
    """Whether a viewer's vote is among those of a verdict."""
    return verdict is not None and any(one.author == viewer for one in verdict.votes)


def code_of(verdict: Verdict | None, viewer: str) -> str | None:
    """The code that counts, or else the viewer's own."""
    if verdict is None:
        return None
    mine = (one.code for one in verdict.votes if one.author == viewer)
    return verdict.code or next(mine, "") or None
