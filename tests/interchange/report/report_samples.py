"""A harmless case of any size, the same each time: what the tests of the report are made of."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from consilience.interchange.report.coverage import NOT_COVERED
from consilience.interchange.report.records import (
    Camera,
    CasePair,
    EntryMatch,
    Exhibit,
    ExhibitPair,
    FileRow,
    Findings,
    Head,
    HeldMatch,
    ListUsed,
    Reading,
    SharedContent,
    Sharing,
    Sighting,
    SlowFile,
    Stack,
    StackMember,
    Stacks,
)
from consilience.model.examination import ORIENTATIONS, MediaKind, Orientation
from consilience.model.lists import Role
from consilience.model.locator import Locator, Step, StepKind
from consilience.model.matching import Basis
from consilience.model.outcomes import OUTCOMES, Outcome
from consilience.model.problems import Problem, ProblemCode
from consilience.model.times import Timestamp
from consilience.settings import Limits

MADE_AT = datetime(2026, 11, 21, 14, 5, 33, tzinfo=UTC)
WEIGHTS = {
    Outcome.ALERT_SAME: 4,
    Outcome.ALERT_NEAR: 2,
    Outcome.UNREADABLE: 3,
    Outcome.NOT_MEDIA: 160,
    Outcome.NEGATIVE: 9,
    Outcome.KNOWN_GOOD: 110,
    Outcome.SEEN_BEFORE: 60,
    Outcome.NEAR_DUPLICATE: 34,
    Outcome.NEW: 118,
}
EXHIBITS = {
    "TT-01": "telephone, black, cracked screen",
    "TT-02": "tablet",
    "TT-03": "external drive, 2 TB",
    "TT-03/a": "memory card found in TT-03's case",
}
CAMERAS = (
    Camera("Fujimoto", "Fujimoto X200", "0042117"),
    Camera("Fujimoto", "Fujimoto X200", "0042954"),
    Camera("Larkspur", "L9 Pro", ""),
    Camera("Northlight", "NL-4", "88-A1-0091"),
    Camera("", "Scanner 12", ""),
)
LISTS = (
    ListUsed(
        key="list-1",
        name="National reference",
        origin="Sample agency",
        role=Role.ALERT,
        edition="2026-10",
        dated="2026-10-01",
        imported_at=MADE_AT - timedelta(days=9),
        scheme="Sample scheme 2",
        format="vics-2.0",
        source_sha256=hashlib.sha256(b"list-1").hexdigest(),
        entries=2_431_907,
        withdrawn=1_204,
        broken=3,
    ),
    ListUsed(
        key="list-2",
        name="Regional series",
        origin="Harbour unit",
        role=Role.ALERT,
        edition="14",
        imported_at=MADE_AT - timedelta(days=4),
        format="pdq",
        entries=18_220,
        source_sha256=hashlib.sha256(b"list-2").hexdigest(),
    ),
    ListUsed(
        key="list-3",
        name="Reference data set",
        origin="Standards office",
        role=Role.KNOWN_GOOD,
        edition="2026.09.1",
        dated="2026-09-01",
        imported_at=MADE_AT - timedelta(days=30),
        format="nsrl-rds-3",
        entries=48_112_390,
        source_sha256=hashlib.sha256(b"list-3").hexdigest(),
    ),
    ListUsed(
        key="list-4",
        name="Judged irrelevant",
        origin="Harbour unit",
        role=Role.NEGATIVE,
        edition="77",
        imported_at=MADE_AT - timedelta(days=1),
        scheme="Sample scheme 2",
        format="sha256sum",
        entries=90_551,
        source_sha256=hashlib.sha256(b"list-4").hexdigest(),
    ),
)
HOSTILE = (
    b"<script>document.title='x'</script>.jpg",
    b"\"><img src=x onerror=alert(1)> & 'quoted'.jpg",
    "photo\u202egpj.exe".encode(),
    b"bell\x07 null\x00 escape\x1b[31m red.jpg",
    b"latin-\xe9t\xe9 not utf-8 \xff\xfe.jpg",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627.png".encode(),
    ("Z" + "\u0301\u0323\u0334" * 60 + "algo.jpg").encode(),
    b"meadow" * 700 + b".jpg",
    b'=HYPERLINK("http://example.invalid")',
    b"{{ 7 * 7 }} {% raw %}.jpg",
    b"]]>--><!-- </style></table></main>.jpg",
    b"back\\slash\nnewline.jpg",
)

_PLACES = (
    "harbour",
    "meadow",
    "kitchen",
    "staircase",
    "lighthouse",
    "garden shed",
    "tram stop",
    "quarry",
    "attic",
)
_FOLDERS = (
    "DCIM/100ALBUM",
    "Pictures/2024",
    "Download",
    "WhatsNew/Media",
    "backup/old phone",
    "projects/tiles",
)
_TYPES = {
    MediaKind.PICTURE: (
        ("image/jpeg", "jpg"),
        ("image/png", "png"),
        ("image/heic", "heic"),
        ("image/webp", "webp"),
    ),
    MediaKind.VIDEO: (("video/mp4", "mp4"), ("video/quicktime", "mov")),
    MediaKind.AUDIO: (("audio/mpeg", "mp3"),),
    MediaKind.OTHER: (("application/pdf", "pdf"), ("text/plain", "txt"), ("application/x-sqlite3", "db")),
    MediaKind.CONTAINER: (("application/zip", "zip"),),
}


def sample(files: int, *, seed: int = 1, hostile: bool = True) -> tuple[Findings, Iterator[FileRow]]:
    """A case of so many files in four exhibits, and its rows as a stream."""
    counts = Counter(row.exhibit for row in _rows(files, seed, hostile))
    return _findings(counts), _rows(files, seed, hostile)


def empty() -> Findings:
    """A case in which nothing was done yet."""
    head = _findings(Counter()).head
    return Findings(head=head, exhibits=())


def _findings(counts: Counter[str]) -> Findings:
    head = Head(
        holdings="Harbour unit, room 4",
        holdings_id="h7k2-9qpd-e31x",
        agency="Harbour police, digital unit",
        case="2026-0117",
        title="Harbour lights",
        operation="Breakwater",
        legal_basis="Warrant 88/26",
        release_level="agency",
        made_at=MADE_AT,
        made_by="examiner.two",
        justification="Report to the prosecutor before the hearing of 24 November",
        software={
            "consilience": "0.1.0",
            "PDQ": "1",
            "simplejpeg": "1.9.0",
            "Pillow": "12.0.0",
            "SQLite": "3.46.1",
            "Python": "3.11.2",
        },
        radius=31,
        min_quality=50,
        not_covered=NOT_COVERED,
    )
    exhibits = tuple(
        Exhibit(
            number=number,
            source="folder",
            title=title,
            parent="TT-03" if "/" in number else "",
            files=counts[number],
            readings=_readings(number, counts),
        )
        for number, title in EXHIBITS.items()
    )
    return Findings(head=head, exhibits=exhibits, lists=LISTS, stacks=_stacks(), sharing=_sharing())


def _readings(number: str, counts: Counter[str]) -> tuple[Reading, ...]:
    files = counts[number]
    slowest = tuple(
        SlowFile(
            f"projects/tiles/panorama-{n:02d}.tif",
            "image/tiff",
            412_000_000 - n * 9_000_000,
            21.4 / (n + 1),
            21_600,
            8_100,
            ProblemCode.LIMIT_TIME if n == 0 and number == "TT-03" else None,
        )
        for n in range(12)
    )
    started = MADE_AT - timedelta(days=2, hours=list(EXHIBITS).index(number))
    return (
        Reading(
            started=started,
            finished=None if number == "TT-02" else started + timedelta(seconds=files / 210 + 4),
            by="examiner.one",
            justification="Warrant 88/26",
            software="consilience 0.1.0",
            limits=Limits(),
            workers=2,
            files=files,
            bytes=files * 1_730_000,
            examined=files // 3,
            seconds=files / 210 + 4,
            processor_seconds=files / 120 + 6,
            slowest=slowest,
        ),
    )


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _member(stack: int, place: int, rng: random.Random) -> StackMember:
    return StackMember(
        sha256=_digest("stack", stack, place),
        exhibit=rng.choice(list(EXHIBITS)),
        files=rng.randint(1, 4),
        locator=f"{rng.choice(_FOLDERS)}/{rng.choice(_PLACES)}-{stack:03d}-{place:02d}.jpg",
        distance=min(31, place) if place else 0,
        orientation=rng.choice(ORIENTATIONS) if place % 3 == 2 else Orientation.UPRIGHT,
        media_type="image/jpeg",
        size=rng.randint(40_000, 6_000_000),
        width=4032 // (1 + place % 3),
        height=3024 // (1 + place % 3),
    )


def _stacks() -> Stacks:
    rng = random.Random(7)
    largest = []
    for stack in range(40):
        contents = max(2, 44 // (stack + 1))
        members = [_member(stack, place, rng) for place in range(min(contents, 51))]
        files = sum(member.files for member in members)
        largest.append(Stack(members[0], tuple(members[1:]), contents, files))
    return Stacks(total=1_318, contents=4_077, largest=tuple(largest))


def _sharing() -> Sharing:
    numbers = list(EXHIBITS)
    rng = random.Random(8)
    pairs = tuple(
        ExhibitPair(first, second, rng.randint(0, 400), rng.randint(0, 90))
        for n, first in enumerate(numbers)
        for second in numbers[n + 1 :]
        if (first, second) != ("TT-02", "TT-03/a")
    )
    contents = tuple(
        SharedContent(
            _digest("shared", n),
            "image/jpeg",
            (
                Sighting(numbers[n % 4], f"{_FOLDERS[n % 6]}/{_PLACES[n % 9]}-{n:04d}.jpg"),
                Sighting(numbers[(n + 1) % 4], f"backup/old phone/{_PLACES[n % 9]}-{n:04d}.jpg"),
                *(
                    (Sighting("QX-9", "", "2025-0880", 6 + n % 20, ORIENTATIONS[n % 8]),)
                    if n % 5 == 0
                    else ()
                ),
            ),
        )
        for n in range(24)
    )
    cases = (CasePair("2025-0880", "Harbour police", 118, 40), CasePair("2024-0031", "Coast guard", 2, 0))
    return Sharing(exhibits=pairs, cases=cases, total=911, contents=contents)


def _rows(files: int, seed: int, hostile: bool) -> Iterator[FileRow]:
    rng = random.Random(seed)
    share = {"TT-01": 0.22, "TT-02": 0.09, "TT-03": 0.61}
    given = 0
    for number in EXHIBITS:
        amount = round(files * share[number]) if number in share else files - given
        given += amount
        for n in range(amount):
            name = HOSTILE[n] if hostile and number == "TT-01" and n < len(HOSTILE) else None
            # One of each outcome first, so that a small case has them all.
            outcome = OUTCOMES[n] if number == "TT-03" and n < len(OUTCOMES) else None
            yield _row(rng, number, n, name, Outcome.NEW if name else outcome)


def _row(rng: random.Random, number: str, n: int, name: bytes | None, outcome: Outcome | None) -> FileRow:
    outcome = outcome or rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    kind = _kind(rng, outcome)
    media_type, extension = rng.choice(_TYPES[kind])
    path = f"{rng.choice(_FOLDERS)}/{rng.choice(_PLACES)}-{n:06d}.{extension}".encode()
    locator = Locator.of_path(b"Download/" + name if name else path)
    if n % 9 == 4 and name is None:
        locator = Locator.of_path(b"backup/album.zip").into(Step(StepKind.MEMBER, path, n))
    picture = kind is MediaKind.PICTURE
    problem = _problem(rng, outcome)
    read = problem is None or problem.code in (
        ProblemCode.EMPTY,
        ProblemCode.DAMAGED,
        ProblemCode.ENCRYPTED,
        ProblemCode.LIMIT_PIXELS,
    )
    digest = _digest(number, n) if read else None
    decoded = picture and (problem is None or problem.code is ProblemCode.DAMAGED)
    return FileRow(
        exhibit=number,
        locator=locator.display(),
        locator_bytes=locator.encode(),
        outcome=outcome,
        size=int(10 ** rng.uniform(2.5, 7.2)) if read else None,
        sha256=digest,
        sha1=digest and digest[:40],
        md5=digest and digest[:32],
        media_type=media_type if read else "",
        kind=kind if read else None,
        width=rng.choice((4032, 3000, 1280, 640)) if decoded else 0,
        height=rng.choice((3024, 2000, 960, 480)) if decoded else 0,
        frames=int(decoded),
        taken=_taken(rng) if read and kind.is_media else None,
        camera=rng.choice(CAMERAS) if decoded and rng.random() < 0.6 else None,
        position="54.17812,12.08411" if decoded and rng.random() < 0.1 else "",
        pdq=digest if decoded else None,
        pdq_quality=min(100, int(rng.betavariate(5, 1.2) * 101)) if decoded else None,
        problem=problem,
        matches=_matches(rng, outcome),
        held=_held(rng, outcome, digest),
        stack=_digest("stack", n % 1_318, 0) if outcome is Outcome.NEAR_DUPLICATE else None,
        seconds=round(rng.expovariate(12), 4) if decoded else 0.0,
    )


def _kind(rng: random.Random, outcome: Outcome) -> MediaKind:
    if outcome is Outcome.NOT_MEDIA:
        return rng.choices((MediaKind.OTHER, MediaKind.CONTAINER), (30, 1))[0]
    if outcome in (Outcome.ALERT_NEAR, Outcome.NEAR_DUPLICATE):
        return MediaKind.PICTURE
    return rng.choices((MediaKind.PICTURE, MediaKind.VIDEO, MediaKind.AUDIO), (40, 3, 1))[0]


def _problem(rng: random.Random, outcome: Outcome) -> Problem | None:
    if outcome is Outcome.UNREADABLE:
        code = rng.choice(
            (
                ProblemCode.VANISHED,
                ProblemCode.DAMAGED,
                ProblemCode.DAMAGED,
                ProblemCode.ENCRYPTED,
                ProblemCode.IO_ERROR,
                ProblemCode.LIMIT_PIXELS,
                ProblemCode.PERMISSION,
            )
        )
        return Problem(code, "premature end of JPEG image" if code is ProblemCode.DAMAGED else "")
    if outcome is Outcome.NOT_MEDIA and rng.random() < 0.02:
        return Problem(rng.choice((ProblemCode.LINK, ProblemCode.EMPTY)))
    if outcome is Outcome.NEW and rng.random() < 0.02:
        return Problem(ProblemCode.DAMAGED, "46 rows of 3024 are missing")
    return None


def _matches(rng: random.Random, outcome: Outcome) -> tuple[EntryMatch, ...]:
    entry = str(rng.randint(100_000, 999_999))
    if outcome is Outcome.ALERT_SAME:
        basis = rng.choice((Basis.SHA256, Basis.SHA1, Basis.MD5_SIZE))
        return (EntryMatch("list-1", entry, Role.ALERT, basis, rng.choice(("1", "2", "3", None))),)
    if outcome is Outcome.ALERT_NEAR:
        return (
            EntryMatch(
                rng.choice(("list-1", "list-2")),
                entry,
                Role.ALERT,
                Basis.PDQ,
                rng.choice(("1", "2")),
                "pdq 1",
                min(31, int(rng.expovariate(0.09))),
                rng.choice(ORIENTATIONS),
                "picture",
            ),
        )
    if outcome is Outcome.NEGATIVE:
        return (EntryMatch("list-4", f"n{entry}", Role.NEGATIVE, Basis.SHA256, "0"),)
    if outcome is Outcome.KNOWN_GOOD:
        return (EntryMatch("list-3", f"k{entry}", Role.KNOWN_GOOD, Basis.SHA1),)
    return ()


def _held(rng: random.Random, outcome: Outcome, digest: str | None) -> HeldMatch | None:
    if outcome is Outcome.SEEN_BEFORE and digest:
        return HeldMatch(digest, Basis.SHA256, case=rng.choice(("", "2025-0880")), exhibit="QX-9")
    if outcome is Outcome.NEAR_DUPLICATE:
        return HeldMatch(
            _digest("held", rng.random()),
            Basis.PDQ,
            "pdq 1",
            min(31, int(rng.expovariate(0.12))),
            rng.choice(ORIENTATIONS),
            "picture",
            exhibit="TT-01",
        )
    return None


def _taken(rng: random.Random) -> Timestamp | None:
    chance = rng.random()
    if chance < 0.25:
        return None
    if chance < 0.26:
        return Timestamp("taken", "0000:00:00 00:00:00", "unknown", "camera", 1.0, None)
    when = MADE_AT - timedelta(days=int(rng.expovariate(1 / 260)), seconds=rng.randint(0, 86_399))
    raw = f"{when:%Y:%m:%d %H:%M:%S}"
    if chance < 0.5:
        return Timestamp(
            "taken", raw, "+02:00", "camera", 1.0, int((when - timedelta(hours=2)).timestamp()) * 10**9
        )
    return Timestamp("taken", raw, "unknown", "camera", 1.0, None)


if __name__ == "__main__":
    # Writes a golden report: `python tests/interchange/report/report_samples.py FOLDER`.
    import sys
    from pathlib import Path

    from consilience.interchange.report.folder import write_report

    written = write_report(Path(sys.argv[1]), *sample(60))
    print(*written.parts, sep="\n")
