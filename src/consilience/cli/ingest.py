"""Take exhibits in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from consilience.cli import screen
from consilience.cli.options import TEXT, acting, holdings_option, json_option, reason_options
from consilience.evidence.folder import FolderSource
from consilience.model.vocabularies import outcome_words
from consilience.runs.local import LocalExecutor
from consilience.services import cases, review
from consilience.services import full_pass as full_pass_service
from consilience.services import ingest as service
from consilience.services.full_pass import FullPassResult
from consilience.services.holdings import Holdings
from consilience.settings import Limits

_DEFAULTS = Limits()


_Command = Callable[..., None]


def _limits_options(command: _Command) -> _Command:
    """The options that say what examination may use."""
    options = (
        click.option(
            "--workers", type=click.IntRange(1, 1024), help="Sandboxed processes; one a processor by default."
        ),
        click.option(
            "--seconds",
            type=click.IntRange(1, 86_400),
            default=round(_DEFAULTS.seconds),
            show_default=True,
            help="Time for one file to make progress.",
        ),
        click.option(
            "--memory",
            type=click.IntRange(1024, 1 << 20),
            default=_DEFAULTS.memory >> 20,
            show_default=True,
            help="MiB of address space of one worker.",
        ),
        click.option(
            "--pixels",
            type=click.IntRange(1, 1_000_000),
            default=_DEFAULTS.pixels // 1_000_000,
            show_default=True,
            help="Megapixels of the largest picture that is decoded; more need more memory.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _exhibit_options(command: _Command) -> _Command:
    """The case and the exhibit's number."""
    number = "The exhibit's number."
    command = click.option("--exhibit", type=TEXT, required=True, help=number)(command)
    return click.option("--case", type=TEXT, required=True, help="The case's number.")(command)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@_exhibit_options
@click.option(
    "--description", type=TEXT, default="", help="What the exhibit is; recorded with one that is new."
)
@_limits_options
@click.option("--again", is_flag=True, help="Examine once more what met a limit or brought a worker down.")
@click.option(
    "--first-look", is_flag=True, help="Look at JPEG pictures in a quick way first; for what is large."
)
@click.option("--no-full-pass", is_flag=True, help="Stop after the first look; full-pass goes on from there.")
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
    first_look: bool,
    no_full_pass: bool,
    folder: Path,
    as_json: bool,
    actor: str,
    reason: str,
) -> None:
    """Take in the folder or file at PATH as an exhibit of a case.

    The exhibit is added to the case if its number is new. Nothing is written to PATH. Cut off at any moment,
    the same command goes on where it stopped.

    Videos, and with --first-look JPEG pictures, are looked at in a quick way first and examined in full
    afterwards. What only a first look matches is provisional: it counts when the full pass has confirmed it.

    \b
    Examples:
      consilience ingest /mnt/stick --case 2026-014 --exhibit AB-1 -H unit7
      consilience ingest /mnt/stick --case 2026-014 --exhibit AB-1 --again --seconds 600 -H unit7
      consilience ingest /mnt/drive --case 2026-014 --exhibit AB-2 --first-look --no-full-pass -H unit7
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
                first_look=first_look,
                progress=progress,
            )
            passed = None
            if not no_full_pass:
                passed = full_pass_service.full_pass(
                    holdings, who, source, executor, case=case, exhibit=exhibit, progress=progress
                )
        counts = review.count_outcomes(holdings, who, case)
    source.close()
    if as_json:
        told = [result, passed] if passed is not None and passed.waiting else [result]
        screen.json_lines(screen.builtins(one) for one in told)
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
    if passed is not None and passed.waiting:
        _say(passed)
    rows = [(outcome_words()[outcome].title, f"{number:,}") for outcome, number in counts.items() if number]
    screen.table(
        f"Case {case}", ("outcome", "files"), [*rows, ("all", f"{sum(counts.values()):,}")], right="1"
    )


@click.command("full-pass")
@click.argument("path", type=click.Path(path_type=Path))
@_exhibit_options
@_limits_options
@holdings_option
@json_option
@reason_options("examination")
def full_pass(
    path: Path,
    case: str,
    exhibit: str,
    workers: int | None,
    seconds: int,
    memory: int,
    pixels: int,
    folder: Path,
    as_json: bool,
    actor: str,
    reason: str,
) -> None:
    """Examine in full what of an exhibit, attached at PATH, had a first look only.

    First what its first look ties to something, then what matched nothing, then the rest. Cut off at any
    moment, the same command goes on where it stopped. Exit code 1 if something could not be read again.

    \b
    Example:
      consilience full-pass /mnt/drive --case 2026-014 --exhibit AB-2 -H unit7
    """
    source = FolderSource(path)
    with Holdings.open(folder) as holdings:
        who = acting(actor, reason)
        cases.require_case(holdings, who, case)
        limits = Limits(seconds=seconds, memory=memory << 20, pixels=pixels * 1_000_000)
        with LocalExecutor(limits, workers) as executor, screen.progress() as progress:
            passed = full_pass_service.full_pass(
                holdings, who, source, executor, case=case, exhibit=exhibit, progress=progress
            )
    source.close()
    if as_json:
        screen.json_lines([screen.builtins(passed)])
    else:
        _say(passed)
    sys.exit(1 if passed.offline or passed.changed else 0)


def _say(passed: FullPassResult) -> None:
    click.echo(
        f"{passed.examined:,} of {passed.waiting:,} contents that waited were examined in full "
        f"in {passed.seconds:.1f} s; {passed.confirmed:,} provisional matches with lists confirmed, "
        f"{passed.refuted:,} not."
    )
    left = passed.offline + passed.changed
    if left:
        click.echo(
            f"{left:,} contents still wait: {passed.offline:,} offline, {passed.changed:,} changed. Such as:",
            err=True,
        )
        for name in passed.left_named[:5]:
            click.echo(f"  {name}", err=True)
