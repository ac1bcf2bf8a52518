"""What a person decides: on a match, a stack, a classification, an entry. Nothing merges or goes by itself.

What follows from a judgement is never stored, so that taking it back takes back all that followed.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import Connection

from consilience.errors import AccessError, NotFoundError, UsageError
from consilience.model.judgements import Decision, State, Subject, Verdict
from consilience.model.locator import printable_text
from consilience.model.people import Actor, Permission
from consilience.services.access import scope_of, service
from consilience.services.cases import case_named
from consilience.services.holdings import Holdings
from consilience.services.review import content_named
from consilience.store import cases, events, judgements, lists, matches, people, records, sharing
from consilience.store.cases import CaseRecord
from consilience.store.judgements import Judged, JudgementRecord


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """A judgement as people name things.

    Attributes:
        id: public id, with which it can be taken back.
        subject: what kind of thing it is about.
        contents: SHA-256 of the contents that it is about.
        list, entry: the entry that it is about.
        scheme, code: of a classification; the scheme with its version.
        decision, author, agency, reason, note, at: who said what, why and when.
        case: in the course of which case.
        ended_at, ended_by: when and by whom it was taken back or superseded.
        superseded: whether its author said something else later.
    """

    id: bytes
    subject: Subject
    contents: tuple[bytes, ...]
    list: str
    entry: str
    scheme: str
    code: str
    decision: Decision
    author: str
    agency: str
    case: str
    reason: str
    note: str
    at: int
    ended_at: int | None
    ended_by: str | None
    superseded: bool


class Said(msgspec.Struct, frozen=True):
    """What was put on record, and what all votes on the subject come to now."""

    id: bytes
    verdict: Verdict


@service(Permission.JUDGE)
def judge_match(
    holdings: Holdings, actor: Actor, case: str, one: bytes, other: bytes, decision: Decision
) -> Said:
    """Say of two contents that match whether they do. Negative: the match ties them no longer.

    Raises:
        NotFoundError: there is no such case or content.
        UsageError: nothing measured ties the two, or neither lies in the case.
    """
    return _judge_pair(holdings, actor, Subject.MATCH, case, one, other, decision)


@service(Permission.JUDGE)
def judge_stack(
    holdings: Holdings, actor: Actor, case: str, member: bytes, representative: bytes, decision: Decision
) -> Said:
    """Say whether a content belongs into the stack of a representative.

    Positive: it stays with it, also if another one is nearer. Negative: the two are never in one stack.

    Raises:
        NotFoundError: there is no such case or content.
        UsageError: nothing measured ties the two, or neither lies in the case.
    """
    return _judge_pair(holdings, actor, Subject.STACK, case, member, representative, decision)


@service(Permission.JUDGE)
def judge_entry_match(
    holdings: Holdings, actor: Actor, case: str, sha256: bytes, list_name: str, entry: str, decision: Decision
) -> Said:
    """Say of a content and an entry that match whether they do.

    Negative: no outcome follows from a near match any more. That bytes are the same stays a fact; if the
    entry is wrong, judge the entry.

    Raises:
        NotFoundError: there is no such case, content, list or entry.
        UsageError: the two do not match, or the content is not in the case.
    """
    with holdings.database.write() as connection:
        record = case_named(connection, actor, case, Permission.JUDGE)
        media_id = _content_of(connection, actor, record, sha256)
        entries = _entries(connection, actor, list_name, entry)
        scope = scope_of(connection, actor)
        found = records.entry_matches(connection, scope, [media_id], recalled=True).get(media_id, [])
        matching = sorted({one.entry_id for one in found} & set(entries))
        if not matching:
            where = f"entry {printable_text(entry)} of list {printable_text(list_name)}"
            raise UsageError(f"{sha256.hex()} does not match {where}")
        judged = [Judged(subject=Subject.ENTRY_MATCH, media_id=media_id, entry_id=one) for one in matching]
        return _say(connection, actor, judged, decision, record)


@service(Permission.JUDGE)
def classify(
    holdings: Holdings,
    actor: Actor,
    case: str,
    sha256: bytes,
    scheme: str,
    code: str,
    decision: Decision = Decision.POSITIVE,
    *,
    version: str = "",
) -> Said:
    """Say that a content is, or is not, of a code of a scheme. It counts when as many agree as is laid down.

    Raises:
        NotFoundError: there is no such case or content.
        UsageError: there is no such scheme or code, or the content is not in the case.
    """
    known = holdings.vocabularies.scheme(scheme, version)
    if known is None:
        names = ", ".join(f"{one.name} {one.version}" for one in holdings.vocabularies.schemes.values())
        raise UsageError(f"no scheme {printable_text(f'{scheme} {version}'.strip())}", f"There is: {names}.")
    if code not in known.codes:
        raise UsageError(
            f"scheme {known.name} {known.version} has no code {printable_text(code)}",
            f"There is: {', '.join(known.codes)}.",
        )
    with holdings.database.write() as connection:
        record = case_named(connection, actor, case, Permission.JUDGE)
        media_id = _content_of(connection, actor, record, sha256)
        judged = Judged(
            subject=Subject.CLASSIFICATION,
            media_id=media_id,
            scheme=known.name,
            scheme_version=known.version,
        )
        return _say(connection, actor, [judged], decision, record, code=code)


@service(Permission.JUDGE)
def judge_entry(holdings: Holdings, actor: Actor, list_name: str, entry: str, decision: Decision) -> Said:
    """Confirm (positive), doubt (unsure) or retract (negative) an entry, for the actor's agency.

    The entry stays as its provider gave it. Once as many retract it as the policy asks for, no outcome of the
    agency's cases follows from it, and the cases that hold what it matches are told; the same when it stands
    again. A confirmed entry is out of quarantine.

    Raises:
        NotFoundError: there is no such list or entry, or none that the actor may see.
    """
    with holdings.database.write() as connection:
        entries = _entries(connection, actor, list_name, entry)
        judged = [Judged(subject=Subject.ENTRY, entry_id=one) for one in entries]
        before = _entry_states(connection, actor, entries)
        said = _say(connection, actor, judged, decision, None)
        _tell(connection, actor, before, said.id)
    return said


@service(Permission.JUDGE)
def take_back(holdings: Holdings, actor: Actor, public_id: bytes) -> Verdict:
    """Take a judgement back; gives what the votes that are left come to.

    Raises:
        NotFoundError: there is no such judgement, or it has ended.
        AccessError: it is somebody else's, and the actor does not answer for the agency's cases.
    """
    with holdings.database.write() as connection:
        scope = scope_of(connection, actor)
        found = judgements.judgements(connection, scope, public_id=public_id, standing=True)
        if not found:
            raise NotFoundError(f"no judgement {public_id.hex()} stands")
        (record,) = found
        if record.author != actor.name:
            approving = scope_of(connection, actor, Permission.APPROVE)
            if not judgements.judgements(connection, approving, public_id=public_id):
                raise AccessError(
                    "the judgement is somebody else's", "Its author or a supervisor takes it back."
                )
        entries = [] if record.judged.entry_id is None else [record.judged.entry_id]
        before = _entry_states(connection, actor, entries)
        judgements.take_back(connection, record.id, by=actor.name, reason=actor.justification)
        events.append(
            connection,
            actor,
            "take-back",
            object_kind="judgement",
            object_id=public_id,
            case_id=record.case_id,
        )
        _tell(connection, actor, before, public_id)
        return _verdict(connection, actor, record.judged)


@service(Permission.LOOK)
def judgements_of_case(holdings: Holdings, actor: Actor, case: str) -> list[Judgement]:
    """Everything that was judged in the course of a case, ended judgements among it, oldest first.

    Raises:
        NotFoundError: there is no such case.
    """
    with holdings.database.read() as connection:
        record = case_named(connection, actor, case)
        found = judgements.judgements(connection, scope_of(connection, actor), case_id=record.id)
        told = _named(connection, found)
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind="judgement", case_id=record.id)
    return told


@service(Permission.LOOK)
def judgements_of_entries(holdings: Holdings, actor: Actor) -> list[Judgement]:
    """What the actor's agency has said of entries of lists, ended judgements among it, oldest first."""
    with holdings.database.read() as connection:
        found = judgements.judgements(connection, scope_of(connection, actor))
        told = _named(connection, [one for one in found if one.judged.subject is Subject.ENTRY])
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind="judgement")
    return told


def _judge_pair(
    holdings: Holdings,
    actor: Actor,
    subject: Subject,
    case: str,
    one: bytes,
    other: bytes,
    decision: Decision,
) -> Said:
    with holdings.database.write() as connection:
        record = case_named(connection, actor, case, Permission.JUDGE)
        scope = scope_of(connection, actor)
        ids = [content_named(connection, scope, sha256) for sha256 in (one, other)]
        if not any(record.id in sharing.cases_of(connection, scope, media_id) for media_id in ids):
            raise UsageError(f"neither content lies in case {record.number}", "Name a case that holds one.")
        if not matches.are_matched(connection, *ids):
            raise UsageError(
                f"{one.hex()} and {other.hex()} do not match", "What is judged has to be measured first."
            )
        return _say(connection, actor, [Judged.pair(subject, *ids)], decision, record)


def _content_of(connection: Connection, actor: Actor, case: CaseRecord, sha256: bytes) -> int:
    scope = scope_of(connection, actor)
    media_id = content_named(connection, scope, sha256)
    if case.id not in sharing.cases_of(connection, scope, media_id):
        raise UsageError(f"{sha256.hex()} is not in case {case.number}", "Name a case that holds it.")
    return media_id


def _entries(connection: Connection, actor: Actor, list_name: str, entry: str) -> list[int]:
    listed = lists.list_named(connection, scope_of(connection, actor), list_name)
    if listed is None:
        raise NotFoundError(f"no list {printable_text(list_name)}", "See: consilience list list")
    found = lists.entries_named(connection, listed.id, entry)
    if not found:
        raise NotFoundError(f"list {printable_text(list_name)} has no entry {printable_text(entry)}")
    return found


def _say(
    connection: Connection,
    actor: Actor,
    subjects: list[Judged],
    decision: Decision,
    case: CaseRecord | None,
    *,
    code: str = "",
) -> Said:
    standing = people.standing_of(connection, actor.name)
    for judged in subjects:
        agency_id = standing.agency
        if agency_id is None:
            agency_id = case.agency_id if case else cases.agency_id(connection, "this agency")
        said = judgements.add(
            connection,
            judged,
            decision,
            code=code,
            author=actor.name,
            agency_id=agency_id,
            case_id=case.id if case else None,
            reason=actor.justification,
            note=actor.note,
        )
        events.append(
            connection,
            actor,
            "judge",
            object_kind="judgement",
            object_id=said,
            case_id=case.id if case else None,
            detail={"subject": judged.subject.value, "decision": decision.value},
        )
    return Said(said, _verdict(connection, actor, subjects[-1]))


def _verdict(connection: Connection, actor: Actor, judged: Judged) -> Verdict:
    found = judgements.verdicts(
        connection,
        scope_of(connection, actor),
        judged.subject,
        media_ids=None if judged.media_id is None else [judged.media_id],
        entry_ids=None if judged.entry_id is None else [judged.entry_id],
    )
    return found.get(judged) or judgements.unjudged(connection, judged.subject)


def _entry_states(connection: Connection, actor: Actor, entries: Iterable[int]) -> dict[int, State]:
    ids = list(entries)
    found = judgements.verdicts(connection, scope_of(connection, actor), Subject.ENTRY, entry_ids=ids)
    states = {judged.entry_id: one.state for judged, one in found.items()}
    return {one: states.get(one, State.OPEN) for one in ids}


def _tell(connection: Connection, actor: Actor, before: dict[int, State], judgement: bytes) -> None:
    """Tell the agency's cases that an entry is retracted now, or stands again."""
    after = _entry_states(connection, actor, before)
    agency_id = people.standing_of(connection, actor.name).agency
    for entry_id, state in after.items():
        if (state is State.NEGATIVE) == (before[entry_id] is State.NEGATIVE):
            continue
        kind = "entry-retracted" if state is State.NEGATIVE else "entry-stands-again"
        list_id, list_public_id = lists.list_of_entry(connection, entry_id)
        holding = matches.cases_holding(connection, matches.contents_of_entry(connection, entry_id))
        for case_id, number in holding.items():
            if agency_id in (None, cases.owner_of(connection, case_id)):
                matches.add_notice(
                    connection,
                    case_id,
                    kind,
                    f"{judgement.hex()} {entry_id}",
                    {"list": list_public_id.hex(), "contents": number},
                    about_list_id=list_id,
                )


def _named(connection: Connection, found: list[JudgementRecord]) -> list[Judgement]:
    ids = {one.judged.media_id for one in found} | {one.judged.other_media_id for one in found}
    media = records.media_by_id(connection, [one for one in ids if one is not None])
    entries = [one.judged.entry_id for one in found if one.judged.entry_id is not None]
    names = lists.entry_names(connection, entries)
    return [
        Judgement(
            id=one.public_id,
            subject=one.judged.subject,
            # By digest: the order of ids tells which came first, perhaps where the viewer may not see it.
            contents=tuple(
                sorted(
                    media[content].sha256
                    for content in (one.judged.media_id, one.judged.other_media_id)
                    if content is not None
                )
            ),
            list=names[one.judged.entry_id][0] if one.judged.entry_id is not None else "",
            entry=names[one.judged.entry_id][1] if one.judged.entry_id is not None else "",
            scheme=f"{one.judged.scheme} {one.judged.scheme_version}" if one.judged.scheme else "",
            code=one.code,
            decision=one.decision,
            author=one.author,
            agency=one.agency,
            case=one.case or "",
            reason=one.reason,
            note=one.note,
            at=one.at,
            ended_at=one.ended_at,
            ended_by=one.ended_by,
            superseded=one.superseded,
        )
        for one in found
    ]
