"""Archives of an exercise: zip, tar and gzipped tar with equal bytes for equal members."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from consilience.exercise.making import STAGING
from consilience.exercise.plan import Archive
from consilience.model.locator import Locator, Step, StepKind


def zip_of(members: list[tuple[bytes, bytes, int]], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of (name, content, modified) in the given order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content, modified in members:
            moment = datetime.fromtimestamp(max(modified, 315_619_200), UTC)
            entry = zipfile.ZipInfo(name.decode("utf-8", "surrogateescape"), moment.timetuple()[:6])
            entry.create_system, entry.external_attr, entry.compress_type = 3, 0o100644 << 16, compression
            archive.writestr(entry, content)
    return out.getvalue()


def tar_of(members: list[tuple[bytes, bytes, int]]) -> bytes:
    """A tar archive of (name, content, modified) in the given order."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content, modified in members:
            entry = tarfile.TarInfo(name.decode("utf-8", "surrogateescape"))
            entry.size, entry.mtime, entry.mode = len(content), modified, 0o644
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def gzip_of(name: str, content: bytes, modified: int) -> bytes:
    """A gzip file that remembers its content's name."""
    out = io.BytesIO()
    with gzip.GzipFile(name, "wb", 6, out, modified) as file:
        file.write(content)
    return out.getvalue()


def pack(out: Path, archive: Archive) -> tuple[bytes, dict[str, Locator]]:
    """Pack the members that wait for an archive.

    Returns:
        The archive's bytes, and the locator of each member by its path in the archive.
    """
    folder = out / STAGING / f"{archive.number}"
    paths = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []
    members = [
        (os.fsencode(path.relative_to(folder)), path.read_bytes(), int(path.stat().st_mtime))
        for path in paths
    ]
    root = Locator.of_path(os.fsencode(archive.path))
    if archive.format == "zip":
        packed = zip_of(members)
    else:
        packed = tar_of(members)
        if archive.format == "tar.gz":
            inner = archive.path.rsplit("/", 1)[-1].removesuffix(".gz")
            packed = gzip_of(inner, packed, archive.modified)
            root = root.into(Step(StepKind.MEMBER, inner.encode(), 0))
    locators = {
        name.decode("utf-8", "surrogateescape"): root.into(Step(StepKind.MEMBER, name, ordinal))
        for ordinal, (name, _, _) in enumerate(members)
    }
    shutil.rmtree(folder, ignore_errors=True)
    return packed, locators
