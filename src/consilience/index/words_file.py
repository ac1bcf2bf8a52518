"""Words under ids on disk, with the moment of the records up to which they were taken from them.

A file is a cache: whoever finds none, or one that is damaged, takes the words from the records again.

Layout, little-endian: magic ``CWF`` and a version, 4 bytes; the moment's id and token, the number of rows
and of words, four int64; CRC-32 of what follows, uint32; int64 of each row its id, then of each its words;
int64 of each word its id, then uint32 of each the word, both in the order of the words.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from consilience.index.files import whole_file
from consilience.index.words import Ids, Words

_MAGIC: Final = b"CWF\x01"
_HEADER: Final = struct.Struct("<4sqqqqI")


class KeptWords(msgspec.Struct, frozen=True, eq=False):
    """What a file holds.

    Attributes:
        moment: id and token of the moment of the records.
        rows, counts: int64 (n,), the rows that words were taken from, and how many words each has.
        ids, words: int64 and uint32 (m,), in the order of the words, then of the ids.
    """

    moment: tuple[int, int]
    rows: Ids
    counts: Ids
    ids: Ids
    words: Words


def write_words(path: Path, kept: KeptWords) -> None:
    """Write a file, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    arrays = [
        np.ascontiguousarray(array, kind)
        for array, kind in ((kept.rows, "<i8"), (kept.counts, "<i8"), (kept.ids, "<i8"), (kept.words, "<u4"))
    ]
    header = _HEADER.pack(_MAGIC, *kept.moment, len(kept.rows), len(kept.words), _checksum(arrays))
    with whole_file(path) as file:
        file.write(header)
        for array in arrays:
            file.write(array.data)


def read_words(path: Path) -> KeptWords | None:
    """What a file holds; None if there is none, or not what was written."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER.size)
            if len(header) < _HEADER.size or not header.startswith(_MAGIC):
                return None
            _, id, token, rows, words, checksum = _HEADER.unpack(header)
            if path.stat().st_size != _HEADER.size + 16 * rows + 12 * words or min(rows, words) < 0:
                return None
            arrays = [
                np.fromfile(file, kind, count)
                for kind, count in (("<i8", rows), ("<i8", rows), ("<i8", words), ("<u4", words))
            ]
    except OSError:
        return None
    return KeptWords((id, token), *arrays) if _checksum(arrays) == checksum else None


def _checksum(arrays: list[NDArray[np.generic]]) -> int:
    checksum = 0
    for array in arrays:
        checksum = zlib.crc32(array.data, checksum)
    return checksum
