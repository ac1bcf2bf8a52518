"""Judgements, each ended but never changed; and what follows from those that stand, as SQL and as verdicts.

What a viewer may not see does not count: a judgement belongs to the case in which it was made, one on a list
entry to the agency of its author.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from functools import lru_cache

import msgspec
from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Select,
    and_,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy import (
    case as sql_case,
)

from consilience.model.judgements import Decision, PolicySubject, State, Subject, Verdict, Vote, verdict
from consilience.model.people import Scope
from consilience.store import policies
from consilience.store.dialects import as_given, given_ids, looking_up
from consilience.store.identity import new_public_id, now, portions
from consilience.store.schema import agency, case, entry, judgement, judgement_note
from consilience.store.scoping import SCOPES, in_cases, in_lists, occurs

_AT_ONCE = 100_000


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What a judgement is about.

    Attributes:
        subject: the kind.
        media_id: the content; of two, the lower id.
        other_media_id: the other content of a match or a stack.
        entry_id: the list entry.
        scheme, scheme_version: of a classification.
    """

    subject: Subject
    media_id: int | None = None
    other_media_id: int | None = None
    entry_id: int | None = None
    scheme: str | None = None
    scheme_version: str | None = None

    @classmethod
    def pair(cls, subject: Subject, one: int, other: int) -> Judged:
        """Two contents, in either order."""
        return cls(subject=subject, media_id=min(one, other), other_media_id=max(one, other))


class JudgementRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A judgement as it was made, and how it ended if it did."""

    id: int
    public_id: bytes
    judged: Judged
    decision: Decision
    code: str
    author: str
    agency: str
    case_id: int | None
    case: str | None
    reason: str
    note: str
    at: int
    ended_at: int | None
    ended_by: str | None
    superseded: bool


def add(
    connection: Connection,
    judged: Judged,
    decision: Decision,
    *,
    code: str = "",
    author: str,
    agency_id: int,
    case_id: int | None,
    reason: str,
    note: str = "",
) -> bytes:
    """Record a judgement; the author's earlier one on the same subject in the same case is superseded."""
    key = _key(judged, case_id)
    public_id = new_public_id()
    standing = (judgement.c.key == key) & (judgement.c.author == author) & judgement.c.ended_at.is_(None)
    before = connection.execute(select(judgement.c.id).where(standing)).scalar()
    if before is not None:
        ended = {"ended_at": now(), "ended_by": author, "ended_reason": reason}
        connection.execute(update(judgement).where(judgement.c.id == before).values(**ended))
    row = insert(judgement).values(
        public_id=public_id,
        **msgspec.structs.asdict(judged) | {"subject": judged.subject.value},
        code=code or None,
        key=key,
        decision=decision.value,
        author=author,
        agency_id=agency_id,
        case_id=case_id,
        reason=reason,
        at=now(),
    )
    new_id = connection.execute(row.returning(judgement.c.id)).scalar_one()
    if before is not None:
        by = {"superseded_by_id": new_id}
        connection.execute(update(judgement).where(judgement.c.id == before).values(**by))
    if note:
        connection.execute(insert(judgement_note).values(judgement_id=new_id, text=note))
    return public_id


def take_back(connection: Connection, judgement_id: int, *, by: str, reason: str) -> bool:
    """End a judgement, so that nothing follows from it any more; False if it had ended."""
    standing = (judgement.c.id == judgement_id) & judgement.c.ended_at.is_(None)
    ended = update(judgement).where(standing).values(ended_at=now(), ended_by=by, ended_reason=reason)
    return connection.execute(ended).rowcount > 0


def judgements(
    connection: Connection,
    scope: Scope,
    *,
    public_id: bytes | None = None,
    case_id: int | None = None,
    standing: bool = False,
) -> list[JudgementRecord]:
    """Judgements that the viewer may see, oldest first: all, of a case, or the one of an id.

    One that names a content or a list that the viewer may not see is not among them.
    """
    its_list = select(entry.c.list_id).where(entry.c.id == judgement.c.entry_id).scalar_subquery()
    query = (
        select(judgement, agency.c.name.label("agency"), case.c.number, judgement_note.c.text)
        .join(agency, agency.c.id == judgement.c.agency_id)
        .outerjoin(case, case.c.id == judgement.c.case_id)
        .outerjoin(judgement_note, judgement_note.c.judgement_id == judgement.c.id)
        .where(visible(scope))
        .where(or_(judgement.c.media_id.is_(None), occurs(scope, judgement.c.media_id)))
        .where(or_(judgement.c.other_media_id.is_(None), occurs(scope, judgement.c.other_media_id)))
        .where(or_(judgement.c.entry_id.is_(None), in_lists(scope, its_list)))
        .order_by(judgement.c.id)
    )
    if public_id is not None:
        query = query.where(judgement.c.public_id == public_id)
    if case_id is not None:
        query = query.where(judgement.c.case_id == case_id)
    if standing:
        query = query.where(judgement.c.ended_at.is_(None))
    return [
        JudgementRecord(
            id=row.id,
            public_id=row.public_id,
            judged=Judged(
                subject=Subject(row.subject),
                media_id=row.media_id,
                other_media_id=row.other_media_id,
                entry_id=row.entry_id,
                scheme=row.scheme,
                scheme_version=row.scheme_version,
            ),
            decision=Decision(row.decision),
            code=row.code or "",
            author=row.author,
            agency=row.agency,
            case_id=row.case_id,
            case=row.number,
            reason=row.reason,
            note=row.text or "",
            at=row.at,
            ended_at=row.ended_at,
            ended_by=row.ended_by,
            superseded=row.superseded_by_id is not None,
        )
        for row in connection.execute(query)
    ]


def verdicts(
    connection: Connection,
    scope: Scope,
    subject: Subject,
    *,
    media_ids: Collection[int] | None = None,
    entry_ids: Collection[int] | None = None,
) -> dict[Judged, Verdict]:
    """What the standing votes come to that the viewer may see, for every subject on which there is one.

    Args:
        connection: the transaction.
        scope: whose votes count.
        subject: what kind of subjects.
        media_ids: only those about these contents, on either side of a pair ...
        entry_ids: ... or about these entries.
    """
    votes: defaultdict[Judged, set[Vote]] = defaultdict(set)

    def gather(side: ColumnElement[int] | None, portion: Collection[int] = ()) -> None:
        query = _votes(scope, subject, side, connection.dialect.name)
        with looking_up(connection):
            rows = connection.execute(query, {} if side is None else as_given(connection, portion))
        for row in rows:
            judged = Judged(
                subject=subject,
                media_id=row[0],
                other_media_id=row[1],
                entry_id=row[2],
                scheme=row[3],
                scheme_version=row[4],
            )
            votes[judged].add(Vote(row[5], Decision(row[6]), row[7] or ""))

    if media_ids is not None:
        for portion in portions(media_ids, _AT_ONCE):
            for side in (judgement.c.media_id, judgement.c.other_media_id):
                gather(side, portion)
    elif entry_ids is not None:
        for portion in portions(entry_ids, _AT_ONCE):
            gather(judgement.c.entry_id, portion)
    else:
        gather(None)
    if not votes:
        return {}
    needed = policies.votes(connection, PolicySubject(subject.value))
    return {judged: verdict(cast, needed) for judged, cast in votes.items()}


@lru_cache(SCOPES)
def _votes(
    scope: Scope, subject: Subject, side: ColumnElement[int] | None, dialect: str
) -> Select[int | None, int | None, int | None, str | None, str | None, str, str, str | None]:
    """The standing votes on subjects of a kind, of all or where this column is one of the ids given."""
    columns = [judgement.c[field.name] for field in msgspec.structs.fields(Judged)][1:]
    query = select(*columns, judgement.c.author, judgement.c.decision, judgement.c.code).where(
        judgement.c.subject == subject.value, judgement.c.ended_at.is_(None), visible(scope)
    )
    if side is None:
        return query
    given = given_ids(dialect)
    return query.select_from(given).join(judgement, side == given.c.value)


def classified_since(connection: Connection, newest: int, ended_at: int) -> set[int]:
    """Contents on whose classification somebody has judged, or taken that back, since two marks were read.

    Args:
        connection: the transaction.
        newest: the highest id of a judgement on a classification then.
        ended_at: the latest end of one.
    """
    is_classification = judgement.c.subject == Subject.CLASSIFICATION.value
    # One that ended in the very moment that was the latest may not have been seen then.
    since = (judgement.c.id > newest, judgement.c.ended_at >= ended_at)
    return {
        one
        for which in since
        for one in connection.execute(select(judgement.c.media_id).where(is_classification, which)).scalars()
        if one is not None
    }


def unjudged(connection: Connection, subject: Subject) -> Verdict:
    """What a subject comes to on which nobody's judgement stands."""
    return verdict((), policies.votes(connection, PolicySubject(subject.value)))


def visible(scope: Scope) -> ColumnElement[bool]:
    """The judgement is one that the viewer may see."""
    if scope.everything:
        return true()
    of_agency = judgement.c.case_id.is_(None) & (judgement.c.agency_id == scope.agency)
    return or_(in_cases(scope, judgement.c.case_id), of_agency) if scope.grounds else false()


@lru_cache(SCOPES)
def refuted_entry_matches(scope: Scope) -> CTE:
    """Contents (media_id) and entries (entry_id) whose match is judged negative, as `verdict` has it."""
    columns = (judgement.c.media_id, judgement.c.entry_id)
    return _refuted(scope, Subject.ENTRY_MATCH, *columns).cte("refuted_entry_matches")


@lru_cache(SCOPES)
def retracted_entries(scope: Scope) -> CTE:
    """Entries (entry_id) that are retracted, as `verdict` has it."""
    return _refuted(scope, Subject.ENTRY, judgement.c.entry_id).cte("retracted_entries")


@lru_cache(SCOPES)
def refuted_matches(scope: Scope) -> CTE:
    """Pairs of contents (media_id, other_media_id), in both orders, whose match is judged negative."""
    low_first = _refuted(scope, Subject.MATCH, judgement.c.media_id, judgement.c.other_media_id).subquery()
    one, other = low_first.c.media_id, low_first.c.other_media_id
    both = select(one.label("media_id"), other.label("other_media_id")).union_all(select(other, one))
    return both.cte("refuted_matches")


def refuted_pairs(connection: Connection, scope: Scope, media_ids: Collection[int]) -> set[frozenset[int]]:
    """Pairs in which any of these contents takes part, and whose match is judged negative."""
    found = verdicts(connection, scope, Subject.MATCH, media_ids=media_ids)
    return {pair_of(judged) for judged, one in found.items() if one.state is State.NEGATIVE}


def pair_of(judged: Judged) -> frozenset[int]:
    """The two contents of a match or a stack."""
    assert judged.media_id is not None and judged.other_media_id is not None
    return frozenset((judged.media_id, judged.other_media_id))


def _refuted(scope: Scope, subject: Subject, *columns: ColumnElement[int]) -> Select[int]:
    def authors(decision: Decision) -> ColumnElement[int]:
        of_it = sql_case((judgement.c.decision == decision.value, judgement.c.author))
        return func.count(of_it.distinct())

    return (
        select(*columns)  # type: ignore[return-value]
        .where(judgement.c.subject == subject.value, judgement.c.ended_at.is_(None), visible(scope))
        .group_by(*columns)
        .having(
            and_(
                authors(Decision.POSITIVE) == literal(0),
                authors(Decision.NEGATIVE) >= policies.needed(PolicySubject(subject.value)),
            )
        )
    )


def _key(judged: Judged, case_id: int | None) -> str:
    """Names what the judgement is about, and the case."""
    return msgspec.json.encode([msgspec.structs.astuple(judged), case_id]).decode()
