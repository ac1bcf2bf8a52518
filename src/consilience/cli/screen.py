"""What commands print: tables and progress for people, JSON for programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import click
import msgspec
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from consilience.model.locator import Locator, printable_text
from consilience.services import progress as contract

_PIPED_WIDTH = 160
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def console() -> Console:
    """Standard output for people. Text from exhibits goes through `plain`, never through markup."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_WIDTH)


def line(text: str, shown: str = "", *, bold: bool = False) -> None:
    """One line, however long; `shown` is display text already, such as a locator's."""
    whole = Text.assemble(plain(text), shown)
    console().print(whole, style="bold" if bold else None, soft_wrap=True)


def say(text: str) -> None:
    """One plain line with paths or names in it, harmless."""
    click.echo(printable_text(text))


def plain(text: str) -> Text:
    """Text as it is, harmless, without markup."""
    return Text(printable_text(text))


def json_lines(records: Iterable[object]) -> None:
    """One JSON object a line."""
    out = sys.stdout.buffer
    for record in records:
        out.write(msgspec.json.encode(record) + b"\n")
    out.flush()


_INTERNAL = frozenset(("id", "media_id", "other_media_id", "list_id", "case_id", "agency_id", "entry_id"))
"""Ids of the database's own: where they leave gaps they would tell of records that one may not see."""


def builtins(record: object) -> object:
    """A record as JSON's types; digests, codes and public ids in hexadecimal, locators as display text."""
    return _hex(msgspec.to_builtins(record, builtin_types=[bytes]))


def _hex(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {
            key: Locator.decode(item).display()
            if key == "locator" and isinstance(item, bytes)
            else _hex(item)
            for key, item in value.items()
            if key not in _INTERNAL
        }
    if isinstance(value, list | tuple):
        return [_hex(item) for item in value]
    return value


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str | Text]], *, right: str = ""
) -> None:
    """A table. Columns named in `right` (by their place, as digits) are aligned to the right."""
    grid = Table(
        show_header=any(columns),
        title=title or None,
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="bold",
    )
    for place, name in enumerate(columns):
        grid.add_column(name, justify="right" if str(place) in right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(plain(cell) if isinstance(cell, str) else cell for cell in row))
    console().print(grid)


def size(number: float) -> str:
    """A number of bytes for people."""
    unit = 0
    while number >= 1000 and unit < len(_UNITS) - 1:
        number /= 1000
        unit += 1
    return f"{number:.0f} {_UNITS[unit]}" if unit == 0 else f"{number:.1f} {_UNITS[unit]}"


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        if not speed:
            return Text("")
        moved = task.fields.get("size", 0)
        bytes_rate = f", {size(moved / task.elapsed)}/s" if moved and task.elapsed else ""
        return Text(f"{speed:,.0f}/s{bytes_rate}")


class _Shown:
    """Progress on a terminal."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int | None, *, size: int = 0) -> None:
        if stage not in self._tasks:
            for other in self._tasks.values():
                self._bars.stop_task(other)
            self._tasks[stage] = self._bars.add_task(stage, total=total, size=0)
        self._bars.update(self._tasks[stage], completed=done, total=total, size=size)


class _Logged:
    """Progress where there is no terminal: a line now and then."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, stage: str, done: int, total: int | None, *, size: int = 0) -> None:  # noqa: ARG002
        if time.monotonic() - self._last >= 10:
            self._last = time.monotonic()
            click.echo(f"{stage}: {done:,}" + (f" of {total:,}" if total else ""), err=True)


@contextmanager
def progress() -> Iterator[contract.Progress]:
    """Progress with rate and time left, on the standard error."""
    if not sys.stderr.isatty():
        yield _Logged()
        return
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(stderr=True),
    ) as bars:
        yield _Shown(bars)
