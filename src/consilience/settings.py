"""Limits that hold while hostile bytes are opened, and the thresholds of matching. One place, explicit."""

from __future__ import annotations

import msgspec

MiB = 1 << 20
GiB = 1 << 30


class Limits(msgspec.Struct, frozen=True):
    """What one sandboxed worker may use. Recorded with each reading of an exhibit.

    Attributes:
        memory: bytes of address space of a worker.
        seconds: wall time for one file or one member of an archive to make progress.
        pixels: pixels of one picture, before any is decoded.
        buffer: bytes of one file that are held in memory to decode it; larger files are only digested.
        depth: archives within archives.
        members: entries of one file's archives, all levels together.
        expansion: bytes that one file's archives may unpack to, whatever their size ...
        expansion_ratio: ... or this many times the file's own size, whichever is more.
        frames: packets of one video stream that are read.
        footage_seconds: processor time for one video stream; what was seen by then stands.
        sound_seconds: of each sound track of a file that are listened to.
    """

    memory: int = 4 * GiB
    seconds: float = 60.0
    pixels: int = 200_000_000
    buffer: int = 512 * MiB
    depth: int = 5
    members: int = 2_000_000
    expansion: int = 1 * GiB
    expansion_ratio: int = 100
    frames: int = 10_000_000
    footage_seconds: float = 21_600.0
    sound_seconds: float = 86_400.0


PDQ_RADIUS = 31
"""Greatest Hamming distance of two PDQ codes that counts as a match (of 256 bits)."""

PDQ_MIN_QUALITY = 50
"""A PDQ code of lower quality says too little of its picture and is not matched."""

PDQ_FIRST_LOOK_QUALITY = 47
"""The same for a first look, whose quality may be three points off."""

PDQ_FIRST_LOOK_DOUBT = 8
"""Bits by which the code of a first look is taken to be off, when it is searched for; see decision 0012."""

SUDDEN_FILES = 50
"""Files of one exhibit that have to match a list entry before anybody asks whether the entry is right ..."""

SUDDEN_FACTOR = 10
"""... and more than this many times as many as in any exhibit before."""
