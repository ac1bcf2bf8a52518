"""Appending to the audit's log, and proofs over it: events a second, and what a proof and an export cost.

    python -m benchmarks.audit
    python -m benchmarks.audit --quick

Rates are medians of rounds, on a new SQLite database. Durable means that each event's commit has reached the
disk before its caller goes on.
"""

from __future__ import annotations

import argparse
import io
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from consilience.audit.export import ExportWriter
from consilience.audit.notes import Checkpoint, Signer
from consilience.audit.proofs import consistency_proof, inclusion_proof, root
from consilience.audit.verify import verify
from consilience.model.people import Actor
from consilience.services.recording import Recorder
from consilience.store import events, tree
from consilience.store.database import Database
from consilience.store.events import Act
from consilience.store.sqlite import SqliteFile

ACTOR = Actor("somebody", "review")
ACT = Act(action="read", object_kind="media", object_id=bytes(16), detail={"count": 3})
THREADS = 32


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer events")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "audit.json")
    arguments = parser.parse_args()
    events_a_round, rounds = (2_000, 3) if arguments.quick else (20_000, 5)
    results: list[dict[str, object]] = []

    def line(name: str, value: float, unit: str) -> None:
        results.append({"name": name, "value": round(value, 2), "unit": unit})
        print(f"{name:60} {value:12,.2f} {unit}", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        database = Database.create(SqliteFile(Path(folder) / "log.sqlite", Path(folder)))
        for name, append, number in (
            ("one event a transaction, durable", _one_by_one, events_a_round // 50),
            (f"{THREADS} threads, each event durable, group commit", _together, events_a_round // 2),
            ("1,000 events a transaction", _in_portions, events_a_round),
        ):
            line(name, statistics.median(_rate(append, database, number) for _ in range(rounds)), "events/s")
        with database.read() as connection:
            size = events.size(connection)

            def subtree(level: int, place: int) -> bytes:
                return tree.subtree(connection, level, place)

            line("events in the log", size, "")
            line("root of the log", _milliseconds(lambda: root(size, subtree)), "ms")
            proof = _milliseconds(lambda: inclusion_proof(size // 3, size, subtree))
            line("inclusion proof", proof, "ms")
            line(
                "consistency proof", _milliseconds(lambda: consistency_proof(size // 3, size, subtree)), "ms"
            )
            signer = Signer("consilience/benchmark", bytes(32))
            out = io.BytesIO()
            begun = time.monotonic()
            writer = ExportWriter(out, signer)
            for one in events.events(connection, 1, size):
                writer.event(one.encode())
            writer.checkpoint(
                signer.note(Checkpoint.now("consilience/benchmark", size, root(size, subtree)).encode()), None
            )
            writer.close()
            line("export", size / (time.monotonic() - begun), "events/s")
        line("export, bytes an event", out.tell() / size, "bytes")
        out.seek(0)
        begun = time.monotonic()
        assert verify(out, signer.public).holds
        line("verify", size / (time.monotonic() - begun), "events/s")
        database.close()
        line("database, bytes an event", (Path(folder) / "log.sqlite").stat().st_size / size, "bytes")
    arguments.out.write_text(json.dumps({"results": results}, indent=1) + "\n")


def _rate(append: Callable[[Database, int], None], database: Database, number: int) -> float:
    begun = time.monotonic()
    append(database, number)
    return number / (time.monotonic() - begun)


def _one_by_one(database: Database, number: int) -> None:
    for _ in range(number):
        with database.write() as connection:
            events.append_all(connection, [(ACTOR, ACT)])


def _in_portions(database: Database, number: int) -> None:
    for _ in range(number // 1000):
        with database.write() as connection:
            events.append_all(connection, [(ACTOR, ACT)] * 1000)


def _together(database: Database, number: int) -> None:
    recorder = Recorder(database)

    def work() -> None:
        for _ in range(number // THREADS):
            recorder.append(ACTOR, ACT)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


def _milliseconds(do: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        do()
        times.append(time.perf_counter() - begun)
    return 1000 * statistics.median(times)


if __name__ == "__main__":
    main()
