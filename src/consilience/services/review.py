"""Look at what is on record: matches, stacks, and everything that is known of one content."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection

from consilience.errors import NotFoundError
from consilience.linking.stacks import Pair, Stack, inverse, stacks
from consilience.model.examination import Clue, Fingerprint
from consilience.model.judgements import State, Subject, Verdict
from consilience.model.matching import Agreement
from consilience.model.outcomes import Outcome
from consilience.model.people import Actor, Permission, Scope
from consilience.services.access import scope_of, service
from consilience.services.cases import case_named
from consilience.services.footage_review import rendition_pairs
from consilience.services.holdings import Holdings
from consilience.store import contents, events, judgements, outcomes, quarantine, records, sharing
from consilience.store.events import Act
from consilience.store.judgements import pair_of
from consilience.store.records import EntryMatchRecord, FileRecord, MediaRecord


class ContentMatches(msgspec.Struct, frozen=True):
    """A content that matches list entries, and its files."""

    media: MediaRecord
    files: tuple[FileRecord, ...]
    matches: tuple[EntryMatchRecord, ...]


class StackedContent(msgspec.Struct, frozen=True):
    """A content in a stack, and what people have said of that; the representative has no agreement."""

    media: MediaRecord
    files: tuple[FileRecord, ...]
    distance: int
    orientation: str
    state: State = State.OPEN


class StackOfContents(msgspec.Struct, frozen=True):
    """A stack with its contents, the representative first."""

    representative: StackedContent
    members: tuple[StackedContent, ...]


class NearContent(msgspec.Struct, frozen=True):
    """A content that matches the one shown; turned by the orientation, the one shown agrees with it."""

    sha256: bytes
    part: str
    other_part: str
    agreement: Agreement
    files: tuple[FileRecord, ...]
    state: State


class Classified(msgspec.Struct, frozen=True):
    """What people have said of a content in a scheme."""

    scheme: str
    version: str
    verdict: Verdict


class ContentDetail(msgspec.Struct, frozen=True):
    """Everything that is on record of a content, as far as the viewer may see it."""

    media: MediaRecord
    files: tuple[FileRecord, ...]
    fingerprints: tuple[Fingerprint, ...]
    clues: tuple[Clue, ...]
    matches: tuple[EntryMatchRecord, ...]
    near: tuple[NearContent, ...]
    classifications: tuple[Classified, ...]


@service(Permission.LOOK)
def matches_of_case(holdings: Holdings, actor: Actor, case: str) -> list[ContentMatches]:
    """The contents of a case that match a list entry, in the order of their files.

    A match that was judged away is among them and says so; no outcome follows from it.

    Raises:
        NotFoundError: there is no such case.
    """
    with holdings.database.read() as connection:
        scope = scope_of(connection, actor)
        record = case_named(connection, actor, case)
        ids = _contents_of_case(connection, scope, record.id)
        found = marked_matches(connection, scope, ids)
        media = records.media_by_id(connection, found)
        files = records.files_of(connection, scope, found)
    _note_reading(holdings, actor, record.id, "matches")
    return [
        ContentMatches(media[one], _of_case(files[one], record.id), tuple(found[one]))
        for one in ids
        if one in found
    ]


@service(Permission.LOOK)
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
        said = _states(connection, scope, Subject.STACK, ids)
    _note_reading(holdings, actor, record.id, "stacks")

    def stacked(content: int, of: int, distance: int, orientation: str) -> StackedContent:
        state = said.get(frozenset((content, of)), State.OPEN)
        return StackedContent(
            media[content], _of_case(files[content], record.id), distance, orientation, state
        )

    found.sort(key=lambda stack: -len(stack.members))
    return [
        StackOfContents(
            stacked(stack.representative, stack.representative, 0, "upright"),
            tuple(
                stacked(one.content, stack.representative, one.distance, one.orientation)
                for one in stack.members
            ),
        )
        for stack in found
    ]


def derive_stacks(connection: Connection, scope: Scope, case_id: int) -> list[Stack]:
    """The stacks of a case; see `stacks_among`."""
    return stacks_among(connection, scope, sharing.media_of_case(connection, scope, case_id))


def stacks_among(connection: Connection, scope: Scope, contents: Sequence[int]) -> list[Stack]:
    """The stacks of pictures, and of videos that are renditions of one another.

    The one with most pixels represents; among equals, the first.

    Two contents whose match, or whose membership of one stack, is judged negative are not in one stack.

    Args:
        connection: the transaction.
        scope: whose judgements count.
        contents: those of a case, in the order of their first files in it.
    """
    pairs = [
        Pair(one.media_id, one.other_media_id, one.distance, one.orientation)
        for one in records.near_among(connection, contents)
    ]
    pairs += rendition_pairs(connection, contents)
    # What is near to nothing is in no stack: in most cases that is nearly everything.
    paired = {one for pair in pairs for one in (pair.first, pair.second)}
    pixels = records.pixels_of(connection, paired)
    # Sorting keeps the order of equals.
    preferred = sorted((one for one in contents if one in paired), key=lambda one: -pixels[one])
    memberships = _states(connection, scope, Subject.STACK, paired)
    apart = {pair for pair, state in memberships.items() if state is State.NEGATIVE}
    apart |= judgements.refuted_pairs(connection, scope, paired)
    together = {pair for pair, state in memberships.items() if state is State.POSITIVE}
    if apart:
        pairs = [pair for pair in pairs if frozenset((pair.first, pair.second)) not in apart]
    return stacks(preferred, pairs, together)


@service(Permission.LOOK)
def show(holdings: Holdings, actor: Actor, sha256: bytes) -> ContentDetail:
    """Everything on record of a content.

    Raises:
        NotFoundError: there is no such content, or none that the actor may see: the two look alike.
    """
    with holdings.database.read() as connection:
        scope = scope_of(connection, actor)
        detail = detail_of(connection, scope, content_named(connection, scope, sha256))
    note_content(holdings, actor, detail.media.id)
    return detail


def detail_of(connection: Connection, scope: Scope, media_id: int) -> ContentDetail:
    """What is on record of a content, as far as the viewer may see it; `note_content` when it is shown."""
    return ContentDetail(
        media=records.media_by_id(connection, [media_id])[media_id],
        files=tuple(records.files_of(connection, scope, [media_id])[media_id]),
        fingerprints=tuple(one for one, _ in contents.fingerprints_of(connection, media_id)),
        clues=tuple(records.clues(connection, [media_id]).get(media_id, ())),
        matches=tuple(marked_matches(connection, scope, [media_id], recalled=True).get(media_id, ())),
        near=tuple(_near(connection, scope, media_id)),
        classifications=tuple(_classified(connection, scope, media_id)),
    )


def note_content(holdings: Holdings, actor: Actor, media_id: int) -> None:
    """Put on record that somebody read what is known of a content."""
    holdings.recorder.append(actor, Act(action="read", object_kind="media", detail={"media": media_id}))


@service(Permission.LOOK)
def is_held(holdings: Holdings, actor: Actor, sha256: bytes) -> bool:
    """Hit or no hit: whether a content lies in a case that the actor may see, or that answers with a hit.

    More is not said: not where, nor how often, nor whose it is.
    """
    with holdings.database.read() as connection:
        found = records.is_held(connection, scope_of(connection, actor), sha256)
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind="hit")
    return found


@service(Permission.LOOK)
def count_outcomes(holdings: Holdings, actor: Actor, case: str) -> dict[Outcome, int]:
    """Files of a case by outcome.

    Raises:
        NotFoundError: there is no such case.
    """
    with holdings.database.read() as connection:
        record = case_named(connection, actor, case)
        found = outcomes.count(connection, scope_of(connection, actor), record.id)
    _note_reading(holdings, actor, record.id, "outcomes")
    return found


def content_named(connection: Connection, scope: Scope, sha256: bytes) -> int:
    """The content of a digest.

    Raises:
        NotFoundError: there is none, or none within the scope.
    """
    media_id = records.media_id_of(connection, scope, sha256)
    if media_id is None:
        raise NotFoundError(f"no content {sha256.hex()} in the holdings")
    return media_id


def marked_matches(
    connection: Connection, scope: Scope, media_ids: Collection[int], *, recalled: bool = False
) -> dict[int, list[EntryMatchRecord]]:
    """The matches of contents with list entries, with what people have said of each, and of the entry."""
    found = records.entry_matches(connection, scope, media_ids, recalled=recalled)
    entries = {one.entry_id for matches in found.values() for one in matches}
    said = judgements.verdicts(connection, scope, Subject.ENTRY_MATCH, media_ids=found)
    states = {(judged.media_id, judged.entry_id): one.state for judged, one in said.items()}
    of_entries = judgements.verdicts(connection, scope, Subject.ENTRY, entry_ids=entries)
    entry_states = {judged.entry_id: one.state for judged, one in of_entries.items()}
    waiting = {one.entry_id for one in quarantine.quarantined(connection, scope, entries)}
    return {
        media_id: [
            msgspec.structs.replace(
                one,
                state=states.get((media_id, one.entry_id), State.OPEN),
                entry_state=entry_states.get(one.entry_id, State.OPEN),
                quarantined=one.entry_id in waiting,
            )
            for one in matches
        ]
        for media_id, matches in found.items()
    }


def _states(
    connection: Connection, scope: Scope, subject: Subject, media_ids: Collection[int]
) -> dict[frozenset[int], State]:
    found = judgements.verdicts(connection, scope, subject, media_ids=media_ids)
    return {pair_of(judged): one.state for judged, one in found.items()}


def _near(connection: Connection, scope: Scope, media_id: int) -> list[NearContent]:
    """Seen from the one content, whichever of two came first: that would tell of cases one may not see."""
    pairs: dict[tuple[str, int, str], Agreement] = {}
    for one in records.near(connection, scope, [media_id]):
        agreement = one.agreement
        if one.media_id == media_id:
            pairs[one.part, one.other_media_id, one.other_part] = agreement
            continue
        turned = msgspec.structs.replace(agreement, orientation=inverse(agreement.orientation))
        pairs[one.other_part, one.media_id, one.part] = turned
    others = list(dict.fromkeys(other for _, other, _ in pairs))
    media = records.media_by_id(connection, others)
    files = records.files_of(connection, scope, others)
    said = _states(connection, scope, Subject.MATCH, [media_id])
    found = [
        NearContent(
            media[other].sha256,
            part,
            other_part,
            agreement,
            tuple(files[other]),
            said.get(frozenset((media_id, other)), State.OPEN),
        )
        for (part, other, other_part), agreement in pairs.items()
    ]
    return sorted(found, key=lambda one: (one.agreement.distance, one.sha256, one.part, one.other_part))


def _classified(connection: Connection, scope: Scope, media_id: int) -> list[Classified]:
    found = judgements.verdicts(connection, scope, Subject.CLASSIFICATION, media_ids=[media_id])
    said = (Classified(one.scheme or "", one.scheme_version or "", verdict) for one, verdict in found.items())
    return sorted(said, key=lambda one: (one.scheme, one.version))


def _of_case(files: list[FileRecord], case_id: int) -> tuple[FileRecord, ...]:
    # By id: two agencies may use one number.
    return tuple(file for file in files if file.case_id == case_id)


def _contents_of_case(connection: Connection, scope: Scope, case_id: int) -> list[int]:
    found = (one.media_id for one in outcomes.outcomes(connection, scope, case_id))
    return list(dict.fromkeys(one for one in found if one is not None))


def _contents(stack: Stack) -> list[int]:
    return [stack.representative, *(one.content for one in stack.members)]


def _note_reading(holdings: Holdings, actor: Actor, case_id: int, what: str) -> None:
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind=what, case_id=case_id)
