"""The log in real databases: proofs over it, checkpoints and exports that the verifier accepts, and searches."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, select, update
from world import ACTOR

from consilience import store
from consilience.audit.notes import Checkpoint
from consilience.audit.proofs import (
    consistency_proof,
    inclusion_proof,
    is_consistent,
    root,
    root_by_inclusion,
)
from consilience.audit.verify import Fault, verify
from consilience.errors import UsageError
from consilience.model.merkle import Frontier
from consilience.model.people import EVERYTHING, Actor
from consilience.services import audit
from consilience.services.cases import all_cases
from consilience.services.holdings import Holdings
from consilience.services.keys import public_key
from consilience.store import events, tree
from consilience.store.database import Database
from consilience.store.events import Act, EventFilter
from consilience.store.schema import event, event_note, event_tree, event_tree_node, reference
from consilience.store.sqlite import SqliteFile

READ = Act(action="read", object_kind="media", detail={"count": 3})


def appended(database: Database, number: int) -> None:
    with database.write() as connection:
        events.append_all(connection, [(Actor(f"actor {one % 3}", "review"), READ) for one in range(number)])


def test_proofs_over_the_stored_tree(database: Database) -> None:
    rng = random.Random(5)
    for portion in (1, 2, 254, 300, 400):
        appended(database, portion)
    with database.read() as connection:

        def subtree(level: int, place: int) -> bytes:
            return tree.subtree(connection, level, place)

        leaves = [one.hash for one in events.events(connection, 1, 957)]
        whole = Frontier()
        for one in leaves:
            whole.append(one)
        size, frontier = connection.execute(select(event_tree.c.size, event_tree.c.frontier)).one()
        assert (size, bytes(frontier)) == (957, whole.encode())
        assert root(957, subtree) == whole.root()
        stored = connection.execute(select(event_tree_node.c.level, event_tree_node.c.place)).all()
        assert sorted(tuple(one) for one in stored) == [(8, 0), (8, 1), (8, 2)]
        for _ in range(6):
            earlier = rng.randint(1, 957)
            leaf = rng.randrange(earlier)
            then = root(earlier, subtree)
            proof = inclusion_proof(leaf, earlier, subtree)
            assert root_by_inclusion(leaves[leaf], leaf, earlier, proof) == then
            assert is_consistent(earlier, then, 957, whole.root(), consistency_proof(earlier, 957, subtree))


def test_what_is_rolled_back_leaves_no_gap(database: Database) -> None:
    appended(database, 2)
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        events.append(connection, ACTOR, "read", object_kind="media")
        raise ZeroDivisionError
    appended(database, 2)
    with database.read() as connection:
        assert [one.number for one in events.events(connection, 1, 9)] == [1, 2, 3, 4]


def test_names_stand_beside_the_tree(database: Database) -> None:
    with database.write() as connection:
        person = Actor("Ann Example", "a reason in words", "and a note")
        number = events.append(
            connection, person, "read", object_kind="media", authority="order 5 of a court"
        )
        (leaf,) = events.events(connection, number, number)
        for word in (b"Ann", b"words", b"note", b"order"):
            assert word not in leaf.encode()
        assert connection.execute(select(event_note.c.text)).scalar_one() == "a reason in words\nand a note"
        assert leaf.justification == events.STATED
        again = events.append(connection, person, "read", object_kind="media", authority="order 5 of a court")
        (later,) = events.events(connection, again, again)
        assert (later.actor, later.authority) == (leaf.actor, leaf.authority)
        meant = {one.text: one for one in events.meanings(connection, EVERYTHING)}
        assert meant["Ann Example"].digest.hex() == leaf.actor
        assert meant["order 5 of a court"].holds


def test_a_name_with_a_nul_holds_as_it_is_kept(database: Database) -> None:
    with database.write() as connection:
        events.append(connection, Actor("a\x00b", "review"), "read", object_kind="media")
        (meant,) = (one for one in events.meanings(connection, EVERYTHING) if one.text.startswith("a"))
        assert (meant.text, meant.holds) == ("a\u2400b", True)
        events.append(connection, Actor("a\x00b", "review"), "read", object_kind="media")
        assert sum(one.text.startswith("a") for one in events.meanings(connection, EVERYTHING)) == 1


def test_a_reference_whose_meaning_is_erased_keeps_its_leaf(database: Database) -> None:
    appended(database, 1)
    with database.write() as connection:
        (before,) = events.events(connection, 1, 1)
        connection.execute(update(reference).values(text=None, key=None))
        assert list(events.events(connection, 1, 1)) == [before]
        (shown,) = events.search(connection, EVERYTHING, EventFilter(), 5)
        assert shown.actor == events.ERASED


def test_free_text_is_no_detail(database: Database) -> None:
    with pytest.raises(ValueError, match="free text"), database.write() as connection:
        events.append(connection, ACTOR, "read", object_kind="media", detail={"path": "a file.jpg"})


def test_an_export_holds_and_a_later_one_continues_it(holdings: Holdings, tmp_path: Path) -> None:
    key = public_key(holdings)
    made = audit.make_checkpoint(holdings, ACTOR)
    kept = Checkpoint.opened(made.note, key)
    all_cases(holdings, Actor("reader", "review"))
    done = audit.export(holdings, ACTOR, tmp_path / "log", to="a court")
    with (tmp_path / "log").open("rb") as file:
        verification = verify(file, key, [kept])
    assert verification.findings == []
    assert (verification.proven, verification.anchored) == (done.events, made.size)
    assert done.events == made.size + 2
    data = (tmp_path / "log").read_bytes()
    assert b'"text":"reader"' in data
    assert b'"text":"a court"' in data
    with pytest.raises(UsageError, match="cannot be made"):
        audit.export(holdings, ACTOR, tmp_path / "log")
    audit.export(holdings, ACTOR, tmp_path / "bare", names=False)
    assert b"name " not in (tmp_path / "bare").read_bytes()


def test_a_row_that_is_changed_in_the_database_is_found(holdings: Holdings, tmp_path: Path) -> None:
    key = public_key(holdings)
    for _ in range(5):
        all_cases(holdings, ACTOR)
    kept = Checkpoint.opened(audit.make_checkpoint(holdings, ACTOR).note, key)
    with holdings.database.write() as connection:
        connection.execute(update(event).where(event.c.id == 4).values(outcome="refused"))
    audit.export(holdings, ACTOR, tmp_path / "log")
    with (tmp_path / "log").open("rb") as file:
        verification = verify(file, key, [kept])
    assert [(one.fault, one.first, one.last) for one in verification.findings][:1] == [
        (Fault.REWRITTEN, 1, kept.size)
    ]


def test_search(holdings: Holdings) -> None:
    all_cases(holdings, Actor("reader", "review"))
    all_cases(holdings, Actor("reader", "audit"))

    def found(**asked: object) -> list[tuple[str, str]]:
        records = audit.search(holdings, ACTOR, EventFilter(**asked))  # type: ignore[arg-type]
        return [(one.actor, one.justification) for one in records]

    assert found(actor="reader") == [("reader", "audit"), ("reader", "review")]
    assert found(actor="reader", justification="review") == [("reader", "review")]
    assert found(actor="nobody") == []
    assert found(case="C1", action="create") == [("tester", "test")]
    assert found(until=0) == []
    assert audit.search(holdings, ACTOR, EventFilter(object_kind="event"), most=1)[0].action == "read"


def test_events_of_the_first_release_become_leaves(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(Path(store.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in (
            "INSERT INTO agency VALUES (1, x'01', 'agency', 0)",
            "INSERT INTO \"case\" VALUES (1, 1, x'02', 'C1', '', 'order 5', 'case', NULL, 0)",
            "INSERT INTO event VALUES (1, x'0a', 7, 'ann', 'create', 1, 'case', x'02', 'why not', 'done', '{}')",
            "INSERT INTO event VALUES (3, x'0b', 8, 'ann', 'read', NULL, 'media', NULL, 'review', 'done', '{\"media\": 1}')",
            "INSERT INTO event_note VALUES (3, 'a note')",
        ):
            if '"case"' in statement:
                names = "(id, agency_id, public_id, number, title, legal_basis, release_level, review_at, created_at)"
                statement = statement.replace('"case" VALUES', f'"case" {names} VALUES')
            connection.exec_driver_sql(statement)
    engine.dispose()
    database = Database.open(SqliteFile(path, tmp_path))
    appended(database, 1)
    with database.read() as connection:
        first, second, _ = events.events(connection, 1, 3)
        found = events.search(connection, EVERYTHING, EventFilter(), 3)
        whole = Frontier()
        for one in events.events(connection, 1, 3):
            whole.append(one.hash)
        assert connection.execute(select(event_tree.c.frontier)).scalar_one() == whole.encode()
    assert (first.number, first.justification, first.case, first.authority is None) == (
        1,
        "stated",
        "02",
        False,
    )
    assert (second.number, second.id, second.detail) == (2, "0b", {"media": 1})
    assert [(one.actor, one.authority, one.note) for one in found[1:]] == [
        ("ann", "", "a note"),
        ("ann", "order 5", "why not"),
    ]
    database.close()
