"""Events of the first schema become leaves of the audit's tree; their names move to where they can be erased.

Self-contained but for the versioned form of a leaf: later schemas must not change what this does.
"""

from __future__ import annotations

import sqlalchemy as sa

from consilience.model.audited import AuditedEvent, check_detail, is_code
from consilience.model.merkle import Frontier
from consilience.model.references import Reference, ReferenceKind

_LEVELS_APART = 8

_OLD = sa.table(
    "event",
    *(sa.column(name) for name in ("id", "public_id", "at", "actor", "action", "case_id", "object_kind")),
    *(sa.column(name) for name in ("object_id", "justification", "outcome")),
    sa.column("detail", sa.JSON),
)
_NEW = sa.table(
    "event",
    *(sa.column(name) for name in ("id", "public_id", "at", "actor_id", "action", "case_id", "object_kind")),
    *(sa.column(name) for name in ("object_id", "justification", "authority_id", "outcome")),
    sa.column("detail", sa.JSON),
)
_NOTE = sa.table("event_note", sa.column("event_id"), sa.column("text"))
_CASE = sa.table("case", sa.column("id"), sa.column("public_id"), sa.column("legal_basis"))
_REFERENCE = sa.table("reference", *(sa.column(name) for name in ("id", "digest", "kind", "text", "key")))
_TREE = sa.table("event_tree", *(sa.column(name) for name in ("id", "size", "frontier")))
_NODE = sa.table("event_tree_node", *(sa.column(name) for name in ("level", "place", "hash")))


class Events:
    """The events of the first schema, read before its tables go.

    Args:
        connection: the transaction of the migration.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._rows = [dict(row._mapping) for row in connection.execute(sa.select(_OLD).order_by(_OLD.c.id))]
        self._notes = dict(tuple(row) for row in connection.execute(sa.select(_NOTE)))

    def write(self, connection: sa.Connection) -> None:
        """Write them as leaves, numbered from 1 in their order."""
        cases = {row[0]: (row[1], row[2]) for row in connection.execute(sa.select(_CASE))}
        references = _References(connection)
        frontier = Frontier()
        for number, row in enumerate(self._rows, 1):
            actor_id, actor = references.of(ReferenceKind.ACTOR, row["actor"])
            case, legal_basis = cases[row["case_id"]] if row["case_id"] is not None else (None, "")
            authority_id, authority = None, None
            if legal_basis:
                authority_id, authority = references.of(ReferenceKind.AUTHORITY, legal_basis)
            said = row["justification"]
            justification = said if is_code(said) else "stated"
            leaf = AuditedEvent(
                number=number,
                id=row["public_id"].hex(),
                at=row["at"],
                actor=actor.hex(),
                action=row["action"],
                object_kind=row["object_kind"],
                object_id=row["object_id"].hex() if row["object_id"] else None,
                case=case.hex() if case else None,
                justification=justification,
                authority=authority.hex() if authority else None,
                outcome=row["outcome"],
                detail=check_detail(row["detail"]),
            )
            old = row.pop("id")
            del row["actor"]
            changed = {"id": number, "actor_id": actor_id, "authority_id": authority_id}
            connection.execute(_NEW.insert().values(row | changed | {"justification": justification}))
            notes = [*([] if justification == said else [said]), *filter(None, [self._notes.get(old)])]
            if notes:
                connection.execute(_NOTE.insert().values(event_id=number, text="\n".join(notes)))
            for one in frontier.append(leaf.hash):
                if one.level % _LEVELS_APART == 0:
                    values = {"level": one.level, "place": one.place, "hash": one.hash}
                    connection.execute(_NODE.insert().values(values))
        connection.execute(_TREE.insert().values(id=1, size=frontier.size, frontier=frontier.encode()))


class _References:
    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._made: dict[tuple[str, str], tuple[int, bytes]] = {}

    def of(self, kind: ReferenceKind, text: str) -> tuple[int, bytes]:
        if (kind, text) not in self._made:
            made = Reference.new(kind, text)
            values = {"digest": made.digest, "kind": kind.value, "text": text, "key": made.key}
            row = _REFERENCE.insert().values(values).returning(_REFERENCE.c.id)
            self._made[kind, text] = (self._connection.execute(row).scalar_one(), made.digest)
        return self._made[kind, text]
