"""Killed anywhere and started again, a run ends with the records of an undisturbed one."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from world import on_record

from consilience.exercise.build import build
from consilience.services.holdings import Holdings

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def operation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("operation") / "tiny"
    build(folder, "tiny", 11, 2)
    return folder


def start(operation: Path, holdings: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(HERE / "killed_run.py"), str(operation), str(holdings)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])},
        stderr=subprocess.PIPE,
    )


def undisturbed(operation: Path, folder: Path) -> tuple[dict[str, list[tuple[object, ...]]], float]:
    begun = time.monotonic()
    process = start(operation, folder)
    _, errors = process.communicate()
    assert process.returncode == 0, errors.decode()
    seconds = time.monotonic() - begun
    with Holdings.open(folder) as holdings:
        return on_record(holdings), seconds


def killed_until_done(operation: Path, folder: Path, chance: random.Random, seconds: float) -> int:
    """Run to the end through kills at random moments; gives how many there were."""
    kills = 0
    while True:
        process = start(operation, folder)
        # Later attempts start further on, so their moments come sooner; all come later where the machine has
        # become so slow that none gets anywhere.
        patience = seconds * (1 + kills // 10) / (1 + kills % 3)
        try:
            _, errors = process.communicate(timeout=chance.uniform(0.2, 1.1) * patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
            continue
        assert process.returncode == 0, errors.decode()
        return kills


def kill(operation: Path, tmp_path: Path, wanted: int, seed: int) -> None:
    expected, seconds = undisturbed(operation, tmp_path / "undisturbed")
    assert len(expected["media_file"]) > 100
    assert len(expected["entry_match"]) > 0
    chance = random.Random(seed)
    kills = 0
    while kills < wanted:
        folder = tmp_path / f"killed-{kills}"
        kills += killed_until_done(operation, folder, chance, seconds)
        print(f"{kills} kills")
        with Holdings.open(folder) as holdings:
            found = on_record(holdings)
        for table, rows in expected.items():
            assert found[table] == rows, f"{table} differs after {kills} kills"
        shutil.rmtree(folder)


def test_a_few_kills(operation: Path, tmp_path: Path) -> None:
    kill(operation, tmp_path, wanted=3, seed=5)


@pytest.mark.long
def test_a_hundred_kills(operation: Path, tmp_path: Path) -> None:
    kill(operation, tmp_path, wanted=100, seed=6)
