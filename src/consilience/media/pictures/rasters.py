"""PNG, GIF, WebP, AVIF, BMP, icons, cursors and JPEG 2000: what Pillow decodes without further ado."""

from __future__ import annotations

from functools import partial

from PIL import Image

from consilience.media.clues.png import png_clues
from consilience.media.clues.text import decoded, text_clue
from consilience.media.pictures.assembly import Decoded, Metadata, assemble, exif_metadata
from consilience.media.pictures.by_pillow import VERSION, load, load_whole_or_filled_up, pixels_of
from consilience.media.pictures.contract import Picture
from consilience.media.structure.gif import GifBlocks, read_gif
from consilience.media.structure.png import chunks, without_texts
from consilience.model.examination import Clue
from consilience.settings import Limits


def decode(data: bytes, media_type: str, limits: Limits) -> Picture:
    """The first frame.

    Raises:
        Undecodable: not one pixel can be had.
    """
    image, damage = load_whole_or_filled_up(data, media_type, limits)
    pixels, path, damage = pixels_of(image, damage)
    frames = int(getattr(image, "n_frames", 1))
    return assemble(Decoded(pixels, VERSION, frames, damage, path), _metadata(image), limits)


def decode_png(data: bytes, media_type: str, limits: Limits) -> Picture:
    """The picture, or the first frame of an animation (APNG).

    Raises:
        Undecodable: not one pixel can be had.
    """
    # Pillow gives up a whole picture over a text that is too long: it does not get to see them.
    image, damage = load(without_texts(data), media_type, limits)
    pixels, path, damage = pixels_of(image, damage)
    frames = int(getattr(image, "n_frames", 1))
    exif = next((data[c.start : c.start + c.length] for c in chunks(data) if c.kind == b"eXIf"), b"")
    metadata = exif_metadata(exif, icc=_bytes(image, "icc_profile"), further=partial(png_clues, data))
    return assemble(Decoded(pixels, VERSION, frames, damage, path), metadata, limits)


def decode_gif(data: bytes, media_type: str, limits: Limits) -> Picture:
    """The first frame; the others are counted.

    Raises:
        Undecodable: not one pixel can be had.
    """
    image, damage = load(data, media_type, limits)
    pixels, path, damage = pixels_of(image, damage)
    blocks = read_gif(data)
    metadata = _metadata(image)._replace(further=partial(_comments, blocks))
    return assemble(Decoded(pixels, VERSION, blocks.frames, damage, path), metadata, limits)


def _comments(blocks: GifBlocks) -> list[Clue]:
    return [clue for raw in blocks.comments for clue in text_clue("comment", decoded(raw), "gif:comment")]


def _metadata(image: Image.Image) -> Metadata:
    exif, xmp, icc = (_bytes(image, key) for key in ("exif", "xmp", "icc_profile"))
    return exif_metadata(exif, xmp, icc)


def _bytes(image: Image.Image, key: str) -> bytes:
    value = image.info.get(key)
    return value if isinstance(value, bytes) else b""
