from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from consilience.errors import FormatError, NotFoundError, UsageError
from consilience.exercise.build import build
from consilience.exercise.truth import FileTruth, Truth, read_truth
from consilience.model.locator import Locator, StepKind


def bytes_at(root: Path, one: FileTruth) -> bytes:
    """A file's bytes, by the plain libraries: what the truth says is checked by someone else's readers."""
    first, *rest = one.path.steps
    content = _read(os.fsencode(root / "exhibits" / one.exhibit) + b"/" + first.name)
    for step in rest:
        content = _member(content, step.name, step.ordinal)
    return content


def _read(path: bytes) -> bytes:
    # A path may be longer than one call takes.
    here = os.open(b"/", os.O_RDONLY)
    *folders, name = path.strip(b"/").split(b"/")
    for folder in folders:
        inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = inner
    with os.fdopen(os.open(name, os.O_RDONLY, dir_fd=here), "rb") as file:
        os.close(here)
        return file.read()


def _member(content: bytes, name: bytes, ordinal: int) -> bytes:
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entry = archive.infolist()[ordinal]
            assert os.fsencode(entry.filename) == name
            return archive.read(entry)
    if content[:2] == b"\x1f\x8b":
        import gzip

        return gzip.decompress(content)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        entry = archive.getmembers()[ordinal]
        assert os.fsencode(entry.name) == name
        extracted = archive.extractfile(entry)
        assert extracted is not None
        return extracted.read()


def on_disk(root: Path, exhibit: str) -> set[bytes]:
    found: set[bytes] = set()

    def walk(folder: int, prefix: bytes) -> None:
        for entry in sorted(os.scandir(folder), key=lambda one: one.name):
            name = os.fsencode(entry.name)
            if entry.is_dir(follow_symlinks=False):
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=folder)
                walk(inner, prefix + name + b"/")
                os.close(inner)
            else:
                found.add(prefix + name)

    folder = os.open(root / "exhibits" / exhibit, os.O_RDONLY | os.O_DIRECTORY)
    walk(folder, b"")
    os.close(folder)
    return found


def test_every_file_on_disk_is_in_the_truth_and_the_other_way_round(tiny: Path, truth: Truth) -> None:
    for exhibit in truth.head.exhibits:
        listed = {
            one.path.steps[0].name
            for one in truth.files
            if one.exhibit == exhibit.number and len(one.path.steps) == 1
        }
        assert on_disk(tiny, exhibit.number) == listed


def test_bytes_are_what_the_truth_says_members_too(tiny: Path, truth: Truth) -> None:
    checked = Counter[int]()
    for one in truth.files:
        if one.sha256:
            content = bytes_at(tiny, one)
            assert (len(content), hashlib.sha256(content).hexdigest()) == (one.size, one.sha256), one.shown
            checked[len(one.path.steps)] += 1
    assert checked[1] > 100
    assert checked[2] > 5
    assert checked[3] > 0


def test_same_seed_same_bytes_whatever_the_number_of_processes(tiny: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    build(other, "tiny", 11, 2)
    for name in ("truth.json", "truth.jsonl"):
        assert (other / name).read_bytes() == (tiny / name).read_bytes()
    lists = sorted(path.name for path in (tiny / "lists").iterdir())
    assert lists == sorted(path.name for path in (other / "lists").iterdir())
    for name in lists:
        assert (other / "lists" / name).read_bytes() == (tiny / "lists" / name).read_bytes()
    for exhibit in read_truth(other).head.exhibits:
        assert on_disk(other, exhibit.number) == on_disk(tiny, exhibit.number)


def test_another_seed_makes_other_pictures(truth: Truth, tmp_path: Path) -> None:
    other = build(tmp_path / "other", "tiny", 12, 1)
    assert {one.sha256 for one in other.pictures}.isdisjoint(one.sha256 for one in truth.pictures)


def test_progress_ends_where_it_should(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    build(tmp_path / "one", "tiny", 1, 1, lambda *what: told.append(what))
    assert [one for one in told if one[0] == "pictures"][-1][1:] == (told[0][2], told[0][2])


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep me")
    with pytest.raises(UsageError, match="not empty"):
        build(tmp_path, "tiny", 1, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    ("preset", "seed", "processes"), [("enormous", 1, 1), ("tiny", -1, 1), ("tiny", 1, 0)]
)
def test_wrong_wishes_are_refused(tmp_path: Path, preset: str, seed: int, processes: int) -> None:
    with pytest.raises(UsageError):
        build(tmp_path / "out", preset, seed, processes)
    assert not (tmp_path / "out").exists()


def test_an_altered_picture_looks_like_its_original(tiny: Path, truth: Truth) -> None:
    """Seen small, in grey, and turned back: an alteration that made something else would show here."""
    originals = {one.name: one for one in truth.pictures}
    places = {one.sha256: one for one in truth.files if one.what == "picture"}
    compared = 0
    for one in truth.files:
        if one.alteration is None or one.alteration.name not in (
            "recompression",
            "resizing",
            "container",
            "same pixels",
        ):
            continue
        original = places.get(originals[one.pictures[0]].sha256)
        if original is None or one.alteration.strength == "HEIC":
            continue
        apart = np.abs(_seen_small(bytes_at(tiny, one)) - _seen_small(bytes_at(tiny, original))).mean()
        assert apart < 8, one.shown
        compared += 1
    assert compared >= 3


def _seen_small(content: bytes) -> np.ndarray:
    from PIL import ImageOps

    with Image.open(io.BytesIO(content)) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):
            upright = Image.fromarray((np.asarray(upright, np.uint32) >> 8).astype(np.uint8))
        return np.asarray(upright.convert("L").resize((32, 32), Image.Resampling.BOX), np.float32)


def test_bad_input_is_there(tiny: Path, truth: Truth) -> None:
    notes = {one.note for one in truth.files if one.note}
    for wanted in (
        "fifo",
        "socket",
        "empty file",
        "zip in zip",
        "name that is not UTF-8",
        "JPEG truncated at 50 %",
    ):
        assert wanted in notes
    names = [one.path.steps[0].name for one in truth.files]
    assert any(b"\xff\xfe" in name for name in names)
    assert any(b"\x1b[2J" in name for name in names)
    assert any(len(name.rsplit(b"/", 1)[-1]) == 255 for name in names)
    fifo = next(one for one in truth.files if one.note == "fifo")
    path = os.fsencode(tiny / "exhibits" / fifo.exhibit) + b"/" + fifo.path.steps[0].name
    assert stat.S_ISFIFO(os.lstat(path).st_mode)


def test_the_same_camera_writes_the_same_tables_and_serial(tiny: Path, truth: Truth) -> None:
    by_name = {one.name: one for one in truth.head.cameras}
    pictures = {one.sha256: one for one in truth.pictures if one.camera}
    tables: dict[str, object] = {}
    for one in truth.files:
        if one.sha256 in pictures and len(one.path.steps) == 1:
            camera = by_name[pictures[one.sha256].camera or ""]
            with Image.open(io.BytesIO(bytes_at(tiny, one))) as image:
                detail = image.getexif().get_ifd(0x8769)
                assert detail[0xA431] == camera.serial
                assert image.getexif()[0x010F] == camera.make
                assert tables.setdefault(camera.name, image.quantization) == image.quantization
                assert max(image.size) == camera.width
    assert len(tables) >= 2


def test_truth_that_is_not_there_damaged_or_of_another_schema(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_truth(tmp_path)
    head, records = (tiny / "truth.json").read_bytes(), (tiny / "truth.jsonl").read_bytes()
    (tmp_path / "truth.json").write_bytes(head)
    (tmp_path / "truth.jsonl").write_bytes(records[:-40])
    with pytest.raises(FormatError, match="damaged"):
        read_truth(tmp_path)
    (tmp_path / "truth.json").write_bytes(head.replace(b'"schema_version": 1', b'"schema_version": 99'))
    with pytest.raises(FormatError, match="99"):
        read_truth(tmp_path)


def test_locators_of_members_lie_below_their_container(truth: Truth) -> None:
    containers = {one.path.steps for one in truth.files if one.what == "container"}
    members = [one.path for one in truth.files if len(one.path.steps) > 1]
    assert members
    for member in members:
        assert member.steps[-1].kind is StepKind.MEMBER
        assert member.steps[:-1] in containers
        assert Locator.decode(member.encode()) == member
