"""One content of a case as a screen shows it: what is known, what it matches and why, what was said of it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from consilience.errors import NotFoundError
from consilience.model.judgements import PolicySubject, State, Subject, Verdict, Vote, verdict
from consilience.model.people import Actor, Permission, Scope
from consilience.model.times import Timestamp
from consilience.services import review
from consilience.services.access import scope_of, service
from consilience.services.gallery import Galleries, case_of
from consilience.services.gallery_items import Item, is_viewable
from consilience.services.holdings import Holdings
from consilience.services.review import ContentDetail, NearContent, content_named
from consilience.services.shared_seconds import Tie, in_order, ties_of
from consilience.store import policies, records
from consilience.store.dialects import looking_up
from consilience.store.judgements import Judged
from consilience.store.records import EntryMatchRecord, FileRecord, MediaRecord
from consilience.store.votes import VoteRecord, votes_on


class Verdicts(msgspec.Struct, frozen=True):
    """What the votes on a subject come to, and each of them."""

    verdict: Verdict
    records: tuple[VoteRecord, ...]
    scheme: str | None = None
    scheme_version: str | None = None


class EntryMatchView(msgspec.Struct, frozen=True):
    """A match with a list entry, and what was said of it."""

    match: EntryMatchRecord
    verdicts: Verdicts


class NearView(msgspec.Struct, frozen=True):
    """A content that is near or shares seconds, and what was said of the match.

    Attributes:
        media, files: the other content, with those of its files that the viewer may see; at least one,
            those of the same case first.
        tie: how it agrees, with the seconds where it does so in time.
    """

    media: MediaRecord
    files: tuple[FileRecord, ...]
    viewable: bool
    tie: Tie
    verdicts: Verdicts


class Medium(msgspec.Struct, frozen=True):
    """A content of a case."""

    item: Item
    detail: ContentDetail
    times: dict[int, Timestamp]
    matches: tuple[EntryMatchView, ...]
    near: tuple[NearView, ...]
    classification: Verdicts


@service(Permission.LOOK)
def one(holdings: Holdings, actor: Actor, galleries: Galleries, case: bytes, sha256: bytes) -> Medium:
    """A content of a case.

    Raises:
        NotFoundError: there is no such case, or no such content in it, or none for the actor.
    """
    with holdings.database.read() as connection, looking_up(connection):
        record = case_of(connection, actor, case)
        scope = scope_of(connection, actor)
        media_id = content_named(connection, scope, sha256)
        item = galleries.table(connection, actor, record).content(connection, media_id)
        if item is None:
            raise NotFoundError(f"no content {sha256.hex()} in the case")
        detail = review.detail_of(connection, scope, media_id)
        detail = msgspec.structs.replace(detail, files=_here_first(detail.files, record.id))
        votes = votes_on(connection, scope, detail.media.id)
        near = [_near(connection, scope, one) for one in detail.near]
        in_time = ties_of(connection, detail.media.id)
        others = {one.other for one in (*near, *in_time) if one is not None}
        files = records.files_of(connection, scope, others)
        media = records.media_by_id(connection, others)
        digests = {one: record.sha256 for one, record in media.items()}
        ties = [*(one for one in near if one is not None), *in_order(in_time, digests)]
        in_force = policies.votes_of_all(connection)
        needed = {one: in_force[PolicySubject(one.value)] for one in Subject}
        times = records.modified_times(connection, [one.id for one in detail.files])
    review.note_content(holdings, actor, media_id)
    matches = [
        EntryMatchView(
            one,
            _verdicts(
                votes,
                needed,
                Judged(subject=Subject.ENTRY_MATCH, media_id=one.media_id, entry_id=one.entry_id),
            ),
        )
        for one in detail.matches
    ]
    shown = []
    for tie in ties:
        # What lies in no file that the viewer may see is not there.
        if not files.get(tie.other):
            continue
        record_of = media[tie.other]
        pair = Judged.pair(Subject.MATCH, detail.media.id, tie.other)
        viewable = is_viewable(record_of.kind, record_of.width)
        here_first = _here_first(files[tie.other], record.id)
        shown.append(NearView(record_of, here_first, viewable, tie, _verdicts(votes, needed, pair)))
    return Medium(item, detail, times, tuple(matches), tuple(shown), _classification(votes, needed))


def _here_first(files: Sequence[FileRecord], case_id: int) -> tuple[FileRecord, ...]:
    """Files of a content, those of the case at which somebody looks before those of others."""
    return tuple(sorted(files, key=lambda one: one.case_id != case_id))


def _near(connection: Connection, scope: Scope, one: NearContent) -> Tie | None:
    other = records.media_id_of(connection, scope, one.sha256)
    if other is None:
        return None
    agreed = one.agreement
    return Tie(
        other, agreed.basis, agreed.distance, agreed.orientation, one.part, one.other_part, None, None, ()
    )


def _verdicts(votes: list[VoteRecord], needed: dict[Subject, int], judged: Judged) -> Verdicts:
    cast = tuple(one for one in votes if one.judged == judged)
    said = verdict({Vote(one.author, one.decision, one.code) for one in cast}, needed[judged.subject])
    return Verdicts(said, cast, judged.scheme, judged.scheme_version)


def _classification(votes: list[VoteRecord], needed: dict[Subject, int]) -> Verdicts:
    """The scheme that was voted in last; open where nobody has voted."""
    schemes = [one.judged for one in votes if one.judged.subject is Subject.CLASSIFICATION]
    if not schemes:
        return Verdicts(Verdict(State.OPEN, "", (), needed[Subject.CLASSIFICATION]), ())
    return _verdicts(votes, needed, schemes[-1])
