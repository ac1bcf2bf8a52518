"""The match service, for hotlines and platforms: is this known? Hit or no hit; more for who may have it.

It must not become an oracle for those who want to slip through. What is asked is counted
(`tokens.count_use`), a burst of queries that are nearly alike is told to whoever audits, and no route gives
signals away in bulk.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256

import msgspec
import numpy as np
from numpy.typing import NDArray

from consilience.errors import NotFoundError, UsageError
from consilience.evidence.contract import Found
from consilience.fingerprints.pdq import Pdq
from consilience.model.examination import ORIENTATIONS, FileReport
from consilience.model.lists import ListRecord, Role
from consilience.model.locator import Locator, printable_text
from consilience.model.matching import Basis
from consilience.model.people import Actor, Permission
from consilience.services import matching
from consilience.services.access import scope_of, service
from consilience.services.code_index import ENTRIES, CodeReader, keep_up
from consilience.services.execution import Executor
from consilience.services.holdings import Holdings
from consilience.settings import PDQ_MIN_QUALITY, PDQ_RADIUS
from consilience.store import events, known, lists, matches
from consilience.store.events import Act
from consilience.store.known import Asked, KnownEntry
from consilience.store.lists import Counts
from consilience.store.matches import Brought

MOST_AT_ONCE = 1000
"""Signals of one request."""

BURST = 25
"""So many queries nearly like one another, within `BURST_SECONDS`, are told."""
BURST_SECONDS = 3600.0
_ALIKE = range(1, 65)
_REMEMBERED = 4096
_ASKERS = 1000


class Signal(msgspec.Struct, frozen=True):
    """What is asked about: digests, and PDQ codes of the same picture (32 bytes each, one a turn)."""

    digests: Asked = Asked()
    pdq: tuple[bytes, ...] = ()


class Hit(msgspec.Struct, frozen=True):
    """An entry that agrees, and how."""

    entry: KnownEntry
    basis: Basis
    distance: int
    turn: str


class Answer(msgspec.Struct, frozen=True):
    """Whether a signal is known; the hits that the asker may see, nearest first."""

    is_hit: bool
    hits: tuple[Hit, ...]


class MatchService:
    """Searches the lists for others. Safe to use from several threads.

    Args:
        holdings: whose lists.
    """

    def __init__(self, holdings: Holdings) -> None:
        self._codes = CodeReader(holdings, ENTRIES)
        self._turn = threading.Lock()
        self.bursts = Bursts()

    def near(self, codes: NDArray[np.uint8]) -> list[tuple[int, int, int]]:
        """Row, entry and distance of what lies within the radius of codes."""
        if not len(codes):
            return []
        # The reader follows the index from one thread at a time.
        with self._turn, self._codes.read() as (_, index):
            hits = index.search(codes, PDQ_RADIUS)
        rows = zip(hits.query.tolist(), hits.id.tolist(), hits.distance.tolist(), strict=True)
        return [(row, entry, distance) for row, entry, distance in rows]


@service(Permission.MATCH)
def ask(
    holdings: Holdings,
    actor: Actor,
    matches_of: MatchService,
    signals: Sequence[Signal],
    *,
    asker: bytes | None = None,
    in_lists: Collection[str] | None = None,
) -> list[Answer]:
    """Whether signals are known, in their order.

    A hash that was added is found by the next request. Retracted entries are not; doubtful ones are.

    Args:
        holdings: where.
        actor: who asks, and why.
        matches_of: the service.
        signals: at most `MOST_AT_ONCE`.
        asker: public id of the token, for the log.
        in_lists: names of the lists to be searched; all by default.

    Raises:
        UsageError: there are too many, or one says nothing.
    """
    if len(signals) > MOST_AT_ONCE:
        raise UsageError(f"at most {MOST_AT_ONCE} signals are taken at once", "Ask in several requests.")
    if any(one == Signal() for one in signals):
        raise UsageError("a signal says nothing", "Give a digest or a PDQ code.")
    turns = [(row, turn, code) for row, one in enumerate(signals) for turn, code in enumerate(one.pdq)]
    asked = np.frombuffer(b"".join(code for _, _, code in turns), np.uint8).reshape(-1, 32)
    near = matches_of.near(asked)
    with holdings.database.read() as connection:
        found: dict[tuple[int, int], Hit] = {}
        scope = scope_of(connection, actor, Permission.MATCH)
        entries = known.entries_of(connection, scope, {one for _, one, _ in near})
        stating = known.entries_stating(connection, scope, (one.digests for one in signals))
    for place, entry_id, distance in near:
        row, turn, _ = turns[place]
        before = found.get((row, entry_id))
        if entry_id in entries and (before is None or distance < before.distance):
            turned = ORIENTATIONS[turn].value
            found[row, entry_id] = Hit(entries[entry_id], Basis.PDQ, distance, turned)
    for row, entry_id, hit in _same_bytes(signals, stating):
        found[row, entry_id] = hit
    of_row: dict[int, list[Hit]] = {}
    for (row, _), hit in found.items():
        if in_lists is None or (hit.entry.is_open and hit.entry.list in in_lists):
            of_row.setdefault(row, []).append(hit)
    burst = matches_of.bursts.note(
        actor.name if asker is None else asker.hex(), [one.pdq[0] for one in signals if one.pdq]
    )
    detail: dict[str, object] = {"asked": len(signals), "hits": len(of_row)}
    holdings.recorder.append(
        actor, Act(action="match", object_kind="signals", object_id=asker, detail=detail)
    )
    if burst:
        warned = Act(action="notify", object_kind="alike-queries", object_id=asker, detail={"queries": burst})
        holdings.recorder.append(actor, warned)
    return [_answer(of_row.get(row, [])) for row in range(len(signals))]


@service(Permission.KEEP_LISTS)
def add_signals(holdings: Holdings, actor: Actor, name: str, records: Sequence[ListRecord]) -> list[int]:
    """Add entries to a list, matched with everything held; gives their ids. Each call is an edition.

    Raises:
        NotFoundError: there is no such list that is open to the actor.
        HoldingsError: evidence or a list is being brought in by another process.
    """
    with holdings.alone(f"list {name} is being added to"):
        with holdings.database.write() as connection:
            listed = lists.list_named(connection, scope_of(connection, actor, Permission.KEEP_LISTS), name)
            if listed is None:
                raise NotFoundError(f"no list {printable_text(name)}")
            content = msgspec.json.encode([time.time_ns(), [one.provider_id for one in records]])
            edition = lists.begin_edition(
                connection,
                listed.id,
                file_name="added one by one",
                file_sha256=sha256(content).digest(),
                format="api 1",
            )
            counts = Counts()
            lists.take(connection, listed.id, edition.id, records, counts, pdq_version=Pdq.version)
            lists.finish_edition(connection, edition.id, counts, {})
            fresh = {
                one.media_id for one in matching.match_edition(connection, Brought(listed.id, edition.id))
            }
            for case_id, number in matches.cases_holding(connection, fresh).items():
                subject: dict[str, object] = {
                    "list": listed.public_id.hex(),
                    "edition": edition.ordinal,
                    "contents": number,
                }
                key = f"{listed.public_id.hex()} {edition.ordinal}"
                matches.add_notice(
                    connection, case_id, "list-matches-held", key, subject, about_list_id=listed.id
                )
            events.append(
                connection,
                actor,
                "import",
                object_kind="edition",
                object_id=edition.public_id,
                detail=msgspec.to_builtins(counts) | {"matched": len(fresh)},
            )
            added = known.ids_of_edition(connection, edition.id)
        keep_up(holdings, ENTRIES)
    return added


def examine(data: bytes, executor: Executor) -> FileReport:
    """What the sandbox says of bytes that were sent; they touch no disk.

    Raises:
        UsageError: there are none.
    """
    if not data:
        raise UsageError("the file is empty")
    found = Found(Locator.of_path(b"file"), len(data), ())

    def opened(_: Found) -> int:
        descriptor = os.memfd_create("asked", os.MFD_CLOEXEC)
        with open(descriptor, "wb", closefd=False) as file:
            file.write(data)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return descriptor

    arrivals = list(executor.examine([found], opened, _Everything()))
    return arrivals[-1].report


def signals_of(report: FileReport) -> Signal:
    """What can be asked about a file that was examined: its digests, and its picture in every turn."""
    codes: tuple[bytes, ...] = ()
    for one in report.examination.fingerprints if report.examination else ():
        if one.part == "picture" and one.quality >= PDQ_MIN_QUALITY:
            turned = (one.turned[at : at + 32] for at in range(0, len(one.turned), 32))
            codes = (one.code, *turned)
    return Signal(Asked() if report.digests is None else Asked.of(report.digests), codes)


class Bursts:
    """Remembers what was asked of late, to notice queries that are nearly alike.

    Who tries how far a picture has to be changed asks about one after the other, each a little off the last.
    """

    def __init__(self) -> None:
        self._askers: OrderedDict[str, _Asker] = OrderedDict()
        self._turn = threading.Lock()

    def note(self, asker: str, codes: Sequence[bytes]) -> int:
        """Take in what is asked; gives how many queries are nearly alike, if that is to be told now."""
        if not codes:
            return 0
        with self._turn:
            of = self._askers.pop(asker, None) or _Asker()
            self._askers[asker] = of
            while len(self._askers) > _ASKERS:
                self._askers.popitem(last=False)
            return of.note(np.frombuffer(b"".join(codes), np.uint8).reshape(-1, 32), time.monotonic())


class _Asker:
    def __init__(self) -> None:
        self._codes = np.empty((0, 4), np.uint64)
        self._at = np.empty(0, np.float64)
        self._told = -BURST_SECONDS

    def note(self, codes: NDArray[np.uint8], at: float) -> int:
        fresh = np.ascontiguousarray(codes).view(np.uint64)
        young = self._at > at - BURST_SECONDS
        self._codes = np.concatenate([self._codes[young], fresh])[-_REMEMBERED:]
        self._at = np.concatenate([self._at[young], np.full(len(fresh), at)])[-_REMEMBERED:]
        if at - self._told < BURST_SECONDS:
            return 0
        most = 0
        for code in fresh[-64:]:
            apart = np.bitwise_count(self._codes ^ code).sum(axis=1)
            alike = self._codes[(apart >= _ALIKE.start) & (apart < _ALIKE.stop)]
            most = max(most, len(np.unique(alike, axis=0)))
        if most < BURST:
            return 0
        self._told = at
        return most


class _Everything:
    """Wants whatever it is decoded."""

    def wanted(self, report: FileReport) -> bool:  # noqa: ARG002
        return True

    def arrived(self, report: FileReport) -> None:
        pass

    def failed(self, error: Exception) -> None:
        pass


def _same_bytes(signals: Sequence[Signal], stating: Sequence[KnownEntry]) -> Iterator[tuple[int, int, Hit]]:
    by_digest: dict[bytes, list[KnownEntry]] = {}
    for one in stating:
        for digest in filter(None, (one.md5, one.sha1, one.sha256)):
            by_digest.setdefault(digest, []).append(one)
    for row, signal in enumerate(signals):
        digests = signal.digests
        for known_one in filter(None, (digests.md5, digests.sha1, digests.sha256)):
            for one in by_digest.get(known_one, ()):
                if (basis := digests.is_of(one)) is not None:
                    yield row, one.id, Hit(one, Basis(basis), 0, "upright")


def _answer(hits: list[Hit]) -> Answer:
    shown = (one for one in hits if one.entry.is_open)
    order = sorted(shown, key=lambda one: (one.distance, one.entry.list, one.entry.id))
    return Answer(bool(hits), tuple(order))


def alert_lists(holdings: Holdings, actor: Actor) -> list[str]:
    """Names of the alert lists that an asker may see."""
    with holdings.database.read() as connection:
        scope = scope_of(connection, actor, Permission.MATCH)
        return [one.name for one in lists.lists(connection, scope) if one.role is Role.ALERT]
