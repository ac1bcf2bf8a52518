"""Questions, passkeys and bound subjects, the same on both kinds of database."""

from __future__ import annotations

import pytest

from consilience.store import cases, challenges, passkeys, people, subjects
from consilience.store.database import Database
from consilience.store.identity import now


@pytest.fixture
def users(database: Database) -> list[int]:
    with database.write() as connection:
        agency = cases.agency_id(connection, "north")
        return [people.add_user(connection, name=one, agency_id=agency, unit_id=None).id for one in "ab"]


def test_a_question_is_taken_once_and_in_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.write() as connection:
        challenges.keep(connection, "one", "key", "first")
        challenges.keep(connection, "one", "key", "second")
        challenges.keep(connection, "other", "key", "third")
    with database.write() as connection:
        assert challenges.take(connection, "one", "another key") is None
        assert challenges.take(connection, "one", "key") == "second"
        assert challenges.take(connection, "one", "key") is None
    late = now() + 301 * 10**9
    monkeypatch.setattr(challenges, "now", lambda: late)
    with database.write() as connection:
        assert challenges.take(connection, "other", "key") is None
        challenges.keep(connection, "one", "key", "fourth")
        assert connection.execute(challenges.challenge.select()).all()[0].state == "fourth"


def test_passkeys_stand_until_they_or_their_account_end(database: Database, users: list[int]) -> None:
    with database.write() as connection:
        for number, user in enumerate((users[0], users[0], users[1])):
            kept = passkeys.add(
                connection,
                user,
                name=f"{number}",
                credential=bytes([number]),
                public_key=b"k",
                counter=1 << 31,
            )
            assert kept is not None and kept.counter == 1 << 31
        again = passkeys.add(connection, users[1], name="x", credential=b"\x00", public_key=b"k", counter=0)
        assert again is None
        first, second = passkeys.of_user(connection, users[0])
        passkeys.use(connection, first.id, (1 << 32) - 1)
        passkeys.end(connection, second.id)
        (left,) = passkeys.of_user(connection, users[0])
        assert left.counter == (1 << 32) - 1 and left.used_at is not None
        passkeys.end_of_user(connection, users[0])
        people.end_user(connection, users[1])
        assert [passkeys.of_credential(connection, bytes([one])) for one in range(3)] == [None] * 3


def test_a_subject_means_one_user_at_a_time(database: Database, users: list[int]) -> None:
    with database.write() as connection:
        subjects.bind(connection, users[0], "https://i", "s", by="root")
        subjects.bind(connection, users[0], "https://i", "t", by="root")
        assert [(one.account, one.subject) for one in subjects.bound(connection)] == [("a", "t")]
        moved = subjects.bind(connection, users[1], "https://i", "t", by="root")
        assert subjects.of_subject(connection, "https://i", "t") == moved
        assert subjects.of_subject(connection, "https://j", "t") is None
        assert subjects.unbind(connection, users[1], by="root")
        assert not subjects.unbind(connection, users[0], by="root")
        assert subjects.bound(connection) == []
