"""Why something could not be read or examined. The words for each code: vocabularies/problems.toml."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta


class ProblemCode(StrEnum):
    """What stopped the reading or examination of one file."""

    # The file could not be read: nothing is known of its bytes.
    LINK = "link"
    DEVICE = "device"
    FIFO = "fifo"
    SOCKET = "socket"
    PERMISSION = "permission"
    VANISHED = "vanished"
    CHANGED = "changed"
    IO_ERROR = "io-error"
    # The bytes were read, but could not be turned into a picture, or a container into its members.
    EMPTY = "empty"
    DAMAGED = "damaged"
    UNSUPPORTED = "unsupported"
    ENCRYPTED = "encrypted"
    LIMIT_PIXELS = "limit-pixels"
    LIMIT_MEMORY = "limit-memory"
    LIMIT_TIME = "limit-time"
    LIMIT_EXPANSION = "limit-expansion"
    LIMIT_DEPTH = "limit-depth"
    LIMIT_MEMBERS = "limit-members"
    LIMIT_FRAMES = "limit-frames"
    CRASHED = "crashed"


class Problem(msgspec.Struct, frozen=True):
    """A typed failure, with the words of whoever noticed it.

    Attributes:
        code: which kind.
        detail: one printable line: the decoder's or the system's own words, without paths of this machine.
    """

    code: ProblemCode
    detail: Annotated[str, Meta(max_length=1 << 16)] = ""


RETRIED = frozenset({ProblemCode.PERMISSION, ProblemCode.VANISHED, ProblemCode.CHANGED, ProblemCode.IO_ERROR})
"""Problems of the surroundings rather than of the content: a further reading of the exhibit tries again."""

LIMITED = frozenset(
    {
        ProblemCode.LIMIT_PIXELS,
        ProblemCode.LIMIT_MEMORY,
        ProblemCode.LIMIT_TIME,
        ProblemCode.LIMIT_EXPANSION,
        ProblemCode.LIMIT_DEPTH,
        ProblemCode.LIMIT_MEMBERS,
        ProblemCode.LIMIT_FRAMES,
        ProblemCode.CRASHED,
    }
)
"""Problems of what a worker may use, or of this release: tried again when a person asks for it."""

NOT_A_FILE = frozenset(
    {ProblemCode.LINK, ProblemCode.DEVICE, ProblemCode.FIFO, ProblemCode.SOCKET, ProblemCode.EMPTY}
)
"""Nothing was to be read: the outcome is *not media*, with this as its reason, rather than *unreadable*."""
