"""What waits for the full pass: how far examination has come, and what first looks match until then."""

from __future__ import annotations

import msgspec

from consilience.model.examination import Examined
from consilience.model.people import Actor, Permission
from consilience.services.access import scope_of, service
from consilience.services.cases import case_named
from consilience.services.holdings import Holdings
from consilience.store import events, passes, records
from consilience.store.records import EntryMatchRecord, FileRecord, MediaRecord


class ProvisionalMatches(msgspec.Struct, frozen=True):
    """A content that list entries match by its first look alone, and its files. It does not count yet."""

    media: MediaRecord
    files: tuple[FileRecord, ...]
    provisional: tuple[EntryMatchRecord, ...]


class WaitingOfCase(msgspec.Struct, frozen=True):
    """How far the examination of a case's contents has come.

    Attributes:
        full_pass: contents examined in full.
        first_look: contents that had a first look only.
        near: of these, contents that are perhaps near another content, and match no entry.
        matches: contents that list entries match provisionally, in the order in which they were recorded.
    """

    full_pass: int
    first_look: int
    near: int
    matches: tuple[ProvisionalMatches, ...]


@service(Permission.LOOK)
def waiting_of_case(holdings: Holdings, actor: Actor, case: str) -> WaitingOfCase:
    """What of a case waits for the full pass.

    Raises:
        NotFoundError: there is no such case.
    """
    with holdings.database.read() as connection:
        scope = scope_of(connection, actor)
        record = case_named(connection, actor, case)
        reached = passes.count_passes(connection, scope, record.id)
        ids = passes.provisional_of_case(connection, scope, record.id)
        found = records.provisional_matches(connection, scope, ids)
        media = records.media_by_id(connection, found)
        files = records.files_of(connection, scope, found)
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind="provisional-matches", case_id=record.id)
    return WaitingOfCase(
        full_pass=reached[Examined.YES],
        first_look=reached[Examined.FIRST_LOOK],
        near=len(ids) - len(found),
        matches=tuple(
            ProvisionalMatches(
                media[one], tuple(file for file in files[one] if file.case == case), tuple(found[one])
            )
            for one in ids
            if one in found
        ),
    )
