"""Lists of videos by TMK+PDQF: a ``.tmk`` file is one video, named as the file is.

A folder of such files is a list: see `video_folder`. Entries are kept whole, and compared when somebody has
the TMK+PDQF hash of a video to ask with. The format itself is read in `tmk`.

Carried when written: the file, of one record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from consilience.errors import FormatError
from consilience.interchange import tmk
from consilience.interchange.contract import Entry, Fit, Head, ListAbout, ListFile
from consilience.model.lists import BrokenRecord, ListRecord, VideoRecord
from consilience.model.locator import printable_text

FILE_LIMIT: Final = 32 << 20
"""Bytes of one file; those in use have a quarter of a million."""


class TmkLists:
    """The format ``tmk``."""

    name = "tmk"
    describes = "a TMK+PDQF hash of one video"
    hints = (".tmk",)

    def fit(self, head: Head) -> Fit:
        """Certain by its magic number."""
        return Fit.CERTAIN if head.data.startswith(tmk.MAGIC) else Fit.NO

    def read(self, path: Path) -> ListFile:
        """Open a list."""
        about = ListAbout(format=self.name, version=tmk.VERSION)
        return ListFile(lambda: about, _entries(path), lambda: None, lambda: None)

    def write(self, path: Path, records: Iterable[ListRecord], about: ListAbout) -> None:  # noqa: ARG002
        """Write the one record.

        Raises:
            FormatError: there are several or none, or it has no TMK+PDQF hash.
        """
        data = []
        for one in records:
            if not isinstance(one, VideoRecord) or one.algorithm != tmk.NAME:
                raise FormatError(f"record {one.provider_id} has no TMK+PDQF hash", "It holds nothing else")
            data.append(one.data)
        if len(data) != 1:
            raise FormatError(f"{len(data)} TMK+PDQF hashes for one file", "A file holds one video")
        path.write_bytes(data[0])


def _entries(path: Path) -> Iterator[Entry]:
    with path.open("rb") as file:
        data = file.read(FILE_LIMIT + 1)
    try:
        if len(data) > FILE_LIMIT:
            raise FormatError(f"a TMK+PDQF file of more than {FILE_LIMIT} bytes")
        found = tmk.read_tmk(data)
    except FormatError as error:
        yield BrokenRecord(1, error.what)
        return
    yield VideoRecord(
        provider_id=printable_text(path.name),
        algorithm=tmk.NAME,
        version=tmk.VERSION,
        data=data,
        attributes={"frames": found.frames, "frames_per_second": found.frames_per_second},
        position=1,
    )
