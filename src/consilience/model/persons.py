"""Persons in the records of a case: kinds kept apart, facts kept apart from what somebody thinks."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class PersonKind(StrEnum):
    """What a person is to a case. The words for each: vocabularies/person_kinds.toml."""

    SUSPECT = "suspect"
    CONVICTED = "convicted"
    VICTIM = "victim"
    WITNESS = "witness"
    OTHER = "other"


class Fact(msgspec.Struct, frozen=True):
    """Something known, with where it stands."""

    text: str
    source: str
    said_by: str
    said_at: int


class Assessment(msgspec.Struct, frozen=True):
    """Something that somebody thinks."""

    text: str
    said_by: str
    said_at: int


class PersonRecord(msgspec.Struct, frozen=True):
    """A person in a case, as far as it is on record."""

    id: int
    public_id: bytes
    case: str
    kind: PersonKind
    name: str
    origin: str
    review_at: int | None
    facts: tuple[Fact, ...] = ()
    assessments: tuple[Assessment, ...] = ()
