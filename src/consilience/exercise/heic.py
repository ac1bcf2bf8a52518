"""HEIC pictures without an HEVC encoder: each block as plain samples (I_PCM), which any decoder reads.

Encoders that come as wheels are GPL; this writes the smallest bitstream that is right. Sources: ITU-T H.265
(7.3 syntax, 9.3 CABAC, table 9-52 for the ranges), ISO/IEC 23008-12 (HEIF), ISO/IEC 14496-15 (hvcC).
"""

from __future__ import annotations

import re
import struct
from functools import lru_cache

import numpy as np
from PIL import Image

_BLOCK = 32
_PROFILE = bytes([0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 153])
"""profile_tier_level: Main, progressive frames, level 5.1."""

# Table 9-52, last column: LPS ranges where the range is 448 or more, as it is right after initialisation.
_LPS = (
    240, 227, 216, 205, 195, 185, 175, 166, 158, 150, 142, 135, 128, 122, 116, 110, 104, 99, 94, 89, 85,
    80, 76, 72, 69, 65, 62, 59, 56, 53, 50, 48, 45, 43, 41, 39, 37, 35, 33, 31, 30, 28, 27, 25, 24, 23,
    22, 21, 20, 19, 18, 17, 16, 15, 14, 14, 13, 12, 12, 11, 11, 10, 9,
)  # fmt: skip


def heic(image: Image.Image) -> bytes:
    """The picture as a HEIC file: 4:2:0, 8 bits, otherwise without loss; odd sides lose a line.

    Raises:
        ValueError: the picture is smaller than 2 pixels each way.
    """
    width, height = image.width // 2 * 2, image.height // 2 * 2
    if not width or not height:
        raise ValueError(f"too small for 4:2:0: {image.width} x {image.height}")
    stream = _slice(image.crop((0, 0, width, height)))
    return _container(width, height, _parameter_sets(width, height), struct.pack(">I", len(stream)) + stream)


class _Bits:
    """Bits, most significant first."""

    def __init__(self) -> None:
        self._text: list[str] = []

    def fixed(self, value: int, count: int) -> None:
        self._text.append(f"{value:0{count}b}" if count else "")

    def golomb(self, *values: int) -> None:
        """Unsigned Exp-Golomb codes; a signed 0 is written alike."""
        for value in values:
            code = f"{value + 1:b}"
            self._text.append("0" * (len(code) - 1) + code)

    def raw(self, data: bytes) -> None:
        self._text.append("".join(f"{byte:08b}" for byte in data))

    def ended(self) -> bytes:
        """The bytes, closed by a one and zeros."""
        text = "".join(self._text) + "1"
        text += "0" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8, "big")


def _unit(kind: int, payload: bytes) -> bytes:
    """A NAL unit; three bytes that would look like a start code are kept apart."""
    return struct.pack(">H", kind << 9 | 1) + re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\x00\x00\x03", payload)


def _parameter_sets(width: int, height: int) -> tuple[bytes, bytes, bytes]:
    across, down = -(-width // _BLOCK) * _BLOCK, -(-height // _BLOCK) * _BLOCK
    video = _Bits()
    video.fixed(0b0000_11_000000_000_1, 16)
    video.fixed(0xFFFF, 16)
    video.raw(_PROFILE)
    video.fixed(1, 1)
    video.golomb(0, 0, 0)
    video.fixed(0, 6)
    video.golomb(0)
    video.fixed(0, 2)
    sequence = _Bits()
    sequence.fixed(0b0000_000_1, 8)
    sequence.raw(_PROFILE)
    sequence.golomb(0, 1, across, down)
    sequence.fixed(1, 1)
    sequence.golomb(0, (across - width) // 2, 0, (down - height) // 2)
    sequence.golomb(0, 0, 0)
    sequence.fixed(1, 1)
    sequence.golomb(0, 0, 0)
    sequence.golomb(2, 0, 0, 3, 0, 0)  # coding blocks of 32 only; transforms of 4 to 32
    sequence.fixed(0b000_1, 4)  # no scaling lists, AMP, SAO; PCM
    sequence.fixed(0x77, 8)
    sequence.golomb(2, 0)
    sequence.fixed(1, 1)
    sequence.golomb(0)
    sequence.fixed(0, 5)
    picture = _Bits()
    picture.golomb(0, 0)
    picture.fixed(0, 7)
    picture.golomb(0, 0, 0)
    picture.fixed(0, 3)
    picture.golomb(0, 0)
    picture.fixed(0, 7)
    picture.fixed(0b1_0_1, 3)  # no deblocking
    picture.fixed(0, 2)
    picture.golomb(0)
    picture.fixed(0, 2)
    return _unit(32, video.ended()), _unit(33, sequence.ended()), _unit(34, picture.ended())


def _slice(image: Image.Image) -> bytes:
    header = _Bits()
    header.fixed(0b10, 2)
    header.golomb(0, 2, 0)
    luma, blue, red = (np.asarray(plane, np.float32) for plane in image.convert("YCbCr").split())
    planes = [
        _blocks(luma, _BLOCK),
        *(
            _blocks(plane.reshape(plane.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3)), _BLOCK // 2)
            for plane in (blue, red)
        ),
    ]
    blocks = np.concatenate(planes, axis=1)
    parts = [header.ended()]
    state = 0
    for number in range(len(blocks)):
        parts += (_announced(number > 0, state), blocks[number].tobytes())
        state = min(62, state + 1)
    parts.append(_ended())
    return _unit(20, b"".join(parts))


def _blocks(
    plane: np.ndarray[tuple[int, ...], np.dtype[np.float32]], side: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The plane's blocks in raster order, (n, side²), its edges repeated to whole blocks."""
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % side), (0, -width % side)), mode="edge")
    rows, columns = padded.shape[0] // side, padded.shape[1] // side
    split = padded.reshape(rows, side, columns, side).transpose(0, 2, 1, 3)
    return np.round(split).astype(np.uint8).reshape(rows * columns, side * side)


class _Coder:
    """CABAC's encoder (9.3.5), as long as it needs only these three bins after each start."""

    def __init__(self) -> None:
        self._low, self._range, self._first, self._outstanding = 0, 510, True, 0
        self._bits: list[int] = []

    def likely(self, least: int) -> None:
        """A bin that has its more probable value, where the other one's range is `least`."""
        self._range -= least
        self._renew()

    def last(self, ends: bool) -> None:
        """A bin that says whether the coded part ends here."""
        self._range -= 2
        if ends:
            self._low += self._range
            self._range = 2
        self._renew()

    def _renew(self) -> None:
        while self._range < 256:
            if self._low < 256:
                self._put(0)
            elif self._low >= 512:
                self._low -= 512
                self._put(1)
            else:
                self._low -= 256
                self._outstanding += 1
            self._range <<= 1
            self._low <<= 1

    def _put(self, bit: int) -> None:
        if self._first:
            self._first = False
        else:
            self._bits.append(bit)
        self._bits += [1 - bit] * self._outstanding
        self._outstanding = 0

    def flushed(self) -> bytes:
        """All bits, closed by a one and zeros."""
        self._put(self._low >> 9 & 1)
        bits = [*self._bits, self._low >> 8 & 1, 1]
        bits += [0] * (-len(bits) % 8)
        return int("".join(map(str, bits)), 2).to_bytes(len(bits) // 8, "big")


@lru_cache
def _announced(follows: bool, state: int) -> bytes:
    """What stands before a block's samples: not the end, one part, plain samples."""
    coder = _Coder()
    if follows:
        coder.last(False)
    coder.likely(_LPS[state])
    coder.last(True)
    return coder.flushed()


def _ended() -> bytes:
    coder = _Coder()
    coder.last(True)
    return coder.flushed()


def _box(kind: bytes, *parts: bytes, full: int | None = None) -> bytes:
    body = (b"" if full is None else struct.pack(">I", full)) + b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def _container(width: int, height: int, sets: tuple[bytes, bytes, bytes], data: bytes) -> bytes:
    arrays = b"".join(struct.pack(">BHH", 0x80 | 32 + k, 1, len(one)) + one for k, one in enumerate(sets))
    configuration = b"\x01" + _PROFILE + bytes([0xF0, 0, 0xFC, 0xFD, 0xF8, 0xF8, 0, 0, 0x0F, 3]) + arrays
    properties = _box(
        b"ipco",
        _box(b"hvcC", configuration),
        _box(b"ispe", struct.pack(">II", width, height), full=0),
        _box(b"pixi", bytes([3, 8, 8, 8]), full=0),
        _box(b"colr", b"nclx" + struct.pack(">HHHB", 1, 13, 6, 0x80)),
    )
    assigned = _box(b"ipma", struct.pack(">IHB", 1, 1, 4), bytes([0x81, 2, 3, 4]), full=0)
    start = _box(b"ftyp", b"heic", struct.pack(">I", 0), b"mif1heic")

    def described(at: int) -> bytes:
        return _box(
            b"meta",
            _box(b"hdlr", struct.pack(">I", 0), b"pict", bytes(13), full=0),
            _box(b"pitm", struct.pack(">H", 1), full=0),
            _box(b"iloc", struct.pack(">HHHHHII", 0x4400, 1, 1, 0, 1, at, len(data)), full=0),
            _box(
                b"iinf",
                struct.pack(">H", 1),
                _box(b"infe", struct.pack(">HH", 1, 0), b"hvc1\0", full=2 << 24),
                full=0,
            ),
            _box(b"iprp", properties, assigned),
            full=0,
        )

    return start + described(len(start) + len(described(0)) + 8) + _box(b"mdat", data)
