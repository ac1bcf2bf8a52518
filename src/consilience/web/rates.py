"""How often somebody may ask: buckets that fill with time. One process's own."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from consilience.services.accounts import TooOften

_CALLERS = 10_000


class Rates:
    """Buckets, one a caller.

    Args:
        burst: requests that a caller may make at once.
        a_second: requests that are won back in a second.
        clock: seconds; for tests.
    """

    def __init__(self, burst: float, a_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._a_second = a_second
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, caller: str) -> None:
        """Count a request.

        Raises:
            TooOften: the caller has none left.
        """
        at = self._clock()
        with self._lock:
            left, since = self._left.pop(caller, (self._burst, at))
            left = min(self._burst, left + (at - since) * self._a_second)
            self._left[caller] = (max(left - 1, -1.0), at) if left >= 1 else (left, at)
            while len(self._left) > _CALLERS:
                self._left.popitem(last=False)
        if left < 1:
            raise TooOften("too many requests", max(1, round((1 - left) / self._a_second)))
