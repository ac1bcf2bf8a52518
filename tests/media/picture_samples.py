"""Pictures made for the tests: patterns in every format and variant, and raw files written byte by byte."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

Array = NDArray[np.uint8]
GOLDEN_HEIC = Path(__file__).parent / "golden" / "heic"


def pattern(height: int = 96, width: int = 128, seed: int = 0) -> Array:
    """Waves with a little noise: no two quarters alike, so that every turn can be told."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    noise = np.random.default_rng(seed).normal(0, 6, (height, width, 3))
    waves = np.stack(
        [
            96 + 90 * np.sin(x / 9 + y / 31) + 40 * (x > width * 0.7),
            110 + 80 * np.cos(y / 12 - x / 40) + 50 * (y > height * 0.6),
            120 + 70 * np.sin(np.hypot(x - width / 3, y - height / 4) / 8),
        ],
        axis=-1,
    )
    return np.clip(waves + noise, 0, 255).astype(np.uint8)


def heic_pattern() -> Array:
    """The pattern in the golden HEIC files."""
    y, x = np.mgrid[:48, :64]
    return np.stack([x * 4, y * 5, (x // 16 + y // 16) % 2 * 255], -1).clip(0, 255).astype(np.uint8)


def image(mode: str = "RGB", height: int = 96, width: int = 128) -> Image.Image:
    """The pattern in one of Pillow's modes."""
    rgb = Image.fromarray(pattern(height, width))
    if mode in ("RGBA", "LA", "PA"):
        alpha = Image.linear_gradient("L").resize((width, height))
        with_alpha = rgb.convert("RGBA")
        with_alpha.putalpha(alpha)
        return with_alpha if mode == "RGBA" else with_alpha.convert(mode)
    if mode == "I;16":
        grey = np.asarray(rgb.convert("L")).astype(np.uint16)
        return Image.fromarray(grey * 256 + grey[::-1])
    if mode == "F":
        return Image.fromarray(np.asarray(rgb.convert("L")).astype(np.float32) / 255)
    return rgb.convert(mode)


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    """A picture as the bytes of a file."""
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def exif_block(orientation: int = 1, thumbnail: bytes = b"") -> bytes:
    """An Exif block with every kind of fact that becomes a clue."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = "Harbour Optics", "Model 7", "Developer 2.1"
    exif[0x0112] = orientation
    exif[0x0132] = "2024:05:17 09:30:05"
    exif[0x013B], exif[0x8298], exif[0x010E] = "A. Artist", "(c) nobody", "Boats at rest"
    exif.get_ifd(0x8769).update(
        {
            0x9003: "2024:05:17 09:30:01",
            0x9291: "25",
            0x9011: "+02:00",
            0x9004: "2024:05:17 09:30:02",
            0x9286: b"ASCII\0\0\0a note",
            0xA420: "0123456789abcdef0123456789abcdef",
            0xA430: "An Owner",
            0xA431: "SER-42",
            0xA433: "Lens Works",
            0xA434: "35mm f/2",
            0xA435: "LENS-7",
        }
    )
    exif.get_ifd(0x8825).update(
        {
            1: "N",
            2: (52.0, 30.0, 36.0),
            3: "W",
            4: (13.0, 22.5, 0.0),
            5: b"\1",
            6: 12.5,
            7: (7.0, 30.0, 1.5),
            29: "2024:05:17",
        }
    )
    if not thumbnail:
        return exif.tobytes()
    return exif_with_thumbnail(orientation, thumbnail)


def exif_with_thumbnail(orientation: int, thumbnail: bytes) -> bytes:
    """A small Exif block whose second directory holds a thumbnail."""
    first = struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 26)
    offset = 8 + len(first) + 2 + 24 + 4
    second = struct.pack("<HHHIIHHIII", 2, 0x0201, 4, 1, offset, 0x0202, 4, 1, len(thumbnail), 0)
    return b"Exif\0\0II*\0\x08\0\0\0" + first + second + thumbnail


def tiff(entries: dict[int, tuple[int, int, bytes]], body: bytes = b"", magic: bytes = b"II*\0") -> bytes:
    """A little-endian TIFF file: tag to type, count and packed value; offsets ``BODY`` point to the body."""
    count = len(entries)
    extra_at = 8 + 2 + 12 * count + 4
    extra, directory = b"", struct.pack("<H", count)
    longs = b"".join(
        raw + b"\0" * (-len(raw) % 2) for _, _, raw in entries.values() if raw != BODY and len(raw) > 4
    )
    body_at = extra_at + len(longs)
    for tag, (kind, items, raw) in sorted(entries.items()):
        if raw == BODY:
            raw = struct.pack("<I", body_at)
        if len(raw) <= 4:
            value = raw.ljust(4, b"\0")
        else:
            value = struct.pack("<I", extra_at + len(extra))
            extra += raw + b"\0" * (-len(raw) % 2)
        directory += struct.pack("<HHI", tag, kind, items) + value
    return magic + struct.pack("<I", 8) + directory + struct.pack("<I", 0) + extra + body


BODY = b"<at the body>"


def dng(
    height: int = 128, width: int = 192, orientation: int = 1, make: bytes = b"Harbour Optics\0"
) -> bytes:
    """An uncompressed DNG of a colour-filter array, with the tags that LibRaw needs."""
    rgb = pattern(height, width)
    mosaic = np.empty((height, width), np.uint16)
    for row, column, channel in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        mosaic[row::2, column::2] = rgb[row::2, column::2, channel].astype(np.uint16) * 256
    identity = b"".join(struct.pack("<ii", int(one * 10000), 10000) for one in np.eye(3).ravel())
    short, long_ = (lambda v: (3, 1, struct.pack("<H", v))), (lambda v: (4, 1, struct.pack("<I", v)))
    return tiff(
        {
            0x00FE: long_(0),
            0x0100: long_(width),
            0x0101: long_(height),
            0x0102: short(16),
            0x0103: short(1),
            0x0106: short(32803),
            0x010F: (2, len(make), make),
            0x0110: (2, 8, b"Model 7\0"),
            0x0111: (4, 1, BODY),
            0x0112: short(orientation),
            0x0115: short(1),
            0x0116: long_(height),
            0x0117: long_(mosaic.nbytes),
            0x828D: (3, 2, struct.pack("<HH", 2, 2)),
            0x828E: (1, 4, b"\0\1\1\2"),
            0xC612: (1, 4, b"\1\4\0\0"),
            0xC614: (2, 15, b"Harbour Model7\0"),
            0xC61D: long_(65535),
            0xC621: (10, 9, identity),
            0xC628: (5, 3, struct.pack("<6I", 1, 1, 1, 1, 1, 1)),
            0xC62F: (2, 7, b"BODY-9\0"),
            0xC65A: short(21),
        },
        mosaic.tobytes(),
    )


def psd(depth: int = 8, channels: int = 3, mode: int = 3, thumbnail: bytes = b"") -> bytes:
    """A Photoshop file with a raw composite, and a thumbnail resource."""
    rgb = pattern(60, 80)
    planes = [rgb[..., at % 3] for at in range(channels)]
    data = b"".join(
        (p.astype(np.uint16) * 257).astype(">u2").tobytes() if depth == 16 else p.tobytes() for p in planes
    )
    resources = b""
    if thumbnail:
        body = struct.pack(">IIIIIIHH", 1, 80, 60, 240, 60 * 240, len(thumbnail), 24, 1) + thumbnail
        resources = b"8BIM" + struct.pack(">HHI", 1036, 0, len(body)) + body + b"\0" * (len(body) % 2)
    header = b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", channels, 60, 80, depth, mode)
    return header + struct.pack(">II", 0, len(resources)) + resources + struct.pack(">IH", 0, 0) + data


def variants() -> Iterator[tuple[str, bytes, str]]:
    """Name, bytes and media type of a sound file of every format and variant."""
    for quality, sampling, progressive in ((90, 0, False), (60, 2, False), (80, 1, True), (30, 2, True)):
        options = {"quality": quality, "subsampling": sampling, "progressive": progressive}
        yield f"jpeg-{quality}-{sampling}", encoded(image(), "JPEG", **options), "image/jpeg"
    yield "jpeg-grey", encoded(image("L"), "JPEG"), "image/jpeg"
    yield "jpeg-cmyk", encoded(image("CMYK"), "JPEG"), "image/jpeg"
    yield "jpeg-exif", encoded(image(), "JPEG", exif=exif_block(6)), "image/jpeg"
    small = encoded(image(height=24, width=32), "JPEG")
    yield "jpeg-thumbnail", encoded(image(), "JPEG", exif=exif_with_thumbnail(8, small)), "image/jpeg"
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        yield f"png-{mode}", encoded(image(mode), "PNG"), "image/png"
    frames = [image(), image().rotate(180)]
    animated = {"save_all": True, "append_images": frames[1:], "duration": 100}
    yield "apng", encoded(frames[0], "PNG", **animated), "image/png"
    info = PngImagePlugin.PngInfo()
    info.add_text("Software", "Painter 3")
    info.add_itxt("Comment", "grüße", zip=True)
    yield "png-text", encoded(image(), "PNG", pnginfo=info, exif=exif_block(3)), "image/png"
    yield "gif", encoded(image("P"), "GIF", comment=b"made here"), "image/gif"
    yield (
        "gif-animated",
        encoded(frames[0].convert("P"), "GIF", save_all=True, append_images=frames[1:]),
        "image/gif",
    )
    yield "webp-lossy", encoded(image(), "WEBP", exif=exif_block(8)), "image/webp"
    yield "webp-lossless", encoded(image("RGBA"), "WEBP", lossless=True), "image/webp"
    yield "webp-animated", encoded(frames[0], "WEBP", **animated), "image/webp"
    yield "avif", encoded(image(), "AVIF"), "image/avif"
    yield "avif-turned", encoded(image(), "AVIF", exif=exif_block(6)), "image/avif"
    yield "avif-animated", encoded(frames[0], "AVIF", **animated), "image/avif"
    for mode in ("1", "L", "RGB", "P"):
        yield f"bmp-{mode}", encoded(image(mode), "BMP"), "image/bmp"
    yield "ico", encoded(image("RGBA", 64, 64), "ICO", sizes=[(16, 16), (64, 64)]), "image/vnd.microsoft.icon"
    yield "jp2", encoded(image(), "JPEG2000"), "image/jp2"
    yield "j2k", encoded(image("L"), "JPEG2000", no_jp2=True), "image/x-jp2-codestream"
    for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "LAB", "YCbCr", "I;16", "I", "F"):
        yield f"tiff-{mode}", encoded(image(mode), "TIFF"), "image/tiff"
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield f"tiff-{compression}", encoded(image(), "TIFF", compression=compression), "image/tiff"
    yield "tiff-fax", encoded(image("1"), "TIFF", compression="group4"), "image/tiff"
    yield "tiff-pages", encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:]), "image/tiff"
    yield "tiff-turned", encoded(image(), "TIFF", tiffinfo={0x0112: 6}), "image/tiff"
    yield "tiff-big", encoded(image(), "TIFF", big_tiff=True), "image/tiff"
    yield "mpo", encoded(frames[0], "MPO", save_all=True, append_images=frames[1:]), "image/jpeg"
    yield "psd", psd(thumbnail=small), "image/vnd.adobe.photoshop"
    yield "psd-cmyk", psd(channels=4, mode=4), "image/vnd.adobe.photoshop"
    yield "psd-16-bit", psd(depth=16, thumbnail=small), "image/vnd.adobe.photoshop"
    yield "dng", dng(), "image/x-adobe-dng"
    yield "dng-turned", dng(orientation=6), "image/x-adobe-dng"
    for path in sorted(GOLDEN_HEIC.glob("*.heic")):
        yield path.stem, path.read_bytes(), "image/heic"
