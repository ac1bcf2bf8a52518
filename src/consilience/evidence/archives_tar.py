"""Tar archives, read header by header. Sources: POSIX.1-2017 (``pax``), the GNU tar manual.

A header of a long name, or of extended attributes, is read only up to a bound. Where a header is broken, the
reader looks for the next sound one, and the loss is raised at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import BinaryIO, NamedTuple, cast

from consilience.evidence.archives_contract import (
    CHUNK,
    ArchiveProblem,
    Member,
    Window,
    file_size,
    member_step,
    read_at,
    storable,
)
from consilience.model.problems import Problem, ProblemCode
from consilience.model.times import Timestamp
from consilience.settings import Limits

_BLOCK = 512
_MAGIC, _MAGIC_AT = b"ustar", 257
_MAX_EXTENSION = 1 << 20
_FILES = b"0\x007"
_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL, _DIRECTORY, _SPARSE = b"L", b"K", b"xX", b"g", b"5D", b"S"
# What is kept of an extended header: it may have a hundred thousand others, for every entry anew.
_KEYS = frozenset([b"path", b"size", b"mtime", b"atime", b"ctime"])
_SPARSE_KEY = b"GNU.sparse"
_EXTENSIONS = _LONG_NAME + _LONG_LINK + _PAX + _PAX_GLOBAL
_IGNORED = b"VMN"  # volume labels, continued files, old long names: no file of their own
_SPECIAL = {
    b"1": ProblemCode.LINK,
    b"2": ProblemCode.LINK,
    b"3": ProblemCode.DEVICE,
    b"4": ProblemCode.DEVICE,
    b"6": ProblemCode.FIFO,
}


class _Header(NamedTuple):
    name: bytes
    kind: bytes
    size: int
    modified: int


class _Entry(NamedTuple):
    """One file, or directory, with what the headers before it added to its own."""

    header: _Header
    fields: dict[bytes, bytes]
    name: bytes
    start: int
    size: int


def tar_members(file: BinaryIO, limits: Limits, start: int) -> Iterator[Member]:
    """The files of a tar archive in their order.

    Raises:
        ArchiveProblem: the archive is cut short or a header is broken; after the members that can be read.
    """
    walk = _Walk(file)
    for ordinal, entry in enumerate(walk.entries()):
        if ordinal >= limits.members:
            raise ArchiveProblem(Problem(ProblemCode.LIMIT_MEMBERS, f"more than {limits.members} entries"))
        if ordinal >= start and not _is_directory(entry):
            yield _member(file, entry, ordinal)
    if walk.flaw:
        raise ArchiveProblem(Problem(ProblemCode.DAMAGED, walk.flaw))


class _Walk:
    """Goes from header to header.

    Attributes:
        flaw: the first thing that is broken.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = file_size(file)
        self._shared: dict[bytes, bytes] = {}
        self._own: dict[bytes, bytes] = {}
        self._long_name = b""
        self.flaw = ""

    def entries(self) -> Iterator[_Entry]:
        """The entries, with extended headers applied."""
        at = 0
        while at + _BLOCK <= self._end:
            block = self._read(at, _BLOCK)
            if not block.strip(b"\0"):
                # Two blocks of zeros end an archive; GNU tar and Python stop at the first as well.
                return
            header = _parse(block)
            if header is None:
                self._flaw(f"no header at {at}")
                at = self._next_header(at + _BLOCK)
                self._own, self._long_name = {}, b""
                continue
            start = at + _BLOCK
            if header.kind == _SPARSE and block[482]:
                start = self._after_sparse_map(start)
            size = _pax_int(self._own, b"size", header.size)
            at = start + -(-size // _BLOCK) * _BLOCK
            if header.kind in _EXTENSIONS:
                self._extend(header, start)
            elif header.kind in _IGNORED:
                self._own, self._long_name = {}, b""
            else:
                fields = self._shared | self._own
                name = fields.get(b"path") or self._long_name or header.name
                self._own, self._long_name = {}, b""
                yield _Entry(header, fields, name, start, size)
        if at > self._end:
            self._flaw(f"cut short: {at - self._end} bytes missing")
        else:
            self._flaw("cut short: no mark of the end")

    def _next_header(self, at: int) -> int:
        """Where the next block stands that could be a header; the end of the file if none does."""
        while at < self._end:
            chunk = self._read(at, CHUNK)
            hit = chunk.find(_MAGIC)
            while hit >= 0 and hit % _BLOCK != _MAGIC_AT:
                hit = chunk.find(_MAGIC, hit + 1)
            if hit >= 0:
                return at + hit - _MAGIC_AT
            at += CHUNK
        return self._end

    def _read(self, at: int, count: int) -> bytes:
        return read_at(self._file, at, count)

    def _flaw(self, words: str) -> None:
        self.flaw = self.flaw or words

    def _extend(self, header: _Header, start: int) -> None:
        """Take what an extended header says of the next entry, or of all that follow."""
        if header.size > _MAX_EXTENSION:
            self._flaw(f"an extended header of {header.size} bytes")
        body = self._read(start, min(header.size, _MAX_EXTENSION))
        if header.kind == _LONG_NAME:
            self._long_name = body.split(b"\0", 1)[0]
        elif header.kind == _PAX_GLOBAL:
            self._shared |= _pax(body)
        elif header.kind in _PAX:
            self._own = _pax(body)

    def _after_sparse_map(self, at: int) -> int:
        """Where the data begin, past the blocks that go on with the map of an old GNU sparse file."""
        while at + _BLOCK <= self._end:
            more = self._read(at + 504, 1) != b"\0"
            at += _BLOCK
            if not more:
                break
        return at


def _is_directory(entry: _Entry) -> bool:
    # Archives older than POSIX mark a directory by its name alone; one that has bytes is looked at.
    named = entry.header.kind in b"0\0" and entry.name.endswith(b"/") and not entry.size
    return entry.header.kind in _DIRECTORY or named


def _member(file: BinaryIO, entry: _Entry, ordinal: int) -> Member:
    step, times = member_step(entry.name, ordinal), _times(entry)
    kind = entry.header.kind
    if kind in _SPECIAL:
        return Member(step, 0, times, Problem(_SPECIAL[kind]))
    if kind == _SPARSE or _SPARSE_KEY in entry.fields:
        return Member(step, entry.size, times, Problem(ProblemCode.UNSUPPORTED, "a sparse file"))
    if kind not in _FILES:
        return Member(step, entry.size, times, Problem(ProblemCode.UNSUPPORTED, f"tar type {kind!r}"))
    opener = partial(Window, file, entry.start, entry.size)
    return Member(step, entry.size, times, None, cast(Callable[[], BinaryIO], opener))


def _parse(block: bytes) -> _Header | None:
    stated = _number(block[148:156])
    unsigned = sum(block) - sum(block[148:156]) + 256
    if stated != unsigned and stated != unsigned - 256 * sum(b > 127 for b in block[:148] + block[156:]):
        return None
    size, modified = _number(block[124:136]), _number(block[136:148])
    if size is None or size < 0:
        return None
    name = block[:100].split(b"\0", 1)[0]
    if block[257:263] == b"ustar\0":
        prefix = block[345:500].split(b"\0", 1)[0]
        name = prefix + b"/" + name if prefix else name
    kind = block[156:157]
    # Some writers state the size of what a link points to; no bytes follow.
    return _Header(name, kind, 0 if kind in _SPECIAL or kind in _DIRECTORY else size, modified or 0)


def _number(field: bytes) -> int | None:
    """An octal number, or GNU's base-256 form for large and negative ones."""
    if field[0] in (0x80, 0xFF):
        return int.from_bytes(field[1:], "big") - (256 ** (len(field) - 1) if field[0] == 0xFF else 0)
    digits = field.strip(b" \0").split(b"\0", 1)[0].strip()
    try:
        return int(digits, 8) if digits else 0
    except ValueError:
        return None


def _pax(body: bytes) -> dict[bytes, bytes]:
    """The records of use in an extended header, each ``length key=value``; to the first broken one."""
    records: dict[bytes, bytes] = {}
    at = 0
    while at < len(body):
        space = body.find(b" ", at, at + 20)
        digits = body[at:space] if space > 0 else b""
        length = int(digits) if digits.isdigit() else 0
        record = body[space + 1 : at + length]
        if length <= len(digits) + 2 or not record.endswith(b"\n") or b"=" not in record:
            break
        key, value = record[:-1].split(b"=", 1)
        if key in _KEYS:
            records[key] = value
        elif key.startswith(_SPARSE_KEY):
            records[_SPARSE_KEY] = b""
        at += length
    return records


def _pax_int(fields: dict[bytes, bytes], key: bytes, otherwise: int) -> int:
    value = fields.get(key, b"")
    return int(value) if value.isdigit() and len(value) < 20 else otherwise


def _times(entry: _Entry) -> tuple[Timestamp, ...]:
    times = []
    if b"mtime" not in entry.fields:
        seconds = entry.header.modified
        times.append(Timestamp("modified", str(seconds), "UTC", "archive", 1.0, storable(seconds * 10**9)))
    for kind, key in (("modified", b"mtime"), ("accessed", b"atime"), ("changed", b"ctime")):
        raw = entry.fields.get(key, b"").decode("ascii", "replace")[:40]
        if _DECIMAL.fullmatch(raw):
            precision = 1e-9 if "." in raw else 1.0
            utc = storable(int(Decimal(raw) * 10**9))
            times.append(Timestamp(kind, raw, "UTC", "archive", precision, utc))
    return tuple(times)


_DECIMAL = re.compile(r"-?[0-9]{1,19}(\.[0-9]{0,18})?")
