"""Simulated cameras: a sensor with faults of its own, a lens, JPEG tables, and what each writes about itself.

Makes and models are invented. What makes a picture of one camera recognisable is there: the fixed pattern of
its sensor's gain (photo-response non-uniformity), its serial number, its quantisation tables, its file names.
"""

from __future__ import annotations

import io
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from consilience.compiled import kernel
from consilience.exercise import exif
from consilience.exercise.chance import chance, number
from consilience.exercise.render.scene import Picture


class Camera(msgspec.Struct, frozen=True, kw_only=True):
    """One camera, as a thing with a serial number.

    Attributes:
        name: its name in the truth.
        make, model, serial, lens, lens_serial, software: as it writes them.
        width, height: of its sensor, pixels, the longer side first.
        quality: of its JPEG tables; `family` chooses which tables these are.
        subsampling: 0 for 4:4:4, 1 for 4:2:2, 2 for 4:2:0.
        progressive: whether it writes progressive JPEG.
        gain_spread: standard deviation of its pixels' gains: the fixed pattern.
        noise: of a dark picture, in 8-bit steps.
        shading: how much darker the corners are, 0-1.
        zone: minutes east of UTC of its clock; None where it writes none.
        drift: seconds that its clock is wrong.
        positions: whether it writes positions.
        files: the pattern of its file names.
        pattern: seed of its sensor.
    """

    name: str
    make: str
    model: str
    serial: str
    lens: str
    lens_serial: str
    software: str
    width: int
    height: int
    quality: int
    family: int
    subsampling: int
    progressive: bool
    gain_spread: float
    noise: float
    shading: float
    zone: int | None
    drift: int
    positions: bool
    files: str
    pattern: int


class Moment(msgspec.Struct, frozen=True):
    """When, where and how a picture was taken.

    Attributes:
        taken: true time, UTC.
        latitude, longitude: decimal degrees, of a place at sea: nobody lives there.
        upright: whether the camera was held upright, so that its picture is marked to be turned.
        counter: the camera's count of its pictures.
    """

    taken: datetime
    latitude: float
    longitude: float
    upright: bool
    counter: int


class _Make(NamedTuple):
    """What the cameras of one maker have in common; `files` is the pattern of their file names."""

    make: str
    models: tuple[str, ...]
    sensors: tuple[tuple[int, int], ...]
    qualities: tuple[int, int]
    family: int
    subsampling: int
    progressive: bool
    phone: bool
    files: str


_MAKES = (
    _Make(
        "Aurix", ("Nova 5", "Nova 6 Pro"), ((2016, 1512), (1632, 1224)), (90, 95), 0, 2, False, True,
        "IMG_{time:%Y%m%d_%H%M%S}.jpg",
    ),
    _Make(
        "Lumora", ("L2", "L3 mini"), ((1920, 1440), (1600, 1200)), (84, 90), 1, 2, False, True,
        "{time:%Y%m%d_%H%M%S}.jpg",
    ),
    _Make(
        "Pentor", ("Field 100", "Field 300"), ((2048, 1536), (2304, 1536)), (94, 97), 2, 1, False, False,
        "PFLD{counter:04d}.JPG",
    ),
    _Make(
        "Kestrel", ("K-7", "K-9D"), ((1824, 1216), (1536, 1024)), (92, 96), 3, 1, False, False,
        "_K7{counter:05d}.JPG",
    ),
    _Make(
        "Bluebell", ("B12", "B14"), ((1440, 1080), (1280, 960)), (76, 86), 4, 2, True, True,
        "IMG-{time:%Y-%m-%d}-{counter:04d}.jpg",
    ),
    _Make(
        "Morane", ("Pocket S", "Pocket X"), ((1600, 1200), (1280, 960)), (88, 93), 5, 2, False, False,
        "DSC{counter:05d}.JPG",
    ),
)  # fmt: skip
_LARGE = (4000, 3000)


def camera(
    seed: int, index: int, phone: bool | None = None, scale: float = 1.0, large: bool = False
) -> Camera:
    """The index-th camera of an exercise.

    Args:
        seed: the exercise's.
        index: which; equal numbers give equal cameras.
        phone: whether it must be a phone, or must not.
        scale: factor on the sensor's sides.
        large: a sensor of 12 megapixels.
    """
    random = chance(seed, "camera", index)
    fitting = [one for one in _MAKES if phone is None or one.phone == phone]
    line = fitting[int(random.integers(len(fitting)))]
    width, height = _LARGE if large else line.sensors[int(random.integers(len(line.sensors)))]
    model = line.models[int(random.integers(len(line.models)))]
    release = ".".join(str(int(random.integers(*span))) for span in ((1, 9), (0, 9), (0, 20)))
    serial = "".join(str(digit) for digit in random.integers(0, 10, 10))
    return Camera(
        name=f"camera-{index:03d}",
        make=line.make,
        model=model,
        serial=serial,
        lens=f"{line.make} {random.choice([24, 28, 35, 50])}mm f/{random.choice([1.8, 2.0, 2.8])}",
        lens_serial="" if line.phone else "".join(str(digit) for digit in random.integers(0, 10, 8)),
        software=f"{line.make} {release}",
        width=max(160, round(width * scale / 16) * 16),
        height=max(120, round(height * scale / 8) * 8),
        quality=int(random.integers(line.qualities[0], line.qualities[1] + 1)),
        family=line.family,
        subsampling=line.subsampling,
        progressive=line.progressive,
        gain_spread=float(random.uniform(0.006, 0.014)),
        noise=float(random.uniform(0.6, 2.2)),
        shading=float(random.uniform(0.05, 0.35)),
        zone=None if random.random() < 0.3 else int(random.choice([-300, 0, 60, 120, 330])),
        drift=int(random.normal(0, 40)) if random.random() < 0.8 else int(random.normal(0, 90_000)),
        positions=line.phone and random.random() < 0.75,
        files=line.files,
        pattern=number(seed, "sensor", index),
    )


def file_name(camera: Camera, moment: Moment) -> str:
    """The name that the camera gives to a picture."""
    return camera.files.format(time=clock(camera, moment), counter=moment.counter % 10_000)


def clock(camera: Camera, moment: Moment) -> datetime:
    """What the camera's clock shows at a moment, in the zone that it is set to."""
    zone = timezone(timedelta(minutes=camera.zone or 0))
    return (moment.taken + timedelta(seconds=camera.drift)).astimezone(zone)


_compiled = kernel()


@_compiled
def _mixed(x: int, seed: int) -> int:
    h = (x * 0x2C1B3C6D + seed * 0x7FEB352D) & 0xFFFFFFFF
    h ^= h >> 15
    h = (h * 0x297A2D39) & 0xFFFFFFFF
    h ^= h >> 13
    return h


@_compiled
def _bell(h: int) -> float:
    """Nearly normal: the sum of a number's four bytes. Mean 0, deviation 1."""
    return ((h & 255) + ((h >> 8) & 255) + ((h >> 16) & 255) + ((h >> 24) & 255) - 510.0) * (1.0 / 147.8)


@_compiled
def _sense(
    picture: NDArray[np.uint8], gain_spread: float, noise: float, shading: float, pattern: int, grain: int
) -> NDArray[np.uint8]:
    height, width, _ = picture.shape
    out = np.empty_like(picture)
    reach = 4.0 / (width * width + height * height)
    for row in range(height):
        for column in range(width):
            dx = column - 0.5 * width
            dy = row - 0.5 * height
            shade = 1.0 - shading * (dx * dx + dy * dy) * reach
            # One photosite of the colour filter's square serves four pixels of a colour.
            gain = 1.0 + gain_spread * _bell(_mixed(row * 65536 + column, pattern))
            h = _mixed(row * 65536 + column, grain)
            common = _bell(h)
            for channel in range(3):
                value = picture[row, column, channel] * shade * gain
                h = _mixed(h, channel + 1)
                value += (0.6 * common + 0.8 * _bell(h)) * noise * (0.55 + 0.03 * np.sqrt(value))
                out[row, column, channel] = int(min(255.0, max(0.0, value + 0.5)))
    return out


def expose(camera: Camera, seen: Picture, grain: int) -> Picture:
    """What the sensor makes of a perfect picture: its size, shading, fixed pattern and noise.

    Args:
        camera: whose sensor.
        seen: as the lens gives it, any size, in the sensor's proportions, not turned.
        grain: seed of this picture's noise.
    """
    size = (camera.width, camera.height)
    image = Image.fromarray(seen)
    if image.size != size:
        image = image.resize(size, Image.Resampling.BICUBIC)
    return _sense(np.asarray(image), camera.gain_spread, camera.noise, camera.shading, camera.pattern, grain)


def tables(camera: Camera) -> list[list[int]]:
    """The camera's quantisation tables, luma and chroma, in zigzag-free order as Pillow takes them.

    The standard's example tables (ITU-T T.81 Annex K), scaled, and bent a little for each make.
    """
    scale = 5000 / camera.quality if camera.quality < 50 else 200 - 2 * camera.quality
    bend = np.add.outer(np.arange(8), np.arange(8)).ravel() / 14 - 0.5
    return [
        [
            int(v)
            for v in np.clip(
                np.round(np.array(base) * scale * (1 + 0.12 * camera.family * bend) / 100), 1, 255
            )
        ]
        for base in (_LUMA, _CHROMA)
    ]


def write(camera: Camera, pixels: Picture, moment: Moment, description: str = "") -> bytes:
    """A JPEG as the camera writes it. `pixels` lie as on the sensor; an upright picture is marked by EXIF."""
    image = Image.fromarray(pixels)
    small = image.copy()
    small.thumbnail((160, 120), Image.Resampling.BICUBIC, reducing_gap=2.0)
    preview = io.BytesIO()
    small.save(preview, "JPEG", quality=70)
    raw = io.BytesIO()
    image.save(
        raw, "JPEG", qtables=tables(camera), subsampling=camera.subsampling, progressive=camera.progressive,
        exif=_metadata(camera, moment, pixels.shape[1], pixels.shape[0], preview.getvalue(), description),
    )  # fmt: skip
    return raw.getvalue()


def _metadata(
    camera: Camera, moment: Moment, width: int, height: int, preview: bytes, description: str
) -> bytes:
    random = chance(camera.pattern, "settings", moment.counter)
    local = clock(camera, moment)
    main = [
        exif.text(exif.MAKE, camera.make),
        exif.text(exif.MODEL, camera.model),
        exif.short(exif.ORIENTATION, 6 if moment.upright else 1),
        exif.text(exif.SOFTWARE, camera.software),
        exif.text(exif.DATE_TIME, f"{local:%Y:%m:%d %H:%M:%S}"),
    ]
    if description:
        main.append(exif.text(exif.DESCRIPTION, description))
    detail = [
        exif.rational(exif.EXPOSURE_TIME, 1 / float(random.choice([15, 30, 60, 125, 250, 500]))),
        exif.rational(exif.F_NUMBER, float(random.choice([1.8, 2.8, 4.0, 5.6]))),
        exif.short(exif.ISO, int(random.choice([50, 100, 200, 400, 800]))),
        exif.rational(exif.FOCAL_LENGTH, float(random.choice([4.2, 5.1, 24, 35, 50]))),
        exif.text(exif.DATE_TIME_ORIGINAL, f"{local:%Y:%m:%d %H:%M:%S}"),
        exif.text(exif.BODY_SERIAL, camera.serial),
        exif.text(exif.LENS_MODEL, camera.lens),
        exif.long(exif.WIDTH, width),
        exif.long(exif.HEIGHT, height),
    ]
    if camera.lens_serial:
        detail.append(exif.text(exif.LENS_SERIAL, camera.lens_serial))
    if camera.zone is not None:
        sign = "-" if camera.zone < 0 else "+"
        detail.append(
            exif.text(exif.OFFSET_ORIGINAL, f"{sign}{abs(camera.zone) // 60:02d}:{abs(camera.zone) % 60:02d}")
        )
    place = exif.position(moment.latitude, moment.longitude) if camera.positions else []
    return exif.block(main, detail, place, preview)


_LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_CHROMA = (
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99, *(99,) * 32,
)  # fmt: skip
