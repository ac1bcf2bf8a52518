"""The commands around the log, backups and erasure: what they print, how they end, what they refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from consilience.cli.app import app
from consilience.errors import FormatError, NotFoundError, UsageError


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    ran("init", "unit7")
    ran("case", "new", "1", "--legal-basis", "order 5", "-H", "unit7")
    Path("key").write_text(ran("audit", "key", "-H", "unit7").output)
    return tmp_path


def tried(*arguments: str, input: str = "") -> Result:
    return CliRunner().invoke(app, arguments, input=input)


def ran(*arguments: str, code: int = 0) -> Result:
    result = tried(*arguments)
    assert (result.exit_code, result.output) == (code, result.output), result.exception
    return result


def test_an_export_is_verified_and_an_altered_one_is_not() -> None:
    ran("audit", "checkpoint", "--out", "kept", "-H", "unit7")
    assert ran("audit", "checkpoint", "-H", "unit7").output.startswith("consilience/")
    ran("audit", "export", "log", "-H", "unit7")
    good = ran("audit", "verify", "log", "--key", "key", "--checkpoint", "kept").output
    assert "Events 1 to 5 are those that the key signed.\n" in good
    assert "Events 1 to 3 are those of a checkpoint that was kept elsewhere.\n" in good
    assert "Wrong:" not in good
    data = Path("log").read_bytes()
    Path("log").write_bytes(data.replace(b'"case-opening"', b'"case-closing"'))
    bad = ran("audit", "verify", "log", "--key", Path("key").read_text(), code=1).output
    assert "event 2 is not the one that was signed" in bad
    record = json.loads(ran("audit", "verify", "log", "--key", "key", "--json", code=1).output)
    assert (record["holds"], record["findings"][0]["fault"], record["findings"][0]["first"]) == (
        False,
        "altered",
        2,
    )


def test_what_is_no_key_checkpoint_or_export_is_said() -> None:
    ran("audit", "checkpoint", "--out", "kept", "-H", "unit7")
    assert isinstance(tried("audit", "checkpoint", "--out", "kept", "-H", "unit7").exception, UsageError)
    assert isinstance(tried("audit", "verify", "none", "--key", "key").exception, NotFoundError)
    assert isinstance(tried("audit", "verify", "key", "--key", "kept").exception, FormatError)
    assert isinstance(
        tried("audit", "verify", "key", "--key", "key", "--checkpoint", "key").exception, FormatError
    )
    assert isinstance(tried("audit", "verify-receipt", "key", "--key", "key").exception, FormatError)
    assert isinstance(tried("custody", "verify", "none", "--key", "key").exception, NotFoundError)


def test_the_log_is_searched() -> None:
    ran("case", "list", "--actor", "Ann", "-H", "unit7")
    found = [
        json.loads(line)
        for line in ran("audit", "search", "--by", "Ann", "--json", "-H", "unit7").output.splitlines()
    ]
    assert [(one["actor"], one["action"], one["object_kind"]) for one in found] == [("Ann", "read", "case")]
    assert ran("audit", "search", "--since", "2261-01-01", "--json", "-H", "unit7").output == ""
    assert isinstance(tried("audit", "search", "--since", "2999-01-01", "-H", "unit7").exception, UsageError)
    assert isinstance(tried("audit", "search", "--object", "xyz", "-H", "unit7").exception, UsageError)


def test_a_backup_needs_its_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(tried("backup", "a", "-H", "unit7").exception, UsageError)
    monkeypatch.setenv("CONSILIENCE_BACKUP_PASSPHRASE", "open")
    ran("backup", "a", "-H", "unit7")
    ran("restore", "a", "again")
    assert "1" in ran("case", "list", "-H", "again").output


def test_an_erasure_is_asked_for_and_proven() -> None:
    command = ("erase", "case", "1", "--authority", "order 7", "-H", "unit7")
    assert tried(*command, input="n\n").exit_code == 1
    assert ran("case", "list", "--json", "-H", "unit7").output != ""
    assert "Erased: " in tried(*command, "--receipt", "proof", input="y\n").output
    assert ran("case", "list", "--json", "-H", "unit7").output == ""
    assert "erase case" in ran("audit", "verify-receipt", "proof", "--key", "key").output
    failed = tried(*command, "--yes", "--receipt", "other")
    assert isinstance(failed.exception, NotFoundError)
    assert not Path("other").exists()
    assert isinstance(tried(*command, "--yes", "--receipt", "proof").exception, UsageError)
