"""Look at what is on record: matches, stacks, one content, notices."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import click
from rich.text import Text

from consilience.cli import screen
from consilience.cli.options import (
    TEXT,
    acting,
    holdings_option,
    json_option,
    reason_options,
    sha256_argument,
)
from consilience.errors import UsageError
from consilience.model.footage import spoken
from consilience.model.judgements import State
from consilience.model.locator import Locator
from consilience.model.matching import Agreement
from consilience.services import notices as notices_service
from consilience.services import review, waiting
from consilience.services.holdings import Holdings
from consilience.store.records import EntryMatchRecord, FileRecord

_FILES_SHOWN = 3
_OF_ENTRY = {
    State.POSITIVE: ", entry confirmed",
    State.UNSURE: ", entry doubted",
    State.NEGATIVE: ", entry retracted",
    State.DISPUTED: ", entry disputed",
}


@click.command()
@click.option("--case", type=TEXT, required=True, help="The case's number.")
@holdings_option
@json_option
@reason_options("review")
def matches(case: str, folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """Show the files of a case that match a list entry, with what agrees.

    What only a first look matches is provisional, comes last, and does not count until the full pass.

    \b
    Example:
      consilience matches --case 2026-014 -H unit7
    """
    with Holdings.open(folder) as holdings:
        found = review.matches_of_case(holdings, acting(actor, reason), case)
        waits = waiting.waiting_of_case(holdings, acting(actor, reason), case)
    if as_json:
        screen.json_lines(screen.builtins(one) for one in (*found, *waits.matches))
        return
    for one in found:
        screen.line(one.media.sha256.hex(), bold=True)
        _print_files(one.files)
        _print_entries(one.matches)
    for early in waits.matches:
        screen.line(early.media.sha256.hex(), bold=True)
        _print_files(early.files)
        _print_entries(early.provisional, provisional=True)
    click.echo(f"{len(found):,} contents of case {case} match a list entry.")
    if waits.first_look:
        click.echo(
            f"{waits.first_look:,} contents had a first look only: {len(waits.matches):,} match a list "
            f"entry provisionally, {waits.near:,} more are perhaps near another. Nothing of it counts "
            "before the full pass has confirmed it."
        )


@click.command()
@click.option("--case", type=TEXT, required=True, help="The case's number.")
@click.option("--first", type=click.IntRange(min=1), default=20, show_default=True, help="Stacks to print.")
@holdings_option
@json_option
@reason_options("review")
def stacks(case: str, first: int, folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """Show the stacks of a case: near-identical pictures around one representative.

    \b
    Example:
      consilience stacks --case 2026-014 -H unit7
    """
    with Holdings.open(folder) as holdings:
        found = review.stacks_of_case(holdings, acting(actor, reason), case)
    if as_json:
        screen.json_lines(screen.builtins(one) for one in found)
        return
    for stack in found[:first]:
        rows = [
            (
                Text(_where(one.files)),  # display text already
                f"{one.media.width} x {one.media.height}",
                "representative" if one is stack.representative else f"{one.distance} bits",
                one.orientation if one.orientation != "upright" else "",
            )
            for one in (stack.representative, *stack.members)
        ]
        screen.table(f"{len(rows)} contents", ("file", "pixels", "from it", "turned"), rows, right="1")
        click.echo()
    contents = sum(len(stack.members) + 1 for stack in found)
    shown = f", {first:,} shown" if len(found) > first else ""
    click.echo(f"{len(found):,} stacks of {contents:,} contents{shown}.")


@click.command()
@click.argument("sha256", type=TEXT)
@holdings_option
@json_option
@reason_options("review")
def show(sha256: str, folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """Show everything on record of the content named by its SHA256.

    \b
    Example:
      consilience show 30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58 -H unit7
    """
    if not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise UsageError(f"{sha256!r} is not a SHA-256: 64 hexadecimal digits are")
    with Holdings.open(folder) as holdings:
        found = review.show(holdings, acting(actor, reason), bytes.fromhex(sha256))
    if as_json:
        screen.json_lines([screen.builtins(found)])
        return
    media = found.media
    facts = [
        ("SHA-256", media.sha256.hex()),
        ("SHA-1", media.sha1.hex()),
        ("MD5", media.md5.hex()),
        ("type", f"{media.media_type}, {media.size:,} bytes"),
    ]
    if media.width:
        frames = f", {media.frames} frames" if media.frames > 1 else ""
        facts.append(("pixels", f"{media.width} x {media.height}{frames}"))
    if media.problem:
        facts.append(("problem", f"{media.problem.code} {media.problem.detail}".strip()))
    facts += [
        (f"{one.algorithm} {one.version}, {one.part}", f"{one.code.hex()} quality {one.quality}")
        for one in found.fingerprints
    ]
    facts += [(one.kind, f"{one.value} ({one.source})") for one in found.clues]
    screen.table("", ("", ""), facts)
    _print_files(found.files, every=True)
    _print_entries(found.matches)
    for near in found.near:
        screen.line(f"  is near {near.sha256.hex()}: {_agreement(near.agreement)}; ", _where(near.files))


@click.command()
@sha256_argument("sha256")
@holdings_option
@reason_options("review")
def hit(sha256: bytes, folder: Path, actor: str, reason: str) -> None:
    """Say whether the content named by its SHA256 is held: hit or no hit, and nothing more.

    \b
    Example:
      consilience hit 30e14955ebf1352266dc2ff8067e68104607e750abb9d3b36582b8af909fcb58 -H unit7
    """
    with Holdings.open(folder) as holdings:
        found = review.is_held(holdings, acting(actor, reason), sha256)
    click.echo("hit" if found else "no hit")


@click.command()
@click.option("--case", type=TEXT, required=True, help="The case's number.")
@holdings_option
@json_option
@reason_options("review")
def notices(case: str, folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """Show what the people of a case were told: new matches of what is held, recalls, shared contents.

    \b
    Example:
      consilience notices --case 2026-014 -H unit7
    """
    with Holdings.open(folder) as holdings:
        found = notices_service.notices_of_case(holdings, acting(actor, reason), case)
    if as_json:
        screen.json_lines(screen.builtins(one) for one in found)
        return
    screen.table("", ("when", "notice"), ((one.when, one.text) for one in found))
    click.echo(f"{len(found):,} notices.")


def _where(files: Iterable[FileRecord]) -> str:
    known = list(files)
    first = f"{known[0].exhibit}: {Locator.decode(known[0].locator).display()}" if known else "elsewhere"
    return first + (f" and {len(known) - 1} more" if len(known) > 1 else "")


def _print_files(files: tuple[FileRecord, ...], *, every: bool = False) -> None:
    shown = files if every else files[:_FILES_SHOWN]
    for file in shown:
        screen.line(f"  {file.case} {file.exhibit}: ", Locator.decode(file.locator).display())
    if len(files) > len(shown):
        click.echo(f"  and {len(files) - len(shown)} more files")


def _print_entries(found: Iterable[EntryMatchRecord], *, provisional: bool = False) -> None:
    how = "provisionally matches" if provisional else "matches"
    for one in found:
        category = f", category {one.category} of {one.scheme or 'no scheme'}" if one.category else ""
        recalled = ", recalled" if one.recalled else ""
        said = f", judged {one.state}" if one.state is not State.OPEN else ""
        said += _OF_ENTRY.get(one.entry_state, "")
        said += ", quarantined: it suddenly matches far more than before" if one.quarantined else ""
        screen.line(
            f"  {how} entry {one.entry} of list {one.list} ({one.role.value}{category}): "
            f"{_agreement(one.agreement)}{_moment(one.part)}{recalled}{said}"
        )


def _moment(part: str) -> str:
    """Where in a video it agrees; nothing of a picture."""
    return f", {spoken(part)}" if "@" in part else ""


def _agreement(agreement: Agreement) -> str:
    if agreement.basis.same_bytes:
        return f"same bytes by {agreement.basis.value}"
    turned = "" if agreement.orientation == "upright" else f", {agreement.orientation}"
    return f"{agreement.basis.value} {agreement.version}, {agreement.distance} of 256 bits differ{turned}"
