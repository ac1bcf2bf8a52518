"""One tiny exercise, built once for this room's tests. Its first rendering compiles the kernels."""

from __future__ import annotations

from pathlib import Path

import pytest

from consilience.exercise.build import build
from consilience.exercise.truth import Truth, read_truth


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exercise") / "tiny"
    build(folder, "tiny", 11, 1)
    return folder


@pytest.fixture(scope="session")
def truth(tiny: Path) -> Truth:
    return read_truth(tiny)
