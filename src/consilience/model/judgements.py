"""What people decide, and what follows when several do. Stored are the votes alone; the rest is derived."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Decision(StrEnum):
    """A person's word on a subject."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNSURE = "unsure"


class Subject(StrEnum):
    """What a judgement is about."""

    MATCH = "match"
    """Two contents that a fingerprint holds to be near."""
    ENTRY_MATCH = "entry-match"
    """A content and a list entry that agree."""
    STACK = "stack"
    """A content and the representative of its stack."""
    CLASSIFICATION = "classification"
    """A content and a code of a scheme."""
    ENTRY = "entry"
    """A list entry itself: confirmed (positive), doubted (unsure), retracted (negative)."""


class PolicySubject(StrEnum):
    """What a number of votes is laid down for. The words for each: vocabularies/policies.toml."""

    MATCH = "match"
    ENTRY_MATCH = "entry-match"
    STACK = "stack"
    CLASSIFICATION = "classification"
    ENTRY = "entry"
    DISCLOSURE = "disclosure"


class State(StrEnum):
    """What the standing judgements on a subject come to."""

    OPEN = "open"
    """Nobody has judged, or fewer agree than the policy asks for."""
    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNSURE = "unsure"
    """As many as the policy asks for are unsure, and nobody is sure."""
    DISPUTED = "disputed"
    """One says yes and another no, or two name different codes: nothing follows until they agree."""


class Vote(msgspec.Struct, frozen=True):
    """One person's standing word.

    Attributes:
        author: the account.
        decision: the word.
        code: for a classification, the code that it speaks of.
    """

    author: str
    decision: Decision
    code: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """What votes come to, and who cast them.

    Attributes:
        state: what counts.
        code: for a classification that counts, the code.
        votes: everybody's, by author.
        needed: how many must agree.
    """

    state: State
    code: str
    votes: tuple[Vote, ...]
    needed: int


def verdict(votes: Iterable[Vote], needed: int) -> Verdict:
    """What the standing votes on one subject come to.

    An author counts once, in however many cases the word was given. Any contradiction is a dispute: a person
    settles it by taking a vote back. The unsure contradict nobody and are not counted with either side.
    """
    cast = tuple(sorted(votes, key=lambda one: one.author))
    for_ = {one.code for one in cast if one.decision is Decision.POSITIVE}
    against = {one.code for one in cast if one.decision is Decision.NEGATIVE}
    if len(for_) > 1 or for_ & against:
        return Verdict(State.DISPUTED, "", cast, needed)
    if for_ and _agree(cast, Decision.POSITIVE, needed):
        return Verdict(State.POSITIVE, for_.pop(), cast, needed)
    if not for_ and len(against) == 1 and _agree(cast, Decision.NEGATIVE, needed):
        return Verdict(State.NEGATIVE, against.pop(), cast, needed)
    if not for_ and not against and _agree(cast, Decision.UNSURE, needed):
        return Verdict(State.UNSURE, "", cast, needed)
    return Verdict(State.OPEN, "", cast, needed)


def _agree(votes: tuple[Vote, ...], decision: Decision, needed: int) -> bool:
    agreeing = {one.author for one in votes if one.decision is decision}
    return len(agreeing) >= max(needed, 1)
