"""What a holdings says of films that were taken into it, as their scorecard takes it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from consilience.exercise.scoring.films import FoundSpan, FoundTie
from consilience.fingerprints import chromaprint
from consilience.model.examination import Examined
from consilience.services.holdings import Holdings
from consilience.store.schema import footage_match, media


def ties_of(holdings: Holdings) -> Iterator[FoundTie]:
    """Every pair of contents that share footage or sound."""
    table, left, right = footage_match, media.alias("left"), media.alias("right")
    query = (
        select(left.c.sha256, right.c.sha256, table.c.algorithm, table.c.spans)
        .join(left, left.c.id == table.c.media_id)
        .join(right, right.c.id == table.c.other_media_id)
        .order_by(table.c.id)
    )
    with holdings.database.read() as connection:
        for one, other, algorithm, spans in connection.execute(query):
            found = tuple(
                FoundSpan(span["begin"], span["end"], span["other_begin"], span["other_end"])
                for span in spans
            )
            common = max((span.get("common", 0.0) for span in spans), default=0.0)
            yield FoundTie(one.hex(), other.hex(), algorithm == chromaprint.NAME, found, common)


def first_looks_of(holdings: Holdings) -> int:
    """Contents that had a first look only."""
    query = select(func.count()).where(media.c.examined == Examined.FIRST_LOOK.value)
    with holdings.database.read() as connection:
        return int(connection.execute(query).scalar_one())
