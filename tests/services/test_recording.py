"""Events of many threads: each is durable when its caller goes on, and none is lost or doubled."""

from __future__ import annotations

import threading

import pytest
from world import ACTOR

from consilience.services.holdings import Holdings
from consilience.services.recording import Recorder
from consilience.store import events
from consilience.store.events import Act

THREADS, EACH = 8, 20


def test_many_threads_append_together(holdings: Holdings) -> None:
    recorder = Recorder(holdings.database)
    numbers: dict[int, list[int]] = {}

    def work(thread: int) -> None:
        numbers[thread] = []
        for n in range(EACH):
            act = Act(action="read", object_kind="media", detail={"thread": thread, "n": n})
            if n % 3:
                found = [recorder.append(ACTOR, act)]
            else:
                found = list(recorder.append_all([(ACTOR, act)] * (n % 4)))
            with holdings.database.read() as connection:
                for number in found:
                    (event,) = events.events(connection, number, number)
                    assert event.detail == act.detail
            assert len(found) == (1 if n % 3 else n % 4)
            assert found == list(range(found[0], found[-1] + 1)) if found else True
            numbers[thread] += found

    with holdings.database.read() as connection:
        before = events.size(connection)
    threads = [threading.Thread(target=work, args=(one,)) for one in range(THREADS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(n for found in numbers.values() for n in found) == list(
        range(before + 1, before + 1 + sum(map(len, numbers.values())))
    )
    assert all(found == sorted(found) for found in numbers.values())


def test_an_event_that_cannot_be_written_is_said(holdings: Holdings) -> None:
    recorder = Recorder(holdings.database)
    with pytest.raises(ValueError, match="free text"):
        recorder.append(ACTOR, Act(action="not a code", object_kind="media"))
    assert recorder.append(ACTOR, Act(action="read", object_kind="media")) > 0
