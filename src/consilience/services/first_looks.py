"""What first looks find: searched wider than what counts, and recorded apart from it.

The code of a first look may be some bits off. So it is searched for within the radius and that doubt, and
between two first looks twice the doubt: what the full pass is going to find is among it, and it comes first
in the full pass. Nothing of it counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from sqlalchemy import Connection

from consilience.fingerprints.pdq import Pdq
from consilience.index.contract import Searchable
from consilience.model.examination import ORIENTATIONS
from consilience.services.nearest import Best, nearest
from consilience.settings import PDQ_FIRST_LOOK_DOUBT, PDQ_RADIUS
from consilience.store import contents, passes
from consilience.store.contents import Codes
from consilience.store.passes import Provisional

NEAREST_KEPT = 16
"""Provisional matches of one fingerprint that are recorded with entries, and with contents: a person waits
for the full pass, not for a longer list."""

_VERSION = Pdq.version


def match(
    connection: Connection,
    media_ids: Collection[int],
    *,
    entries: Searchable,
    held: Searchable,
    looks: Searchable,
) -> None:
    """Match contents that were just recorded, where either side has a first look's code only.

    Args:
        connection: the transaction.
        media_ids: the contents.
        entries: the codes of list entries, by entry.
        held: the codes that count, by fingerprint.
        looks: the codes of first looks, by fingerprint.
    """
    for codes in contents.codes(connection, version=_VERSION, media_ids=media_ids, fast=True):
        found = list(_with_entries(entries, codes))
        for index, doubt in ((held, 1), (looks, 2)):
            for best in nearest(index, codes, _radius(doubt)):
                found += _with_contents(connection, codes, best)
        passes.add_provisional(connection, found, _VERSION)
    for codes in contents.codes(connection, version=_VERSION, media_ids=media_ids):
        for best in nearest(looks, codes, _radius(1)):
            passes.add_provisional(connection, _with_contents(connection, codes, best), _VERSION)


def match_entries(connection: Connection, entries: Searchable) -> None:
    """Match the codes of all first looks on record with entries that an edition brought."""
    for codes in contents.codes(connection, version=_VERSION, fast=True):
        passes.add_provisional(connection, list(_with_entries(entries, codes)), _VERSION)


def _radius(looks: int) -> int:
    return PDQ_RADIUS + looks * PDQ_FIRST_LOOK_DOUBT


def _with_entries(entries: Searchable, codes: Codes) -> Iterator[Provisional]:
    for best in nearest(entries, codes, _radius(1)):
        for row, entry_id, distance, turn in best.first(NEAREST_KEPT).rows():
            media_id, part = int(codes.media_ids[row]), codes.parts[row]
            yield Provisional(media_id, part, entry_id, None, "", distance, ORIENTATIONS[turn].value)


def _with_contents(connection: Connection, codes: Codes, best: Best) -> list[Provisional]:
    """The later content of a pair has asked for the other, as it is with matches that count."""
    owner_of = contents.owners(connection, np.unique(best.id).tolist())
    owners = np.array([owner_of[one][0] for one in best.id.tolist()], np.int64)
    found = []
    for row, other, distance, turn in best.of(owners < codes.media_ids[best.row]).first(NEAREST_KEPT).rows():
        media_id, part = owner_of[other]
        asked = int(codes.media_ids[row])
        turned = ORIENTATIONS[turn].value
        found.append(Provisional(asked, codes.parts[row], None, media_id, part, distance, turned))
    return found
