"""A first look and the full pass after it end with the records of one exact pass; until then nothing counts."""

from __future__ import annotations

import random
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select
from world import ACTOR, encoded, make_holdings, on_record, picture, take_in

from consilience.errors import NotFoundError
from consilience.evidence.folder import FolderSource
from consilience.fingerprints.pdq import Pdq
from consilience.model.examination import Examined
from consilience.model.lists import Role
from consilience.model.outcomes import Outcome
from consilience.model.people import EVERYTHING
from consilience.runs.local import LocalExecutor
from consilience.services import full_pass as module
from consilience.services import ingest as ingest_module
from consilience.services import lists, review
from consilience.services.full_pass import FullPassResult, full_pass
from consilience.services.holdings import Holdings
from consilience.services.ingest import ingest
from consilience.store import passes
from consilience.store.schema import (
    entry_match,
    fingerprint,
    media,
    media_match,
    provisional_match,
    unsettled,
)


def look_first(holdings: Holdings, executor: LocalExecutor, path: Path, exhibit: str = "E1") -> None:
    source = FolderSource(path)
    ingest(holdings, ACTOR, source, executor, case="C1", exhibit=exhibit, first_look=True)
    source.close()


def pass_fully(
    holdings: Holdings, executor: LocalExecutor, path: Path, exhibit: str = "E1"
) -> FullPassResult:
    source = FolderSource(path)
    try:
        return full_pass(holdings, ACTOR, source, executor, case="C1", exhibit=exhibit)
    finally:
        source.close()


def found(holdings: Holdings) -> dict[str, list[tuple[object, ...]]]:
    """What is on record, without the places of fingerprints: a full pass makes them anew."""
    tables = on_record(holdings)
    tables["fingerprint"] = sorted((row[1:] for row in tables["fingerprint"]), key=repr)
    kinds = ("media", "fingerprint", "clue", "media_file", "entry_match", "media_match", "unsettled")
    return {name: tables[name] for name in (*kinds, "provisional_match")}


def count(holdings: Holdings, table: object) -> int:
    with holdings.database.read() as connection:
        return len(connection.execute(table.select()).all())  # type: ignore[attr-defined]


def reached(holdings: Holdings) -> dict[Examined, int]:
    with holdings.database.read() as connection:
        return passes.count_passes(connection, EVERYTHING, 1)


def altered(image: Image.Image, seed: int) -> Image.Image:
    """A copy as people make them: turned, smaller, saved again."""
    chance = random.Random(seed)
    turned = image.rotate(chance.choice((0, 90, 180, 270)), expand=True)
    if chance.random() < 0.3:
        turned = turned.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    size = chance.randint(200, 500)
    return turned.resize((size, size))


def fill(root: Path, seed: int, count: int = 14, again: int = 0) -> Path:
    """Pictures, altered copies of them before and after, copies, archives, and what is no JPEG.

    With `again`, other copies of the same pictures.
    """
    chance = random.Random(seed)
    root.mkdir()
    originals = [
        picture(1000 * seed + number, chance.choice((128, 300, 700))) for number in range(count // 3)
    ]
    chance.seed(seed + again)
    names = [f"{number:02}" for number in range(count)]
    chance.shuffle(names)
    for name in names:
        one = chance.choice(originals)
        image = one if chance.random() < 0.4 else altered(one, chance.randrange(1000))
        form = "PNG" if chance.random() < 0.2 else "JPEG"
        options = {} if form == "PNG" else {"quality": chance.choice((60, 95))}
        (root / f"{name}.{form.lower()}").write_bytes(encoded(image, form, **options))
    first = sorted(root.iterdir())[0]
    shutil.copy(first, root / "zz-copy")
    (root / "cut.jpg").write_bytes(encoded(originals[0])[:400])
    with zipfile.ZipFile(root / "50.zip", "w") as archive:
        archive.write(first, "again.jpg")
        for number in range(3):
            archive.writestr(f"{number}.jpg", encoded(altered(originals[-1], seed + number)))
    return root


def alerts(folder: Path, pictures: list[Path], off: int, seed: int = 0) -> Path:
    """A list of PDQ codes that differ from the pictures' by so many bits."""
    chance = np.random.default_rng(seed)
    lines = []
    for path in pictures:
        code = Pdq().fingerprint(np.asarray(Image.open(path).convert("RGB"))).codes[0]
        bits = np.unpackbits(code)
        bits[chance.choice(256, off, replace=False)] ^= 1
        lines.append(np.packbits(bits).tobytes().hex())
    listed = folder / f"alerts-{off}.txt"
    listed.write_text("\n".join(lines) + "\n")
    return listed


@pytest.mark.parametrize("seed", [1, 2])
def test_both_passes_leave_the_records_of_one(
    executor: LocalExecutor, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    exhibits = [fill(tmp_path / "one", seed), fill(tmp_path / "two", seed, again=1000)]
    for name in sorted(path.name for path in exhibits[0].iterdir())[:3]:
        shutil.copy(exhibits[0] / name, exhibits[1] / f"from-one-{name}")
    listed = alerts(tmp_path, sorted(exhibits[0].glob("*.jpeg"))[:3], 29, seed)
    whole, twice = make_holdings(tmp_path / "whole"), make_holdings(tmp_path / "twice")
    with whole, twice:
        for made in (whole, twice):
            lists.import_list(made, ACTOR, listed, name="near", role=Role.ALERT, format="pdq")
        take_in(whole, executor, exhibits[0])
        take_in(whole, executor, exhibits[1], exhibit="E2")
        monkeypatch.setattr(ingest_module, "_PORTION", 3)
        look_first(twice, executor, exhibits[0])
        # What comes in between is examined in full at once, and finds what was only looked at.
        take_in(twice, executor, exhibits[1], exhibit="E2")
        assert reached(twice)[Examined.FIRST_LOOK] > 0
        monkeypatch.setattr(module, "_PORTION", 2)
        passed = pass_fully(twice, executor, exhibits[0])
        assert passed.examined == passed.waiting > 0
        assert reached(twice)[Examined.FIRST_LOOK] == 0
        assert found(twice) == found(whole)
        assert not found(whole)["provisional_match"]
        for made in (whole, twice):
            assert review.count_outcomes(made, ACTOR, "C1") == review.count_outcomes(whole, ACTOR, "C1")
        assert count(whole, media_match) > 0


def test_what_only_a_first_look_matches_does_not_count(
    holdings: Holdings, executor: LocalExecutor, tmp_path: Path
) -> None:
    root = tmp_path / "drive"
    root.mkdir()
    for number in range(6):
        (root / f"{number}.jpg").write_bytes(encoded(picture(number, 512)))
    pictures = sorted(root.iterdir())
    matching, beyond = alerts(tmp_path, pictures[:2], 30), alerts(tmp_path, pictures[2:4], 33)
    lists.import_list(holdings, ACTOR, matching, name="within", role=Role.ALERT, format="pdq")
    look_first(holdings, executor, root)
    # A list that comes between the passes finds what was looked at, too.
    lists.import_list(holdings, ACTOR, beyond, name="beyond", role=Role.ALERT, format="pdq")
    outcomes = review.count_outcomes(holdings, ACTOR, "C1")
    assert outcomes[Outcome.ALERT_NEAR] == 0
    assert outcomes[Outcome.NEW] == 6
    assert count(holdings, entry_match) == 0
    assert review.matches_of_case(holdings, ACTOR, "C1") == []
    with holdings.database.read() as connection:
        rows = connection.execute(select(provisional_match.c.media_id, provisional_match.c.distance)).all()
    assert sorted({media_id for media_id, _ in rows}) == [1, 2, 3, 4]
    passed = pass_fully(holdings, executor, root)
    assert (passed.confirmed, passed.refuted) == (2, 2)
    assert review.count_outcomes(holdings, ACTOR, "C1")[Outcome.ALERT_NEAR] == 2
    assert count(holdings, provisional_match) == 0
    assert count(holdings, entry_match) == 2


def test_what_a_person_waits_for_comes_first(
    holdings: Holdings, executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "drive"
    root.mkdir()
    for number in range(6):
        (root / f"{number}.jpg").write_bytes(encoded(picture(number, 300)))
    pictures = sorted(root.iterdir())
    import hashlib

    named = tmp_path / "named.txt"
    named.write_text(hashlib.sha256(pictures[0].read_bytes()).hexdigest() + "\n")
    lists.import_list(holdings, ACTOR, named, name="named", role=Role.ALERT, format="plain")
    lists.import_list(
        holdings, ACTOR, alerts(tmp_path, pictures[4:5], 20), name="near", role=Role.ALERT, format="pdq"
    )
    look_first(holdings, executor, root)
    with holdings.database.read() as connection:
        waiting = passes.waiting(connection, 1, (), 100)
    assert [one.media_id for one in waiting] == [5, 2, 3, 4, 6, 1]


def test_cut_off_it_goes_on(executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fill(tmp_path / "drive", 7, 20)
    whole, twice = make_holdings(tmp_path / "whole"), make_holdings(tmp_path / "twice")

    class Killed(Exception):
        pass

    with whole, twice:
        take_in(whole, executor, root)
        look_first(twice, executor, root)
        monkeypatch.setattr(module, "_PORTION", 1)
        committed = module._FullPass._commit
        settle = module.Matcher.settle
        for moments in (1, 2, 3):
            left = iter(range(moments))

            def commit(self: module._FullPass, *given: object, left: object = left) -> None:
                committed(self, *given)  # type: ignore[arg-type]
                if next(left, None) is None:  # type: ignore[call-overload]
                    raise Killed

            monkeypatch.setattr(module._FullPass, "_commit", commit)
            with pytest.raises(Killed):
                pass_fully(twice, executor, root)
        monkeypatch.setattr(module._FullPass, "_commit", committed)

        def killed(self: module.Matcher, database: object) -> None:
            raise Killed

        # Before what is near was settled: nothing waits any more, and still it goes on.
        monkeypatch.setattr(module.Matcher, "settle", killed)
        with pytest.raises(Killed):
            pass_fully(twice, executor, root)
        assert reached(twice)[Examined.FIRST_LOOK] == 0
        assert count(twice, unsettled) > 0
        monkeypatch.setattr(module.Matcher, "settle", settle)
        pass_fully(twice, executor, root)
        assert found(twice) == found(whole)


def test_originals_that_are_gone_or_others_leave_what_was_looked_at(
    holdings: Holdings, executor: LocalExecutor, tmp_path: Path
) -> None:
    root = tmp_path / "drive"
    root.mkdir()
    for number in range(4):
        (root / f"{number}.jpg").write_bytes(encoded(picture(number, 200)))
    shutil.copy(root / "0.jpg", root / "copy-of-0.jpg")
    look_first(holdings, executor, root)
    kept = encoded(picture(1, 200))
    for name in ("0.jpg", "1.jpg"):
        (root / name).unlink()
    (root / "2.jpg").write_bytes(encoded(picture(99, 200)))
    passed = pass_fully(holdings, executor, root)
    # The copy is as good as the file that is gone; what lies in the place of another is not taken for it.
    assert (passed.examined, passed.offline, passed.changed) == (2, 1, 1)
    assert sorted(passed.left_named) == ["1.jpg: vanished", "2.jpg: other bytes"]
    assert count(holdings, media) == 4
    (root / "1.jpg").write_bytes(kept)
    again = pass_fully(holdings, executor, root)
    assert (again.waiting, again.examined, again.changed) == (2, 1, 1)


def test_where_nothing_waits_nothing_is_read(
    holdings: Holdings, executor: LocalExecutor, tmp_path: Path
) -> None:
    root = fill(tmp_path / "drive", 3)
    take_in(holdings, executor, root)
    before = on_record(holdings)
    assert pass_fully(holdings, executor, root).waiting == 0
    assert on_record(holdings) == before
    with pytest.raises(NotFoundError, match="no exhibit E9"):
        pass_fully(holdings, executor, root, "E9")


def test_a_full_pass_that_fails_keeps_what_the_first_look_found(
    holdings: Holdings, executor: LocalExecutor, tmp_path: Path
) -> None:
    """The exact decode may meet a limit that the quick look does not."""
    root = tmp_path / "drive"
    root.mkdir()
    (root / "a.jpg").write_bytes(encoded(picture(1, 400)))
    listed = alerts(tmp_path, [root / "a.jpg"], 10)
    lists.import_list(holdings, ACTOR, listed, name="near", role=Role.ALERT, format="pdq")
    look_first(holdings, executor, root)
    with LocalExecutor(executor_limits(pixels=10_000), workers=1) as narrow:
        passed = pass_fully(holdings, narrow, root)
    assert (passed.examined, passed.confirmed, passed.refuted) == (1, 0, 0)
    assert review.count_outcomes(holdings, ACTOR, "C1")[Outcome.UNREADABLE] == 1
    assert count(holdings, provisional_match) == 1
    with holdings.database.read() as connection:
        assert connection.execute(select(fingerprint.c.decode_path)).scalars().all() == ["fast"]
    # With more room, an ingest that tries again what met a limit has the last word.
    take_in(holdings, executor, root, again=True)
    assert review.count_outcomes(holdings, ACTOR, "C1")[Outcome.ALERT_NEAR] == 1
    assert count(holdings, provisional_match) == 0


def executor_limits(pixels: int) -> object:
    from consilience.settings import Limits

    return Limits(pixels=pixels)
