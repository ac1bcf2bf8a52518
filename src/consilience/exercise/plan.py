"""The plan of an exercise: who, which devices, which pictures, what becomes of each and where it lies.

A plan is made in one process from the seed alone and is small; the work in it can then be done by any number
of processes in any order, and gives the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import cycle

import msgspec

from consilience.errors import UsageError
from consilience.exercise import hard_negatives, photographs
from consilience.exercise.alterations import GRID, MESSENGER, Alteration
from consilience.exercise.cameras import Camera, Moment, camera
from consilience.exercise.chance import chance
from consilience.exercise.containers import CONTAINERS
from consilience.exercise.devices import Device, Exhibit, Way, folder_and_name
from consilience.exercise.truth import CaseTruth


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """How large an exercise is.

    Attributes:
        agencies, cases, exhibits: whose it is.
        scenes: of all families together.
        views: most viewpoints of one scene.
        repeats: how often each alteration of each strength occurs.
        bursts: of three pictures each.
        photographs: crops of photographs that packages ship.
        drawn: hard negatives that are drawn.
        others: files that are no pictures.
        filling: entries of lists that are about nothing in the exercise, over all lists together.
        crowd: files in one folder.
        depth: folders within folders.
        scale: factor on the sides of cameras' sensors.
        large: share of cameras with 12 megapixels.
        render: longer side of what is rendered, before the camera's sensor takes it.
        restless: whether some files change while they are read (`restless.stir`).
    """

    agencies: int
    cases: int
    exhibits: int
    scenes: int
    views: int
    repeats: int
    bursts: int
    photographs: int
    drawn: int
    others: int
    filling: int
    crowd: int
    depth: int
    scale: float = 1.0
    large: float = 0.0
    render: int = 960
    restless: bool = False


PRESETS: dict[str, Preset] = {
    "tiny": Preset(
        agencies=1, cases=2, exhibits=4, scenes=6, views=2, repeats=0, bursts=1, photographs=4, drawn=11,
        others=8, filling=50, crowd=40, depth=40, scale=0.35, render=400,
    ),
    "demo": Preset(
        agencies=1, cases=2, exhibits=4, scenes=30, views=2, repeats=1, bursts=3, photographs=14, drawn=33,
        others=30, filling=400, crowd=120, depth=60, scale=0.7, render=720,
    ),
    "small": Preset(
        agencies=2, cases=5, exhibits=14, scenes=160, views=3, repeats=6, bursts=12, photographs=60,
        drawn=220, others=200, filling=20_000, crowd=3_000, depth=300, large=0.06, restless=True,
    ),
    "large": Preset(
        agencies=4, cases=14, exhibits=48, scenes=2_500, views=3, repeats=400, bursts=300, photographs=1_500,
        drawn=8_000, others=8_000, filling=450_000, crowd=100_000, depth=1_500, scale=0.4, large=0.01,
        render=512, restless=True,
    ),
}  # fmt: skip


class Place(msgspec.Struct, frozen=True):
    """Where a file is put.

    Attributes:
        exhibit: number.
        path: relative to the exhibit.
        archive: number of the archive that it goes into instead, or None.
        modified: seconds since 1970.
    """

    exhibit: str
    path: str
    archive: int | None
    modified: int


class Variant(msgspec.Struct, frozen=True):
    """One content made of a picture, and every place where it lies. `alteration` is None for the original."""

    number: int
    alteration: Alteration | None
    places: tuple[Place, ...]


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """One picture and what becomes of it.

    Attributes:
        name: in the truth.
        kind: ``scene``, ``photograph``, or a kind of `hard_negatives`.
        subject: family of scenes, photograph's name, or the kind again.
        number: which scene or crop or drawing.
        view: which viewpoint; `step` which picture of a burst.
        ending: of the original's name.
    """

    name: str
    kind: str
    subject: str
    scene: str
    number: int
    view: int = 0
    step: int = 0
    burst: str | None = None
    camera: Camera | None = None
    moment: Moment
    ending: str = ".jpg"
    variants: tuple[Variant, ...] = ()


class Archive(msgspec.Struct, frozen=True):
    """An archive in an exhibit; its members are placed into it. `nested` archives go into another one."""

    number: int
    exhibit: str
    path: str
    format: str
    modified: int


class Job(msgspec.Struct, frozen=True):
    """Shots that one process makes together: all views of a scene."""

    seed: int
    render: int
    views: int
    shots: tuple[Shot, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All that is to be made."""

    seed: int
    preset_name: str
    preset: Preset
    operation: str
    cases: tuple[CaseTruth, ...]
    exhibits: tuple[Exhibit, ...]
    cameras: tuple[Camera, ...]
    archives: tuple[Archive, ...]
    jobs: tuple[Job, ...]
    left_out: tuple[str, ...]


BEGIN = datetime(2025, 9, 1, tzinfo=UTC)
SPAN_DAYS = 400
_AGENCIES = (
    "Northmoor Constabulary",
    "Vale Province Police",
    "Eastholm Judicial Police",
    "Harbour State Bureau",
)
_OPERATIONS = ("Tidewater", "Lantern", "Heron", "Cobalt", "Almanac", "Juniper")
_OWNERS = ("user", "owner", "pc", "home", "admin", "guest")
_FAMILIES = ("room", "garden", "street", "table", "valley", "harbour")
_ARCHIVES = ((".zip", "zip"), (".tar", "tar"), (".tar.gz", "tar.gz"), (".zip", "zip"))


def preset_named(name: str) -> Preset:
    """A preset.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in PRESETS:
        raise UsageError(f"There is no preset “{name}”", f"Choose one of {', '.join(PRESETS)}")
    return PRESETS[name]


def make_plan(preset_name: str, seed: int) -> Plan:
    """Plan an exercise.

    Raises:
        UsageError: there is no such preset.
    """
    return _Planner(preset_name, preset_named(preset_name), seed).plan()


class _Planner:
    def __init__(self, preset_name: str, preset: Preset, seed: int) -> None:
        self._name, self._preset, self._seed = preset_name, preset, seed
        self._random = chance(seed, "plan")
        self._taken_paths: set[tuple[str, str]] = set()
        self._counters: defaultdict[str, int] = defaultdict(lambda: int(self._random.integers(100, 4000)))
        self._archives: list[Archive] = []
        self._variants: defaultdict[str, list[Variant]] = defaultdict(list)
        self._places: defaultdict[tuple[str, int], list[Place]] = defaultdict(list)

    def plan(self) -> Plan:
        self._people()
        shots = [*self._scenes(), *self._crops(), *self._drawings()]
        self._originals(shots)
        self._spread(shots)
        self._grid(shots)
        finished = [self._finished(shot) for shot in shots]
        return Plan(
            seed=self._seed,
            preset_name=self._name,
            preset=self._preset,
            operation=f"Operation {_OPERATIONS[int(self._random.integers(len(_OPERATIONS)))]}",
            cases=self._cases,
            exhibits=self._exhibits,
            cameras=self._cameras,
            archives=tuple(self._archives),
            jobs=self._jobs(finished),
            left_out=self._left_out,
        )

    # -- Who and what ------------------------------------------------------------------------------

    def _people(self) -> None:
        preset, random = self._preset, self._random
        agencies = _AGENCIES[: preset.agencies]
        self._cases = tuple(
            CaseTruth(
                number=f"{2026 - (k % 2)}-{400 + 17 * k:04d}",
                agency=agencies[k % len(agencies)],
                title=f"Training case {chr(65 + k % 26)}{k // 26 or ''}",
            )
            for k in range(preset.cases)
        )
        exhibits: list[Exhibit] = []
        cameras: list[Camera] = []
        devices = (Device.PHONE, Device.STICK, Device.LAPTOP, Device.CARD, Device.PHONE, Device.LAPTOP)
        for k in range(preset.exhibits):
            case = self._cases[k * len(self._cases) // preset.exhibits]
            device = devices[k % len(devices)]
            own: list[Camera] = []
            wanted = {
                Device.PHONE: [True],
                Device.CARD: [False],
                Device.LAPTOP: [True, False],
                Device.STICK: [],
            }[device]
            for phone in wanted:
                # A laptop may hold pictures of a camera whose card is another exhibit.
                if device == Device.LAPTOP and cameras and random.random() < 0.4:
                    own.append(cameras[int(random.integers(len(cameras)))])
                    continue
                cameras.append(
                    camera(
                        self._seed, len(cameras), phone, preset.scale, bool(random.random() < preset.large)
                    )
                )
                own.append(cameras[-1])
            within = sum(one.case == case.number for one in exhibits) + 1
            exhibits.append(
                Exhibit(
                    number=f"{case.agency[:2].upper()}{case.number[-3:]}-{within:02d}",
                    case=case.number,
                    device=device,
                    description=_describe(device, own),
                    cameras=tuple(own),
                    owner=_OWNERS[int(random.integers(len(_OWNERS)))],
                )
            )
        if preset.large and not any(one.width >= 4000 for one in cameras):
            first = exhibits[0]
            cameras.append(camera(self._seed, len(cameras), True, 1.0, True))
            exhibits[0] = msgspec.structs.replace(first, cameras=(*first.cameras, cameras[-1]))
        self._exhibits, self._cameras = tuple(exhibits), tuple(cameras)
        for exhibit in exhibits:
            if exhibit.device in (Device.LAPTOP, Device.STICK):
                for ending, format_name in _ARCHIVES:
                    folder = f"Users/{exhibit.owner}/Documents/" if exhibit.device == Device.LAPTOP else ""
                    path = self._free(exhibit.number, f"{folder}pictures {len(self._archives) + 1}{ending}")
                    self._archives.append(
                        Archive(len(self._archives), exhibit.number, path, format_name, self._when() // 2 * 2)
                    )

    # -- What is photographed ----------------------------------------------------------------------

    def _scenes(self) -> list[Shot]:
        preset, random = self._preset, self._random
        shots: list[Shot] = []
        bursts = preset.bursts
        for number in range(preset.scenes):
            family = _FAMILIES[number % len(_FAMILIES)]
            scene = f"{family}-{number:05d}"
            homes = [one for one in self._exhibits if one.cameras]
            home = homes[int(random.integers(len(homes)))]
            moment = self._moment()
            for view in range(int(random.integers(1, preset.views + 1))):
                # Other viewpoints of a scene are mostly minutes later, of the same camera.
                if random.random() < 0.25:
                    home, moment = homes[int(random.integers(len(homes)))], self._moment()
                taker = home.cameras[int(random.integers(len(home.cameras)))]
                steps = 1
                burst = None
                if bursts and view == 0 and number % max(1, preset.scenes // preset.bursts) == 0:
                    bursts, steps, burst = bursts - 1, 3, f"burst-{scene}"
                for step in range(steps):
                    self._counters[taker.name] += 1
                    later = moment.taken + timedelta(seconds=step if burst else int(random.integers(5, 900)))
                    moment = Moment(
                        later, moment.latitude, moment.longitude, moment.upright, self._counters[taker.name]
                    )
                    shots.append(
                        Shot(
                            name=f"{scene}-{chr(97 + view)}{step or ''}",
                            kind="scene", subject=family, scene=scene, number=number, view=view, step=step,
                            burst=burst, camera=taker, moment=moment,
                        )
                    )  # fmt: skip
        return shots

    def _crops(self) -> list[Shot]:
        known = photographs.installed()
        missing = len(photographs.PHOTOGRAPHS) - len(known)
        self._left_out = (
            (f"{missing} photographs that packages ship: packages not installed",) if missing else ()
        )
        if not known:
            return []
        return [
            Shot(
                name=f"photograph-{known[k % len(known)].name}-{k:05d}",
                kind="photograph", subject=known[k % len(known)].name, number=k,
                # The two motorcycles are one scene from two viewpoints.
                scene=f"photograph-{known[k % len(known)].name.removesuffix('-left').removesuffix('-right')}",
                moment=self._moment(),
            )
            for k in range(self._preset.photographs)
        ]  # fmt: skip

    def _drawings(self) -> list[Shot]:
        return [
            Shot(
                name=f"{kind}-{k:05d}", kind=kind, subject=kind, scene=f"{kind}-{k:05d}", number=k,
                moment=self._moment(), ending=".png" if k % 3 else ".jpg",
            )
            for k, kind in zip(range(self._preset.drawn), cycle(hard_negatives.KINDS), strict=False)
        ]  # fmt: skip

    def _moment(self) -> Moment:
        random = self._random
        taken = BEGIN + timedelta(seconds=int(random.integers(SPAN_DAYS * 86_400)))
        # Positions lie in the South Pacific, around the place farthest from all land.
        latitude = round(-48.9 + float(random.normal(0, 1)), 5)
        longitude = round(-123.4 + float(random.normal(0, 1)), 5)
        return Moment(taken, latitude, longitude, bool(random.random() < 0.3), 0)

    def _when(self) -> int:
        return int(BEGIN.timestamp()) + int(self._random.integers(SPAN_DAYS * 86_400))

    # -- What becomes of it ------------------------------------------------------------------------

    def _originals(self, shots: list[Shot]) -> None:
        for shot in shots:
            self._variants[shot.name].append(Variant(0, None, ()))
            # The original of some pictures is in no exhibit: only others hold it, and a list knows it.
            if shot.kind == "scene" and shot.burst is None and self._random.random() < 0.1:
                continue
            homes = (
                [one for one in self._exhibits if shot.camera in one.cameras]
                if shot.camera
                else list(self._exhibits)
            )
            self._place(
                shot,
                0,
                homes[int(self._random.integers(len(homes)))],
                Way.TAKEN if shot.camera else Way.SAVED,
                shot.ending,
            )

    def _spread(self, shots: list[Shot]) -> None:
        """Identical copies on other devices, and what messengers made of pictures on their way."""
        random = self._random
        phones = [one for one in self._exhibits if one.device == Device.PHONE]
        for shot in shots:
            for _ in range(int(random.poisson(0.55))):
                ways = (Way.SAVED, Way.BACKUP, Way.SAVED, Way.RECEIVED)
                self._place(shot, 0, self._any_exhibit(), ways[int(random.integers(4))], shot.ending)
            if shot.kind in ("scene", "photograph") and phones and random.random() < 0.3:
                variant = self._variant(shot, MESSENGER)
                for _ in range(int(random.integers(1, 4))):
                    self._place(
                        shot, variant, phones[int(random.integers(len(phones)))], Way.RECEIVED, ".jpg"
                    )

    def _grid(self, shots: list[Shot]) -> None:
        """Every alteration of every strength, equally often, over scenes and photographs in turn."""
        candidates = [shot for shot in shots if shot.kind in ("scene", "photograph")]
        order = [int(k) for k in self._random.permutation(len(candidates))]
        repeats, grid = self._preset.repeats, GRID
        if repeats == 0:  # tiny: one strength of each alteration
            repeats, grid = 1, tuple({one.name: one for one in reversed(GRID)}.values())
        turn = 0
        for _ in range(repeats):
            for alteration in grid:
                shot = candidates[order[turn % len(order)]]
                turn += 1
                variant = self._variant(shot, alteration)
                way = _WAYS.get(alteration.name, Way.SAVED)
                for _ in range(1 + int(self._random.random() < 0.1)):
                    self._place(shot, variant, self._any_exhibit(), way, _ending(alteration))

    def _any_exhibit(self) -> Exhibit:
        # Few altered pictures lie on camera cards.
        while True:
            exhibit = self._exhibits[int(self._random.integers(len(self._exhibits)))]
            if exhibit.device != Device.CARD or self._random.random() < 0.15:
                return exhibit

    def _variant(self, shot: Shot, alteration: Alteration) -> int:
        variants = self._variants[shot.name]
        variants.append(Variant(len(variants), alteration, ()))
        return len(variants) - 1

    def _place(self, shot: Shot, variant: int, exhibit: Exhibit, way: Way, ending: str) -> None:
        random = self._random
        moment = shot.moment
        if way not in (Way.TAKEN, Way.BACKUP):
            moment = msgspec.structs.replace(
                moment, taken=moment.taken + timedelta(seconds=int(random.integers(60, 20 * 86_400)))
            )
        path = folder_and_name(exhibit, way, shot.camera, moment, ending, random)
        archive = None
        own = [one.number for one in self._archives if one.exhibit == exhibit.number]
        if own and way != Way.TAKEN and random.random() < 0.15:
            archive = own[int(random.integers(len(own)))]
            path = path.rsplit("/", 1)[-1]
        scope = exhibit.number if archive is None else f"archive {archive}"
        modified = int(moment.taken.timestamp())
        self._places[shot.name, variant].append(
            Place(exhibit.number, self._free(scope, path), archive, modified)
        )

    def _free(self, scope: str, path: str) -> str:
        stem, dot, ending = path.rpartition(".")
        trial, count = path, 1
        # Case is ignored, as on the file systems that these devices have.
        while (scope, trial.lower()) in self._taken_paths:
            trial, count = f"{stem} ({count}){dot}{ending}", count + 1
        self._taken_paths.add((scope, trial.lower()))
        return trial

    def _finished(self, shot: Shot) -> Shot:
        variants = tuple(
            msgspec.structs.replace(one, places=tuple(self._places[shot.name, one.number]))
            for one in self._variants[shot.name]
        )
        return msgspec.structs.replace(shot, variants=variants)

    def _jobs(self, shots: list[Shot]) -> tuple[Job, ...]:
        groups: defaultdict[str, list[Shot]] = defaultdict(list)
        for shot in shots:
            groups[shot.scene if shot.kind == "scene" else f"{shot.kind} {shot.number // 6}"].append(shot)
        return tuple(
            Job(self._seed, self._preset.render, self._preset.views, tuple(group))
            for group in groups.values()
        )


_WAYS = {"screenshot": Way.SCREEN, "messenger": Way.RECEIVED}


def _ending(alteration: Alteration) -> str:
    """The ending of an altered file's name; that of a chain follows its last step."""
    if alteration.name == "container":
        return CONTAINERS[alteration.strength].ending
    return ".png" if alteration.name == "screenshot" else ".jpg"


def _describe(device: Device, cameras: list[Camera]) -> str:
    if device == Device.PHONE:
        return f"Mobile phone, {cameras[0].make} {cameras[0].model}"
    if device == Device.CARD:
        return f"Memory card from a camera, {cameras[0].make} {cameras[0].model}"
    return "Laptop, 13 inch" if device == Device.LAPTOP else "USB memory stick, 64 GB"
