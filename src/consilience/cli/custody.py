"""Custody of exhibits: shown, handed out, checked by others, and held against the exhibit itself."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from consilience.audit.custody import BundleVerification, Manifest, read_files, verify_bundle
from consilience.cli import screen
from consilience.cli.audit import read_checkpoint, read_key
from consilience.cli.options import TEXT, acting, holdings_option, json_option, reason_options
from consilience.errors import NotFoundError
from consilience.evidence.folder import FolderSource
from consilience.runs.local import LocalExecutor
from consilience.services import custody as service
from consilience.services.holdings import Holdings
from consilience.services.rereading import Rereading, reread
from consilience.settings import Limits

_DIFFERENCES_SHOWN = 100


@click.group()
def custody() -> None:
    """Who brought an exhibit and how it was read: shown, handed out, checked."""


@click.group()
def exhibit() -> None:
    """Hold an exhibit that is attached against what is on record of it."""


@custody.command()
@click.option("--case", type=TEXT, required=True, help="The case's number.")
@click.option("--exhibit", type=TEXT, required=True, help="The exhibit's number.")
@holdings_option
@json_option
@reason_options("review")
def show(case: str, exhibit: str, folder: Path, as_json: bool, actor: str, reason: str) -> None:
    """Show who brought an exhibit, and each reading of it.

    \b
    Example:
      consilience custody show --case 2026-014 --exhibit AB-1 -H unit7
    """
    with Holdings.open(folder) as holdings:
        found = service.show(holdings, acting(actor, reason), case, exhibit)
    if as_json:
        screen.json_lines([found])
        return
    _print_manifest(found)


@custody.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--case", type=TEXT, required=True, help="The case's number.")
@click.option("--exhibit", type=TEXT, required=True, help="The exhibit's number.")
@click.option("--to", type=TEXT, default="", help="Who is to get it.")
@holdings_option
@reason_options("custody")
def export(out: Path, case: str, exhibit: str, to: str, folder: Path, actor: str, reason: str) -> None:
    """Write the custody bundle of an exhibit to the new folder OUT, signed.

    \b
    Example:
      consilience custody export AB-1.custody --case 2026-014 --exhibit AB-1 --to "court" -H unit7
    """
    with Holdings.open(folder) as holdings:
        done = service.export(holdings, acting(actor, reason), out, case=case, exhibit=exhibit, to=to)
    screen.say(f"{done.files:,} files and {len(done.readings)} readings in {out}. Check it with:")
    screen.say(f"  consilience custody verify {out} --key KEY --checkpoint FILE --exhibit PATH")


@custody.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--key", "key_text", required=True, help="The log's public key, or a file with it.")
@click.option("--checkpoint", "kept", multiple=True, type=click.Path(path_type=Path),
              help="A checkpoint that was kept elsewhere; may be given more than once.")  # fmt: skip
@click.option("--exhibit", "attached", type=click.Path(path_type=Path),
              help="The exhibit itself, to be read again.")  # fmt: skip
@json_option
def verify(bundle: Path, key_text: str, kept: tuple[Path, ...], attached: Path | None, as_json: bool) -> None:
    """Check a custody bundle, without holdings; with --exhibit, read the exhibit again and compare.

    Exit code 1 if anything is wrong, or differs.

    \b
    Examples:
      consilience custody verify AB-1.custody --key unit7.key --checkpoint monday.checkpoint
      consilience custody verify AB-1.custody --key unit7.key --exhibit /mnt/stick
    """
    public = read_key(key_text)
    checkpoints = [read_checkpoint(one, public) for one in kept]
    try:
        verification = verify_bundle(bundle, public, checkpoints)
    except OSError as error:
        raise NotFoundError(f"{bundle}: {error.strerror}") from error
    found = None
    if attached is not None and verification.holds:
        with LocalExecutor(Limits()) as executor, screen.progress() as progress:
            found = reread(read_files(bundle), FolderSource(attached), executor, progress)
    if as_json:
        record = {
            "holds": verification.holds,
            "limits": verification.limits,
            "verification": screen.builtins(verification),
        }
        screen.json_lines([record | ({} if found is None else {"rereading": screen.builtins(found)})])
    else:
        _print_verification(verification, read_again=found is not None)
        if found is not None:
            _print_rereading(found)
    sys.exit(0 if verification.holds and (found is None or not found.differences) else 1)


@exhibit.command("verify")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--case", type=TEXT, required=True, help="The case's number.")
@click.option("--exhibit", "number", type=TEXT, required=True, help="The exhibit's number.")
@holdings_option
@json_option
@reason_options("examination")
def verify_exhibit(
    path: Path, case: str, number: str, folder: Path, as_json: bool, actor: str, reason: str
) -> None:
    """Read the exhibit that is attached at PATH again, and list what differs from the records.

    Nothing is changed in the records but that this was done. Exit code 1 if anything differs.

    \b
    Example:
      consilience exhibit verify /mnt/stick --case 2026-014 --exhibit AB-1 -H unit7
    """
    with (
        Holdings.open(folder) as holdings,
        LocalExecutor(Limits()) as executor,
        screen.progress() as progress,
    ):
        source = FolderSource(path)
        found = service.verify_exhibit(
            holdings, acting(actor, reason), source, executor, case=case, exhibit=number, progress=progress
        )
    if as_json:
        screen.json_lines([screen.builtins(found)])
    else:
        _print_rereading(found)
    sys.exit(1 if found.differences else 0)


def _print_manifest(found: Manifest) -> None:
    screen.say(f"Exhibit {found.exhibit} of case {found.case}, {found.agency}: {found.files:,} files.")
    if found.description:
        screen.say(f"  {found.description}")
    screen.say(f"Put on record by {found.brought_by}.")
    for one in found.readings:
        end = "cut off" if one.finished is None else f"until {_time(one.finished)}"
        screen.say(f"Read by {one.by}, {_time(one.started)} {end}, as {one.source} at {one.root},")
        screen.say(f"  with Consilience {one.software}.")


def _print_verification(verification: BundleVerification, *, read_again: bool) -> None:
    if verification.manifest is not None:
        _print_manifest(verification.manifest)
        click.echo("Proven:")
        screen.say(f"  This is what {verification.manifest.origin} signed, unchanged.")
    if verification.checkpoint is not None and verification.events:
        at = verification.checkpoint
        click.echo(
            f"  {len(verification.events)} events of it are in the log of {at.size} events of {at.at}."
        )
    if verification.anchored:
        click.echo("  That log continues the checkpoints that were kept elsewhere.")
    if not verification.holds:
        click.echo("Wrong:")
        for says in verification.findings:
            screen.say(f"  {says}")
    click.echo("Not proven:")
    for says in verification.limits:
        if not (read_again and "--exhibit" in says):
            click.echo(f"  {says}")


def _print_rereading(found: Rereading) -> None:
    click.echo(
        f"Read again: {found.same:,} of {found.files:,} files are as they were; "
        f"{found.same_fingerprints:,} of {found.fingerprints:,} fingerprints are the same."
    )
    for one in found.differences[:_DIFFERENCES_SHOWN]:
        click.echo(f"  {one.kind.value:12} {one.file}")
    if len(found.differences) > _DIFFERENCES_SHOWN:
        click.echo(f"  … and {len(found.differences) - _DIFFERENCES_SHOWN:,} more; see --json.")


def _time(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
