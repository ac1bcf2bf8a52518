"""What a kind of database must offer, so that everything above it behaves the same on each."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from consilience.errors import HoldingsError

WRITES = "writes"
"""Execution option of a connection whose transaction changes something; such transactions come one by one."""


class Backend(Protocol):
    """One database of a kind: how it is reached, kept to one writer, upgraded, and what its errors mean."""

    @property
    def name(self) -> str:
        """How messages call it; without secrets."""
        ...

    @property
    def reading(self) -> Mapping[str, object]:
        """Execution options under which a transaction sees one moment and can change nothing."""
        ...

    def connect(self) -> Engine:
        """An engine that honours `WRITES` and `reading`."""
        ...

    def check(self, connection: Connection) -> None:
        """Refuse what would not keep records as they are given.

        Raises:
            HoldingsError: the database is not made for this.
        """
        ...

    def before_migration(self, head: str) -> None:
        """Keep a way back to the schema as it is now.

        Raises:
            HoldingsError: only a person can see to that here.
        """
        ...

    def migration(self, engine: Engine) -> AbstractContextManager[Connection]:
        """A writing transaction in which tables may be made anew, applied whole or not at all."""
        ...

    def alone(self, engine: Engine, what: str) -> AbstractContextManager[Connection | None]:
        """Hold the place of which there is one; gives the connection that holds it, if one does.

        Raises:
            HoldingsError: another process has the place.
        """
        ...

    def is_defect(self, error: DBAPIError) -> bool:
        """Whether an error is one of ours rather than of the file, the disk or the server."""
        ...

    def not_opened(self, error: DBAPIError) -> HoldingsError:
        """What an error at opening means, in one line."""
        ...

    def not_read(self, error: DBAPIError) -> HoldingsError:
        """What an error while reading means, in one line."""
        ...
