"""What the system says of films, held against the truth: who shares footage or sound with whom, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations

import msgspec

from consilience.exercise.films.truth import RENDITION, FilmFile, Films, Overlap, Piece, overlaps
from consilience.exercise.scoring.card import Rate

SCHEMA = "consilience-exercise-films-scorecard"
SCHEMA_VERSION = 1

LEAST_PICTURES = 2.9
"""Seconds of footage in common from which two files are to be tied."""
LEAST_SOUND = 4.5
"""Seconds of sound in common from which two files are to be tied."""
RIGHT_WITHIN = 1.0
"""Seconds by which a span may be off at each of its four ends."""


class FoundSpan(msgspec.Struct, frozen=True):
    """A span that the system reports: seconds in the left and in the right file."""

    begin: float
    end: float
    other_begin: float
    other_end: float

    @property
    def swapped(self) -> FoundSpan:
        """As the right file sees it."""
        return FoundSpan(self.other_begin, self.other_end, self.begin, self.end)


class FoundTie(msgspec.Struct, frozen=True):
    """Two contents that the system says share footage or sound.

    Attributes:
        left, right: SHA-256, hex.
        by_sound: whether it is sound that they share.
        spans: where.
        common: in how many other recordings its words are found, usually; of sound only.
    """

    left: str
    right: str
    by_sound: bool
    spans: tuple[FoundSpan, ...]
    common: float = 0.0


class FilmRecall(msgspec.Struct, frozen=True):
    """How much of what files share with a film was found.

    Attributes:
        alteration, strength: of the files.
        tied: files tied to a rendition of each film that is in them; a file of two films counts twice.
        spans: of those, the pieces whose span is right to `RIGHT_WITHIN` at all four ends.
        worst: seconds by which the worst of these ends is off.
        missed: files that were not tied, for people.
    """

    alteration: str
    strength: str
    tied: Rate
    spans: Rate
    worst: float
    missed: tuple[str, ...] = ()


class FalseTie(msgspec.Struct, frozen=True):
    """Two files that are tied and share nothing of the kind."""

    left: str
    right: str
    by_sound: bool
    spans: tuple[FoundSpan, ...]
    relation: str


class FilmCard(msgspec.Struct, frozen=True, kw_only=True):
    """The whole.

    Attributes:
        first_looks: files that had a first look only.
        films: films of which all three renditions are tied to each other by footage.
        renditions: pairs of renditions.
        pictures: by alteration and strength, by footage.
        sound: the same by sound.
        false_ties: every one.
        unrelated: pairs of files that share neither footage nor sound.
        music_alone: ties by sound of files that share nothing but a bed of music; and of those, how many say
            that the words are common to others.
    """

    schema: str = SCHEMA
    schema_version: int = SCHEMA_VERSION
    generator: str
    preset: str
    seed: int
    files: int
    first_looks: int
    films: Rate
    renditions: Rate
    pictures: tuple[FilmRecall, ...]
    sound: tuple[FilmRecall, ...]
    false_ties: tuple[FalseTie, ...]
    unrelated: int
    music_alone: Rate


def score_films(films: Films, preset: str, seed: int, first_looks: int, ties: Iterable[FoundTie]) -> FilmCard:
    """Hold what was reported against the truth.

    Args:
        films: the truth.
        preset, seed: of the exercise.
        first_looks: files that had a first look only.
        ties: all that stand.
    """
    known = _Known(films, ties)
    renditions = [
        known.tie(one, other, by_sound=False) is not None
        for of_film in known.renditions.values()
        for one, other in combinations(of_film, 2)
    ]
    whole = [
        all(known.tie(one, other, by_sound=False) is not None for one, other in combinations(of_film, 2))
        for of_film in known.renditions.values()
    ]
    beds = known.through_beds()
    return FilmCard(
        generator=films.generator,
        preset=preset,
        seed=seed,
        files=len(films.files),
        first_looks=first_looks,
        films=Rate.of(sum(whole), len(whole)),
        renditions=Rate.of(sum(renditions), len(renditions)),
        pictures=tuple(known.recall(by_sound=False)),
        sound=tuple(known.recall(by_sound=True)),
        false_ties=tuple(known.false_ties()),
        unrelated=sum(
            not overlaps(one.pictures, other.pictures) and not overlaps(one.sound, other.sound)
            for one, other in combinations(films.files, 2)
        ),
        music_alone=Rate.of(sum(tie.common > 1 for tie in beds), len(beds)),
    )


class _Known:
    """Truth and findings, arranged for looking things up."""

    def __init__(self, films: Films, ties: Iterable[FoundTie]) -> None:
        self._films = films
        self._by_content = {one.sha256: one for one in films.files}
        self.renditions: defaultdict[str, list[FilmFile]] = defaultdict(list)
        for one in films.files:
            if one.alteration == RENDITION:
                self.renditions[one.film].append(one)
        # What ties bad input, which is made of a film, is not judged here.
        self._ties = [tie for tie in ties if {tie.left, tie.right} <= self._by_content.keys()]
        self._spans: dict[tuple[str, str, bool], tuple[FoundSpan, ...]] = {}
        for tie in self._ties:
            self._spans[tie.left, tie.right, tie.by_sound] = tie.spans
            self._spans[tie.right, tie.left, tie.by_sound] = tuple(span.swapped for span in tie.spans)

    def tie(self, one: FilmFile, other: FilmFile, *, by_sound: bool) -> tuple[FoundSpan, ...] | None:
        return self._spans.get((one.sha256, other.sha256, by_sound))

    def recall(self, *, by_sound: bool) -> Iterator[FilmRecall]:
        groups: defaultdict[tuple[str, str], list[tuple[FilmFile, str]]] = defaultdict(list)
        for one in self._films.files:
            for film in self.renditions:
                if one.alteration == RENDITION and film == one.film:
                    continue
                if any(self._enough(one, other, by_sound) for other in self.renditions[film]):
                    groups[one.alteration, one.strength].append((one, film))
        for (alteration, strength), group in groups.items():
            errors: list[float] = []
            missed: list[str] = []
            for one, film in group:
                best = self._best(one, film, by_sound)
                if best is None:
                    missed.append(f"{one.exhibit}: {one.shown} and {film}")
                else:
                    errors += best
            right = sum(error <= RIGHT_WITHIN for error in errors)
            yield FilmRecall(
                alteration,
                strength,
                Rate.of(len(group) - len(missed), len(group)),
                Rate.of(right, len(errors)),
                max(errors, default=0.0),
                tuple(missed),
            )

    def false_ties(self) -> Iterator[FalseTie]:
        for tie in self._ties:
            left, right = self._by_content[tie.left], self._by_content[tie.right]
            if not overlaps(*_held(left, right, tie.by_sound)):
                relation = _relation(left, right)
                yield FalseTie(_name(left), _name(right), tie.by_sound, tie.spans, relation)

    def through_beds(self) -> list[FoundTie]:
        """Ties by sound of files that share nothing but a bed of music."""
        beds = set(self._films.beds)
        return [
            tie
            for tie in self._ties
            if tie.by_sound
            and (shared := overlaps(*_held(self._by_content[tie.left], self._by_content[tie.right], True)))
            and {one.source for one in shared} <= beds
        ]

    def _enough(self, one: FilmFile, other: FilmFile, by_sound: bool) -> bool:
        least = LEAST_SOUND if by_sound else LEAST_PICTURES
        return any(overlap.seconds >= least for overlap in self._overlaps(one, other, by_sound))

    def _overlaps(self, one: FilmFile, other: FilmFile, by_sound: bool) -> list[Overlap]:
        """What they are to be tied by; a bed of music is not to tie."""
        beds = set(self._films.beds)
        return [found for found in overlaps(*_held(one, other, by_sound)) if found.source not in beds]

    def _best(self, one: FilmFile, film: str, by_sound: bool) -> list[float] | None:
        """Errors of the spans of each shared piece, with the rendition for which they are least."""
        errors = [
            [
                _error(overlap, 0.0 if by_sound else _black_before(one, other, overlap), spans)
                for overlap in self._overlaps(one, other, by_sound)
            ]
            for other in self.renditions[film]
            if (spans := self.tie(one, other, by_sound=by_sound)) is not None
        ]
        return min(errors, key=max, default=None)


def _held(one: FilmFile, other: FilmFile, by_sound: bool) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    return (one.sound, other.sound) if by_sound else (one.pictures, other.pictures)


def _error(true: Overlap, black: float, spans: tuple[FoundSpan, ...]) -> float:
    """Seconds by which the worst end of the best span is off.

    A span may begin anywhere in the black that both files have before the footage: it is a copy too.
    """
    return min(
        max(
            _off(span.begin, true.begin - black, true.begin),
            abs(span.end - true.end),
            _off(span.other_begin, true.other_begin - black, true.other_begin),
            abs(span.other_end - true.other_end),
        )
        for span in spans
    )


def _off(at: float, first: float, last: float) -> float:
    return max(first - at, at - last, 0.0)


def _black_before(one: FilmFile, other: FilmFile, true: Overlap) -> float:
    """Seconds before a piece of footage in which both files hold none."""
    return min(_black(one, true.begin), _black(other, true.other_begin))


def _black(one: FilmFile, at: float) -> float:
    before = (piece.end for piece in one.pictures if piece.begin < at - 1e-6)
    return max(0.0, at - max(before, default=0.0))


def _relation(left: FilmFile, right: FilmFile) -> str:
    """What two files that share nothing of a kind have in common otherwise."""
    shown = {piece.source for piece in left.pictures} & {piece.source for piece in right.pictures}
    found = [f"other seconds of {one}" for one in sorted(shown)]
    found += [f"the same {one}" for one in sorted(set(left.common) & set(right.common))]
    found += [f"the same scene {one}" for one in sorted(set(left.scenes) & set(right.scenes))]
    found += sorted({f"the footage of {one.source}" for one in overlaps(left.pictures, right.pictures)})
    found += sorted({one.source for one in overlaps(left.sound, right.sound)})
    return ", ".join(found) or "nothing"


def _name(one: FilmFile) -> str:
    return f"{one.exhibit}: {one.shown} ({one.film}, {one.alteration} {one.strength})".replace(" )", ")")
