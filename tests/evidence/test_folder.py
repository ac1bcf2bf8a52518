"""The folder source: everything is found once, in order; nothing is changed; nothing waits or acts."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.errors import UsageError
from consilience.evidence.contract import Found, Unreadable
from consilience.evidence.folder import FolderSource
from consilience.model.problems import ProblemCode


def listed(root: Path) -> list[Found]:
    source = FolderSource(root)
    try:
        return list(source.files())
    finally:
        source.close()


def paths(found: list[Found]) -> list[bytes]:
    return [one.locator.steps[0].name for one in found]


def state(root: Path) -> str:
    """A digest of content, names and times of a whole tree."""
    digest = hashlib.sha256()
    for folder, names, files in os.walk(os.fsencode(root)):
        for name in sorted(names + files):
            path = os.path.join(folder, name)
            status = os.lstat(path)
            times = (status.st_mtime_ns, status.st_ctime_ns, status.st_atime_ns, status.st_mode)
            digest.update(repr((path, times)).encode())
            if os.path.isfile(path) and not os.path.islink(path):
                descriptor = os.open(path, os.O_RDONLY | os.O_NOATIME)
                digest.update(os.read(descriptor, 1 << 20))
                os.close(descriptor)
    return digest.hexdigest()


def test_every_kind_of_thing_is_a_typed_result(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").write_bytes(b"xyz")
    (tmp_path / "empty-folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to("nowhere\x1b[2J")
    os.mkfifo(tmp_path / "fifo")
    os.mknod(tmp_path / "device", 0o600 | 0o020000, os.makedev(1, 3))
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(tmp_path)
        listener.bind("socket")
        found = {one.locator.steps[0].name: one for one in listed(tmp_path)}
    problems = {name: one.problem.code if one.problem else None for name, one in found.items()}
    assert problems == {
        b"file": None,
        b"folder/inside": None,
        b"loop": ProblemCode.LINK,
        b"dangling": ProblemCode.LINK,
        b"fifo": ProblemCode.FIFO,
        b"device": ProblemCode.DEVICE,
        b"socket": ProblemCode.SOCKET,
    }
    assert found[b"folder/inside"].size == 3
    assert {time.kind for time in found[b"file"].times} == {"modified", "changed", "accessed"}
    link = found[b"dangling"].problem
    assert link is not None
    assert link.detail == "to nowhere\\u001b[2J"


names = st.binary(min_size=1, max_size=6).filter(
    lambda name: name not in (b".", b"..") and b"/" not in name and b"\0" not in name
)


@settings(max_examples=30, deadline=None)
@given(files=st.sets(st.tuples(st.lists(names, max_size=3).map(tuple), names), max_size=12))
def test_names_are_raw_bytes_and_the_order_is_that_of_locators(
    tmp_path_factory: pytest.TempPathFactory, files: set[tuple[tuple[bytes, ...], bytes]]
) -> None:
    root = os.fsencode(tmp_path_factory.mktemp("exhibit"))
    made = set()
    for folders, name in files:
        folder = os.path.join(root, *folders)
        path = os.path.join(folder, name)
        try:
            os.makedirs(folder, exist_ok=True)
            with open(path, "wb"):
                pass
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            continue
        made.add(os.path.relpath(path, root))
    found = listed(Path(os.fsdecode(root)))
    encoded = [one.locator.encode() for one in found]
    assert set(paths(found)) == made
    assert encoded == sorted(encoded)


def test_reading_changes_nothing(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number}.txt").write_bytes(bytes([number]) * 100)
        os.utime(tmp_path / f"{number}.txt", ns=(1, 2))
    before = state(tmp_path)
    source = FolderSource(tmp_path)
    for found in source.files():
        descriptor = source.open(found)
        assert len(os.read(descriptor, 200)) == 100
        os.close(descriptor)
    source.close()
    assert state(tmp_path) == before


def test_what_is_gone_or_replaced_since_it_was_listed(tmp_path: Path) -> None:
    for name in ("gone", "now-a-fifo", "now-a-link"):
        (tmp_path / name).write_bytes(b"x")
    source = FolderSource(tmp_path)
    found = {one.locator.steps[0].name: one for one in source.files()}
    for name in ("gone", "now-a-fifo", "now-a-link"):
        (tmp_path / name).unlink()
    os.mkfifo(tmp_path / "now-a-fifo")
    (tmp_path / "now-a-link").symlink_to("/etc/passwd")
    codes = {}
    for name, one in found.items():
        with pytest.raises(Unreadable) as refused:
            source.open(one)
        codes[name] = refused.value.problem.code
    source.close()
    assert codes == {
        b"gone": ProblemCode.VANISHED,
        b"now-a-fifo": ProblemCode.CHANGED,
        b"now-a-link": ProblemCode.LINK,
    }


def test_folders_deeper_than_a_path_may_be_long(tmp_path: Path) -> None:
    depth = 60
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d" * 200, dir_fd=folder)
        nearer = os.open("d" * 200, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = nearer
    os.close(os.open("deep", os.O_WRONLY | os.O_CREAT, dir_fd=folder))
    os.close(folder)
    source = FolderSource(tmp_path)
    (found,) = source.files()
    assert found.locator.steps[0].name.count(b"/") == depth
    os.close(source.open(found))
    source.close()


def test_a_single_file_is_a_folder_of_one(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "other").write_bytes(b"2")
    assert paths(listed(tmp_path / "one")) == [b"one"]


def test_a_missing_exhibit_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        FolderSource(tmp_path / "missing")
