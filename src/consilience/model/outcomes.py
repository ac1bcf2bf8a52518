"""The one outcome of a file, as at a moment. The words for each stand in vocabularies/outcomes.toml."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What became of one file. A file has the first of these that holds for it: the order is the precedence.

    A container that was opened is ``not-media``; its members are files of their own.
    """

    ALERT_SAME = "alert-same"
    ALERT_NEAR = "alert-near"
    UNREADABLE = "unreadable"
    NOT_MEDIA = "not-media"
    NEGATIVE = "negative"
    KNOWN_GOOD = "known-good"
    SEEN_BEFORE = "seen-before"
    NEAR_DUPLICATE = "near-duplicate"
    NEW = "new"


OUTCOMES = tuple(Outcome)
