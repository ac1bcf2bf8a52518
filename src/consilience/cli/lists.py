"""Import and look at hash lists."""

from __future__ import annotations

from pathlib import Path

import click

from consilience.cli import screen
from consilience.cli.options import TEXT, acting, holdings_option, json_option, reason_options
from consilience.interchange.lists import LIST_FORMATS
from consilience.model.lists import Role
from consilience.services import listed_videos
from consilience.services import lists as service
from consilience.services.holdings import Holdings

_BROKEN_SHOWN = 5


@click.group("list")
def list_() -> None:
    """Import and list hash lists."""


@list_.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--name",
    type=TEXT,
    required=True,
    help="The list's name; a file for a name that exists is its next edition.",
)
@click.option(
    "--role", required=True, type=click.Choice([role.value for role in Role]), help="What a match means."
)
@click.option(
    "--scheme", type=TEXT, default="", help="Classification scheme of its categories, such as VICS-US."
)
@click.option("--scheme-version", type=TEXT, default="", help="Version of the scheme.")
@click.option("--origin", type=TEXT, default="", help="Who made the list.")
@click.option(
    "--format",
    "format_",
    type=click.Choice([one.name for one in LIST_FORMATS]),
    help="Format of the file, where its first bytes do not tell.",
)
@holdings_option
@json_option
@reason_options("list-maintenance")
def import_(
    file: Path,
    name: str,
    role: str,
    scheme: str,
    scheme_version: str,
    origin: str,
    format_: str | None,
    folder: Path,
    as_json: bool,
    actor: str,
    reason: str,
) -> None:
    """Import FILE as the next edition of a list, and match it with everything held.

    A file is the whole edition: entries that it no longer has are withdrawn. Of videos' hashes, vPDQ or
    TMK+PDQF, FILE may be a folder of files.

    \b
    Examples:
      consilience list import known.json --name known --role alert --scheme VICS-US -H unit7
      consilience list import nsrl.db --name nsrl --role known-good --origin NIST -H unit7
      consilience list import vpdq-hashes --name videos --role alert -H unit7
    """
    with Holdings.open(folder) as holdings, screen.progress() as progress:
        result = service.import_list(
            holdings,
            acting(actor, reason),
            file,
            name=name,
            role=Role(role),
            scheme=scheme,
            scheme_version=scheme_version,
            origin=origin,
            format=format_,
            progress=progress,
        )
        broken = service.broken_of(holdings, acting(actor, reason), name, result.edition.ordinal)
    if as_json:
        screen.json_lines([screen.builtins(result)])
        return
    edition = result.edition
    if not result.imported:
        screen.say(f"{file} is edition {edition.ordinal} of list {name} already; nothing was changed.")
        if result.in_force != edition.ordinal:
            screen.say(f"Edition {result.in_force} is in force; to go back, a file that differs is needed.")
        return
    click.echo(
        f"List {name}, edition {edition.ordinal} ({edition.format}): {edition.added:,} added, "
        f"{edition.changed:,} changed, {edition.withdrawn:,} withdrawn, {edition.unchanged:,} unchanged."
    )
    click.echo(
        f"Held before: {result.matched:,} contents match it newly, {result.recalled:,} no longer do; "
        f"{result.cases_told:,} cases were told."
    )
    if edition.repeated:
        click.echo(f"{edition.repeated:,} records repeat another of the same file and were left out.")
    for one in broken[:_BROKEN_SHOWN]:
        click.echo(f"record {one.position}: {one.reason}", err=True)
    if edition.broken:
        click.echo(
            f"{edition.broken:,} records could not be taken (all: consilience list show {name}).", err=True
        )


@list_.command("list")
@holdings_option
@json_option
@reason_options("list-maintenance")
def list_lists(folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """List the lists.

    \b
    Example:
      consilience list list -H unit7
    """
    with Holdings.open(folder) as holdings:
        found = service.all_lists(holdings, acting(actor, reason))
    if as_json:
        screen.json_lines(screen.builtins(one) for one in found)
        return
    screen.table(
        "",
        ("list", "role", "scheme", "origin", "entries", "editions"),
        (
            (one.name, one.role.value, one.scheme, one.origin, f"{one.entries:,}", str(one.editions))
            for one in found
        ),
        right="45",
    )


@list_.command()
@click.argument("file", type=click.Path(path_type=Path))
@holdings_option
@json_option
@reason_options("list-maintenance")
def compare(file: Path, folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """Hold the TMK+PDQF hash in FILE against the TMK+PDQF entries of all lists.

    \b
    Example:
      consilience list compare asked.tmk -H unit7
    """
    with Holdings.open(folder) as holdings:
        answer = listed_videos.compare_tmk(holdings, acting(actor, reason), file)
    if as_json:
        screen.json_lines([screen.builtins(answer)])
        return
    screen.table(
        "",
        ("list", "role", "entry", "level 1", "level 2"),
        (
            (one.list, one.role.value, one.entry, f"{one.score.level_1:.4f}", f"{one.score.level_2:.4f}")
            for one in answer.hits
        ),
        right="34",
    )
    click.echo(f"{len(answer.hits):,} of {answer.asked:,} entries match.")
    if answer.other:
        click.echo(f"{answer.other:,} entries were made with other parameters and do not compare.")


@list_.command()
@holdings_option
@json_option
@reason_options("list-maintenance")
def quarantine(folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """Show entries that suddenly match far more than before. They keep matching until somebody judges them.

    \b
    Example:
      consilience list quarantine -H unit7
    """
    with Holdings.open(folder) as holdings:
        found = service.quarantined(holdings, acting(actor, reason))
    if as_json:
        screen.json_lines(screen.builtins(one) for one in found)
        return
    rows = (
        (one.list, one.entry, one.case, one.exhibit, f"{one.files:,}", f"{one.before:,}") for one in found
    )
    screen.table("", ("list", "entry", "case", "exhibit", "files", "most before"), rows, right="45")
    click.echo(f"{len(found):,} entries wait for review.")


@list_.command()
@click.argument("name", type=TEXT)
@holdings_option
@json_option
@reason_options("list-maintenance")
def show(name: str, folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """Show the editions of list NAME, and the records of the newest that could not be taken.

    \b
    Example:
      consilience list show known -H unit7
    """
    with Holdings.open(folder) as holdings:
        editions = service.editions_of(holdings, acting(actor, reason), name)
        broken = service.broken_of(holdings, acting(actor, reason), name, editions[-1].ordinal)
    if as_json:
        screen.json_lines([*(screen.builtins(one) for one in editions), *broken])
        return
    screen.table(
        f"List {name}",
        ("edition", "file", "format", "added", "changed", "withdrawn", "unchanged", "repeated", "broken"),
        (
            (
                str(one.ordinal),
                one.file_name,
                one.format,
                f"{one.added:,}",
                f"{one.changed:,}",
                f"{one.withdrawn:,}",
                f"{one.unchanged:,}",
                f"{one.repeated:,}",
                f"{one.broken:,}",
            )
            for one in editions
        ),
        right="345678",
    )
    if broken:
        screen.table(
            "Could not be taken", ("record", "why"), ((str(one.position), one.reason) for one in broken)
        )
