"""Videos that lists name by vPDQ or TMK+PDQF: matched in time in both orders, recalled, compared on request."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from world import ACTOR, take_in

import films
from consilience.cli.app import app
from consilience.errors import FormatError
from consilience.fingerprints.pdq import Pdq
from consilience.interchange import tmk, vpdq
from consilience.interchange.vpdq import Frame
from consilience.model.lists import Role
from consilience.model.outcomes import Outcome
from consilience.runs.local import LocalExecutor
from consilience.services.holdings import Holdings
from consilience.services.listed_videos import compare_tmk
from consilience.services.lists import all_lists, broken_of, import_list
from consilience.services.review import count_outcomes
from consilience.store.schema import entry, entry_match, media


def frames_of(seed: int, begin: float, seconds: float) -> str:
    """What a provider's program says of a film: two frames a second, at another size."""
    pdq, lines = Pdq(), []
    for number in range(round(seconds * 2)):
        found = pdq.fingerprint(films.shot(seed, begin + number / 2, 480, 270))
        lines.append(Frame(number, found.quality, found.codes[0].tobytes(), number / 2))
    return vpdq.write_text(lines)


def hashed(seed: int, noise: float = 0.0, bins: int = 16) -> bytes:
    """A TMK+PDQF file of random features; small noise leaves a match, another number of bins cannot compare."""
    features = np.random.default_rng(seed).normal(size=(2, 4, bins))
    features += noise * np.random.default_rng(seed + 1000).normal(size=features.shape)
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    unit = features / np.linalg.norm(features, axis=-1, keepdims=True) * np.sqrt(weights)[:, None]
    arrays = (weights, features[0, 0], unit, unit)
    return tmk.write_tmk(tmk.Tmk(15, 30, (31, 47), *(one.astype(np.float32) for one in arrays)))


@pytest.fixture(scope="module")
def exhibit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exhibit")
    (folder / "long.mp4").write_bytes(films.film(12, seed=1, gop=12))
    (folder / "other.mp4").write_bytes(films.film(6, seed=2, gop=12))
    return folder


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    """A folder as a provider sends it: a clip of the long film, a film nobody holds, two TMK hashes."""
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "clip.txt").write_text(frames_of(1, 5.0, 5.0))
    (folder / "unknown.txt").write_text(frames_of(3, 0.0, 5.0))
    (folder / "one.tmk").write_bytes(hashed(1))
    (folder / "two.tmk").write_bytes(hashed(2))
    (folder / "README").write_text("hashes")
    return folder


def matched(holdings: Holdings) -> list[tuple[bytes, str, str, str, int, bool]]:
    with holdings.database.read() as connection:
        query = (
            entry_match.select()
            .join(entry)
            .join(media, media.c.id == entry_match.c.media_id)
            .with_only_columns(
                media.c.sha256,
                entry.c.provider_id,
                entry_match.c.algorithm,
                entry_match.c.part,
                entry_match.c.distance,
                entry_match.c.recalled_at,
            )
            .order_by(media.c.sha256, entry_match.c.part)
        )
        return [(*row[:5], row[5] is not None) for row in connection.execute(query)]  # type: ignore[misc]


def test_a_listed_video_is_found_in_both_orders_with_its_seconds(
    holdings: Holdings, executor: LocalExecutor, exhibit: Path, sent: Path, tmp_path: Path
) -> None:
    result = import_list(holdings, ACTOR, sent, name="videos", role=Role.ALERT)
    assert (result.edition.added, result.edition.broken, result.matched) == (4, 1, 0)
    assert [one.reason for one in broken_of(holdings, ACTOR, "videos", 1)] == [
        "README: neither vPDQ nor TMK+PDQF"
    ]
    take_in(holdings, executor, exhibit)
    (found,) = matched(holdings)
    _, name, algorithm, part, distance, recalled = found
    assert (name, algorithm, recalled) == ("clip.txt", "vpdq", False)
    assert distance < 32
    stream, _, seconds = part.partition("@")
    mine, _, theirs = seconds.partition("=")
    assert stream == "video:0"
    begin, end = map(float, mine.split("-"))
    other_begin, other_end = map(float, theirs.split("-"))
    assert begin - other_begin == pytest.approx(5, abs=0.6)
    assert end - other_end == pytest.approx(5, abs=0.6)
    assert end - begin >= 3
    assert count_outcomes(holdings, ACTOR, "C1")[Outcome.ALERT_NEAR] == 1
    shown = CliRunner().invoke(app, ["show", found[0].hex(), "-H", str(holdings.folder)])
    assert f"video:0 at {mine} s, there {theirs} s" in shown.output, shown.output

    # The other order: the same match, by the next list.
    again = import_list(holdings, ACTOR, sent, name="later", role=Role.ALERT)
    assert (again.matched, again.cases_told) == (1, 1)
    first, second = matched(holdings)
    assert first == second == found

    # The next edition has it no longer, the one after that again.
    (sent / "clip.txt").rename(tmp_path / "clip.txt")
    gone = import_list(holdings, ACTOR, sent, name="later", role=Role.ALERT)
    assert (gone.edition.withdrawn, gone.recalled) == (1, 1)
    assert sorted(one[5] for one in matched(holdings)) == [False, True]
    (tmp_path / "clip.txt").rename(sent / "clip.txt")
    (sent / "README").write_text("hashes, again")
    back = import_list(holdings, ACTOR, sent, name="later", role=Role.ALERT)
    assert (back.edition.changed, back.edition.unchanged, back.matched) == (1, 3, 1)
    assert sorted(one[5] for one in matched(holdings)) == [False, False]

    # Withdrawn before the exhibit comes: it is not found any more.
    (sent / "clip.txt").rename(tmp_path / "clip.txt")
    for name in ("videos", "later"):
        import_list(holdings, ACTOR, sent, name=name, role=Role.ALERT)
    take_in(holdings, executor, exhibit, case="C2", again=True)
    assert all(one[5] for one in matched(holdings))


def test_a_tmk_query_is_answered_with_both_scores(holdings: Holdings, sent: Path, tmp_path: Path) -> None:
    import_list(holdings, ACTOR, sent, name="videos", role=Role.ALERT)
    asked = tmp_path / "asked.tmk"
    asked.write_bytes(hashed(1, noise=0.02))
    answer = compare_tmk(holdings, ACTOR, asked)
    (hit,) = answer.hits
    assert (answer.asked, answer.other, hit.list, hit.entry) == (2, 0, "videos", "one.tmk")
    assert 0.9 < hit.score.level_1 < 1
    assert 0.9 < hit.score.level_2 <= 1.01
    shown = CliRunner().invoke(app, ["list", "compare", str(asked), "-H", str(holdings.folder)])
    assert shown.exit_code == 0, shown.output
    assert "one.tmk" in shown.output
    assert "1 of 2 entries match." in shown.output
    asked.write_bytes(hashed(9))
    assert compare_tmk(holdings, ACTOR, asked).hits == ()
    asked.write_bytes(b"no such hash")
    with pytest.raises(FormatError):
        compare_tmk(holdings, ACTOR, asked)
    (sent / "one.tmk").unlink()
    import_list(holdings, ACTOR, sent, name="videos", role=Role.ALERT)
    asked.write_bytes(hashed(1))
    assert compare_tmk(holdings, ACTOR, asked).hits == ()
    assert [one.entries for one in all_lists(holdings, ACTOR)] == [3]
