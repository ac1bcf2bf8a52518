"""What is true of films: which footage and which recording each file holds, second by second.

``films.json`` beside ``truth.json``: a versioned schema of its own. What two files share follows from their
pieces; nothing is stored about pairs.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from consilience.errors import FormatError

SCHEMA = "consilience-exercise-films"
SCHEMA_VERSION = 1
FILE = "films.json"

RENDITION = "rendition"
"""The alteration of a film's own high, middle and low quality; its strength names which."""


class Piece(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of footage or of a recording in a file.

    Attributes:
        source: footage or recording.
        begin, end: seconds in the file.
        source_begin: seconds in the source at `begin`.
        speed: seconds of the source for a second of the file.
    """

    source: str
    begin: float
    end: float
    source_begin: float
    speed: float = 1.0

    @property
    def source_end(self) -> float:
        """Seconds in the source at `end`."""
        return self.source_begin + (self.end - self.begin) * self.speed


class Overlap(msgspec.Struct, frozen=True):
    """What two files share of one source: seconds in the one, seconds in the other."""

    source: str
    begin: float
    end: float
    other_begin: float
    other_end: float

    @property
    def seconds(self) -> float:
        """Of the shorter side."""
        return min(self.end - self.begin, self.other_end - self.other_begin)


class FilmFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file with footage, sound, or both.

    Attributes:
        exhibit, locator, sha256: as in the pictures' truth.
        shown: the locator for people.
        film: the film that it was made of.
        family: family of scenes of the film's first shot.
        alteration: what was done; `RENDITION` for the film's own three qualities.
        strength: how much, or which.
        seconds: that it plays.
        video, audio: codecs; empty where there is none.
        pictures, sound: the pieces that it holds. Recordings may lie over each other.
        mirrored: whether the footage is.
        scenes: the scenes that were filmed; two films may show one scene from other viewpoints.
        common: what it has in common with films that it shares no footage with: ``black leader``,
            ``caption bar 1``.
    """

    exhibit: str
    locator: str
    sha256: str
    shown: str
    film: str
    family: str
    alteration: str
    strength: str
    seconds: float
    video: str = ""
    audio: str = ""
    pictures: tuple[Piece, ...] = ()
    sound: tuple[Piece, ...] = ()
    mirrored: bool = False
    scenes: tuple[str, ...] = ()
    common: tuple[str, ...] = ()


class Films(msgspec.Struct, frozen=True, kw_only=True):
    """All that is true of an exercise's films.

    Attributes:
        generator: version of the generator of films.
        beds: recordings of music that lie under the sound of many films.
        files: every file.
    """

    schema: str = SCHEMA
    schema_version: int = SCHEMA_VERSION
    generator: str
    beds: tuple[str, ...]
    files: tuple[FilmFile, ...]


def overlaps(ours: Iterable[Piece], theirs: Iterable[Piece]) -> list[Overlap]:
    """What the pieces of two files have in common, in the order of the first."""
    found = []
    theirs = tuple(theirs)
    for one in ours:
        for other in theirs:
            if one.source != other.source:
                continue
            begin = max(one.source_begin, other.source_begin)
            end = min(one.source_end, other.source_end)
            if end > begin:
                found.append(Overlap(one.source, *_within(one, begin, end), *_within(other, begin, end)))
    return found


def _within(piece: Piece, begin: float, end: float) -> tuple[float, float]:
    return tuple(piece.begin + (at - piece.source_begin) / piece.speed for at in (begin, end))  # type: ignore[return-value]


def write_films(folder: Path, films: Films) -> None:
    """Write ``films.json``."""
    encoded = msgspec.json.encode(films, order="deterministic")
    (folder / FILE).write_bytes(msgspec.json.format(encoded, indent=1) + b"\n")


def read_films(folder: Path) -> Films | None:
    """The truth of an exercise's films; None where it has none.

    Raises:
        FormatError: it is of another schema, or damaged.
    """
    path = (folder.parent if folder.is_file() else folder) / FILE
    if not path.exists():
        return None
    try:
        films = msgspec.json.decode(path.read_bytes(), type=Films)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: the truth is damaged: {error}", "Build the exercise again") from error
    if (films.schema, films.schema_version) != (SCHEMA, SCHEMA_VERSION):
        raise FormatError(
            f"{path}: truth of schema {films.schema} {films.schema_version}",
            f"This version reads {SCHEMA} {SCHEMA_VERSION}: build the exercise again",
        )
    return films
