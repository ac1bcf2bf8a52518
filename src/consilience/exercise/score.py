"""Scoring: what the system reports of an exercise, held against the truth.

Nothing is forgiven silently: a file that the truth does not know, a file that nobody reported, a link of which
the truth says nothing: each comes out by name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

import msgspec

from consilience.exercise.alterations import GRID
from consilience.exercise.scorecard import (
    Accounting,
    ContentSide,
    EntrySide,
    FalseLink,
    FileResult,
    FoundMatch,
    MissedLink,
    Rate,
    Recall,
    Scorecard,
    WrongFile,
)
from consilience.exercise.truth import EntryTruth, FileTruth, PictureTruth, Truth
from consilience.model.examination import Orientation
from consilience.model.lists import Role
from consilience.model.locator import Locator, printable_text
from consilience.model.outcomes import Outcome
from consilience.settings import PDQ_MIN_QUALITY, PDQ_RADIUS

_ORDER = {(one.name, one.strength): index for index, one in enumerate(GRID)}
_NAMES = {one.name: index for index, one in reversed([*enumerate(GRID)])}
_REVERSE = {Orientation.ROTATED_90: Orientation.ROTATED_270, Orientation.ROTATED_270: Orientation.ROTATED_90}


def score(truth: Truth, results: Iterable[FileResult], matches: Iterable[FoundMatch]) -> Scorecard:
    """Hold what was reported against the truth.

    Args:
        truth: of the exercise whose exhibits were all read and whose lists were all imported, in the order of
            their editions.
        results: one for each file, by someone who may see everything.
        matches: all that are valid now: of contents with list entries, and of contents with each other.
    """
    return _Scoring(truth).card(list(results), matches)


class _Pair(msgspec.Struct, frozen=True):
    """An altered content, and what it should be tied to."""

    file: FileTruth
    original: PictureTruth
    entries: tuple[EntryTruth, ...]
    original_is_here: bool

    @property
    def fit(self) -> bool:
        return self.original.quality >= PDQ_MIN_QUALITY


_Label = Callable[[_Pair], tuple[str, str]]


class _Scoring:
    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._pictures = {one.name: one for one in truth.pictures}
        self._files = {(one.exhibit, bytes.fromhex(one.locator)): one for one in truth.files}
        self._entries = {(one.list, one.provider_id): one for one in truth.entries}
        self._by_content: defaultdict[str, list[FileTruth]] = defaultdict(list)
        for one in truth.files:
            if one.sha256:
                self._by_content[one.sha256].append(one)
        # Originals that lie in no exhibit are contents as well, known by lists.
        self._original = {one.sha256: one.name for one in truth.pictures}

    def card(self, results: list[FileResult], matches: Iterable[FoundMatch]) -> Scorecard:
        reported, accounting = self._account(results)
        near: dict[tuple[str, object], FoundMatch] = {}
        same: set[tuple[str, tuple[str, str]]] = set()
        false: list[FalseLink] = []
        turned: list[FalseLink] = []
        edges: dict[tuple[str, str], bool] = {}
        wrong_edges: list[WrongFile] = []
        strangers = {one.sha256.hex() for one in results if one.sha256} - self._by_content.keys()
        for match in self._distinct(matches):
            left = match.left.sha256.hex()
            right = match.right
            is_near = match.basis == "pdq"
            if isinstance(right, EntrySide):
                key = (right.list, right.provider_id)
                entry = self._entries.get(key)
                if (
                    entry is not None
                    and entry.purpose == "edge"
                    and self._shows(left, entry.picture)
                    and self._is_original(left, entry.picture)
                ):
                    edges[key] = True
                    near[left, key] = match
                elif (fault := self._fault_with_entry(left, entry, match, strangers)) is not None:
                    false.append(self._false(left, " ".join(key), match, *fault))
                elif is_near:
                    near[left, key] = match
                else:
                    same.add((left, key))
            else:
                other = right.sha256.hex()
                fault = self._fault_between(left, other, strangers)
                if fault is not None:
                    false.append(self._false(left, self._name(other), match, *fault))
                else:
                    near[left, other] = near[other, left] = match
                    turned += self._turned(left, other, match)
        for key, entry in self._entries.items():
            if entry.purpose == "edge" and entry.last is None and self._here_as_original(entry.picture):
                wanted = (entry.distance or 0) <= PDQ_RADIUS and self._pictures[
                    entry.picture
                ].quality >= PDQ_MIN_QUALITY
                if edges.setdefault(key, False) != wanted:
                    expected, got = ("a match", "none") if wanted else ("none", "a match")
                    wrong_edges.append(
                        WrongFile("", " ".join(key), f"entry at distance {entry.distance}", expected, got)
                    )
        pairs = self._pairs()
        wrong_outcomes, wrong_problems = self._wrong(reported)
        judged = [one for key, one in self._files.items() if key in reported]
        with_problem = [one for one in judged if one.problems]
        copies, called_new = self._copies(reported)
        missed, listed = self._missed(same)
        between = [one for one in false if one.right not in self._entry_names]
        unrelated = self._unrelated_pairs()
        head = self._truth.head
        return Scorecard(
            generator=head.generator,
            preset=head.preset,
            seed=head.seed,
            held_out=head.held_out,
            accounting=accounting,
            outcomes=Rate.of(len(judged) - len(wrong_outcomes), len(judged)),
            wrong_outcomes=tuple(wrong_outcomes),
            outcome_counts={one.value: count for one in Outcome if (count := sum(r.outcome == one for r in results))},
            problems=Rate.of(len(with_problem) - sum(bool(self._must_or_may(w)) for w in wrong_problems), len(with_problem)),
            wrong_problems=tuple(wrong_problems),
            copies=copies,
            copies_called_new=tuple(called_new),
            listed=listed,
            missed=tuple(missed),
            recall=self._recall(pairs, near, lambda one: _labels(one.file)),
            recall_by_alteration=self._recall(pairs, near, lambda one: (_labels(one.file)[0], "")),
            recall_by_family=self._recall(pairs, near, lambda one: (one.original.family if one.original.kind == "scene" else one.original.kind, "")),
            overall=next(iter(self._recall(pairs, near, lambda _: ("all", ""))), Recall("all", "", Rate.of(0, 0), Rate.of(0, 0))),
            missed_near=tuple(self._missed_near(pairs, near)),
            edges=tuple(sorted((self._entries[key].distance or 0, found) for key, found in edges.items())),
            wrong_edges=tuple(wrong_edges),
            false_links=tuple(sorted(false, key=lambda one: (one.distance, one.left, one.right))),
            false_by_distance=dict(sorted(Counter(one.distance for one in false).items())),
            false_by_relation=dict(sorted(Counter(one.relation for one in false).items())),
            unrelated_pairs=unrelated,
            false_rate=Rate.of(len(between), max(unrelated, len(between))),
            wrong_orientations=tuple(turned),
        )  # fmt: skip

    # -- Files -------------------------------------------------------------------------------------

    def _account(self, results: list[FileResult]) -> tuple[dict[tuple[str, bytes], FileResult], Accounting]:
        unlisted = defaultdict(list)
        for one in self._truth.files:
            if one.unlisted:
                unlisted[one.exhibit].append(bytes.fromhex(one.locator))
        reported: dict[tuple[str, bytes], FileResult] = {}
        twice: list[WrongFile] = []
        unexplained: list[WrongFile] = []
        within = 0
        for result in results:
            key = (result.exhibit, result.locator)
            if key in self._files and key not in reported:
                reported[key] = result
            elif key in self._files:
                twice.append(_wrong(result, "one result", "another"))
            elif any(result.locator.startswith(outer) for outer in unlisted[result.exhibit]):
                within += 1
            else:
                unexplained.append(_wrong(result, "no such file in the truth", str(result.outcome)))
        missing = tuple(
            WrongFile(one.exhibit, one.shown, one.what, " or ".join(one.outcomes), "nothing")
            for key, one in self._files.items()
            if key not in reported
        )
        return reported, Accounting(
            len(self._files), len(results), missing, tuple(twice), tuple(unexplained), within
        )

    def _wrong(
        self, reported: dict[tuple[str, bytes], FileResult]
    ) -> tuple[list[WrongFile], list[WrongFile]]:
        outcomes: list[WrongFile] = []
        problems: list[WrongFile] = []
        for key, result in reported.items():
            one = self._files[key]
            if result.outcome not in one.outcomes:
                outcomes.append(
                    WrongFile(one.exhibit, one.shown, one.what, " or ".join(one.outcomes), result.outcome)
                )
            right = result.problem in one.problems if result.problem else one.sound or not one.problems
            if not right:
                wanted = " or ".join([*one.problems, *(["none"] if one.sound or not one.problems else [])])
                problems.append(WrongFile(one.exhibit, one.shown, one.what, wanted, result.problem or "none"))
        return outcomes, problems

    def _must_or_may(self, wrong: WrongFile) -> bool:
        return wrong.expected != "none"

    def _copies(self, reported: dict[tuple[str, bytes], FileResult]) -> tuple[Rate, list[WrongFile]]:
        """Of several files of the same bytes, one at most is new."""
        total = 0
        called_new: list[WrongFile] = []
        for files in self._by_content.values():
            if len(files) < 2 or files[0].what not in ("picture", "media"):
                continue
            here = [one for one in files if (one.exhibit, bytes.fromhex(one.locator)) in reported]
            new = [
                one
                for one in here
                if reported[one.exhibit, bytes.fromhex(one.locator)].outcome == Outcome.NEW
            ]
            total += max(0, len(here) - 1)
            called_new += [WrongFile(one.exhibit, one.shown, "copy", "seen-before", "new") for one in new[1:]]
        return Rate.of(total - len(called_new), total), called_new

    # -- Links -------------------------------------------------------------------------------------

    def _distinct(self, matches: Iterable[FoundMatch]) -> list[FoundMatch]:
        """Each link once, whichever way round it was reported."""
        found: dict[object, FoundMatch] = {}
        for match in matches:
            key: object = (match.left, match.right, match.basis)
            if isinstance(match.right, ContentSide):
                key = (frozenset((match.left.sha256, match.right.sha256)), match.basis)
            found.setdefault(key, match)
        return list(found.values())

    def _shown(self, content: str) -> set[str]:
        """Pictures that a content shows."""
        shown = {name for one in self._by_content.get(content, ()) for name in one.pictures}
        return shown | ({self._original[content]} if content in self._original else set())

    def _shows(self, content: str, picture: str) -> bool:
        return picture in self._shown(content)

    def _is_original(self, content: str, picture: str) -> bool:
        return self._pictures[picture].sha256 == content

    def _here_as_original(self, picture: str) -> bool:
        return picture in self._pictures and self._pictures[picture].sha256 in self._by_content

    def _fault_with_entry(
        self, left: str, entry: EntryTruth | None, match: FoundMatch, strangers: set[str]
    ) -> tuple[str, str] | None:
        if entry is None:
            return "unknown entry", "the truth has no such list entry"
        if entry.last is not None:
            return "withdrawn", f"withdrawn after edition {entry.last}"
        if left not in self._by_content and left not in strangers:
            return "unknown content", "the truth has no such content"
        if match.basis != "pdq":
            key = f"{entry.list}/{entry.provider_id}"
            if any(key in one.entries for one in self._by_content.get(left, ())):
                return None
            return "other bytes", "the entry's digests are not this content's"
        if match.distance > PDQ_RADIUS:
            return "outside", f"farther than {PDQ_RADIUS} bits"
        if entry.picture and self._shows(left, entry.picture):
            return None
        if not entry.picture:
            return "filling", "an entry about nothing in the exercise"
        return self._relation(self._shown(left), {entry.picture})

    def _fault_between(self, left: str, right: str, strangers: set[str]) -> tuple[str, str] | None:
        for one in (left, right):
            if one not in self._by_content and one not in self._original and one not in strangers:
                return "unknown content", "the truth has no such content"
        shown, other = self._shown(left), self._shown(right)
        if shown & other:
            return None
        return self._relation(shown, other)

    def _relation(self, left: set[str], right: set[str]) -> tuple[str, str]:
        """What two sets of pictures without a common one have in common otherwise."""
        for a in sorted(left):
            for b in sorted(right):
                one, other = self._pictures.get(a), self._pictures.get(b)
                if one is None or other is None:
                    continue
                if one.burst and one.burst == other.burst:
                    return "burst", "two pictures of one burst, taken a second apart"
                if one.scene == other.scene:
                    return "same scene", "two views of one scene"
                if one.kind == other.kind == "drawn" and one.family == other.family:
                    return f"both {one.family}", f"two drawings of one kind: {one.family}"
        return "nothing", f"they show {_listed(left)} and {_listed(right)}"

    def _turned(self, left: str, right: str, match: FoundMatch) -> list[FalseLink]:
        """A true link of an altered picture and its original, with a wrong orientation."""
        for one, other in ((left, right), (right, left)):
            altered = next(
                (f for f in self._by_content.get(one, ()) if f.alteration and len(f.pictures) == 1), None
            )
            if altered is None or not self._is_original(other, altered.pictures[0]):
                continue
            wanted = altered.alteration.orientation if altered.alteration else Orientation.UPRIGHT
            if match.orientation in (wanted, _REVERSE.get(wanted, wanted)):
                return []
            why = f"turned {wanted}, called {match.orientation}"
            return [FalseLink(self._name(one), self._name(other), match.distance, "orientation", why)]
        return []

    def _name(self, content: str) -> str:
        files = self._by_content.get(content)
        if files:
            return f"{files[0].exhibit}: {files[0].shown}"
        return self._original.get(content, content)

    def _false(self, left: str, right: str, match: FoundMatch, relation: str, why: str) -> FalseLink:
        return FalseLink(self._name(left), right, match.distance, relation, why)

    @property
    def _entry_names(self) -> set[str]:
        return {" ".join(key) for key in self._entries}

    def _missed(self, same: set[tuple[str, tuple[str, str]]]) -> tuple[list[MissedLink], Rate]:
        """Contents and entries of the same bytes that were not matched."""
        wanted = {
            (content, entry.list, entry.provider_id): None
            for content, files in self._by_content.items()
            for key in files[0].entries
            if not _is_weak(entry := self._entries[_split(key)]) and not self._without_bytes(files)
        }
        missed = [
            MissedLink(self._name(content), f"{name} {provider}", "the same bytes")
            for content, name, provider in wanted
            if (content, (name, provider)) not in same
        ]
        return missed, Rate.of(len(wanted) - len(missed), len(wanted))

    def _without_bytes(self, files: list[FileTruth]) -> bool:
        """Whether it is right that nothing was read of any of these files."""
        return all(one.outcomes == (Outcome.UNREADABLE,) for one in files)

    # -- Altered pictures --------------------------------------------------------------------------

    def _pairs(self) -> list[_Pair]:
        """Every altered content that should be tied to its original, or to an entry with its original's code."""
        codes: defaultdict[str, list[EntryTruth]] = defaultdict(list)
        for entry in self._truth.entries:
            if entry.pdq and entry.last is None and entry.role == Role.ALERT and entry.purpose != "edge":
                codes[entry.picture].append(entry)
        pairs = []
        for content, files in self._by_content.items():
            one = files[0]
            if one.alteration is None or not one.pictures or one.problems:
                continue
            original = self._pictures[one.pictures[0]]
            if content != original.sha256:
                pairs.append(
                    _Pair(one, original, tuple(codes[original.name]), original.sha256 in self._by_content)
                )
        return pairs

    def _recall(
        self, pairs: list[_Pair], near: dict[tuple[str, object], FoundMatch], label: _Label
    ) -> tuple[Recall, ...]:
        order: dict[tuple[str, str], list[_Pair]] = {}
        for label_ in sorted({label(one) for one in pairs}, key=_grid_order):
            order[label_] = []
        for one in pairs:
            order[label(one)].append(one)
        found = []
        for (name, strength), group in order.items():
            fit = [one for one in group if one.fit]
            here = [one for one in fit if one.original_is_here]
            listed = [(one, entry) for one in fit for entry in one.entries]
            found.append(
                Recall(
                    name, strength,
                    Rate.of(sum((one.file.sha256, one.original.sha256) in near for one in here), len(here)),
                    Rate.of(sum((one.file.sha256, (entry.list, entry.provider_id)) in near for one, entry in listed), len(listed)),
                    len(group) - len(fit),
                )
            )  # fmt: skip
        return tuple(found)

    def _missed_near(
        self, pairs: list[_Pair], near: dict[tuple[str, object], FoundMatch]
    ) -> list[MissedLink]:
        return [
            MissedLink(
                f"{one.file.exhibit}: {one.file.shown}",
                self._name(one.original.sha256),
                " ".join(_labels(one.file)),
            )
            for one in pairs
            if one.fit and one.original_is_here and (one.file.sha256, one.original.sha256) not in near
        ]

    def _unrelated_pairs(self) -> int:
        """Pairs of picture contents that show no picture in common."""
        shown = [
            frozenset(files[0].pictures) for files in self._by_content.values() if files[0].what == "picture"
        ]
        total = len(shown) * (len(shown) - 1) // 2
        per_picture = Counter(name for names in shown for name in names)
        # A collage shares pictures with several groups; counting it in each is right, save for two alike collages.
        return total - sum(count * (count - 1) // 2 for count in per_picture.values())


def _is_weak(entry: EntryTruth) -> bool:
    """Known-good by MD5 alone: it does not count, so that it need not be matched."""
    return entry.role == Role.KNOWN_GOOD and not entry.sha1 and not entry.sha256 and entry.size is None


def _labels(file: FileTruth) -> tuple[str, str]:
    assert file.alteration is not None
    return file.alteration.name, file.alteration.strength


def _grid_order(label: tuple[str, str]) -> tuple[int, str]:
    return _ORDER.get(label, _NAMES.get(label[0], len(_ORDER))), label[0]


def _split(key: str) -> tuple[str, str]:
    name, _, provider = key.partition("/")
    return name, provider


def _listed(pictures: set[str]) -> str:
    return ", ".join(sorted(pictures)) or "no picture of the truth"


def _wrong(result: FileResult, expected: str, got: str) -> WrongFile:
    try:
        shown = Locator.decode(result.locator).display()
    except ValueError:
        shown = printable_text(result.locator.hex())
    return WrongFile(result.exhibit, shown, "", expected, got)
