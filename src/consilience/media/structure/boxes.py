"""The boxes of an ISO base media file that matter to stills. Source: ISO/IEC 14496-12; Canon's CR3."""

from __future__ import annotations

_HEAD = 1 << 20


def cr3_box(data: bytes, kind: bytes) -> bytes:
    """The TIFF block in one of Canon's metadata boxes (``CMT1`` … ``CMT4``), or none.

    They lie in the first box after the file type, three levels deep; the first place where the name, its
    length before it and a TIFF header after it agree is the box.
    """
    at = data.find(kind, 0, _HEAD)
    while at >= 4:
        length = int.from_bytes(data[at - 4 : at], "big")
        if length >= 16 and data[at + 4 : at + 8] in (b"II*\0", b"MM\0*"):
            return data[at + 4 : at - 4 + length]
        at = data.find(kind, at + 1, _HEAD)
    return b""
