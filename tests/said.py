"""What holdings say, in a form that neither the release nor the kind of database changes."""

from __future__ import annotations

import hashlib
from collections import Counter

from sqlalchemy import Connection, text

from consilience.model.outcomes import Outcome
from consilience.model.people import EVERYTHING
from consilience.store import outcomes

# Of the first release, so that any later one can be asked the same.
_TABLES = (
    "agency", "broken_record", "case", "clue", "edition", "entry", "entry_change", "entry_fingerprint",
    "entry_match", "event", "exhibit", "fingerprint", "hash_list", "media", "media_file", "media_file_time",
    "media_match", "notice", "reading",
)  # fmt: skip
_FILES = "SELECT f.id, e.number, f.locator FROM media_file f JOIN exhibit e ON e.id = f.exhibit_id"
_ENTRY_MATCHES = """
    SELECT l.name, m.algorithm, d.sha256, n.key, m.part, m.version, m.distance, m.orientation
    FROM entry_match m JOIN media d ON d.id = m.media_id JOIN entry n ON n.id = m.entry_id
    JOIN hash_list l ON l.id = n.list_id WHERE m.recalled_at IS NULL
"""
_MEDIA_MATCHES = """
    SELECT m.part, m.other_part, m.algorithm, d.sha256, o.sha256, m.version, m.distance, m.orientation
    FROM media_match m JOIN media d ON d.id = m.media_id JOIN media o ON o.id = m.other_media_id
"""


def said(connection: Connection) -> dict[str, object]:
    """Rows a table; outcomes an exhibit; matches by list and by part; and a digest of each in full."""
    counts = {
        table: connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one() for table in _TABLES
    }
    places = {row[0]: (row[1], bytes(row[2])) for row in connection.execute(text(_FILES))}
    cases = list(connection.execute(text('SELECT id FROM "case" ORDER BY id')).scalars())
    files = [
        (*places[one.file_id], Outcome(one.outcome).value)
        for case in cases
        for one in outcomes.outcomes(connection, EVERYTHING, case)
    ]
    return {
        "rows": counts,
        "outcomes": _counted((exhibit, outcome) for exhibit, _, outcome in files),
        "outcomes in full": _digest(files),
        "entry matches": _counted(row[:2] for row in connection.execute(text(_ENTRY_MATCHES))),
        "entry matches in full": _digest(connection.execute(text(_ENTRY_MATCHES))),
        "media matches": _counted(row[:3] for row in connection.execute(text(_MEDIA_MATCHES))),
        "media matches in full": _digest(connection.execute(text(_MEDIA_MATCHES))),
    }


def _counted(rows: object) -> dict[str, int]:
    return dict(sorted(Counter(" / ".join(row) for row in rows).items()))  # type: ignore[attr-defined]


def _digest(rows: object) -> str:
    lines = sorted(repr(tuple(row)) for row in rows)  # type: ignore[attr-defined]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
