"""Building an exercise of films: plan, files on all cores, bad input, truth."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.metadata import version
from pathlib import Path
from platform import machine, python_version

import av

from consilience.exercise.chance import chance
from consilience.exercise.films.bad import plant_bad_films
from consilience.exercise.films.making import Job, MadeFilm, make_film
from consilience.exercise.films.plan import PRESETS, FilmPlan, plan_films
from consilience.exercise.films.truth import Films, write_films
from consilience.exercise.plan import BEGIN
from consilience.exercise.scenes import HELD_OUT
from consilience.exercise.truth import (
    SCHEMA,
    SCHEMA_VERSION,
    CaseTruth,
    ExhibitTruth,
    FileTruth,
    Head,
    Truth,
    write_truth,
)
from consilience.model.outcomes import Outcome

GENERATOR = "films-1"
"""Version of the generator of films; any change of what is built for a seed makes a new version."""

_CASES = (
    CaseTruth(number="2026-0701", agency="Northmoor Constabulary", title="Training case F"),
    CaseTruth(number="2026-0718", agency="Northmoor Constabulary", title="Training case G"),
)
_EXHIBITS = (
    ExhibitTruth(number="FI701-01", case="2026-0701", device="laptop", description="laptop, films"),
    ExhibitTruth(number="FI701-02", case="2026-0701", device="stick", description="memory stick, films"),
    ExhibitTruth(number="FI718-01", case="2026-0718", device="phone", description="phone, films"),
)
_SEEN = (Outcome.NEW, Outcome.NEAR_DUPLICATE, Outcome.SEEN_BEFORE)

Progress = Callable[[str, int, int], None]


def build_films(out: Path, preset_name: str, seed: int, processes: int, progress: Progress) -> Truth:
    """Build an exercise of films.

    Args:
        out: the folder, new or empty.
        preset_name: a name in `PRESETS`.
        seed: any number from 0; same seed, same bytes, whatever the number of processes, with equal
            libraries on machines of one kind.
        processes: how many work at a time.
        progress: told as things are done.

    Returns:
        What was written to ``truth.json`` and ``truth.jsonl``; what is true of the films' seconds is in
        ``films.json``.
    """
    preset = PRESETS[preset_name]
    plan = plan_films(preset, seed, tuple(one.number for one in _EXHIBITS))
    for exhibit in _EXHIBITS:
        (out / "exhibits" / exhibit.number).mkdir(parents=True)
    made = list(_made(out, plan, processes, progress))
    files = [_file(one) for one in made]
    if preset.bad:
        sample = next(one for one in made if one.truth.strength == "low")
        root = out / "exhibits" / _EXHIBITS[1].number
        source = (out / "exhibits" / sample.truth.exhibit / sample.truth.shown).read_bytes()
        files += plant_bad_films(root, _EXHIBITS[1].number, source, chance(seed, "bad films"))
    truth = Truth(
        Head(
            schema=SCHEMA,
            schema_version=SCHEMA_VERSION,
            generator=GENERATOR,
            seed=seed,
            preset=preset_name,
            libraries=_libraries(),
            left_out=(),
            held_out=HELD_OUT,
            operation="Operation Reel",
            cases=_CASES,
            exhibits=_EXHIBITS,
            cameras=(),
            lists=(),
            counts=dict(sorted(Counter(one.what for one in files).items())),
        ),
        (),
        tuple(sorted(files, key=lambda one: (one.exhibit, one.locator))),
        (),
    )
    write_films(
        out,
        Films(
            generator=GENERATOR,
            beds=tuple(plan.beds),
            files=tuple(sorted((one.truth for one in made), key=lambda one: (one.film, one.shown))),
        ),
    )
    write_truth(out, truth)
    return truth


def _made(out: Path, plan: FilmPlan, processes: int, progress: Progress) -> Iterator[MadeFilm]:
    jobs = [Job(plan, film) for film in plan.films]
    progress("films", 0, len(jobs))
    work = partial(make_film, out, int(BEGIN.timestamp()))
    if processes == 1:
        for done, job in enumerate(jobs, 1):
            yield from work(job)
            progress("films", done, len(jobs))
        return
    # Not forked: whoever calls may have threads, and a fork copies their locks.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        for done, made in enumerate(pool.map(work, jobs), 1):
            yield from made
            progress("films", done, len(jobs))


def _file(one: MadeFilm) -> FileTruth:
    truth = one.truth
    return FileTruth(
        exhibit=truth.exhibit,
        locator=truth.locator,
        shown=truth.shown,
        what="media",
        size=one.size,
        sha256=truth.sha256,
        outcomes=_SEEN,
        note=f"{truth.film}: {truth.alteration} {truth.strength}".strip(),
    )


def _libraries() -> dict[str, str]:
    found = {"python": python_version(), "machine": machine()}
    found |= {name: version(name) for name in ("av", "numpy", "numba", "pillow")}
    found |= {name: ".".join(map(str, number)) for name, number in sorted(av.library_versions.items())}
    return found
