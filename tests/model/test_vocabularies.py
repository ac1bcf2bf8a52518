"""Every code has its words, and every word belongs to a code."""

from __future__ import annotations

import pytest

from consilience.model.outcomes import Outcome
from consilience.model.problems import ProblemCode
from consilience.model.vocabularies import OutcomeWords, ProblemWords, outcome_words, problem_words


def test_problems_are_complete() -> None:
    assert set(problem_words()) == set(ProblemCode)


def test_outcomes_are_complete() -> None:
    assert set(outcome_words()) == set(Outcome)


@pytest.mark.parametrize("words", [*problem_words().values(), *outcome_words().values()])
def test_words_are_sentences(words: ProblemWords | OutcomeWords) -> None:
    assert words.title and not words.title.endswith(".")
    sentences = [words.meaning] + ([words.next_step] if isinstance(words, ProblemWords) else [])
    assert all(text[0].isupper() and text.endswith(".") and "\n" not in text for text in sentences)


def test_titles_differ() -> None:
    assert len({words.title for words in problem_words().values()}) == len(problem_words())
    assert len({words.short for words in outcome_words().values()}) == len(outcome_words())
