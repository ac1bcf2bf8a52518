"""The header of a 7z archive: which streams there are, how they are coded, which files they hold.

Every count is held against the bytes that are there before anything is made of it. Source: the format's
description in the 7-Zip project's ``DOC/7zFormat.txt``.
"""

from __future__ import annotations

import codecs
import struct
from typing import NamedTuple

from consilience.evidence.archives_contract import ArchiveProblem
from consilience.model.problems import Problem, ProblemCode

SIGNATURE = b"7z\xbc\xaf\x27\x1c"
HEADER, ENCODED_HEADER = 0x01, 0x17
_END, _PACK, _UNPACK, _SUBSTREAMS, _FILES = 0x00, 0x06, 0x07, 0x08, 0x05
_SIZE, _CRC, _FOLDER, _CODER_SIZES, _NUMBERS = 0x09, 0x0A, 0x0B, 0x0C, 0x0D
_ARCHIVE_PROPERTIES, _ADDITIONAL, _MAIN = 0x02, 0x03, 0x04
_EMPTY_STREAM, _EMPTY_FILE, _ANTI, _NAMES = 0x0E, 0x0F, 0x10, 0x11
_CREATED, _ACCESSED, _MODIFIED, _ATTRIBUTES = 0x12, 0x13, 0x14, 0x15
_MAX_CODERS = 8

# Python loads a codec at its first use, which in the sandbox would be too late.
codecs.lookup("utf-16-le")


class Coder(NamedTuple):
    """One step of a folder's coding: method, properties, and bytes that it gives."""

    method: bytes
    properties: bytes
    size: int


class Folder(NamedTuple):
    """One coded stream.

    Attributes:
        coders: in the order of decoding; empty where the folder is more than a chain.
        methods: of all coders, for the reason why it cannot be read.
        packed: indices of its packed streams.
        size: bytes that it gives.
        crc: of those bytes, if stated.
    """

    coders: tuple[Coder, ...]
    methods: tuple[bytes, ...]
    packed: tuple[int, ...]
    size: int
    crc: int | None


class Streams(NamedTuple):
    """The coded streams and the files' shares in them.

    Attributes:
        offsets, sizes: of the packed streams in the file.
        folders: coded streams.
        shares: for each folder, size and CRC of each file in it.
    """

    offsets: list[int]
    sizes: list[int]
    folders: list[Folder]
    shares: list[list[tuple[int, int | None]]]


class Files(NamedTuple):
    """What the archive says of its files; every list has one item a file."""

    names: list[bytes]
    has_stream: list[bool]
    is_directory: list[bool]
    is_anti: list[bool]
    modified: list[int | None]
    accessed: list[int | None]
    created: list[int | None]
    attributes: list[int | None]


NO_STREAMS = Streams([], [], [], [])
NO_FILES = Files([], [], [], [], [], [], [], [])


def broken(detail: str) -> ArchiveProblem:
    """The archive is damaged."""
    return ArchiveProblem(Problem(ProblemCode.DAMAGED, detail))


class Cursor:
    """Reads a header; running out of bytes is a broken archive."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count > self.left:
            raise broken("the header is cut short")
        self._at += count
        return self._data[self._at - count : self._at]

    def byte(self) -> int:
        """The next byte."""
        return self.take(1)[0]

    def number(self) -> int:
        """A number whose first byte says by its leading ones how many bytes follow."""
        first = self.byte()
        mask, value = 0x80, 0
        for at in range(8):
            if not first & mask:
                return value + ((first & (mask - 1)) << (8 * at))
            value |= self.byte() << (8 * at)
            mask >>= 1
        return value

    def count(self, smallest: int = 1) -> int:
        """A number of items of which each takes so many bytes at least."""
        count = self.number()
        if count * smallest > self.left:
            raise broken(f"the header states {count} items and has {self.left} bytes")
        return count

    def bits(self, count: int) -> list[bool]:
        """A vector of bits, most significant first."""
        packed = self.take((count + 7) // 8)
        return [bool(packed[at >> 3] & 0x80 >> (at & 7)) for at in range(count)]

    def defined(self, count: int) -> list[bool]:
        """A vector of bits that is left out where all are set."""
        return [True] * count if self.byte() else self.bits(count)

    def expect(self, kind: int) -> None:
        """A byte that has to be there."""
        if (found := self.byte()) != kind:
            raise broken(f"the header has 0x{found:02x} where 0x{kind:02x} belongs")


def read_header(data: bytes, members: int) -> tuple[Streams, Files]:
    """The streams and files of a plain header (after its first byte).

    Args:
        data: the header's bytes.
        members: files that it may list.

    Raises:
        ArchiveProblem: the header is broken, or lists too many files.
    """
    cursor = Cursor(data)
    streams = NO_STREAMS
    kind = cursor.byte()
    if kind == _ARCHIVE_PROPERTIES:
        while cursor.byte():
            cursor.take(cursor.count())
        kind = cursor.byte()
    if kind == _ADDITIONAL:
        read_streams(cursor, 0)
        kind = cursor.byte()
    if kind == _MAIN:
        streams = read_streams(cursor, 32)
        kind = cursor.byte()
    return streams, _files(cursor, members) if kind == _FILES else NO_FILES


def read_streams(cursor: Cursor, base: int) -> Streams:
    """The description of coded streams.

    Args:
        cursor: at its beginning.
        base: offset in the file from which packed streams are counted.
    """
    offsets: list[int] = []
    sizes: list[int] = []
    folders: list[Folder] = []
    shares: list[list[tuple[int, int | None]]] | None = None
    while kind := cursor.byte():
        if kind == _PACK:
            offsets, sizes = _packed(cursor, base)
        elif kind == _UNPACK:
            folders = _folders(cursor)
        elif kind == _SUBSTREAMS:
            shares = _shares(cursor, folders)
        else:
            raise broken(f"the header has an unknown part 0x{kind:02x}")
    if shares is None:
        shares = [[(folder.size, folder.crc)] for folder in folders]
    if sum(len(folder.packed) for folder in folders) > len(sizes):
        raise broken("the header states fewer packed streams than its folders need")
    return Streams(offsets, sizes, folders, shares)


def _packed(cursor: Cursor, base: int) -> tuple[list[int], list[int]]:
    offset, count = base + cursor.number(), cursor.count()
    sizes = [0] * count
    while kind := cursor.byte():
        if kind == _SIZE:
            sizes = [cursor.number() for _ in range(count)]
        elif kind == _CRC:
            _digests(cursor, count)
        else:
            raise broken(f"the header has an unknown part 0x{kind:02x}")
    offsets = []
    for size in sizes:
        offsets.append(offset)
        offset += size
    return offsets, sizes


def _digests(cursor: Cursor, count: int) -> list[int | None]:
    return [struct.unpack("<I", cursor.take(4))[0] if defined else None for defined in cursor.defined(count)]


class _Layout(NamedTuple):
    """A folder before its sizes are known."""

    coders: list[tuple[bytes, bytes]]
    order: tuple[int, ...]
    outputs: int
    final: int
    packed: int


def _folders(cursor: Cursor) -> list[Folder]:
    cursor.expect(_FOLDER)
    count = cursor.count(2)
    if cursor.byte():
        raise broken("the header lies in an external stream")
    layouts = [_layout(cursor) for _ in range(count)]
    cursor.expect(_CODER_SIZES)
    sizes = [[cursor.number() for _ in range(layout.outputs)] for layout in layouts]
    crcs: list[int | None] = [None] * count
    while kind := cursor.byte():
        if kind != _CRC:
            raise broken(f"the header has an unknown part 0x{kind:02x}")
        crcs = _digests(cursor, count)
    folders, first = [], 0
    for layout, outs, crc in zip(layouts, sizes, crcs, strict=True):
        coders = tuple(Coder(*layout.coders[at], outs[at]) for at in layout.order)
        packed = tuple(range(first, first + layout.packed))
        methods = tuple(method for method, _ in layout.coders)
        folders.append(Folder(coders, methods, packed, outs[layout.final], crc))
        first += layout.packed
    return folders


def _layout(cursor: Cursor) -> _Layout:
    count = cursor.number()
    if not 1 <= count <= _MAX_CODERS:
        raise broken(f"a folder of {count} coders")
    coders, inputs, outputs = [], 0, 0
    for _ in range(count):
        flags = cursor.byte()
        method = cursor.take(flags & 15)
        ins, outs = (cursor.number(), cursor.number()) if flags & 0x10 else (1, 1)
        if ins > _MAX_CODERS or outs > _MAX_CODERS:
            raise broken("a coder of too many streams")
        properties = cursor.take(cursor.count()) if flags & 0x20 else b""
        coders.append((method, properties))
        inputs, outputs = inputs + ins, outputs + outs
    bonds: dict[int, int] = {}
    for _ in range(outputs - 1):
        fed = cursor.number()
        bonds[cursor.number()] = fed
    packed = inputs - (outputs - 1)
    if packed < 1:
        raise broken("a folder without a packed stream")
    if packed > 1:
        # Which input each packed stream feeds: of no use, as only chains with one are read.
        for _ in range(packed):
            cursor.number()
    finals = [at for at in range(outputs) if at not in bonds]
    if len(finals) != 1:
        raise broken("a folder whose coders are not tied together")
    simple = inputs == outputs == count
    return _Layout(coders, _chain(bonds, count) if simple else (), outputs, finals[0], packed)


def _chain(bonds: dict[int, int], count: int) -> tuple[int, ...]:
    """Coders in the order of decoding, from the one that nothing feeds; ``bonds`` has output to input."""
    fed = set(bonds.values())
    starts = [at for at in range(count) if at not in fed]
    if len(starts) != 1:
        raise broken("a folder whose coders are not tied together")
    order = [starts[0]]
    while order[-1] in bonds:
        order.append(bonds[order[-1]])
        if len(order) > count or order[-1] >= count:
            raise broken("a folder whose coders go in a circle")
    return tuple(order)


def _shares(cursor: Cursor, folders: list[Folder]) -> list[list[tuple[int, int | None]]]:
    kind = cursor.byte()
    counts = [1] * len(folders)
    if kind == _NUMBERS:
        counts = [cursor.number() for _ in folders]
        kind = cursor.byte()
    # All sizes of a folder but the last are written, so there cannot be many more than there are bytes.
    if sum(counts) > cursor.left + 8 * len(folders) + 8:
        raise broken(f"the header states {sum(counts)} files and has {cursor.left} bytes")
    sizes = []
    for folder, count in zip(folders, counts, strict=True):
        written = [cursor.number() for _ in range(count - 1)] if kind == _SIZE else []
        if kind != _SIZE and count > 1:
            raise broken("the header states no sizes")
        last = [folder.size - sum(written)] if count else []
        if last and last[0] < 0:
            raise broken("files larger than the stream that holds them")
        sizes.append(written + last)
    if kind == _SIZE:
        kind = cursor.byte()
    # A folder of one file with its own checksum states it once.
    known = [folder.crc if count == 1 else None for folder, count in zip(folders, counts, strict=True)]
    missing = sum(count for count, crc in zip(counts, known, strict=True) if crc is None)
    crcs: list[int | None] = [None] * missing
    while kind != _END:
        if kind != _CRC:
            raise broken(f"the header has an unknown part 0x{kind:02x}")
        crcs = _digests(cursor, missing)
        kind = cursor.byte()
    given = iter(crcs)
    return [
        [(size, crc if crc is not None else next(given)) for size in written]
        for written, crc in zip(sizes, known, strict=True)
    ]


def _files(cursor: Cursor, members: int) -> Files:
    count = cursor.number()
    if count > members:
        raise ArchiveProblem(Problem(ProblemCode.LIMIT_MEMBERS, f"{count} entries"))
    if count > 8 * cursor.left:
        raise broken(f"the header states {count} files and has {cursor.left} bytes")
    names: list[bytes] = [b""] * count
    empty, empty_file, anti = [False] * count, [False] * count, [False] * count
    times: dict[int, list[int | None]] = {}
    attributes: list[int | None] = [None] * count
    while kind := cursor.byte():
        part = Cursor(cursor.take(cursor.count()))
        if kind == _EMPTY_STREAM:
            empty = part.bits(count)
        elif kind in (_EMPTY_FILE, _ANTI):
            spread = _spread(part.bits(sum(empty)), empty)
            empty_file, anti = (spread, anti) if kind == _EMPTY_FILE else (empty_file, spread)
        elif kind == _NAMES:
            names = _names(part, count)
        elif kind in (_CREATED, _ACCESSED, _MODIFIED):
            times[kind] = _values(part, count, "<Q")
        elif kind == _ATTRIBUTES:
            attributes = _values(part, count, "<I")
    nothing: list[int | None] = [None] * count
    return Files(
        names,
        [not flag for flag in empty],
        [flag and not file for flag, file in zip(empty, empty_file, strict=True)],
        anti,
        times.get(_MODIFIED, nothing),
        times.get(_ACCESSED, nothing),
        times.get(_CREATED, nothing),
        attributes,
    )


def _spread(flags: list[bool], where: list[bool]) -> list[bool]:
    given = iter(flags)
    return [next(given) if here else False for here in where]


def _names(part: Cursor, count: int) -> list[bytes]:
    """Names as UTF-8; stored are 16-bit units, of which unpaired surrogates are kept."""
    if part.byte():
        raise broken("the names lie in an external stream")
    text = part.take(part.left & ~1).decode("utf-16-le", "surrogatepass")
    names = text.split("\0")
    if len(names) <= count:
        raise broken(f"{len(names) - 1} names for {count} files")
    return [name.encode("utf-8", "surrogatepass") for name in names[:count]]


def _values(part: Cursor, count: int, form: str) -> list[int | None]:
    defined = part.defined(count)
    if part.byte():
        raise broken("values lie in an external stream")
    size = struct.calcsize(form)
    return [struct.unpack(form, part.take(size))[0] if flag else None for flag in defined]
