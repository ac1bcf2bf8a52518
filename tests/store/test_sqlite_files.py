"""What SQLite does not hold in memory lies in the holdings, and nowhere else."""

from __future__ import annotations

import os
import sqlite3
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
    scratch = tmp_path / "it's \udcff"  # a name that is not UTF-8
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


def test_what_fills_empty_tables_makes_no_log_of_its_size(tmp_path: Path) -> None:
    database = Database.create(SqliteFile(tmp_path / "db.sqlite", tmp_path))
    with database.loading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "delete"
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    database.close()


def test_who_has_the_file_open_does_not_stop_a_migration(tmp_path: Path) -> None:
    database = Database.create(SqliteFile(tmp_path / "db.sqlite", tmp_path))
    other = sqlite3.connect(tmp_path / "db.sqlite")
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM media").fetchone()
    with database.loading() as connection:
        connection.exec_driver_sql("CREATE TABLE more (id INTEGER)")
    assert other.execute("SELECT count(*) FROM media").fetchone() == (0,)
    other.close()
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM more").scalar_one() == 0
    database.close()
