"""Hash and compare files, without any holdings."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from consilience.cli import screen
from consilience.cli.options import json_option
from consilience.runs.local import LocalExecutor
from consilience.services import files as service
from consilience.services.files import Hashed
from consilience.settings import Limits


@click.command("hash")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--workers", type=click.IntRange(1, 1024), help="Sandboxed processes; one a processor by default."
)
@json_option
def hash_(paths: tuple[Path, ...], workers: int | None, as_json: bool) -> None:
    """Print digests, type and PDQ code of files, of all in folders, and of members of archives.

    Exit code 1 if any of them could not be read.

    \b
    Examples:
      consilience hash picture.jpg
      consilience hash --json folder > hashes.jsonl
    """
    failed = False
    with LocalExecutor(Limits(), workers) as executor:
        for one in service.hash_files(paths, executor):
            failed = failed or one.problem is not None
            if as_json:
                screen.json_lines([_record(one)])
            else:
                _print(one)
    sys.exit(1 if failed else 0)


@click.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@json_option
def compare(first: Path, second: Path, as_json: bool) -> None:
    """Say what two files agree in: the same bytes, or pictures at which distance and orientation.

    Exit code 0 if they match, 1 if they do not.

    \b
    Example:
      consilience compare a.jpg b.png
    """
    with LocalExecutor(Limits(), 1) as executor:
        found = service.compare(first, second, executor)
    if as_json:
        screen.json_lines([{"agrees": found.agrees} | dict(_builtins(found))])
    elif found.same_bytes:
        click.echo("Same bytes.")
    elif found.distance is None or found.orientation is None:
        click.echo("Not the same bytes; at least one of them has no picture to compare.")
    else:
        verdict = "match" if found.agrees else "no match"
        turned = "upright" if found.orientation == "upright" else f"the first {found.orientation}"
        click.echo(
            f"{verdict}: {service.algorithm()}, {found.distance} of 256 bits differ "
            f"(a match is {found.radius} or fewer), {turned}, quality {found.quality} or more."
        )
        if found.quality is not None and found.quality < found.min_quality:
            click.echo(f"Quality below {found.min_quality}: the pictures say too little to be matched.")
    sys.exit(0 if found.agrees else 1)


def _builtins(found: service.Comparison) -> dict[str, object]:
    converted = screen.builtins(found)
    assert isinstance(converted, dict)
    return converted


def _record(one: Hashed) -> dict[str, object]:
    """The documented object of ``hash --json``."""
    report = one.report
    record: dict[str, object] = {"path": one.path}
    if report.digests is not None:
        record |= {
            "sha256": report.digests.sha256.hex(),
            "sha1": report.digests.sha1.hex(),
            "md5": report.digests.md5.hex(),
            "media_type": report.media_type,
            "size": report.size,
        }
    if one.picture is not None:
        record |= {"pdq": one.picture.code.hex(), "pdq_quality": one.picture.quality}
    if one.problem is not None:
        record["error"] = {"code": one.problem.code.value, "detail": one.problem.detail}
    return record


def _print(one: Hashed) -> None:
    report = one.report
    if report.digests is None:
        code = one.problem.code if one.problem else "unknown"
        click.echo(f"{one.path}: {code} {one.problem.detail if one.problem else ''}".rstrip())
        return
    rows = [
        ("SHA-256", report.digests.sha256.hex()),
        ("SHA-1", report.digests.sha1.hex()),
        ("MD5", report.digests.md5.hex()),
        ("type", f"{report.media_type}, {report.size:,} bytes"),
    ]
    if one.picture is not None:
        rows.append(("PDQ", f"{one.picture.code.hex()} quality {one.picture.quality}"))
    if one.problem is not None:
        rows.append(("problem", f"{one.problem.code.value} {one.problem.detail}".rstrip()))
    click.echo(one.path)
    for name, value in rows:
        click.echo(f"  {name:8} {value}")
