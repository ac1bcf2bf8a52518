"""The scorecard on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from consilience.exercise.scoring.card import FalseLink, Rate, Recall, Scorecard, WrongFile

SHOWN = 20
"""Lines of each list of errors on the terminal; all of them are in the JSON."""


def percent(rate: Rate) -> str:
    """A share with its interval, or a dash where there is nothing to count."""
    share = rate.share
    if share is None:
        return "none"
    return f"{100 * share:.1f} % ({100 * rate.low:.1f} to {100 * rate.high:.1f})"


def show(card: Scorecard, console: Console) -> None:
    """Print a scorecard."""
    console.print(_exact(card))
    console.print(_recall(card, "Altered pictures tied to their originals", card.recall))
    console.print(
        _recall(card, f"The same by family of scenes (held out: {card.held_out})", card.recall_by_family)
    )
    title = (
        f"False links: {len(card.false_links)} "
        f"(between contents {card.false_rate.found} of {card.unrelated_pairs:,} unrelated pairs; "
        f"{card.mistaken_pictures} pairs of pictures)"
    )
    console.print(_links(title, card.false_links))
    if card.wrong_orientations:
        turned = f"True links with a wrong orientation: {len(card.wrong_orientations)}"
        console.print(_links(turned, card.wrong_orientations))
    for title, wrong in (
        ("Files without a result", card.accounting.missing),
        ("Files with two results", card.accounting.twice),
        ("Results that the truth does not explain", card.accounting.unexplained),
        ("Wrong outcomes", card.wrong_outcomes),
        ("Outcomes that follow from a false link", card.misled),
        ("Wrong problems", card.wrong_problems),
        ("Copies called new", card.copies_called_new),
        ("Wrong at the radius", card.wrong_edges),
    ):
        if wrong:
            console.print(_wrong(title, wrong))
    if card.missed:
        table = Table(
            "content",
            "list entry",
            title=f"Same bytes, not matched: {len(card.missed)}",
            title_justify="left",
        )
        for one in card.missed[:SHOWN]:
            table.add_row(Text(one.left), Text(one.right))
        console.print(table)


def _exact(card: Scorecard) -> Table:
    account = card.accounting
    table = Table(
        "what must be exact",
        "right",
        "of",
        "errors",
        title=f"Exercise {card.preset}, seed {card.seed}, generator {card.generator}",
        title_justify="left",
    )
    lost = len(account.missing) + len(account.twice) + len(account.unexplained)
    table.add_row(
        "files accounted for", str(account.in_truth - len(account.missing)), str(account.in_truth), str(lost)
    )
    for name, rate in (
        ("outcomes", card.outcomes),
        ("problems of bad files", card.problems),
        ("copies of the same bytes", card.copies),
        ("list entries of the same bytes", card.listed),
    ):
        table.add_row(name, str(rate.found), str(rate.total), str(rate.total - rate.found))
    right = len(card.edges) - len(card.wrong_edges)
    table.add_row("codes around the radius", str(right), str(len(card.edges)), str(len(card.wrong_edges)))
    return table


def _recall(card: Scorecard, title: str, rows: tuple[Recall, ...]) -> Table:
    table = Table(
        "alteration",
        "strength",
        "to the original",
        "found",
        "to a list",
        "found",
        "unfit",
        title=title,
        title_justify="left",
    )
    for one in (*rows, card.overall):
        if one is card.overall:
            table.add_section()
        table.add_row(
            one.alteration,
            one.strength,
            percent(one.between_contents),
            f"{one.between_contents.found}/{one.between_contents.total}",
            percent(one.with_lists),
            f"{one.with_lists.found}/{one.with_lists.total}",
            str(one.unfit or ""),
        )
    return table


def _links(title: str, links: tuple[FalseLink, ...]) -> Table:
    table = Table("bits", "left", "right", "in truth", title=title, title_justify="left")
    for one in links[:SHOWN]:
        table.add_row(str(one.distance), Text(one.left), Text(one.right), f"{one.relation}: {one.why}")
    if len(links) > SHOWN:
        table.add_row("…", f"{len(links) - SHOWN} more in the JSON", "", "")
    return table


def _wrong(title: str, wrong: tuple[WrongFile, ...]) -> Table:
    table = Table(
        "exhibit", "file", "is", "right", "got", title=f"{title}: {len(wrong)}", title_justify="left"
    )
    for one in wrong[:SHOWN]:
        table.add_row(one.exhibit, Text(one.shown), one.what, one.expected, one.got)
    if len(wrong) > SHOWN:
        table.add_row("…", f"{len(wrong) - SHOWN} more in the JSON", "", "", "")
    return table
