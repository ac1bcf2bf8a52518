"""Sounds taken in: the same recording is tied with its seconds, whatever it lies in; silence ties nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from world import ACTOR, take_in

from consilience.exercise.films.encoding import Form, encoded
from consilience.exercise.films.sound import RATE, recording
from consilience.model.locator import Locator
from consilience.model.outcomes import Outcome
from consilience.runs.local import LocalExecutor
from consilience.services.holdings import Holdings
from consilience.services.review import count_outcomes
from consilience.store import footage
from consilience.store.schema import clue, media_file, timed_fingerprint

TUNE, TALK = recording(3, "tune", "tune", 20), recording(3, "talk", "babble", 14)
WAV = Form(container="wav", ending=".wav", video="", audio="pcm")
MP3 = Form(container="mp3", ending=".mp3", video="", audio="mp3", bits=64_000)


def film(sound: np.ndarray, colour: int) -> bytes:
    """A film of one colour, with a sound."""
    grey = np.full((36, 64, 3), colour, np.uint8)
    return encoded(Form(width=64, height=36, rate=5), len(sound) / RATE, lambda _time: grey, sound)


def plain(form: Form, sound: np.ndarray) -> bytes:
    return encoded(form, len(sound) / RATE, lambda _time: np.zeros((2, 2, 3), np.uint8), sound)


def test_recordings_are_tied_where_they_agree(
    holdings: Holdings, executor: LocalExecutor, tmp_path: Path
) -> None:
    exhibit = tmp_path / "exhibit"
    exhibit.mkdir()
    made = {
        "a-tune.wav": plain(WAV, TUNE),
        "b-part.mp3": plain(MP3, TUNE[int(6.5 * RATE) : int(15.5 * RATE)]),
        "c-talk.wav": plain(WAV, TALK),
        "d-film.mp4": film(TUNE, 60),
        "e-silent.wav": plain(WAV, np.zeros(9 * RATE, np.float32)),
        "f-silent.wav": plain(WAV, np.zeros(12 * RATE, np.float32)),
        "g-short.wav": plain(WAV, TUNE[: 2 * RATE]),
    }
    for name, data in made.items():
        (exhibit / name).write_bytes(data)
    take_in(holdings, executor, exhibit)
    with holdings.database.read() as connection:
        files = connection.execute(select(media_file.c.media_id, media_file.c.locator)).all()
        names = {media_id: Locator.decode(locator).display()[:1] for media_id, locator in files}
        matches = footage.footage_matches(connection, list(names))
        told = {
            (names[media_id], value)
            for media_id, value in connection.execute(
                select(clue.c.media_id, clue.c.value).where(clue.c.kind == "sound")
            )
        }
        parts = {
            (names[media_id], part)
            for media_id, part in connection.execute(
                select(timed_fingerprint.c.media_id, timed_fingerprint.c.part).where(
                    timed_fingerprint.c.algorithm == "chromaprint"
                )
            )
        }
    by_names = {frozenset((names[one.media_id], names[one.other_media_id])): one for one in matches}
    assert set(by_names) == {frozenset(pair) for pair in ("ab", "ad", "bd")}
    cut = by_names[frozenset("ab")]
    assert (names[cut.media_id], cut.algorithm, cut.version) == ("b", "chromaprint", "test2")
    (span,) = cut.spans
    assert (span["begin"], span["end"]) == pytest.approx((0, 9), abs=1)
    assert (span["other_begin"], span["other_end"]) == pytest.approx((6.5, 15.5), abs=1)
    assert parts == {(name, "audio:0") for name in "abcdefg"}
    assert {name for name, value in told if "silence" in value} == {"e", "f"}
    assert {name for name, value in told if "shorter" in value} == {"g"}
    # The part is nothing but sound of what was held; the film's pictures are new, whatever is heard.
    assert count_outcomes(holdings, ACTOR, "C1")[Outcome.NEAR_DUPLICATE] == 1
