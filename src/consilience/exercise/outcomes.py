"""Which outcomes are right for each file, once all lists are in and all exhibits were read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import msgspec

from consilience.exercise.lists import Known
from consilience.exercise.truth import EntryTruth, FileTruth
from consilience.model.lists import Role
from consilience.model.outcomes import Outcome
from consilience.settings import PDQ_RADIUS


def with_outcomes(
    files: Iterable[FileTruth], known: Iterable[Known], entries: Iterable[EntryTruth]
) -> list[FileTruth]:
    """The files, with the entries of the same bytes and the outcomes that are right.

    Where it depends on the order of reading, or on how alike an alteration still is, several outcomes are
    right; what was missed is then the business of recall, not of outcomes.
    """
    files = list(files)
    digests = {one.sha256.hex(): (one.md5.hex(), one.sha1.hex()) for one in known}
    same: defaultdict[str, list[EntryTruth]] = defaultdict(list)
    near: set[str] = set()
    for entry in entries:
        if entry.last is not None:
            continue
        for digest in (entry.md5, entry.sha1, entry.sha256):
            if digest:
                same[digest].append(entry)
        if entry.role == Role.ALERT and entry.pdq and entry.picture and (entry.distance or 0) <= PDQ_RADIUS:
            near.add(entry.picture)
    copies = Counter(one.sha256 for one in files if one.sha256)
    shown: defaultdict[str, set[str]] = defaultdict(set)
    for one in files:
        for picture in one.pictures:
            shown[picture].add(one.sha256)
    return [_judged(one, _entries(one, digests, same), copies, shown, near) for one in files]


def _entries(
    one: FileTruth, digests: dict[str, tuple[str, str]], same: dict[str, list[EntryTruth]]
) -> list[EntryTruth]:
    found: dict[tuple[str, str], EntryTruth] = {}
    for digest in (one.sha256, *digests.get(one.sha256, ())):
        for entry in same.get(digest, ()):
            found[entry.list, entry.provider_id] = entry
    return list(found.values())


def _judged(
    one: FileTruth,
    entries: list[EntryTruth],
    copies: Counter[str],
    shown: dict[str, set[str]],
    near: set[str],
) -> FileTruth:
    keys = tuple(sorted(f"{entry.list}/{entry.provider_id}" for entry in entries))
    return msgspec.structs.replace(one, entries=keys, outcomes=_outcomes(one, entries, copies, shown, near))


def _outcomes(
    one: FileTruth,
    entries: list[EntryTruth],
    copies: Counter[str],
    shown: dict[str, set[str]],
    near: set[str],
) -> tuple[Outcome, ...]:
    roles = {entry.role for entry in entries}
    if Role.ALERT in roles:
        return (Outcome.ALERT_SAME,)
    alike = any(picture in near for picture in one.pictures)
    if one.problems and not one.sound:
        return one.outcomes
    if one.what in ("container", "other", "none"):
        return one.outcomes or (Outcome.NOT_MEDIA,)
    right = [Outcome.ALERT_NEAR] if alike else []
    if one.problems:
        right.append(Outcome.UNREADABLE)
    if Role.NEGATIVE in roles:
        return (*right, Outcome.NEGATIVE)
    # Known-good by MD5 alone does not count.
    if any(
        entry.role == Role.KNOWN_GOOD and (entry.sha1 or entry.sha256 or entry.size is not None)
        for entry in entries
    ):
        return (*right, Outcome.KNOWN_GOOD)
    if copies[one.sha256] > 1:
        right.append(Outcome.SEEN_BEFORE)
    if any(shown[picture] - {one.sha256} for picture in one.pictures):
        right.append(Outcome.NEAR_DUPLICATE)
    return (*right, Outcome.NEW)
