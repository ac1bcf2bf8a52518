"""Custody: a bundle that holds, is told from an altered one, and can be repeated on the exhibit itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from world import ACTOR, encoded, picture, take_in

from consilience.audit.custody import read_files, verify_bundle
from consilience.audit.notes import Checkpoint, Signer
from consilience.errors import NotFoundError, UsageError
from consilience.evidence.folder import FolderSource
from consilience.runs.local import LocalExecutor
from consilience.services import audit, custody
from consilience.services.holdings import Holdings
from consilience.services.keys import public_key
from consilience.services.rereading import DifferenceKind, reread


@pytest.fixture
def exhibit(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    for seed in range(3):
        (folder / f"{seed}.jpg").write_bytes(encoded(picture(seed)))
    (folder / "copy.jpg").write_bytes((folder / "0.jpg").read_bytes())
    (folder / "notes.txt").write_text("a note")
    (folder / "link").symlink_to("notes.txt")
    return folder


def test_a_bundle_holds_and_can_be_repeated(
    holdings: Holdings, executor: LocalExecutor, exhibit: Path, tmp_path: Path
) -> None:
    take_in(holdings, executor, exhibit)
    key = public_key(holdings)
    kept = Checkpoint.opened(audit.make_checkpoint(holdings, ACTOR).note, key)
    bundle = tmp_path / "bundle"
    custody.export(holdings, ACTOR, bundle, case="C1", exhibit="E1", to="a court")
    verification = verify_bundle(bundle, key, [kept])
    assert verification.findings == []
    assert verification.anchored
    assert verification.manifest is not None
    assert (verification.manifest.brought_by, verification.manifest.files) == ("tester", 6)
    assert [one.by for one in verification.manifest.readings] == ["tester"]
    assert {(one.action, one.object_kind) for one in verification.events} == {
        ("create", "case"), ("create", "exhibit"), ("collect", "reading"), ("disclose", "custody"),
    }  # fmt: skip
    assert b'"a court"' in (bundle / "names.jsonl").read_bytes()
    found = reread(read_files(bundle), FolderSource(exhibit), executor)
    assert (found.files, found.same, found.differences) == (6, 6, [])
    assert (found.fingerprints, found.same_fingerprints) == (4, 4)
    with pytest.raises(UsageError, match="cannot be made"):
        custody.export(holdings, ACTOR, bundle, case="C1", exhibit="E1")
    with pytest.raises(NotFoundError, match="no exhibit"):
        custody.export(holdings, ACTOR, tmp_path / "other", case="C1", exhibit="E9")


def test_every_altered_byte_of_a_bundle_is_found(
    holdings: Holdings, executor: LocalExecutor, exhibit: Path, tmp_path: Path
) -> None:
    take_in(holdings, executor, exhibit)
    good = tmp_path / "bundle"
    custody.export(holdings, ACTOR, good, case="C1", exhibit="E1")
    key = public_key(holdings)
    for file in sorted(good.iterdir()):
        data = file.read_bytes()
        for at in range(0, len(data), max(len(data) // 7, 1)):
            bad = tmp_path / "bad"
            shutil.copytree(good, bad)
            (bad / file.name).write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert not verify_bundle(bad, key).holds, (file.name, at)
            shutil.rmtree(bad)
        bad = tmp_path / "bad"
        shutil.copytree(good, bad)
        (bad / file.name).unlink()
        assert not verify_bundle(bad, key).holds, file.name
        shutil.rmtree(bad)
    (good / "more").touch()
    assert verify_bundle(good, key).findings == ["more does not belong to the bundle"]
    assert not verify_bundle(good, Signer(key.origin, bytes(32)).public).holds


def test_a_log_that_was_rewritten_does_not_continue_a_kept_checkpoint(
    holdings: Holdings, executor: LocalExecutor, exhibit: Path, tmp_path: Path
) -> None:
    take_in(holdings, executor, exhibit)
    key = public_key(holdings)
    made = audit.make_checkpoint(holdings, ACTOR)
    kept = Checkpoint.opened(made.note, key)
    custody.export(holdings, ACTOR, tmp_path / "bundle", case="C1", exhibit="E1")
    other = Checkpoint(kept.origin, kept.size, bytes(32), kept.at)
    verification = verify_bundle(tmp_path / "bundle", key, [other])
    assert verification.anchored is False
    assert "it was rewritten" in verification.findings[0]
    unknown = Checkpoint(kept.origin, kept.size - 1, bytes(32), kept.at)
    assert "says nothing of the checkpoint" in verify_bundle(tmp_path / "bundle", key, [unknown]).findings[0]
    assert "made all of this anew" in verify_bundle(tmp_path / "bundle", key).limits[0]


def test_an_exhibit_that_is_attached_again_is_verified(
    holdings: Holdings, executor: LocalExecutor, exhibit: Path
) -> None:
    take_in(holdings, executor, exhibit)

    def differences() -> list[tuple[DifferenceKind, str]]:
        source = FolderSource(exhibit)
        found = custody.verify_exhibit(holdings, ACTOR, source, executor, case="C1", exhibit="E1")
        source.close()
        return [(one.kind, one.file) for one in found.differences]

    assert differences() == []
    (exhibit / "0.jpg").write_bytes(encoded(picture(9)))
    (exhibit / "1.jpg").unlink()
    (exhibit / "notes.txt").unlink()
    (exhibit / "notes.txt").symlink_to("link")
    (exhibit / "link").unlink()
    (exhibit / "link").write_text("was a link")
    (exhibit / "new.txt").write_text("new")
    assert differences() == [
        (DifferenceKind.CONTENT, "0.jpg"),
        (DifferenceKind.READABLE, "link"),
        (DifferenceKind.ADDED, "new.txt"),
        (DifferenceKind.UNREADABLE, "notes.txt"),
        (DifferenceKind.MISSING, "1.jpg"),
    ]


def test_another_fingerprint_is_a_difference(
    holdings: Holdings, executor: LocalExecutor, exhibit: Path, tmp_path: Path
) -> None:
    take_in(holdings, executor, exhibit)
    custody.export(holdings, ACTOR, tmp_path / "bundle", case="C1", exhibit="E1")
    entries = list(read_files(tmp_path / "bundle"))
    wrong = msgspec.structs.replace(entries[0].fingerprints[0], code="00" * 32)
    entries[0] = msgspec.structs.replace(entries[0], fingerprints=(wrong,))
    source = FolderSource(exhibit)
    found = reread(entries, source, executor)
    source.close()
    assert [(one.kind, one.file) for one in found.differences] == [(DifferenceKind.FINGERPRINT, "0.jpg")]
    assert found.same_fingerprints == found.fingerprints - 1
