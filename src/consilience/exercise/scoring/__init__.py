"""The scorecard: what the system reports of an exercise, held against the truth.

Nothing is forgiven silently: a file that the truth does not know, a file that nobody reported, a link that
the truth does not bear out: each comes out by name.
"""

from __future__ import annotations

from consilience.exercise.scoring.card import ContentSide, EntrySide, FileResult, FoundMatch, Scorecard
from consilience.exercise.scoring.score import score

__all__ = ["ContentSide", "EntrySide", "FileResult", "FoundMatch", "Scorecard", "score"]
