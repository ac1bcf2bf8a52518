"""Clues from XMP packets. Source: ISO 16684-1.

Expat is used bare, because its callbacks allow to refuse every declaration of an entity before it can be
expanded.
"""

from __future__ import annotations

from xml.parsers import expat

from consilience.media.clues.text import MAX_TEXT, text_clue
from consilience.media.clues.times import time_clue
from consilience.model.examination import Clue

MAX_PACKET = 1 << 20
"""Bytes of a packet; a larger one is not read."""
_MAX_CLUES = 60
_MAX_DEPTH = 32

_XAP = "http://ns.adobe.com/xap/1.0/"
_MM = "http://ns.adobe.com/xap/1.0/mm/"
_AUX = "http://ns.adobe.com/exif/1.0/aux/"
_DC = "http://purl.org/dc/elements/1.1/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_REFERENCE = "http://ns.adobe.com/xap/1.0/sType/ResourceRef#"
_PROPERTIES = {
    f"{_XAP} CreatorTool": "software",
    f"{_MM} DocumentID": "document-id",
    f"{_MM} OriginalDocumentID": "original-document-id",
    f"{_MM} InstanceID": "instance-id",
    f"{_REFERENCE} documentID": "derived-from",
    f"{_REFERENCE} instanceID": "derived-from",
    f"{_AUX} SerialNumber": "camera-serial",
    f"{_AUX} Lens": "lens-model",
    f"{_AUX} LensSerialNumber": "lens-serial",
    f"{_AUX} OwnerName": "owner",
    f"{_DC} creator": "artist",
    f"{_DC} description": "comment",
    f"{_DC} title": "comment",
    f"{_DC} rights": "copyright",
    f"{_DC} subject": "keywords",
    f"{_PHOTOSHOP} Credit": "artist",
}
_TIMES = {
    f"{_XAP} CreateDate": "created",
    f"{_XAP} ModifyDate": "changed",
    f"{_PHOTOSHOP} DateCreated": "taken",
}


class _Refused(Exception):  # noqa: N818 - ends the parse
    """The packet has something that no XMP packet needs."""


def xmp_clues(packet: bytes, source: str = "xmp") -> list[Clue]:
    """Software, document identities, serials, people, comments and times.

    Args:
        packet: the packet's bytes.
        source: where it stands; each clue adds its property's name.
    """
    packet = packet.strip(b"\0 \r\n\t")
    if not packet:
        return []
    if len(packet) > MAX_PACKET:
        return [Clue("unreadable-metadata", f"a packet of {len(packet)} bytes", source)]
    reader = _Reader(source)
    try:
        reader.parser.Parse(packet, True)
    except (expat.ExpatError, _Refused) as error:
        reader.clues.append(Clue("unreadable-metadata", str(error), source))
    return reader.clues


class _Reader:
    """Collects the properties above while a packet is parsed."""

    def __init__(self, source: str) -> None:
        self.clues: list[Clue] = []
        self._source = source
        self._names: list[str] = []
        self._text = ""
        self._seen: set[tuple[str, str]] = set()
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse

    def _refuse(self, *_: object) -> None:
        raise _Refused("the packet declares a document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._names.append(name)
        if len(self._names) > _MAX_DEPTH:
            raise _Refused("the packet is nested too deeply")
        self._text = ""
        for key, value in attributes.items():
            self._property(key, value)

    def _end(self, name: str) -> None:
        # A list's items belong to the nearest property around it.
        if self._text.strip():
            for owner in reversed(self._names):
                if owner in _PROPERTIES or owner in _TIMES:
                    self._property(owner, self._text)
                    break
        self._text = ""
        if self._names:
            self._names.pop()
        del name

    def _characters(self, text: str) -> None:
        if len(self._text) <= MAX_TEXT:
            self._text += text

    def _property(self, name: str, value: str) -> None:
        if (name, value) in self._seen or len(self.clues) >= _MAX_CLUES:
            return
        self._seen.add((name, value))
        source = f"{self._source}:{name.rsplit(' ', 1)[-1]}"
        if name in _PROPERTIES:
            self.clues += text_clue(_PROPERTIES[name], value, source)
        elif name in _TIMES:
            self.clues += time_clue(_TIMES[name], value, source, "software")
