"""From pixels and metadata to a `Picture`: orientation, previews, clues."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from consilience.media.clues.exif import exif_clues
from consilience.media.clues.icc import icc_clues
from consilience.media.clues.text import MAX_CLUES
from consilience.media.clues.xmp import xmp_clues
from consilience.media.pictures.by_libjpeg import decode_jpeg
from consilience.media.pictures.contract import (
    EXACT,
    MAX_PREVIEW_PIXELS,
    MAX_PREVIEWS,
    Picture,
    Pixels,
    Preview,
    Undecodable,
    in_words,
)
from consilience.media.pictures.turning import orient
from consilience.media.structure.exif import NO_EXIF, Exif, embedded_jpeg, read_exif
from consilience.model.examination import Clue
from consilience.model.problems import Problem, ProblemCode
from consilience.settings import Limits


class Embedded(NamedTuple):
    """A JPEG file inside the file.

    Attributes:
        source: where it stands.
        data: its bytes.
        orientation: to be applied to its pixels; 1-8.
    """

    source: str
    data: bytes
    orientation: int = 1


class Metadata(NamedTuple):
    """What stands beside the pixels, still raw.

    Attributes:
        tags: of the Exif block.
        xmp: a packet.
        icc: a colour profile.
        embedded: pictures in the file.
        further: makes the clues of the file's own format.
    """

    tags: Exif = NO_EXIF
    xmp: bytes = b""
    icc: bytes = b""
    embedded: tuple[Embedded, ...] = ()
    further: Callable[[], list[Clue]] = list


def exif_metadata(
    block: bytes,
    xmp: bytes = b"",
    icc: bytes = b"",
    embedded: tuple[Embedded, ...] = (),
    further: Callable[[], list[Clue]] = list,
) -> Metadata:
    """Metadata with the tags and the thumbnail of an Exif block, or of a whole TIFF file."""
    tags = read_exif(block)
    # The thumbnail is stored turned like the picture itself.
    if data := embedded_jpeg(block, tags.thumbnail):
        embedded = (Embedded("exif:thumbnail", data, tags.orientation), *embedded)
    return Metadata(tags, xmp, icc, embedded, further)


class Decoded(NamedTuple):
    """Pixels as a decoder left them.

    Attributes:
        pixels: as stored, or as displayed where the decoder turned them already.
        decoder: library and version.
        frames: pictures in the file.
        damage: where only part could be read.
        decode_path: how they differ from the picture's own.
        turned: whether they are as displayed.
        full_size: width and height as displayed, where the pixels are fewer.
    """

    pixels: Pixels
    decoder: str
    frames: int = 1
    damage: Problem | None = None
    decode_path: str = EXACT
    turned: bool = False
    full_size: tuple[int, int] | None = None


def assemble(decoded: Decoded, metadata: Metadata, limits: Limits) -> Picture:
    """The picture as displayed, with its clues and previews. Broken metadata never cost the picture."""
    clues: list[Clue] = []
    tags = metadata.tags
    readers: tuple[tuple[str, Callable[[], list[Clue]]], ...] = (
        ("exif", partial(exif_clues, tags)),
        ("xmp", partial(xmp_clues, metadata.xmp)),
        ("icc", partial(icc_clues, metadata.icc)),
        ("format", metadata.further),
    )
    for source, reader in readers:
        try:
            clues += reader()
        except Exception as error:  # hostile metadata; the readers are meant not to raise, and this says it
            clues.append(Clue("unreadable-metadata", f"{type(error).__name__}: {in_words(error)}", source))
    previews, preview_clues = _previews(metadata.embedded, limits)
    pixels = decoded.pixels if decoded.turned else orient(decoded.pixels, tags.orientation)
    height, width = pixels.shape[:2]
    if decoded.full_size:
        width, height = decoded.full_size
    return Picture(
        pixels=pixels,
        width=width,
        height=height,
        frames=decoded.frames,
        decoder=decoded.decoder,
        decode_path=decoded.decode_path,
        previews=previews,
        clues=tuple((clues + preview_clues)[:MAX_CLUES]),
        damage=decoded.damage,
    )


def _previews(embedded: tuple[Embedded, ...], limits: Limits) -> tuple[tuple[Preview, ...], list[Clue]]:
    """The embedded pictures that can be decoded, each content once, and a clue for each."""
    small = Limits(memory=limits.memory, pixels=min(limits.pixels, MAX_PREVIEW_PIXELS))
    previews: list[Preview] = []
    clues: list[Clue] = []
    seen: set[str] = set()
    for item in embedded[:MAX_PREVIEWS]:
        digest = hashlib.sha256(item.data).hexdigest()
        if digest in seen:
            continue
        seen.add(digest)
        try:
            pixels, decoder, damage = decode_jpeg(item.data, small)
        except Undecodable as error:
            clues.append(Clue("preview", f"{error.problem.code} sha256:{digest}", item.source))
            continue
        except Exception:  # a broken preview must not cost the picture
            clues.append(Clue("preview", f"{ProblemCode.DAMAGED} sha256:{digest}", item.source))
            continue
        height, width = pixels.shape[:2]
        note = " damaged" if damage else ""
        clues.append(Clue("preview", f"{width}x{height} sha256:{digest}{note}", item.source))
        previews.append(Preview(len(previews), orient(pixels, item.orientation), item.source, decoder))
    return tuple(previews), clues
