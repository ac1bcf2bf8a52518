"""A small world of records, its histories, and what follows from them by a plain reading of the rules.

`World` does each act on the real database; `Plain` does it on dictionaries and sets. Nothing is shared but the
names: contents 1-6, cases 1-3, users and lists by name.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

import msgspec
from sqlalchemy import Connection, delete, insert

from consilience.model.examination import Orientation
from consilience.model.judgements import Decision, PolicySubject, Subject
from consilience.model.lists import ListRecord, Role
from consilience.model.matching import Agreement, Basis
from consilience.model.outcomes import Outcome
from consilience.model.people import Permission, ReleaseLevel
from consilience.model.vocabularies.loading import default_votes, load
from consilience.store import cases, judgements, lists, matches, people, policies, schema
from consilience.store.judgements import Judged
from consilience.store.lists import Counts
from consilience.store.matches import Brought, EntryMatch, MediaMatch

CONTENTS = range(1, 7)
AGENCIES = ("north", "south")
USERS = {"ann": ("north", "desk"), "ben": ("north", None), "cat": ("south", None)}
CASES = {1: "north", 2: "north", 3: "south"}
EXHIBITS = {1: 1, 2: 1, 3: 2, 4: 3}
LISTS = {"known": ("north", Role.ALERT), "other": ("south", Role.ALERT), "plain": ("south", Role.NEGATIVE)}
ENTRIES = range(1, 6)
"""Entries 1-3 of a list name the bytes of contents 1-3; 4 and 5 are near what `Start.looks` says."""
ROLES = ("analyst", "supervisor", "administrator")


class Start(msgspec.Struct, frozen=True):
    """What is measured before anybody says anything."""

    files: tuple[tuple[int, int], ...]  # exhibit, content; in the order of recording
    near: frozenset[tuple[int, int, int]]  # earlier, later, distance
    looks: frozenset[tuple[str, int, int]]  # list, entry, content

    def pair(self, number: int) -> tuple[int, int] | None:
        """One of the pairs that look alike: what people judge is mostly what was measured."""
        found = sorted(self.near)
        return found[number % len(found)][:2] if found else None

    def look(self, number: int) -> tuple[str, int, int] | None:
        """One of the near matches with entries."""
        found = sorted(self.looks)
        return found[number % len(found)] if found else None


class Act(msgspec.Struct, frozen=True):
    """One act of a history; which fields count depends on its kind."""

    kind: Literal["judge", "back", "edition", "erase", "role", "member", "case", "list", "policy"]
    who: str = "ann"
    number: int = 1
    other: int = 2
    word: str = ""
    on: bool = True
    chosen: frozenset[int] = frozenset()


class World:
    """The real records, in one transaction."""

    def __init__(self, connection: Connection, start: Start) -> None:
        self.connection = connection
        self._start = start
        self._said: list[bytes] = []
        agencies = {name: cases.agency_id(connection, name) for name in AGENCIES}
        self.agencies = agencies
        self.users: dict[str, int] = {}
        for name, (agency, unit) in USERS.items():
            unit_id = people.unit_id(connection, agencies[agency], unit) if unit else None
            self.users[name] = people.add_user(
                connection, name=name, agency_id=agencies[agency], unit_id=unit_id
            ).id
        self.cases = {
            number: cases.add_case(
                connection, agency_id=agencies[agency], number=str(number), title="", legal_basis="",
                release_level="case",
            ).id
            for number, agency in CASES.items()
        }  # fmt: skip
        self.exhibits = {}
        for number, case in EXHIBITS.items():
            exhibit = cases.add_exhibit(connection, self.cases[case], str(number), "")
            reading = cases.begin_reading(
                connection, exhibit.id, source="folder", root=b"", software="", parameters={}
            )
            self.exhibits[number] = (exhibit.id, reading.id)
        self.contents = {number: self._content(number) for number in CONTENTS}
        for place, (exhibit_number, content) in enumerate(start.files):
            exhibit_id, reading_id = self.exhibits[exhibit_number]
            connection.execute(
                insert(schema.media_file).values(
                    public_id=place.to_bytes(16, "big"), exhibit_id=exhibit_id, reading_id=reading_id,
                    locator=b"\x01p" + place.to_bytes(2, "big").hex().encode() + b"\x00",
                    media_id=self.contents[content], size=1,
                )
            )  # fmt: skip
        found = [
            MediaMatch(
                self.contents[later], "picture", self.contents[earlier], "picture",
                Agreement(Basis.PDQ, "1", distance, Orientation.UPRIGHT),
            )
            for earlier, later, distance in sorted(start.near)
        ]  # fmt: skip
        matches.add_media_matches(connection, found)
        self.lists = {}
        for name, (agency, role) in LISTS.items():
            self.lists[name] = lists.add_list(
                connection, agency_id=agencies[agency], name=name, role=role, scheme="", scheme_version="",
                origin="", release_level="agency",
            )  # fmt: skip
            self._import(name, frozenset(ENTRIES))

    def entry(self, name: str, number: int) -> int | None:
        found = lists.entries_named(self.connection, self.lists[name], str(number))
        return found[0] if found else None

    def do(self, act: Act) -> None:
        connection = self.connection
        match act.kind:
            case "judge":
                judged = self._judged(act)
                if judged is None:
                    return
                case = None if judged.subject is Subject.ENTRY else self.cases[act.number % 3 + 1]
                self._said.append(
                    judgements.add(
                        connection, judged, Decision(act.word.split()[1]), author=act.who,
                        agency_id=self.agencies[USERS[act.who][0]], case_id=case, reason="review",
                    )
                )  # fmt: skip
            case "back" if self._said:
                public_id = self._said[act.number % len(self._said)]
                table = schema.judgement
                row = connection.execute(table.select().where(table.c.public_id == public_id)).one()
                judgements.take_back(connection, row.id, by=act.who, reason="review")
            case "edition":
                self._import(act.word, act.chosen)
            case "erase":
                exhibit_id, _ = self.exhibits[act.number % 4 + 1]
                connection.execute(
                    delete(schema.media_file).where(schema.media_file.c.exhibit_id == exhibit_id)
                )
            case "role":
                role = load().roles[act.word]
                if act.on:
                    people.grant_role(connection, self.users[act.who], act.word, role.may, role.reach, by="x")
                else:
                    people.revoke_role(connection, self.users[act.who], act.word, by="x")
            case "member":
                who = {"user_id": self.users[act.who]}
                if act.word == "desk":
                    unit_id = people.unit_named(connection, self.agencies["north"], "desk")
                    assert unit_id is not None
                    who = {"unit_id": unit_id}
                change = people.add_member if act.on else people.end_member
                change(connection, self.cases[act.number % 3 + 1], **who, by="x")  # type: ignore[arg-type]
            case "case":
                case = self.cases[act.number % 3 + 1]
                cases.set_release_level(connection, case, act.word)
                change_release = people.release if act.on else people.end_release
                change_release(connection, self.agencies[AGENCIES[act.other % 2]], case_id=case, by="x")
            case "list":
                name = sorted(LISTS)[act.number % 3]
                level = "agency" if act.word == "case" else act.word
                lists.set_release_level(connection, self.lists[name], level)
                change_release = people.release if act.on else people.end_release
                change_release(
                    connection, self.agencies[AGENCIES[act.other % 2]], list_id=self.lists[name], by="x"
                )
            case "policy":
                policies.set_votes(connection, PolicySubject(act.word), act.number % 2 + 1, by="x")

    def _judged(self, act: Act) -> Judged | None:
        subject = Subject(act.word.split()[0])
        if subject in (Subject.MATCH, Subject.STACK):
            pair = self._start.pair(act.other)
            return Judged.pair(subject, *(self.contents[one] for one in pair)) if pair else None
        if subject is Subject.ENTRY:
            entry = self.entry(sorted(LISTS)[act.other % 3], act.number % 5 + 1)
            return None if entry is None else Judged(subject=subject, entry_id=entry)
        look = self._start.look(act.other)
        entry = self.entry(look[0], look[1]) if look else None
        if look is None or entry is None:
            return None
        return Judged(subject=subject, media_id=self.contents[look[2]], entry_id=entry)

    def _content(self, number: int) -> int:
        row = insert(schema.media).values(
            sha256=bytes([number]) * 32, sha1=bytes([number]) * 20, md5=bytes([number]) * 16, size=1,
            media_type="image/png", kind="picture", examined="yes", width=number, height=1, frames=1,
            seconds=0,
        )  # fmt: skip
        media_id = self.connection.execute(row.returning(schema.media.c.id)).scalar_one()
        self.connection.execute(
            insert(schema.fingerprint).values(
                media_id=media_id, part="picture", algorithm="pdq", version="1", decode_path="exact",
                decoder="", quality=100, code=bytes(32), turned=b"",
            )
        )  # fmt: skip
        return int(media_id)

    def _import(self, name: str, chosen: frozenset[int]) -> None:
        """An edition that has these entries: taken, what it lacks withdrawn and recalled, the rest matched."""
        connection, list_id = self.connection, self.lists[name]
        edition = lists.begin_edition(connection, list_id, file_name="", file_sha256=bytes(32), format="")
        records = [
            ListRecord(provider_id=str(one), sha256=bytes([one if one <= 3 else 100 + one]) * 32)
            for one in sorted(chosen)
        ]
        lists.take(connection, list_id, edition.id, records, Counts(), pdq_version="1")
        lists.withdraw_missing(connection, list_id, edition.id)
        matches.recall(connection, list_id, edition.id)
        brought = Brought(list_id, edition.id)
        found = list(matches.same_bytes(connection, brought=brought))
        near = Agreement(Basis.PDQ, "1", 5, Orientation.UPRIGHT)
        for of, number, content in sorted(self._start.looks):
            entry = self.entry(of, number) if of == name else None
            if entry is not None:
                found.append(EntryMatch(self.contents[content], "picture", entry, near))
        matches.add_entry_matches(connection, found)


class Plain:
    """The same in memory, by the glossary."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self.files = [(place, *file) for place, file in enumerate(start.files)]
        self.near = {frozenset((one, other)): distance for one, other, distance in start.near}
        self.looks = start.looks
        self.entries = {name: set(ENTRIES) for name in LISTS}
        # One author's word on one thing in one case.
        self.votes: dict[tuple[object, ...], str] = {}
        self.history: list[tuple[tuple[object, ...], int]] = []
        self.number_of: dict[tuple[object, ...], int] = {}
        self.roles: set[tuple[str, str]] = set()
        self.members: set[tuple[int, str]] = set()
        self.levels: dict[int | str, str] = dict.fromkeys(CASES, "case") | dict.fromkeys(LISTS, "agency")
        self.named: set[tuple[int | str, str]] = set()
        self.needed = {subject.value: votes for subject, votes in default_votes().items()}

    def do(self, act: Act) -> None:
        case = act.number % 3 + 1
        match act.kind:
            case "judge":
                thing = self._thing(act)
                if thing is not None:
                    key = (thing, None if thing[0] == "entry" else case, act.who)
                    self.votes[key] = act.word.split()[1]
                    self.number_of[key] = len(self.history)
                    self.history.append((key, len(self.history)))
            case "back" if self.history:
                key, number = self.history[act.number % len(self.history)]
                # What was superseded has ended already.
                if self.number_of.get(key) == number:
                    self.votes.pop(key, None)
            case "edition":
                self.entries[act.word] = set(act.chosen)
            case "erase":
                self.files = [one for one in self.files if one[1] != act.number % 4 + 1]
            case "role":
                change = self.roles.add if act.on else self.roles.discard
                change((act.who, act.word))
            case "member":
                change_member = self.members.add if act.on else self.members.discard
                change_member((case, "desk" if act.word == "desk" else act.who))
            case "case" | "list":
                record: int | str = case if act.kind == "case" else sorted(LISTS)[act.number % 3]
                self.levels[record] = "agency" if act.kind == "list" and act.word == "case" else act.word
                change_named = self.named.add if act.on else self.named.discard
                change_named((record, AGENCIES[act.other % 2]))
            case "policy":
                self.needed[act.word] = act.number % 2 + 1

    def may_look(self, who: str, record: int | str) -> bool:
        roles = {role for name, role in self.roles if name == who}
        if not roles & {"analyst", "supervisor"}:
            return False
        agency, unit = USERS[who]
        level, owner = self.levels[record], CASES[record] if isinstance(record, int) else LISTS[record][0]
        return (
            (isinstance(record, int) and bool({(record, who), (record, unit)} & self.members))
            or (agency == owner and (level != "case" or "supervisor" in roles))
            or (level == "named-agencies" and (record, agency) in self.named)
            or level == "installation"
        )

    def outcomes(self, who: str, case: int) -> list[Outcome]:
        seen = [one for one in self.files if self.may_look(who, EXHIBITS[one[1]])]
        first: dict[int, int] = {}
        for place, _, content in seen:
            first.setdefault(content, place)
        here = sorted(one for one in seen if EXHIBITS[one[1]] == case)
        here.sort(key=lambda one: (one[1], one[0]))
        return [self._outcome(who, first, place, content) for place, _, content in here]

    def stacks(self, who: str, case: int) -> set[frozenset[int]]:
        if not self.may_look(who, case):
            return set()
        present = {content for _, exhibit, content in self.files if EXHIBITS[exhibit] == case}
        ranked = sorted(present, reverse=True)  # a content's number is its width

        def tied(one: int, other: int) -> bool:
            pair = frozenset((one, other))
            return (
                pair in self.near
                and self._state(who, ("match", pair)) != "negative"
                and self._state(who, ("stack", pair)) != "negative"
            )

        stacks: dict[int, set[int]] = {}
        for one in ranked:
            if not any(tied(one, other) for other in stacks):
                stacks[one] = {one}
        for one in ranked:
            if one not in stacks:
                nearest = min(
                    (other for other in stacks if tied(one, other)),
                    key=lambda other: (
                        self._state(who, ("stack", frozenset((one, other)))) != "positive",
                        self.near[frozenset((one, other))],
                        -other,
                    ),
                )
                stacks[nearest].add(one)
        return {frozenset(one) for one in stacks.values() if len(one) > 1}

    def _outcome(self, who: str, first: dict[int, int], place: int, content: int) -> Outcome:
        same, near = set(), set()
        for name, (_, role) in LISTS.items():
            if not self.may_look(who, name):
                continue
            for entry in self.entries[name]:
                if self._state(who, ("entry", name, entry)) == "negative":
                    continue
                if entry <= 3 and entry == content:
                    same.add(role)
                judged_away = self._state(who, ("entry-match", name, entry, content)) == "negative"
                if (name, entry, content) in self.looks and not judged_away:
                    near.add(role)
        if Role.ALERT in same:
            return Outcome.ALERT_SAME
        if Role.ALERT in near:
            return Outcome.ALERT_NEAR
        if Role.NEGATIVE in same:
            return Outcome.NEGATIVE
        if first[content] < place:
            return Outcome.SEEN_BEFORE
        for pair in self.near:
            (other,) = pair - {content} if content in pair else (0,)
            earlier = other in first and first[other] < first[content]
            if earlier and self._state(who, ("match", pair)) != "negative":
                return Outcome.NEAR_DUPLICATE
        return Outcome.NEW

    def _state(self, who: str, thing: tuple[object, ...]) -> str:
        looks = any((who, role) in self.roles for role in ("analyst", "supervisor"))
        cast: defaultdict[str, set[str]] = defaultdict(set)
        for (about, case, author), word in self.votes.items():
            if about != thing:
                continue
            if case is None:
                visible = looks and USERS[str(author)][0] == USERS[who][0]
            else:
                visible = self.may_look(who, case)  # type: ignore[arg-type]
            if visible:
                cast[word].add(str(author))
        if cast["positive"] and cast["negative"]:
            return "disputed"
        for word in ("positive", "negative"):
            if len(cast[word]) >= self.needed[str(thing[0])]:
                return word
        return "open"

    def _thing(self, act: Act) -> tuple[object, ...] | None:
        subject = act.word.split()[0]
        if subject in ("match", "stack"):
            pair = self._start.pair(act.other)
            return (subject, frozenset(pair)) if pair else None
        if subject == "entry":
            name, entry = sorted(LISTS)[act.other % 3], act.number % 5 + 1
            return (subject, name, entry) if entry in self.entries[name] else None
        look = self._start.look(act.other)
        return (subject, *look) if look and look[1] in self.entries[look[0]] else None


LOOK = Permission.LOOK
LEVELS = tuple(one.value for one in ReleaseLevel)
