"""A folder as a Source: a mounted drive, a copied phone, a stick.

Nothing is followed out of the folder and nothing is opened that would wait or act (fifos, devices, sockets).
Access times stay as they are where the system allows it (O_NOATIME).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from consilience.errors import NotFoundError, UsageError
from consilience.evidence.contract import Found, Unreadable
from consilience.model.locator import Locator, printable
from consilience.model.problems import Problem, ProblemCode
from consilience.model.times import Timestamp

_BY_ERRNO = {
    errno.EACCES: ProblemCode.PERMISSION,
    errno.EPERM: ProblemCode.PERMISSION,
    errno.ENOENT: ProblemCode.VANISHED,
    errno.ENOTDIR: ProblemCode.VANISHED,
    errno.ESTALE: ProblemCode.VANISHED,
    errno.ELOOP: ProblemCode.LINK,
}
_NOT_REGULAR = (
    (stat.S_ISLNK, ProblemCode.LINK),
    (stat.S_ISFIFO, ProblemCode.FIFO),
    (stat.S_ISSOCK, ProblemCode.SOCKET),
    (stat.S_ISCHR, ProblemCode.DEVICE),
    (stat.S_ISBLK, ProblemCode.DEVICE),
)
_NANOSECONDS = 1_000_000_000


class FolderSource:
    """Reads a folder, or a single file as a folder of one.

    Args:
        path: the folder or file, as it is attached now.

    Raises:
        UsageError: there is no such folder or file.
        NotFoundError: it may not be read.
    """

    kind = "folder"

    def __init__(self, path: Path) -> None:
        self._only: bytes | None = None
        root = path
        try:
            if not path.is_dir():
                if not path.is_file():
                    raise UsageError(f"{path}: no such folder or file", "Is the exhibit attached?")
                self._only = os.fsencode(path.name)
                root = path.parent
            self.root = os.fsencode(path.resolve())
            self._folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise NotFoundError(f"{path}: {error.strerror}", "Check the path and its permissions.") from error

    def files(self) -> Iterator[Found]:
        """Everything below the folder but folders themselves; one that cannot be listed is a problem."""
        if self._only is not None:
            yield self._found(self._only)
            return
        # Paths still to be visited. A stack, not recursion: folders may be nested thousands deep.
        waiting = self._last_first(b"")
        while waiting:
            path = waiting.pop()
            if isinstance(path, Found):
                yield path
            elif path.endswith(b"/"):
                waiting.extend(self._last_first(path))
            else:
                yield self._found(path)

    def open(self, found: Found) -> int:
        """A descriptor for reading; see the contract."""
        path = found.locator.steps[0].name
        # O_NONBLOCK: if the name has become a fifo since, opening it must not wait.
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            descriptor = self._open(path, flags)
        except OSError as error:
            raise Unreadable(_problem(error)) from error
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise Unreadable(Problem(ProblemCode.CHANGED, "no longer a regular file"))
        return descriptor

    def close(self) -> None:
        """Let go of the folder, so that it can be detached."""
        os.close(self._folder)

    def _last_first(self, folder: bytes) -> list[bytes | Found]:
        """Paths in a folder, ``…/`` for folders, last in order first; and the problem of listing it."""
        names: list[bytes] = []
        problem: list[Found] = []
        try:
            descriptor = self._open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                with os.scandir(descriptor) as entries:
                    for entry in entries:
                        name = folder + os.fsencode(entry.name)
                        names.append(name + b"/" if _is_folder(entry) else name)
            finally:
                os.close(descriptor)
        except OSError as error:
            # What was listed before it stays: a bad sector may hide some names, not all.
            problem = [Found(Locator.of_path(folder), None, (), _problem(error))]
        # With the slash, names sort as the full paths below them do; the folder itself comes first.
        return [*sorted(names, reverse=True), *problem]

    def _found(self, path: bytes) -> Found:
        locator = Locator.of_path(path)
        try:
            folder, name = self._parent(path)
            try:
                status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                target = os.readlink(name, dir_fd=folder) if stat.S_ISLNK(status.st_mode) else b""
            finally:
                self._close_parent(folder)
        except OSError as error:
            return Found(locator, None, (), _problem(error))
        times = _times(status)
        for is_kind, code in _NOT_REGULAR:
            if is_kind(status.st_mode):
                detail = f"to {printable(target)}" if code is ProblemCode.LINK else ""
                return Found(locator, None, times, Problem(code, detail))
        return Found(locator, status.st_size, times)

    def _open(self, path: bytes, flags: int) -> int:
        if not path:
            return os.open(b".", flags & ~os.O_NOFOLLOW, dir_fd=self._folder)
        folder, name = self._parent(path.rstrip(b"/"))
        try:
            try:
                return os.open(name, flags | os.O_NOATIME, dir_fd=folder)
            except PermissionError:
                # Only a file's owner may ask for its access time to stay.
                return os.open(name, flags, dir_fd=folder)
        finally:
            self._close_parent(folder)

    def _parent(self, path: bytes) -> tuple[int, bytes]:
        """A descriptor of the folder that holds a path's last component, and that component.

        Paths longer than the system takes in one call are walked in parts.
        """
        folder = self._folder
        while len(path) > _LONGEST_PATH:
            cut = path.rfind(b"/", 0, _LONGEST_PATH)
            if cut < 0:
                break
            nearer = os.open(path[:cut], os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
            self._close_parent(folder)
            folder, path = nearer, path[cut + 1 :]
        return folder, path

    def _close_parent(self, folder: int) -> None:
        if folder != self._folder:
            os.close(folder)


_LONGEST_PATH = 4000
"""Below PATH_MAX of Linux, 4096 with the closing NUL."""


def _is_folder(entry: os.DirEntry[bytes] | os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False  # then it is taken for a file, and the problem comes up with it


def _problem(error: OSError) -> Problem:
    code = _BY_ERRNO.get(error.errno or 0, ProblemCode.IO_ERROR)
    return Problem(code, os.strerror(error.errno) if error.errno else str(error))


def _times(status: os.stat_result) -> tuple[Timestamp, ...]:
    return tuple(
        Timestamp(
            kind, f"{value // _NANOSECONDS}.{value % _NANOSECONDS:09}", "UTC", "file system", 1e-9, value
        )
        for kind, value in (
            ("modified", status.st_mtime_ns),
            ("changed", status.st_ctime_ns),
            ("accessed", status.st_atime_ns),
        )
    )
