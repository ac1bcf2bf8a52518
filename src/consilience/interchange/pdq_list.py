"""Plain lists of PDQ codes.

::

    # a comment
    0f1e2d3c4b5a69788796a5b4c3d2e1f0f1e2d3c4b5a69788796a5b4c3d2e1f00
    0f1e2d3c4b5a69788796a5b4c3d2e1f0f1e2d3c4b5a69788796a5b4c3d2e1f00,100
    0f1e2d3c4b5a69788796a5b4c3d2e1f0f1e2d3c4b5a69788796a5b4c3d2e1f00,100,garden.jpg
    pdq 0f1e2d3c4b5a69788796a5b4c3d2e1f0f1e2d3c4b5a69788796a5b4c3d2e1f00

A line is a code of 64 hexadecimal characters, and with commas its quality (0 to 100) and a name, as the
hasher of facebook/ThreatExchange prints them; or a code after the word ``pdq``, as
python-threatexchange's ``dataset -P -S`` prints it. They become attributes ``quality`` and ``name``.
Lists with other columns need a header that names them (format ``columns``). Lines of 64 characters alone
may be SHA-256: see `hex64`.

Carried when written: the code, its quality and, with a quality, its name.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from collections.abc import Iterable, Iterator
from pathlib import Path

from consilience.errors import FormatError
from consilience.interchange.contract import Entry, Fit, Head, ListAbout, ListFile
from consilience.interchange.hex64 import Hex64, kind_of
from consilience.interchange.records import REFUSED
from consilience.interchange.text import LINE_LIMIT, Utf8File, readable
from consilience.model.lists import BrokenRecord, ListRecord

_LINE = re.compile(
    rb"(pdq\s+)?([0-9A-Fa-f]{64})(?:\s*,\s*(\d{1,3})\s*(?:,(.*))?)?", re.DOTALL | re.IGNORECASE
)


class PdqLists:
    """The format ``pdq``."""

    name = "pdq"
    describes = "PDQ codes, one a line, optionally with quality and name"
    hints = ("pdq",)

    def fit(self, head: Head) -> Fit:
        """Likely where most of the first lines are PDQ codes and can be nothing else."""
        lines = head.lines()
        found = [match for line in lines if (match := _LINE.fullmatch(line))]
        if not found:
            return Fit.NO
        if 2 * len(found) < len(lines):
            return Fit.POSSIBLE
        if all(match.group(1) is None and match.group(3) is None for match in found):
            kind = kind_of([unhexlify(match.group(2)) for match in found])
            return Fit.LIKELY if kind is Hex64.PDQ else Fit.POSSIBLE
        return Fit.LIKELY

    def read(self, path: Path) -> ListFile:
        """Open a list."""
        source = Utf8File(path)
        about = ListAbout(format=self.name)
        return ListFile(lambda: about, _entries(source), source.progress, source.close)

    def write(self, path: Path, records: Iterable[ListRecord], about: ListAbout) -> None:  # noqa: ARG002
        """Write the code of each record, and attributes ``quality`` and ``name``.

        Raises:
            FormatError: a record has no code, or a name with a line feed.
        """
        with path.open("wb") as file:
            for one in records:
                file.write(_line(one))


def _entries(source: Utf8File) -> Iterator[Entry]:
    for first, lines in source.batches():
        for position, line in enumerate(lines, first):
            text = line.strip()
            if len(text) == 64:  # the code alone: no pattern, no attributes
                try:
                    raw = unhexlify(text)
                except ValueError:
                    pass
                else:
                    if raw not in REFUSED:
                        yield ListRecord(provider_id="pdq:" + raw.hex(), pdq=raw, position=position)
                        continue
            if text and not text.startswith(b"#"):
                yield _entry(position, text)


def _entry(position: int, text: bytes) -> Entry:
    """The record of a stripped line that is neither empty nor a comment: the slow way, oracle of the fast."""
    if len(text) > LINE_LIMIT:
        return BrokenRecord(position, f"line longer than {LINE_LIMIT} bytes")
    match = _LINE.fullmatch(text)
    if match is None:
        return BrokenRecord(
            position, "not a PDQ code of 64 hexadecimal characters, alone or with quality and name"
        )
    raw = unhexlify(match.group(2))
    if raw in REFUSED:
        return BrokenRecord(position, REFUSED[raw].replace("digest", "code"))
    attributes: dict[str, object] = {}
    if match.group(3):
        quality = int(match.group(3))
        if quality > 100:
            return BrokenRecord(position, f"quality {quality}, beyond 100")
        attributes["quality"] = quality
    if match.group(4):
        attributes["name"] = readable(match.group(4))
    return ListRecord(provider_id="pdq:" + raw.hex(), pdq=raw, attributes=attributes, position=position)


def _line(one: ListRecord) -> bytes:
    name = one.attributes.get("name")
    if one.pdq is None:
        raise FormatError(f"record {one.provider_id} has no PDQ code", "A PDQ list holds nothing else")
    if isinstance(name, str) and "\n" in name:
        raise FormatError(
            f"record {one.provider_id} has a name with a line feed", "A PDQ list cannot hold it"
        )
    cells = [one.pdq.hex()]
    quality = one.attributes.get("quality")
    if quality is not None:
        cells.append(str(quality))
        if name:
            cells.append(str(name))
    return ",".join(cells).encode() + b"\n"
