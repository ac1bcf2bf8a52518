"""Lists of videos by their vPDQ codes.

A file of the text form (a line a frame) is one video, named as the file is. A file of the JSON form has an
array a line, each a video, as ``["hex,quality,seconds", …]``; the word ``vpdq`` may stand before it. Where an
array runs over many lines, it is the file's only one. Videos of arrays are named by their codes. A folder of
such files is a list, too: see `video_folder`. The forms themselves are read in `vpdq`.

A video is taken whole or not at all: one bad line in it, and it is broken.

Carried when written, as an array a line: codes, qualities and times; of codes that stay equal for a while,
the first moment and the last.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from consilience.errors import FormatError
from consilience.interchange import vpdq
from consilience.interchange.contract import Entry, Fit, Head, ListAbout, ListFile
from consilience.interchange.vpdq import Frame
from consilience.model.footage import MICROSECONDS, VPDQ, VPDQ_VERSION, decode_codes, encode_codes
from consilience.model.lists import BrokenRecord, ListRecord, VideoRecord
from consilience.model.locator import printable_text

VIDEO_LIMIT: Final = 128 << 20
"""Bytes of one video's text: a million frames, which no fingerprint exceeds."""

_TEXT = re.compile(rb"\s*\d+\s*,\s*\d{1,3}\s*,\s*[0-9A-Fa-f]{64}\s*,\s*\d")
_JSON = re.compile(rb'\s*(?:vpdq\s+)?\[\s*"[0-9A-Fa-f]{64}\s*,', re.IGNORECASE)
_WORD = re.compile(r"\s*vpdq\s+", re.ASCII | re.IGNORECASE)


class VpdqLists:
    """The format ``vpdq``."""

    name = "vpdq"
    describes = "vPDQ codes of videos: a line a frame of one video, or a JSON array a video"
    hints = ("vpdq",)

    def fit(self, head: Head) -> Fit:
        """Certain where a frame stands at the beginning: nothing else looks like it."""
        return Fit.CERTAIN if _TEXT.match(head.text) or _JSON.match(head.text) else Fit.NO

    def read(self, path: Path) -> ListFile:
        """Open a list."""
        file = path.open("rb")
        size = path.stat().st_size
        about = ListAbout(format=self.name, version=VPDQ_VERSION)
        entries = _entries(file, printable_text(path.name))
        return ListFile(lambda: about, entries, lambda: file.tell() / size if size else 1.0, file.close)

    def write(self, path: Path, records: Iterable[ListRecord], about: ListAbout) -> None:  # noqa: ARG002
        """Write an array a line.

        Raises:
            FormatError: a record has no vPDQ codes.
        """
        with path.open("wb") as file:
            for one in records:
                if not isinstance(one, VideoRecord) or one.algorithm != VPDQ:
                    raise FormatError(f"record {one.provider_id} has no vPDQ codes", "It holds nothing else")
                file.write(vpdq.write_json(_moments(one.data)).encode() + b"\n")


def video_of(frames: Sequence[Frame], name: str | None, position: int) -> VideoRecord:
    """The record of a video, named by its codes where it has no name."""
    codes = vpdq.codes_of(frames)
    data = encode_codes(codes)
    return VideoRecord(
        provider_id=name or f"vpdq:{hashlib.sha256(data).hexdigest()[:32]}",
        algorithm=VPDQ,
        version=VPDQ_VERSION,
        data=data,
        attributes={"frames": len(frames), "seconds": round(int(codes.ends.max()) / MICROSECONDS, 3)},
        position=position,
    )


def _entries(file: BinaryIO, name: str) -> Iterator[Entry]:
    start = file.read(1 << 10)
    file.seek(0)
    if _TEXT.match(start.removeprefix(b"\xef\xbb\xbf")):
        yield _read(file.read(VIDEO_LIMIT + 1), name, 1)
        return
    position = 0
    while line := file.readline(VIDEO_LIMIT + 1):
        if position == 0 and not line.rstrip().endswith(b"]"):
            # Laid out over many lines: one array, the file's only one.
            yield _read(line + file.read(VIDEO_LIMIT + 1 - len(line)), None, 1)
            return
        position += 1
        if line.strip():
            yield _read(line, None, position)
        while len(line) > VIDEO_LIMIT and not line.endswith(b"\n"):
            line = file.readline(VIDEO_LIMIT + 1)


def _read(data: bytes, name: str | None, position: int) -> Entry:
    """One video: of the text form if it has a name, of the JSON form else."""
    if len(data) > VIDEO_LIMIT:
        return BrokenRecord(position, f"a video of more than {VIDEO_LIMIT} bytes")
    try:
        text = data.decode("utf-8-sig")
        frames = vpdq.read_text(text) if name else vpdq.read_json(_WORD.sub("", text, count=1))
        return video_of(frames, name, position)
    except UnicodeDecodeError:
        return BrokenRecord(position, "not UTF-8 text")
    except FormatError as error:
        return BrokenRecord(position, error.what)


def _moments(data: bytes) -> Iterator[Frame]:
    """The frames that lead to the same codes when they are read again: of a run, both ends."""
    codes = decode_codes(data)
    for row in range(len(codes)):
        for at in np.unique([codes.begins[row], codes.ends[row]]).tolist():
            yield Frame(None, int(codes.qualities[row]), codes.codes[row].tobytes(), at / MICROSECONDS)
