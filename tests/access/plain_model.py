"""A small world of records, its histories, and what follows from them by a plain reading of the rules.

`World` does each act on the real database; `Plain` does it on dictionaries and sets. Nothing is shared but the
names: contents 1-6, exhibits 1-4, cases 1-3, users and lists by name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from typing import Literal, TypeAlias

import msgspec
from sqlalchemy import Connection, insert, select

from consilience.model.examination import Orientation
from consilience.model.judgements import Decision, PolicySubject, Subject
from consilience.model.lists import ListRecord, Role
from consilience.model.matching import Agreement, Basis
from consilience.model.outcomes import Outcome
from consilience.model.people import ReleaseLevel
from consilience.model.vocabularies.loading import default_votes, load
from consilience.services.matching import NEAREST_KEPT
from consilience.store import cases, judgements, lists, matches, people, policies, schema
from consilience.store.erasure import Erasure
from consilience.store.judgements import Judged
from consilience.store.lists import Counts
from consilience.store.matches import Brought, EntryMatch, MediaMatch

CONTENTS = range(1, 7)
AGENCIES = ("north", "south")
USERS = {"ann": ("north", "desk"), "ben": ("north", None), "cat": ("south", None)}
CASES = {1: "north", 2: "north", 3: "south"}
EXHIBITS = {1: 1, 2: 1, 3: 2, 4: 3}
LISTS = {
    "good": ("north", Role.KNOWN_GOOD),
    "known": ("north", Role.ALERT),
    "other": ("south", Role.ALERT),
    "plain": ("south", Role.NEGATIVE),
}
ENTRIES = range(1, 6)
"""Entries 1-3 of a list name the bytes of contents 1-3; 4 and 5 are near what `Start.looks` says."""
ROLES = ("analyst", "supervisor", "administrator")
LEVELS = tuple(one.value for one in ReleaseLevel)
SCHEME, CODES = ("scheme", "1"), ("A", "B")

Thing: TypeAlias = tuple[object, ...]
"""What is judged: (subject, what it is about)."""


class Start(msgspec.Struct, frozen=True):
    """What is there before anybody says anything, and what is measured whenever contents meet."""

    files: tuple[tuple[int, int], ...]  # exhibit, content; in the order of recording
    near: frozenset[tuple[int, int, int]]  # one, other, distance
    looks: frozenset[tuple[str, int, int]]  # list, entry, content

    def pair(self, number: int, held: Collection[int]) -> tuple[int, int] | None:
        """One of the pairs that look alike: what people judge was measured."""
        found = sorted(one[:2] for one in self.near if {*one[:2]} <= {*held})
        return found[number % len(found)] if found else None

    def look(self, number: int, held: Collection[int]) -> tuple[str, int, int] | None:
        """One of the near matches with entries."""
        found = sorted(one for one in self.looks if one[2] in held)
        return found[number % len(found)] if found else None


class Act(msgspec.Struct, frozen=True):
    """One act of a history; which fields count depends on its kind."""

    kind: Literal[
        "file", "judge", "again", "back", "edition", "erase", "role", "member", "case", "list", "policy"
    ]
    who: str = "ann"
    number: int = 1
    other: int = 2
    word: str = ""
    on: bool = True
    chosen: frozenset[int] = frozenset()


class World:
    """The real records. Made once, in a transaction that is kept; each history begins in one that is not.

    Args:
        connection: the transaction in which agencies, users, cases, exhibits and lists are recorded.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.agencies = {name: cases.agency_id(connection, name) for name in AGENCIES}
        self.users: dict[str, int] = {}
        for name, (agency, unit) in USERS.items():
            unit_id = people.unit_id(connection, self.agencies[agency], unit) if unit else None
            self.users[name] = people.add_user(
                connection, name=name, agency_id=self.agencies[agency], unit_id=unit_id
            ).id
        self.cases = {
            number: cases.add_case(
                connection, agency_id=self.agencies[agency], number=str(number), title="", legal_basis="",
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
        self.lists = {
            name: lists.add_list(
                connection, agency_id=self.agencies[agency], name=name, role=role, scheme="",
                scheme_version="", origin="", release_level="agency",
            )
            for name, (agency, role) in LISTS.items()
        }  # fmt: skip
        self._start = Start((), frozenset(), frozenset())
        self.contents: dict[int, int] = {}
        for name in LISTS:
            self._import(name, frozenset(ENTRIES))
        self._entries = {self.entry(name, number): (name, number) for name in LISTS for number in ENTRIES}

    def begin(self, connection: Connection, start: Start) -> None:
        """Begin a history, in a transaction that its caller rolls back."""
        self.connection, self._start = connection, start
        self.contents = {}
        self._erased: set[int | str] = set()
        self._places = 0
        self._said: list[bytes] = []
        self._take_in(start.files)

    def entry(self, name: str, number: int) -> int | None:
        found = lists.entries_named(self.connection, self.lists[name], str(number))
        return found[0] if found else None

    def number_of(self, media_id: int) -> int:
        """The number of a content."""
        return next(number for number, one in self.contents.items() if one == media_id)

    def entry_of(self, entry_id: int) -> tuple[str, int]:
        """List and number of an entry."""
        return self._entries[entry_id]

    def thing(self, judged: Judged) -> Thing:
        """What is judged, as `Plain` names it."""
        subject = judged.subject.value
        entry = () if judged.entry_id is None else self.entry_of(judged.entry_id)
        if judged.other_media_id is not None and judged.media_id is not None:
            pair = frozenset((self.number_of(judged.media_id), self.number_of(judged.other_media_id)))
            return (subject, pair)
        return (subject, *entry, *(() if judged.media_id is None else (self.number_of(judged.media_id),)))

    def do(self, act: Act) -> None:
        connection = self.connection
        case = act.number % 3 + 1
        match act.kind:
            case "file":
                self._take_in([(act.number % 4 + 1, act.other % 6 + 1)])
            case "judge":
                judged = self._judged(act)
                of_case = None if judged is None or judged.subject is Subject.ENTRY else case
                if judged is not None and of_case not in self._erased:
                    self._say(
                        act.who, judged, act.word.split()[1], None if of_case is None else self.cases[of_case]
                    )
            case "again" if self._said:
                row = self._judgement(act.number)
                if row is not None:
                    judged = Judged(
                        **{field: row[field] for field in Judged.__struct_fields__[1:]},
                        subject=Subject(row["subject"]),
                    )
                    self._say(row["author"], judged, act.word, row["case_id"])
            case "back" if self._said:
                row = self._judgement(act.number)
                if row is not None:
                    judgements.take_back(connection, row["id"], by=act.who, reason="review")
            case "edition":
                self._import(act.word, act.chosen)
            case "erase":
                self._erase(act)
            case "role":
                role = load().roles[act.word]
                if act.on:
                    people.grant_role(connection, self.users[act.who], act.word, role.may, role.reach, by="x")
                else:
                    people.revoke_role(connection, self.users[act.who], act.word, by="x")
            case "member" if case not in self._erased:
                who = {"user_id": self.users[act.who]}
                if act.word == "desk":
                    unit_id = people.unit_named(connection, self.agencies["north"], "desk")
                    assert unit_id is not None
                    who = {"unit_id": unit_id}
                change = people.add_member if act.on else people.end_member
                change(connection, self.cases[case], **who, by="x")  # type: ignore[arg-type]
            case "case" if case not in self._erased:
                cases.set_release_level(connection, self.cases[case], act.word)
                change_release = people.release if act.on else people.end_release
                agency = self.agencies[AGENCIES[act.other % 2]]
                change_release(connection, agency, case_id=self.cases[case], by="x")
            case "list":
                name = sorted(LISTS)[act.number % len(LISTS)]
                level = "agency" if act.word == "case" else act.word
                lists.set_release_level(connection, self.lists[name], level)
                change_release = people.release if act.on else people.end_release
                change_release(
                    connection, self.agencies[AGENCIES[act.other % 2]], list_id=self.lists[name], by="x"
                )
            case "policy":
                policies.set_votes(connection, PolicySubject(act.word), act.number % 2 + 1, by="x")

    def _say(self, who: str, judged: Judged, word: str, case_id: int | None) -> None:
        decision, _, code = word.partition("=")
        self._said.append(
            judgements.add(
                self.connection, judged, Decision(decision), author=who, case_id=case_id, reason="review",
                agency_id=self.agencies[USERS[who][0]],
                code=code if judged.subject is Subject.CLASSIFICATION else "",
            )
        )  # fmt: skip

    def _judgement(self, number: int) -> dict[str, object] | None:
        """One of those that were made, if it was not erased."""
        table = schema.judgement
        public_id = self._said[number % len(self._said)]
        row = self.connection.execute(select(table).where(table.c.public_id == public_id)).one_or_none()
        return None if row is None else {str(name): value for name, value in row._mapping.items()}

    def _judged(self, act: Act) -> Judged | None:
        subject, held = Subject(act.word.split()[0]), self.contents
        if subject in (Subject.MATCH, Subject.STACK):
            pair = self._start.pair(act.other, held)
            return None if pair is None else Judged.pair(subject, *(held[one] for one in pair))
        if subject is Subject.CLASSIFICATION:
            media_id = held[sorted(held)[act.other % len(held)]] if held else None
            scheme = {"scheme": SCHEME[0], "scheme_version": SCHEME[1]}
            return None if media_id is None else Judged(subject=subject, media_id=media_id, **scheme)
        if subject is Subject.ENTRY:
            entry = self.entry(sorted(LISTS)[act.other % len(LISTS)], act.number % 5 + 1)
            return None if entry is None else Judged(subject=subject, entry_id=entry)
        look = self._start.look(act.other, held)
        entry = None if look is None else self.entry(look[0], look[1])
        if look is None or entry is None:
            return None
        return Judged(subject=subject, media_id=held[look[2]], entry_id=entry)

    def _take_in(self, files: Collection[tuple[int, int]]) -> None:
        """Record files, and their contents where they are new, matched with lists and with what is held."""
        files = [one for one in files if one[0] in self.exhibits and one[0] not in self._gone_exhibits()]
        fresh = sorted({content for _, content in files} - self.contents.keys())
        if fresh:
            self._add_contents(fresh)
        rows = []
        for exhibit_number, content in files:
            exhibit_id, reading_id = self.exhibits[exhibit_number]
            self._places += 1
            name = self._places.to_bytes(2, "big").hex().encode()
            rows.append(
                {
                    "public_id": self._places.to_bytes(16, "big"), "exhibit_id": exhibit_id,
                    "reading_id": reading_id, "locator": b"\x01p" + name + b"\x00",
                    "media_id": self.contents[content], "size": 1,
                }
            )  # fmt: skip
        if rows:
            self.connection.execute(insert(schema.media_file), rows)

    def _gone_exhibits(self) -> set[int]:
        return {int(one[1:]) for one in self._erased if isinstance(one, str)}

    def _add_contents(self, fresh: list[int]) -> None:
        rows = [
            {
                "sha256": bytes([number]) * 32, "sha1": bytes([number]) * 20, "md5": bytes([number]) * 16,
                "size": 1, "media_type": "image/png", "kind": "picture", "examined": "yes",
                "width": number, "height": 1, "frames": 1, "seconds": 0,
            }
            for number in fresh
        ]  # fmt: skip
        table = schema.media
        self.connection.execute(insert(table), rows)
        named = select(table.c.id, table.c.width).where(table.c.width.in_(fresh))
        added = {number: media_id for media_id, number in self.connection.execute(named)}
        self.contents |= added
        codes = [
            {
                "media_id": media_id, "part": "picture", "algorithm": "pdq", "version": "1",
                "decode_path": "exact", "decoder": "", "quality": 100, "code": bytes(32), "turned": b"",
            }
            for media_id in added.values()
        ]  # fmt: skip
        self.connection.execute(insert(schema.fingerprint), codes)
        met = [(sorted((self.contents[a], self.contents[b])), distance) for a, b, distance in sorted(self._start.near)
               if {a, b} <= self.contents.keys() and {a, b} & added.keys()]  # fmt: skip
        matches.add_media_matches(
            self.connection,
            [
                MediaMatch(
                    later, "picture", earlier, "picture",
                    Agreement(Basis.PDQ, "1", distance, Orientation.UPRIGHT),
                )
                for (earlier, later), distance in met
            ],
        )  # fmt: skip
        found = list(matches.same_bytes(self.connection, media_ids=list(added.values())))
        found += [one for name in LISTS for one in self._near_entries(name, fresh)]
        matches.add_entry_matches(self.connection, found)

    def _near_entries(self, name: str, contents: Collection[int]) -> Iterator[EntryMatch]:
        near = Agreement(Basis.PDQ, "1", 5, Orientation.UPRIGHT)
        for of, number, content in sorted(self._start.looks):
            if of == name and content in contents and (entry := self.entry(of, number)) is not None:
                yield EntryMatch(self.contents[content], "picture", entry, near)

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
        found = list(matches.same_bytes(connection, brought=Brought(list_id, edition.id)))
        found += self._near_entries(name, self.contents)
        matches.add_entry_matches(connection, found)

    def _erase(self, act: Act) -> None:
        erasure = Erasure(self.connection, NEAREST_KEPT)
        if act.word == "case":
            case = act.number % 3 + 1
            if case in self._erased:
                return
            erasure.erase_case(self.cases[case])
            self._erased |= {case, *(f"E{one}" for one, of in EXHIBITS.items() if of == case)}
        else:
            number = act.number % 4 + 1
            if number in self._gone_exhibits():
                return
            erasure.erase_exhibit(self.exhibits[number][0])
            self._erased.add(f"E{number}")
        left = set(self.connection.execute(select(schema.media.c.id)).scalars())
        self.contents = {number: one for number, one in self.contents.items() if one in left}


class Said(msgspec.Struct):
    """Somebody's word on a thing, and what became of it."""

    thing: Thing
    case: int | None
    author: str
    decision: str
    code: str
    standing: bool = True
    superseded: bool = False
    erased: bool = False


class Plain:
    """The same in memory, by the glossary.

    Attributes:
        did: how often something of a kind was really done: an act may find nothing to do.
    """

    def __init__(self, start: Start) -> None:
        self._start = start
        self.exhibits = dict(EXHIBITS)
        self.cases = dict(CASES)
        self.files = [(place, *file) for place, file in enumerate(start.files)]
        self._places = len(self.files)
        self.near = {frozenset((one, other)): distance for one, other, distance in start.near}
        self.looks = start.looks
        self.entries = {name: set(ENTRIES) for name in LISTS}
        self.recalled: set[tuple[str, int, int]] = set()
        self.said: list[Said] = []
        self.roles: set[tuple[str, str]] = set()
        self.members: set[tuple[int, str]] = set()
        self.levels: dict[int | str, str] = dict.fromkeys(CASES, "case") | dict.fromkeys(LISTS, "agency")
        self.named: set[tuple[int | str, str]] = set()
        self.needed = {subject.value: votes for subject, votes in default_votes().items()}
        self.did: Counter[str] = Counter()

    @property
    def held(self) -> set[int]:
        return {content for _, _, content in self.files}

    @property
    def matched(self) -> set[tuple[str, int, int]]:
        """Entries and contents that match now."""
        same = {(name, one, one) for name in LISTS for one in (1, 2, 3)}
        return {one for one in same | self.looks if one[1] in self.entries[one[0]] and one[2] in self.held}

    def do(self, act: Act) -> None:
        case = act.number % 3 + 1
        match act.kind:
            case "file":
                exhibit, content = act.number % 4 + 1, act.other % 6 + 1
                if exhibit in self.exhibits:
                    self.did["content comes" if content not in self.held else "file comes"] += 1
                    self.files.append((self._places, exhibit, content))
                    self._places += 1
            case "judge":
                thing = self._thing(act)
                of_case = None if thing is None or thing[0] == "entry" else case
                if thing is not None and (of_case is None or of_case in self.cases):
                    self._say(thing, of_case, act.who, act.word.split()[1])
            case "again" if self.said:
                one = self.said[act.number % len(self.said)]
                if not one.erased:
                    self._say(one.thing, one.case, one.author, act.word)
            case "back" if self.said:
                one = self.said[act.number % len(self.said)]
                self.did["take back"] += one.standing
                one.standing = False
            case "edition":
                before = self.matched
                self.did["withdraw"] += len(self.entries[act.word] - act.chosen)
                self.entries[act.word] = set(act.chosen)
                self.recalled = (self.recalled | before) - self.matched
                self.did["recall"] += len(before - self.matched)
            case "erase":
                self._erase(act)
            case "role":
                self._change(self.roles, (act.who, act.word), act.on)
            case "member" if case in self.cases:
                self._change(self.members, (case, "desk" if act.word == "desk" else act.who), act.on)
            case "case" if case in self.cases:
                self.levels[case] = act.word
                self._change(self.named, (case, AGENCIES[act.other % 2]), act.on)
            case "list":
                name = sorted(LISTS)[act.number % len(LISTS)]
                self.levels[name] = "agency" if act.word == "case" else act.word
                self._change(self.named, (name, AGENCIES[act.other % 2]), act.on)
            case "policy":
                self.needed[act.word] = act.number % 2 + 1

    def may_look(self, who: str, record: int | str) -> bool:
        if isinstance(record, int) and record not in self.cases:
            return False
        if not self._looks(who):
            return False
        agency, unit = USERS[who]
        level, owner = self.levels[record], CASES[record] if isinstance(record, int) else LISTS[record][0]
        return (
            (isinstance(record, int) and bool({(record, who), (record, unit)} & self.members))
            or (agency == owner and (level != "case" or (who, "supervisor") in self.roles))
            or (level == "named-agencies" and (record, agency) in self.named)
            or level == "installation"
        )

    def seen(self, who: str) -> set[int]:
        """The contents that somebody may know of."""
        return {content for _, exhibit, content in self.files if self.may_look(who, EXHIBITS[exhibit])}

    def pairs(self, who: str) -> set[frozenset[int]]:
        """The contents that are near to each other, for somebody."""
        return {pair for pair in self.near if pair <= self.seen(who)}

    def entry_matches(self, who: str) -> set[tuple[str, int, int, bool]]:
        """List, entry, content, and whether it was recalled, of contents that somebody may know of."""
        found = {(*one, False) for one in self.matched} | {(*one, True) for one in self.recalled}
        return {one for one in found if self.may_look(who, one[0]) and one[2] in self.seen(who)}

    def judgements(self, who: str) -> list[tuple[Thing, str, str, str, bool, bool]]:
        """Everything that was said, ended or not, of what somebody may see."""
        return [
            (one.thing, one.author, one.decision, one.code, one.standing, one.superseded)
            for one in self.said
            if not one.erased and self._hears(who, one)
            if _contents(one.thing) <= self.seen(who)
            if all(self.may_look(who, name) for name in _lists(one.thing))
        ]

    def verdicts(self, who: str) -> dict[Thing, tuple[str, str]]:
        """State and code of everything on which a vote stands that somebody may hear."""
        things = {one.thing for one in self.said if one.standing and self._hears(who, one)}
        return {thing: self._verdict(who, thing) for thing in things}

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

    def _change(self, standing: set[tuple[object, ...]], what: tuple[object, ...], on: bool) -> None:  # type: ignore[type-arg]
        self.did["grant" if on else "revoke"] += (what in standing) != on
        (standing.add if on else standing.discard)(what)

    def _say(self, thing: Thing, case: int | None, author: str, word: str) -> None:
        decision, _, code = word.partition("=")
        for one in self.said:
            if one.standing and (one.thing, one.case, one.author) == (thing, case, author):
                one.standing, one.superseded = False, True
                self.did["supersede"] += 1
        self.did[f"judge {thing[0]}"] += 1
        self.did["retract"] += thing[0] == "entry" and decision == "negative"
        code = code if thing[0] == "classification" else ""
        self.said.append(Said(thing, case, author, decision, code))

    def _erase(self, act: Act) -> None:
        case = act.number % 3 + 1 if act.word == "case" else None
        gone = {act.number % 4 + 1} if case is None else {one for one, of in EXHIBITS.items() if of == case}
        if (case is not None and case not in self.cases) or not (case or gone & self.exhibits.keys()):
            return
        self.did[f"erase {act.word}"] += 1
        before = self.held
        self.exhibits = {one: of for one, of in self.exhibits.items() if one not in gone}
        self.files = [one for one in self.files if one[1] not in gone]
        lost = before - self.held
        self.did["content goes"] += len(lost)
        self.recalled = {one for one in self.recalled if one[2] not in lost}
        if case is not None:
            del self.cases[case]
        for one in self.said:
            if _contents(one.thing) & lost or (case is not None and one.case == case):
                self.did["judgement goes"] += not one.erased
                one.erased, one.standing = True, False

    def _outcome(self, who: str, first: dict[int, int], place: int, content: int) -> Outcome:
        same, near = set(), set()
        for name, entry, of in self.matched:
            if of != content or not self.may_look(who, name):
                continue
            if self._state(who, ("entry", name, entry)) == "negative":
                continue
            if entry <= 3:
                same.add(LISTS[name][1])
            elif self._state(who, ("entry-match", name, entry, content)) != "negative":
                near.add(LISTS[name][1])
        if Role.ALERT in same:
            return Outcome.ALERT_SAME
        if Role.ALERT in near:
            return Outcome.ALERT_NEAR
        if Role.NEGATIVE in same:
            return Outcome.NEGATIVE
        if Role.KNOWN_GOOD in same:
            return Outcome.KNOWN_GOOD
        if first[content] < place:
            return Outcome.SEEN_BEFORE
        for pair in self.near:
            (other,) = pair - {content} if content in pair else (0,)
            earlier = other in first and first[other] < first[content]
            if earlier and self._state(who, ("match", pair)) != "negative":
                return Outcome.NEAR_DUPLICATE
        return Outcome.NEW

    def _looks(self, who: str) -> bool:
        return bool({(who, "analyst"), (who, "supervisor")} & self.roles)

    def _hears(self, who: str, one: Said) -> bool:
        if one.case is not None:
            return self.may_look(who, one.case)
        return self._looks(who) and USERS[one.author][0] == USERS[who][0]

    def _state(self, who: str, thing: Thing) -> str:
        return self._verdict(who, thing)[0]

    def _verdict(self, who: str, thing: Thing) -> tuple[str, str]:
        cast: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        agreeing: defaultdict[str, set[str]] = defaultdict(set)
        for one in self.said:
            if one.standing and one.thing == thing and self._hears(who, one):
                cast[one.decision, one.code].add(one.author)
                agreeing[one.decision].add(one.author)
        yes = {code for decision, code in cast if decision == "positive"}
        no = {code for decision, code in cast if decision == "negative"}
        enough = {word for word, authors in agreeing.items() if len(authors) >= self.needed[str(thing[0])]}
        if len(yes) > 1 or yes & no:
            return "disputed", ""
        if yes:
            return ("positive", *yes) if "positive" in enough else ("open", "")
        if no:
            return ("negative", *no) if "negative" in enough and len(no) == 1 else ("open", "")
        return ("unsure" if "unsure" in enough else "open"), ""

    def _thing(self, act: Act) -> Thing | None:
        subject, held = act.word.split()[0], self.held
        if subject in ("match", "stack"):
            pair = self._start.pair(act.other, held)
            return (subject, frozenset(pair)) if pair else None
        if subject == "classification":
            return (subject, sorted(held)[act.other % len(held)]) if held else None
        if subject == "entry":
            name, entry = sorted(LISTS)[act.other % len(LISTS)], act.number % 5 + 1
            return (subject, name, entry) if entry in self.entries[name] else None
        look = self._start.look(act.other, held)
        return (subject, *look) if look and look[1] in self.entries[look[0]] else None


def _contents(thing: Thing) -> set[int]:
    match thing:
        case "match" | "stack", frozenset() as pair:
            return set(pair)
        case "classification", int() as content:
            return {content}
        case "entry-match", _, _, int() as content:
            return {content}
    return set()


def _lists(thing: Thing) -> set[str]:
    return {str(thing[1])} if thing[0] in ("entry", "entry-match") else set()
