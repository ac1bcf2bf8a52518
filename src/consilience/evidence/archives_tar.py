"""Tar archives, read header by header. Sources: POSIX.1-2017 (``pax``), the GNU tar manual.

A header of a long name, or of extended attributes, is read only up to a bound. Where a header is broken, the
reader looks for the next sound one, and the loss is raised at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import BinaryIO, NamedTuple, cast

from consilience.evidence.archives_contract import ArchiveProblem, Member, Window, file_size, member_step
from consilience.model.problems import Problem, ProblemCode
from consilience.model.times import Timestamp
from consilience.settings import Limits

_BLOCK = 512
_MAX_EXTENSION = 1 << 20
_FILES = b"0\x007"
_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL, _DIRECTORY, _SPARSE = b"L", b"K", b"xX", b"g", b"5D", b"S"
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


def tar_members(file: BinaryIO, limits: Limits, start: int) -> Iterator[Member]:
    """The files of a tar archive in their order.

    Raises:
        ArchiveProblem: the archive is cut short or a header is broken; after the members that can be read.
    """
    end = file_size(file)
    at, ordinal, broken = 0, 0, ""
    name: bytes | None = None
    shared: dict[bytes, bytes] = {}
    own: dict[bytes, bytes] = {}
    while at + _BLOCK <= end:
        file.seek(at)
        block = file.read(_BLOCK)
        if not block.strip(b"\0"):
            # Two blocks of zeros end an archive; GNU tar and Python stop at the first as well.
            break
        header = _parse(block)
        if header is None:
            broken = broken or f"no header at {at}"
            at += _BLOCK
            name, own = None, {}
            continue
        data = at + _BLOCK
        size = _pax_int(own, b"size", header.size)
        at = data + -(-size // _BLOCK) * _BLOCK
        if header.kind in _LONG_NAME + _LONG_LINK + _PAX + _PAX_GLOBAL:
            file.seek(data)
            body = file.read(min(header.size, _MAX_EXTENSION))
            if header.size > _MAX_EXTENSION:
                broken = broken or f"an extended header of {header.size} bytes"
            if header.kind == _LONG_NAME:
                name = body.split(b"\0", 1)[0]
            elif header.kind == _PAX_GLOBAL:
                shared |= _pax(body)
            elif header.kind in _PAX:
                own = _pax(body)
            continue
        fields, own, long_name, name = shared | own, {}, name, None
        if header.kind in _DIRECTORY or header.kind in _IGNORED:
            ordinal += 1
            continue
        if ordinal >= limits.members:
            raise ArchiveProblem(Problem(ProblemCode.LIMIT_MEMBERS, f"more than {limits.members} entries"))
        stored = fields.get(b"path") or long_name or header.name
        if header.kind in b"0\0" and stored.endswith(b"/"):
            ordinal += 1  # the directories of archives older than POSIX
            continue
        if ordinal >= start:
            yield _member(file, header, fields, stored, ordinal, data, size)
        ordinal += 1
    if at > end:
        raise ArchiveProblem(Problem(ProblemCode.DAMAGED, f"cut short: {at - end} bytes missing"))
    if broken:
        raise ArchiveProblem(Problem(ProblemCode.DAMAGED, broken))


def _member(
    file: BinaryIO,
    header: _Header,
    fields: dict[bytes, bytes],
    name: bytes,
    ordinal: int,
    data: int,
    size: int,
) -> Member:
    step = member_step(name, ordinal)
    times = _times(header, fields)
    code = _SPECIAL.get(header.kind)
    if code is None and (header.kind == _SPARSE or any(key.startswith(b"GNU.sparse") for key in fields)):
        return Member(step, size, times, Problem(ProblemCode.UNSUPPORTED, "a sparse file"))
    if code is None and header.kind not in _FILES:
        return Member(step, size, times, Problem(ProblemCode.UNSUPPORTED, f"tar type {header.kind!r}"))
    if code is not None:
        return Member(step, 0, times, Problem(code))
    return Member(step, size, times, None, lambda: cast(BinaryIO, Window(file, data, size)))


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
    """The records of an extended header, each ``length key=value``; to the first broken one."""
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
        records[key] = value
        at += length
    return records


def _pax_int(fields: dict[bytes, bytes], key: bytes, otherwise: int) -> int:
    value = fields.get(key, b"")
    return int(value) if value.isdigit() and len(value) < 20 else otherwise


def _times(header: _Header, fields: dict[bytes, bytes]) -> tuple[Timestamp, ...]:
    times = []
    for kind, key in (("modified", b"mtime"), ("accessed", b"atime"), ("changed", b"ctime")):
        raw = fields.get(key, b"").decode("ascii", "replace")[:40]
        try:
            exact = Decimal(raw)
            utc = int(exact * 10**9)
        except (InvalidOperation, ValueError, OverflowError):
            continue
        times.append(Timestamp(kind, raw, "UTC", "archive", 1e-9 if "." in raw else 1.0, utc))
    if b"mtime" not in fields:
        times.insert(
            0, Timestamp("modified", str(header.modified), "UTC", "archive", 1.0, header.modified * 10**9)
        )
    return tuple(times)
