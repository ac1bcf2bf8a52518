"""Values as words for people: the page, the table of files and the terminal say them alike."""

from __future__ import annotations

from datetime import datetime

from consilience.interchange.report.records import Camera, EntryMatch, HeldMatch
from consilience.model.examination import Orientation
from consilience.model.footage import spoken
from consilience.model.locator import printable_text
from consilience.model.matching import Basis
from consilience.model.times import Timestamp

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_BASIS = {
    Basis.SHA256: "same bytes by SHA-256",
    Basis.SHA1: "same bytes by SHA-1",
    Basis.MD5_SIZE: "same bytes by MD5 and size",
    Basis.MD5: "same bytes by MD5",
}
_TURNED = {
    Orientation.UPRIGHT: "upright",
    Orientation.ROTATED_90: "turned by 90°",
    Orientation.ROTATED_180: "turned by 180°",
    Orientation.ROTATED_270: "turned by 270°",
    Orientation.FLIPPED_VERTICALLY: "flipped top to bottom",
    Orientation.FLIPPED_HORIZONTALLY: "mirrored left to right",
    Orientation.TRANSPOSED: "transposed",
    Orientation.ANTITRANSPOSED: "antitransposed",
}


def harmless(text: str) -> str:
    """Text from anywhere as one line without control or direction-changing characters.

    Display text, such as that of a locator, comes out as it went in: its escapes are not escaped again.
    """
    return printable_text(text).replace("\\\\", "\\")


def count(number: int) -> str:
    """``12,345``."""
    return f"{number:,}"


def whole(number: float) -> str:
    """``12,345`` of a number that is whole by its nature."""
    return count(int(number))


def plural(number: int, one: str, many: str = "") -> str:
    """``1 file``, ``12,345 files``."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def size(number: float) -> str:
    """Bytes in decimal units, three significant digits: ``3.41 MB``."""
    power = 0
    while number >= 999.5 and power < len(_UNITS) - 1:
        number /= 1000
        power += 1
    if power == 0:
        return f"{number:,.0f} B"
    decimals = 2 if number < 9.995 else 1 if number < 99.95 else 0
    return f"{number:.{decimals}f} {_UNITS[power]}"


def share(part: int, whole: int) -> str:
    """Part of a whole in per cent; ``< 0.1 %`` rather than a zero that is not one."""
    if not whole or not part:
        return "0 %"
    percent = 100 * part / whole
    if percent < 0.1:
        return "< 0.1 %"
    if part < whole and percent > 99.9:
        return "> 99.9 %"
    return f"{percent:.1f} %"


def duration(seconds: float) -> str:
    """``0.42 s``, ``38 s``, ``4 min 05 s``, ``3 h 12 min``."""
    if seconds < 9.95:
        return f"{seconds:.2f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def rate(number: float, seconds: float) -> float:
    """A number a second; 0 where no time passed."""
    return number / seconds if seconds > 0 else 0.0


def moment(time: datetime) -> str:
    """``21 November 2026, 14:05:33 UTC``."""
    return f"{time.day} {time:%B} {time.year}, {time:%H:%M:%S} UTC"


def clock_time(time: Timestamp) -> str:
    """A time as the device wrote it, with its doubt: ``2024:05:01 12:00:00 (zone unknown)``."""
    if time.utc is not None and time.raw.endswith(time.zone):
        return time.raw
    zone = "zone unknown" if time.utc is None else time.zone
    return f"{time.raw} ({zone})"


def device(camera: Camera) -> str:
    """Make and model, the make once where the model repeats it."""
    if camera.model.lower().startswith(camera.make.lower()):
        return camera.model
    return f"{camera.make} {camera.model}".strip()


def agreement(match: EntryMatch | HeldMatch) -> str:
    """What agrees and how nearly: ``same bytes by SHA-256``, or ``pdq 1, turned by 90°, 12 bits``."""
    return means(match) if match.basis.same_bytes else f"{means(match)}, {bits(match.distance)}"


def means(match: EntryMatch | HeldMatch) -> str:
    """What agrees: ``same bytes by SHA-256``, or ``pdq 1, turned by 90°``."""
    if match.basis.same_bytes:
        return _BASIS[match.basis]
    parts = [match.algorithm or match.basis.value, turned(match.orientation)]
    if match.part not in ("", "picture"):
        parts.append(spoken(match.part).replace(":", " "))
    return ", ".join(part for part in parts if part)


def bits(distance: int | None) -> str:
    """A Hamming distance, or that the bytes are the same."""
    if distance is None:
        return "same bytes"
    return "1 bit" if distance == 1 else f"{distance} bits"


def turned(orientation: Orientation | None) -> str:
    """What was done to the pixels."""
    return _TURNED[orientation] if orientation is not None else ""
