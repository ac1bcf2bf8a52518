"""The words of sound that are kept on disk are those on record, whatever came, went or was damaged between."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, insert

from consilience.fingerprints import chromaprint
from consilience.model.footage import Look, TimedCodes, TimedFingerprint, encode_codes
from consilience.services import sound
from consilience.services.sound import HeardIndex
from consilience.store import footage, journal
from consilience.store.database import Database
from consilience.store.footage import code_ids
from consilience.store.journal import Followed
from consilience.store.schema import media, timed_fingerprint


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is written from few words on."""
    monkeypatch.setattr(sound, "_FEW_WORDS", 100)


def heard(seed: int, words: int = 60) -> TimedFingerprint:
    chance = np.random.default_rng(seed)
    codes = chance.integers(0, 256, (words, 4), np.uint8)
    times = np.rint(np.arange(words) * chromaprint.WORD_SECONDS * 1_000_000).astype(np.int64)
    data = encode_codes(TimedCodes.of(times, codes, np.full(words, 100, np.uint8)))
    return TimedFingerprint(
        chromaprint.NAME, chromaprint.VERSION, "audio:0", Look.FIRST, words / 8, "test", data
    )


def record(database: Database, *seeds: int, words: int = 60) -> None:
    with database.write() as connection:
        for seed in seeds:
            row = {
                "sha256": bytes([seed]) * 32,
                "sha1": bytes(20),
                "md5": bytes(16),
                "size": 1,
                "kind": "audio",
            }
            row |= {"media_type": "", "examined": "yes", "width": 0, "height": 0, "frames": 0, "seconds": 0.0}
            connection.execute(insert(media).values(id=seed, **row))
            footage.add_timed(connection, [(seed, heard(seed, words))])


def forget(database: Database, seed: int) -> None:
    with database.write() as connection:
        rows = timed_fingerprint.select().where(timed_fingerprint.c.media_id == seed)
        for row in connection.execute(rows).all():
            journal.changed(connection, Followed.TIMED, code_ids(row.id, row.count).tolist())
        connection.execute(delete(timed_fingerprint).where(timed_fingerprint.c.media_id == seed))


def opened(database: Database, folder: Path) -> list[tuple[int, int]]:
    """Ids and words, as they are held after opening."""
    with database.read() as connection:
        index = HeardIndex(connection, folder)
    ids, words = index._index.held()
    return sorted(zip(ids.tolist(), words.tolist(), strict=True))


def test_what_is_kept_is_what_is_on_record(database: Database, tmp_path: Path) -> None:
    folder, anew = tmp_path / "index", tmp_path / "none"
    path = folder / f"{sound._NAME}.words"

    def check() -> None:
        assert opened(database, folder) == opened(database, anew)
        for one in anew.iterdir():
            one.unlink()

    opened(database, folder)
    assert not path.exists()
    record(database, 1, 2, 3)
    check()
    written = path.read_bytes()
    check()
    # Little that is new is read anew each time, and the file stays as it is.
    record(database, 4)
    check()
    assert path.read_bytes() == written
    # What grew, and what is gone.
    with database.write() as connection:
        footage.add_timed(connection, [(2, heard(2, 90))])
    forget(database, 3)
    check()
    record(database, 5, 6)
    check()
    assert path.read_bytes() != written
    assert len(opened(database, folder)) == 60 + 90 + 3 * 60
    check()
    # A file that was damaged, cut, or is of records that were brought back from a backup is made again.
    whole = path.read_bytes()
    for bad in (whole[:-1], whole[:50], b"", whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:]):
        path.write_bytes(bad)
        check()
        assert path.read_bytes() == whole
    path.write_bytes(whole[:12] + os.urandom(8) + whole[20:])
    check()
    assert path.read_bytes() == whole
