"""Every benchmark in turn: ``python -m benchmarks`` or, in a few minutes, ``python -m benchmarks --quick``.

Results go to benchmarks/results/: one JSON file a benchmark, and latest.json with all of them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
PARTS = ("pictures", "search")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smaller data, fewer rounds")
    arguments = parser.parse_args()
    latest: dict[str, object] = {"results": [], "limits": {}}
    for part in PARTS:
        print(f"\n{part}\n{'=' * len(part)}", flush=True)
        out = RESULTS / f"{part}.json"
        command = [sys.executable, "-m", f"benchmarks.{part}", "--out", str(out)]
        subprocess.run([*command, *(["--quick"] if arguments.quick else [])], check=True)
        found = json.loads(out.read_text())
        latest["results"] = [*latest["results"], *found["results"]]
        latest["limits"] = {**latest["limits"], **found.get("limits", {})}
    (RESULTS / "latest.json").write_text(json.dumps(latest, indent=1) + "\n")


if __name__ == "__main__":
    main()
