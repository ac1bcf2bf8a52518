"""What the system tells the people of a case."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from consilience.model.people import Actor, Permission
from consilience.services.access import scope_of, service
from consilience.services.cases import case_named
from consilience.services.holdings import Holdings
from consilience.store import events, matches
from consilience.store.cases import exhibit_numbers
from consilience.store.lists import list_names

_GONE = "that is no longer there"


class Notice(msgspec.Struct, frozen=True):
    """A notice in words, with its kind, and what it speaks of.

    Attributes:
        when: in UTC.
        kind: a word.
        text: the notice in English.
        contents: how many.
        list, edition: the list that it is about.
        exhibit, case: the exhibit that it is about.
        index: the index that it is about.
    """

    when: str
    kind: str
    text: str
    contents: int
    list: str | None = None
    edition: int | None = None
    exhibit: str | None = None
    case: str | None = None
    index: str | None = None


@service(Permission.LOOK)
def notices_of_case(holdings: Holdings, actor: Actor, case: str) -> list[Notice]:
    """The notices of a case, newest first.

    Raises:
        NotFoundError: there is no such case.
    """
    with holdings.database.read() as connection:
        record = case_named(connection, actor, case)
        found = matches.notices(connection, scope_of(connection, actor), record.id)
        names = list_names(connection)
        exhibits = exhibit_numbers(connection)
    with holdings.database.write() as connection:
        events.append(connection, actor, "read", object_kind="notices", case_id=record.id)
    told = []
    for kind, subject, created_at in found:
        number = msgspec.convert(subject.get("contents", 0), int)
        about_list = names.get(str(subject.get("list")), _GONE)
        exhibit = exhibits.get(str(subject.get("exhibit")))
        about_exhibit = _GONE if exhibit is None else f"{exhibit.exhibit} of case {exhibit.case}"
        edition = msgspec.convert(subject.get("edition"), int | None)
        text = {
            "list-matches-held": f"{number} contents held before match list {about_list}, edition {edition}",
            "list-match-recalled": f"{number} contents no longer match list {about_list}, edition {edition}",
            "entry-retracted": f"an entry of list {about_list} was retracted: {number} contents match "
            "it, and no outcome follows from it any more",
            "entry-stands-again": f"an entry of list {about_list} stands again: {number} contents match it",
            "shared-with-another-case": f"{number} contents of exhibit {about_exhibit} lie in another case "
            "too",
            "index-missed-a-canary": f"index {subject.get('index')} failed its own check; since then every "
            "search looks at all codes, and the index is made again when it is next opened. Matches recorded "
            "before this notice may lack some",
            "index-damaged": f"index {subject.get('index')} was damaged on disk and was made again from the "
            "records. Matches recorded before this notice may lack some",
        }.get(kind, kind)
        when = datetime.fromtimestamp(created_at / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        told.append(
            Notice(
                when,
                kind,
                text,
                number,
                list=names.get(str(subject.get("list"))),
                edition=edition,
                exhibit=None if exhibit is None else exhibit.exhibit,
                case=None if exhibit is None else exhibit.case,
                index=msgspec.convert(subject.get("index"), str | None),
            )
        )
    return told
