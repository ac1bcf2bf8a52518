"""Building an exercise: plan, pictures on all cores, archives, other files, bad input, lists, truth."""

from __future__ import annotations

import gzip
import hashlib
import multiprocessing
import os
import shutil
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from multiprocessing.connection import wait
from pathlib import Path
from platform import machine, python_version

from consilience.errors import UsageError
from consilience.exercise import documents, restless
from consilience.exercise.bad.item import Sample
from consilience.exercise.bad.plant import Planted, plant
from consilience.exercise.chance import chance
from consilience.exercise.devices import Device, Exhibit
from consilience.exercise.films import plan as films
from consilience.exercise.films.build import build_films
from consilience.exercise.lists import Known, make_lists
from consilience.exercise.making import STAGING, Made, make_job, put, warm_up
from consilience.exercise.outcomes import with_outcomes
from consilience.exercise.packing import pack
from consilience.exercise.plan import BEGIN, Plan, Shot, make_plan
from consilience.exercise.scenes import HELD_OUT
from consilience.exercise.truth import (
    SCHEMA,
    SCHEMA_VERSION,
    ExhibitTruth,
    FileTruth,
    Head,
    PictureTruth,
    Truth,
    write_truth,
)
from consilience.model.locator import Locator

GENERATOR = "1"
"""Version of the generator. It is frozen: any change of what is built for a seed makes a new version."""

Progress = Callable[[str, int, int], None]
"""Told what is being made, how many are done, and how many there are."""

_LIBRARIES = ("numpy", "numba", "pillow", "scikit-image", "scikit-learn")


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody looks at."""


def build(out: Path, preset: str, seed: int, processes: int, progress: Progress = silent) -> Truth:
    """Build an exercise into an empty or new folder.

    Equal preset and seed give equal bytes with equal libraries on machines of one kind, whatever the number
    of processes.

    Args:
        out: the folder.
        preset: ``tiny``, ``demo``, ``small`` or ``large``; or one of films, ``films-tiny`` or ``films``.
        seed: any number from 0.
        processes: how many work at a time; 1 for this one alone.
        progress: told as things are done.

    Returns:
        What was written to ``truth.json`` and ``truth.jsonl``.

    Raises:
        UsageError: the folder holds something already, or there is no such preset.
    """
    plan = None if preset in films.PRESETS else make_plan(preset, seed)
    if processes < 1 or seed < 0:
        raise UsageError(
            "An exercise needs a seed from 0 and at least one process", "Check --seed and --processes"
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is not empty", "Name a folder that is new or empty")
    if plan is None:
        return build_films(out, preset, seed, processes, progress)
    for exhibit in plan.exhibits:
        (out / "exhibits" / exhibit.number).mkdir(parents=True)
    made = list(_make(out, plan, processes, progress))
    progress("other files", 0, 1)
    shots = {shot.name: shot for job in plan.jobs for shot in job.shots}
    written = list(_documents(out, plan))
    files = [*_placed(made), *_packed(out, plan, made), *(one for one, _ in written), *_crowd(out, plan)]
    planted = [_plant(out, plan, exhibit, made, shots) for exhibit in _with_bad_input(plan)]
    files += [one for each in planted for one in each.files]
    if plan.preset.restless:
        exhibit = _with_bad_input(plan)[0]
        root = out / "exhibits" / exhibit.number
        files += restless.plant(root, exhibit.number, 4, seed, int(BEGIN.timestamp()))
    progress("lists", 0, 1)
    known = [*_known(made, shots), *(one for _, one in written)]
    lists, entries = make_lists(out, known, plan.preset.filling, seed)
    files = with_outcomes(files, known, entries)
    shutil.rmtree(out / STAGING, ignore_errors=True)
    _settle(out / "exhibits")
    truth = Truth(
        Head(
            schema=SCHEMA,
            schema_version=SCHEMA_VERSION,
            generator=GENERATOR,
            seed=seed,
            preset=preset,
            libraries=_libraries(),
            left_out=(*plan.left_out, *(text for each in planted for text in each.left_out)),
            held_out=HELD_OUT,
            operation=plan.operation,
            cases=plan.cases,
            exhibits=tuple(
                ExhibitTruth(
                    number=one.number,
                    case=one.case,
                    device=one.device,
                    description=one.description,
                    cameras=tuple(taker.name for taker in one.cameras),
                )
                for one in plan.exhibits
            ),
            cameras=plan.cameras,
            lists=lists,
            counts=dict(sorted(Counter(one.what for one in files).items())),
        ),
        tuple(_picture(shots[one.picture], one) for one in made if one.variant.alteration is None),
        tuple(sorted(files, key=lambda one: (one.exhibit, one.locator))),
        entries,
    )
    write_truth(out, truth)
    return truth


def _make(out: Path, plan: Plan, processes: int, progress: Progress) -> Iterator[Made]:
    total = len(plan.jobs)
    progress("pictures", 0, total)
    warm_up()
    if processes == 1:
        for done, job in enumerate(plan.jobs, 1):
            yield from make_job(out, job)
            progress("pictures", done, total)
        return
    # Not forked: whoever calls may have threads, and a fork copies their locks.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _end_with_parent) as pool:
        for done, made in enumerate(pool.map(partial(make_job, out), plan.jobs), 1):
            yield from made
            progress("pictures", done, total)


def _end_with_parent() -> None:
    """Let a worker end when whoever started it is killed; it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="watches the parent").start()


def _placed(made: Iterable[Made]) -> Iterator[FileTruth]:
    for one in made:
        for place in one.variant.places:
            if place.archive is None:
                yield _file(place.exhibit, Locator.of_path(os.fsencode(place.path)), one)


def _file(exhibit: str, locator: Locator, one: Made) -> FileTruth:
    return FileTruth(
        exhibit=exhibit,
        locator=locator.encode().hex(),
        shown=locator.display(),
        what="picture",
        size=one.size,
        sha256=one.sha256.hex(),
        pictures=(one.picture, *one.beside),
        alteration=one.variant.alteration,
    )


def _packed(out: Path, plan: Plan, made: Iterable[Made]) -> Iterator[FileTruth]:
    waiting: defaultdict[int, dict[str, Made]] = defaultdict(dict)
    for one in made:
        for place in one.variant.places:
            if place.archive is not None:
                waiting[place.archive][place.path] = one
    for archive in plan.archives:
        if not waiting[archive.number]:
            continue
        packed, locators = pack(out, archive)
        put(out / "exhibits" / archive.exhibit / archive.path, packed, archive.modified)
        root = Locator.of_path(os.fsencode(archive.path))
        yield _plain(
            archive.exhibit, root, "container", packed, f"{archive.format} with {len(locators)} pictures"
        )
        inner = {locator.steps[:-1] for locator in locators.values()} - {root.steps}
        for steps in inner:  # the tar within a gzip file is a file of its own
            yield _inner_tar(archive.exhibit, Locator(steps), packed)
        for path, one in sorted(waiting[archive.number].items()):
            yield _file(archive.exhibit, locators[path], one)


def _inner_tar(exhibit: str, locator: Locator, packed: bytes) -> FileTruth:
    return _plain(exhibit, locator, "container", gzip.decompress(packed), "tar within gzip")


def _plain(exhibit: str, locator: Locator, what: str, content: bytes, note: str) -> FileTruth:
    return FileTruth(
        exhibit=exhibit,
        locator=locator.encode().hex(),
        shown=locator.display(),
        what=what,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        note=note,
    )


def _documents(out: Path, plan: Plan) -> Iterator[tuple[FileTruth, Known]]:
    """Files that are no pictures; every fifth lies on a second device too."""
    random = chance(plan.seed, "documents")
    homes = {
        Device.PHONE: "Internal storage/Documents/",
        Device.LAPTOP: "Users/{owner}/Documents/",
        Device.STICK: "",
        Device.CARD: "MISC/",
    }
    for k in range(plan.preset.others):
        ending, content, what = documents.document(k, random)
        for copy in range(2 if k % 5 == 4 else 1):
            exhibit = plan.exhibits[int(random.integers(len(plan.exhibits)))]
            name = f"note {k:05d}{' (copy)' if copy else ''}{ending}"
            path = homes[exhibit.device].format(owner=exhibit.owner) + name
            put(out / "exhibits" / exhibit.number / path, content, int(BEGIN.timestamp()) + 977 * k)
            known = Known(
                picture="",
                kind="document",
                original=True,
                in_exhibits=True,
                size=len(content),
                md5=hashlib.md5(content, usedforsecurity=False).digest(),
                sha1=hashlib.sha1(content, usedforsecurity=False).digest(),
                sha256=hashlib.sha256(content).digest(),
                pdq=b"",
                quality=0,
            )
            yield _plain(exhibit.number, Locator.of_path(path.encode()), what, content, "document"), known


def _crowd(out: Path, plan: Plan) -> Iterator[FileTruth]:
    exhibit = next((one for one in plan.exhibits if one.device == Device.LAPTOP), plan.exhibits[0])
    folder = f"Users/{exhibit.owner}/AppData/Local/Thumbnails/"
    for name, content, what in documents.crowd(plan.preset.crowd, chance(plan.seed, "crowd")):
        put(out / "exhibits" / exhibit.number / folder / name, content, int(BEGIN.timestamp()))
        yield _plain(
            exhibit.number, Locator.of_path((folder + name).encode()), what, content, "one of a crowd"
        )


def _with_bad_input(plan: Plan) -> list[Exhibit]:
    sticks = [one for one in plan.exhibits if one.device == Device.STICK]
    return sticks[:2] or list(plan.exhibits[:1])


def _plant(out: Path, plan: Plan, exhibit: Exhibit, made: list[Made], shots: dict[str, Shot]) -> Planted:
    random = chance(plan.seed, "bad input", exhibit.number)
    sound = [
        (one, place)
        for one in made
        for place in one.variant.places[:1]
        if one.variant.alteration is None and shots[one.picture].kind == "scene" and place.archive is None
    ]
    # Pictures of a burst would make each damaged copy a lookalike of the burst's others.
    sound.sort(key=lambda pair: (shots[pair[0].picture].burst is not None, pair[0].quality < 80))
    firm = sum(shots[one.picture].burst is None and one.quality >= 80 for one, _ in sound)
    chosen = [sound[int(k)] for k in random.permutation(max(2, firm))[:2]]
    samples = [
        Sample(one.picture, (out / "exhibits" / place.exhibit / place.path).read_bytes())
        for one, place in chosen
    ]
    root = out / "exhibits" / exhibit.number
    return plant(
        root, exhibit.number, "recovered/", samples, plan.preset.depth, int(BEGIN.timestamp()), random
    )


def _known(made: Iterable[Made], shots: dict[str, Shot]) -> list[Known]:
    """The contents of all pictures, as lists may name them."""
    return [
        Known(
            picture=one.picture,
            kind=shots[one.picture].kind,
            original=one.variant.alteration is None,
            in_exhibits=bool(one.variant.places),
            md5=one.md5,
            sha1=one.sha1,
            sha256=one.sha256,
            size=one.size,
            pdq=one.pdq,
            quality=one.quality,
            in_burst=shots[one.picture].burst is not None,
        )
        for one in made
    ]


def _picture(shot: Shot, one: Made) -> PictureTruth:
    scene = shot.kind == "scene"
    return PictureTruth(
        name=shot.name,
        kind=shot.kind if shot.kind in ("scene", "photograph") else "drawn",
        family=shot.subject,
        scene=shot.scene,
        burst=shot.burst,
        camera=shot.camera.name if shot.camera else None,
        taken=shot.moment.taken.isoformat() if scene else None,
        latitude=shot.moment.latitude if scene else None,
        longitude=shot.moment.longitude if scene else None,
        sha256=one.sha256.hex(),
        pdq=one.pdq.hex(),
        quality=one.quality,
    )


def _libraries() -> dict[str, str]:
    found = {"python": python_version(), "machine": machine()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def _settle(root: Path) -> None:
    """Give all folders one time: otherwise they would tell when the exercise was built."""
    moment = int(BEGIN.timestamp())
    for folder, _, _ in os.walk(os.fsencode(root), topdown=False):
        try:
            os.utime(folder, (moment, moment))
        except OSError:  # deeper than a path can name; its time stays
            continue
