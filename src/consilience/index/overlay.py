"""An index as it will be after a change that is not in it yet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from consilience.index.contract import Hits, Searchable, checked_ids, joined
from consilience.index.hamming import MultiIndex


class Overlay:
    """A `Searchable`: what is below, with some ids taken out and some codes added.

    Args:
        below: is not changed.
        without: int64 (n,), ids that are not found below any more.
        ids: int64 (m,), of what is added; not found below either.
        codes: uint8 (m, 32).

    Raises:
        UsageError: wrong shapes or types.
    """

    def __init__(
        self,
        below: Searchable,
        without: NDArray[np.int64],
        ids: NDArray[np.int64],
        codes: NDArray[np.uint8],
    ) -> None:
        self._below, self._hidden = below, np.union1d(checked_ids(without), checked_ids(ids))
        self._above = MultiIndex()
        self._above.add(ids, codes)

    def search(self, queries: NDArray[np.uint8], radius: int) -> Hits:
        """See `Searchable.search`."""
        below = self._below.search(queries, radius)
        left = ~np.isin(below.id, self._hidden)
        kept = Hits(below.query[left], below.id[left], below.distance[left])
        return joined([kept, self._above.search(queries, radius)])
