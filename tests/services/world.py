"""A small harmless world for tests: pictures from seeds, holdings, and everything on record as plain rows."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image
from sqlalchemy import Column, select

from consilience.evidence.folder import FolderSource
from consilience.model.people import Actor
from consilience.services.cases import new_case
from consilience.services.execution import Executor
from consilience.services.holdings import Holdings
from consilience.services.ingest import IngestResult, ingest
from consilience.store.schema import metadata

ACTOR = Actor("tester", "test")

# What differs between two runs that did the same: random ids, times of ours, the readings themselves.
_VOLATILE = {"public_id", "found_at", "created_at", "imported_at", "recalled_at", "reading_id", "seconds"}
_OF_THE_RUN = {
    "holdings", "reading", "notice", "event", "event_note", "event_tree", "event_tree_node", "checkpoint",
    "reference", "code_change",
}  # fmt: skip
_WITHOUT_ORDER = {"entry_match", "media_match", "clue"}


def picture(seed: int, size: int = 160) -> Image.Image:
    """Soft random patterns: every seed gives a picture that no other resembles."""
    rng = np.random.default_rng(seed)
    layers = []
    for _ in range(3):
        coarse = rng.integers(0, 256, (9, 9), dtype=np.uint8)
        layers.append(np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)))
    return Image.fromarray(np.stack(layers, axis=-1))


def encoded(image: Image.Image, form: str = "JPEG", **options: int) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def make_holdings(folder: Path, *cases: str, address: str | None = None) -> Holdings:
    holdings = Holdings.create(folder, "test", ACTOR, address)
    for case in cases or ("C1",):
        new_case(holdings, ACTOR, number=case, title="", agency="test agency", legal_basis="")
    return holdings


def take_in(
    holdings: Holdings,
    executor: Executor,
    path: Path,
    *,
    case: str = "C1",
    exhibit: str = "E1",
    again: bool = False,
) -> IngestResult:
    source = FolderSource(path)
    try:
        return ingest(holdings, ACTOR, source, executor, case=case, exhibit=exhibit, again=again)
    finally:
        source.close()


def on_record(holdings: Holdings) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, without what two equal runs may differ in.

    Ids are given as ranks: a server that was killed leaves gaps in its sequences.
    """
    found = {}
    with holdings.database.read() as connection:
        ranks = {
            table.name: {
                one: rank
                for rank, one in enumerate(
                    connection.execute(select(table.c.id).order_by(table.c.id)).scalars()
                )
            }
            for table in metadata.sorted_tables
            if "id" in table.c
        }

        def ranked(column: Column[object], value: object) -> object:
            if column.foreign_keys:
                (key,) = column.foreign_keys
                return ranks[key.column.table.name].get(value, value)
            return ranks[column.table.name][value] if column.name == "id" else value

        for table in metadata.sorted_tables:
            if table.name in _OF_THE_RUN:
                continue
            dropped = _VOLATILE | ({"id"} if table.name in _WITHOUT_ORDER else set())
            columns = [column for column in table.c if column.name not in dropped]
            rows = connection.execute(table.select().with_only_columns(*columns))
            found[table.name] = sorted(
                (tuple(map(ranked, columns, row)) for row in rows),  # type: ignore[arg-type]
                key=repr,
            )
    return found
