"""Hash lists: an edition imported whole or not at all, and held against everything that came in before."""

from __future__ import annotations

import hashlib
from collections import Counter
from itertools import chain
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from consilience.errors import NotFoundError, UsageError
from consilience.fingerprints.pdq import Pdq
from consilience.interchange.contract import Entry, ListAbout
from consilience.interchange.lists import open_list
from consilience.interchange.video_folder import size_and_digest
from consilience.model.lists import BrokenRecord, ListRecord, Role
from consilience.model.locator import printable_text
from consilience.model.people import Actor, Permission, ReleaseLevel, Scope
from consilience.services import matching
from consilience.services.access import scope_of, service
from consilience.services.code_index import ENTRIES, keep_up
from consilience.services.holdings import Holdings
from consilience.services.progress import Progress, unseen
from consilience.store import cases, events, lists, matches, people, quarantine
from consilience.store.identity import portions
from consilience.store.lists import CountedList, Counts, EditionRow, ListRow
from consilience.store.matches import Brought
from consilience.store.quarantine import SuddenEntry

_PORTION = 5000
_SPACE_NEEDED = 256 << 20


class ImportResult(msgspec.Struct, frozen=True):
    """What an import did.

    Attributes:
        list: the list's name.
        edition: the edition that the file became, or had become before.
        imported: False where an edition is this very file already: nothing was changed.
        matched: contents held before that match an entry now and did not before.
        recalled: contents whose match no longer stands.
        cases_told: cases that got a notice.
        in_force: the newest edition.
    """

    list: str
    edition: EditionRow
    imported: bool
    matched: int
    recalled: int
    cases_told: int
    in_force: int


@service(Permission.KEEP_LISTS)
def import_list(
    holdings: Holdings,
    actor: Actor,
    path: Path,
    *,
    name: str,
    role: Role,
    scheme: str = "",
    scheme_version: str = "",
    origin: str = "",
    agency: str = "",
    format: str | None = None,
    progress: Progress = unseen,
) -> ImportResult:
    """Import a file as the next edition of a list, and match it with everything held.

    A file is the whole edition: what the last one had and this one has not is withdrawn. Of hashes of videos,
    a folder of files may be one, too.

    Raises:
        UsageError: there is no such file or folder, or the list of this name has another role or scheme.
        NotFoundError: the file may not be read.
        FormatError: the file is not a list of a known format, or is cut short; nothing was changed.
    """
    try:
        if not (path.is_file() or path.is_dir()):
            raise UsageError(f"{path}: no such file")
        size, digest = _size_and_digest(path)
    except OSError as error:
        raise NotFoundError(f"{path}: {error.strerror}", "Check the path and its permissions.") from error
    if not name.strip():
        raise UsageError("a list needs a name")
    with holdings.alone(f"list {name} is being imported"):
        holdings.require_space(_SPACE_NEEDED + size)
        with holdings.database.write() as connection:
            # Opened before anything is recorded: a wrong file leaves no list behind.
            with open_list(path, format) as file:
                entries_in_portions = portions(iter(file), _PORTION)
                # What a list says of itself is known when its first records are.
                first = next(entries_in_portions, [])
                listed = _list(
                    connection, actor, name=name, role=role, scheme=scheme, scheme_version=scheme_version,
                    origin=origin, agency=agency, stated=file.about,
                )  # fmt: skip
                editions = lists.editions(connection, listed.id)
                for before in editions:
                    if before.file_sha256 == digest:
                        return ImportResult(name, before, False, 0, 0, 0, editions[-1].ordinal)
                edition = lists.begin_edition(
                    connection,
                    listed.id,
                    file_name=printable_text(path.name),
                    file_sha256=digest,
                    format=f"{file.about.format} {file.about.version}".strip(),
                )
                counts = Counts()
                for entries in chain([first], entries_in_portions):
                    _take(connection, listed, edition, entries, counts)
                    progress("importing", counts.added + counts.changed + counts.unchanged, None)
                about: dict[str, object] = msgspec.to_builtins(file.about)
            if counts.added + counts.changed + counts.unchanged == 0:
                raise UsageError(
                    f"{path} holds no record that can be used ({counts.broken} broken)",
                    "Nothing was changed.",
                )
            counts.withdrawn = lists.withdraw_missing(connection, listed.id, edition.id)
            lists.finish_edition(connection, edition.id, counts, about)
            progress("matching", 0, None)
            matched, recalled, told = _match(connection, listed, edition)
            events.append(
                connection,
                actor,
                "import",
                object_kind="edition",
                object_id=edition.public_id,
                detail=msgspec.to_builtins(counts) | {"matched": matched, "recalled": recalled},
            )
            edition = lists.editions(connection, listed.id)[-1]
        keep_up(holdings, ENTRIES)
    return ImportResult(name, edition, True, matched, recalled, told, edition.ordinal)


@service(Permission.LOOK, Permission.KEEP_LISTS)
def all_lists(holdings: Holdings, actor: Actor) -> list[CountedList]:
    """Every list that the actor may see."""
    with holdings.database.read() as connection:
        found = lists.lists(connection, _looking(connection, actor))
    _note_reading(holdings, actor)
    return found


class WholeList(msgspec.Struct, frozen=True):
    """A list with its editions, oldest first, and how many of its entries are in quarantine."""

    about: CountedList
    editions: list[EditionRow]
    quarantined: int


@service(Permission.LOOK, Permission.KEEP_LISTS)
def whole_lists(holdings: Holdings, actor: Actor) -> list[WholeList]:
    """Every list that the actor may see, as a screen shows them: one reading, one event."""
    with holdings.database.read() as connection:
        found = lists.lists(connection, _looking(connection, actor))
        sudden = quarantine.quarantined(connection, scope_of(connection, actor))
        doubtful = Counter(one.list for one in sudden)
        whole = [WholeList(one, lists.editions(connection, one.id), doubtful[one.name]) for one in found]
    _note_reading(holdings, actor)
    return whole


@service(Permission.LOOK, Permission.KEEP_LISTS)
def editions_of(holdings: Holdings, actor: Actor, name: str) -> list[EditionRow]:
    """The editions of a list, oldest first.

    Raises:
        NotFoundError: there is no such list, or none that the actor may see.
    """
    with holdings.database.read() as connection:
        found = lists.editions(connection, _named(connection, actor, name).id)
    _note_reading(holdings, actor)
    return found


@service(Permission.LOOK, Permission.KEEP_LISTS)
def broken_of(
    holdings: Holdings, actor: Actor, name: str, ordinal: int, *, begin: int = 0, most: int | None = None
) -> list[BrokenRecord]:
    """The records of an edition of a list that could not be taken, by position.

    Args:
        holdings: where.
        actor: who asks.
        name: of the list.
        ordinal: of the edition.
        begin: how many of them to pass over.
        most: how many to give; all if None.

    Raises:
        NotFoundError: there is no such list, or none that the actor may see, or no such edition of it.
    """
    with holdings.database.read() as connection:
        editions = lists.editions(connection, _named(connection, actor, name).id)
        edition = next((one for one in editions if one.ordinal == ordinal), None)
        if edition is None:
            raise NotFoundError(f"list {name} has no edition {ordinal}", "See: consilience list show")
        found = lists.broken(connection, edition.id, begin=begin, most=most)
    _note_reading(holdings, actor)
    return found


@service(Permission.LOOK, Permission.KEEP_LISTS)
def quarantined(holdings: Holdings, actor: Actor) -> list[SuddenEntry]:
    """Entries that suddenly match far more than before, and that nobody has confirmed. They keep matching."""
    with holdings.database.read() as connection:
        found = quarantine.quarantined(connection, scope_of(connection, actor))
    _note_reading(holdings, actor)
    return found


def _named(connection: Connection, actor: Actor, name: str) -> ListRow:
    listed = lists.list_named(connection, _looking(connection, actor), name)
    if listed is None:
        raise NotFoundError(f"no list {name}", "See: consilience list list")
    return listed


def _looking(connection: Connection, actor: Actor) -> Scope:
    """The lists that one may look at, or keep."""
    looking = scope_of(connection, actor)
    return (
        looking
        if looking.everything or looking.grounds
        else scope_of(connection, actor, Permission.KEEP_LISTS)
    )


def _note_reading(holdings: Holdings, actor: Actor) -> None:
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind="hash-list")


def _size_and_digest(path: Path) -> tuple[int, bytes]:
    if path.is_dir():
        return size_and_digest(path)
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").digest()


def _list(
    connection: Connection,
    actor: Actor,
    *,
    name: str,
    role: Role,
    scheme: str,
    scheme_version: str,
    origin: str,
    agency: str,
    stated: ListAbout,
) -> ListRow:
    """The list of a name that is the actor's to keep, added if it is not there."""
    scope = scope_of(connection, actor, Permission.KEEP_LISTS)
    if (listed := lists.list_named(connection, scope, name)) is not None:
        for what, given, recorded in (
            ("role", role.value, listed.role.value),
            ("scheme", scheme, listed.scheme),
            ("scheme version", scheme_version, listed.scheme_version),
        ):
            if given and given != recorded:
                raise UsageError(
                    f"list {name} has {what} {recorded!r}, not {given!r}",
                    "Give the same again, or another name.",
                )
        return listed
    owner = people.standing_of(connection, actor.name).agency
    # What the one local owner imports is for whoever uses the holdings; what a user does, for the agency.
    level = ReleaseLevel.INSTALLATION if owner is None else ReleaseLevel.AGENCY
    lists.add_list(
        connection,
        agency_id=owner or cases.agency_id(connection, agency or origin or "unnamed agency"),
        name=name,
        role=role,
        scheme=scheme or stated.scheme or "",
        scheme_version=scheme_version,
        origin=origin,
        release_level=level.value,
    )
    added = lists.list_named(connection, scope, name)
    assert added is not None
    return added


def _take(
    connection: Connection, listed: ListRow, edition: EditionRow, entries: list[Entry], counts: Counts
) -> None:
    records = [one for one in entries if isinstance(one, ListRecord)]
    broken = [one for one in entries if isinstance(one, BrokenRecord)]
    lists.take(connection, listed.id, edition.id, records, counts, pdq_version=Pdq.version)
    lists.add_broken(connection, edition.id, broken)
    counts.broken += len(broken)


def _match(connection: Connection, listed: ListRow, edition: EditionRow) -> tuple[int, int, int]:
    """Recall what no longer stands, find what is new, and tell the cases that hold it."""
    before = matches.contents_matching(connection, listed.id)
    matches.recall(connection, listed.id, edition.id)
    matching.match_edition(connection, Brought(listed.id, edition.id))
    # By content, not by entry: under another id, an entry still names what it named.
    after = matches.contents_matching(connection, listed.id)
    new, recalled = after - before, before - after
    told: set[int] = set()
    for kind, contents in (("list-matches-held", new), ("list-match-recalled", recalled)):
        for case_id, number in matches.cases_holding(connection, contents).items():
            subject: dict[str, object] = {
                "list": listed.public_id.hex(),
                "edition": edition.ordinal,
                "contents": number,
            }
            key = f"{listed.public_id.hex()} {edition.ordinal}"
            matches.add_notice(connection, case_id, kind, key, subject, about_list_id=listed.id)
            told.add(case_id)
    return len(new), len(recalled), len(told)
