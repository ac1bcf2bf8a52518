"""Where things lie on phones, laptops, sticks and camera cards."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from consilience.exercise.alterations import WORDS, Chance
from consilience.exercise.cameras import Camera, Moment, file_name


class Device(StrEnum):
    """Kinds of exhibits."""

    PHONE = "phone"
    LAPTOP = "laptop"
    STICK = "stick"
    CARD = "card"


class Way(StrEnum):
    """How a file came to a device: it decides folder and name."""

    TAKEN = "taken"
    RECEIVED = "received"
    SAVED = "saved"
    SCREEN = "screen"
    BACKUP = "backup"


class Exhibit(msgspec.Struct, frozen=True):
    """An exhibit in the making.

    Attributes:
        number: exhibit number; also its folder's name.
        case: the case's number.
        device: kind.
        description: one line for the report.
        cameras: whose pictures it holds at first hand.
        owner: name of its user's folder.
    """

    number: str
    case: str
    device: Device
    description: str
    cameras: tuple[Camera, ...]
    owner: str


_PROGRAMS = ("Parlour", "Pigeon")
_MESSENGER = "Internal storage/Android/media/org.example.{program_id}/{program}/Media/{program} Images/"
_HOME = "Users/{owner}/"

_FOLDERS: dict[Device, dict[Way, tuple[str, ...]]] = {
    Device.PHONE: {
        Way.TAKEN: ("Internal storage/DCIM/Camera/",),
        Way.RECEIVED: (_MESSENGER, _MESSENGER, _MESSENGER + "Sent/"),
        Way.SCREEN: ("Internal storage/Pictures/Screenshots/",),
        Way.SAVED: (
            "Internal storage/Download/",
            "Internal storage/Pictures/",
            "Internal storage/Pictures/Edited/",
            "Internal storage/Pictures/{taken:%Y-%m}/",
        ),
    },
    Device.LAPTOP: {
        Way.TAKEN: (_HOME + "Pictures/{taken:%Y}/{taken:%m} {make}/",),
        Way.RECEIVED: (
            _HOME + "Downloads/",
            _HOME + "Downloads/Pigeon Desktop/",
            _HOME + "AppData/Local/Parlour/Cache/f_0/",
        ),
        Way.SCREEN: (_HOME + "Pictures/Screenshots/",),
        Way.BACKUP: (_HOME + "Documents/Backups/Phone {taken:%Y-%m-%d}/DCIM/Camera/",),
        Way.SAVED: (
            _HOME + "Desktop/",
            _HOME + "Pictures/",
            _HOME + "Pictures/Saved Pictures/",
            _HOME + "Pictures/Wallpaper/",
            _HOME + "OneFolder/Pictures/",
        ),
    },
    Device.STICK: {
        Way.TAKEN: ("pictures {taken:%Y}/",),
        Way.SAVED: (
            "",
            "misc/",
            "New folder/",
            "New folder (2)/",
            "{taken:%Y}/",
            "for printing/",
            "old/old/old/",
        ),
    },
    Device.CARD: {
        Way.TAKEN: ("DCIM/{hundred}{make_short}/",),
        Way.SAVED: ("MISC/", "PRIVATE/", "DCIM/"),
    },
}
"""Folders that a file may lie in, by device and way; a way that a device does not name is like saving."""


def folder_and_name(
    exhibit: Exhibit, way: Way, camera: Camera | None, moment: Moment, ending: str, random: Chance
) -> str:
    """A path for a file on a device; it need not be free.

    Args:
        exhibit: the device.
        way: how the file came there.
        camera: which took the picture, if one did.
        moment: when.
        ending: of the name, with its dot.
        random: for what is left open.
    """
    own = camera if way == Way.TAKEN else None
    folders = _FOLDERS[exhibit.device]
    choice = folders.get(way, folders[Way.SAVED])
    program = _PROGRAMS[int(random.integers(len(_PROGRAMS)))]
    folder = choice[int(random.integers(len(choice)))].format(
        owner=exhibit.owner,
        taken=moment.taken,
        program=program,
        program_id=program.lower(),
        make=own.make if own else "",
        make_short=own.make[:5].upper() if own else "",
        hundred=100 + moment.counter // 500,
    )
    return folder + (file_name(own, moment) if own else _name(way, moment.taken, random) + ending)


def _name(way: Way, taken: datetime, random: Chance) -> str:
    if way == Way.SCREEN:
        return f"Screenshot_{taken:%Y%m%d-%H%M%S}"
    if way == Way.RECEIVED:
        return f"IMG-{taken:%Y%m%d}-PA{int(random.integers(10_000)):04d}"
    style = int(random.integers(6))
    word = WORDS[int(random.integers(len(WORDS)))]
    number = int(random.integers(1, 400))
    return (
        f"{word}_{number}",
        f"image{number:03d}",
        f"{word.capitalize()} {taken:%Y}",
        f"{int(random.integers(1 << 62)):016x}",
        f"{word}-edit{number}",
        f"Photo {taken:%d-%m-%Y %H %M %S}",
    )[style]
