"""A real film whose one frame keeps a decoder busy for minutes: a progressive JPEG of very many scans, as MJPEG.

Each scan of some hundred bytes makes the decoder visit every block of a large grey picture again.
"""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from typing import Any

import av


def slow_film(side: int = 8192, scans: int = 60_000) -> bytes:
    """An AVI of one frame, `side` by `side`."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="avi") as container:
        stream: Any = container.add_stream("mjpeg", rate=5)
        stream.width = stream.height = side
        stream.pix_fmt = "yuvj420p"
        packet = av.Packet(_frame(side, scans))
        packet.stream, packet.pts, packet.dts = stream, 0, 0
        packet.time_base, packet.is_keyframe = Fraction(1, 5), True
        container.mux(packet)
    return buffer.getvalue()


def _frame(side: int, scans: int) -> bytes:
    blocks = (side // 8) ** 2
    # One code of one bit a table: no difference (DC), a run of up to 32,767 blocks that end here (AC).
    dc = _segment(0xC4, bytes([0x00, 1, *[0] * 15, 0x00]))
    ac = _segment(0xC4, bytes([0x10, 1, *[0] * 15, 0xE0]))
    first = _scan(0, 0) + _bits("0" * blocks)
    runs, left = "", blocks
    while left:
        run = min(left, 32_767)
        if run < 16_384:
            # The table has no shorter run: the last one reaches beyond the picture.
            run = 16_384
        runs += "0" + f"{run - 16_384:014b}"
        left = max(0, left - run)
    again = _scan(1, 63) + _bits(runs)
    size = _segment(0xC2, struct.pack(">BHHB", 8, side, side, 1) + b"\x01\x11\x00")
    return (
        b"\xff\xd8"
        + _segment(0xDB, bytes([0, *[1] * 64]))
        + size
        + dc
        + ac
        + first
        + again * scans
        + b"\xff\xd9"
    )


def _scan(begin: int, end: int) -> bytes:
    return _segment(0xDA, bytes([1, 1, 0x00, begin, end, 0x00]))


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _bits(bits: str) -> bytes:
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return data.replace(b"\xff", b"\xff\x00")
