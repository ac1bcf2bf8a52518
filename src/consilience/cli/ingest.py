"""Take exhibits in."""

from __future__ import annotations

from pathlib import Path

import click

from consilience.cli import screen
from consilience.cli.options import TEXT, acting, holdings_option, json_option, reason_options
from consilience.evidence.folder import FolderSource
from consilience.model.vocabularies import outcome_words
from consilience.runs.local import LocalExecutor
from consilience.services import cases, review
from consilience.services import ingest as service
from consilience.services.holdings import Holdings
from consilience.settings import Limits

_DEFAULTS = Limits()


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--case", type=TEXT, required=True, help="The case's number.")
@click.option(
    "--exhibit", type=TEXT, required=True, help="The exhibit's number; added to the case if it is new."
)
@click.option(
    "--description", type=TEXT, default="", help="What the exhibit is; recorded with one that is new."
)
@click.option(
    "--workers", type=click.IntRange(1, 1024), help="Sandboxed processes; one a processor by default."
)
@click.option(
    "--seconds",
    type=click.IntRange(1, 86_400),
    default=round(_DEFAULTS.seconds),
    show_default=True,
    help="Time for one file to make progress.",
)
@click.option(
    "--memory",
    type=click.IntRange(1024, 1 << 20),
    default=_DEFAULTS.memory >> 20,
    show_default=True,
    help="MiB of address space of one worker.",
)
@click.option(
    "--pixels",
    type=click.IntRange(1, 1_000_000),
    default=_DEFAULTS.pixels // 1_000_000,
    show_default=True,
    help="Megapixels of the largest picture that is decoded; more need more memory.",
)
@click.option("--again", is_flag=True, help="Examine once more what met a limit or brought a worker down.")
@holdings_option
@json_option
@reason_options("examination")
def ingest(
    path: Path,
    case: str,
    exhibit: str,
    description: str,
    workers: int | None,
    seconds: int,
    memory: int,
    pixels: int,
    again: bool,
    folder: Path,
    as_json: bool,
    actor: str,
    reason: str,
) -> None:
    """Take in the folder or file at PATH as an exhibit of a case.

    Nothing is written to PATH. Cut off at any moment, the same command goes on where it stopped.

    \b
    Examples:
      consilience ingest /mnt/stick --case 2026-014 --exhibit AB-1 -H unit7
      consilience ingest /mnt/stick --case 2026-014 --exhibit AB-1 --again --seconds 600 -H unit7
    """
    source = FolderSource(path)
    with Holdings.open(folder) as holdings:
        who = acting(actor, reason)
        cases.require_case(holdings, who, case)  # a wrong case is said before the sandbox starts
        limits = Limits(seconds=seconds, memory=memory << 20, pixels=pixels * 1_000_000)
        with LocalExecutor(limits, workers) as executor, screen.progress() as progress:
            result = service.ingest(
                holdings,
                who,
                source,
                executor,
                case=case,
                exhibit=exhibit,
                description=description,
                again=again,
                progress=progress,
            )
        counts = review.count_outcomes(holdings, who, case)
    source.close()
    if as_json:
        screen.json_lines([screen.builtins(result)])
        return
    rate = result.files / max(result.seconds, 1e-9)
    click.echo(
        f"{result.files:,} files recorded ({screen.size(result.bytes)}) in {result.seconds:.1f} s, "
        f"{rate:,.0f}/s; {result.contents:,} contents new to the holdings, {result.examined:,} decoded."
    )
    if result.already:
        click.echo(f"{result.already:,} files were on record already.")
    if result.tried_again:
        click.echo(f"{result.tried_again:,} files that could not be read before were tried again.")
    if result.differing:
        click.echo(f"{result.differing:,} files have another size than recorded, such as:", err=True)
        for name in result.differing_named[:5]:
            click.echo(f"  {name}", err=True)
    rows = [(outcome_words()[outcome].title, f"{number:,}") for outcome, number in counts.items() if number]
    screen.table(
        f"Case {case}", ("outcome", "files"), [*rows, ("all", f"{sum(counts.values()):,}")], right="1"
    )
