"""A scorecard as a folder: scorecard.json, and its plots."""

from __future__ import annotations

from pathlib import Path

from consilience.errors import UsageError
from consilience.exercise.scoring.card import Scorecard
from consilience.exercise.scoring.plots import PLOTS


def write_scorecard(folder: Path, card: Scorecard) -> None:
    """Write a scorecard and its plots into a folder, over an earlier one.

    Raises:
        UsageError: the folder cannot be written.
    """
    parts = {name: plot(card).encode() for name, plot in PLOTS.items()}
    parts["scorecard.json"] = card.to_json()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in parts.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written ({error.strerror})") from error
