"""Where the original of a content lies, for those who may have a picture of it made."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, select

from consilience.model.people import Scope
from consilience.store.schema import exhibit, media, media_file, reading
from consilience.store.scoping import in_cases


class Original(msgspec.Struct, frozen=True):
    """A content of a case, and the places at which its bytes may be found, the likeliest first."""

    media_id: int
    sha256: bytes
    kind: str
    width: int
    places: tuple[tuple[bytes, bytes], ...]


def contents_of(
    connection: Connection, scope: Scope, case_id: int, digests: Collection[bytes]
) -> dict[bytes, int]:
    """Those of the digests that a content of a case has which the viewer may see, with the contents."""
    of_case = (
        select(media_file.c.id)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .where(media_file.c.media_id == media.c.id, exhibit.c.case_id == case_id)
        .where(in_cases(scope, exhibit.c.case_id))
    )
    query = select(media.c.sha256, media.c.id).where(media.c.sha256.in_(list(digests)), of_case.exists())
    return {row[0]: row[1] for row in connection.execute(query)}


def original(connection: Connection, scope: Scope, case_id: int, sha256: bytes) -> Original | None:
    """The content of a digest in a case; None if there is none that the viewer may see.

    Each place is the root of a reading of its exhibit and the locator below it: an exhibit that was attached
    elsewhere for a later reading is found there.
    """
    query = (
        select(media.c.id, media.c.sha256, media.c.kind, media.c.width, media_file.c.locator, exhibit.c.id)
        .join(media_file, media_file.c.media_id == media.c.id)
        .join(exhibit, exhibit.c.id == media_file.c.exhibit_id)
        .where(media.c.sha256 == sha256, exhibit.c.case_id == case_id, in_cases(scope, exhibit.c.case_id))
        .order_by(media_file.c.id)
        .limit(20)
    )
    rows = connection.execute(query).all()
    if not rows:
        return None
    roots = (
        select(reading.c.exhibit_id, reading.c.root)
        .where(reading.c.exhibit_id.in_({row[5] for row in rows}))
        .order_by(reading.c.id.desc())
    )
    places: list[tuple[bytes, bytes]] = []
    for exhibit_id, root in connection.execute(roots):
        places += [(root, row[4]) for row in rows if row[5] == exhibit_id]
    first = rows[0]
    return Original(first[0], first[1], first[2], first[3], tuple(dict.fromkeys(places)))
