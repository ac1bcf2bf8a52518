"""The words for codes, as data: one small TOML file a vocabulary, complete for its codes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

from consilience.model.outcomes import Outcome
from consilience.model.problems import ProblemCode


class ProblemWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A problem for a person: a few words, what it means, and what to do next."""

    title: str
    meaning: str
    next_step: str


class OutcomeWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An outcome for a person: in sentences, where there is little room, and when a file has it."""

    title: str
    short: str
    meaning: str


@cache
def problem_words() -> Mapping[ProblemCode, ProblemWords]:
    """The words for every problem code."""
    return msgspec.convert(_table("problems"), dict[ProblemCode, ProblemWords])


@cache
def outcome_words() -> Mapping[Outcome, OutcomeWords]:
    """The words for every outcome."""
    return msgspec.convert(_table("outcomes"), dict[Outcome, OutcomeWords])


def _table(name: str) -> dict[str, object]:
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))
