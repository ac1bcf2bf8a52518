"""Things in a file system that are no files, or that cannot be reached."""

# Names here need not be text, and pathlib holds nothing else.
# ruff: noqa: PTH101, PTH103, PTH123, PTH211
from __future__ import annotations

import errno
import hashlib
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from consilience.exercise.bad.item import NOTHING, SEEN, UNREADABLE, Sample
from consilience.exercise.truth import FileTruth
from consilience.model.locator import Locator
from consilience.model.problems import ProblemCode as P


def special(root: Path, exhibit: str, base: bytes, left_out: list[str]) -> Iterator[FileTruth]:
    """Links, a fifo, a device, a socket."""
    folder = os.fsencode(root) + b"/" + base + b"special"
    os.makedirs(folder, exist_ok=True)
    links = {
        b"loop-a": b"loop-b",
        b"loop-b": b"loop-a",
        b"itself": b"itself",
        b"up": b"..",
        b"dangling": b"nowhere/at/all.jpg",
        b"outside": b"/etc/hostname",
    }
    for name, target in links.items():
        os.symlink(target, folder + b"/" + name)
        yield _nothing(exhibit, base + b"special/" + name, P.LINK, f"link to {target.decode()}")
    os.mkfifo(folder + b"/pipe.jpg")
    yield _nothing(exhibit, base + b"special/pipe.jpg", P.FIFO, "fifo")
    try:
        os.mknod(folder + b"/null.jpg", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        yield _nothing(exhibit, base + b"special/null.jpg", P.DEVICE, "character device")
    except OSError as error:
        left_out.append(f"{exhibit}: character device: {os.strerror(error.errno or 0)}")
    # A socket's path may be 107 bytes long: it is bound by a short name from within its folder.
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(f"/proc/self/fd/{here}/socket")
        yield _nothing(exhibit, base + b"special/socket", P.SOCKET, "socket")
    except OSError as error:
        left_out.append(f"{exhibit}: socket: {os.strerror(error.errno or 0)}")
    finally:
        os.close(here)


def _nothing(exhibit: str, path: bytes, problem: P, note: str) -> FileTruth:
    locator = Locator.of_path(path)
    return FileTruth(
        exhibit=exhibit,
        locator=locator.encode().hex(),
        shown=locator.display(),
        what="none",
        problems=(problem,),
        outcomes=NOTHING,
        note=note,
    )


def unreadable(
    root: Path, exhibit: str, base: bytes, sample: Sample, modified: int, left_out: list[str]
) -> Iterator[FileTruth]:
    """A file that nobody may read."""
    path = os.fsencode(root) + b"/" + base + b"special/forbidden.jpg"
    with open(path, "wb") as file:
        file.write(sample.file)
    os.utime(path, (modified, modified))
    os.chmod(path, 0)
    if os.geteuid() == 0:
        left_out.append(f"{exhibit}: an unreadable file: the superuser, who built this, may read everything")
    locator = Locator.of_path(base + b"special/forbidden.jpg")
    yield FileTruth(
        exhibit=exhibit,
        locator=locator.encode().hex(),
        shown=locator.display(),
        what="picture",
        size=len(sample.file),
        sha256=hashlib.sha256(sample.file).hexdigest(),
        pictures=(sample.picture,),
        problems=(P.PERMISSION,),
        sound=True,
        outcomes=(*UNREADABLE, *SEEN),
        note="file without any permission",
    )


def deep(
    root: Path, exhibit: str, base: bytes, depth: int, sample: Sample, modified: int
) -> Iterator[FileTruth]:
    """Folders within folders, deeper than one system call can name where `depth` is large."""
    here = os.open(os.fsencode(root) + b"/" + base, os.O_RDONLY | os.O_DIRECTORY)
    path = base + b"deep/"
    names = [b"deep", *(b"d%03d" % (k % 1000) for k in range(depth))]
    try:
        for name in names:
            try:
                os.mkdir(name, dir_fd=here)
            except OSError as error:
                if error.errno != errno.EEXIST:
                    raise
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here = inner
        path = base + b"/".join(names) + b"/bottom.jpg"
        file = os.open(b"bottom.jpg", os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=here)
        os.write(file, sample.file)
        os.close(file)
        os.utime(b"bottom.jpg", (modified, modified), dir_fd=here)
    finally:
        os.close(here)
    locator = Locator.of_path(path)
    yield FileTruth(
        exhibit=exhibit,
        locator=locator.encode().hex(),
        shown=locator.display(),
        what="picture",
        size=len(sample.file),
        sha256=hashlib.sha256(sample.file).hexdigest(),
        pictures=(sample.picture,),
        outcomes=SEEN,
        note=f"file under {depth} folders",
    )
