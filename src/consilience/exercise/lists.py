"""Hash lists about a known part of an exercise: providers, formats, editions, and what is wrong in them.

Alert lists hold originals and some altered copies, and much that is in no exhibit. Known-good lists hold
icons, pages and documents. Some entries collide on purpose: a harmless file on an alert list, an alert
file on a known-good list, codes at exact distances around the radius of matching.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import msgspec
import numpy as np

from consilience.exercise.alterations import Chance
from consilience.exercise.chance import chance
from consilience.exercise.providers import (
    CODES,
    HOTLINE,
    LEGACY,
    NORTH,
    OFFICE,
    PROVIDERS,
    RING,
    SETTLED,
    SOFTWARE,
    WEAK,
    Provider,
)
from consilience.exercise.truth import EditionTruth, EntryTruth, ListTruth
from consilience.interchange.contract import ListAbout
from consilience.interchange.lists import write_list
from consilience.model.lists import ListRecord
from consilience.settings import PDQ_MIN_QUALITY, PDQ_RADIUS

FOLDER = "lists"
EDGES = (0, 8, 16, 24, PDQ_RADIUS - 1, PDQ_RADIUS, PDQ_RADIUS + 1, PDQ_RADIUS + 2, PDQ_RADIUS + 8)
"""Distances of codes that are made from a picture's own by turning bits over."""
_PORTION = 1000
_FIRST_FILLING_ID = 50_000_000
"""Provider ids of entries about nothing begin here."""

_WITH_CODES = (NORTH, RING, CODES, HOTLINE)
_WITH_DIGESTS = (NORTH, RING, HOTLINE, LEGACY)
_HARMLESS = (SOFTWARE, OFFICE, WEAK, SETTLED)


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


class _Draft(msgspec.Struct, frozen=True):
    """An entry: its record, the editions that hold it, and its category in the last one if it changes."""

    record: ListRecord
    first: int
    last: int | None
    picture: str
    purpose: str
    distance: int | None = None
    changed: str | None = None


Drafts = dict[str, dict[str, _Draft]]
"""By the list's name and the provider id: where that is made of a digest, each content is named once."""


def make_lists(
    out: Path, known: list[Known], filling: int, seed: int
) -> tuple[tuple[ListTruth, ...], tuple[EntryTruth, ...]]:
    """Write all lists below ``lists/``.

    Args:
        out: the exercise.
        known: every content worth naming, in a fixed order.
        filling: entries about nothing in the exercise, over all lists together.
        seed: the exercise's.

    Returns:
        What is true of the lists, and of all entries but those about nothing.
    """
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    random = chance(seed, "lists")
    drafts: Drafts = {one.name: {} for one in PROVIDERS}
    _choose(drafts, known, random)
    _collide(drafts, known, random)
    lists = [
        _write(out, one, list(drafts[one.name].values()), filling // len(PROVIDERS), seed)
        for one in PROVIDERS
    ]
    lists.append(_cut(out, lists[0]))
    entries = tuple(_truth(one, draft) for one in PROVIDERS for draft in drafts[one.name].values())
    return tuple(lists), entries


def _choose(drafts: Drafts, known: list[Known], random: Chance) -> None:
    by_picture: defaultdict[str, list[Known]] = defaultdict(list)
    for one in known:
        by_picture[one.picture].append(one)
    turn = 0
    for one in known:
        if one.kind in ("scene", "photograph") and one.original:
            turn += 1
            # Every fourth; and what is in no exhibit as it was, a list always knows.
            if one.in_exhibits and turn % 4:
                if random.random() < 0.06:
                    _add(drafts, SETTLED, one, random, "copy")
                continue
            purpose = "copy" if one.in_exhibits else "elsewhere"
            _add(drafts, _WITH_CODES[turn // 4 % len(_WITH_CODES)], one, random, purpose)
            if random.random() < 0.25:  # a second provider has it too, under its own id and category
                _add(drafts, _pick((*_WITH_CODES, LEGACY), random), one, random, purpose)
            for other in by_picture[one.picture]:
                if not other.original and random.random() < 0.3:
                    _add(drafts, _pick(_WITH_DIGESTS, random), other, random, "copy")
        elif one.kind in ("icon", "page", "pattern", "document", "chart") and random.random() < 0.4:
            _add(drafts, _pick(_HARMLESS, random), one, random, "copy")


def _collide(drafts: Drafts, known: list[Known], random: Chance) -> None:
    """Entries that contradict each other, or that touch what is harmless."""
    here = [one for one in known if one.in_exhibits]
    for one in [one for one in here if one.kind in ("icon", "map", "page")][:3]:
        _add(drafts, LEGACY, one, random, "collision")
    listed = {draft.record.md5 for name in (CODES.name, LEGACY.name) for draft in drafts[name].values()}
    scenes = [one for one in here if one.kind == "scene" and one.original and one.md5 not in listed]
    for one, harmless in zip(scenes, (SOFTWARE, SOFTWARE, SETTLED, SETTLED), strict=False):
        _add(drafts, LEGACY, one, random, "conflict")
        _add(drafts, harmless, one, random, "conflict")
    # A burst's other pictures lie as near as the one meant; what is known-good is never decoded.
    known_good = {draft.record.sha256 for draft in drafts[SOFTWARE.name].values()}
    firm = [
        one
        for one in here
        if one.original and one.kind in ("scene", "photograph") and one.quality >= 80
        if not one.in_burst and one.sha256 not in known_good
    ]
    for k, distance in enumerate(EDGES if firm else ()):
        one = firm[(k * 37 + 11) % len(firm)]
        bits = np.unpackbits(np.frombuffer(one.pdq, np.uint8))
        bits[random.permutation(256)[:distance]] ^= 1
        code = np.packbits(bits).tobytes()
        record = ListRecord(provider_id=f"pdq:{code.hex()}", pdq=code, attributes={"quality": 100})
        drafts[CODES.name].setdefault(
            record.provider_id, _Draft(record, 1, None, one.picture, "edge", distance)
        )


def _pick(providers: tuple[Provider, ...], random: Chance) -> Provider:
    return providers[int(random.integers(len(providers)))]


def _add(drafts: Drafts, provider: Provider, one: Known, random: Chance, purpose: str) -> None:
    fit = bool(one.pdq) and one.quality >= PDQ_MIN_QUALITY
    if provider.codes_only and not fit:
        return
    states = provider.fields
    alone = len(states) == 1
    place = drafts[provider.name]
    record = _named(
        provider,
        100_000 + 7 * len(place),
        ListRecord(
            provider_id="",
            md5=one.md5 if "md5" in states else None,
            sha1=one.sha1 if "sha1" in states and (alone or random.random() < 0.9) else None,
            sha256=one.sha256 if "sha256" in states and (alone or random.random() < 0.8) else None,
            size=one.size if "size" in states else None,
            pdq=one.pdq if fit and "pdq" in states and (alone or random.random() < 0.85) else None,
            category=_category(provider, random),
            attributes={"quality": one.quality} if provider.codes_only else {},
        ),
    )
    first, last, changed = _fate(provider, random)
    place.setdefault(record.provider_id, _Draft(record, first, last, one.picture, purpose, None, changed))


def _category(provider: Provider, random: Chance) -> str | None:
    return (
        provider.categories[int(random.integers(len(provider.categories)))] if provider.categories else None
    )


def _fate(provider: Provider, random: Chance) -> tuple[int, int | None, str | None]:
    """The first and the last edition that hold an entry, and its new category in the last one."""
    editions = len(provider.dates)
    fate = random.random()
    if editions == 1 or fate >= 0.5:
        return 1, None, None
    if fate < 0.25:
        return int(random.integers(2, editions + 1)), None, None
    if fate < 0.35:
        return 1, int(random.integers(1, editions)), None
    return 1, None, _category(provider, random)


def _named(provider: Provider, number: int, record: ListRecord) -> ListRecord:
    """The record under the provider's id; where the format has none, under the name that its digest makes."""
    if "id" in provider.fields:
        name = str(number) if provider.format != "columns" else f"VALE-{number}"
    else:
        key = next(key for key in ("sha256", "sha1", "md5", "pdq") if getattr(record, key))
        name = f"{key}:{getattr(record, key).hex()}"
    return msgspec.structs.replace(record, provider_id=name)


def _filling(provider: Provider, count: int, seed: int) -> Iterator[ListRecord]:
    """Entries about nothing, the same in every edition."""
    random = chance(seed, "filling", provider.name)
    states = provider.fields
    for start in range(0, count, _PORTION):
        digests = random.integers(0, 256, (_PORTION, 68), np.uint8)
        sizes = random.integers(1000, 9_000_000, _PORTION)
        # A code as PDQ makes them: half of its bits are set, for they lie above the median.
        bits = np.zeros((_PORTION, 256), np.uint8)
        np.put_along_axis(bits, random.random((_PORTION, 256)).argsort(axis=1)[:, :128], 1, axis=1)
        codes = np.packbits(bits, axis=1)
        for k in range(min(_PORTION, count - start)):
            raw = digests[k].tobytes()
            coded = "pdq" in states and (provider.codes_only or k % 3 == 0)
            record = ListRecord(
                provider_id="",
                md5=raw[:16] if "md5" in states else None,
                sha1=raw[16:36] if "sha1" in states else None,
                sha256=raw[36:68] if "sha256" in states else None,
                pdq=codes[k].tobytes() if coded else None,
                size=int(sizes[k]) if "size" in states else None,
                category=provider.categories[raw[0] % len(provider.categories)]
                if provider.categories
                else None,
                attributes={"quality": 60 + raw[1] % 41} if provider.codes_only else {},
            )
            yield _named(provider, _FIRST_FILLING_ID + start + k, record)


_WRONG = {
    "icse": (
        b"not-a-digest;;;900001;y;n;n;;1;y;image;true\n",
        b"D41D8CD98F00B204E9800998ECF8427E;;;900002;n;n;n;;1;y;image;true\n",
    ),
    "columns": (b"zzzz,,,,,A,,900003,\n",),
    "plain": (b"this line is no digest\n", b"d41d8cd98f00b204e9800998ecf8427\n"),
    "pdq": (b"f162eb9d,100\n",),
}
"""Lines that an import must report and pass over."""


def _write(out: Path, provider: Provider, drafts: list[_Draft], filling: int, seed: int) -> ListTruth:
    random = chance(seed, "wrong lines", provider.name)
    wrong = _WRONG.get(provider.format, ())
    editions = []
    for number, date in enumerate(provider.dates, 1):
        records = [
            msgspec.structs.replace(one.record, category=one.changed)
            if one.changed and number == len(provider.dates)
            else one.record
            for one in drafts
            if one.first <= number and (one.last is None or number <= one.last)
        ]
        path = out / FOLDER / f"{provider.name}-{date}{provider.ending}"
        about = ListAbout(
            format=provider.format,
            version="2.0" if provider.format == "vics" else "",
            scheme=provider.scheme,
            title=provider.name,
        )
        write_list(path, chain(records, _filling(provider, filling, seed)), about)
        if wrong:
            lines = path.read_bytes().splitlines(keepends=True)
            for line in wrong:
                lines.insert(int(random.integers(min(2, len(lines)), len(lines) + 1)), line)
            path.write_bytes(b"".join(lines))
        count = len(records) + filling
        name = f"{FOLDER}/{path.name}"
        editions.append(EditionTruth(number=number, file=name, date=date, records=count, broken=len(wrong)))
    return ListTruth(
        name=provider.name,
        provider=provider.origin,
        role=provider.role,
        scheme=provider.scheme,
        format=provider.format,
        filling=filling,
        editions=tuple(editions),
    )


def _cut(out: Path, whole: ListTruth) -> ListTruth:
    """A list that was cut off on its way: nothing of it may be taken."""
    name = f"{FOLDER}/cut-off-2026-10-01.json"
    content = (out / whole.editions[0].file).read_bytes()
    (out / name).write_bytes(content[: len(content) * 3 // 5])
    edition = EditionTruth(number=1, file=name, date="2026-10-01", records=0, refused=True)
    return msgspec.structs.replace(whole, name="cut-off", filling=0, editions=(edition,))


def _truth(provider: Provider, draft: _Draft) -> EntryTruth:
    record = draft.record
    return EntryTruth(
        list=provider.name,
        provider_id=record.provider_id,
        role=provider.role,
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
