"""Measured agreement: of a content with a list entry, or of two contents."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from consilience.model.examination import Orientation


class Basis(StrEnum):
    """What agreed. The digests are in order of strength; the strongest that an entry states decides."""

    SHA256 = "sha256"
    SHA1 = "sha1"
    MD5_SIZE = "md5+size"
    MD5 = "md5"
    PDQ = "pdq"
    VPDQ = "vpdq"
    """Frames of a video in step with those that an entry names, for the seconds that the part says."""

    @property
    def same_bytes(self) -> bool:
        """Whether the bytes agree, rather than the look of the picture."""
        return self not in (Basis.PDQ, Basis.VPDQ)


WHOLE = "content"
"""The part that a match of the same bytes is about; a fingerprint's match names the fingerprint's part."""


class Agreement(msgspec.Struct, frozen=True):
    """How two things agree.

    Attributes:
        basis: the digest, or the algorithm.
        version: of the algorithm's definition; empty for digests.
        distance: bits that differ, 0 for the same bytes; of a span of frames, the mean.
        orientation: what was done to the asked picture to reach this distance.
    """

    basis: Basis
    version: str = ""
    distance: int = 0
    orientation: Orientation = Orientation.UPRIGHT
