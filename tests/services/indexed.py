"""Records with codes, and the check of an index against them. As a program: a writer to be killed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count as counting
from pathlib import Path
from types import ModuleType

import numpy as np
from sqlalchemy import Connection, select

from consilience.index.contract import Searchable
from consilience.index.linear import LinearIndex
from consilience.model.examination import Digests, Examination, Examined, Fingerprint, MediaKind
from consilience.model.lists import ListRecord, Role
from consilience.model.people import EVERYTHING
from consilience.services.code_index import ENTRIES, FIRST_LOOKS, HELD, CodeIndex, Codes
from consilience.services.holdings import Holdings
from consilience.store import cases, contents, lists
from consilience.store.contents import Content
from consilience.store.lists import Counts
from consilience.store.schema import entry, media

KINDS = (HELD, ENTRIES, FIRST_LOOKS)


class Killed(BaseException):
    """The process would have ended here."""


@contextmanager
def killed(log: ModuleType, after: int) -> Iterator[None]:
    """Ends what is done in the block at the write of a log after so many, half of which is still written."""
    written = log.Log._append
    numbers = counting()

    def until(self: object, kind: bytes, count: int, content: bytes) -> None:
        if next(numbers) >= after:
            self._file.write((log._prefix(kind, count, 0) + content)[: 10 * after])  # type: ignore[attr-defined]
            self._file.flush()  # type: ignore[attr-defined]
            raise Killed
        written(self, kind, count, content)

    log.Log._append = until
    try:
        yield
    except Killed:
        pass
    finally:
        log.Log._append = written


def code_of(draw: np.random.Generator) -> np.ndarray:
    """A code near one of a few, in eight orientations."""
    code = np.full((8, 32), draw.integers(0, 6) * 37, np.uint8)
    code[:, draw.integers(0, 32, 3)] = draw.integers(0, 256, 3)
    code[:, :2] = draw.integers(0, 256, 2)
    return code


def content_of(draw: np.random.Generator, digest: bytes) -> Content:
    code = code_of(draw)
    made = Fingerprint(
        part="whole",
        algorithm="pdq",
        version="1",
        decode_path="fast" if draw.random() < 0.2 else "exact",
        decoder="test",
        quality=int(draw.integers(30, 101)),
        code=code[0].tobytes(),
        turned=code[1:].tobytes(),
    )
    return Content(
        digests=Digests(sha256=digest, sha1=digest[:20], md5=digest[:16]),
        size=1,
        media_type="image/png",
        kind=MediaKind.PICTURE,
        examined=Examined.YES,
        examination=Examination(fingerprints=(made,)),
    )


def add_pictures(connection: Connection, draw: np.random.Generator, count: int) -> None:
    made = [content_of(draw, draw.bytes(32)) for _ in range(count)]
    ids = contents.add_contents(connection, made)
    contents.add_findings(connection, list(zip(ids, made, strict=True)))


def examine_again(connection: Connection, draw: np.random.Generator, count: int) -> None:
    """Among them the newest: its fingerprint's id may be given a second time."""
    rows = connection.execute(select(media.c.id, media.c.sha256).order_by(media.c.id.desc()).limit(3 * count))
    for media_id, sha256 in [tuple(row) for row in rows][::3]:
        content = content_of(draw, sha256)
        contents.examine_later(connection, media_id, content)
        if draw.random() < 0.8:
            contents.add_findings(connection, [(media_id, content)])


def import_edition(connection: Connection, draw: np.random.Generator, kept: int, new: int) -> None:
    """An edition that keeps some entries, changes and withdraws others, takes some back and has new ones."""
    if lists.list_named(connection, EVERYTHING, "near") is None:
        lists.add_list(
            connection,
            agency_id=cases.agency_id(connection, "an agency"),
            name="near",
            role=Role.ALERT,
            scheme="",
            scheme_version="",
            origin="",
            release_level="installation",
        )
    listed = lists.list_named(connection, EVERYTHING, "near")
    assert listed is not None
    edition = lists.begin_edition(
        connection, listed.id, file_name="", file_sha256=draw.bytes(32), format="test"
    )
    known = connection.execute(select(entry.c.provider_id).order_by(entry.c.id)).scalars().all()
    names = [str(name) for name in draw.permutation(np.array(known, dtype=str))[:kept]]
    names += [f"{edition.id}-{number}" for number in range(new)]
    records = [
        ListRecord(provider_id=name, pdq=code_of(draw)[0].tobytes() if draw.random() < 0.9 else None)
        for name in names
    ]
    counts = Counts()
    lists.take(connection, listed.id, edition.id, records, counts, pdq_version="1")
    lists.withdraw_missing(connection, listed.id, edition.id)


def expected_of(codes: Codes, connection: Connection) -> tuple[np.ndarray, np.ndarray]:
    """All codes that stand."""
    parts = [(np.empty(0, np.int64), np.empty((0, 32), np.uint8)), *codes.read(connection, None)]
    ids, found = zip(*parts, strict=True)
    return np.concatenate(ids), np.concatenate(found)


def searches(searched: Searchable, ids: np.ndarray, codes: np.ndarray, draw: np.random.Generator) -> None:
    """Compare answers with those of the oracle over these codes."""
    oracle = LinearIndex()
    oracle.add(ids, codes)
    asked = np.concatenate([codes[draw.permutation(len(codes))[:12]], code_of(draw)[:1]])
    for radius in (31, 256):
        found, expected = searched.search(asked, radius), oracle.search(asked, radius)
        assert found.query.tolist() == expected.query.tolist()
        assert found.id.tolist() == expected.id.tolist()
        assert found.distance.tolist() == expected.distance.tolist()


def assert_in_step(
    searched: Searchable, index: CodeIndex, connection: Connection, draw: np.random.Generator
) -> None:
    searches(searched, *expected_of(index._codes, connection), draw)


def main(folder: Path) -> None:
    """Adds pictures, and lets the index follow, until it is killed."""
    draw = np.random.default_rng()
    with Holdings.open(folder) as holdings, CodeIndex(holdings, HELD) as index:
        while True:
            with holdings.database.write() as connection:
                add_pictures(connection, draw, 40)
                examine_again(connection, draw, 1)
            print("committed", flush=True)
            index.follow()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
