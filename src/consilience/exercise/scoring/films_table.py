"""The scorecard of films on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from consilience.exercise.scoring.films import RIGHT_WITHIN, FilmCard, FilmRecall
from consilience.exercise.scoring.table import SHOWN, percent


def show_films(card: FilmCard, console: Console, before: FilmCard | None = None) -> None:
    """Print a scorecard of films.

    Args:
        card: the scorecard.
        console: where.
        before: an earlier one of the same exercise, after its first look: its recall is printed beside.
    """
    looked = f", {card.first_looks} of them by a first look only" if card.first_looks else ""
    console.print(
        f"Films of {card.preset}, seed {card.seed}, generator {card.generator}: {card.files} files{looked}."
    )
    for name, rate, earlier in (
        ("films with all three renditions tied", card.films, before and before.films),
        ("pairs of renditions tied", card.renditions, before and before.renditions),
    ):
        beside = f"; first look {percent(earlier)}, {earlier.found}/{earlier.total}" if earlier else ""
        console.print(f"{name}: {percent(rate)}, {rate.found}/{rate.total}{beside}")
    console.print(_recall("By footage", card.pictures, before.pictures if before else ()))
    console.print(_recall("By sound", card.sound, before.sound if before else ()))
    music = card.music_alone
    console.print(
        f"Ties by sound through a bed of music alone: {music.total}; {music.found} of them say it is common."
    )
    table = Table(
        "kind", "left", "right", "seconds", "in truth", title=f"False ties: {len(card.false_ties)} of "
        f"{card.unrelated:,} unrelated pairs", title_justify="left",
    )  # fmt: skip
    for one in card.false_ties[:SHOWN]:
        seconds = sum(span.end - span.begin for span in one.spans)
        kind = "sound" if one.by_sound else "footage"
        table.add_row(kind, Text(one.left), Text(one.right), f"{seconds:.1f}", one.relation)
    if len(card.false_ties) > SHOWN:
        table.add_row("…", f"{len(card.false_ties) - SHOWN} more in the JSON", "", "", "")
    console.print(table)


def _recall(title: str, rows: tuple[FilmRecall, ...], before: tuple[FilmRecall, ...]) -> Table:
    table = Table(
        "alteration", "strength", "first look", "tied", "found", f"spans ± {RIGHT_WITHIN:g} s", "right",
        "worst, s", title=title, title_justify="left",
    )  # fmt: skip
    earlier = {(one.alteration, one.strength): one for one in before}
    for one in rows:
        looked = earlier.get((one.alteration, one.strength))
        table.add_row(
            one.alteration,
            one.strength,
            f"{looked.tied.found}/{looked.tied.total}" if looked else "",
            percent(one.tied),
            f"{one.tied.found}/{one.tied.total}",
            percent(one.spans),
            f"{one.spans.found}/{one.spans.total}",
            f"{one.worst:.1f}",
        )
    return table
