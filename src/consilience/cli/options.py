"""Options that several commands share."""

from __future__ import annotations

import getpass
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from consilience.errors import UsageError
from consilience.model.people import Actor

_NOT_TEXT = ("Cc", "Cs")
"""Control characters, and what bytes that are no UTF-8 become."""


class _Text(click.ParamType[str]):
    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if any(unicodedata.category(character) in _NOT_TEXT for character in value):
            self.fail("holds a control character, or bytes that are not UTF-8", param, ctx)
        return value


TEXT = _Text()
"""Text that goes on record."""


class _Hex(click.ParamType[bytes]):
    name = "hexadecimal"

    def __init__(self, size: int, what: str) -> None:
        self._size, self._what = size, what

    def convert(self, value: str | bytes, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        if isinstance(value, bytes):
            return value
        if not re.fullmatch(f"[0-9a-fA-F]{{{2 * self._size}}}", value):
            self.fail(f"{value!r} is not {self._what}: {2 * self._size} hexadecimal digits are", param, ctx)
        return bytes.fromhex(value)


_FIRST_YEAR, _LAST_YEAR = 1678, 2261
"""Nanoseconds since 1970 in 64 bits."""

F = TypeVar("F", bound=Callable[..., object])


def holdings_option(command: F) -> F:
    """Which holdings."""
    return click.option(
        "-H",
        "--holdings",
        "folder",
        type=click.Path(path_type=Path),
        default=Path(),
        envvar="CONSILIENCE_HOLDINGS",
        show_envvar=True,
        help="The holdings' folder; the present folder by default.",
    )(command)


def reason_options(justification: str) -> Callable[[F], F]:
    """Who acts, and why: what the event of this command says."""

    def decorate(command: F) -> F:
        with_reason = click.option(
            "--reason",
            type=TEXT,
            default=justification,
            show_default=True,
            help="Why this is done: a short code for the audit.",
        )(command)
        return click.option(
            "--actor",
            type=TEXT,
            default=_account,
            envvar="CONSILIENCE_ACTOR",
            help="Who does this; your account by default.",
        )(with_reason)

    return decorate


def json_option(command: F) -> F:
    """Output for programs."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")(command)


def nanoseconds(time: datetime) -> int:
    """A date or time in UTC, as records hold it.

    Raises:
        UsageError: it lies beyond what they can hold.
    """
    if not _FIRST_YEAR <= time.year <= _LAST_YEAR:
        raise UsageError(f"{time:%Y-%m-%d} is too far away", f"Years are {_FIRST_YEAR} to {_LAST_YEAR}.")
    return int(time.replace(tzinfo=UTC).timestamp()) * 1_000_000_000


def acting(actor: str, reason: str, note: str = "") -> Actor:
    """The actor of a command."""
    return Actor(actor, reason, note)


def sha256_argument(name: str) -> Callable[[F], F]:
    """A content, named by its digest."""
    return click.argument(name, type=_Hex(32, "a SHA-256"))


def public_id_argument(command: F) -> F:
    """A record, named by its public id."""
    return click.argument("public_id", metavar="ID", type=_Hex(16, "an id"))(command)


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
