"""Everything on record of an exhibit's files and events, for custody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

import msgspec
from sqlalchemy import Connection, select

from consilience.model.audited import AuditedEvent
from consilience.model.examination import Digests, Fingerprint
from consilience.store import events
from consilience.store.identity import portions
from consilience.store.schema import event, fingerprint, media, media_file

_PORTION = 1000


class HeldFile(msgspec.Struct, frozen=True):
    """A file of an exhibit as it is on record."""

    locator: bytes
    size: int | None
    problem: str | None
    digests: Digests | None
    fingerprints: tuple[Fingerprint, ...]


def files(connection: Connection, exhibit_id: int) -> Iterator[HeldFile]:
    """The files of an exhibit, in the order of encoded locators."""
    columns = (media_file.c.locator, media_file.c.size, media_file.c.problem, media_file.c.media_id)
    after = b""
    while True:
        query = (
            select(*columns, media.c.sha256, media.c.sha1, media.c.md5)
            .outerjoin(media, media.c.id == media_file.c.media_id)
            .where(media_file.c.exhibit_id == exhibit_id, media_file.c.locator > after)
            .order_by(media_file.c.locator)
            .limit(_PORTION)
        )
        rows = connection.execute(query).all()
        of = _fingerprints(connection, {row.media_id for row in rows if row.media_id is not None})
        for row in rows:
            digests = None if row.media_id is None else Digests(row.md5, row.sha1, row.sha256)
            yield HeldFile(row.locator, row.size, row.problem, digests, tuple(of[row.media_id]))
        if len(rows) < _PORTION:
            return
        after = rows[-1].locator


def events_about(connection: Connection, object_ids: Collection[bytes]) -> list[AuditedEvent]:
    """The events of things, in their order."""
    found = []
    for portion in portions(object_ids):
        query = events.leaf_query().where(event.c.object_id.in_(portion))
        found += [events.as_leaf(row) for row in connection.execute(query)]
    return sorted(found, key=lambda one: one.number)


def _fingerprints(
    connection: Connection, media_ids: Collection[int]
) -> defaultdict[int | None, list[Fingerprint]]:
    found: defaultdict[int | None, list[Fingerprint]] = defaultdict(list)
    columns = [fingerprint.c[field.name] for field in msgspec.structs.fields(Fingerprint)]
    for portion in portions(media_ids):
        query = select(fingerprint.c.media_id, *columns).where(fingerprint.c.media_id.in_(portion))
        for media_id, *values in connection.execute(query.order_by(fingerprint.c.id)):
            found[media_id].append(Fingerprint(*values))
    return found
