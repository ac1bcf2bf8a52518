"""What the system did with an exercise, measured against the truth: the records of the scorecard.

Every rate carries its counts and its 95 % interval; every error is listed, not only counted.
"""

from __future__ import annotations

import math

import msgspec

from consilience.model.examination import Orientation
from consilience.model.outcomes import Outcome
from consilience.model.problems import ProblemCode

SCHEMA = "consilience-exercise-scorecard"
SCHEMA_VERSION = 1


class FileResult(msgspec.Struct, frozen=True):
    """What the system says of one file.

    Attributes:
        exhibit: number.
        locator: encoded.
        outcome: the one it has.
        problem: code, where there is one; a sound outcome may stand beside it.
        sha256: raw, where the bytes were read.
    """

    exhibit: str
    locator: bytes
    outcome: Outcome
    problem: ProblemCode | None = None
    sha256: bytes | None = None


class ContentSide(msgspec.Struct, frozen=True, tag="content"):
    """A content on one side of a match, by its SHA-256, raw."""

    sha256: bytes


class EntrySide(msgspec.Struct, frozen=True, tag="entry"):
    """A list entry on one side of a match, by the list's name and the provider's id."""

    list: str
    provider_id: str


class FoundMatch(msgspec.Struct, frozen=True):
    """A match that the system reports as valid now.

    Attributes:
        left: the content that was asked for.
        right: what it agrees with.
        basis: as `consilience.model.matching.Basis` has it: a digest, or ``pdq``.
        distance: bits that differ.
        orientation: of one side against the other; a quarter turn and its reverse count as equal, since
            either side may be the turned one.
        whole: whether both sides are the pictures themselves. A preview embedded in one may lie as the
            sensor did, and the truth says nothing of that.
    """

    left: ContentSide
    right: ContentSide | EntrySide
    basis: str
    distance: int = 0
    orientation: Orientation = Orientation.UPRIGHT
    whole: bool = True


class Rate(msgspec.Struct, frozen=True):
    """So many of so many, with the Wilson score interval at 95 % (E. B. Wilson, 1927)."""

    found: int
    total: int
    low: float
    high: float

    @classmethod
    def of(cls, found: int, total: int) -> Rate:
        """The rate of two counts."""
        if total == 0:
            return cls(0, 0, 0.0, 1.0)
        z = 1.959963984540054
        share, spread = found / total, z * z / total
        middle = (share + spread / 2) / (1 + spread)
        reach = z * math.sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
        # At the ends the formula meets 0 and 1 up to rounding.
        return cls(
            found,
            total,
            0.0 if found == 0 else max(0.0, middle - reach),
            1.0 if found == total else min(1.0, middle + reach),
        )

    @property
    def share(self) -> float | None:
        """Found of total, or None where there are none."""
        return self.found / self.total if self.total else None


class WrongFile(msgspec.Struct, frozen=True):
    """A file of which something wrong, or nothing, was said."""

    exhibit: str
    shown: str
    what: str
    expected: str
    got: str


IMPOSSIBLE = frozenset({"unknown entry", "unknown content", "withdrawn", "outside", "other bytes"})
"""Relations of false links that no likeness of pictures explains: they are faults."""


class FalseLink(msgspec.Struct, frozen=True):
    """A match that the truth does not bear out.

    Attributes:
        left, right: names of the two files, or of the list entry.
        distance: stated.
        relation: what the two really have in common: ``burst``, ``same scene``, ``both flat``, ``nothing``, …
        why: one line.
        with_list: whether the right side is a list entry.
    """

    left: str
    right: str
    distance: int
    relation: str
    why: str
    with_list: bool = False


class MissedLink(msgspec.Struct, frozen=True):
    """A match that should be there: of an altered copy, or of the same bytes, with what it comes from."""

    left: str
    right: str
    why: str


class Recall(msgspec.Struct, frozen=True):
    """How many altered pictures were tied to their originals.

    Attributes:
        alteration, strength: of the altered ones; or a family's or kind's name and nothing.
        between_contents: pairs of an altered content and its original, both in exhibits.
        with_lists: pairs of an altered content and an alert entry that holds the code of its original.
        unfit: pairs left out of both, because they cannot be tied: the original's code is too poor, or one of
            the two is known-good and not decoded.
    """

    alteration: str
    strength: str
    between_contents: Rate
    with_lists: Rate
    unfit: int = 0


class Accounting(msgspec.Struct, frozen=True):
    """Whether counts in are counts out.

    Attributes:
        in_truth: files that the truth lists one by one.
        reported: results that were given.
        missing: files of the truth without a result.
        twice: results for a file that already has one.
        unexplained: results for which the truth has no file: errors of the exercise, or of the system.
        in_unlisted: results that lie in containers whose members the truth does not list.
    """

    in_truth: int
    reported: int
    missing: tuple[WrongFile, ...]
    twice: tuple[WrongFile, ...]
    unexplained: tuple[WrongFile, ...]
    in_unlisted: int


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """The whole.

    Attributes:
        generator, preset, seed: of the exercise.
        held_out: the family of scenes that nothing was tuned on.
        accounting: files in and out.
        outcomes: files whose outcome is right; `wrong_outcomes` and `misled` are the others.
        misled: files whose outcome would be right if a false link in `false_links` were true.
        outcome_counts: files by outcome, as reported.
        problems: files that must or may have a problem, and were given a right one (or rightly none).
        copies: files of equal bytes beyond the first of each content, that were not called new.
        listed: pairs of a content and a list entry of the same bytes.
        recall: by alteration and strength, in the order of the grid.
        recall_by_alteration, recall_by_family: the same pairs, summed otherwise.
        overall: all altered pictures together.
        edges: entries at exact distances: (distance, matched) as found.
        wrong_edges: of these the ones that are wrong.
        false_links: every one.
        false_by_distance: how many at each distance.
        mistaken_pictures: pairs of pictures that false links between contents take for each other; a picture
            with many copies makes many links.
        unrelated_pairs: pairs of picture contents that show no picture in common.
        false_rate: false links between contents, of these.
        wrong_orientations: true links with a wrong orientation.
        missed: links of the same bytes that are missing.
        missed_near: altered pictures that were not tied to their originals.
    """

    schema: str = SCHEMA
    schema_version: int = SCHEMA_VERSION
    generator: str
    preset: str
    seed: int
    held_out: str
    accounting: Accounting
    outcomes: Rate
    wrong_outcomes: tuple[WrongFile, ...]
    misled: tuple[WrongFile, ...]
    outcome_counts: dict[str, int]
    problems: Rate
    wrong_problems: tuple[WrongFile, ...]
    copies: Rate
    copies_called_new: tuple[WrongFile, ...]
    listed: Rate
    missed: tuple[MissedLink, ...]
    recall: tuple[Recall, ...]
    recall_by_alteration: tuple[Recall, ...]
    recall_by_family: tuple[Recall, ...]
    overall: Recall
    missed_near: tuple[MissedLink, ...]
    edges: tuple[tuple[int, bool], ...]
    wrong_edges: tuple[WrongFile, ...]
    false_links: tuple[FalseLink, ...]
    false_by_distance: dict[int, int]
    false_by_relation: dict[str, int]
    mistaken_pictures: int
    unrelated_pairs: int
    false_rate: Rate
    wrong_orientations: tuple[FalseLink, ...]

    @property
    def is_faultless(self) -> bool:
        """Whether all that must be exact is: files, outcomes, problems, copies; no impossible link.

        Recall of altered pictures and false links between lookalikes are measures, not faults.
        """
        account = self.accounting
        faults = (
            account.missing,
            account.twice,
            account.unexplained,
            self.wrong_outcomes,
            self.wrong_problems,
            self.copies_called_new,
            self.missed,
            self.wrong_edges,
        )
        return not any(faults) and not any(one.relation in IMPOSSIBLE for one in self.false_links)

    def to_json(self) -> bytes:
        """The scorecard as JSON, indented."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"
