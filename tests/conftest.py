"""What holds for all tests: a slow machine fails none of them; records are tested on both databases.

A test that takes `database` or `holdings` runs twice, on SQLite and on a real PostgreSQL; so does one that takes
`address` (None for a file in the folder) and makes its own: `Holdings.create(folder, name, actor, address)` or
`Database.create(databases.backend_at(address, folder))`. One that needs several databases takes `new_address`
and calls it for each. `databases.wipe(database)` empties one between the examples of a property test. The
server is started by the first test of a process that needs it, and ends with the process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from consilience.media.scheduling import as_others
from consilience.store.database import Database
from databases import PostgresServer, backend_at

settings.register_profile("consilience", deadline=None)
settings.load_profile("consilience")


@pytest.fixture(autouse=True)
def ordinary_scheduling() -> Iterator[None]:
    """A test that made an AVIF leaves the processors to those that follow."""
    yield
    as_others()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The PostgreSQL of this process."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def new_address(request: pytest.FixtureRequest) -> Callable[[], str | None]:
    """Gives the address of a new database, with the schema made, at each call; None for a file."""
    if request.param == "sqlite":
        return lambda: None
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_made


@pytest.fixture
def address(new_address: Callable[[], str | None]) -> str | None:
    """The address of a new database, with the schema made; None for a file."""
    return new_address()


@pytest.fixture
def database(address: str | None, tmp_path: Path) -> Iterator[Database]:
    """An empty database of the present schema."""
    made = Database.create(backend_at(address, tmp_path))
    yield made
    made.close()
