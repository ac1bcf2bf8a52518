"""The report in a terminal: what a person wants to know first, within 80 columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from consilience.interchange.report.notices import notices
from consilience.interchange.report.records import ListTally, Report
from consilience.interchange.report.text import count, harmless, plural, share, size
from consilience.model.outcomes import OUTCOMES, Outcome
from consilience.model.vocabularies import outcome_words, problem_words

_BAR = 16
_STYLES = {
    Outcome.ALERT_SAME: "bold red",
    Outcome.ALERT_NEAR: "red",
    Outcome.UNREADABLE: "yellow",
    Outcome.NEW: "bold blue",
    Outcome.SEEN_BEFORE: "cyan",
    Outcome.NEAR_DUPLICATE: "cyan",
}


def summary(report: Report) -> RenderableType:
    """Outcomes with their sum, matches by list, and reasons of what could not be read.

    Nothing in it is taken for markup, and no control character of a name reaches the terminal.
    """
    head, tally = report.findings.head, report.tally
    exhibits = plural(len(report.findings.exhibits), "exhibit")
    parts: list[RenderableType] = [
        Text(harmless(f"{head.case}  {head.title}"), style="bold", overflow="ellipsis", no_wrap=True),
        Text(
            f"{plural(tally.files, 'file')}, {size(tally.bytes)}, "
            f"{plural(tally.contents, 'distinct content')} in {exhibits}"
        ),
        Text(),
        _outcomes(report),
    ]
    if tally.lists:
        parts += [Text(), _lists(report, tally.lists)]
    if tally.problems and tally.outcomes[Outcome.UNREADABLE]:
        parts += [Text(), _reasons(report)]
    for notice in notices(report.findings):
        parts += [Text(), Text(harmless(notice), style="yellow")]
    return Group(*parts)


def _outcomes(report: Report) -> Table:
    tally = report.tally
    greatest = max(tally.outcomes.values(), default=0)
    table = _table(("Outcome", "left"), ("Files", "right"), ("Share", "right"), ("", "left"))
    for outcome in OUTCOMES:
        files = tally.outcomes[outcome]
        style = _STYLES.get(outcome, "") if files else "dim"
        drawn = "█" * max(round(_BAR * files / greatest), 1) if files else ""
        title = outcome_words()[outcome].title
        table.add_row(Text(title, style), count(files), share(files, tally.files), Text(drawn, style))
    table.add_section()
    table.add_row(Text("All files", "bold"), Text(count(tally.files), "bold"), "", "")
    return table


def _lists(report: Report, lists: Iterable[ListTally]) -> Table:
    used = {one.key: one for one in report.findings.lists}
    table = _table(
        ("Matches entries of list", "left"), ("Role", "left"), ("Same bytes", "right"), ("Near", "right")
    )
    for tally in lists:
        name = Text(harmless(used[tally.list].name))
        table.add_row(name, used[tally.list].role.value, count(tally.files_same), count(tally.files_near))
    return table


def _reasons(report: Report) -> Table:
    table = _table(("Could not be read", "left"), ("Files", "right"))
    for problem in report.tally.problems:
        if problem.unreadable:
            table.add_row(problem_words()[problem.code].title, count(problem.unreadable))
    return table


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name, justify in columns:
        table.add_column(
            name,
            justify="right" if justify == "right" else "left",
            no_wrap=True,
            overflow="ellipsis",
            max_width=None if justify == "right" else 44,
        )
    return table
