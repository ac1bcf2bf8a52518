"""Clues from Exif tags. Source: CIPA DC-008 (Exif 3.0), Adobe DNG 1.7, Microsoft's XP tags."""

from __future__ import annotations

from collections.abc import Iterator

from consilience.media.clues.text import decoded, text_clue
from consilience.media.clues.times import time_clue
from consilience.media.structure.exif import Exif, Value
from consilience.model.examination import Clue
from consilience.model.times import Timestamp

_MAIN_TEXTS = {
    0x010D: "comment",
    0x010E: "comment",
    0x010F: "camera-make",
    0x0110: "camera-model",
    0x0131: "software",
    0x013B: "artist",
    0x013C: "host-computer",
    0x8298: "copyright",
    0xC614: "camera-model",
    0xC62F: "camera-serial",
}
_EXIF_TEXTS = {
    0x9286: "comment",
    0xA420: "image-id",
    0xA430: "owner",
    0xA431: "camera-serial",
    0xA433: "lens-make",
    0xA434: "lens-model",
    0xA435: "lens-serial",
    0xA436: "comment",
    0xA437: "artist",
    0xA438: "artist",
    0xA439: "software",
    0xA43A: "software",
    0xA43B: "software",
    0xA43C: "software",
}
_XP_TEXTS = {0x9C9B: "comment", 0x9C9C: "comment", 0x9C9D: "artist", 0x9C9E: "keywords", 0x9C9F: "comment"}
# Time, its fraction and its offset stand in three tags; the first of them may be in another directory.
_TIMES = (
    ("taken", 0x9003, 0x9291, 0x9011),
    ("digitised", 0x9004, 0x9292, 0x9012),
    ("changed", 0x0132, 0x9290, 0x9010),
)
_ORIENTATION = 0x0112
_CODES = {b"ASCII\0\0\0": "ascii", b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp", bytes(8): ""}


def exif_clues(tags: Exif, source: str = "exif") -> list[Clue]:
    """Camera, lens, serials, software, people, comments, times, orientation and position.

    Args:
        tags: as `consilience.media.structure.exif.read_exif` gives them.
        source: where the block stands; each clue adds its tag, such as ``exif:0x0110``.
    """
    clues: list[Clue] = []
    for directory, kinds in ((tags.main, _MAIN_TEXTS), (tags.exif, _EXIF_TEXTS)):
        for tag, kind in kinds.items():
            if tag in directory:
                clues += text_clue(kind, _text(tag, directory[tag]), f"{source}:0x{tag:04x}")
    for tag, kind in _XP_TEXTS.items():
        if tag in tags.main:
            text = tags.main[tag].raw.decode("utf-16-le", "replace")
            clues += text_clue(kind, text, f"{source}:0x{tag:04x}")
    clues += _times(tags, source)
    if _ORIENTATION in tags.main and (numbers := tags.main[_ORIENTATION].numbers()):
        clues.append(Clue("orientation", str(numbers[0]), f"{source}:0x{_ORIENTATION:04x}"))
    clues += _gps(tags.gps, source)
    clues += [Clue("unreadable-metadata", flaw, source) for flaw in tags.flaws[:3]]
    return clues


def _text(tag: int, value: Value) -> str:
    raw = value.raw
    if tag == 0x9286:
        code, raw = _CODES.get(raw[:8]), raw[8:] if raw[:8] in _CODES else raw
        if code == "utf-16":
            little = value.order == "<" and not raw.startswith(b"\xfe\xff")
            return raw.decode("utf-16-le" if little else "utf-16-be", "replace").lstrip("\ufeff")
        if code == "iso2022_jp":
            return raw.decode(code, "replace")
    return decoded(raw.rstrip(b"\0 "))


def _times(tags: Exif, source: str) -> Iterator[Clue]:
    for kind, tag, fraction_tag, offset_tag in _TIMES:
        directory = tags.exif if tag in tags.exif else tags.main
        if tag not in directory:
            continue
        raw = _plain(directory[tag])
        if fraction := _plain(tags.exif.get(fraction_tag)):
            raw += "." + fraction
        if offset := _plain(tags.exif.get(offset_tag)):
            raw += offset
        yield from time_clue(kind, raw, f"{source}:0x{tag:04x}")


def _plain(value: Value | None) -> str:
    return decoded(value.raw[:64]).strip("\0 ") if value else ""


def _gps(gps: dict[int, Value], source: str) -> Iterator[Clue]:
    latitude = _degrees(gps.get(2), gps.get(1), b"S", 90)
    longitude = _degrees(gps.get(4), gps.get(3), b"W", 180)
    if latitude is not None and longitude is not None:
        yield Clue("position", f"{latitude:.7f},{longitude:.7f}", f"{source}:gps")
    elif 2 in gps or 4 in gps:
        yield Clue("unreadable-metadata", "a position that is incomplete or out of range", f"{source}:gps")
    if (altitude := _fraction(gps.get(6))) is not None:
        below = gps[5].raw[:1] == b"\1" if 5 in gps else False
        yield Clue("altitude", f"{-altitude if below else altitude:.2f}", f"{source}:gps:0x0006")
    if (direction := _fraction(gps.get(17))) is not None and 0 <= direction <= 360:
        yield Clue("direction", f"{direction:.2f}", f"{source}:gps:0x0011")
    if (error := _fraction(gps.get(31))) is not None:
        yield Clue("position-error", f"{error:.2f}", f"{source}:gps:0x001f")
    yield from _satellite_time(gps, source)


def _degrees(value: Value | None, reference: Value | None, negative: bytes, limit: int) -> float | None:
    parts = value.rationals() if value else ()
    if not parts or len(parts) > 3:
        return None
    degrees = 0.0
    for (numerator, denominator), scale in zip(parts, (1, 60, 3600), strict=False):
        if not denominator:
            # Cameras write 0/0 for seconds that they leave to the minutes' fraction.
            if numerator or scale == 1:
                return None
            continue
        degrees += numerator / denominator / scale
    if not 0 <= degrees <= limit:
        return None
    return -degrees if reference and reference.raw[:1].upper() == negative else degrees


def _fraction(value: Value | None) -> float | None:
    parts = value.rationals() if value else ()
    return parts[0][0] / parts[0][1] if parts and parts[0][1] else None


def _satellite_time(gps: dict[int, Value], source: str) -> Iterator[Clue]:
    """The time that the satellites gave, which is UTC (but for leap seconds, which receivers take off)."""
    date, parts = _plain(gps.get(29)), gps[7].rationals() if 7 in gps else ()
    if len(parts) != 3 or any(not denominator for _, denominator in parts):
        return
    hours, minutes, seconds = (numerator / denominator for numerator, denominator in parts)
    clock = f"{int(hours):02}:{int(minutes):02}:{seconds:06.3f}".removesuffix(".000")
    for clue in time_clue("positioned", f"{date} {clock}".strip() + "Z", f"{source}:gps", "satellite"):
        time = clue.time
        if time is not None:
            yield Clue("time", clue.value.removesuffix("Z"), clue.source, _without_mark(time))


def _without_mark(time: Timestamp) -> Timestamp:
    """The raw value as found: the mark of UTC was ours."""
    return Timestamp(time.kind, time.raw.removesuffix("Z"), "UTC", time.clock, time.precision, time.utc)
