"""A scorecard as a folder: scorecard.json, and its plots."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from consilience.errors import FormatError, NotFoundError, UsageError
from consilience.exercise.scoring.card import Scorecard
from consilience.exercise.scoring.films import FilmCard
from consilience.exercise.scoring.plots import PLOTS

_FILMS: Final = "films-scorecard.json"


def write_scorecard(folder: Path, card: Scorecard) -> None:
    """Write a scorecard and its plots into a folder, over an earlier one.

    Raises:
        UsageError: the folder cannot be written.
    """
    parts = {name: plot(card).encode() for name, plot in PLOTS.items()}
    parts["scorecard.json"] = card.to_json()
    _write(folder, parts)


def write_film_card(folder: Path, card: FilmCard) -> None:
    """Write a scorecard of films into a folder, over an earlier one.

    Raises:
        UsageError: the folder cannot be written.
    """
    encoded = msgspec.json.encode(card, order="deterministic")
    _write(folder, {_FILMS: msgspec.json.format(encoded, indent=2) + b"\n"})


def read_film_card(folder: Path) -> FilmCard:
    """The scorecard of films in a folder.

    Raises:
        NotFoundError: there is none.
        FormatError: it is no such scorecard.
    """
    path = folder / _FILMS
    try:
        return msgspec.json.decode(path.read_bytes(), type=FilmCard)
    except FileNotFoundError as error:
        raise NotFoundError(
            f"{path}: no scorecard of films", "Name a folder given as --out before"
        ) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: no scorecard of films: {error}", "Score the exercise again") from error


def _write(folder: Path, parts: Mapping[str, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in parts.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written ({error.strerror})") from error
