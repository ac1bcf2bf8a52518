"""The tree of boxes that rays run through."""

from __future__ import annotations

import numpy as np

from consilience.compiled import kernel
from consilience.exercise.render.kernels import AFTER, FAR, LEAF, SPLIT, Floats, Ints

compiled = kernel()


@compiled
def _half_area(boxes: Floats, members: Ints, start: int, stop: int) -> float:
    """Half the surface of the box around some members."""
    size = np.zeros(3)
    for k in range(3):
        low = FAR
        high = -FAR
        for m in range(start, stop):
            low = min(low, boxes[members[m], k])
            high = max(high, boxes[members[m], k + 3])
        size[k] = high - low
    half: float = size[0] * size[1] + size[1] * size[2] + size[2] * size[0]
    return half


@compiled
def build_tree(boxes: Floats) -> Floats:
    """A binary tree of boxes, one solid a leaf, laid out depth first: a first child follows its parent.

    Split where the surfaces of the halves, weighted by their members, are least: large ground plates part
    early from what stands on them.

    Args:
        boxes: (n, 6), n > 0: least and greatest corner of each solid.

    Returns:
        (2n-1, 9): bounds; the node after its subtree; the solid of a leaf or -1; the axis of the split.
    """
    count = boxes.shape[0]
    tree = np.zeros((2 * count - 1, 9))
    members = np.arange(count)
    pending = np.zeros((count + 1, 2), np.int64)
    depth = 1
    pending[0, 0] = 0
    pending[0, 1] = count
    node = 0
    while depth > 0:
        depth -= 1
        start = pending[depth, 0]
        stop = pending[depth, 1]
        for k in range(3):
            low = FAR
            high = -FAR
            for m in range(start, stop):
                low = min(low, boxes[members[m], k])
                high = max(high, boxes[members[m], k + 3])
            tree[node, k] = low
            tree[node, k + 3] = high
        # A subtree of n solids has 2n-1 nodes.
        tree[node, AFTER] = node + 2 * (stop - start) - 1
        tree[node, LEAF] = -1
        if stop - start == 1:
            tree[node, LEAF] = members[start]
            node += 1
            continue
        best_cost = np.inf
        best_axis = 0
        best_at = (start + stop) // 2
        size = stop - start
        # Where there are many, only some places are tried.
        stride = 1 if size < 24 else size // 12
        for axis in range(3):
            middles = boxes[members[start:stop], axis] + boxes[members[start:stop], axis + 3]
            members[start:stop] = members[start:stop][np.argsort(middles, kind="mergesort")]
            for at in range(start + 1, stop, stride):
                cost = _half_area(boxes, members, start, at) * (at - start)
                cost += _half_area(boxes, members, at, stop) * (stop - at)
                if cost < best_cost:
                    best_cost = cost
                    best_axis = axis
                    best_at = at
        middles = boxes[members[start:stop], best_axis] + boxes[members[start:stop], best_axis + 3]
        members[start:stop] = members[start:stop][np.argsort(middles, kind="mergesort")]
        tree[node, SPLIT] = best_axis
        node += 1
        pending[depth, 0] = best_at
        pending[depth, 1] = stop
        pending[depth + 1, 0] = start
        pending[depth + 1, 1] = best_at
        depth += 2
    return tree
