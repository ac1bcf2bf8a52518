"""Holdings and cases."""

from __future__ import annotations

from pathlib import Path

import click

from consilience.cli import screen
from consilience.cli.options import TEXT, acting, holdings_option, json_option, reason_options
from consilience.model.locator import printable_text
from consilience.services import cases
from consilience.services.copying import copy_holdings
from consilience.services.holdings import Holdings


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", type=TEXT, help="What the holdings are called; the folder's name by default.")
@click.option(
    "--database",
    "address",
    metavar="ADDRESS",
    help="Keep the records in a PostgreSQL database: postgresql://user@host/database, without a password.",
)
@reason_options("set-up")
def init(folder: Path, name: str | None, address: str | None, actor: str, reason: str) -> None:
    """Make new holdings in FOLDER.

    \b
    Examples:
      consilience init unit7
      consilience init unit7 --database postgresql://consilience@db.unit7/holdings
    """
    called = name or printable_text(folder.resolve().name)
    Holdings.create(folder, called, acting(actor, reason), address).close()
    screen.say(f"Holdings made in {folder}. Next: consilience case new NUMBER -H {folder}")


@click.group()
def holdings() -> None:
    """Copy, share and upgrade holdings."""


@holdings.command()
@click.argument("source", metavar="FROM", type=click.Path(path_type=Path))
@click.argument("to", metavar="TO", type=click.Path(path_type=Path))
@click.option(
    "--database",
    "address",
    metavar="ADDRESS",
    help="Keep the copy's records in a PostgreSQL database: postgresql://user@host/database.",
)
@reason_options("maintenance")
def copy(source: Path, to: Path, address: str | None, actor: str, reason: str) -> None:
    """Copy the holdings in FROM into TO, a new folder, and compare every record.

    \b
    Examples:
      consilience holdings copy unit7 unit7-server --database postgresql://consilience@db.unit7/holdings
      consilience holdings copy unit7-server unit7-again
    """
    with Holdings.open(source) as given, screen.progress() as progress:
        result = copy_holdings(given, acting(actor, reason), to, address, progress=progress)
    screen.say(f"{result.rows} records and {result.files} files are the same on both sides.")
    screen.say(f"From now on use {to}: what is added to {source} is not in it.")


@holdings.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("address", type=TEXT)
def attach(folder: Path, address: str) -> None:
    """Use holdings that are in a PostgreSQL database from FOLDER too.

    \b
    Example:
      consilience holdings attach unit7 postgresql://consilience@db.unit7/holdings
    """
    Holdings.attach(folder, address).close()
    screen.say(f"{folder} uses the holdings at {address}.")


@holdings.command()
@click.argument("folder", type=click.Path(path_type=Path))
def upgrade(folder: Path) -> None:
    """Bring holdings in a PostgreSQL database to this release; back the database up first.

    Holdings in a file need no command: they are backed up and brought over when they are opened.

    \b
    Example:
      consilience holdings upgrade unit7
    """
    Holdings.open(folder, upgrade=True).close()
    screen.say(f"The holdings in {folder} are of this release.")


@click.group()
def case() -> None:
    """Open and list cases."""


@case.command()
@click.argument("number", type=TEXT)
@click.option("--title", type=TEXT, default="", help="What the case is called.")
@click.option("--agency", type=TEXT, default="", help="Who owns it; your agency by default.")
@click.option("--legal-basis", type=TEXT, default="", help="The law or order that the work rests on.")
@holdings_option
@reason_options("case-opening")
def new(
    number: str, title: str, agency: str, legal_basis: str, folder: Path, actor: str, reason: str
) -> None:
    """Open case NUMBER.

    \b
    Example:
      consilience case new 2026-014 --title "Harbour" --agency "Unit 7" -H unit7
    """
    with Holdings.open(folder) as opened:
        added = cases.new_case(
            opened,
            acting(actor, reason),
            number=number,
            title=title,
            agency=agency,
            legal_basis=legal_basis,
        )
    following = f"consilience ingest PATH --case {added.number} --exhibit N -H {folder}"
    screen.say(f"Case {added.number} opened. Next: {following}")


@case.command("list")
@holdings_option
@json_option
@reason_options("review")
def list_cases(folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """List the cases.

    \b
    Example:
      consilience case list -H unit7
    """
    with Holdings.open(folder) as opened:
        found = cases.all_cases(opened, acting(actor, reason))
    if as_json:
        screen.json_lines(screen.builtins(one) for one in found)
        return
    screen.table("", ("case", "title", "agency"), ((one.number, one.title, one.agency) for one in found))
