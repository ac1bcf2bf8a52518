"""One content of a case as a screen shows it: what is known, what it matches and why, what was said of it."""

from __future__ import annotations

import msgspec

from consilience.errors import NotFoundError
from consilience.model.judgements import PolicySubject, State, Subject, Verdict, Vote, verdict
from consilience.model.people import Actor, Permission
from consilience.model.times import Timestamp
from consilience.services import review
from consilience.services.access import scope_of, service
from consilience.services.gallery import Galleries, Item, case_of, is_viewable
from consilience.services.holdings import Holdings
from consilience.services.review import ContentDetail, NearContent
from consilience.store import policies, records
from consilience.store.judgements import Judged
from consilience.store.records import EntryMatchRecord
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
    """A near content, and what was said of the match."""

    near: NearContent
    kind: str
    viewable: bool
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
    with holdings.database.read() as connection:
        record = case_of(connection, actor, case)
        item = galleries.table(connection, actor, record).content(sha256)
        if item is None:
            raise NotFoundError(f"no content {sha256.hex()} in the case")
    detail = review.show(holdings, actor, sha256)
    with holdings.database.read() as connection:
        scope = scope_of(connection, actor)
        votes = votes_on(connection, scope, detail.media.id)
        near_ids = {one.sha256: records.media_id_of(connection, scope, one.sha256) for one in detail.near}
        media = records.media_by_id(connection, [one for one in near_ids.values() if one is not None])
        needed = {one: policies.votes(connection, PolicySubject(one.value)) for one in Subject}
        times = records.modified_times(connection, [one.id for one in detail.files])
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
    near = []
    for each in detail.near:
        other = near_ids[each.sha256]
        if other is not None and each.files:
            pair = Judged.pair(Subject.MATCH, detail.media.id, other)
            shown = media[other]
            near.append(
                NearView(
                    each, shown.kind, is_viewable(shown.kind, shown.width), _verdicts(votes, needed, pair)
                )
            )
    return Medium(item, detail, times, tuple(matches), tuple(near), _classification(votes, needed))


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
