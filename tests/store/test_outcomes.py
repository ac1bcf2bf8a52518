"""Outcomes computed in SQL are those of a plain reading of the rules, for every viewer."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from consilience.model.judgements import Decision, Subject
from consilience.model.outcomes import OUTCOMES, Outcome
from consilience.model.people import EVERYTHING, GroundKind, Scope
from consilience.store import judgements, outcomes, people, schema
from consilience.store.database import Database
from consilience.store.judgements import Judged

CONTENTS, CASES = 5, 2


class FileFact(msgspec.Struct, frozen=True):
    exhibit: int
    content: int | None
    problem: str | None


class ContentFact(msgspec.Struct, frozen=True):
    kind: str
    problem: str | None
    fingerprinted: bool


class World(msgspec.Struct, frozen=True):
    """Three exhibits in two cases; files over five contents; matches with four lists and with each other."""

    files: tuple[FileFact, ...]
    contents: tuple[ContentFact, ...]
    listed: frozenset[tuple[int, int, bool, bool]]  # content, list, same bytes, recalled
    near: frozenset[tuple[int, int, bool]]  # later, earlier, picture to picture
    apart: frozenset[tuple[int, int]]  # which of the near matches is judged negative, in which case
    unlike: frozenset[tuple[int, int]]  # which of the matches with lists is judged negative, in which case

    def judged_pairs(self) -> set[tuple[int, int, int]]:
        found = sorted(self.near)
        chosen = ((*sorted(found[one % len(found)][:2]), case) for one, case in self.apart if found)
        return {(one, other, case) for one, other, case in chosen}

    def judged_entries(self) -> set[tuple[int, int, int]]:
        found = sorted(self.listed)
        return {(*found[one % len(found)][:2], case) for one, case in self.unlike if found}


ROLES = ("alert", "negative", "known-good", "alert")
CASE_OF_EXHIBIT = (1, 1, 2)
VISIBLE: tuple[set[int], ...] = ({1, 2}, {1}, {2})
LISTS_TOO = (GroundKind.MEMBER, GroundKind.EVERYONE)

contents = st.builds(
    ContentFact,
    st.sampled_from(("picture", "picture", "video", "container", "other")),
    st.sampled_from((None, None, "damaged")),
    st.booleans(),
)
files = st.one_of(
    st.builds(
        FileFact, st.integers(1, 3), st.integers(1, CONTENTS), st.sampled_from((None, None, None, "changed"))
    ),
    st.builds(
        FileFact, st.integers(1, 3), st.none(), st.sampled_from(("io-error", "link", "empty", "crashed"))
    ),
)
worlds = st.builds(
    World,
    st.lists(files, max_size=12).map(tuple),
    st.tuples(*([contents] * CONTENTS)),
    st.frozensets(
        st.tuples(st.integers(1, CONTENTS), st.integers(1, 4), st.booleans(), st.booleans()), max_size=6
    ),
    st.frozensets(
        st.tuples(st.integers(1, CONTENTS), st.integers(1, CONTENTS), st.booleans()).filter(
            lambda pair: pair[0] != pair[1]
        ),
        max_size=5,
    ),
    st.frozensets(st.tuples(st.integers(0, 5), st.integers(1, CASES)), max_size=4),
    st.frozensets(st.tuples(st.integers(0, 5), st.integers(1, CASES)), max_size=4),
)


def by_the_rules(world: World, visible_cases: set[int], case: int) -> list[Outcome]:
    """The outcome of each file of a case, in order, as the glossary has it."""
    visible = [
        (number, fact)
        for number, fact in enumerate(world.files)
        if CASE_OF_EXHIBIT[fact.exhibit - 1] in visible_cases
    ]
    first = {}
    for number, fact in visible:
        if fact.content is not None:
            first.setdefault(fact.content, number)
    found = []
    of_case = [one for one in visible if CASE_OF_EXHIBIT[one[1].exhibit - 1] == case]
    for number, fact in sorted(of_case, key=lambda one: (one[1].exhibit, one[0])):
        content = world.contents[fact.content - 1] if fact.content else None
        roles = {
            (ROLES[which - 1], same)
            for one, which, same, recalled in world.listed
            if one == fact.content and not recalled
            if same or not any((one, which, seen) in world.judged_entries() for seen in visible_cases)
        }
        apart = {frozenset(pair[:2]) for pair in world.judged_pairs() if pair[2] in visible_cases}
        problem = fact.problem or (content.problem if content else None)
        unread = fact.problem or (content and content.problem and not content.fingerprinted)
        near = {
            other
            for one, other, pictures in [*world.near, *((b, a, p) for a, b, p in world.near)]
            if one == fact.content and pictures and frozenset((one, other)) not in apart
        }
        if ("alert", True) in roles:
            found.append(Outcome.ALERT_SAME)
        elif ("alert", False) in roles:
            found.append(Outcome.ALERT_NEAR)
        elif problem in ("link", "empty"):
            found.append(Outcome.NOT_MEDIA)
        elif unread:
            found.append(Outcome.UNREADABLE)
        elif content and content.kind in ("container", "other"):
            found.append(Outcome.NOT_MEDIA)
        elif ("negative", True) in roles:
            found.append(Outcome.NEGATIVE)
        elif ("known-good", True) in roles:
            found.append(Outcome.KNOWN_GOOD)
        elif fact.content and first[fact.content] < number:
            found.append(Outcome.SEEN_BEFORE)
        elif any(first.get(other, number) < first[fact.content] for other in near if fact.content):
            found.append(Outcome.NEAR_DUPLICATE)
        else:
            found.append(Outcome.NEW)
    return found


@pytest.fixture
def world_base(database: Database) -> Database:
    with database.write() as connection:
        connection.execute(insert(schema.agency).values(id=1, public_id=b"a", name="a", created_at=0))
        for number in range(1, CASES + 1):
            connection.execute(
                insert(schema.case).values(
                    id=number, public_id=b"%d" % number, agency_id=1, number=str(number), title="",
                    legal_basis="", release_level="case", created_at=0,
                )
            )  # fmt: skip
        for viewer, visible in enumerate(VISIBLE, 1):
            connection.execute(
                insert(schema.user).values(
                    id=viewer, public_id=b"%d" % viewer, name=str(viewer), agency_id=1, created_at=0
                )
            )
            for case in visible:
                people.add_member(connection, case, user_id=viewer, by="")
        for number, case in enumerate(CASE_OF_EXHIBIT, 1):
            connection.execute(
                insert(schema.exhibit).values(
                    id=number, public_id=b"%d" % number, case_id=case, number=str(number), description="",
                    created_at=0,
                )
            )  # fmt: skip
        connection.execute(
            insert(schema.reading).values(
                id=1, public_id=b"r", exhibit_id=1, source="folder", root=b"", software="", parameters={},
                started_at=0,
            )
        )  # fmt: skip
        for number, role in enumerate(ROLES, 1):
            connection.execute(
                insert(schema.hash_list).values(
                    id=number, public_id=b"%d" % number, agency_id=1, name=str(number), role=role, scheme="",
                    scheme_version="", origin="", created_at=0,
                )
            )  # fmt: skip
            counts = dict.fromkeys(("added", "changed", "withdrawn", "unchanged", "repeated", "broken"), 0)
            connection.execute(
                insert(schema.edition).values(
                    id=number, public_id=b"%d" % number, list_id=number, ordinal=1, file_name="",
                    file_sha256=bytes(32), format="", about={}, imported_at=0, **counts,
                )
            )  # fmt: skip
            for same in (0, 1):
                connection.execute(
                    insert(schema.entry).values(
                        id=2 * number + same, list_id=number, key=bytes([number, same]), record=b"",
                        first_edition_id=number, last_edition_id=number,
                    )
                )  # fmt: skip
    return database


def fill(database: Database, world: World) -> None:
    with database.write() as connection:
        for table in ("judgement", "entry_match", "media_match", "media_file", "fingerprint", "media"):
            connection.execute(schema.metadata.tables[table].delete())
        for number, content in enumerate(world.contents, 1):
            connection.execute(
                insert(schema.media).values(
                    id=number, sha256=bytes([number]) * 32, sha1=bytes(20), md5=bytes(16), size=1,
                    media_type="", kind=content.kind, examined="yes", width=0, height=0, frames=0,
                    problem=content.problem, seconds=0,
                )
            )  # fmt: skip
            if content.fingerprinted:
                connection.execute(
                    insert(schema.fingerprint).values(
                        media_id=number, part="picture", algorithm="pdq", version="1", decode_path="exact",
                        decoder="", quality=100, code=b"", turned=b"",
                    )
                )  # fmt: skip
        for number, fact in enumerate(world.files, 1):
            connection.execute(
                insert(schema.media_file).values(
                    public_id=number.to_bytes(2, "big"), exhibit_id=fact.exhibit, reading_id=1,
                    locator=number.to_bytes(2, "big"), media_id=fact.content, problem=fact.problem,
                )
            )  # fmt: skip
        measured = {"version": "1", "distance": 0, "orientation": "upright", "found_at": 0}
        for number, (content, which, same, recalled) in enumerate(sorted(world.listed)):
            connection.execute(
                insert(schema.entry_match).values(
                    public_id=b"e%d" % number, media_id=content, part=f"x{number}",
                    entry_id=2 * which + same, algorithm="sha256" if same else "pdq",
                    recalled_at=1 if recalled else None, **measured,
                )
            )  # fmt: skip
        for number, (later, earlier, pictures) in enumerate(sorted(world.near)):
            connection.execute(
                insert(schema.media_match).values(
                    public_id=b"m%d" % number, media_id=later, part="picture", other_media_id=earlier,
                    other_part="picture" if pictures else "preview:0", algorithm="pdq", **measured,
                )
            )  # fmt: skip
        for one, other, case in sorted(world.judged_pairs()):
            judge(connection, Judged.pair(Subject.MATCH, one, other), case)
        for content, which, case in sorted(world.judged_entries()):
            for same in (0, 1):
                entry_id = 2 * which + same
                judge(
                    connection, Judged(subject=Subject.ENTRY_MATCH, media_id=content, entry_id=entry_id), case
                )


def judge(connection: Connection, judged: Judged, case: int) -> None:
    judgements.add(
        connection, judged, Decision.NEGATIVE, author="x", agency_id=1, case_id=case, reason="review"
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds)
def test_outcomes_follow_the_rules(world_base: Database, world: World) -> None:
    database = world_base
    fill(database, world)
    viewers = [Scope(user=one, grounds=LISTS_TOO) for one in range(1, len(VISIBLE) + 1)]
    for scope, visible in [(EVERYTHING, {1, 2}), (Scope(), set()), *zip(viewers, VISIBLE, strict=True)]:
        for case in (1, 2):
            with database.read() as connection:
                found = [one.outcome for one in outcomes.outcomes(connection, scope, case)]
                counted = outcomes.count(connection, scope, case)
                files = outcomes.files_of(connection, scope, case)
                few = np.arange(len(found) - 1, -1, -2)
                by_themselves = outcomes.decide(connection, scope, files.at(few)).tolist()
            assert [OUTCOMES[one] for one in by_themselves] == found[::-2], "each file's is its own"
            assert found == by_the_rules(world, visible, case)
            assert counted == {outcome: found.count(outcome) for outcome in Outcome}
