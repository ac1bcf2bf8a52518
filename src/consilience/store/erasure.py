"""Erase records with everything that refers to them, and content with its last occurrence.

What refers to a record is read off the schema, so a table that is added later is erased with the others.
Events are not erased: they say nothing that could be (see `events`). A case leaves the id that they speak of,
and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, bindparam, func, select, update

from consilience.model.people import Scope
from consilience.model.references import ReferenceKind
from consilience.store import journal, passes
from consilience.store.footage import code_ids
from consilience.store.identity import now, portions
from consilience.store.journal import Followed
from consilience.store.schema import (
    case,
    event,
    event_note,
    exhibit,
    fingerprint,
    holdings,
    judgement,
    kept_answer,
    media,
    media_file,
    media_match,
    metadata,
    notice,
    person,
    reading,
    reference,
    sealed,
    timed_fingerprint,
)
from consilience.store.scoping import in_cases

_STAY = {event.c.case_id}
"""References whose rows outlive what they refer to."""
_FORGET = {judgement.c.superseded_by_id}
"""References that are taken off when what they refer to goes."""


class Erasure:
    """One erasure, in the transaction of its caller.

    Args:
        connection: the transaction.
        nearest_kept: of how many neighbours of a fingerprint the matches are on record; others are counted.

    Attributes:
        gone: rows that were erased, by table.
    """

    def __init__(self, connection: Connection, nearest_kept: int) -> None:
        self._connection = connection
        self._nearest_kept = nearest_kept
        self.gone = Counter[str]()

    def erase_case(self, case_id: int) -> None:
        """Erase a case: all of it, its key, and texts beside its events."""
        self._count()
        held = self._media_of(select(exhibit.c.id).where(exhibit.c.case_id == case_id))
        self._erase_texts(event.c.case_id == case_id)
        self._erase_authorities(case_id)
        for exhibit_id in self._ids(exhibit, exhibit.c.case_id, [case_id]):
            self._erase_notices(exhibit_id)
        self._erase_referring(case, [case_id])
        named = select(case.c.public_id).where(case.c.id == case_id)
        public_id = self._connection.execute(named).scalar_one()
        self._connection.execute(
            update(case)
            .where(case.c.id == case_id)
            .values(
                number=f"erased {public_id.hex()}",
                title="",
                legal_basis="",
                origin="",
                release_level="case",
                review_at=None,
                erased_at=now(),
            )
        )
        self.gone["case"] += 1
        self._erase_orphans(held)

    def erase_exhibit(self, exhibit_id: int) -> None:
        """Erase an exhibit, those nested in it, and the texts beside their events."""
        self._count()
        its_case = select(exhibit.c.case_id).where(exhibit.c.id == exhibit_id)
        case_id = self._connection.execute(its_case).scalar_one()
        exhibits = self._with_nested(exhibit_id)
        held: set[int] = set()
        for one in exhibits:
            held |= self._media_of(select(exhibit.c.id).where(exhibit.c.id == one))
            things = select(reading.c.public_id).where(reading.c.exhibit_id == one)
            itself = select(exhibit.c.public_id).where(exhibit.c.id == one)
            about = event.c.object_id.in_(things) | event.c.object_id.in_(itself)
            self._erase_texts(about)
            self._erase_notices(one)
        self._erase_rows(exhibit, exhibits)
        left = select(media_file.c.media_id).join(exhibit).where(exhibit.c.case_id == case_id)
        left = left.where(media_file.c.media_id.is_not(None))
        for portion in portions(held):
            of_these = (sealed.c.case_id == case_id) & sealed.c.media_id.in_(portion)
            stale = of_these & sealed.c.media_id.not_in(left)
            self.gone["sealed"] += self._connection.execute(sealed.delete().where(stale)).rowcount
        self._erase_orphans(held)

    def erase_person(self, person_id: int) -> None:
        """Erase a person of a case's records, with what is known and thought of the person."""
        self._count()
        self._erase_rows(person, [person_id])

    def erase_name(self, kind: ReferenceKind, text: str) -> None:
        """Erase what a reference in the log means. It stays, and the same name gets another one later."""
        matching = (reference.c.kind == kind.value) & (reference.c.text == text)
        erased = self._connection.execute(update(reference).where(matching).values(text=None, key=None))
        self.gone["reference"] += erased.rowcount

    def _count(self) -> None:
        """Let it be noticed by whoever keeps what follows from the records."""
        self._connection.execute(update(holdings).values(erasures=holdings.c.erasures + 1))

    def _erase_referring(self, table: Table, ids: Collection[int]) -> None:
        """Erase every row that refers to these."""
        for other in metadata.sorted_tables:
            for key in other.foreign_keys:
                column = key.parent
                if key.column.table is not table or column in _STAY:
                    continue
                if column in _FORGET:
                    for portion in portions(ids):
                        forgotten = update(other).where(column.in_(portion)).values({column.name: None})
                        self._connection.execute(forgotten)
                elif "id" in other.c:
                    self._erase_rows(other, self._ids(other, column, ids))
                else:
                    for portion in portions(ids):
                        erased = self._connection.execute(other.delete().where(column.in_(portion)))
                        self.gone[other.name] += erased.rowcount

    def _erase_rows(self, table: Table, ids: Collection[int]) -> None:
        if not ids:
            return
        self._erase_referring(table, ids)
        for portion in portions(ids):
            erased = self._connection.execute(table.delete().where(table.c.id.in_(portion)))
            self.gone[table.name] += erased.rowcount

    def _ids(self, table: Table, column: Column[int], values: Collection[int]) -> list[int]:
        found: list[int] = []
        for portion in portions(values):
            found += self._connection.execute(select(table.c.id).where(column.in_(portion))).scalars()
        return found

    def _media_of(self, exhibits: Select[int]) -> set[int]:
        query = select(media_file.c.media_id).where(media_file.c.exhibit_id.in_(exhibits)).distinct()
        return {one for one in self._connection.execute(query).scalars() if one is not None}

    def _with_nested(self, exhibit_id: int) -> list[int]:
        found = [exhibit_id]
        for one in found:
            found += self._connection.execute(
                select(exhibit.c.id).where(exhibit.c.parent_id == one)
            ).scalars()
        return found

    def _erase_orphans(self, media_ids: Collection[int]) -> None:
        """Erase those contents that no file has any more, with what was taken from them."""
        orphans: list[int] = []
        for portion in portions(media_ids):
            held = set(
                self._connection.execute(
                    select(media_file.c.media_id).where(media_file.c.media_id.in_(portion)).distinct()
                ).scalars()
            )
            orphans += sorted(set(portion) - held)
        if not orphans:
            return
        self._forget_neighbours(orphans)
        for portion in portions(orphans):
            codes = self._ids(fingerprint, fingerprint.c.media_id, portion)
            journal.changed(self._connection, Followed.HELD, codes)
            timed = select(timed_fingerprint.c.id, timed_fingerprint.c.count)
            of_these = timed.where(timed_fingerprint.c.media_id.in_(portion))
            for row_id, count in self._connection.execute(of_these):
                journal.changed(self._connection, Followed.TIMED, code_ids(row_id, count).tolist())
        self._erase_rows(media, orphans)

    def _forget_neighbours(self, media_ids: Collection[int]) -> None:
        """Count contents that go out of the neighbours of those that stay."""
        lost = Counter[tuple[int, str]]()
        for portion in portions(media_ids):
            query = select(media_match.c.media_id, media_match.c.part, func.count()).where(
                media_match.c.other_media_id.in_(portion)
            )
            grouped = query.group_by(media_match.c.media_id, media_match.c.part)
            for media_id, part, number in self._connection.execute(grouped):
                lost[media_id, part] += number
        crowded = set(
            self._connection.execute(
                select(fingerprint.c.media_id).where(fingerprint.c.neighbours > self._nearest_kept).distinct()
            ).scalars()
        ) - set(media_ids)
        # Of these, not every neighbour is on record: they are found anew.
        passes.leave_unsettled(self._connection, crowded)
        rows = [
            {"of": media_id, "its": part, "lost": number}
            for (media_id, part), number in lost.items()
            if media_id not in crowded
        ]
        if rows:
            self._connection.execute(
                update(fingerprint)
                .where(
                    fingerprint.c.media_id == bindparam("of"),
                    fingerprint.c.part == bindparam("its"),
                    fingerprint.c.neighbours >= bindparam("lost"),
                )
                .values(neighbours=fingerprint.c.neighbours - bindparam("lost")),
                rows,
            )

    def _erase_texts(self, about: ColumnElement[bool]) -> None:
        """Erase the notes of events, and answers that were kept for requests."""
        notes = event_note.delete().where(event_note.c.event_id.in_(select(event.c.id).where(about)))
        self.gone["event_note"] += self._connection.execute(notes).rowcount
        self.gone["kept_answer"] += self._connection.execute(kept_answer.delete()).rowcount

    def _erase_authorities(self, case_id: int) -> None:
        """Erase the laws and orders that events of this case alone rest on."""
        here = select(event.c.authority_id).where(
            event.c.case_id == case_id, event.c.authority_id.is_not(None)
        )
        elsewhere = select(event.c.authority_id).where(
            event.c.authority_id.is_not(None), (event.c.case_id != case_id) | event.c.case_id.is_(None)
        )
        alone = reference.c.id.in_(here) & reference.c.id.not_in(elsewhere)
        erased = self._connection.execute(update(reference).where(alone).values(text=None, key=None))
        self.gone["reference"] += erased.rowcount

    def _erase_notices(self, exhibit_id: int) -> None:
        """Erase what other cases were told of an exhibit."""
        named = select(exhibit.c.public_id).where(exhibit.c.id == exhibit_id)
        public_id = self._connection.execute(named).scalar_one()
        told = notice.c.key.startswith(public_id.hex(), autoescape=True)
        self.gone["notice"] += self._connection.execute(notice.delete().where(told)).rowcount


def person_named(connection: Connection, public_id: bytes, scope: Scope) -> tuple[int, int] | None:
    """Internal ids of a person and the person's case."""
    query = select(person.c.id, person.c.case_id).where(person.c.public_id == public_id)
    row = connection.execute(query.where(in_cases(scope, person.c.case_id))).one_or_none()
    return None if row is None else (row[0], row[1])
