"""A scorecard as a folder: scorecard.json, and its plots."""

from __future__ import annotations

from pathlib import Path

import msgspec

from consilience.errors import UsageError
from consilience.exercise.score_plots import false_plot, family_plot, outcome_plot, recall_plot
from consilience.exercise.scorecard import Scorecard


def write_scorecard(folder: Path, card: Scorecard) -> None:
    """Write a scorecard and its plots into a folder, over an earlier one.

    Raises:
        UsageError: the folder cannot be written.
    """
    parts = {
        "recall.svg": recall_plot(card).encode(),
        "families.svg": family_plot(card).encode(),
        "false-links.svg": false_plot(card).encode(),
        "outcomes.svg": outcome_plot(card).encode(),
        "scorecard.json": msgspec.json.format(msgspec.json.encode(card), indent=1) + b"\n",
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in parts.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written ({error.strerror})") from error
