"""Files of an exhibit that are no pictures, and the crowd of small ones in a program's cache."""

from __future__ import annotations

import io
import json
import sqlite3
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from consilience.exercise.alterations import Chance, phrase


def document(index: int, random: Chance) -> tuple[str, bytes, str]:
    """One file: the ending of its name, its bytes, and what it is: ``other``, ``container`` or ``media``."""
    kind = ("txt", "csv", "html", "json", "db", "log", "ini", "wav", "eml", "py")[index % 10]
    lines = [phrase(random, 3, 9) for _ in range(int(random.integers(4, 60)))]
    what = "media" if kind == "wav" else "other"
    if kind == "csv":
        body = "".join(f"{line.replace(' ', ',')}\n" for line in ["name amount place", *lines]).encode()
    elif kind == "html":
        body = (
            "<!DOCTYPE html>\n<html><head><title>Recipes</title></head><body>\n"
            + "".join(f"<p>{line}</p>\n" for line in lines)
            + "</body></html>\n"
        ).encode()
    elif kind == "json":
        body = json.dumps({"items": lines, "count": len(lines)}, indent=1).encode()
    elif kind == "db":
        body = _database(lines)
    elif kind == "wav":
        body = _sound(random)
    elif kind == "eml":
        body = (
            "From: aunt@example.org\nTo: owner@example.org\nSubject: "
            + lines[0]
            + "\nDate: Mon, 2 Mar 2026 10:00:00 +0000\n\n"
            + "\n".join(lines)
            + "\n"
        ).encode()
    elif kind == "py":
        body = (
            "import math\n\n"
            + "".join(f"def {line.split()[0].lower()}():\n    return {line!r}\n\n" for line in lines)
        ).encode()
    else:
        body = ("\n".join(lines) + "\n").encode()
    return f".{kind}", body, what


def _database(lines: list[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notes.db"
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, words TEXT)")
            connection.executemany("INSERT INTO notes (words) VALUES (?)", [(line,) for line in lines])
        connection.close()
        return path.read_bytes()


def _sound(random: Chance) -> bytes:
    """A second of a chord."""
    rate = 8000
    time = np.arange(rate) / rate
    tones = sum(
        np.sin(2 * np.pi * float(pitch) * time) for pitch in random.choice([220, 247, 262, 294, 330, 392], 3)
    )
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.asarray(tones) * 6000).astype("<i2").tobytes())
    return out.getvalue()


def crowd(count: int, random: Chance) -> Iterator[tuple[str, bytes, str]]:
    """Names, bytes and kinds of many small files for one folder: thumbnails and scraps of text in turn."""
    for k in range(count):
        if k % 2:
            yield f"{k:06d}.txt", f"entry {k}: {phrase(random, 2, 5)}\n".encode(), "other"
        else:
            blocks = random.integers(0, 256, (4, 4, 3), np.uint8)
            out = io.BytesIO()
            Image.fromarray(blocks).resize((24, 24), Image.Resampling.BICUBIC).save(
                out, "PNG", compress_level=1
            )
            yield f"{k:06d}.png", out.getvalue(), "picture"
