"""The coarsest coefficients of a JPEG's luma, read without decoding the rest: a first look at a file.

A JPEG keeps each 8 x 8 square of luma as cosine coefficients, coarsest first. A fingerprint that is linear
in the pixels is linear in these too, and the first six say nearly all that it can tell. So the Huffman code
is read just far enough to know where the next square begins: no transform, no colour, no pixels. What is
not needed is skipped several codes at a time, by a table of what the next bits hold.

Source: ITU-T T.81, annexes B (markers), C and F.2.2 (Huffman decoding), A.2 (order of squares).
Only the common kind is read: baseline or extended sequential, 8 bits, Huffman, luma in its first scan at
full resolution. Hostile bytes: call only in a sandboxed worker. What holds whatever they are: a table's index
is bounded by its shift, reading stops within a square of the data's end, and no more squares
are read than the picture has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import simplejpeg

from consilience.compiled import kernel
from consilience.media.structure.jpeg import (
    APP14,
    DQT,
    SOF_MARKERS,
    SOS,
    Frame,
    Segment,
    frame_of,
    segments,
)
from consilience.settings import Limits

DECODER: Final = "consilience jpeg-coefficients 1"

SQUARE: Final = 8
ORDER: Final = ((0, 0), (0, 1), (1, 0), (2, 0), (1, 1), (0, 2))
"""Vertical and horizontal frequency of the coefficients that are kept: the first six in zigzag order."""

_DHT, _DRI = 0xC4, 0xDD
_SEQUENTIAL: Final = (0xC0, 0xC1)
_AHEAD: Final = 12
"""Bits of the table that skips: small enough for the first-level cache."""
_PADDING: Final = 1024
"""Bytes after the data, more than a square can use up: reading past the end is noticed one square later."""
_MOST_BYTES: Final = 64 << 20
"""Files above this are left to the full decode."""
_RED_GREEN_BLUE: Final = (82, 71, 66)
"""Component names by which a file without other signs says that it holds no luma."""

_Bytes = npt.NDArray[np.uint8]
_Table = npt.NDArray[np.uint32]
_Number = int | np.int64
_Numbers = npt.NDArray[np.int64]


class Coefficients(msgspec.Struct, frozen=True, eq=False):
    """The coarsest coefficients of a picture's luma, as stored: Exif orientation is not applied.

    Attributes:
        planes: float32 (kept, rows, columns), dequantised, in the order of `ORDER`; a row and column for
            each square of 8 x 8 pixels, those at the right and lower edge filled up by whoever wrote them.
        height, width: of the picture in pixels.
    """

    planes: npt.NDArray[np.float32]
    height: int
    width: int


class _Component(NamedTuple):
    """A colour component as frame and scan header state it.

    Attributes:
        name: its number in the file.
        across, down: squares of it in a unit of an interleaved scan.
        quantiser: number of its table.
        codes: the Huffman codes of its constants and of its other coefficients, as the file has them.
    """

    name: int
    across: int
    down: int
    quantiser: int
    codes: tuple[bytes, bytes] = (b"", b"")


class _Scan(NamedTuple):
    """The scan that holds the luma.

    Attributes:
        height, width: of the picture.
        components: luma first; alone where the scan holds nothing else.
        quantiser: of luma's coefficients, in zigzag order.
        interval: units between restarts; 0 for none.
        start: offset of the scan's data.
    """

    height: int
    width: int
    components: list[_Component]
    quantiser: npt.NDArray[np.float32]
    interval: int
    start: int


def read_coefficients(data: bytes, limits: Limits, kept: int = len(ORDER)) -> Coefficients | None:
    """The coarsest coefficients of a JPEG's luma.

    Args:
        data: the whole file.
        limits: of pixels.
        kept: how many coefficients of each square; fewer are read faster.

    Returns:
        None where the file is of another kind, larger than the limits, or not sound to the end of the scan.
    """
    scan = _scan(segments(data))
    if scan is None or not 0 < scan.height * scan.width <= limits.pixels or len(data) > _MOST_BYTES:
        return None
    luma = scan.components[0]
    columns = -(-scan.width // (SQUARE * luma.across))
    rows = -(-scan.height // (SQUARE * luma.down))
    interval = scan.interval or rows * columns
    codes = sorted({code for component in scan.components for code in component.codes})
    tables = [table for table in map(_table, codes) if table is not None]
    if len(tables) != len(codes):
        return None
    body = np.frombuffer(data, np.uint8, offset=scan.start)
    plain = np.zeros(len(body) + _PADDING, np.uint8)
    ends = np.zeros(-(-rows * columns // interval), np.int64)
    planes = np.zeros((kept, rows * luma.down, columns * luma.across), np.float32)
    squares = [
        (int(component is luma), row, column, *(codes.index(code) for code in component.codes))
        for component in scan.components
        for row in range(component.down)
        for column in range(component.across)
    ]
    sound = _split(body, np.flatnonzero(body == 0xFF), plain, ends) and _read(
        plain,
        ends,
        interval,
        columns,
        (luma.down, luma.across),
        np.array(squares),
        np.concatenate(tables),
        planes,
    )
    if not sound:
        return None
    planes *= scan.quantiser[:kept, None, None]
    cut = planes[:, : -(-scan.height // SQUARE), : -(-scan.width // SQUARE)]
    return Coefficients(np.ascontiguousarray(cut), scan.height, scan.width)


def warm_up() -> None:
    """Compile the kernels, or load them from numba's cache."""
    read_coefficients(simplejpeg.encode_jpeg(np.zeros((SQUARE, SQUARE, 3), np.uint8)), Limits())


def _scan(found: Iterable[Segment]) -> _Scan | None:
    """The first scan, if it is of the kind that is read here."""
    frame: Frame | None = None
    components: list[_Component] = []
    quantisers: dict[int, npt.NDArray[np.float32]] = {}
    codes: dict[int, bytes] = {}
    interval = 0
    luma_and_chroma = True
    for segment in found:
        body = segment.payload
        if segment.marker in SOF_MARKERS:
            frame = frame_of(segment)
            if frame is None or segment.marker not in _SEQUENTIAL or frame.precision != 8:
                return None
            at = range(6, 6 + 3 * len(frame.sampling), 3)
            components = [
                _Component(body[n], *factors, body[n + 2])
                for n, factors in zip(at, frame.sampling, strict=True)
            ]
        elif segment.marker == DQT:
            quantisers |= dict(_quantisers(body))
        elif segment.marker == _DHT:
            codes |= dict(_codes(body))
        elif segment.marker == _DRI and len(body) >= 2:
            interval = int.from_bytes(body[:2], "big")
        elif segment.marker == APP14 and body.startswith(b"Adobe") and len(body) >= 12:
            luma_and_chroma = body[11] == 1
        elif segment.marker == SOS and frame is not None:
            named = _named(body, components, codes)
            if (
                not named
                or not (luma_and_chroma or len(components) == 1)
                or named[0].quantiser not in quantisers
            ):
                return None
            start = segment.start + len(body)
            return _Scan(frame.height, frame.width, named, quantisers[named[0].quantiser], interval, start)
    return None


def _named(body: bytes, components: list[_Component], codes: dict[int, bytes]) -> list[_Component]:
    """The components that a scan header names, luma first, with their codes; none if it is another scan."""
    count = body[0] if body else 0
    if len(components) not in (1, 3) or count not in (1, len(components)) or len(body) < 1 + 2 * count:
        return []
    if tuple(component.name for component in components) == _RED_GREEN_BLUE:
        return []
    named = []
    for component, name, choice in zip(components, body[1::2], body[2::2], strict=False):
        pair = codes.get(choice >> 4), codes.get(0x10 | (choice & 15))
        if name != component.name or None in pair:
            return []
        named.append(component._replace(codes=(pair[0] or b"", pair[1] or b"")))
        if len(named) == count:
            break
    luma = named[0]
    factors = [factor for component in components for factor in (component.across, component.down)]
    if min(factors) < 1 or max(factors) > 4:
        return []
    if luma.across < max(factors[0::2]) or luma.down < max(factors[1::2]):
        return []
    # A scan of one component goes square by square, whatever its factors.
    return named if count > 1 else [luma._replace(across=1, down=1)]


def _quantisers(body: bytes) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    at = 0
    while at < len(body):
        wide = body[at] >> 4 != 0
        values = body[at + 1 : at + 1 + 64 * (1 + wide)]
        if len(values) == 64 * (1 + wide):
            yield body[at] & 15, np.frombuffer(values, ">u2" if wide else np.uint8).astype(np.float32)
        at += 1 + 64 * (1 + wide)


def _codes(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Huffman codes by class (bit 4: set for other coefficients than the constant) and number."""
    at = 0
    while at + 17 <= len(body):
        size = 17 + sum(body[at + 1 : at + 17])
        yield body[at] & 31, body[at + 1 : at + size]
        at += size


def _table(code: bytes) -> _Table | None:
    """What the next 16 bits hold: length of the code, zeros before the value << 8, its bits << 16; or 0.

    Codes of a canonical Huffman code, padded to 16 bits, follow one another without a gap.
    """
    counts, symbols = np.frombuffer(code[:16], np.uint8), np.frombuffer(code[16:], np.uint8)
    lengths = np.repeat(np.arange(1, 17, dtype=np.uint32), counts)
    if len(symbols) != len(lengths) or int((1 << (16 - lengths)).sum()) > 1 << 16:
        return None
    entries = lengths | (symbols.astype(np.uint32) >> 4) << 8 | (symbols.astype(np.uint32) & 15) << 16
    table = np.zeros(1 << 16, dtype=np.uint32)
    filled = np.repeat(entries, 1 << (16 - lengths))
    table[: len(filled)] = filled
    return table


@kernel()
def _split(body: _Bytes, marks: _Numbers, plain: _Bytes, ends: _Numbers) -> bool:
    """Take the scan's data apart at its restarts, and out of them the zeros that follow 0xFF.

    Args:
        body: the file from the scan's data on.
        marks: where in it 0xFF stands.
        plain: takes the data, one part after the other.
        ends: takes where each part ends in it; its length is the number of parts that there should be.

    Returns:
        Whether there were as many.
    """
    filled = start = part = 0
    for mark in marks:
        if mark < start or mark + 1 == len(body):
            continue
        following = body[mark + 1]
        stuffed = following == 0
        stop = mark + 1 if stuffed else mark
        plain[filled : filled + stop - start] = body[start:stop]
        filled += stop - start
        start = mark + 2
        if not stuffed:
            ends[part] = filled
            part += 1
            if part == len(ends) or following < 0xD0 or following > 0xD7:
                break
    return part == len(ends)


_State = tuple[np.uint64, np.uint64, np.uint64]
"""The next bits, from the top; how many of them count; and the byte to go on from."""


@kernel()
def _refilled(plain: _Bytes, state: _State) -> _State:
    """At least 56 bits.

    Without a branch: what is loaded again is the same, and falls on itself. The eight loads become one.
    Source: F. Giesen, "Reading bits in far too many ways", part 2 (2018), variant 4.
    """
    bits, held, at = state
    loaded = np.uint64(0)
    for byte in range(8):
        loaded |= np.uint64(plain[at + np.uint64(byte)]) << np.uint64(56 - 8 * byte)
    return bits | loaded >> held, held | np.uint64(56), at + ((np.uint64(63) - held) >> np.uint64(3))


@kernel()
def _coefficient(
    plain: _Bytes, state: _State, tables: _Table, first: np.uint64
) -> tuple[_State, _Number, _Number, _Number]:
    """The next code and its value: zeros before it (-1 where there is no such code), its bits, the value.

    Args:
        plain: the data.
        state: where in it we are.
        tables: as `_read` has them.
        first: where in them the table begins.
    """
    bits, held, at = _refilled(plain, state)
    entry = tables[first + (bits >> np.uint64(48))]
    length, size = np.uint64(entry & 255), np.uint64(entry >> 16)
    bits <<= length
    magnitude = (bits >> np.uint64(1)) >> (np.uint64(63) - size)
    # T.81, F.2.2.1 (EXTEND), without a branch: where the first bit is 0 the value is negative.
    negative = np.uint64(1) - (bits >> np.uint64(63))
    value = np.int64(magnitude) - np.int64(negative * ((np.uint64(1) << size) - np.uint64(1)))
    zeros = np.int64((entry >> 8) & 255) if entry != 0 else np.int64(-1)
    return (bits << size, held - length - size, at), zeros, np.int64(size), value


@kernel()
def _skipped(
    plain: _Bytes, state: _State, k: _Number, tables: _Table, skips: _Table, number: np.uint64
) -> tuple[_State, _Number]:
    """The state after the square, whose coefficient k comes next; and 64, or another number if unsound."""
    first, first_skip = number << np.uint64(16), number << np.uint64(_AHEAD)
    while k < 64:
        bits, held, at = state = _refilled(plain, state)
        entry = skips[first_skip + (bits >> np.uint64(64 - _AHEAD))]
        reach, last = k + np.int64((entry >> 8) & 255), np.int64(entry >> 16)
        if entry != 0 and reach + last <= 64:
            taken = np.uint64(entry & 255)
            state = bits << taken, held - taken, at
            k = 64 if last else reach
        else:  # a code longer than the table knows, or one of another square behind the last of this
            state, zeros, size, _ = _coefficient(plain, state, tables, first)
            if zeros < 0:
                return state, 65
            k = 64 if size == 0 and zeros < 15 else k + zeros + 1
    return state, k


@kernel()
def _read(
    plain: _Bytes,
    ends: _Numbers,
    interval: int,
    columns: int,
    shape: tuple[int, int],
    squares: _Numbers,
    tables: _Table,
    planes: npt.NDArray[np.float32],
) -> bool:
    """Read the kept coefficients, not yet dequantised; whether all was sound.

    Args:
        plain, ends: as `_split` leaves them.
        interval: units between restarts.
        columns: units across.
        shape: luma's squares down and across in a unit.
        squares: for each square of a unit 1 if it is of luma, its row and column in the unit, and the
            numbers of the tables of its constant and of its other coefficients.
        tables: as `_table` gives them, one after the other.
        planes: zeros, (kept, rows, columns) of whole units.
    """
    down, across = shape
    kept = len(planes)
    units = columns * (planes.shape[1] // down)
    skips = _skipping(tables)
    begin = 0
    for part in range(len(ends)):
        end = ends[part]
        state = np.uint64(0), np.uint64(0), np.uint64(begin)
        constant: _Number = 0
        for unit in range(part * interval, min((part + 1) * interval, units)):
            top, left = unit // columns * down, unit % columns * across
            for square in range(len(squares)):
                if np.int64(state[2]) > end + 8:
                    return False
                luma = squares[square, 0] != 0
                y, x = top + squares[square, 1], left + squares[square, 2]
                constants, number = np.uint64(squares[square, 3]), np.uint64(squares[square, 4])
                state, zeros, _, value = _coefficient(plain, state, tables, constants << np.uint64(16))
                if zeros != 0:  # no such code: a constant has no zeros before it
                    return False
                k: _Number = 1
                if luma:
                    constant += value
                    planes[0, y, x] = constant
                    while k < kept:
                        state, zeros, size, value = _coefficient(
                            plain, state, tables, number << np.uint64(16)
                        )
                        if size == 0 and zeros < 15:
                            k = 65 if zeros < 0 else 64
                            break
                        k += zeros
                        if k < kept:
                            planes[k, y, x] = value
                        k += 1
                state, k = _skipped(plain, state, k, tables, skips, number)
                if k != 64:
                    return False
        if 8 * np.int64(state[2]) - np.int64(state[1]) > 8 * end:
            return False
        begin = end
    return True


@kernel()
def _skipping(tables: _Table) -> _Table:
    """What the next bits hold as a whole, as many codes as can be told from them.

    Returns:
        For each table, one after the other, and each value of the next `_AHEAD` bits: how many bits all
        these codes take with their values, at most 32; the coefficients that they stand for, << 8; and
        1 << 16 where the last of them ends the square. 0 where not one code is whole.
    """
    skips = np.zeros((len(tables) >> 16) << _AHEAD, np.uint32)
    for index in range(len(skips)):
        table = tables[(index >> _AHEAD) << 16 :]
        ahead = (index & ((1 << _AHEAD) - 1)) << (16 - _AHEAD)
        taken: _Number = 0
        reach: _Number = 0
        last = 0
        while taken < _AHEAD and last == 0:
            entry = np.int64(table[(ahead << taken) & 0xFFFF])
            length, zeros, size = entry & 255, (entry >> 8) & 255, entry >> 16
            if length == 0 or taken + length > _AHEAD or taken + length + size > 32:
                break
            taken += length + size
            if size == 0 and zeros < 15:
                last = 1
            else:
                reach += zeros + 1
        skips[index] = taken | reach << 8 | last << 16
    return skips
