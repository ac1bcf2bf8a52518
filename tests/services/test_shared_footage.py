"""Videos taken in: renditions, clips, pictures and list entries are tied with their seconds, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from sqlalchemy import select
from world import ACTOR, take_in

import films
from consilience.cli.app import app
from consilience.evidence.folder import FolderSource
from consilience.fingerprints.pdq import Pdq
from consilience.model.footage import Look
from consilience.model.lists import Role
from consilience.model.locator import Locator
from consilience.model.outcomes import Outcome
from consilience.runs.local import LocalExecutor
from consilience.services.full_pass import full_pass
from consilience.services.holdings import Holdings
from consilience.services.lists import import_list
from consilience.services.review import StackOfContents, count_outcomes, stacks_of_case
from consilience.store import footage
from consilience.store.footage import FootageMatch
from consilience.store.schema import entry_match, media, media_file


def boxed(seconds: float, seed: int) -> bytes:
    """The film between black bars above and below."""

    def pictures():  # type: ignore[no-untyped-def]
        for number in range(round(seconds * 25)):
            whole = np.zeros((240, 320, 3), np.uint8)
            whole[30:210] = films.shot(seed, number / 25, 320, 180)
            yield whole

    return films.written(pictures())


def mirrored(seconds: float, seed: int) -> bytes:
    return films.written(
        films.shot(seed, number / 25, 320, 180)[:, ::-1] for number in range(round(seconds * 25))
    )


@pytest.fixture(scope="module")
def exhibit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exhibit")
    made = {
        "a-high.mp4": films.film(16, seed=1, gop=125),
        "b-low.avi": films.film(16, seed=1, width=192, height=108, form="avi", codec="mpeg4", gop=60),
        "c-clip.mkv": films.film(4, seed=1, begin=9.3, form="matroska"),
        "d-other.mp4": films.film(14, seed=2),
        "e-boxed.mp4": boxed(10, 1),
        "f-mirrored.mp4": mirrored(10, 1),
        "g-faster.mp4": films.film(12, seed=1, speed=1.2),
    }
    for name, data in made.items():
        (folder / name).write_bytes(data)
    Image.fromarray(films.shot(1, 14.0, 640, 360)).save(folder / "h-still.jpg", quality=90)
    return folder


def names_of(holdings: Holdings) -> dict[int, str]:
    with holdings.database.read() as connection:
        rows = connection.execute(
            media_file.select().with_only_columns(media_file.c.media_id, media_file.c.locator)
        )
        return {media_id: Locator.decode(locator).display()[:1] for media_id, locator in rows}


def ties(holdings: Holdings) -> dict[frozenset[str], FootageMatch]:
    names = names_of(holdings)
    with holdings.database.read() as connection:
        return {
            frozenset((names[one.media_id], names[one.other_media_id])): one
            for one in footage.footage_matches(connection, list(names))
        }


def test_renditions_and_clips_are_tied_and_nothing_else(
    holdings: Holdings, executor: LocalExecutor, exhibit: Path, tmp_path: Path
) -> None:
    code = Pdq().fingerprint(films.shot(2, 10.0, 640, 360)).codes[0].tobytes().hex()
    (tmp_path / "list.pdq").write_text(f"{code}\n")
    import_list(holdings, ACTOR, tmp_path / "list.pdq", name="known", role=Role.ALERT)
    take_in(holdings, executor, exhibit)
    first = ties(holdings)
    with holdings.database.read() as connection:
        assert set(footage.looks_of(connection, list(names_of(holdings))).values()) == {Look.FIRST}
    source = FolderSource(exhibit)
    full_pass(holdings, ACTOR, source, executor, case="C1", exhibit="E1")
    source.close()
    found = ties(holdings)
    assert set(first) <= set(found)
    names = names_of(holdings)
    with holdings.database.read() as connection:
        assert set(footage.looks_of(connection, list(names)).values()) == {Look.FULL}

    same = "abcefg"
    assert {frozenset(pair) for pair in found if "d" in pair} == set()
    assert {frozenset(("a", other)) for other in same[1:]} <= set(found)
    clip = found[frozenset("ac")]
    assert names[clip.media_id] == "c"
    assert len(clip.spans) == 1
    assert clip.spans[0]["begin"] == pytest.approx(0, abs=1)
    assert clip.spans[0]["other_begin"] == pytest.approx(9.3, abs=1)
    assert clip.spans[0]["other_end"] == pytest.approx(13.3, abs=1)
    assert clip.share > 0.9
    assert found[frozenset("ab")].share > 0.95
    assert found[frozenset("ab")].other_share > 0.95
    assert found[frozenset("af")].orientation == "flipped-horizontally"
    faster = found[frozenset("ag")]
    assert faster.spans[0]["speed"] == pytest.approx(1.2, abs=0.05)

    with holdings.database.read() as connection:
        frames = footage.frame_matches(connection, list(names))
        entries = connection.execute(entry_match.select()).all()
    still = {names[one.video_id]: one.at / 1e6 for one in frames if names[one.picture_id] == "h"}
    assert set(still) >= {"a", "b"}
    assert still["a"] == pytest.approx(14, abs=0.6)
    assert [names[row.media_id] for row in entries] == ["d"]
    part, _, second = entries[0].part.partition("@")
    assert part == "video:0"
    assert float(second) == pytest.approx(10, abs=0.6)
    assert count_outcomes(holdings, ACTOR, "C1")[Outcome.ALERT_NEAR] == 1

    outcomes = count_outcomes(holdings, ACTOR, "C1")
    # The clip, the rendition and the other alterations hold nothing that the first does not.
    assert outcomes[Outcome.NEAR_DUPLICATE] >= 4
    assert outcomes[Outcome.UNREADABLE] == 0
    stack = stacks_of_case(holdings, ACTOR, "C1")[0]
    assert {names[media_id] for media_id in ids_of(holdings, stack)} >= {"a", "b"}
    assert stack.representative.media.width == 320

    shown = CliRunner().invoke(app, ["footage", "--case", "C1", "-H", str(holdings.folder)])
    assert shown.exit_code == 0, shown.output
    assert "0:09." in shown.output
    assert "7 videos and sounds of case C1: 7 had their full pass." in shown.output
    shown = CliRunner().invoke(app, ["footage", "--case", "C1", "--json", "-H", str(holdings.folder)])
    assert len(json.loads(shown.output)["shared"]) == len(found)


def ids_of(holdings: Holdings, stack: StackOfContents) -> list[int]:
    digests = [one.media.sha256 for one in (stack.representative, *stack.members)]
    with holdings.database.read() as connection:
        return list(connection.execute(select(media.c.id).where(media.c.sha256.in_(digests))).scalars())
