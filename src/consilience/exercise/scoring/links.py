"""Links, true and false: of contents with each other and with list entries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Set

import msgspec

from consilience.exercise.scoring.card import (
    IMPOSSIBLE,
    EntrySide,
    FalseLink,
    FoundMatch,
    MissedLink,
    Rate,
    WrongFile,
)
from consilience.exercise.scoring.known import EntryKey, Known, entry_key, is_weak
from consilience.exercise.truth import EntryTruth
from consilience.model.examination import Orientation
from consilience.model.lists import Role
from consilience.model.outcomes import Outcome
from consilience.settings import PDQ_MIN_QUALITY, PDQ_RADIUS

_NEAR = "pdq"
_REVERSE = {Orientation.ROTATED_90: Orientation.ROTATED_270, Orientation.ROTATED_270: Orientation.ROTATED_90}


class Links(msgspec.Struct):
    """What was found of the reported links.

    Attributes:
        near: true links by likeness: content with content (both ways round) or with an entry.
        same: true links by equal bytes: content with entry.
        false: the others, every one.
        turned: true links of an altered picture and its original, with a wrong orientation.
        misleading: for contents with a false link by likeness, the outcomes that follow from it.
        mistaken: pairs of pictures that false links by likeness take for each other.
    """

    near: set[tuple[str, str | EntryKey]]
    same: set[tuple[str, EntryKey]]
    false: list[FalseLink]
    turned: list[FalseLink]
    misleading: dict[str, Set[Outcome]]
    mistaken: set[frozenset[str]]


def sort_links(known: Known, matches: Iterable[FoundMatch]) -> Links:
    """Sort links into true and false ones; each once, whichever way round it was reported.

    Args:
        known: the truth.
        matches: as reported.
    """
    links = Links(set(), set(), [], [], defaultdict(set), set())
    met: set[object] = set()
    for match in matches:
        left = match.left.sha256.hex()
        right = match.right
        if isinstance(right, EntrySide):
            key = (right.list, right.provider_id)
            if (left, key, match.basis) not in met:
                met.add((left, key, match.basis))
                _with_entry(known, links, match, left, key)
        else:
            other = right.sha256.hex()
            pair = (min(left, other), max(left, other), match.basis)
            if pair not in met:
                met.add(pair)
                _between(known, links, match, left, other)
            if match.whole and (pair, "whole") not in met:
                met.add((pair, "whole"))
                links.turned += _turned(known, match, left, other)
    return links


def _with_entry(known: Known, links: Links, match: FoundMatch, left: str, key: EntryKey) -> None:
    entry = known.entries.get(key)
    fault = _fault_with_entry(known, entry, match, left)
    if fault is None and match.basis == _NEAR:
        links.near.add((left, key))
    elif fault is None:
        links.same.add((left, key))
    else:
        links.false.append(FalseLink(known.name(left), " ".join(key), match.distance, *fault, with_list=True))
        if fault[0] not in IMPOSSIBLE and entry is not None and entry.role is Role.ALERT:
            _mislead(links, left, Outcome.ALERT_NEAR)


def _fault_with_entry(
    known: Known, entry: EntryTruth | None, match: FoundMatch, left: str
) -> tuple[str, str] | None:
    """What is wrong with a link to an entry: the relation, and that in words."""
    if entry is None:
        return "unknown entry", "an entry about nothing in the exercise, or no entry at all"
    if entry.last is not None:
        return "withdrawn", f"withdrawn after edition {entry.last}"
    if not known.is_known(left):
        return "unknown content", "the truth has no such content"
    if match.basis == _NEAR:
        return _unlike(known, entry, match, left)
    joined = f"{entry.list}/{entry.provider_id}"
    if any(joined in one.entries for one in known.contents.get(left, ())):
        return None
    return "other bytes", "the entry's digests are not this content's"


def _unlike(known: Known, entry: EntryTruth, match: FoundMatch, left: str) -> tuple[str, str] | None:
    if match.distance > PDQ_RADIUS:
        return "outside", f"farther than {PDQ_RADIUS} bits"
    shown = known.shown(left)
    return None if entry.picture in shown else known.relation(shown, frozenset([entry.picture]))


def _between(known: Known, links: Links, match: FoundMatch, left: str, right: str) -> None:
    fault = _fault_between(known, match, left, right)
    if fault is None:
        links.near |= {(left, right), (right, left)}
        return
    links.false.append(FalseLink(known.name(left), known.name(right), match.distance, *fault))
    if fault[0] not in IMPOSSIBLE:
        links.mistaken.add(known.shown(left) | known.shown(right))
        for one in (left, right):
            _mislead(links, one, Outcome.NEAR_DUPLICATE)


def _fault_between(known: Known, match: FoundMatch, left: str, right: str) -> tuple[str, str] | None:
    if any(not known.is_known(one) for one in (left, right)):
        return "unknown content", "the truth has no such content"
    if match.distance > PDQ_RADIUS:
        return "outside", f"farther than {PDQ_RADIUS} bits"
    shown, other = known.shown(left), known.shown(right)
    return None if shown & other else known.relation(shown, other)


def _mislead(links: Links, content: str, outcome: Outcome) -> None:
    links.misleading[content] = {*links.misleading.get(content, ()), outcome}


def _turned(known: Known, match: FoundMatch, left: str, right: str) -> list[FalseLink]:
    for one, other in ((left, right), (right, left)):
        files = [file for file in known.contents.get(one, ()) if file.alteration and len(file.pictures) == 1]
        if not files or not known.is_original(other, files[0].pictures[0]):
            continue
        assert files[0].alteration is not None
        wanted = files[0].alteration.orientation
        # Either side may be the one that was turned.
        if match.orientation not in (wanted, _REVERSE.get(wanted, wanted)):
            why = f"turned {wanted}, called {match.orientation}"
            return [FalseLink(known.name(one), known.name(other), match.distance, "orientation", why)]
    return []


def missed_bytes(known: Known, links: Links) -> tuple[tuple[MissedLink, ...], Rate]:
    """Contents and entries of the same bytes that were not matched, and the rate of those that were."""
    total = 0
    missed = []
    for content, files in known.contents.items():
        if all(one.outcomes == (Outcome.UNREADABLE,) for one in files):
            continue
        for joined in files[0].entries:
            key = entry_key(joined)
            entry = known.entries[key]
            if entry.role is Role.KNOWN_GOOD and is_weak(entry):
                continue
            total += 1
            if (content, key) not in links.same:
                missed.append(MissedLink(known.name(content), " ".join(key), "the same bytes"))
    return tuple(missed), Rate.of(total - len(missed), total)


def edges(known: Known, links: Links) -> tuple[tuple[tuple[int, bool], ...], tuple[WrongFile, ...]]:
    """Entries at exact distances from a picture in an exhibit: (distance, matched), and the wrong ones."""
    found: list[tuple[int, bool]] = []
    wrong: list[WrongFile] = []
    for key, entry in known.entries.items():
        original = known.pictures.get(entry.picture)
        if entry.purpose != "edge" or original is None or original.sha256 not in known.contents:
            continue
        distance = entry.distance or 0
        matched = (original.sha256, key) in links.near
        found.append((distance, matched))
        wanted = distance <= PDQ_RADIUS and original.quality >= PDQ_MIN_QUALITY
        if matched != wanted:
            said = ("none", "a match")
            wrong.append(
                WrongFile("", " ".join(key), f"entry at distance {distance}", said[wanted], said[matched])
            )
    return tuple(sorted(found)), tuple(wrong)


def unrelated_pairs(known: Known) -> int:
    """Pairs of picture contents that show no picture in common."""
    shown = [frozenset(files[0].pictures) for files in known.contents.values() if files[0].what == "picture"]
    total = len(shown) * (len(shown) - 1) // 2
    # A collage counts with each of its pictures. Two collages of the same two, which are rare, count twice.
    together = Counter(name for names in shown for name in names)
    return total - sum(count * (count - 1) // 2 for count in together.values())
