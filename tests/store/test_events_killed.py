"""Appenders that are killed at any moment: no acknowledged event is lost, and the tree has no gap and no fork."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from consilience.model.merkle import Frontier
from consilience.model.people import Actor
from consilience.store import events
from consilience.store.database import Database
from consilience.store.events import Act
from consilience.store.schema import event_tree
from databases import backend_at

APPENDERS = 3


def append_for_ever(address: str | None, folder: Path, life: int, acknowledged: int) -> None:
    """Append in portions of several sizes, and write what is committed to a pipe: life, and how many so far."""
    rng = random.Random(life)
    database = Database.open(backend_at(address, folder))
    done = 0
    while True:
        portion = rng.choice([1, 1, 1, 7, 300])
        acts = [
            (
                Actor(f"appender {life}", "test"),
                Act(action="read", object_kind="media", detail={"life": life, "n": n}),
            )
            for n in range(done, done + portion)
        ]
        with database.write() as connection:
            events.append_all(connection, acts)
        done += portion
        os.write(acknowledged, f"{life} {done}\n".encode())


def kill_appenders(address: str | None, folder: Path, kills: int) -> None:
    Database.create(backend_at(address, folder)).close()
    context = multiprocessing.get_context("fork")
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    acknowledged: dict[int, int] = {}
    heard = b""
    rng = random.Random(kills)
    running: list[multiprocessing.process.BaseProcess] = []
    lives = killed = 0
    while killed < kills:
        while len(running) < APPENDERS:
            lives += 1
            process = context.Process(
                target=append_for_ever, args=(address, folder, lives, writer), daemon=True
            )
            process.start()
            running.append(process)
        time.sleep(rng.uniform(0.05, 0.4))
        victims = running if rng.random() < 0.2 else [rng.choice(running)]
        for one in victims:
            one.kill()
        for one in victims:
            one.join()
            killed += 1
        running = [one for one in running if one not in victims]
        heard += drained(reader)
    for one in running:
        one.kill()
        one.join()
    heard += drained(reader)
    os.close(reader)
    os.close(writer)
    for line in heard.decode().splitlines():
        life, done = line.split()
        acknowledged[int(life)] = int(done)
    assert sum(acknowledged.values()) > 10 * APPENDERS
    check(Database.open(backend_at(address, folder)), acknowledged)


def drained(reader: int) -> bytes:
    """What stands in the pipe now."""
    found = b""
    try:
        while portion := os.read(reader, 1 << 16):
            found += portion
    except BlockingIOError:
        pass
    return found


def check(database: Database, acknowledged: dict[int, int]) -> None:
    seen: dict[int, int] = {}
    whole = Frontier()
    with database.read() as connection:
        for number, one in enumerate(events.events(connection, 1, 1 << 60), 1):
            assert one.number == number
            life, place = one.detail["life"], one.detail["n"]
            assert isinstance(life, int)
            assert seen.get(life, 0) == place, (
                "an appender's events are in its order, none twice, none missing"
            )
            seen[life] = place + 1
            whole.append(one.hash)
        row = connection.execute(select(event_tree.c.size, event_tree.c.frontier)).one()
    assert (row[0], bytes(row[1])) == (whole.size, whole.encode())
    for life, done in acknowledged.items():
        assert seen[life] >= done, (
            f"of appender {life}, {done} events were acknowledged, {seen[life]} are there"
        )
    database.close()


def test_a_few_kills(tmp_path: Path, address: str | None) -> None:
    kill_appenders(address, tmp_path, kills=6)


@pytest.mark.long
def test_a_hundred_kills(tmp_path: Path, address: str | None) -> None:
    kill_appenders(address, tmp_path, kills=100)
