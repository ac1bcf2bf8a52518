"""What comes into cases, for all who follow it at once: read a moment ago for everybody, told to each apart.

However many follow, the records are asked once a period, and only for what is newer than what is known. Who
may be told of what is asked again where leave was given or taken.
"""

from __future__ import annotations

import threading
import time
from collections import Counter

import msgspec

from consilience.model.people import Actor, Permission
from consilience.services.access import scope_of, service
from consilience.services.holdings import Holdings
from consilience.store import cases, marks, overview
from consilience.store.marks import Mark

PERIOD = 1.0
"""Seconds between two looks at the records."""
_LONG = 0.25
"""Seconds of counting alerts from which on that is done for a twentieth of the time, whatever comes."""


class CaseState(msgspec.Struct, frozen=True):
    """How many files and notices a case has: when either changes, there is something to look at."""

    case: bytes
    files: int
    notices: int


class Visible(msgspec.Struct, frozen=True):
    """What somebody may be told of: cases, with their public ids, and lists."""

    cases: dict[int, bytes]
    lists: frozenset[int]


class Moment(msgspec.Struct, frozen=True):
    """What was read last: where `came` differs, something came; where `leave` does, `visible` is old."""

    came: Mark = ()
    leave: Mark = ()


@service(Permission.LOOK)
def visible(holdings: Holdings, actor: Actor) -> Visible:
    """What the actor may be told of. It is asked for all the time, and is no event."""
    with holdings.database.read() as connection:
        scope = scope_of(connection, actor)
        found = {one.id: one.public_id for one in cases.cases(connection, scope)}
        return Visible(found, overview.lists_visible(connection, scope))


class Watching:
    """Counts of every case, kept in step with the records. Safe to use from several threads.

    Args:
        holdings: whose.

    Attributes:
        moment: what was read last.
    """

    def __init__(self, holdings: Holdings) -> None:
        self._database = holdings.database
        self._turn = threading.Lock()
        self._read_at = -PERIOD
        self._erased: int | None = None
        self._newest = overview.NOTHING
        self._files: Counter[int] = Counter()
        # Counters of notices are never changed, but made anew: others read them meanwhile.
        self._notices: dict[int, Counter[overview.About]] = {}
        self._alerts: dict[int, Counter[frozenset[int]]] = {}
        self._alerts_of: Mark = ()
        self._alerts_again_at = 0.0
        self.moment = Moment()

    @property
    def is_due(self) -> bool:
        """Whether a period has passed since the records were read."""
        return time.monotonic() - self._read_at >= PERIOD

    def read(self) -> None:
        """Read what came. While another thread does, the earlier moment stands, once there is one.

        Raises:
            HoldingsError: the records cannot be read.
        """
        if self._turn.acquire(blocking=self.moment == Moment()):
            try:
                if self.is_due:
                    self._read()
            finally:
                self._turn.release()

    def count(self) -> None:
        """Read what came, however short a time ago that was done, and count alerts where they may be others.

        Where there are so many matches that it takes long, alerts are counted a little later.

        Raises:
            HoldingsError: the records cannot be read.
        """
        with self._turn:
            self._read()
            with self._database.read() as connection:
                mark = (*self.moment.came, *overview.last_listed(connection))
                begun = time.monotonic()
                if mark != self._alerts_of and begun >= self._alerts_again_at:
                    self._alerts, self._alerts_of = overview.alerts(connection), mark
                    took = time.monotonic() - begun
                    self._alerts_again_at = begun + (20 * took if took > _LONG else 0.0)

    def files(self, case_id: int) -> int:
        """Files of a case."""
        return self._files[case_id]

    def alerts(self, case_id: int, lists: frozenset[int]) -> int:
        """Files of a case whose content matches one of these lists, if it is an alert list."""
        by_lists = self._alerts.get(case_id) or Counter()
        return sum(number for which, number in by_lists.items() if which & lists)

    def states(self, told_of: Visible) -> list[CaseState]:
        """The state of each case that somebody may be told of."""
        return [
            CaseState(public_id, self._files[case_id], self._told(case_id, told_of))
            for case_id, public_id in told_of.cases.items()
        ]

    def _told(self, case_id: int, told_of: Visible) -> int:
        return sum(
            number
            for about, number in self._notices.get(case_id, Counter()).items()
            if (about.case_id is None or about.case_id in told_of.cases)
            and (about.list_id is None or about.list_id in told_of.lists)
        )

    def _read(self) -> None:
        with self._database.read() as connection:
            leave = marks.leave(connection)
            erased = overview.erasures(connection)
            if erased != self._erased:
                self._erased, self._newest = erased, overview.NOTHING
                self._files, self._notices = Counter(), {}
            came = overview.came(connection, self._newest)
        self._files.update(came.files)
        for (case_id, about), number in came.notices.items():
            self._notices[case_id] = self._notices.get(case_id, Counter()) + Counter({about: number})
        self._newest = came.newest
        self.moment = Moment((erased, *came.newest), leave)
        self._read_at = time.monotonic()
