"""How fast hash lists are read, and in how much memory.

    python -m benchmarks.lists                    a million records a format
    python -m benchmarks.lists --records 10000000 plain nsrl
    python -m benchmarks.lists --quick            twenty thousand records a format

Each list is generated in a temporary folder, read three times by processes of their own, and removed. The
rate is that of the fastest by processor time, memory the highest peak, and what of it was there before the
list was opened. No peer is known that reads these formats outside a forensic suite.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from consilience.interchange.contract import ListAbout
from consilience.interchange.lists import LIST_FORMATS, open_list, write_list
from consilience.model.lists import BrokenRecord, ListRecord

MiB = 1 << 20


def generated(count: int, name: str) -> Iterator[ListRecord]:
    """Records as rich as lists of the format are."""
    chance = random.Random(20)
    for number in range(1, count + 1):
        md5, sha1, sha256, pdq = (chance.randbytes(length) for length in (16, 20, 32, 32))
        attributes: dict[str, object] = {
            "name": f"room {number}.jpg",
            "file_name": f"room {number}.jpg",
            "quality": 99,
        }
        if name == "vics":
            attributes = {
                "MimeType": "image/jpeg",
                "RelativeFilePath": f"Media\\{number}.jpg",
                "DateUpdated": "2023-06-07T02:31:49.8300Z",
                "Tags": "room,garden",
                "VictimIdentified": "false",
                "OffenderIdentified": "false",
                "IsDistributed": "true",
                "IsPrecategorized": "True",
                "MediaFiles": [
                    {
                        "MD5": md5.hex(),
                        "FileName": f"{number}.jpg",
                        "FilePath": "\\a\\b",
                        "Created": "2023-06-07T02:31:49.8300Z",
                        "Unallocated": "false",
                    }
                ],
            }
        elif name == "plain":
            attributes = {}
        yield ListRecord(
            provider_id=str(number),
            md5=md5,
            sha1=sha1,
            sha256=None if name == "vics" else sha256,
            pdq=pdq if name in ("pdq", "columns") else None,
            size=number,
            category=str(number % 5),
            series=("garden",) if name in ("vics", "icse") else (),
            attributes=attributes,
        )


def read(path: Path, name: str) -> dict[str, float]:
    """Read a list once, in this process."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    count = broken = 0
    with open_list(path, name) as opened:
        for entry in opened:
            count += 1
            broken += type(entry) is BrokenRecord
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "records": count,
        "broken": broken,
        "seconds": seconds,
        "before": before / 1024,
        "peak": peak / 1024,
    }


def main() -> None:
    # Those of videos hold kilobytes a record: another matter.
    names = [one.name for one in LIST_FORMATS if one.name not in ("vpdq", "tmk")]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("formats", nargs="*", default=names, help=f"of {', '.join(names)}; all by default")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true", help="twenty thousand records a format")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "lists.json")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)  # the process that reads
    options = parser.parse_args()
    if options.read:
        print(json.dumps(read(options.read, options.formats[0])))
        return
    if options.quick:
        options.records = 20_000
    results = []
    print("format      records     MiB  records/s  MiB/s  peak MiB  of it before")
    for name in options.formats:
        with tempfile.TemporaryDirectory(prefix="lists-") as folder:
            path = Path(folder) / "list"
            write_list(path, generated(options.records, name), ListAbout(format=name))
            size = path.stat().st_size / MiB
            command = [sys.executable, "-m", "benchmarks.lists", name, "--read", str(path)]
            runs = [
                json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(3)
            ]
        best = min(runs, key=lambda run: run["seconds"])
        assert best["records"] == options.records
        assert not best["broken"]
        print(
            f"{name:8} {best['records']:10,} {size:7.0f} {best['records'] / best['seconds']:10,.0f} "
            f"{size / best['seconds']:6.0f} {max(run['peak'] for run in runs):9.0f} {best['before']:12.0f}",
            flush=True,
        )
        rate = best["records"] / best["seconds"]
        about = {"peer": None, "ratio": None}
        results.append({"name": f"list, {name}", "ours": rate, "unit": "records/s"} | about)
        peak = max(run["peak"] - run["before"] for run in runs)
        results.append({"name": f"list, {name}: memory", "ours": peak, "unit": "MiB"} | about)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps({"results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
