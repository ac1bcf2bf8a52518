"""The audit: sign the log, hand it out, search it; and check what was handed out, without holdings."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from consilience.audit.notes import Checkpoint, NoteError, PublicKey
from consilience.audit.receipts import verify_receipt
from consilience.audit.timestamps import TimeStampError, certificates, stamped_at
from consilience.audit.verify import Verification, verify
from consilience.cli import screen
from consilience.cli.options import TEXT, acting, holdings_option, json_option, nanoseconds, reason_options
from consilience.errors import FormatError, NotFoundError, UsageError
from consilience.services import audit as service
from consilience.services import keys
from consilience.services.holdings import Holdings
from consilience.store.events import EventFilter

_LARGEST_KEY = 1 << 16
_LARGEST_RECEIPT = 1 << 20


@click.group()
def audit() -> None:
    """Sign the log of what was done, search it, and check it."""


@audit.command()
@holdings_option
def key(folder: Path) -> None:
    """Print the public key with which others check what these holdings sign.

    Hand it over in person, or by a way that nobody who could alter the log can alter.

    \b
    Example:
      consilience audit key -H unit7 > unit7.key
    """
    with Holdings.open(folder) as holdings:
        click.echo(keys.public_key(holdings).encode())


@audit.command()
@click.option("--out", type=click.Path(path_type=Path), help="Write it to a file; to the screen by default.")
@click.option("--time-stamp", default="", envvar="CONSILIENCE_TIME_STAMP", show_envvar=True,
              help="Address of an RFC 3161 authority that is to stamp it.")  # fmt: skip
@holdings_option
@reason_options("audit")
def checkpoint(out: Path | None, time_stamp: str, folder: Path, actor: str, reason: str) -> None:
    """Sign the log as it is now.

    Keep checkpoints where nobody who could alter the log can reach them.

    \b
    Example:
      consilience audit checkpoint --out monday.checkpoint -H unit7
    """
    if out is not None and out.exists():
        raise UsageError(f"{out} is there already", "Name another file: checkpoints are kept.")
    with Holdings.open(folder) as holdings:
        made = service.make_checkpoint(holdings, acting(actor, reason), authority=time_stamp)
    if out is None:
        click.echo(made.note, nl=False)
        return
    out.write_text(made.note, encoding="utf-8")
    stamped = ", with a time stamp" if made.time_stamp else ""
    screen.say(f"{made.size:,} events signed{stamped}: {out}. Keep it outside these holdings.")


@audit.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--names/--no-names", default=True, help="Say which accounts and orders the references mean.")
@click.option("--to", type=TEXT, default="", help="Who is to get it.")
@holdings_option
@reason_options("audit")
def export(out: Path, names: bool, to: str, folder: Path, actor: str, reason: str) -> None:
    """Write the whole log to OUT, signed.

    \b
    Example:
      consilience audit export unit7.audit --to "district court" -H unit7
    """
    with Holdings.open(folder) as holdings:
        done = service.export(holdings, acting(actor, reason), out, names=names, to=to)
    screen.say(f"{done.events:,} events and {done.checkpoints} checkpoints in {out}. Check it with:")
    screen.say(f"  consilience audit verify {out} --key KEY --checkpoint FILE")


@audit.command("verify")
@click.argument("path", metavar="EXPORT", type=click.Path(path_type=Path))
@click.option("--key", "key_text", required=True, help="The log's public key, or a file with it.")
@click.option("--checkpoint", "kept", multiple=True, type=click.Path(path_type=Path),
              help="A checkpoint that was kept elsewhere; may be given more than once.")  # fmt: skip
@click.option("--authority", type=click.Path(path_type=Path),
              help="PEM file with the root certificates of the time stamp authority.")  # fmt: skip
@json_option
def verify_export(
    path: Path, key_text: str, kept: tuple[Path, ...], authority: Path | None, as_json: bool
) -> None:
    """Check an export. Needs no holdings, no network, and none of the system's records.

    Exit code 1 if anything is wrong.

    \b
    Example:
      consilience audit verify unit7.audit --key unit7.key --checkpoint monday.checkpoint
    """
    public = read_key(key_text)
    checkpoints = [read_checkpoint(one, public) for one in kept]
    try:
        with path.open("rb") as file:
            verification = verify(file, public, checkpoints)
    except OSError as error:
        raise NotFoundError(f"{path}: {error.strerror}") from error
    stamps = _stamps(verification, authority)
    if as_json:
        record = {"holds": verification.holds, "limits": verification.limits} | dict(_builtins(verification))
        screen.json_lines([record | {"stamped": [{"size": size, "says": says} for size, says in stamps]}])
    else:
        _print(verification, stamps)
    sys.exit(0 if verification.holds else 1)


@audit.command("verify-receipt")
@click.argument("path", metavar="RECEIPT", type=click.Path(path_type=Path))
@click.option("--key", "key_text", required=True, help="The log's public key, or a file with it.")
def verify_receipt_file(path: Path, key_text: str) -> None:
    """Check the receipt of an erasure, without holdings.

    \b
    Example:
      consilience audit verify-receipt 2026-014.receipt --key unit7.key
    """
    public = read_key(key_text)
    try:
        with path.open("rb") as file:
            event, at = verify_receipt(file.read(_LARGEST_RECEIPT), public)
    except OSError as error:
        raise NotFoundError(f"{path}: {error.strerror}") from error
    except NoteError as error:
        raise FormatError(f"{path} proves nothing ({error})") from error
    counts = event.detail.get("erased")
    said = (
        ", ".join(f"{rows:,} {table}" for table, rows in counts.items()) if isinstance(counts, dict) else ""
    )
    screen.say(
        f"Event {event.number} of {at.origin}: {event.action} {event.object_kind}, {_time(event.at)} UTC."
    )
    screen.say(f"  {said}")
    screen.say(f"Proven: it is in the log of {at.size} events that the key signed on {at.at}.")


@audit.command()
@click.option("--by", type=TEXT, help="Who did it.")
@click.option("--action", type=TEXT, help="read, collect, disclose, erase, …")
@click.option("--case", type=TEXT, help="A case's number.")
@click.option("--object", "object_id", help="Public id of the thing acted on, hexadecimal.")
@click.option("--outcome", type=TEXT, help="done, begun, refused.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="UTC.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="UTC, not included.")
@click.option("--most", type=click.IntRange(1), default=100, show_default=True, help="How many, the newest.")
@holdings_option
@json_option
@reason_options("audit")
def search(
    by: str | None, action: str | None, case: str | None, object_id: str | None, outcome: str | None,
    since: datetime | None, until: datetime | None, most: int,
    folder: Path, as_json: bool, actor: str, reason: str,
) -> None:  # fmt: skip
    """Show what was done, newest first.

    \b
    Example:
      consilience audit search --case 2026-014 --action read -H unit7
    """
    try:
        thing = None if object_id is None else bytes.fromhex(object_id)
    except ValueError:
        raise UsageError("--object takes hexadecimal digits") from None
    asked = EventFilter(
        actor=by, action=action, case=case, object_id=thing, outcome=outcome,
        since=nanoseconds(since) if since else None, until=nanoseconds(until) if until else None,
    )  # fmt: skip
    with Holdings.open(folder) as holdings:
        found = service.search(holdings, acting(actor, reason), asked, most=most)
    if as_json:
        screen.json_lines(screen.builtins(one) for one in found)
        return
    rows = (
        (str(one.number), _time(one.at), one.actor, one.action, one.object_kind, one.case or "",
         one.justification, one.outcome)
        for one in found
    )  # fmt: skip
    screen.table("", ("event", "time", "who", "did", "what", "case", "why", "outcome"), rows, right="0")


def read_key(text: str) -> PublicKey:
    """A public key as it was given on the command line: itself, or a file with it.

    Raises:
        FormatError: it is neither.
    """
    path = Path(text)
    try:
        if len(text) < 4096 and path.is_file():
            with path.open("rb") as file:
                text = file.read(_LARGEST_KEY).decode()
        return PublicKey.decode(text)
    except (OSError, UnicodeDecodeError, NoteError) as error:
        raise FormatError(f"--key is neither a public key nor a file with one ({error})") from error


def read_checkpoint(path: Path, public: PublicKey) -> Checkpoint:
    """A checkpoint that was kept elsewhere.

    Raises:
        NotFoundError: it cannot be read.
        FormatError: it is none, or not signed by the key.
    """
    try:
        with path.open("rb") as file:
            return Checkpoint.opened(file.read(_LARGEST_KEY).decode(), public)
    except OSError as error:
        raise NotFoundError(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, NoteError) as error:
        raise FormatError(f"{path} is no checkpoint of {public.origin} ({error})") from error


def _stamps(verification: Verification, authority: Path | None) -> list[tuple[int, str]]:
    """What the time stamps of the file say."""
    if authority is None:
        return [(one.size, "not checked; give --authority") for one in verification.stamped]
    roots = certificates(authority)
    said = []
    for one in verification.stamped:
        try:
            at = stamped_at(one.note.encode(), one.token, roots)
            said.append((one.size, f"stamped by the authority on {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"))
        except TimeStampError as error:
            said.append((one.size, str(error)))
    return said


def _print(verification: Verification, stamps: list[tuple[int, str]]) -> None:
    click.echo(f"Log {verification.origin}: {verification.events:,} events in the file.")
    click.echo("Proven:")
    if verification.proven:
        but = "" if verification.holds else ", but for what is wrong below"
        click.echo(f"  Events 1 to {verification.proven} are those that the key signed{but}.")
    if verification.anchored:
        click.echo(
            f"  Events 1 to {verification.anchored} are those of a checkpoint that was kept elsewhere."
        )
    if not verification.proven:
        click.echo("  Nothing.")
    for size, says in stamps:
        click.echo(f"  Checkpoint of {size} events: {says}.")
    if not verification.holds:
        click.echo("Wrong:")
        for one in verification.findings:
            where = f"line {one.line}: " if one.line and not one.says.startswith("line") else ""
            screen.say(f"  {where}{one.says}")
    click.echo("Not proven:")
    for says in verification.limits:
        click.echo(f"  {says}")


def _builtins(verification: Verification) -> dict[str, object]:
    converted = screen.builtins(verification)
    assert isinstance(converted, dict)
    return converted


def _time(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S")
