"""Write the report of a case."""

from __future__ import annotations

from pathlib import Path

import click

from consilience.cli import screen
from consilience.cli.options import TEXT, acting, holdings_option, json_option, reason_options
from consilience.services.holdings import Holdings
from consilience.services.report import write_case_report


@click.command()
@click.option("--case", type=TEXT, required=True, help="The case's number.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder to write.")
@holdings_option
@json_option
@reason_options("reporting")
def report(case: str, out: Path, folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """Write the report of a case: report.html for people, report.json and files.jsonl for programs.

    \b
    Example:
      consilience report --case 2026-014 --out report -H unit7
    """
    with Holdings.open(folder) as holdings:
        written = write_case_report(holdings, acting(actor, reason), case, out)
    if as_json:
        screen.json_lines(screen.builtins(part) for part in written.parts)
        return
    from consilience.interchange.report.terminal import summary

    screen.console().print(summary(written.report))
    screen.say(f"Open {out / 'report.html'} in a browser.")
