"""Build harmless operations with ground truth, and see how the system does on them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from consilience.cli import screen
from consilience.cli.options import acting, json_option, reason_options
from consilience.exercise.build import build as build_exercise
from consilience.exercise.films.plan import PRESETS as FILM_PRESETS
from consilience.exercise.films.truth import read_films
from consilience.exercise.plan import PRESETS
from consilience.exercise.run import run_exercise
from consilience.exercise.scoring import score as score_exercise
from consilience.exercise.scoring.films import FilmCard, score_films
from consilience.exercise.scoring.films_found import first_looks_of, ties_of
from consilience.exercise.scoring.films_table import show_films
from consilience.exercise.scoring.folder import read_film_card, write_film_card, write_scorecard
from consilience.exercise.scoring.holdings import matches_of, results_of
from consilience.exercise.scoring.table import show
from consilience.exercise.truth import Truth, read_truth
from consilience.runs.local import LocalExecutor
from consilience.services.holdings import Holdings
from consilience.services.report import write_case_report
from consilience.settings import Limits


@click.group()
def exercise() -> None:
    """Build harmless operations with ground truth, and score the system on them."""


_preset = click.option(
    "--preset",
    type=click.Choice([*PRESETS, *FILM_PRESETS]),
    default="small",
    show_default=True,
    help="How large.",
)
_seed = click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Same seed, same bytes."
)


@exercise.command()
@click.argument("out", type=click.Path(path_type=Path))
@_preset
@_seed
@click.option("--processes", type=click.IntRange(min=1), default=os.cpu_count() or 1, help="All by default.")
def build(out: Path, preset: str, seed: int, processes: int) -> None:
    """Build an exercise in OUT: exhibits, lists, and what is true of them.

    \b
    Example:
      consilience exercise build operation --preset small --seed 7
    """
    with screen.progress() as progress:
        truth = build_exercise(out, preset, seed, processes, progress)
    _describe(out, truth.head.counts)


@exercise.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("holdings", type=click.Path(path_type=Path))
@click.option("--no-full-pass", is_flag=True, help="Stop after the first look at films; run again goes on.")
@reason_options("exercise")
def run(folder: Path, holdings: Path, no_full_pass: bool, actor: str, reason: str) -> None:
    """Take the exercise in FOLDER through the main job, into HOLDINGS (made if they are not there).

    \b
    Example:
      consilience exercise run operation unit7
    """
    who = acting(actor, reason)
    truth = read_truth(folder)
    made = (
        Holdings.open(holdings)
        if Holdings.are_in(holdings)
        else Holdings.create(holdings, holdings.name, who)
    )
    with made, LocalExecutor(Limits()) as executor, screen.progress() as progress:
        ran = run_exercise(folder, truth, made, who, executor, progress, full=not no_full_pass)
    files = sum(one.files for one in ran.ingested)
    seconds = sum(one.seconds for one in ran.ingested)
    click.echo(
        f"{len(ran.ingested)} exhibits, {files:,} files taken in {seconds:.1f} s; "
        f"{len(ran.imported)} editions of lists imported, {len(ran.refused)} refused."
    )


@exercise.command()
@click.argument("holdings", type=click.Path(path_type=Path))
@click.argument("truth", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder for scorecard.json and its plots.")
@click.option(
    "--beside",
    type=click.Path(path_type=Path),
    help="Folder of an earlier scorecard of films, after their first look: printed beside this one.",
)
@json_option
def score(holdings: Path, truth: Path, out: Path | None, beside: Path | None, as_json: bool) -> None:
    """Hold what HOLDINGS say of an exercise against its TRUTH (the exercise's folder).

    Exit code 1 if an identical copy was missed, a file is not accounted for, or an outcome is wrong.

    \b
    Example:
      consilience exercise score unit7 operation --out scorecard
    """
    known = read_truth(truth)
    with Holdings.open(holdings) as opened:
        card = score_exercise(known, results_of(opened, known), matches_of(opened))
        films = _films_scored(opened, truth, known)
    if out is not None:
        write_scorecard(out, card)
        if films is not None:
            write_film_card(out, films)
    if as_json:
        screen.json_lines([screen.builtins(one) for one in (card, films) if one is not None])
    else:
        show(card, screen.console())
        if films is not None:
            show_films(films, screen.console(), None if beside is None else read_film_card(beside))
    sys.exit(0 if card.is_faultless else 1)


def _films_scored(holdings: Holdings, folder: Path, truth: Truth) -> FilmCard | None:
    films = read_films(folder)
    if films is None:
        return None
    head = truth.head
    return score_films(films, head.preset, head.seed, first_looks_of(holdings), ties_of(holdings))


@exercise.command()
@click.argument("out", type=click.Path(path_type=Path))
@_seed
@reason_options("exercise")
def demo(out: Path, seed: int, actor: str, reason: str) -> None:
    """Build a small operation in OUT, take it in, and write the report of each of its cases.

    \b
    Example:
      consilience exercise demo demo
    """
    from consilience.interchange.report.terminal import summary

    who = acting(actor, reason)
    operation, holdings = out / "operation", out / "holdings"
    with screen.progress() as progress:
        truth = build_exercise(operation, "demo", seed, os.cpu_count() or 1, progress)
        _describe(operation, truth.head.counts)
        with Holdings.create(holdings, "demo", who) as made, LocalExecutor(Limits()) as executor:
            run_exercise(operation, truth, made, who, executor, progress)
            reports = {
                case.number: write_case_report(made, who, case.number, out / f"report-{case.number}")
                for case in truth.head.cases
            }
    for number, written in reports.items():
        screen.console().print(summary(written.report))
        click.echo(f"Open {(out / f'report-{number}' / 'report.html').resolve()} in a browser.\n")
    first = next(iter(reports))
    click.echo(f"Look further:  consilience matches --case {first} -H {holdings}")
    click.echo(f"               consilience stacks --case {first} -H {holdings}")


def _describe(folder: Path, counts: dict[str, int]) -> None:
    click.echo(f"{folder}: " + ", ".join(f"{number:,} {what}" for what, number in counts.items()) + ".")
