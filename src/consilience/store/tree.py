"""The log as a hash tree, read for proofs: complete subtrees of any size, from what is stored of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from consilience.model.merkle import node_hash
from consilience.store import events
from consilience.store.schema import event_tree_node


def subtree(connection: Connection, level: int, place: int) -> bytes:
    """The root of a complete subtree: of 2^level leaves, from leaf ``place * 2^level`` on, counted from 0.

    Computed from at most 128 stored roots below it, or from as many events.
    """
    stored = level - level % events.LEVELS_APART
    if level == stored and level > 0:
        return _stored(connection, level, place, 1)[0]
    width = 1 << level - stored
    if stored:
        return _fold(_stored(connection, stored, place * width, width))
    return _fold([one.hash for one in events.events(connection, place * width + 1, (place + 1) * width)])


def _stored(connection: Connection, level: int, first: int, number: int) -> list[bytes]:
    node = event_tree_node.c
    query = select(node.hash).where(node.level == level, node.place.between(first, first + number - 1))
    return list(connection.execute(query.order_by(node.place)).scalars())


def _fold(hashes: Sequence[bytes]) -> bytes:
    """The root of a complete tree over these."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]
