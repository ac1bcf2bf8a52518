r"""Plain lists of digests: one a line, or as ``md5sum``, ``sha1sum`` and ``sha256sum`` write them.

::

    # a comment
    9e107d9d372bb6826bd81d3542a419d6
    2fd4e1c67a2d28fced849ee1bb76e7391b93eb12  garden.jpg
    \9e107d9d372bb6826bd81d3542a419d6 *a name\nwith a line feed
    SHA256 (room.png) = d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592

The algorithm follows from the length: 32 hexadecimal characters MD5, 40 SHA-1, 64 SHA-256. A name is kept
as attribute ``name``; one that is not UTF-8 is read as Latin-1, a character a byte. Source: GNU coreutils
manual, "md5sum invocation". Carried when written: the strongest digest, and the name.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from consilience.errors import FormatError
from consilience.interchange.contract import Entry, Fit, Head, ListAbout, ListFile
from consilience.interchange.hex64 import Hex64, kind_of
from consilience.interchange.records import REFUSED, Unusable
from consilience.interchange.text import LINE_LIMIT, Utf8File, readable
from consilience.model.lists import BrokenRecord, ListRecord

_HEX = re.compile(rb"[0-9A-Fa-f]+")
_TAGGED = re.compile(rb"(MD5|SHA1|SHA-1|SHA256|SHA-256) ?\((.*)\) ?= ?([0-9A-Fa-f]+)", re.DOTALL)
_TAGS = {b"MD5": 32, b"SHA1": 40, b"SHA-1": 40, b"SHA256": 64, b"SHA-256": 64}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"\\": "\\", "n": "\n", "r": "\r"}


class PlainLists:
    """The format ``plain``."""

    name = "plain"
    describes = "digests, one a line, as text or as md5sum, sha1sum and sha256sum write them"
    hints = ("md5", "sha1", "sha-1", "sha256", "sha-256", "sha2")

    def fit(self, head: Head) -> Fit:
        """Likely where most of the first lines hold a digest that can be nothing else."""
        lines = head.lines()
        parsed = [found for line in lines if (found := _parse_or_none(line))]
        if not parsed:
            return Fit.NO
        if 2 * len(parsed) < len(lines):
            return Fit.POSSIBLE
        bare = [raw for raw, name in parsed if len(raw) == 32 and name is None]
        if len(bare) == len(parsed) and kind_of(bare) is not Hex64.SHA256:
            return Fit.NO if kind_of(bare) is Hex64.PDQ else Fit.POSSIBLE
        return Fit.LIKELY

    def read(self, path: Path) -> ListFile:
        """Open a list."""
        source = Utf8File(path)
        about = ListAbout(format=self.name)
        return ListFile(lambda: about, _entries(source), source.progress, source.close)

    def write(self, path: Path, records: Iterable[ListRecord], about: ListAbout) -> None:  # noqa: ARG002
        """Write the strongest digest of each record, and attribute ``name`` as ``sha256sum`` does."""
        with path.open("wb") as file:
            for record in records:
                raw = record.sha256 or record.sha1 or record.md5
                if raw is None:
                    raise FormatError(
                        f"record {record.provider_id} has no digest", "A plain list holds nothing else"
                    )
                file.write(_line(raw.hex(), record.attributes.get("name")))


def _entries(source: Utf8File) -> Iterator[Entry]:
    unhexlify = binascii.unhexlify
    refused = REFUSED
    for first, lines in source.batches():
        for position, line in enumerate(lines, first):
            # Millions of bare digests: one conversion and one record each; all else goes the long way.
            text = line.strip()
            length = len(text)
            if length in (32, 40, 64):
                try:
                    raw = unhexlify(text)
                except ValueError:
                    pass
                else:
                    if raw in refused:
                        yield BrokenRecord(position, refused[raw])
                    elif length == 32:
                        yield ListRecord(provider_id="md5:" + raw.hex(), md5=raw, position=position)
                    elif length == 40:
                        yield ListRecord(provider_id="sha1:" + raw.hex(), sha1=raw, position=position)
                    else:
                        yield ListRecord(provider_id="sha256:" + raw.hex(), sha256=raw, position=position)
                    continue
            if not text or text.startswith(b"#"):
                continue
            yield _entry(position, line)


def _entry(position: int, line: bytes) -> Entry:
    """The record of any line that is neither empty nor a comment: the slow way, oracle of the fast one."""
    try:
        raw, name = _parse(line)
    except Unusable as why:
        return BrokenRecord(position, str(why))
    if raw in REFUSED:
        return BrokenRecord(position, REFUSED[raw])
    attributes: dict[str, object] = {} if name is None else {"name": name}
    kind = {16: "md5", 20: "sha1", 32: "sha256"}[len(raw)]
    return ListRecord(
        provider_id=f"{kind}:{raw.hex()}",
        md5=raw if kind == "md5" else None,
        sha1=raw if kind == "sha1" else None,
        sha256=raw if kind == "sha256" else None,
        attributes=attributes,
        position=position,
    )


def _parse_or_none(line: bytes) -> tuple[bytes, str | None] | None:
    try:
        return _parse(line)
    except Unusable:
        return None


def _parse(line: bytes) -> tuple[bytes, str | None]:
    """The raw digest and the name, if any, of one line.

    Raises:
        Unusable: the line holds none.
    """
    if len(line) > LINE_LIMIT:
        raise Unusable(f"line longer than {LINE_LIMIT} bytes")
    text = line.removesuffix(b"\r").lstrip()
    escaped = text.startswith(b"\\")
    if escaped:
        text = text[1:]
    name: str | None
    if tagged := _TAGGED.fullmatch(text.rstrip()):
        tag, raw_name, digits = tagged.groups()
        if len(digits) != _TAGS[tag]:
            raise Unusable(f"{tag.decode()}: {len(digits)} characters where {_TAGS[tag]} are expected")
        name = readable(raw_name)
    else:
        found = _HEX.match(text)
        digits = found.group() if found else b""
        after = text[len(digits) :]
        if after.strip() and not after.startswith((b" ", b"\t")):
            raise Unusable("no digest at the start of the line")
        if len(digits) not in (32, 40, 64):
            raise Unusable(
                f"{len(digits)} hexadecimal characters where MD5 has 32, SHA-1 40 and SHA-256 64"
                if digits
                else "no digest at the start of the line"
            )
        # "DIGEST  name" or "DIGEST *name": the second character is the mode, the rest is the name.
        after = after[2:] if after.startswith((b"  ", b" *")) else after[1:]
        name = readable(after) if after.strip() else None
    if escaped and name is not None:
        name = _ESCAPE.sub(lambda hit: _ESCAPED.get(hit.group(1), hit.group()), name)
    return binascii.unhexlify(digits), name


def _line(digits: str, name: object) -> bytes:
    if not isinstance(name, str) or not name.strip():
        return digits.encode() + b"\n"
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    mark = "\\" if escaped != name else ""
    return f"{mark}{digits}  {escaped}\n".encode()
