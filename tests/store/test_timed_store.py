"""Timed fingerprints on record: they grow and lose nothing; matches are kept once, and only bettered."""

from __future__ import annotations

import numpy as np
from sqlalchemy import insert, select

from consilience.model.footage import Look, TimedCodes, TimedFingerprint, encode_codes
from consilience.store import footage, journal
from consilience.store.database import Database
from consilience.store.footage import FootageMatch, FrameMatch
from consilience.store.journal import Followed
from consilience.store.schema import footage_match, media


def fingerprint(seconds: list[int], look: Look) -> TimedFingerprint:
    codes = np.array([[second] * 32 for second in seconds], np.uint8)
    times = np.array(seconds, np.int64) * 1_000_000
    data = encode_codes(TimedCodes.of(times, codes, np.full(len(seconds), 100, np.uint8)))
    return TimedFingerprint("vpdq", "1", "video:0", look, float(len(seconds)), "test", data)


def contents(database: Database, count: int) -> list[int]:
    row = {
        "size": 1, "media_type": "video/mp4", "kind": "video", "examined": "yes",
        "width": 1, "height": 1, "frames": 1, "seconds": 0.0,
    }  # fmt: skip
    with database.write() as connection:
        for number in range(count):
            digests = {
                "sha256": bytes([number] * 32),
                "sha1": bytes([number] * 20),
                "md5": bytes([number] * 16),
            }
            connection.execute(insert(media).values(**row, **digests))
        return list(connection.execute(select(media.c.id).order_by(media.c.id)).scalars())


def test_a_further_pass_adds_and_an_earlier_one_takes_nothing_away(database: Database) -> None:
    one, _ = contents(database, 2)
    with database.write() as connection:
        footage.add_timed(connection, [(one, fingerprint([0, 10], Look.FIRST))])
        before = journal.latest(connection)
        footage.add_timed(connection, [(one, fingerprint([0, 1, 2], Look.FULL))])
        footage.add_timed(connection, [(one, fingerprint([0, 20], Look.FIRST))])
        held = list(footage.timed_of(connection, [one], "vpdq", "1"))
        changed = journal.since(connection, Followed.TIMED, before)
    assert len(held) == 1
    assert held[0].fingerprint.look is Look.FULL
    assert (held[0].fingerprint.codes().begins // 1_000_000).tolist() == [0, 1, 2, 10, 20]
    ids = footage.code_ids(held[0].id, 5)
    assert changed == [(ids[0], ids[-1])]
    rows, numbers = footage.rows_of(ids)
    assert rows.tolist() == [held[0].id] * 5
    assert numbers.tolist() == [0, 1, 2, 3, 4]


def test_codes_are_read_by_ranges_of_their_ids(database: Database) -> None:
    one, other = contents(database, 2)
    with database.write() as connection:
        footage.add_timed(
            connection, [(one, fingerprint([0, 1], Look.FULL)), (other, fingerprint([5], Look.FULL))]
        )
        every = [(row_id, len(codes)) for row_id, _, codes in footage.timed_codes(connection, "vpdq", "1")]
        first = int(footage.code_ids(every[1][0], 1)[0])
        some = list(footage.timed_codes(connection, "vpdq", "1", [(first, first)]))
        none = list(footage.timed_codes(connection, "vpdq", "2"))
    assert [count for _, count in every] == [2, 1]
    assert [row_id for row_id, _, _ in some] == [every[1][0]]
    assert none == []


def match(media_id: int, other: int, seconds: float) -> FootageMatch:
    spans = ({"begin": 0.0, "end": seconds},)
    return FootageMatch(
        media_id, other, "vpdq", "1", "video:0", "video:0", "upright", 0.5, seconds, seconds, 0.5, 0.5, spans
    )


def test_a_match_is_bettered_never_lost(database: Database) -> None:
    one, other = contents(database, 2)
    with database.write() as connection:
        for seconds in (5.0, 9.0, 7.0):
            footage.add_footage_matches(connection, [match(other, one, seconds)])
        found = footage.footage_matches(connection, [one])
        rows = connection.execute(select(footage_match.c.id)).all()
    assert len(rows) == 1
    assert found == [match(other, one, 9.0)]


def test_of_a_picture_and_a_video_the_nearest_frame_is_kept(database: Database) -> None:
    picture, video = contents(database, 2)

    def frame(at: int, distance: int) -> FrameMatch:
        return FrameMatch(picture, "picture", video, "video:0", at, distance, "upright")

    with database.write() as connection:
        footage.add_frame_matches(connection, [frame(5, 9), frame(4, 9), frame(3, 12)])
        assert footage.frame_matches(connection, [video]) == [frame(4, 9)]
        footage.add_frame_matches(connection, [frame(8, 2)])
        footage.add_frame_matches(connection, [frame(9, 20)])
        assert footage.frame_matches(connection, [picture]) == [frame(8, 2)]
        footage.forget_frames_of(connection, [picture])
        assert footage.frame_matches(connection, [picture, video]) == []
