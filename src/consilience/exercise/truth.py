"""What is true of an exercise: a head, and a record for each picture, file and list entry.

A versioned schema: ``truth.json`` holds the head, ``truth.jsonl`` the records, one a line, each with its
``type``. Files are named by exhibit and encoded locator; the ``shown`` form is for people.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from consilience.errors import FormatError, NotFoundError
from consilience.exercise.alterations import Alteration
from consilience.exercise.cameras import Camera
from consilience.model.lists import Role
from consilience.model.locator import Locator
from consilience.model.outcomes import Outcome
from consilience.model.problems import ProblemCode

SCHEMA = "consilience-exercise-truth"
SCHEMA_VERSION = 1

HEAD_FILE = "truth.json"
RECORDS_FILE = "truth.jsonl"


class PictureTruth(
    msgspec.Struct, frozen=True, kw_only=True, tag="picture", tag_field="type", omit_defaults=True
):
    """A picture: what was in front of the camera at one moment. Many contents may show it.

    Attributes:
        name: its name in the truth.
        kind: ``scene``, ``photograph`` or the kind of a drawn hard negative.
        family: family of scenes, or the same as `kind`.
        scene: the scene, that other pictures may show too.
        burst: the burst it belongs to.
        camera: by name.
        taken: true time, ISO 8601, UTC.
        latitude, longitude: true position.
        sha256: of the original file, hex. It may lie in no exhibit.
        pdq, quality: of the original file, as this version of Consilience computes them.
    """

    name: str
    kind: str
    family: str
    scene: str
    burst: str | None = None
    camera: str | None = None
    taken: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    sha256: str = ""
    pdq: str = ""
    quality: int = 0


class FileTruth(msgspec.Struct, frozen=True, kw_only=True, tag="file", tag_field="type", omit_defaults=True):
    """One file of an exhibit, or one member of an archive in it.

    Attributes:
        exhibit: number.
        locator: encoded, hex.
        shown: the locator for people.
        what: ``picture``, ``media`` (sound, film), ``container``, ``other``, or ``none`` (no bytes to read).
        size: bytes.
        sha256: hex; empty where there are no bytes or they change.
        pictures: what it shows; a collage shows several.
        alteration: what was done to the original of the first of them.
        problems: problems that are right for it, one of which must be reported unless `sound` is.
        sound: whether it is right, too, to report no problem.
        outcomes: outcomes that are right for it, when the last editions of all lists are in.
        entries: list entries of the same bytes, as ``list/provider id``.
        unlisted: a container whose members are not listed one by one (a bomb); all that lies in it is
            explained, and shows what the container shows.
        fleeting: whether it may not be there at all when it is looked for.
        note: why it is there.
    """

    exhibit: str
    locator: str
    shown: str
    what: str
    size: int = 0
    sha256: str = ""
    pictures: tuple[str, ...] = ()
    alteration: Alteration | None = None
    problems: tuple[ProblemCode, ...] = ()
    sound: bool = False
    outcomes: tuple[Outcome, ...] = ()
    entries: tuple[str, ...] = ()
    unlisted: bool = False
    fleeting: bool = False
    note: str = ""

    @property
    def path(self) -> Locator:
        """The locator."""
        return Locator.decode(bytes.fromhex(self.locator))


class EntryTruth(
    msgspec.Struct, frozen=True, kw_only=True, tag="entry", tag_field="type", omit_defaults=True
):
    """An entry of a list.

    Attributes:
        list: the list's name.
        provider_id: the entry's own.
        role: the list's.
        first, last: numbers of the editions that hold it; last is None where the latest does.
        md5, sha1, sha256, pdq: hex, as the entry states them.
        size: bytes, where stated.
        category: in the last edition that holds it.
        picture: the picture that it is about; empty for a document.
        purpose: ``copy``, ``elsewhere``, ``collision``, ``conflict`` or ``edge``.
        distance: of an ``edge`` entry: bits between its code and the one of the picture's original.
    """

    list: str
    provider_id: str
    role: Role
    first: int = 1
    last: int | None = None
    md5: str = ""
    sha1: str = ""
    sha256: str = ""
    pdq: str = ""
    size: int | None = None
    category: str | None = None
    picture: str = ""
    purpose: str
    distance: int | None = None


class ExhibitTruth(msgspec.Struct, frozen=True, kw_only=True):
    """An exhibit and whose it is."""

    number: str
    case: str
    device: str
    description: str
    cameras: tuple[str, ...] = ()


class CaseTruth(msgspec.Struct, frozen=True, kw_only=True):
    """A case of an agency."""

    number: str
    agency: str
    title: str


class EditionTruth(msgspec.Struct, frozen=True, kw_only=True):
    """One dated file of a list.

    Attributes:
        number: from 1, in the order of import.
        file: relative to the exercise.
        date: ISO.
        records: that can be taken.
        broken: records that cannot, which the import must report.
        refused: whether the file as a whole is no list, so that nothing of it may be taken.
    """

    number: int
    file: str
    date: str
    records: int
    broken: int = 0
    refused: bool = False


class ListTruth(msgspec.Struct, frozen=True, kw_only=True):
    """A list of one origin.

    Attributes:
        filling: entries of each edition that are about nothing in the exercise; they have no records here.
    """

    name: str
    provider: str
    role: Role
    scheme: str
    format: str
    filling: int
    editions: tuple[EditionTruth, ...]


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for the exercise as a whole.

    Attributes:
        generator: version of the generator: equal versions and seeds give equal bytes on equal libraries.
        libraries: versions of what makes the bytes.
        left_out: what this machine did not allow or lacked, in words.
        held_out: the family of scenes on which nothing may be tuned.
        counts: files by kind.
    """

    schema: str
    schema_version: int
    generator: str
    seed: int
    preset: str
    libraries: dict[str, str]
    left_out: tuple[str, ...]
    held_out: str
    operation: str
    cases: tuple[CaseTruth, ...]
    exhibits: tuple[ExhibitTruth, ...]
    cameras: tuple[Camera, ...]
    lists: tuple[ListTruth, ...]
    counts: dict[str, int]


class Truth(msgspec.Struct, frozen=True):
    """All that is true of an exercise."""

    head: Head
    pictures: tuple[PictureTruth, ...]
    files: tuple[FileTruth, ...]
    entries: tuple[EntryTruth, ...]


_Record = PictureTruth | FileTruth | EntryTruth


def write_truth(folder: Path, truth: Truth) -> None:
    """Write both files; ``truth.json`` last, so that its presence says that the exercise is whole."""
    encoder = msgspec.json.Encoder(order="deterministic")
    with (folder / RECORDS_FILE).open("wb") as file:
        records: Iterable[_Record] = (*truth.pictures, *truth.files, *truth.entries)
        for record in records:
            file.write(encoder.encode(record) + b"\n")
    (folder / HEAD_FILE).write_bytes(msgspec.json.format(encoder.encode(truth.head), indent=2) + b"\n")


def read_truth(folder: Path) -> Truth:
    """Read an exercise's truth.

    Args:
        folder: where the exercise was built, or its ``truth.json``.

    Raises:
        NotFoundError: there is none.
        FormatError: it is of another schema, or damaged.
    """
    folder = folder.parent if folder.name == HEAD_FILE else folder
    try:
        head = msgspec.json.decode((folder / HEAD_FILE).read_bytes(), type=Head)
        if (head.schema, head.schema_version) != (SCHEMA, SCHEMA_VERSION):
            raise FormatError(
                f"{folder / HEAD_FILE}: truth of schema {head.schema} {head.schema_version}",
                f"This version reads {SCHEMA} {SCHEMA_VERSION}: build the exercise again",
            )
        decoder = msgspec.json.Decoder(_Record)
        pictures: list[PictureTruth] = []
        files: list[FileTruth] = []
        entries: list[EntryTruth] = []
        with (folder / RECORDS_FILE).open("rb") as lines:
            for line in lines:
                match decoder.decode(line):
                    case PictureTruth() as picture:
                        pictures.append(picture)
                    case FileTruth() as one:
                        files.append(one)
                    case EntryTruth() as entry:
                        entries.append(entry)
    except FileNotFoundError as error:
        raise NotFoundError(
            f"{error.filename}: no truth here", "Name a folder that `exercise build` made"
        ) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise FormatError(f"{folder}: the truth is damaged: {error}", "Build the exercise again") from error
    return Truth(head, tuple(pictures), tuple(files), tuple(entries))
