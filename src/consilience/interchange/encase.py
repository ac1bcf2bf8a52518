"""EnCase ``.hash`` files: MD5 digests behind a fixed header of 1,152 bytes.

Observed in a reader that others published (sleuthkit ``tsk/hashdb/encase.c``): the magic
``HASH\\r\\n\\xff\\0`` and two little-endian 32-bit numbers 2 and 1; at byte 16 the number of records;
from byte 1,032 the set's name and from 1,112 its category, each 40 UTF-16 units; from 1,152 the records,
16 bytes MD5 and 2 bytes that part them. The set's name becomes the title, its category an attribute
``set-category``.

Carried when written: MD5, title and ``set-category``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from consilience.errors import FormatError
from consilience.interchange.contract import Entry, Fit, Head, ListAbout, ListFile
from consilience.interchange.records import REFUSED
from consilience.model.lists import BrokenRecord, ListRecord
from consilience.model.locator import printable_text

_MAGIC = b"HASH\r\n\xff\x00"
_START = struct.Struct("<8sIII")
_NAME, _TYPE, _TEXT = 1032, 1112, 80
_RECORDS = 1152
_RECORD = 18
_BATCH = _RECORD * 8192
_ATTRIBUTE = "set-category"


class EncaseLists:
    """The format ``encase``."""

    name = "encase"
    describes = "EnCase .hash file, MD5 digests"
    hints = (".hash",)

    def fit(self, head: Head) -> Fit:
        """Certain where the magic number stands."""
        return Fit.CERTAIN if head.data.startswith(_MAGIC) else Fit.NO

    def read(self, path: Path) -> ListFile:
        """Open a set.

        Raises:
            FormatError: it is cut short.
        """
        head = Head(path)
        found, rest = divmod(head.size - _RECORDS, _RECORD)
        stated = _START.unpack_from(head.data)[3] if len(head.data) >= _START.size else 0
        if found < stated or found < 0 or rest:
            raise FormatError(
                f"{printable_text(str(path))} is cut short: {max(found, 0)} whole records of {stated}",
                "Nothing of it was taken: ask for the file again",
            )
        attributes: dict[str, object] = {}
        if kind := _text(head.data, _TYPE):
            attributes[_ATTRIBUTE] = kind
        about = ListAbout(format=self.name, title=_text(head.data, _NAME) or None, attributes=attributes)
        file = path.open("rb")
        file.seek(_RECORDS)
        return ListFile(lambda: about, _entries(file), lambda: file.tell() / head.size, file.close)

    def write(self, path: Path, records: Iterable[ListRecord], about: ListAbout) -> None:
        """Write a set.

        Raises:
            FormatError: a record has no MD5.
        """
        with path.open("wb") as file:
            header = bytearray(_RECORDS)
            for offset, text in ((_NAME, about.title), (_TYPE, about.attributes.get(_ATTRIBUTE))):
                encoded = str(text or "").encode("utf-16-le")[: _TEXT - 2]
                header[offset : offset + len(encoded)] = encoded
            file.write(header)
            written = 0
            for one in records:
                if one.md5 is None:
                    raise FormatError(f"record {one.provider_id} has no MD5", "EnCase sets hold nothing else")
                file.write(one.md5 + b"\x00\x00")
                written += 1
            file.seek(0)
            file.write(_START.pack(_MAGIC, 2, 1, written))


def _text(data: bytes, offset: int) -> str:
    text = data[offset : offset + _TEXT].decode("utf-16-le", "replace")
    return text.split("\x00", 1)[0].strip()


def _entries(file: BinaryIO) -> Iterator[Entry]:
    position = 0
    while batch := file.read(_BATCH):
        for offset in range(0, len(batch), _RECORD):
            position += 1
            md5 = batch[offset : offset + 16]
            if md5 in REFUSED:
                yield BrokenRecord(position, REFUSED[md5])
            else:
                yield ListRecord(provider_id="md5:" + md5.hex(), md5=md5, position=position)
