"""States and outcomes: what became of a content, and what a file is at a moment."""

from __future__ import annotations

from enum import StrEnum


class Examined(StrEnum):
    """Whether a content was decoded."""

    YES = "yes"
    """Decoded, or found undecodable: see the problem."""
    KNOWN_GOOD = "known-good"
    """Left undecoded because a known-good list names its bytes."""
    NOT_DECODED = "not-decoded"
    """Of a kind that is compared by its digests only."""


class Outcome(StrEnum):
    """The one outcome of a file, in order of precedence: the first that applies holds."""

    ALERT_SAME = "alert-same"
    ALERT_NEAR = "alert-near"
    UNREADABLE = "unreadable"
    NOT_MEDIA = "not-media"
    NEGATIVE = "negative"
    KNOWN_GOOD = "known-good"
    SEEN_BEFORE = "seen-before"
    NEAR_DUPLICATE = "near-duplicate"
    NEW = "new"
