"""Whether the records keep their rate as videos come in: 10,000 videos' fingerprints, a thousand at a time.

    python -m benchmarks.video_store

Each video has 248 codes upright and 248 mirrored, as a full pass of one a second leaves them. Both are stored
compactly; the table's size on disk is stated a code.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np
from sqlalchemy import insert

from consilience.model.footage import Look, TimedCodes, TimedFingerprint, encode_codes
from consilience.store import footage
from consilience.store.database import Database
from consilience.store.schema import media
from consilience.store.sqlite import SqliteFile

RESULTS = Path(__file__).parent / "results"
CODES, PORTION = 248, 1000


def fingerprint(chance: np.random.Generator, part: str) -> TimedFingerprint:
    times = np.arange(CODES, dtype=np.int64) * 1_000_000 + chance.integers(-40_000, 40_000, CODES)
    codes = chance.integers(0, 256, (CODES, 32), np.uint8)
    qualities = chance.integers(50, 101, CODES).astype(np.uint8)
    data = encode_codes(TimedCodes.of(np.sort(times), codes, qualities))
    return TimedFingerprint("vpdq", "1", part, Look.FULL, float(CODES), "benchmark", data)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--videos", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=RESULTS / "video-store.json")
    given = parser.parse_args()
    chance = np.random.default_rng(1)
    rates: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        database = Database.create(SqliteFile(path, Path(folder)))
        for begin in range(0, given.videos, PORTION):
            made = []
            rows = []
            for number in range(begin, min(begin + PORTION, given.videos)):
                digest = number.to_bytes(32, "big")
                rows.append(
                    {
                        "id": number + 1, "sha256": digest, "sha1": digest[-20:], "md5": digest[-16:],
                        "size": 1, "media_type": "video/mp4", "kind": "video", "examined": "yes",
                        "width": 1, "height": 1, "frames": 1, "seconds": 0.0,
                    }
                )  # fmt: skip
                made += [(number + 1, fingerprint(chance, part)) for part in ("video:0", "video:0/mirrored")]
            begun = time.process_time()
            with database.write() as connection:
                connection.execute(insert(media), rows)
                footage.add_timed(connection, made)
            rates.append(len(rows) / (time.process_time() - begun))
            print(f"{begin + len(rows):,} videos: {rates[-1]:,.0f} a second of processor time", flush=True)
        database.close()
        size = path.stat().st_size
    row = {
        "videos": given.videos,
        "codes": given.videos * CODES * 2,
        "first thousand, videos a second": round(rates[0]),
        "last thousand, videos a second": round(rates[-1]),
        "bytes a code": round(size / (given.videos * CODES * 2), 1),
    }
    print(row)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps({"results": [], "limits": {}, "store": row}, indent=1) + "\n")


if __name__ == "__main__":
    main()
