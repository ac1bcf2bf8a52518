"""`consilience serve`: what it refuses before it listens, and what whoever sees the link may do."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from web_world import ADMIN, populate

from consilience.cli.serve import _check, _connections
from consilience.errors import UsageError
from consilience.services import accounts
from consilience.services.holdings import Holdings


@pytest.mark.parametrize(
    ("host", "names", "owned", "secure", "refused"),
    [
        ("127.0.0.1", (), True, False, None),
        ("::1", (), True, False, None),
        ("127.0.0.1", ("localhost:5173",), True, False, None),
        ("0.0.0.0", ("unit.example",), True, True, "no users"),
        ("127.0.0.1", ("unit.example",), True, True, "no users"),
        ("0.0.0.0", ("unit.example",), False, False, "no TLS"),
        ("0.0.0.0", (), False, True, "a name"),
        ("0.0.0.0", ("unit.example",), False, True, None),
        ("127.0.0.1", ("unit.example",), False, True, None),
    ],
)
def test_only_what_is_safe_is_served(
    host: str, names: tuple[str, ...], owned: bool, secure: bool, refused: str | None
) -> None:
    if refused is None:
        _check(host, names, is_owned=owned, secure=secure)
    else:
        with pytest.raises(UsageError, match=refused):
            _check(host, names, is_owned=owned, secure=secure)


def test_an_invitation_is_good_for_once_and_for_a_week(
    holdings: Holdings, monkeypatch: pytest.MonkeyPatch, made: Path
) -> None:
    populate(holdings)
    late = accounts.invite(holdings, ADMIN, "analyst")
    monkeypatch.setattr("consilience.store.accounts.now", lambda: accounts.now() + accounts.INVITED_FOR + 1)
    with pytest.raises(accounts.NotSignedIn):
        accounts.accept(holdings, "analyst", late, "several words in a row", "test")


@pytest.mark.parametrize(
    ("soft", "hard", "connections", "files"),
    [
        (1024, 1_048_576, 4000, 5000),
        (1024, resource.RLIM_INFINITY, 4000, 5000),
        (20_000, 20_000, 4000, None),
        (1024, 3000, 2000, 3000),
        (256, 256, 100, None),
    ],
)
def test_connections_have_files_to_be_open_in(
    soft: int, hard: int, connections: int, files: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: allowed.append(wanted))
    assert _connections() == connections
    assert allowed == ([] if files is None else [(files, hard)])
