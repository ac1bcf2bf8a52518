"""Events of many threads, committed together: each caller waits until its own are durable, not for its turn.

A commit waits for the disk. Whoever comes while one is under way is written by the next, with all others who
came meanwhile. For acts that change nothing else, such as looking; an act that changes records appends its
event in its own transaction.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from consilience.model.people import Actor
from consilience.store import events
from consilience.store.database import Database
from consilience.store.events import Act


class _Waiting:
    """Events that are not durable yet, and who waits for them; perhaps the one who writes for all."""

    def __init__(self, entries: Sequence[tuple[Actor, Act]]) -> None:
        self.entries = entries
        self.numbers: range | None = None
        self.error: Exception | None = None
        self.leads = False
        self.woken = threading.Event()


class Recorder:
    """Appends events for the threads of one process.

    Args:
        database: where to.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Waiting] = []
        self._led = False
        self._queue = threading.Lock()

    def append(self, actor: Actor, act: Act) -> int:
        """Append an event; gives its number once it is durable.

        Raises:
            HoldingsError: it could not be written. No event that waited with it was, either.
            ValueError: the event, or one that waited with it, holds free text.
        """
        return self.append_all([(actor, act)])[0]

    def append_all(self, entries: Sequence[tuple[Actor, Act]]) -> range:
        """Append several, in this order and with no other between them; gives their numbers.

        Raises:
            HoldingsError, ValueError: see `append`.
        """
        mine = _Waiting(entries)
        with self._queue:
            self._waiting.append(mine)
            mine.leads, self._led = not self._led, True
        if not mine.leads:
            mine.woken.wait()
        if mine.leads:
            self._commit()
        if mine.error is not None:
            raise mine.error
        assert mine.numbers is not None
        return mine.numbers

    def _commit(self) -> None:
        """Write what waits now, in one transaction, and let one of those who came meanwhile go on."""
        with self._queue:
            waiting, self._waiting = self._waiting, []
        try:
            with self._database.write() as connection:
                numbers = events.append_all(connection, [each for one in waiting for each in one.entries])
            for one in waiting:
                one.numbers, numbers = numbers[: len(one.entries)], numbers[len(one.entries) :]
        except Exception as error:  # told to each of those who wait
            for one in waiting:
                one.error = error
        finally:
            with self._queue:
                self._led = bool(self._waiting)
                for one in self._waiting[:1]:
                    one.leads = True
                    one.woken.set()
            for one in waiting:
                one.woken.set()
