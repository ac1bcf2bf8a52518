"""Every benchmark in turn: ``python -m benchmarks`` or, in a few minutes, ``python -m benchmarks --quick``.

Results go to benchmarks/results/: one JSON file a benchmark; latest.json with all of them, what the machine
allows, how busy it was and which peers were missing; and plots of pictures and of searches. Those of a quick
run lie in benchmarks/results/quick/.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.plots import Bar, Group, plot

RESULTS = Path(__file__).parent / "results"
PEERS = ("pdqhash", "threatexchange", "perception", "faiss", "vpdq")
PARTS = ("pictures", "ingest", "video", "search", "lists", "audit")
KINDS = {"pdq": "codes correlated as those of pictures", "variants": "variants of some thousand pictures"}
FOOT = "Each program on one core, in turn with the others; medians of processor time. Command: make bench"

Rows = list[dict[str, Any]]


def main() -> None:
    """Runs all parts, or draws the plots of what was measured last."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", default=PARTS, help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="smaller data, fewer rounds")
    parser.add_argument("--collect", action="store_true", help="measure nothing: gather what there is")
    given = parser.parse_args()
    results = RESULTS / "quick" if given.quick else RESULTS
    results.mkdir(parents=True, exist_ok=True)
    for part in () if given.collect else given.parts:
        print(f"\n{part}\n{'=' * len(part)}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{part}", "--out", str(results / f"{part}.json")]
        subprocess.run([*command, *(["--quick"] if given.quick else [])], check=True)
    latest = collected(results)
    for peer in latest["missing"]:
        print(f"Not installed, and so not measured: {peer}")
    (results / "latest.json").write_text(json.dumps(latest, indent=1) + "\n")
    for name, drawn in (("pictures", pictures(latest["results"])), ("search", searches(latest["results"]))):
        if drawn:
            (results / f"{name}.svg").write_text(drawn)


def collected(results: Path) -> dict[str, Any]:
    """All results, limits and missing peers of the files in a folder."""
    missing = [name for name in PEERS if find_spec(name) is None]
    latest: dict[str, Any] = {"results": [], "limits": {}, "load": {}, "missing": missing}
    for part in (*PARTS, "search-large"):
        path = results / f"{part}.json"
        if not path.exists():
            continue
        found = json.loads(path.read_text())
        latest["results"] += found.get("results", [])
        latest["limits"] |= {f"{part}: {name}": value for name, value in found.get("limits", {}).items()}
        if "load" in found:
            latest["load"][part] = found["load"]
    return latest


def pictures(rows: Rows) -> str:
    """Milliseconds from a file to its fingerprint, beside the peers."""
    beside = [row for row in rows if row["name"].startswith("12 MP JPEG to PDQ") and row["unit"] == "ms"]
    ours = {row["name"].rpartition(", ")[2]: row["ours"] for row in beside if row["peer"] is None}
    peers = {row["name"].partition(", and ")[2]: row["peer"] for row in beside if row["peer"] is not None}
    if "exact" not in ours:
        return ""
    labels = {"exact": "Consilience, exact", "fast": "Consilience, first look"}
    bars = [Bar(labels[way], ours[way], "ours", f"{ours[way]:.0f} ms") for way in labels if way in ours]
    for name, value in sorted(peers.items(), key=lambda peer: peer[1]):
        bars.append(Bar(name, value, "peer", f"{value:.0f} ms · {value / ours['exact']:.1f} x exact"))
    for row in rows:
        if "entropy" in row["name"] and row["peer"] is None and row["unit"] == "ms":
            note = f"{row['ours']:.0f} ms · the floor of any decoder"
            bars.append(Bar("entropy decoding alone", row["ours"], "limit", note))
            break
    title = "From a 12-megapixel JPEG to its PDQ fingerprint (shorter is better)"
    return plot(title, "milliseconds", [Group("One file, one core", bars)], FOOT)


def searches(rows: Rows) -> str:
    """Queries a second by number of codes and their kind, beside the peers."""
    groups = []
    for label, found in _by_label(rows):
        ours = found.pop("one core", None) or found.pop("mapped, by processor time", None)
        if ours is None:
            continue
        bars = [Bar("Consilience", ours["ours"], "ours", f"{ours['ours']:,.0f}")]
        for row in sorted(found.values(), key=lambda row: -(row["peer"] or 0)):
            if row["peer"] is not None:
                name = row["name"].partition("one core, and ")[2]
                note = f"{row['peer']:,.0f} · 1/{row['ratio']:,.0f}"
                bars.append(Bar(name, row["peer"], "peer", note))
        for kind, words in KINDS.items():
            label = label.replace(f"{kind} codes", words)
        groups.append(Group(label, bars))
    title = "Exact search within 31 bits of 256 (longer is better)"
    return plot(title, "queries a second", groups, FOOT) if groups else ""


def _by_label(rows: Rows) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """For each collection of codes, its rates of searching by what they are of; the smallest first."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        label, _, what = row["name"].partition(": queries, ")
        if what and row["unit"] in ("queries/s", "queries/s a core"):
            found.setdefault(label, {})[what] = row
    for label in sorted(found, key=lambda label: int(re.sub(r"\D", "", label))):
        yield label, found[label]


if __name__ == "__main__":
    main()
