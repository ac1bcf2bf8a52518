"""A backup opens with its passphrase only, and gives back the same records, keys and log."""

from __future__ import annotations

import io
import tarfile
import threading
import time
from pathlib import Path

import pytest
from world import ACTOR, encoded, make_holdings, on_record, picture, take_in

from consilience.audit.notes import Checkpoint
from consilience.audit.verify import verify
from consilience.errors import FormatError, HoldingsError, UsageError
from consilience.runs.local import LocalExecutor
from consilience.services import audit, backup, keys
from consilience.services.cases import all_cases
from consilience.services.holdings import Holdings
from consilience.services.keyring import KEY_FILE, Keyring, Work
from consilience.services.sealed_stream import SealingWriter, UnsealingReader
from consilience.services.sealing import NotUnsealed, new_key, seal, unseal
from consilience.store.schema import case_key

QUICK = Work(n=1 << 4)
CHUNK = 1 << 20


def sealed(data: bytes, passphrase: str = "open") -> bytes:
    out = io.BytesIO()
    writer = SealingWriter(out, passphrase, QUICK)
    for at in range(0, len(data), 700_001):
        writer.write(data[at : at + 700_001])
    writer.close()
    return out.getvalue()


def unsealed(data: bytes, passphrase: str = "open") -> bytes:
    reader = UnsealingReader(io.BytesIO(data), passphrase)
    return b"".join(iter(lambda: reader.read(333_333), b""))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 77])
def test_a_stream_comes_back_whole(size: int) -> None:
    data = bytes(range(251)) * (size // 251 + 1)
    assert unsealed(sealed(data[:size])) == data[:size]


def test_a_stream_that_was_changed_does_not_open() -> None:
    data = sealed(bytes(2 * CHUNK + 77))
    header = data.index(b"\n") + 1
    chunk = CHUNK + 16
    wrong = {
        "cut in a chunk": data[:-1],
        "cut between chunks": data[: header + chunk],
        "cut to the header": data[:header],
        "no last chunk": data[: header + 2 * chunk],
        "a byte": data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        "swapped": data[:header]
        + data[header + chunk : header + 2 * chunk]
        + data[header : header + chunk]
        + data[header + 2 * chunk :],
        "more": data + b"x",
        "another header": data.replace(b'"p":1', b'"p":2', 1),
    }
    for what, bad in wrong.items():
        with pytest.raises(FormatError):
            pytest.fail(f"{what}: {len(unsealed(bad))} bytes")
    with pytest.raises(FormatError, match="passphrase is wrong"):
        unsealed(data, "wrong")
    with pytest.raises(FormatError, match="no sealed stream"):
        unsealed(b"something else\n" * 9)
    with pytest.raises(FormatError, match="known version"):
        unsealed(data.replace(b'"n":16', b'"n":1099511627776', 1))


def test_a_sealed_value_is_of_one_key_and_one_context() -> None:
    key = new_key()
    data = seal(key, b"secret", b"here")
    assert unseal(key, data, b"here") == b"secret"
    assert seal(key, b"secret", b"here") != data
    for bad in (
        (new_key(), data, b"here"),
        (key, data, b"there"),
        (key, data[:-1], b"here"),
        (key, b"", b"here"),
    ):
        with pytest.raises(NotUnsealed):
            unseal(*bad)


def test_a_backup_gives_back_the_same_holdings(
    holdings: Holdings, executor: LocalExecutor, tmp_path: Path
) -> None:
    exhibit = tmp_path / "stick"
    exhibit.mkdir()
    for seed in range(3):
        (exhibit / f"{seed}.jpg").write_bytes(encoded(picture(seed)))
    take_in(holdings, executor, exhibit)
    (holdings.folder / "vocabularies").mkdir(exist_ok=True)
    key = keys.public_key(holdings)
    kept = Checkpoint.opened(audit.make_checkpoint(holdings, ACTOR).note, key)
    stop = threading.Event()

    def work_on() -> None:
        while not stop.is_set():
            all_cases(holdings, ACTOR)
            time.sleep(0.02)

    others = threading.Thread(target=work_on)
    others.start()
    try:
        done = backup.back_up(holdings, ACTOR, tmp_path / "a.backup", "open", work=QUICK)
    finally:
        stop.set()
        others.join()
    assert b"stick" not in (tmp_path / "a.backup").read_bytes()
    assert (tmp_path / "a.backup").stat().st_mode & 0o777 == 0o600
    assert list((holdings.folder / "scratch").iterdir()) == []
    back = backup.restore(tmp_path / "a.backup", tmp_path / "again", ACTOR, "open")
    assert back.events == done.events > kept.size
    with Holdings.open(tmp_path / "again") as again:
        assert on_record(again) == on_record(holdings)
        assert keys.public_key(again) == key
        audit.export(again, ACTOR, tmp_path / "log")
        with (tmp_path / "log").open("rb") as file:
            verification = verify(file, key, [kept])
        assert (verification.findings, verification.anchored) == ([], kept.size)
    assert (tmp_path / "again" / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_restored_leaves_no_holdings(holdings: Holdings, tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    backup.back_up(holdings, ACTOR, path, "open", work=QUICK)
    with pytest.raises(UsageError, match="cannot be made"):
        backup.back_up(holdings, ACTOR, path, "open", work=QUICK)
    with pytest.raises(UsageError, match="needs a passphrase"):
        backup.back_up(holdings, ACTOR, tmp_path / "b.backup", "", work=QUICK)
    again = tmp_path / "again"
    with pytest.raises(FormatError, match="passphrase is wrong"):
        backup.restore(path, again, ACTOR, "wrong")
    cut = tmp_path / "cut.backup"
    cut.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(FormatError, match="the file was changed"):
        backup.restore(cut, again, ACTOR, "open")
    assert not Holdings.are_in(again)
    backup.restore(path, again, ACTOR, "open")
    assert Holdings.are_in(again)
    with pytest.raises(UsageError, match="is not empty"):
        backup.restore(path, again, ACTOR, "open")


def test_the_key_file_is_the_owner_s_and_can_be_locked(
    holdings: Holdings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = holdings.folder / KEY_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    before = keys.public_key(holdings)
    ring = Keyring.open(holdings.folder, keys.ask_passphrase)
    ring.lock("secret", QUICK)
    monkeypatch.setenv(keys.PASSPHRASE, "wrong")
    with pytest.raises(HoldingsError, match="passphrase is wrong"):
        keys.public_key(holdings)
    monkeypatch.setenv(keys.PASSPHRASE, "secret")
    assert keys.public_key(holdings) == before
    keys.lock(holdings, ACTOR, "")
    monkeypatch.delenv(keys.PASSPHRASE)
    assert keys.public_key(holdings) == before


def test_another_holdings_key_file_is_refused(holdings: Holdings, tmp_path: Path) -> None:
    Keyring.create(holdings.folder)
    with pytest.raises(HoldingsError, match="is not the key file of these holdings"):
        keys.public_key(holdings)
    (holdings.folder / KEY_FILE).unlink()
    with pytest.raises(HoldingsError, match="is missing"):
        keys.public_key(holdings)
    (holdings.folder / KEY_FILE).write_text("{}")
    with pytest.raises(HoldingsError, match="cannot be read as a key file"):
        keys.public_key(holdings)


def test_what_is_sealed_for_a_case_outlives_a_change_of_keys(
    holdings: Holdings, executor: LocalExecutor, tmp_path: Path
) -> None:
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "0.jpg").write_bytes(encoded(picture(0)))
    take_in(holdings, executor, tmp_path / "stick")
    old = keys.keyring(holdings)
    with holdings.database.write() as connection:
        keys.put(connection, old, 1, 1, "thumbnail", b"pixels")
        keys.put(connection, old, 1, 1, "thumbnail", b"better pixels")
        keys.put(connection, old, 2, 1, "thumbnail", b"of another case")
    assert keys.rotate(holdings, ACTOR) == 2
    ring = keys.keyring(holdings)
    with holdings.database.read() as connection:
        assert keys.get(connection, ring, 1, 1, "thumbnail") == b"better pixels"
        assert keys.get(connection, ring, 2, 1, "thumbnail") == b"of another case"
        assert keys.get(connection, ring, 1, 1, "other") is None
        with pytest.raises(HoldingsError, match="is not in"):
            keys.get(connection, old, 1, 1, "thumbnail")
    with holdings.database.write() as connection:
        connection.execute(case_key.delete())
    with (
        pytest.raises(HoldingsError, match="were changed meanwhile"),
        holdings.database.write() as connection,
    ):
        keys.put(connection, old, 1, 1, "thumbnail", b"pixels")
    with holdings.database.write() as connection:
        keys.put(connection, ring, 1, 1, "thumbnail", b"pixels")


def test_a_backup_is_restored_wherever_its_archive_ends(tmp_path: Path) -> None:
    """Also where the first empty block of the end is the last of a record: the next record is padding alone."""
    block, path = tarfile.BLOCKSIZE, tmp_path / "a.backup"
    with make_holdings(tmp_path / "holdings", "C1") as made:
        filler = made.folder / "vocabularies" / "own.txt"
        filler.parent.mkdir(exist_ok=True)
        filler.write_bytes(b"#")

        def end() -> int:
            path.unlink(missing_ok=True)
            backup.back_up(made, ACTOR, path, "open", work=QUICK)
            with tarfile.open(fileobj=io.BytesIO(unsealed(path.read_bytes()))) as archive:
                last = archive.getmembers()[-1]
            return last.offset_data + -(-last.size // block) * block

        filler.write_bytes(b"#" * ((tarfile.RECORDSIZE - end() % tarfile.RECORDSIZE) % tarfile.RECORDSIZE))
        assert end() % tarfile.RECORDSIZE == tarfile.RECORDSIZE - block
    backup.restore(path, tmp_path / "again", ACTOR, "open")
    assert (tmp_path / "again" / "vocabularies" / "own.txt").read_bytes() == filler.read_bytes()
