"""Keep holdings safe: backups, keys, what is due for review, and erasure."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

import click

from consilience.cli import screen
from consilience.cli.options import acting, holdings_option, reason_options
from consilience.errors import UsageError
from consilience.services import backup as backup_service
from consilience.services import keys as keys_service
from consilience.services.holdings import Holdings

BACKUP_PASSPHRASE = "CONSILIENCE_BACKUP_PASSPHRASE"  # noqa: S105 - the variable's name
NEW_PASSPHRASE = "CONSILIENCE_NEW_PASSPHRASE"  # noqa: S105 - the variable's name


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@holdings_option
@reason_options("backup")
def backup(out: Path, folder: Path, actor: str, reason: str) -> None:
    """Write all of the holdings, as they are at one moment, to the new file OUT, sealed with a passphrase.

    The passphrase is asked for, or taken from CONSILIENCE_BACKUP_PASSPHRASE. Others go on working.

    \b
    Example:
      consilience backup unit7.backup -H unit7
    """
    with Holdings.open(folder) as holdings, screen.progress() as progress:
        passphrase = _passphrase("Passphrase of the backup: ", BACKUP_PASSPHRASE, twice=True)
        done = backup_service.back_up(holdings, acting(actor, reason), out, passphrase, progress=progress)
    screen.say(
        f"{out}: {screen.size(done.bytes)}, with {done.events:,} events. Keep its passphrase elsewhere."
    )


@click.command()
@click.argument("source", metavar="BACKUP", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@reason_options("backup")
def restore(source: Path, folder: Path, actor: str, reason: str) -> None:
    """Make holdings in FOLDER, which is new or empty, from a backup.

    \b
    Example:
      consilience restore unit7.backup unit7-again
    """
    passphrase = _passphrase("Passphrase of the backup: ", BACKUP_PASSPHRASE)
    done = backup_service.restore(source, folder, acting(actor, reason), passphrase)
    screen.say(f"Holdings restored in {folder}: {done.events:,} events.")


@click.group()
def keys() -> None:
    """The holdings' keys: locked with a passphrase, changed."""


@keys.command()
@holdings_option
@reason_options("key-change")
def rotate(folder: Path, actor: str, reason: str) -> None:
    """Make a new key of the holdings, and wrap every case's key with it.

    \b
    Example:
      consilience keys rotate -H unit7
    """
    with Holdings.open(folder) as holdings:
        number = keys_service.rotate(holdings, acting(actor, reason))
    screen.say(f"The keys of {number:,} cases are wrapped with a new key.")


@keys.command()
@click.option("--remove", is_flag=True, help="Take the passphrase off instead.")
@holdings_option
@reason_options("key-change")
def lock(remove: bool, folder: Path, actor: str, reason: str) -> None:
    """Lock the key file with a passphrase.

    It is asked for, or taken from CONSILIENCE_NEW_PASSPHRASE; from then on, commands that need the keys ask
    for it, or take it from CONSILIENCE_PASSPHRASE.

    \b
    Example:
      consilience keys lock -H unit7
    """
    with Holdings.open(folder) as holdings:
        passphrase = "" if remove else _passphrase("New passphrase of the keys: ", NEW_PASSPHRASE, twice=True)
        keys_service.lock(holdings, acting(actor, reason), passphrase)
    screen.say("The key file is not locked." if remove else "The key file is locked.")


def _passphrase(prompt: str, variable: str, *, twice: bool = False) -> str:
    """A passphrase from the environment or the terminal.

    Raises:
        UsageError: it is in neither, or empty, or was not repeated.
    """
    given = os.environ.get(variable)
    if given is None:
        if not sys.stdin.isatty():
            raise UsageError("a passphrase is needed", f"Set {variable}.")
        given = getpass.getpass(prompt)
        if twice and getpass.getpass("Once more: ") != given:
            raise UsageError("the two are not the same")
    if not given:
        raise UsageError("the passphrase is empty")
    return given
