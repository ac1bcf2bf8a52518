"""Look at the videos of a case."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from consilience.cli import screen
from consilience.cli.options import TEXT, acting, holdings_option, json_option, reason_options
from consilience.fingerprints import chromaprint
from consilience.linking.alignment import Span
from consilience.model.footage import Look
from consilience.model.locator import Locator
from consilience.services import footage_review
from consilience.services.footage_review import FrameOf, SharedFootage
from consilience.services.holdings import Holdings
from consilience.store.records import FileRecord

_WORDS = {
    Look.FIRST: "had a first look only",
    Look.FULL: "had their full pass",
    Look.EXACT: "were examined at exact frames",
    Look.EVERY: "were examined frame by frame",
}


@click.command()
@click.option("--case", type=TEXT, required=True, help="The case's number.")
@click.option("--first", type=click.IntRange(min=1), default=50, show_default=True, help="Ties to print.")
@holdings_option
@json_option
@reason_options("review")
def footage(case: str, first: int, folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """Show the videos of a case: which share footage or sound, and which pictures are frames of them.

    Each tie names the seconds in both, and how many of the moments between agree.

    \b
    Example:
      consilience footage --case 2026-014 -H unit7
    """
    with Holdings.open(folder) as holdings:
        found = footage_review.footage_of_case(holdings, acting(actor, reason), case)
    if as_json:
        screen.json_lines([screen.builtins(found)])
        return
    for tie in found.shared[:first]:
        _print_shared(tie)
    for frame in found.frames[:first]:
        _print_frame(frame)
    passes = Counter(one.look for one in found.videos)
    reached = ", ".join(f"{passes[look]:,} {words}" for look, words in _WORDS.items() if passes[look])
    click.echo(
        f"{len(found.videos):,} videos and sounds of case {case}" + (f": {reached}." if reached else ".")
    )
    click.echo(
        f"{len(found.shared):,} ties by shared footage or sound; "
        f"{len(found.frames):,} pictures are frames of videos."
    )


def _print_shared(tie: SharedFootage) -> None:
    turned = "" if tie.orientation == "upright" else f", {tie.orientation}"
    what = "sound" if tie.algorithm == chromaprint.NAME else "footage"
    screen.line(f"{tie.one.media.sha256.hex()} shares {what} with {tie.other.media.sha256.hex()}", bold=True)
    for video, share in ((tie.one, tie.share), (tie.other, tie.other_share)):
        screen.line(f"  {share:4.0%} of {_clock(video.seconds)}: ", _where(video.files))
    for span in tie.spans:
        click.echo(f"  {_span(span)}{turned}")
    common = f"; heard in {tie.common} other recordings" if tie.common > 1 else ""
    click.echo(f"  by {tie.algorithm} {tie.version}, score {tie.score:.2f}{common}")


def _span(span: Span) -> str:
    speed = "" if abs(span.speed - 1) < 0.005 else f", {span.speed:.2f} times as fast"
    return (
        f"{_clock(span.begin)}-{_clock(span.end)} is "
        f"{_clock(span.other_begin)}-{_clock(span.other_end)}{speed}: "
        f"{span.agreeing} of {span.possible} moments agree"
    )


def _print_frame(frame: FrameOf) -> None:
    turned = "" if frame.orientation == "upright" else f", {frame.orientation}"
    screen.line(f"{frame.picture.sha256.hex()} is a frame of {frame.video.media.sha256.hex()}", bold=True)
    screen.line(
        f"  at {_clock(frame.second)}, {frame.distance} of 256 bits differ{turned}: ",
        _where(frame.video.files),
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"


def _where(files: tuple[FileRecord, ...]) -> str:
    first = f"{files[0].case} {files[0].exhibit}: {Locator.decode(files[0].locator).display()}"
    return first + (f" and {len(files) - 1} more" if len(files) > 1 else "")
