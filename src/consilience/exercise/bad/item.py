"""What every kind of bad input is made of."""

from __future__ import annotations

import msgspec

from consilience.model.outcomes import Outcome
from consilience.model.problems import ProblemCode as P

ANY_PICTURE = (
    Outcome.UNREADABLE,
    Outcome.NEW,
    Outcome.SEEN_BEFORE,
    Outcome.NEAR_DUPLICATE,
    Outcome.ALERT_NEAR,
)
UNREADABLE = (Outcome.UNREADABLE,)
SEEN = (Outcome.NEW, Outcome.SEEN_BEFORE, Outcome.NEAR_DUPLICATE)
NOTHING = (Outcome.NOT_MEDIA,)


class Sample(msgspec.Struct, frozen=True):
    """A sound picture that is in the exercise, to be damaged: its name in the truth, and a JPEG of it."""

    picture: str
    file: bytes


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A file to write: path, bytes and what is right to say of it."""

    path: bytes
    content: bytes
    what: str = "picture"
    pictures: tuple[str, ...] = ()
    problems: tuple[P, ...] = ()
    sound: bool = False
    outcomes: tuple[Outcome, ...] = ANY_PICTURE
    unlisted: bool = False
    members: tuple[tuple[tuple[bytes, ...], bytes, str, tuple[str, ...]], ...] = ()
    note: str = ""
