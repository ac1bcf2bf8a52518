"""Passes over videos beside the vpdq package, in turn in one process, by processor time.

    python -m benchmarks.video                  about ten minutes of processor time
    python -m benchmarks.video --quick          plain ones only, shorter

Films are drawn and encoded here in H.264, a camera moving over what it films: *rough*, ground of detail and
noise that cost as many bits as anything does (preset veryfast, CRF 21); and *plain*, a wall of photographs
that packages ship with a good sensor's noise (preset medium, CRF 23), as services keep films. 480p and
1080p with a key frame every 48 and every 250 frames, of lengths that hold whole groups; and one as phones
write them (12 Mb/s, a key frame every 30, no B frames). Figures are seconds of film a second of processor
time: of a core, whatever else the machine does. The share above the decoder is what a pass takes beyond
decoding the same frames.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from benchmarks.camera import photographs
from PIL import Image

from consilience.fingerprints import vpdq
from consilience.media.footage import Pace, Watching, opened
from consilience.model.footage import Look
from consilience.settings import Limits

RESULTS = Path(__file__).parent / "results"
RATE = 25
HOURS, RENDITIONS, CORES = 6_288, 3, 16
"""The operation for which the whole is worked out."""


class Film(NamedTuple):
    name: str
    width: int
    height: int
    seconds: int
    gop: int
    options: dict[str, str]
    draw: Callable[[int, int], np.ndarray]
    noise: float

    @property
    def frames(self) -> int:
        """Whole groups, so that none has a key frame more than its share."""
        return max(1, self.seconds * RATE // self.gop) * self.gop

    @property
    def length(self) -> float:
        """Seconds."""
        return self.frames / RATE


def films(quick: bool) -> list[Film]:
    long, short = (20, 10) if quick else (40, 20)
    rough = {"preset": "veryfast", "crf": "21", "x264-params": "scenecut=0"}
    plain = {"preset": "medium", "crf": "23", "x264-params": "scenecut=0"}
    phone = {"preset": "veryfast", "b": "12M", "maxrate": "12M", "bufsize": "12M", "bf": "0"}
    sizes = (("480p", 854, 480, long), ("1080p", 1920, 1080, short))
    kinds = (("plain", plain, photographed, 2.0), ("rough", rough, ground, 5.0))
    served = [
        Film(f"{size}, GOP {gop}, {kind}", width, height, seconds, gop, options, draw, noise)
        for kind, options, draw, noise in (kinds[:1] if quick else kinds)
        for size, width, height, seconds in sizes
        for gop in (48, 250)
    ]
    name = "phone, 1080p, 12 Mb/s, GOP 30, no B frames"
    return served if quick else [*served, Film(name, 1920, 1080, short // 2, 30, phone, ground, 5.0)]


def ground(high: int, wide: int) -> np.ndarray:
    """Luma of ground that is rough at every scale."""
    chance = np.random.default_rng(1)
    rough = np.zeros((high, wide), np.float32)
    for cells in (6, 24, 96, 384, 768):
        coarse = chance.normal(size=(cells, cells * wide // high)).astype(np.float32)
        rows = np.arange(high) * cells // high
        columns = np.arange(wide) * coarse.shape[1] // wide
        rough += coarse[rows][:, columns] * 60 / cells**0.2
    return rough + 128


def photographed(high: int, wide: int) -> np.ndarray:
    """Luma of a wall of photographs that packages ship: a cat, coffee, a street, a flower and the like."""
    wall = Image.new("L", (wide, high))
    across, down = -(-wide // 3), -(-high // 2)
    chosen = [photographs()[number] for number in (0, 1, 6, 8, 11, 12)]
    for place, photograph in enumerate(chosen):
        resized = photograph.convert("L").resize((across, down), Image.Resampling.BICUBIC)
        wall.paste(resized, (place % 3 * across, place // 3 * down))
    return np.asarray(wall, dtype=np.float32)


def shots(film: Film) -> Iterator[np.ndarray]:
    """Luma of one frame after another."""
    chance = np.random.default_rng(1)
    # Far enough from the ends that noise never passes them: bytes may then be added as they are.
    painted = np.clip(film.draw(film.height + 400, film.width + 700), 30, 220).astype(np.uint8)
    noise = [
        np.clip(chance.normal(scale=film.noise, size=(film.height, film.width)), -16, 16)
        .astype(np.int8)
        .view(np.uint8)
        for _ in range(8)
    ]
    for number in range(film.frames):
        left, top = int(300 + 280 * np.sin(number / 90)), int(180 + 170 * np.sin(number / 60))
        yield painted[top : top + film.height, left : left + film.width] + noise[number % 8]


def written(film: Film) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = film.width, film.height, "yuv420p"
        stream.codec_context.gop_size = film.gop
        stream.options = film.options
        for luma in shots(film):
            frame = av.VideoFrame(film.width, film.height, "yuv420p")
            for plane, values in zip(frame.planes, (luma, None, None), strict=True):
                rows = np.full((plane.height, plane.line_size), 128, np.uint8)
                if values is not None:
                    rows[:, : film.width] = values
                plane.update(rows.tobytes())
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def decode(data: bytes, pace: Pace) -> None:
    with opened(io.BytesIO(data), "video/mp4", Limits()) as footage:
        for _ in Watching(footage.container, footage.streams[0], pace, Limits(), lambda: None):
            pass


def watch(data: bytes, look: Look) -> vpdq.Watched:
    return vpdq.watch(io.BytesIO(data), "video/mp4", look, Limits(), lambda: None)


def agreement(data: bytes, theirs: list[Any]) -> dict[str, Any]:
    """The vpdq mode beside the package, frame by frame."""
    codes = watch(data, Look.EXACT).timed[0].codes()
    far = [
        (int.from_bytes(code.tobytes(), "big") ^ int(one.hex, 16)).bit_count()
        for one, code in zip(theirs, codes.codes, strict=False)
    ]
    times = [abs(begin / 1e6 - one.timestamp) for one, begin in zip(theirs, codes.begins, strict=False)]
    return {
        "frames": len(codes),
        "same number": len(codes) == len(theirs),
        "most bits": max(far),
        "most seconds": float(max(times)),
    }


def measure(film: Film, rounds: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    data = written(film)
    rows: list[dict[str, Any]] = []
    agreed: dict[str, Any] = {"megabits a second": round(len(data) * 8e-6 / film.length, 2)}
    ways: dict[str, Callable[[], object]] = {
        "first look": lambda: watch(data, Look.FIRST),
        "full pass": lambda: watch(data, Look.FULL),
        "vpdq mode": lambda: watch(data, Look.EXACT),
        "decode key": lambda: decode(data, Pace.KEY),
        "decode reference": lambda: decode(data, Pace.REFERENCE),
        "decode every": lambda: decode(data, Pace.EVERY),
    }
    theirs: list[list[Any]] = []
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(data)
        file.flush()
        if find_spec("vpdq"):
            import vpdq as package

            ways["peer"] = lambda: theirs.append(package.computeHash(file.name, thread_count=1))
        ways["first look"]()
        took: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, work in ways.items():
                took[name].append(seconds(work))
        if theirs:
            agreed |= agreement(data, theirs[0])
    speed = {name: film.length / statistics.median(values) for name, values in took.items()}
    decoders = {
        "first look": "decode key",
        "full pass": "decode reference",
        "vpdq mode": "decode every",
    }
    for way, decoder in decoders.items():
        peer = speed.get("peer")
        rows.append(
            {
                "name": f"{film.name}: {way}",
                "unit": "x real time a core",
                "ours": round(speed[way], 2),
                "peer": None if peer is None else round(peer, 2),
                "ratio": None if peer is None else round(speed[way] / peer, 2),
                "share above the decoder": round(max(0.0, 1 - speed[way] / speed[decoder]), 3),
            }
        )
    return rows, agreed


def projection(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Hours for the whole operation on 16 cores: one rendition in 1080p, two in 480p."""
    found: dict[str, float] = {}
    speeds = {row["name"]: row["ours"] for row in rows}
    for way, gop, kind in itertools.product(("first look", "full pass"), (48, 250), ("plain", "rough")):
        if f"1080p, GOP {gop}, {kind}: {way}" not in speeds:
            continue
        by_size = [speeds[f"{size}, GOP {gop}, {kind}: {way}"] for size in ("1080p", "480p", "480p")]
        hours = sum(HOURS * RENDITIONS / 3 / speed for speed in by_size) / CORES
        found[f"{way}, GOP {gop}, {kind}"] = round(hours, 2)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="shorter films, one round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS / "video.json")
    given = parser.parse_args()
    rows: list[dict[str, Any]] = []
    agreed: dict[str, Any] = {}
    for film in films(given.quick):
        measured, agreed[film.name] = measure(film, 1 if given.quick else given.rounds)
        rows += measured
        for row in measured:
            print(f"{row['name']:58} {row['ours']:8.1f}  peer {row['peer']}  ratio {row['ratio']}  "
                  f"above the decoder {row['share above the decoder']:.1%}", flush=True)  # fmt: skip
        print(f"  {agreed[film.name]}", flush=True)
    hours = projection(rows)
    print(f"{HOURS:,} hours in {RENDITIONS} renditions on {CORES} cores, hours: {hours}")
    given.out.parent.mkdir(parents=True, exist_ok=True)
    found = {"quick": given.quick, "results": rows, "limits": {}, "agreement": agreed, "projection": hours}
    given.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
