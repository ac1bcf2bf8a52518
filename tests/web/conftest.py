"""Holdings with a taken-in exhibit, made once for all tests that only look, and copied for those that change.

Those of `_BOTH`, and those of `_OF_PEOPLE` that ask as people of every role, run twice: on copies of one file,
and of one database of a real PostgreSQL.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "services"))

from web_world import ADMIN, OWNER, Copy, World, populate, serving
from world import encoded, picture

from consilience.evidence.folder import FolderSource
from consilience.media.sandbox import Nursery
from consilience.model.lists import Role
from consilience.model.people import Actor
from consilience.runs.local import LocalExecutor
from consilience.services import derivation, pictures
from consilience.services.cases import new_case
from consilience.services.copying import copy_holdings
from consilience.services.holdings import Holdings
from consilience.services.ingest import ingest
from consilience.services.lists import import_list
from consilience.settings import Limits
from databases import PostgresServer

_BOTH = {"test_web_access", "test_web_match", "test_web_review"}
_OF_PEOPLE = {"test_passkeys", "test_web_exhibits", "test_web_security"}
HOSTILE = b"<img src=x onerror=alert(1)>\x1b[31m.jpg"
KNOWN = encoded(picture(1))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``holdings`` and the ``exhibit`` that was taken in: a stack, a hit, damage, odd names."""
    root = tmp_path_factory.mktemp("web")
    exhibit = root / "exhibit"
    exhibit.mkdir()
    (exhibit / "known.jpg").write_bytes(KNOWN)
    (exhibit / "smaller.jpg").write_bytes(encoded(picture(1).resize((150, 150)), quality=60))
    for seed in range(2, 8):
        (exhibit / f"other-{seed}.png").write_bytes(encoded(picture(seed), "PNG"))
    (exhibit / "cut.jpg").write_bytes(encoded(picture(9))[:600])
    (exhibit / "notes.txt").write_text("nothing to see")
    (Path(exhibit) / HOSTILE.decode("utf-8", "surrogateescape")).write_bytes(encoded(picture(10)))
    listed = root / "known.json"
    digest = hashlib.sha256(KNOWN).hexdigest()
    listed.write_text(f"{digest}\n")
    owner = Actor(OWNER, "examination")
    with Holdings.create(root / "holdings", "test", owner) as holdings:
        new_case(
            holdings, owner, number="C1", title="<b>one</b>", agency="test agency", legal_basis="order 1"
        )
        new_case(holdings, owner, number="C2", title="two", agency="test agency", legal_basis="")
        import_list(
            holdings,
            owner,
            listed,
            name="known",
            role=Role.ALERT,
            scheme="s",
            origin="o",
            agency="test agency",
            format="plain",
        )
        source = FolderSource(exhibit)
        with LocalExecutor(Limits(seconds=20), workers=2) as executor:
            ingest(holdings, owner, source, executor, case="C1", exhibit="E1")
        source.close()
    (root / "about.json").write_text(json.dumps({"known": digest}))
    return root


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a test run on both kinds of database."""
    asked, module = set(metafunc.fixturenames), metafunc.module.__name__
    if "kind" in asked and (module in _BOTH or (module in _OF_PEOPLE and "agency" in asked)):
        metafunc.parametrize("kind", ["sqlite", "postgresql"], scope="module")


@pytest.fixture(scope="module")
def kind() -> str:
    """Which database holds the records."""
    return "sqlite"


@pytest.fixture(scope="module")
def copy(kind: str, request: pytest.FixtureRequest) -> Copy:
    """Copies holdings onto that kind of database."""
    moved: Copy = shutil.copytree if kind == "sqlite" else request.getfixturevalue("moved")
    return moved


@pytest.fixture(scope="session")
def moved(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Copies holdings onto the server: the first time row by row, from then on as a database."""
    there: dict[Path, tuple[Path, str]] = {}

    def move(given: Path, folder: Path) -> None:
        if given not in there:
            first, address = tmp_path_factory.mktemp("moved") / "holdings", postgres.new_made()
            with Holdings.open(given) as holdings:
                users = given.name == "staffed"
                copy_holdings(holdings, ADMIN if users else Actor(OWNER, "administration"), first, address)
            there[given] = first, address
        first, address = there[given]
        shutil.copytree(first, folder)
        (folder / "consilience.postgresql").write_text(postgres.new_like(address))

    return move


@pytest.fixture
def holdings(made: Path, tmp_path: Path, copy: Copy) -> Iterator[Holdings]:
    """A copy of the holdings; the exhibit is where it was."""
    copy(made / "holdings", tmp_path / "holdings")
    with Holdings.open(tmp_path / "holdings") as opened:
        yield opened


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """The sandbox of pictures."""
    with Nursery(derivation.TASK, derivation.WARM_UP, pictures.LIMITS) as started:
        yield started


@pytest.fixture
def world(holdings: Holdings, made: Path, nursery: Nursery) -> Iterator[World]:
    """Served to the local owner."""
    with serving(holdings, (made,), nursery) as served:
        yield served


@pytest.fixture(scope="session")
def staffed(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same holdings with users of every role."""
    folder = tmp_path_factory.mktemp("made") / "staffed"
    shutil.copytree(made / "holdings", folder)
    with Holdings.open(folder) as opened:
        populate(opened)
    return folder


@pytest.fixture
def agency(staffed: Path, made: Path, nursery: Nursery, tmp_path: Path, copy: Copy) -> Iterator[World]:
    """Served to users of every role."""
    copy(staffed, tmp_path / "agency")
    with Holdings.open(tmp_path / "agency") as opened, serving(opened, (made,), nursery) as served:
        yield served


@pytest.fixture
def known(made: Path) -> str:
    """SHA-256 of the content that a list names."""
    return str(json.loads((made / "about.json").read_text())["known"])
