"""Hash lists about a known part of an exercise: providers, formats, editions, and what is wrong in them.

Alert lists hold originals and some altered copies, and much that is in no exhibit. Known-good lists hold
icons, pages and documents. Some entries collide on purpose: a harmless file on an alert list, an alert
file on a known-good list, codes at exact distances around the radius of matching.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import msgspec
import numpy as np

from consilience.exercise.alterations import Chance
from consilience.exercise.truth import EditionTruth, EntryTruth, ListTruth
from consilience.interchange.contract import ListAbout
from consilience.interchange.lists import write_list
from consilience.model.lists import ListRecord, Role
from consilience.settings import PDQ_MIN_QUALITY, PDQ_RADIUS

FOLDER = "lists"
EDGES = (0, 8, 16, 24, PDQ_RADIUS - 1, PDQ_RADIUS, PDQ_RADIUS + 1, PDQ_RADIUS + 2, PDQ_RADIUS + 8)
"""Distances of codes that are made from a picture's own by turning bits over."""


class Known(msgspec.Struct, frozen=True):
    """A content that a list may name.

    Attributes:
        picture: that it shows; empty for a document.
        kind: of the picture; ``document`` otherwise.
        original: whether it is the picture's original file.
        in_exhibits: whether it lies in one.
        md5, sha1, sha256: raw.
        size: bytes.
        pdq, quality: of originals; empty and 0 otherwise.
        in_burst: whether others were taken within seconds.
    """

    picture: str
    kind: str
    original: bool
    in_exhibits: bool
    md5: bytes
    sha1: bytes
    sha256: bytes
    size: int
    pdq: bytes
    quality: int
    in_burst: bool = False


class _Draft(msgspec.Struct):
    """An entry in the making."""

    record: ListRecord
    first: int
    last: int | None
    picture: str
    purpose: str
    distance: int | None
    changed: str | None = None


class _List(msgspec.Struct):
    name: str
    provider: str
    role: Role
    scheme: str
    format: str
    ending: str
    dates: tuple[str, ...]
    categories: tuple[str, ...]
    fields: frozenset[str]
    drafts: list[_Draft]


_VICS = frozenset({"md5", "sha1", "size", "pdq", "category", "id"})


def make_lists(
    out: Path, known: list[Known], filling: int, random: Chance
) -> tuple[tuple[ListTruth, ...], tuple[EntryTruth, ...]]:
    """Write all lists below ``lists/``.

    Args:
        out: the exercise.
        known: every content worth naming, in a fixed order.
        filling: entries about nothing in the exercise, over all lists together.
        random: for the choice.
    """
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    north = _List(
        "north-region",
        "North Region Exchange",
        Role.ALERT,
        "VICS-US",
        "vics",
        ".json",
        ("2026-03-02", "2026-09-14"),
        ("1", "2", "3", "4"),
        _VICS,
        [],
    )
    ring = _List(
        "baseline-ring",
        "Baseline Ring",
        Role.ALERT,
        "INTERPOL-Baseline",
        "icse",
        ".csv",
        ("2026-06-01",),
        ("true", "false"),
        frozenset({"md5", "sha1", "category", "id"}),
        [],
    )
    codes = _List(
        "picture-codes",
        "Hotline of Vale",
        Role.ALERT,
        "HOTLINE",
        "pdq",
        ".txt",
        ("2026-05-20",),
        (),
        frozenset({"pdq"}),
        [],
    )
    hotline = _List(
        "hotline",
        "Hotline of Vale",
        Role.ALERT,
        "HOTLINE",
        "columns",
        ".csv",
        ("2026-01-10", "2026-08-01", "2026-10-05"),
        ("A", "B", "C"),
        frozenset({"md5", "sha1", "sha256", "size", "pdq", "category", "id"}),
        [],
    )
    legacy = _List(
        "legacy-md5",
        "Old archive",
        Role.ALERT,
        "LEGACY",
        "encase",
        ".hash",
        ("2019-02-01",),
        (),
        frozenset({"md5"}),
        [],
    )
    software = _List(
        "software",
        "Reference library",
        Role.KNOWN_GOOD,
        "NONE",
        "nsrl",
        ".db",
        ("2026-07-01",),
        (),
        frozenset({"md5", "sha1", "sha256", "size"}),
        [],
    )
    office = _List(
        "office",
        "Own office",
        Role.KNOWN_GOOD,
        "NONE",
        "plain",
        ".sha256",
        ("2026-07-15",),
        (),
        frozenset({"sha256"}),
        [],
    )
    weak = _List(
        "weak-md5",
        "Own office",
        Role.KNOWN_GOOD,
        "NONE",
        "plain",
        ".md5",
        ("2021-07-15",),
        (),
        frozenset({"md5"}),
        [],
    )
    settled = _List(
        "settled",
        "Own unit",
        Role.NEGATIVE,
        "NONE",
        "plain",
        ".sha1",
        ("2026-04-04",),
        (),
        frozenset({"sha1"}),
        [],
    )
    alert = [north, ring, codes, hotline, legacy]
    everything = [*alert, software, office, weak, settled]

    _choose(known, alert, (north, ring, codes, hotline), [software, office, weak, settled], random)
    _collide(known, codes, legacy, software, settled, random)
    _fill(everything, filling, random)
    truths = []
    entries: list[EntryTruth] = []
    for one in everything:
        one.drafts = _unique(one)
        truths.append(_write(out, one, random))
        entries += [_truth(one, draft) for draft in one.drafts]
    truths.append(_cut(out, truths[0]))
    return tuple(truths), tuple(entries)


def _choose(
    known: list[Known],
    alert: list[_List],
    with_codes: tuple[_List, ...],
    harmless: list[_List],
    random: Chance,
) -> None:
    by_picture: defaultdict[str, list[Known]] = defaultdict(list)
    for one in known:
        by_picture[one.picture].append(one)
    for one in known:
        if one.kind in ("scene", "photograph") and one.original:
            # What is in no exhibit as it was, a list always knows.
            if one.in_exhibits and random.random() > 0.15:
                if random.random() < 0.06:
                    _add(harmless[3], one, random, "copy")
                continue
            target = with_codes[int(random.integers(len(with_codes)))]
            _add(target, one, random, "copy" if one.in_exhibits else "elsewhere")
            if random.random() < 0.25:  # a second provider has it too, under its own id and category
                _add(
                    alert[int(random.integers(len(alert)))],
                    one,
                    random,
                    "copy" if one.in_exhibits else "elsewhere",
                )
            for other in by_picture[one.picture]:
                if not other.original and random.random() < 0.3:
                    target = (alert[0], alert[1], alert[3], alert[4])[int(random.integers(4))]
                    _add(target, other, random, "copy")
        elif one.kind in ("icon", "page", "pattern", "document", "chart") and random.random() < 0.4:
            _add(harmless[int(random.integers(len(harmless)))], one, random, "copy")


def _collide(
    known: list[Known], codes: _List, legacy: _List, software: _List, settled: _List, random: Chance
) -> None:
    """Entries that contradict each other, or that touch what is harmless."""
    here = [one for one in known if one.in_exhibits]
    icons = [one for one in here if one.kind in ("icon", "map", "page")]
    for one in icons[:3]:
        _add(legacy, one, random, "collision")
    listed = {draft.record.sha256 or draft.record.md5 for draft in (*codes.drafts, *legacy.drafts)}
    scenes = [one for one in here if one.kind == "scene" and one.original and one.sha256 not in listed]
    for one in scenes[:2]:
        _add(legacy, one, random, "conflict")
        _add(software, one, random, "conflict")
    for one in scenes[2:4]:
        _add(legacy, one, random, "conflict")
        _add(settled, one, random, "conflict")
    # A burst's other pictures lie as near as the one meant; what is known-good is never decoded.
    harmless = {draft.record.sha256 for draft in software.drafts}
    firm = [
        one
        for one in here
        if one.original
        and one.quality >= 80
        and not one.in_burst
        and one.kind in ("scene", "photograph")
        and one.sha256 not in harmless
    ]
    for k, distance in enumerate(EDGES):
        if not firm:
            break
        one = firm[(k * 37 + 11) % len(firm)]
        bits = np.unpackbits(np.frombuffer(one.pdq, np.uint8))
        bits[random.permutation(256)[:distance]] ^= 1
        record = ListRecord(provider_id="", pdq=np.packbits(bits).tobytes(), attributes={"quality": 100})
        codes.drafts.append(_Draft(_named(codes, record), 1, None, one.picture, "edge", distance))


def _add(target: _List, one: Known, random: Chance, purpose: str) -> None:
    wants = target.fields
    if wants == {"pdq"} and (not one.pdq or one.quality < PDQ_MIN_QUALITY):
        return
    with_code = "pdq" in wants and one.pdq and (one.quality >= PDQ_MIN_QUALITY) and random.random() < 0.85
    record = ListRecord(
        provider_id="",
        md5=one.md5 if "md5" in wants else None,
        sha1=one.sha1 if "sha1" in wants and (len(wants) == 1 or random.random() < 0.9) else None,
        sha256=one.sha256 if "sha256" in wants and (len(wants) == 1 or random.random() < 0.8) else None,
        size=one.size if "size" in wants else None,
        pdq=one.pdq if with_code or wants == {"pdq"} else None,
        category=target.categories[int(random.integers(len(target.categories)))]
        if target.categories
        else None,
        attributes={"quality": one.quality} if wants == {"pdq"} else {},
    )
    first, last, changed = 1, None, None
    editions = len(target.dates)
    if editions > 1:
        fate = random.random()
        if fate < 0.25:
            first = int(random.integers(2, editions + 1))
        elif fate < 0.35:
            last = int(random.integers(1, editions))
        elif fate < 0.5 and target.categories:
            changed = target.categories[int(random.integers(len(target.categories)))]
    target.drafts.append(_Draft(_named(target, record), first, last, one.picture, purpose, None, changed))


def _named(target: _List, record: ListRecord) -> ListRecord:
    """The record under the provider's id; where the format has none, under the name that its digest makes."""
    if "id" in target.fields:
        name = str(100_000 + 7 * len(target.drafts))
        return msgspec.structs.replace(
            record, provider_id=name if target.format != "columns" else f"VALE-{name}"
        )
    for key in ("sha256", "sha1", "md5", "pdq"):
        raw = getattr(record, key)
        if raw:
            return msgspec.structs.replace(record, provider_id=f"{key}:{raw.hex()}")
    raise AssertionError("a record without digests")


def _fill(targets: list[_List], filling: int, random: Chance) -> None:
    for k, target in enumerate(targets):
        count = filling // len(targets) if k else filling - filling // len(targets) * (len(targets) - 1)
        raw = random.bytes(116 * count)
        for n in range(count):
            part = raw[116 * n : 116 * (n + 1)]
            record = ListRecord(
                provider_id="",
                md5=part[:16] if "md5" in target.fields else None,
                sha1=part[16:36] if "sha1" in target.fields else None,
                sha256=part[36:68] if "sha256" in target.fields else None,
                pdq=_balanced(part[68:100])
                if target.fields == {"pdq"} or ("pdq" in target.fields and n % 3 == 0)
                else None,
                size=1000 + int.from_bytes(part[100:103], "big") if "size" in target.fields else None,
                category=target.categories[part[103] % len(target.categories)] if target.categories else None,
                attributes={"quality": 60 + part[104] % 41} if target.fields == {"pdq"} else {},
            )
            target.drafts.append(_Draft(_named(target, record), 1, None, "", "filling", None))


def _balanced(raw: bytes) -> bytes:
    """A code as PDQ makes them: half of its bits are set, for they lie above the median."""
    values = np.frombuffer(raw + raw[::-1], np.uint8).astype(np.int32)
    spread = np.concatenate([values * 251 % 256 + k / 16 for k in range(4)])
    order = np.argsort(spread[:256], kind="stable")
    bits = np.zeros(256, np.uint8)
    bits[order[:128]] = 1
    return np.packbits(bits).tobytes()


def _unique(one: _List) -> list[_Draft]:
    """Formats without ids name a record by its digest: each once."""
    found: dict[str, _Draft] = {}
    for draft in one.drafts:
        found.setdefault(draft.record.provider_id, draft)
    return list(found.values())


_WRONG = {
    "icse": [
        b"not-a-digest;;;900001;y;n;n;;1;y;image;true\n",
        b"D41D8CD98F00B204E9800998ECF8427E;;;900002;n;n;n;;1;y;image;true\n",
    ],
    "columns": [b"zzzz,,,,,A,,900003,\n"],
    "plain": [b"this line is no digest\n", b"d41d8cd98f00b204e9800998ecf8427\n"],
    "pdq": [b"f162eb9d,100\n"],
}
"""Lines that an import must report and pass over."""


def _write(out: Path, one: _List, random: Chance) -> ListTruth:
    editions = []
    for number, date in enumerate(one.dates, 1):
        chosen = [
            draft
            for draft in one.drafts
            if draft.first <= number and (draft.last is None or number <= draft.last)
        ]
        records = [
            msgspec.structs.replace(draft.record, category=draft.changed)
            if draft.changed and number == len(one.dates)
            else draft.record
            for draft in chosen
        ]
        name = f"{FOLDER}/{one.name}-{date}{one.ending}"
        about = ListAbout(
            format=one.format,
            version="2.0" if one.format == "vics" else "",
            scheme=one.scheme,
            title=one.name,
        )
        write_list(out / name, records, about)
        wrong = _WRONG.get(one.format, [])
        if wrong:
            path = out / name
            lines = path.read_bytes().splitlines(keepends=True)
            for line in wrong:
                lines.insert(int(random.integers(min(2, len(lines)), len(lines) + 1)), line)
            path.write_bytes(b"".join(lines))
        editions.append(
            EditionTruth(number=number, file=name, date=date, records=len(records), broken=len(wrong))
        )
    return ListTruth(
        name=one.name,
        provider=one.provider,
        role=one.role,
        scheme=one.scheme,
        format=one.format,
        editions=tuple(editions),
    )


def _cut(out: Path, whole: ListTruth) -> ListTruth:
    """A list that was cut off on its way: nothing of it may be taken."""
    name = f"{FOLDER}/cut-off-2026-10-01.json"
    content = (out / whole.editions[0].file).read_bytes()
    (out / name).write_bytes(content[: len(content) * 3 // 5])
    edition = EditionTruth(number=1, file=name, date="2026-10-01", records=0, refused=True)
    return ListTruth(
        name="cut-off",
        provider=whole.provider,
        role=whole.role,
        scheme=whole.scheme,
        format=whole.format,
        editions=(edition,),
    )


def _truth(one: _List, draft: _Draft) -> EntryTruth:
    record = draft.record
    return EntryTruth(
        list=one.name,
        provider_id=record.provider_id,
        role=one.role,
        first=draft.first,
        last=draft.last,
        md5=(record.md5 or b"").hex(),
        sha1=(record.sha1 or b"").hex(),
        sha256=(record.sha256 or b"").hex(),
        pdq=(record.pdq or b"").hex(),
        size=record.size,
        category=draft.changed or record.category,
        picture=draft.picture,
        purpose=draft.purpose,
        distance=draft.distance,
    )
