"""Look at what is on record: matches, stacks, and everything that is known of one content."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from consilience.errors import NotFoundError
from consilience.linking.stacks import Pair, Stack, stacks
from consilience.model.examination import Clue, Fingerprint
from consilience.model.matching import Agreement
from consilience.model.outcomes import Outcome
from consilience.model.people import Actor, Scope
from consilience.services.access import scope_of
from consilience.services.cases import case_named
from consilience.services.holdings import Holdings
from consilience.store import contents, events, outcomes, records
from consilience.store.outcomes import PICTURE
from consilience.store.records import EntryMatchRecord, FileRecord, MediaRecord


class ContentMatches(msgspec.Struct, frozen=True):
    """A content that matches list entries, and its files."""

    media: MediaRecord
    files: tuple[FileRecord, ...]
    matches: tuple[EntryMatchRecord, ...]


class StackedContent(msgspec.Struct, frozen=True):
    """A content in a stack; the representative has no agreement."""

    media: MediaRecord
    files: tuple[FileRecord, ...]
    distance: int
    orientation: str


class StackOfContents(msgspec.Struct, frozen=True):
    """A stack with its contents, the representative first."""

    representative: StackedContent
    members: tuple[StackedContent, ...]


class NearContent(msgspec.Struct, frozen=True):
    """A content that matches another; turned by the orientation, the one that came later agrees."""

    sha256: bytes
    part: str
    other_part: str
    agreement: Agreement
    files: tuple[FileRecord, ...]


class ContentDetail(msgspec.Struct, frozen=True):
    """Everything that is on record of a content, as far as the viewer may see it."""

    media: MediaRecord
    files: tuple[FileRecord, ...]
    fingerprints: tuple[Fingerprint, ...]
    clues: tuple[Clue, ...]
    matches: tuple[EntryMatchRecord, ...]
    near: tuple[NearContent, ...]


def matches_of_case(holdings: Holdings, actor: Actor, case: str) -> list[ContentMatches]:
    """The contents of a case that match a list entry, in the order of their files.

    Raises:
        NotFoundError: there is no such case.
    """
    with holdings.database.read() as connection:
        scope = scope_of(connection, actor)
        record = case_named(connection, actor, case)
        ids = _contents_of_case(connection, scope, record.id)
        found = records.entry_matches(connection, ids)
        media = records.media_by_id(connection, found)
        files = records.files_of(connection, scope, found)
    _note_reading(holdings, actor, record.id, "matches")
    return [
        ContentMatches(media[one], tuple(file for file in files[one] if file.case == case), tuple(found[one]))
        for one in ids
        if one in found
    ]


def stacks_of_case(holdings: Holdings, actor: Actor, case: str) -> list[StackOfContents]:
    """The stacks of a case, largest first.

    Raises:
        NotFoundError: there is no such case.
    """
    with holdings.database.read() as connection:
        scope = scope_of(connection, actor)
        record = case_named(connection, actor, case)
        found = derive_stacks(connection, scope, record.id)
        ids = [one for stack in found for one in _contents(stack)]
        media = records.media_by_id(connection, ids)
        files = records.files_of(connection, scope, ids)
    _note_reading(holdings, actor, record.id, "stacks")

    def stacked(content: int, distance: int, orientation: str) -> StackedContent:
        of_case = tuple(file for file in files[content] if file.case == case)
        return StackedContent(media[content], of_case, distance, orientation)

    found.sort(key=lambda stack: -len(stack.members))
    return [
        StackOfContents(
            stacked(stack.representative, 0, "upright"),
            tuple(stacked(one.content, one.distance, one.orientation) for one in stack.members),
        )
        for stack in found
    ]


def derive_stacks(connection: Connection, scope: Scope, case_id: int) -> list[Stack]:
    """The stacks of a case's pictures. The one with most pixels represents; among equals, the first found."""
    ids = records.pictures_of_case(connection, scope, case_id)
    media = records.media_by_id(connection, ids)
    place = {one: number for number, one in enumerate(ids)}
    preferred = sorted(ids, key=lambda one: (-media[one].width * media[one].height, place[one]))
    pairs = (
        Pair(one.media_id, one.other_media_id, one.agreement.distance, one.agreement.orientation)
        for one in records.near(connection, ids)
        if one.part == one.other_part == PICTURE
    )
    return stacks(preferred, pairs)


def show(holdings: Holdings, actor: Actor, sha256: bytes) -> ContentDetail:
    """Everything on record of a content.

    Raises:
        NotFoundError: there is no such content, or none that the actor may see: the two look alike.
    """
    with holdings.database.read() as connection:
        scope = scope_of(connection, actor)
        media_id = records.media_id_of(connection, sha256)
        files = records.files_of(connection, scope, [] if media_id is None else [media_id])
        if media_id is None or not files:
            raise NotFoundError(f"no content {sha256.hex()} in the holdings")
        detail = ContentDetail(
            media=records.media_by_id(connection, [media_id])[media_id],
            files=tuple(files[media_id]),
            fingerprints=tuple(one for one, _ in contents.fingerprints_of(connection, media_id)),
            clues=tuple(records.clues(connection, [media_id]).get(media_id, ())),
            matches=tuple(records.entry_matches(connection, [media_id], recalled=True).get(media_id, ())),
            near=tuple(_near(connection, scope, media_id)),
        )
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind="media", detail={"media": media_id})
    return detail


def count_outcomes(holdings: Holdings, actor: Actor, case: str) -> dict[Outcome, int]:
    """Files of a case by outcome.

    Raises:
        NotFoundError: there is no such case.
    """
    with holdings.database.read() as connection:
        record = case_named(connection, actor, case)
        return outcomes.count(connection, scope_of(connection, actor), record.id)


def _near(connection: Connection, scope: Scope, media_id: int) -> list[NearContent]:
    pairs = {
        (one.media_id, one.part, one.other_media_id, one.other_part): one
        for one in records.near(connection, [media_id])
    }
    others = [one.other_media_id if one.media_id == media_id else one.media_id for one in pairs.values()]
    media = records.media_by_id(connection, others)
    files = records.files_of(connection, scope, others)
    found = [
        NearContent(media[other].sha256, one.part, one.other_part, one.agreement, tuple(files[other]))
        for other, one in zip(others, pairs.values(), strict=True)
        if other in files
    ]
    return sorted(found, key=lambda one: (one.agreement.distance, one.sha256))


def _contents_of_case(connection: Connection, scope: Scope, case_id: int) -> list[int]:
    found = (one.media_id for one in outcomes.outcomes(connection, scope, case_id))
    return list(dict.fromkeys(one for one in found if one is not None))


def _contents(stack: Stack) -> list[int]:
    return [stack.representative, *(one.content for one in stack.members)]


def _note_reading(holdings: Holdings, actor: Actor, case_id: int, what: str) -> None:
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind=what, case_id=case_id)
