"""The tags of an Exif block or a TIFF file, read from hostile bytes.

Only the directories that clues need are read, each at most once, so that no chain of offsets can make a
circle; every value is bounded. Sources: TIFF 6.0; CIPA DC-008 (Exif 3.0).
"""

from __future__ import annotations

import struct
from typing import NamedTuple

MAX_ENTRIES = 512
"""Entries of one directory that are read; cameras write fewer than a hundred."""
MAX_VALUE = 64 * 1024
"""Bytes of one value that are read."""
MAX_PAGES = 10_000
"""Directories of one file that `page_count` counts."""

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 129: 1}
_NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q"}
_EXIF_POINTER, _GPS_POINTER = 0x8769, 0x8825


class Value(NamedTuple):
    """One entry's value as it stands in the file.

    Attributes:
        kind: field type of TIFF 6.0.
        raw: its bytes, at most `MAX_VALUE`.
        stated: bytes that the entry states; more than ``len(raw)`` where the value was cut.
        order: ``<`` or ``>``.
    """

    kind: int
    raw: bytes
    stated: int
    order: str

    def numbers(self) -> tuple[int, ...]:
        """Its integers; none for other types."""
        code = _NUMBERS.get(self.kind)
        if code is None:
            return ()
        count = len(self.raw) // _SIZES[self.kind]
        return struct.unpack_from(f"{self.order}{count}{code}", self.raw)

    def rationals(self) -> tuple[tuple[int, int], ...]:
        """Its fractions as numerator and denominator; none for other types."""
        if self.kind not in (5, 10):
            return ()
        count = len(self.raw) // 8
        flat = struct.unpack_from(f"{self.order}{2 * count}{'I' if self.kind == 5 else 'i'}", self.raw)
        return tuple(zip(flat[::2], flat[1::2], strict=True))


class Exif(NamedTuple):
    """The directories of one block, tag to value; empty where there is none.

    Attributes:
        main: the first directory.
        exif: the camera's own.
        gps: the position.
        thumbnail: the second directory, which describes the embedded thumbnail.
        flaws: what could not be read, in one line each.
    """

    main: dict[int, Value]
    exif: dict[int, Value]
    gps: dict[int, Value]
    thumbnail: dict[int, Value]
    flaws: tuple[str, ...] = ()

    @property
    def orientation_stated(self) -> int:
        """1-8; 0 where nothing sensible is stated."""
        value = self.main.get(0x0112)
        numbers = value.numbers() if value else ()
        return numbers[0] if numbers and 1 <= numbers[0] <= 8 else 0

    @property
    def orientation(self) -> int:
        """1-8; 1 where nothing sensible is stated."""
        return self.orientation_stated or 1


NO_EXIF = Exif({}, {}, {}, {})


class _Block(NamedTuple):
    """Bytes with a TIFF header, and how they are to be read."""

    data: bytes
    order: str
    big: bool

    def unpack(self, form: str, at: int) -> tuple[int, ...]:
        """Numbers at an offset."""
        return struct.unpack_from(self.order + form, self.data, at)

    @property
    def offset(self) -> str:
        """The form of an offset."""
        return "Q" if self.big else "I"


def read_exif(block: bytes) -> Exif:
    """The tags of an Exif block, with or without its ``Exif\\0\\0`` prefix, or of a whole TIFF file.

    No bytes make it raise: what cannot be read is left out and named in `Exif.flaws`.
    """
    block = block[6:] if block[:6] in (b"Exif\0\0", b"Exif\0\xff") else block
    reader = _open(block)
    if reader is None:
        return NO_EXIF._replace(flaws=("not a TIFF header",)) if block else NO_EXIF
    flaws: list[str] = []
    (start,) = reader.unpack(reader.offset, 8 if reader.big else 4)
    main, following = _directory(reader, start, flaws)
    exif, gps, thumbnail = (
        _directory(reader, offset, flaws)[0] if offset and offset != start else {}
        for offset in (_offset(main, _EXIF_POINTER), _offset(main, _GPS_POINTER), following)
    )
    return Exif(main, exif, gps, thumbnail, tuple(flaws))


def embedded_jpeg(block: bytes, directory: dict[int, Value]) -> bytes:
    """The bytes of the JPEG thumbnail that a directory points to, or none."""
    block = block[6:] if block[:6] in (b"Exif\0\0", b"Exif\0\xff") else block
    offset, length = _offset(directory, 0x0201), _offset(directory, 0x0202)
    thumbnail = block[offset : offset + length] if offset else b""
    return thumbnail if thumbnail.startswith(b"\xff\xd8") else b""


def page_count(data: bytes) -> int:
    """Directories of the main chain of a TIFF file, at most `MAX_PAGES`; 0 if it is none."""
    block = _open(data)
    if block is None:
        return 0
    count_form, entry_size = ("Q", 20) if block.big else ("H", 12)
    (at,) = block.unpack(block.offset, 8 if block.big else 4)
    seen: set[int] = set()
    while 8 <= at <= len(data) - struct.calcsize(count_form) and at not in seen and len(seen) < MAX_PAGES:
        seen.add(at)
        (count,) = block.unpack(count_form, at)
        following = at + struct.calcsize(count_form) + entry_size * count
        if following > len(data) - struct.calcsize(block.offset):
            break
        (at,) = block.unpack(block.offset, following)
    return len(seen)


def _open(data: bytes) -> _Block | None:
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 16:
        return None
    return _Block(data, order, data[2:4] in (b"+\0", b"\0+"))


def _offset(directory: dict[int, Value], tag: int) -> int:
    numbers = directory[tag].numbers() if tag in directory else ()
    return numbers[0] if len(numbers) == 1 and numbers[0] > 0 else 0


def _directory(block: _Block, start: int, flaws: list[str]) -> tuple[dict[int, Value], int]:
    """The entries of one directory, and the offset of the next, 0 if none."""
    count_form, entry_form, entry_size, inside = ("Q", "HHQ", 20, 8) if block.big else ("H", "HHI", 12, 4)
    data, first = block.data, start + struct.calcsize(count_form)
    if start < 8 or first > len(data):
        flaws.append(f"directory at {start} lies outside")
        return {}, 0
    (count,) = block.unpack(count_form, start)
    entries: dict[int, Value] = {}
    for at in range(first, first + entry_size * min(count, MAX_ENTRIES), entry_size):
        if at + entry_size > len(data):
            flaws.append(f"directory at {start} is cut short")
            return entries, 0
        tag, kind, items = block.unpack(entry_form, at)
        size = _SIZES.get(kind, 0) * items
        offset = at + entry_size - inside
        if size > inside:
            (offset,) = block.unpack(block.offset, offset)
        raw = data[offset : offset + min(size, MAX_VALUE)]
        if len(raw) < min(size, MAX_VALUE):
            flaws.append(f"value of tag 0x{tag:04x} lies outside")
        # The first of two equal tags counts, as most readers have it.
        entries.setdefault(tag, Value(kind, raw, size, block.order))
    if count > MAX_ENTRIES:
        flaws.append(f"directory at {start} states {count} entries")
        return entries, 0
    end = first + entry_size * count
    has_next = end + struct.calcsize(block.offset) <= len(data)
    return entries, block.unpack(block.offset, end)[0] if has_next else 0
