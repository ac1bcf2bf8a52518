"""Films that no decoder should believe, and two that keep or kill it: each is a typed result, and the run goes on.

What keeps the decoder busy is a real file. What kills it is a stand-in: a decoder that is brought down by the
last bytes of a file, as one with a defect would be; no file that does so to FFmpeg is known to us.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from world import take_in

import films
from consilience.exercise.films.bad import bad_films
from consilience.exercise.films.encoding import Form, encoded
from consilience.exercise.films.sound import RATE, recording
from consilience.model.locator import Locator
from consilience.model.problems import ProblemCode
from consilience.runs.local import LocalExecutor
from consilience.services.holdings import Holdings
from consilience.settings import Limits
from consilience.store.schema import media, media_file, timed_fingerprint
from slow_film import slow_film

LIMITS = Limits(seconds=5, footage_seconds=5, frames=2000, pixels=100_000_000)


@pytest.fixture
def address() -> None:
    """One kind of database: what is recorded of a file does not differ."""


def fragments(many: int) -> bytes:
    """A film as it is streamed, one of whose fragments comes again and again."""
    film = films.film(
        4, seed=1, width=128, height=72, gop=25, container_options={"movflags": "frag_keyframe+empty_moov"}
    )
    first = film.index(b"moof") - 4
    second = film.index(b"moof", first + 8) - 4
    return film[:first] + film[first:second] * many


def found(holdings: Holdings) -> dict[str, str | None]:
    with holdings.database.read() as connection:
        query = select(media_file.c.locator, media_file.c.problem, media.c.problem).outerjoin(media)
        return {Locator.decode(row[0]).display(): row[1] or row[2] for row in connection.execute(query).all()}


def test_every_bad_film_is_a_typed_result(
    holdings: Holdings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exhibit = tmp_path / "exhibit"
    exhibit.mkdir()
    chance = np.random.default_rng(1)
    form = Form(width=128, height=72, rate=10)
    good = encoded(
        form, 3.0, lambda time: films.shot(1, time, 128, 72), recording(3, "tune", "tune", 3)[: 3 * RATE]
    )
    expected: dict[str, set[ProblemCode | None]] = {}
    for one in bad_films(good, chance):
        (exhibit / one.name).write_bytes(one.content)
        expected[one.name] = {*one.problems} | ({None} if one.sound or not one.problems else set())
    for name, content, problems in (
        ("crash.mp4", good + b"CRASH", {ProblemCode.CRASHED}),
        ("endless fragments.mp4", fragments(2000), {ProblemCode.LIMIT_FRAMES}),
        ("slow.avi", slow_film(), {ProblemCode.LIMIT_TIME}),
        ("zz good.mp4", good, {None}),
    ):
        (exhibit / name).write_bytes(content)
        expected[name] = problems
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setattr("consilience.services.examination.TASK", "hostile_task:examine")
    with LocalExecutor(LIMITS, workers=2) as executor:
        take_in(holdings, executor, exhibit)
    said = found(holdings)
    assert set(said) == set(expected)
    assert {name: problem for name, problem in said.items() if problem not in expected[name]} == {}
    with holdings.database.read() as connection:
        names = dict(connection.execute(select(media_file.c.media_id, media_file.c.locator)).all())
        seen = connection.execute(select(timed_fingerprint.c.media_id)).scalars()
        whole = {Locator.decode(names[one]).display() for one in seen}
    # What was seen before a limit stands.
    assert {"zz good.mp4", "endless fragments.mp4"} <= whole
