"""Where things lie on phones, laptops, sticks and camera cards."""

from __future__ import annotations

from collections.abc import Callable
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
    if way == Way.TAKEN and camera is not None:
        return _taken_folder(exhibit, camera, moment) + file_name(camera, moment)
    return (
        _FOLDERS[exhibit.device](exhibit, way, moment.taken, random)
        + _name(way, moment.taken, random)
        + ending
    )


def _taken_folder(exhibit: Exhibit, camera: Camera, moment: Moment) -> str:
    if exhibit.device == Device.CARD:
        return f"DCIM/{100 + moment.counter // 500}{camera.make[:5].upper()}/"
    if exhibit.device == Device.PHONE:
        return "Internal storage/DCIM/Camera/"
    if exhibit.device == Device.LAPTOP:
        return f"Users/{exhibit.owner}/Pictures/{moment.taken:%Y}/{moment.taken:%m} {camera.make}/"
    return f"pictures {moment.taken:%Y}/"


def _phone(exhibit: Exhibit, way: Way, taken: datetime, random: Chance) -> str:
    root = "Internal storage/"
    if way == Way.SCREEN:
        return root + "Pictures/Screenshots/"
    if way == Way.RECEIVED:
        program = ("Parlour", "Pigeon")[int(random.integers(2))]
        return (
            root
            + f"Android/media/org.example.{program.lower()}/{program}/Media/{program} Images/"
            + ("Sent/" if random.random() < 0.3 else "")
        )
    return root + str(
        random.choice(["Download/", "Pictures/", "Pictures/Edited/", f"Pictures/{taken:%Y-%m}/"])
    )


def _laptop(exhibit: Exhibit, way: Way, taken: datetime, random: Chance) -> str:
    root = f"Users/{exhibit.owner}/"
    if way == Way.SCREEN:
        return root + "Pictures/Screenshots/"
    if way == Way.BACKUP:
        return root + f"Documents/Backups/Phone {taken:%Y-%m-%d}/DCIM/Camera/"
    if way == Way.RECEIVED:
        return root + str(
            random.choice(["Downloads/", "Downloads/Pigeon Desktop/", "AppData/Local/Parlour/Cache/f_0/"])
        )
    return root + str(
        random.choice(
            [
                "Desktop/",
                "Pictures/",
                "Pictures/Saved Pictures/",
                "Pictures/Wallpaper/",
                "OneFolder/Pictures/",
            ]
        )
    )


def _stick(exhibit: Exhibit, way: Way, taken: datetime, random: Chance) -> str:
    return str(
        random.choice(
            ["", "misc/", "New folder/", "New folder (2)/", f"{taken:%Y}/", "for printing/", "old/old/old/"]
        )
    )


def _card(exhibit: Exhibit, way: Way, taken: datetime, random: Chance) -> str:
    return str(random.choice(["MISC/", "PRIVATE/", "DCIM/"]))


_FOLDERS: dict[Device, Callable[[Exhibit, Way, datetime, Chance], str]] = {
    Device.PHONE: _phone,
    Device.LAPTOP: _laptop,
    Device.STICK: _stick,
    Device.CARD: _card,
}


def _name(way: Way, taken: datetime, random: Chance) -> str:
    if way == Way.SCREEN:
        return f"Screenshot_{taken:%Y%m%d-%H%M%S}"
    if way == Way.RECEIVED:
        return f"IMG-{taken:%Y%m%d}-PA{int(random.integers(10_000)):04d}"
    style = int(random.integers(6))
    word = WORDS[int(random.integers(len(WORDS)))]
    number = int(random.integers(1, 400))
    return (
        f"{word}_{number}", f"image{number:03d}", f"{word.capitalize()} {taken:%Y}", f"{int(random.integers(1 << 62)):016x}",
        f"{word}-edit{number}", f"Photo {taken:%d-%m-%Y %H %M %S}",
    )[style]  # fmt: skip
