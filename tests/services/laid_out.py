"""Records laid out by hand: contents by number, files of them, matches between them, lists of their digests."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sqlalchemy import Connection, insert, select

from consilience.model.examination import Orientation
from consilience.model.lists import Role
from consilience.model.matching import Agreement, Basis
from consilience.model.people import EVERYTHING, Actor
from consilience.services import lists
from consilience.services.holdings import Holdings
from consilience.store import cases as case_records
from consilience.store import matches, schema
from consilience.store.identity import new_public_id
from consilience.store.matches import MediaMatch


def sha256(content: int) -> bytes:
    return hashlib.sha256(bytes([content])).digest()


def content(connection: Connection, number: int) -> int:
    table = schema.media
    found = connection.execute(select(table.c.id).where(table.c.sha256 == sha256(number))).scalar()
    if found is not None:
        return int(found)
    row = insert(table).values(
        sha256=sha256(number), sha1=bytes([number]) * 20, md5=bytes([number]) * 16, size=1,
        media_type="image/png", kind="picture", examined="yes", width=number, height=1, frames=1, seconds=0,
    )  # fmt: skip
    media_id = int(connection.execute(row.returning(table.c.id)).scalar_one())
    connection.execute(
        insert(schema.fingerprint).values(
            media_id=media_id, part="picture", algorithm="pdq", version="1", decode_path="exact", decoder="",
            quality=100, code=bytes(32), turned=b"",
        )
    )  # fmt: skip
    return media_id


def take_in(holdings: Holdings, agency: str, number: str, exhibit: str, contents: list[int]) -> None:
    with holdings.database.write() as connection:
        case = next(
            one for one in case_records.cases(connection, EVERYTHING, number=number) if one.agency == agency
        )
        added = case_records.add_exhibit(connection, case.id, exhibit, "")
        reading = case_records.begin_reading(
            connection, added.id, source="folder", root=b"", software="", parameters={}
        )
        for place, one in enumerate(contents):
            connection.execute(
                insert(schema.media_file).values(
                    public_id=new_public_id(), exhibit_id=added.id, reading_id=reading.id,
                    locator=b"\x01p%03d\x00" % place, media_id=content(connection, one), size=1,
                )
            )  # fmt: skip


def look_alike(holdings: Holdings, *pairs: tuple[int, int, Orientation]) -> None:
    """As if measured when the later of two came in: which one that is differs between the worlds."""
    with holdings.database.write() as connection:
        for one, other, turn in pairs:
            ids = sorted((content(connection, one), content(connection, other)))
            first = content(connection, one) == ids[1]
            back = {Orientation.ROTATED_90: Orientation.ROTATED_270}.get(turn, turn)
            agreement = Agreement(Basis.PDQ, "1", one + other, turn if first else back)
            matches.add_media_matches(
                connection, [MediaMatch(ids[1], "picture", ids[0], "picture", agreement)]
            )


def import_list(holdings: Holdings, actor: Actor, folder: Path, name: str, contents: list[int]) -> None:
    path = folder / f"{name}.txt"
    path.write_text("".join(f"{sha256(one).hex()}\n" for one in contents))
    lists.import_list(holdings, actor, path, name=name, role=Role.ALERT, format="plain")
