"""Keep holdings safe: backups, keys, what is due for review, and erasure."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from consilience.cli import screen
from consilience.cli.options import TEXT, acting, holdings_option, json_option, nanoseconds, reason_options
from consilience.errors import UsageError
from consilience.model.references import ReferenceKind
from consilience.services import backup as backup_service
from consilience.services import erasure
from consilience.services import keys as keys_service
from consilience.services import retention as retention_service
from consilience.services.erasure import Erased
from consilience.services.holdings import Holdings

BACKUP_PASSPHRASE = "CONSILIENCE_BACKUP_PASSPHRASE"  # noqa: S105 - the variable's name
NEW_PASSPHRASE = "CONSILIENCE_NEW_PASSPHRASE"  # noqa: S105 - the variable's name


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@holdings_option
@reason_options("maintenance")
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
@reason_options("maintenance")
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
@reason_options("maintenance")
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
@reason_options("maintenance")
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


@click.group()
def retention() -> None:
    """When records are to be looked at again."""


@retention.command("set")
@click.argument("case", type=TEXT)
@click.argument("date", type=click.DateTime(["%Y-%m-%d"]))
@holdings_option
@reason_options("retention")
def set_review(case: str, date: datetime, folder: Path, actor: str, reason: str) -> None:
    """Set the review date of CASE.

    \b
    Example:
      consilience retention set 2026-014 2031-11-22 -H unit7
    """
    with Holdings.open(folder) as holdings:
        retention_service.set_case_review(holdings, acting(actor, reason), case, nanoseconds(date))
    screen.say(f"Case {case} is to be looked at again on {date:%Y-%m-%d}.")


@retention.command()
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="A later day than today.")
@holdings_option
@json_option
@reason_options("retention")
def due(until: datetime | None, folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """List the cases, persons and lists whose review date has come.

    \b
    Example:
      consilience retention due -H unit7
    """
    until = until or datetime.now(UTC) + timedelta(days=1)
    with Holdings.open(folder) as holdings:
        found = retention_service.due(holdings, acting(actor, reason), nanoseconds(until))
    if as_json:
        screen.json_lines(screen.builtins(one) for one in found)
        return
    rows = (
        (one.kind, one.name, f"{datetime.fromtimestamp(one.review_at / 1e9, UTC):%Y-%m-%d}") for one in found
    )
    screen.table("", ("record", "name", "review"), rows)


@click.group()
def erase() -> None:
    """Erase records for good, as the law asks, with a proof that it happened."""


_Command = Callable[..., None]


def _erasure_options(command: _Command) -> _Command:
    """What every erasure needs."""
    options = (
        click.option("--authority", type=TEXT, required=True, help="The law or order that it rests on."),
        click.option("--receipt", type=click.Path(path_type=Path), help="Write the proof to this new file."),
        click.option("--yes", is_flag=True, help="Do not ask."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@erase.command("case")
@click.argument("number", type=TEXT)
@_erasure_options
@holdings_option
@reason_options("retention")
def erase_case(
    number: str, authority: str, receipt: Path | None, yes: bool, folder: Path, actor: str, reason: str
) -> None:
    """Erase case NUMBER: all that only this case holds, its key included. It cannot be brought back.

    \b
    Example:
      consilience erase case 2026-014 --authority "order 7 of 2031" --receipt 2026-014.receipt -H unit7
    """
    _ask(f"Erase case {number} for good?", yes=yes)
    with Holdings.open(folder) as holdings, _receipt(receipt) as keep:
        keep(erasure.erase_case(holdings, acting(actor, reason), number, authority=authority))


@erase.command("exhibit")
@click.argument("number", type=TEXT)
@click.option("--case", type=TEXT, required=True, help="The case's number.")
@_erasure_options
@holdings_option
@reason_options("retention")
def erase_exhibit(
    number: str, case: str, authority: str, receipt: Path | None, yes: bool,
    folder: Path, actor: str, reason: str,
) -> None:  # fmt: skip
    """Erase exhibit NUMBER of a case, with those nested in it. It cannot be brought back.

    \b
    Example:
      consilience erase exhibit AB-1 --case 2026-014 --authority "order 7 of 2031" -H unit7
    """
    _ask(f"Erase exhibit {number} of case {case} for good?", yes=yes)
    with Holdings.open(folder) as holdings, _receipt(receipt) as keep:
        keep(erasure.erase_exhibit(holdings, acting(actor, reason), case, number, authority=authority))


@erase.command("person")
@click.argument("public_id", metavar="ID")
@_erasure_options
@holdings_option
@reason_options("retention")
def erase_person(
    public_id: str, authority: str, receipt: Path | None, yes: bool, folder: Path, actor: str, reason: str
) -> None:
    """Erase a person from a case's records, by public id. It cannot be brought back.

    \b
    Example:
      consilience erase person 0123456789abcdef0123456789abcdef --authority "request of 2031-02-03" -H unit7
    """
    try:
        person = bytes.fromhex(public_id)
    except ValueError:
        raise UsageError("a person's id is hexadecimal") from None
    _ask(f"Erase person {public_id} for good?", yes=yes)
    with Holdings.open(folder) as holdings, _receipt(receipt) as keep:
        keep(erasure.erase_person(holdings, acting(actor, reason), person, authority=authority))


@erase.command("name")
@click.argument("name", type=TEXT)
@click.option("--of", "kind", type=click.Choice([one.value for one in ReferenceKind]), default="actor",
              show_default=True, help="What it is the name of.")  # fmt: skip
@_erasure_options
@holdings_option
@reason_options("retention")
def erase_name(
    name: str, kind: str, authority: str, receipt: Path | None, yes: bool,
    folder: Path, actor: str, reason: str,
) -> None:  # fmt: skip
    """Erase NAME from the log. What was done under it stays, without the name.

    \b
    Example:
      consilience erase name "j.doe" --authority "retention rule 4" -H unit7
    """
    _ask(f"Erase the name {name} from the log for good?", yes=yes)
    with Holdings.open(folder) as holdings, _receipt(receipt) as keep:
        who = acting(actor, reason)
        keep(erasure.erase_name(holdings, who, name, authority=authority, kind=ReferenceKind(kind)))


def _ask(question: str, *, yes: bool) -> None:
    if not yes:
        click.confirm(question, abort=True)


@contextmanager
def _receipt(path: Path | None) -> Iterator[Callable[[Erased], None]]:
    """Where the proof goes; made before anything is erased.

    Raises:
        UsageError: the file is there, or cannot be made.
    """
    try:
        file = None if path is None else path.open("xb")
    except OSError as error:
        raise UsageError(f"{path} cannot be made: {error.strerror}") from error

    def keep(done: Erased) -> None:
        screen.say("Erased: " + ", ".join(f"{rows:,} {table}" for table, rows in done.gone.items()) + ".")
        if file is not None:
            file.write(done.receipt.encode())
            screen.say(f"The proof is in {path}. Check it with:")
            screen.say(f"  consilience audit verify-receipt {path} --key KEY")
        for copy in done.copies:
            screen.say(f"{copy} was made by an upgrade and still holds what was erased.")
        screen.say("Backups and copies made before still hold it, too.")

    try:
        yield keep
    except BaseException:
        if path is not None:
            path.unlink(missing_ok=True)
        raise
    finally:
        if file is not None:
            file.close()


def _day(nanoseconds: int) -> str:
    return f"{datetime.fromtimestamp(nanoseconds / 1e9, UTC):%Y-%m-%d}"


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
