"""Taking exhibits in: every file accounted for, each content decoded once, nothing changed outside."""

from __future__ import annotations

import os
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select
from world import ACTOR, encoded, make_holdings, on_record, picture, take_in

from consilience.errors import HoldingsError, NotFoundError, UsageError
from consilience.model.lists import Role
from consilience.model.locator import Locator
from consilience.model.outcomes import Outcome
from consilience.model.people import EVERYTHING
from consilience.runs.local import LocalExecutor
from consilience.services import lists, review
from consilience.services.holdings import Holdings
from consilience.services.notices import notices_of_case
from consilience.settings import Limits
from consilience.store import outcomes, records
from consilience.store.schema import media, media_file


def outcomes_of(holdings: Holdings, case: str = "C1") -> dict[str, Outcome]:
    with holdings.database.read() as connection:
        case_id = {"C1": 1, "C2": 2}[case]
        found = list(outcomes.outcomes(connection, EVERYTHING, case_id))
        files = records.files_by_id(connection, [one.file_id for one in found])
    return {Locator.decode(files[one.file_id].locator).display(): one.outcome for one in found}


@pytest.fixture
def exhibit(tmp_path: Path) -> Path:
    """Originals, copies, altered copies, archives and bad files."""
    root = tmp_path / "exhibit"
    (root / "DCIM").mkdir(parents=True)
    for number in range(4):
        (root / "DCIM" / f"{number}.jpg").write_bytes(encoded(picture(number, 512)))
    (root / "copy.jpg").write_bytes((root / "DCIM" / "0.jpg").read_bytes())
    (root / "turned.png").write_bytes(encoded(picture(1, 512).transpose(Image.Transpose.ROTATE_90), "PNG"))
    (root / "larger.webp").write_bytes(encoded(picture(2, 512).resize((700, 700)), "WEBP", quality=90))
    (root / "cut.jpg").write_bytes((root / "DCIM" / "3.jpg").read_bytes()[:300])
    (root / "note.txt").write_text("a note")
    (root / "empty.jpg").touch()
    (root / "link").symlink_to("note.txt")
    os.mkfifo(root / "fifo")
    with zipfile.ZipFile(root / "inner.zip", "w") as archive:
        archive.write(root / "DCIM" / "0.jpg", "again.jpg")
        archive.writestr("new.jpg", encoded(picture(50)))
        archive.writestr("words.txt", "words")
    with tarfile.open(root / "outer.tar.gz", "w:gz") as archive:
        archive.add(root / "inner.zip", "inner.zip")
    (root / "inner.zip").rename(root / "z.zip")
    return root


def test_every_file_has_its_outcome(holdings: Holdings, executor: LocalExecutor, exhibit: Path) -> None:
    result = take_in(holdings, executor, exhibit)
    found = outcomes_of(holdings)
    assert found == {
        "DCIM/0.jpg": Outcome.NEW,
        "DCIM/1.jpg": Outcome.NEW,
        "DCIM/2.jpg": Outcome.NEW,
        "DCIM/3.jpg": Outcome.NEW,
        "copy.jpg": Outcome.SEEN_BEFORE,
        "cut.jpg": Outcome.UNREADABLE,
        "empty.jpg": Outcome.NOT_MEDIA,
        "fifo": Outcome.NOT_MEDIA,
        "link": Outcome.NOT_MEDIA,
        "note.txt": Outcome.NOT_MEDIA,
        "outer.tar.gz": Outcome.NOT_MEDIA,
        "outer.tar.gz » outer.tar": Outcome.NOT_MEDIA,
        "outer.tar.gz » outer.tar » inner.zip": Outcome.NOT_MEDIA,
        "outer.tar.gz » outer.tar » inner.zip » again.jpg": Outcome.SEEN_BEFORE,
        "outer.tar.gz » outer.tar » inner.zip » new.jpg": Outcome.NEW,
        "outer.tar.gz » outer.tar » inner.zip » words.txt": Outcome.NOT_MEDIA,
        "larger.webp": Outcome.NEAR_DUPLICATE,
        "turned.png": Outcome.NEAR_DUPLICATE,
        "z.zip": Outcome.NOT_MEDIA,
        "z.zip » again.jpg": Outcome.SEEN_BEFORE,
        "z.zip » new.jpg": Outcome.SEEN_BEFORE,
        "z.zip » words.txt": Outcome.NOT_MEDIA,
    }
    assert result.files == len(found)
    assert sum(review.count_outcomes(holdings, ACTOR, "C1").values()) == len(found)


def test_a_content_is_decoded_once(holdings: Holdings, executor: LocalExecutor, exhibit: Path) -> None:
    first = take_in(holdings, executor, exhibit)
    again = take_in(holdings, executor, exhibit, exhibit="E2")
    assert first.examined == 8  # four originals, turned, smaller, cut, and the one in the archives
    assert (again.examined, again.contents) == (0, 0)
    assert again.files == first.files


def test_the_same_command_again_changes_nothing(
    holdings: Holdings, executor: LocalExecutor, exhibit: Path
) -> None:
    take_in(holdings, executor, exhibit)
    before = on_record(holdings)
    again = take_in(holdings, executor, exhibit)
    assert on_record(holdings) == before
    assert (again.files, again.already) == (0, again.listed)


def test_the_number_of_workers_does_not_show(
    tmp_path: Path, holdings: Holdings, executor: LocalExecutor, exhibit: Path
) -> None:
    take_in(holdings, executor, exhibit)
    with (
        LocalExecutor(Limits(), workers=5) as many,
        make_holdings(tmp_path / "other", "C1", "C2") as other,
    ):
        take_in(other, many, exhibit)
        assert on_record(other) == on_record(holdings)


def test_what_could_not_be_read_is_tried_again(
    holdings: Holdings, executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from consilience.evidence import folder
    from consilience.evidence.contract import Found, Unreadable
    from consilience.model.problems import Problem, ProblemCode

    root = tmp_path / "drive"
    root.mkdir()
    (root / "a.jpg").write_bytes(encoded(picture(1)))

    def refuse(self: folder.FolderSource, found: Found) -> int:
        raise Unreadable(Problem(ProblemCode.IO_ERROR, "bad sector"))

    with monkeypatch.context() as broken_drive:
        broken_drive.setattr(folder.FolderSource, "open", refuse)
        take_in(holdings, executor, root)
    assert outcomes_of(holdings) == {"a.jpg": Outcome.UNREADABLE}
    again = take_in(holdings, executor, root)
    assert outcomes_of(holdings) == {"a.jpg": Outcome.NEW}
    assert (again.files, again.tried_again) == (0, 1)


def test_what_met_a_limit_is_tried_again_when_asked(
    holdings: Holdings, executor: LocalExecutor, tmp_path: Path
) -> None:
    root = tmp_path / "drive"
    root.mkdir()
    (root / "large.png").write_bytes(encoded(picture(1, 300), "PNG"))
    with zipfile.ZipFile(root / "many.zip", "w") as archive:
        for number in range(5):
            archive.writestr(f"{number}.png", encoded(picture(number, 100), "PNG"))
    with LocalExecutor(Limits(pixels=50_000, members=3), workers=1) as narrow:
        take_in(holdings, narrow, root)
    assert outcomes_of(holdings)["large.png"] is Outcome.UNREADABLE
    assert outcomes_of(holdings)["many.zip"] is Outcome.UNREADABLE
    take_in(holdings, executor, root)
    assert outcomes_of(holdings)["large.png"] is Outcome.UNREADABLE  # nobody asked
    take_in(holdings, executor, root, again=True)
    found = outcomes_of(holdings)
    assert found["large.png"] is Outcome.NEW
    assert found["many.zip"] is Outcome.NOT_MEDIA
    assert len(found) == 7
    before = on_record(holdings)
    take_in(holdings, executor, root, again=True)
    assert on_record(holdings) == before


def test_what_is_decoded_later_does_not_depend_on_portions(
    executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known-good content whose entry was withdrawn is decoded when it comes again, among new content."""
    import hashlib

    from consilience.services import ingest

    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    original = picture(1, 400)
    (first / "good.png").write_bytes(encoded(original, "PNG"))
    (second / "a.png").write_bytes(encoded(original.rotate(90), "PNG"))
    shutil.copy(first / "good.png", second / "b.png")
    (second / "c.png").write_bytes(encoded(original.rotate(180), "PNG"))
    listed, withdrawn = tmp_path / "1.txt", tmp_path / "2.txt"
    listed.write_text(hashlib.sha256((first / "good.png").read_bytes()).hexdigest() + "  good.png\n")
    withdrawn.write_text("ab" * 32 + "  other.png\n")
    found = []
    for size in (1, 1000):
        monkeypatch.setattr(ingest, "_PORTION", size)
        with make_holdings(tmp_path / str(size)) as made:
            lists.import_list(made, ACTOR, listed, name="good", role=Role.KNOWN_GOOD, format="plain")
            take_in(made, executor, first)
            lists.import_list(made, ACTOR, withdrawn, name="good", role=Role.KNOWN_GOOD, format="plain")
            take_in(made, executor, second, exhibit="E2")
            found.append(on_record(made))
    assert found[0] == found[1]
    assert len(found[0]["media_match"]) == 3


def test_a_folder_that_could_not_be_listed_and_then_could(
    holdings: Holdings, executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "drive"
    (root / "sub").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "sub/c.txt"):
        (root / name).write_text(name)
    whole = os.scandir

    class Failing:
        """A directory whose second entry lies in a bad sector."""

        def __init__(self, descriptor: int) -> None:
            self._entries = sorted(whole(descriptor), key=lambda entry: entry.name)

        def __enter__(self) -> Iterator[os.DirEntry[str]]:
            yield_first = self._entries[:1]

            def entries() -> Iterator[os.DirEntry[str]]:
                yield from yield_first
                raise OSError(5, "Input/output error")

            return entries()

        def __exit__(self, *_: object) -> None:
            pass

    with monkeypatch.context() as broken_drive:
        # The drive is read by descriptors; the holdings' own folder, by names, is sound.
        broken_drive.setattr(
            "consilience.evidence.folder.os.scandir",
            lambda place: Failing(place) if isinstance(place, int) else whole(place),
        )
        take_in(holdings, executor, root)
    assert outcomes_of(holdings) == {"": Outcome.UNREADABLE, "a.txt": Outcome.NOT_MEDIA}
    take_in(holdings, executor, root)
    assert outcomes_of(holdings) == dict.fromkeys(("a.txt", "b.txt", "sub/c.txt"), Outcome.NOT_MEDIA)


def test_a_single_file_may_lie_beside_the_holdings(
    holdings: Holdings, executor: LocalExecutor, tmp_path: Path
) -> None:
    (tmp_path / "one.png").write_bytes(encoded(picture(1), "PNG"))
    assert take_in(holdings, executor, tmp_path / "one.png").files == 1
    with pytest.raises(UsageError, match="lie in each other"):
        take_in(holdings, executor, tmp_path)


def test_an_exhibit_that_is_not_the_recorded_one_is_noticed(
    holdings: Holdings, executor: LocalExecutor, exhibit: Path
) -> None:
    take_in(holdings, executor, exhibit)
    (exhibit / "note.txt").write_text("a longer note than before")
    result = take_in(holdings, executor, exhibit)
    assert (result.differing, result.differing_named) == (1, ("note.txt",))


def test_known_good_content_is_not_decoded_and_alert_wins(
    holdings: Holdings, executor: LocalExecutor, exhibit: Path, tmp_path: Path
) -> None:
    import hashlib

    def sha256(name: str) -> str:
        return hashlib.sha256((exhibit / name).read_bytes()).hexdigest()

    good = tmp_path / "good.txt"
    good.write_text(f"{sha256('DCIM/1.jpg')}\n{sha256('DCIM/2.jpg')}\n")
    alert = tmp_path / "alert.txt"
    alert.write_text(f"{sha256('DCIM/2.jpg')}\n{sha256('note.txt')}\n")
    negative = tmp_path / "negative.txt"
    negative.write_text(f"{sha256('DCIM/2.jpg')}\n{sha256('DCIM/3.jpg')}\n")
    for path, role in ((good, Role.KNOWN_GOOD), (alert, Role.ALERT), (negative, Role.NEGATIVE)):
        lists.import_list(holdings, ACTOR, path, name=path.stem, role=role, format="plain")
    take_in(holdings, executor, exhibit)
    found = outcomes_of(holdings)
    assert found["DCIM/1.jpg"] is Outcome.KNOWN_GOOD
    assert found["DCIM/2.jpg"] is Outcome.ALERT_SAME
    assert found["DCIM/3.jpg"] is Outcome.NEGATIVE
    assert found["note.txt"] is Outcome.ALERT_SAME  # a list names bytes, whatever they are
    assert found["turned.png"] is Outcome.NEW  # what it was made of was not decoded
    with holdings.database.read() as connection:
        query = (
            select(media.c.examined)
            .join(media_file)
            .where(media_file.c.locator == Locator.of_path(b"DCIM/1.jpg").encode())
        )
        assert connection.execute(query).scalar_one() == "known-good"


def test_what_two_cases_share_is_told_to_both(
    holdings: Holdings, executor: LocalExecutor, exhibit: Path
) -> None:
    take_in(holdings, executor, exhibit, case="C1", exhibit="E1")
    take_in(holdings, executor, exhibit, case="C2", exhibit="E2")
    assert set(outcomes_of(holdings, "C2").values()) == {
        Outcome.SEEN_BEFORE, Outcome.NOT_MEDIA, Outcome.UNREADABLE,
    }  # fmt: skip
    for case in ("C1", "C2"):
        (notice,) = notices_of_case(holdings, ACTOR, case)
        assert (notice.kind, notice.contents) == ("shared-with-another-case", 8)


def test_nothing_is_written_outside_the_holdings(
    holdings: Holdings, executor: LocalExecutor, exhibit: Path, tmp_path: Path
) -> None:
    def outside() -> set[Path]:
        return {path for path in tmp_path.rglob("*") if holdings.folder not in path.parents}

    before = outside()
    take_in(holdings, executor, exhibit)
    assert outside() == before


def test_two_cannot_bring_in_at_once(holdings: Holdings, executor: LocalExecutor, exhibit: Path) -> None:
    with holdings.alone("the other one works"), pytest.raises(HoldingsError, match="is busy: "):
        take_in(holdings, executor, exhibit)
    assert take_in(holdings, executor, exhibit).files > 0


def test_an_unknown_case_is_said_and_leaves_nothing(
    holdings: Holdings, executor: LocalExecutor, exhibit: Path
) -> None:
    before = on_record(holdings)
    with pytest.raises(NotFoundError, match=r"no case C9\. There is: C1, C2"):
        take_in(holdings, executor, exhibit, case="C9")
    assert on_record(holdings) == before


def test_files_that_bring_workers_down(
    holdings: Holdings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Members that crash or hang the examination end as typed results, and their neighbours are examined."""
    root = tmp_path / "hostile"
    root.mkdir()
    with zipfile.ZipFile(root / "a.zip", "w") as archive:
        archive.writestr("1.jpg", encoded(picture(1)))
        archive.writestr("2.jpg", encoded(picture(2)) + b"CRASH")
        archive.writestr("3.jpg", encoded(picture(3)))
        archive.writestr("4.jpg", encoded(picture(4)) + b"HANG")
        archive.writestr("5.jpg", encoded(picture(5)))
    shutil.copy(root / "a.zip", root / "b.zip")
    (root / "c.jpg").write_bytes(encoded(picture(6)) + b"CRASH")
    (root / "d.jpg").write_bytes(encoded(picture(7)))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setattr("consilience.services.examination.TASK", "hostile_task:examine")
    with LocalExecutor(Limits(seconds=1.5), workers=2) as executor:
        take_in(holdings, executor, root)
    with holdings.database.read() as connection:
        rows = connection.execute(
            select(media_file.c.locator, media_file.c.problem, media.c.problem).outerjoin(media)
        ).all()
    problems = {Locator.decode(row[0]).display(): row[1] or row[2] for row in rows}
    assert problems == {
        "a.zip": None,
        "a.zip » 1.jpg": None,
        "a.zip » 2.jpg": "crashed",
        "a.zip » 3.jpg": None,
        "a.zip » 4.jpg": "limit-time",
        "a.zip » 5.jpg": None,
        "b.zip": None,
        "b.zip » 1.jpg": None,
        "b.zip » 2.jpg": "crashed",
        "b.zip » 3.jpg": None,
        "b.zip » 4.jpg": "limit-time",
        "b.zip » 5.jpg": None,
        "c.jpg": "crashed",
        "d.jpg": None,
    }
