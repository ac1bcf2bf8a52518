"""The files that the documents speak of: a stick, two editions of a list, a few pictures. All made here."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from consilience.fingerprints.pdq import Pdq

MOUNTS = "/mnt/"
"""Where the documents attach exhibits; a test puts a folder of its own in its place."""

_MODEL = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media"


def picture(seed: int) -> Image.Image:
    """Soft random colours; no two seeds resemble each other."""
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((640, 480), Image.Resampling.BICUBIC)


def make(place: Path) -> None:
    """Lay the files out in a folder."""
    garden, harbour, room, lamp = (picture(seed) for seed in range(4))
    stick = place / "mnt" / "stick"
    _stick(stick, garden, harbour, room, lamp)
    _list(place / "known.json", (stick / "DCIM/garden.jpg", None), (None, harbour), broken=True)
    _list(place / "known-2.json", (None, harbour), (stick / "DCIM/room.jpg", None))
    (place / "codes.txt").write_text(f"{_sha256(stick / 'DCIM/lamp.jpg')}\n")
    garden.save(place / "a.jpg", quality=90)
    garden.resize((400, 300)).transpose(Image.Transpose.ROTATE_90).save(place / "b.png")
    room.save(place / "c.jpg", quality=90)


def _stick(
    stick: Path, garden: Image.Image, harbour: Image.Image, room: Image.Image, lamp: Image.Image
) -> None:
    for folder in ("DCIM", "copies", "sent"):
        (stick / folder).mkdir(parents=True)
    for name, image in (("garden", garden), ("harbour", harbour), ("lamp", lamp), ("room", room)):
        image.save(stick / "DCIM" / f"{name}.jpg", quality=90)
    (stick / "copies" / "garden (1).jpg").write_bytes((stick / "DCIM/garden.jpg").read_bytes())
    harbour.resize((400, 300)).save(stick / "sent" / "harbour.webp", quality=70)
    room.transpose(Image.Transpose.ROTATE_90).save(stick / "sent" / "room.png")
    (stick / "broken.jpg").write_bytes((stick / "DCIM/room.jpg").read_bytes()[:300])
    (stick / "empty.jpg").touch()
    (stick / "link").symlink_to("notes.txt")
    (stick / "notes.txt").write_text("a note\n")
    table = io.BytesIO()
    picture(9).save(table, "JPEG", quality=90)
    with zipfile.ZipFile(stick / "old.zip", "w") as archive:
        archive.write(stick / "DCIM/garden.jpg", "garden.jpg")
        archive.writestr("table.jpg", table.getvalue())


def _list(path: Path, *entries: tuple[Path | None, Image.Image | None], broken: bool = False) -> None:
    """A Project VIC list; an entry names the bytes of a file, or the look of a picture."""
    media: list[dict[str, object]] = []
    for file, image in entries:
        record: dict[str, object] = {"MediaID": 1000 + len(media), "Category": "2", "Series": "north room"}
        if file is not None:
            record |= {"SHA1": hashlib.sha1(file.read_bytes()).hexdigest(), "MediaID": file.stem}
        if image is not None:
            code = Pdq().fingerprint(np.asarray(image)).codes[0].tobytes().hex()
            record |= {"AlternativeHashes": [{"HashName": "PDQ", "HashValue": code}], "MediaID": "harbour"}
        media.append(record)
    if broken:
        media.append({"MediaID": 1002, "MD5": "0123"})
    path.write_text(json.dumps({"@odata.context": _MODEL, "value": media}))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
