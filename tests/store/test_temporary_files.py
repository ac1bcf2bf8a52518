"""What SQLite does not hold in memory lies in the holdings, and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import text

from consilience.store.database import Database
from consilience.store.sqlite import SqliteFile

# More than the page cache holds, so that its order is made in files.
_SORTED = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 300000)
    SELECT n, hex(randomblob(300)) AS drawn FROM numbers ORDER BY drawn
"""


def test_a_large_sort_lies_in_the_scratch_folder(tmp_path: Path) -> None:
    scratch = tmp_path / "it's scratch"
    scratch.mkdir()
    database = Database.create(SqliteFile(tmp_path / "db.sqlite", scratch))
    with database.read() as connection:
        result = connection.execute(text(_SORTED))
        result.fetchone()
        places = {Path(one).parent for one in _open_files() if "etilqs" in one}
        result.close()
    database.close()
    assert places == {scratch}


def _open_files() -> list[str]:
    """The files that this process has open; SQLite unlinks its own as soon as they are."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{number}"))
        except OSError:
            continue  # the listing itself, closed by now
    return found
