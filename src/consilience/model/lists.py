"""Hash lists: what others have said of contents by their digests and fingerprints."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What a match with a list means."""

    ALERT = "alert"
    KNOWN_GOOD = "known-good"
    NEGATIVE = "negative"


class Classification(msgspec.Struct, frozen=True):
    """A category, which means nothing without the scheme it belongs to."""

    scheme: str
    version: str
    code: str
    assessor: str


class ListRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One record of a list as its format states it.

    Attributes:
        provider_id: the provider's own id, or a name made of the digests where the format has none.
        md5, sha1, sha256: raw digests.
        size: bytes, where stated.
        pdq: 32 bytes.
        category: code in the list's scheme, as text; None where uncategorised.
        series: names of series that the provider asserts.
        attributes: everything else that the format says, keys as found, values as JSON: nothing is lost.
        position: line number or record number from 1, for messages.
    """

    provider_id: str
    md5: bytes | None = None
    sha1: bytes | None = None
    sha256: bytes | None = None
    size: int | None = None
    pdq: bytes | None = None
    category: str | None = None
    series: tuple[str, ...] = ()
    attributes: dict[str, object] = {}
    position: int = 0


class VideoRecord(ListRecord, frozen=True, kw_only=True):
    """A record that names a video by what is seen in it.

    Attributes:
        algorithm: ``vpdq``, or ``tmk+pdqf``.
        version: of the algorithm's definition.
        data: the codes as `model.footage.encode_codes` writes them; of TMK+PDQF, the file.
    """

    algorithm: str
    version: str
    data: bytes


class BrokenRecord(msgspec.Struct, frozen=True):
    """A record that could not be taken: where it stands and why. The import goes on."""

    position: int
    reason: str
