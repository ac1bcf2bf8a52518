"""What was sent and waits to be read lies no longer on disk than it must."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from consilience.web.uploads import Uploads

_KILLED = """
import os, signal, sys
from pathlib import Path
from consilience.web.uploads import Uploads
folder = Uploads(Path(sys.argv[1])).new()
(folder / "list").write_text("1")
os.kill(os.getpid(), signal.SIGKILL)
"""


def files(scratch: Path) -> list[str]:
    return sorted(one.name for one in scratch.rglob("*") if one.is_file())


def test_what_a_killed_server_left_goes_with_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("of another part")
    subprocess.run([sys.executable, "-c", _KILLED, tmp_path], check=False)
    assert files(tmp_path) == ["list", "other"]
    Uploads(tmp_path).close()
    assert files(tmp_path) == ["other"]
    assert [one.name for one in tmp_path.iterdir()] == ["other"]


def test_what_another_server_works_on_stays(tmp_path: Path) -> None:
    first = Uploads(tmp_path)
    (first.new() / "list").write_text("1")
    second = Uploads(tmp_path)
    folder = second.new()
    (folder / "more").write_text("2")
    assert files(tmp_path) == ["list", "more"]
    second.remove(folder)
    second.close()
    assert files(tmp_path) == ["list"]
    first.close()
    assert list(tmp_path.iterdir()) == []
