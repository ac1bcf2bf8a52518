"""The workspace has words of its languages for every code of the server's vocabularies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from consilience.model.vocabularies import outcome_words, problem_words

WORDS = Path(__file__).parents[2] / "src/consilience/web/ui/src/i18n"
OTHERS = sorted(path.stem for path in WORDS.glob("??.json") if path.stem != "en")


@pytest.mark.parametrize("language", OTHERS)
def test_every_outcome_and_problem_is_said_in_every_language(language: str) -> None:
    said = json.loads((WORDS / f"{language}.vocabulary.json").read_text())
    assert set(said["outcome"]) == {one.value for one in outcome_words()}
    assert set(said["problem"]) == {one.value for one in problem_words()}
    for kind, fields in (("outcome", {"title", "meaning"}), ("problem", {"title", "meaning", "next_step"})):
        for code, words in said[kind].items():
            assert set(words) == fields and all(words.values()), (kind, code)
