"""The plan of films: which are shot, which files are made of each, and where those lie.

Made from the seed alone, in one process; each film's files can then be made anywhere, in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import numpy as np

from consilience.exercise.chance import chance
from consilience.exercise.films.encoding import Form
from consilience.exercise.films.footage import Film, Shot
from consilience.exercise.films.sound import KINDS, SILENCE
from consilience.exercise.films.truth import RENDITION, Piece


class FilmPreset(msgspec.Struct, frozen=True, kw_only=True):
    """How many films, and how long.

    Attributes:
        films: that are shot.
        least, most: seconds of each.
        rates: frames a second, in turn.
        repeats: how often each alteration of each strength occurs.
        clips: how often each length of clips does.
        beds: recordings of music that films share.
        bars: caption bars that films share.
        bad: whether there is bad input.
    """

    films: int
    least: float
    most: float
    rates: tuple[int, ...]
    repeats: int
    clips: int
    beds: int = 2
    bars: int = 2
    bad: bool = True


PRESETS: dict[str, FilmPreset] = {
    "films-tiny": FilmPreset(films=4, least=9, most=10, rates=(10,), repeats=0, clips=1, beds=1, bars=1),
    "films": FilmPreset(films=20, least=12, most=20, rates=(12, 15, 10, 24, 12), repeats=3, clips=40),
}

WAYS = ("pan", "pan", "drawn", "pan", "walk", "pan", "pan", "pan")
FAMILIES = ("room", "street", "garden", "table", "valley", "harbour")
TINY = ("clip 3 s", "mirrored", "speed 1.1", "vp9", "inserted", "sound swapped", "audio only opus 24k")
"""What is done in a preset without repeats, once each."""

HIGH = Form(width=640, height=360, quality=22, bits=128_000)
MIDDLE = Form(width=426, height=240, quality=25, group=60, bits=64_000)
LOW = Form(width=256, height=144, quality=28, bits=32_000)


class Effect(msgspec.Struct, frozen=True):
    """What is done to each picture: a name of `making.EFFECTS` and how much."""

    name: str = ""
    amount: float = 0.0


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be made of a film.

    Attributes:
        film: by name.
        alteration, strength: as in the truth.
        seconds: that it plays.
        form: how it is written.
        pictures, sound: what it holds; where no piece is, it is black or silent.
        effect: what is done to the pictures.
        exhibit, path: where it lies.
    """

    film: str
    alteration: str
    strength: str
    seconds: float
    form: Form
    pictures: tuple[Piece, ...]
    sound: tuple[Piece, ...]
    effect: Effect = Effect()
    exhibit: str = ""
    path: str = ""


class FilmPlan(msgspec.Struct, frozen=True):
    """All that is to be made.

    Attributes:
        films: by name.
        beds: kind of each bed of music, by name.
        versions: of each film, its three renditions first.
    """

    seed: int
    films: dict[str, Film]
    beds: dict[str, str]
    versions: dict[str, tuple[Version, ...]]


def plan_films(preset: FilmPreset, seed: int, exhibits: tuple[str, ...]) -> FilmPlan:
    """Plan the films of an exercise, and spread their files over exhibits."""
    random = chance(seed, "film plan")
    beds = {f"music-{k}": ("tune", "beat")[k % 2] for k in range(preset.beds)}
    films = [_film(preset, seed, number, tuple(beds)) for number in range(preset.films)]
    made: dict[str, list[Version]] = {film.name: list(_renditions(film)) for film in films}
    for number, (name, make) in enumerate(_wanted(preset)):
        film = films[number % len(films)]
        other = films[(number + 1 + number // len(films)) % len(films)]
        if other is film:
            other = films[(number + 1) % len(films)]
        made[film.name].append(make(film, other, chance(seed, "film alteration", name, number)))
    placed = {
        film: tuple(
            msgspec.structs.replace(
                version,
                exhibit=exhibits[int(random.integers(len(exhibits)))],
                path=f"Videos/{film} {k:02d}{version.form.ending}",
            )
            for k, version in enumerate(versions)
        )
        for film, versions in made.items()
    }
    return FilmPlan(seed, {film.name: film for film in films}, beds, placed)


def _film(preset: FilmPreset, seed: int, number: int, beds: tuple[str, ...]) -> Film:
    random = chance(seed, "film", number)
    name = f"film-{number:03d}"
    seconds = float(round(random.uniform(preset.least, preset.most)))
    leader = 2.0 if number % 4 == 1 else 0.0
    shots: list[Shot] = []
    at = leader
    while at < seconds:
        end = min(seconds, at + float(round(random.uniform(2.5, 7.5), 1)))
        if seconds - end < 1.5:
            end = seconds
        k = len(shots)
        way = WAYS[(number + k) % len(WAYS)]
        # Every sixth film goes back to a scene of the film before, from elsewhere.
        elsewhere = number % 6 == 5 and k == 0
        family = FAMILIES[(number - elsewhere + k) % len(FAMILIES)]
        scene = f"film-{number - elsewhere:03d}-scene-{0 if elsewhere else k}"
        shots.append(Shot(way, family, scene, k + elsewhere, at, end, f"{name}-{k}"))
        at = end
    return Film(
        name=name,
        seconds=seconds,
        rate=preset.rates[number % len(preset.rates)],
        leader=leader,
        bar=number // 5 % preset.bars if number % 5 == 2 else None,
        shots=tuple(shots),
        music=beds[number // 3 % len(beds)] if number % 3 == 0 else None,
        voice=SILENCE if number % 10 == 9 else KINDS[number % len(KINDS)],
    )


def recording_of(film: Film) -> str:
    """The name of a film's own sound."""
    return f"sound of {film.name}"


def footage_of(
    film: Film, begin: float, end: float, at: float = 0.0, speed: float = 1.0
) -> tuple[Piece, ...]:
    """A part of a film's footage, placed at a second of a file; its black leader is no footage."""
    first = max(begin, film.leader)
    if first >= end:
        return ()
    moved = at + (first - begin) / speed
    return (Piece(film.name, moved, moved + (end - first) / speed, first, speed),)


def sound_of(film: Film, begin: float, end: float, at: float = 0.0, speed: float = 1.0) -> tuple[Piece, ...]:
    """A part of a film's sound, with the music under it."""
    sources = [recording_of(film)] if film.voice != SILENCE else []
    sources += [film.music] if film.music else []
    return tuple(Piece(source, at, at + (end - begin) / speed, begin, speed) for source in sources)


def _renditions(film: Film) -> Iterator[Version]:
    for strength, form in (("high", HIGH), ("middle", MIDDLE), ("low", LOW)):
        yield _version(film, RENDITION, strength, form)


def _version(
    film: Film,
    alteration: str,
    strength: str,
    form: Form,
    *,
    begin: float = 0.0,
    end: float | None = None,
    effect: Effect | None = None,
    speed: float = 1.0,
) -> Version:
    """A file that holds a part of one film, sound and all."""
    end = film.seconds if end is None else end
    silent = film.voice == SILENCE and film.music is None
    audio = "" if silent and film.leader else form.audio
    return Version(
        film=film.name,
        alteration=alteration,
        strength=strength,
        seconds=(end - begin) / speed,
        form=msgspec.structs.replace(
            form, rate=film.rate if alteration != "frame rate" else form.rate, audio=audio
        ),
        pictures=footage_of(film, begin, end, speed=speed) if form.video else (),
        sound=sound_of(film, begin, end, speed=speed) if audio else (),
        effect=effect or Effect(),
    )


Maker = Callable[[Film, Film, np.random.Generator], Version]
"""Makes a version of a film; another film lends what the alteration needs."""


def _reencoded(form: Form) -> Maker:
    def make(film: Film, other: Film, random: np.random.Generator) -> Version:
        del other, random
        return _version(film, "re-encoded", form.video, form)

    return make


def _clip(seconds: float) -> Maker:
    def make(film: Film, other: Film, random: np.random.Generator) -> Version:
        del other
        begin = float(random.uniform(film.leader, film.seconds - seconds))
        form = _SCALED[int(random.integers(len(_SCALED)))]
        return _version(film, "clip", f"{seconds:.0f} s", form, begin=begin, end=begin + seconds)

    return make


def _shown(name: str, strength: str, effect: Effect, form: Form = MIDDLE) -> Maker:
    def make(film: Film, other: Film, random: np.random.Generator) -> Version:
        del other, random
        return _version(film, name, strength, form, effect=effect)

    return make


def _speed(speed: float) -> Maker:
    def make(film: Film, other: Film, random: np.random.Generator) -> Version:
        del other, random
        return _version(film, "speed", f"{speed:g}", MIDDLE, speed=speed)

    return make


def _frame_rate(film: Film, other: Film, random: np.random.Generator) -> Version:
    del other, random
    return _version(film, "frame rate", "8", msgspec.structs.replace(MIDDLE, rate=8))


def _joined(film: Film, other: Film, random: np.random.Generator) -> Version:
    """Five seconds of one film, then five of another."""
    one, two = _begin(film, 5, random), _begin(other, 5, random)
    return msgspec.structs.replace(
        _version(film, "joined", "2 of 5 s", MIDDLE),
        seconds=10.0,
        pictures=(*footage_of(film, one, one + 5), *footage_of(other, two, two + 5, 5)),
        sound=(*sound_of(film, one, one + 5), *sound_of(other, two, two + 5, 5)),
    )


def _inserted(film: Film, other: Film, random: np.random.Generator) -> Version:
    """Four seconds of a film in the middle of seven of another, whose sound goes on."""
    one, two = _begin(film, 4, random), _begin(other, 7, random)
    return msgspec.structs.replace(
        _version(film, "inserted", "4 s", MIDDLE),
        seconds=11.0,
        pictures=(
            *footage_of(other, two, two + 3),
            *footage_of(film, one, one + 4, 3),
            *footage_of(other, two + 3, two + 7, 7),
        ),
        sound=sound_of(other, two, min(two + 11, other.seconds)),
    )


def _reordered(film: Film, other: Film, random: np.random.Generator) -> Version:
    """The second half before the first."""
    del other, random
    middle = (film.leader + film.seconds) / 2
    rest = film.seconds - middle
    return msgspec.structs.replace(
        _version(film, "re-ordered", "halves", MIDDLE),
        seconds=film.seconds - film.leader,
        pictures=(*footage_of(film, middle, film.seconds), *footage_of(film, film.leader, middle, rest)),
        sound=(*sound_of(film, middle, film.seconds), *sound_of(film, film.leader, middle, rest)),
    )


def _sound_swapped(film: Film, other: Film, random: np.random.Generator) -> Version:
    """One film's pictures with another one's sound: the same recording behind different pictures."""
    del random
    version = _version(film, "sound swapped", "", MIDDLE)
    return msgspec.structs.replace(version, sound=sound_of(other, 0, min(film.seconds, other.seconds)))


def _sound_shifted(film: Film, other: Film, random: np.random.Generator) -> Version:
    del other
    late = float(random.uniform(0.5, 2.5))
    version = _version(film, "sound shifted", "", MIDDLE)
    return msgspec.structs.replace(version, sound=sound_of(film, 0, film.seconds - late, late))


def _sound_removed(film: Film, other: Film, random: np.random.Generator) -> Version:
    del other, random
    return _version(film, "sound removed", "", msgspec.structs.replace(MIDDLE, audio=""))


def _audio(form: Form, begin: float = 0.0, seconds: float | None = None) -> Maker:
    def make(film: Film, other: Film, random: np.random.Generator) -> Version:
        del other
        first = begin if seconds is None else _begin(film, seconds, random)
        last = film.seconds if seconds is None else first + seconds
        strength = f"{form.audio} {form.bits // 1000}k"
        return _version(
            film, "audio only" if seconds is None else "audio clip", strength, form, begin=first, end=last
        )

    return make


def _begin(film: Film, seconds: float, random: np.random.Generator) -> float:
    return float(random.uniform(film.leader, film.seconds - seconds))


_SCALED = (MIDDLE, LOW, msgspec.structs.replace(MIDDLE, width=480, height=270, quality=30, bits=48_000))

ALTERATIONS: dict[str, Maker] = {
    "hevc": _reencoded(msgspec.structs.replace(MIDDLE, video="hevc")),
    "vp9": _reencoded(
        msgspec.structs.replace(MIDDLE, video="vp9", container="webm", ending=".webm", audio="opus")
    ),
    "av1": _reencoded(
        msgspec.structs.replace(MIDDLE, video="av1", container="matroska", ending=".mkv", audio="opus")
    ),
    "mpeg4": _reencoded(
        msgspec.structs.replace(MIDDLE, video="mpeg4", container="avi", ending=".avi", audio="mp3")
    ),
    "joined": _joined,
    "inserted": _inserted,
    "re-ordered": _reordered,
    "caption 8 %": _shown("caption", "8 %", Effect("caption", 0.08)),
    "caption 16 %": _shown("caption", "16 %", Effect("caption", 0.16)),
    "border 4 %": _shown("border", "4 %", Effect("border", 0.04)),
    "border 10 %": _shown("border", "10 %", Effect("border", 0.10)),
    "letterbox": _shown(
        "letterbox", "4:3", Effect("letterbox"), msgspec.structs.replace(MIDDLE, width=320, height=240)
    ),
    "mirrored": _shown("mirrored", "", Effect("mirrored")),
    "darker": _shown("darker", "half", Effect("darker", 0.5)),
    **{f"speed {speed:g}": _speed(speed) for speed in (0.8, 0.9, 1.1, 1.25)},
    "frame rate": _frame_rate,
    "sound swapped": _sound_swapped,
    "sound shifted": _sound_shifted,
    "sound removed": _sound_removed,
    "audio only aac 48k": _audio(Form(container="ipod", ending=".m4a", video="", audio="aac", bits=48_000)),
    "audio only opus 24k": _audio(Form(container="ogg", ending=".opus", video="", audio="opus", bits=24_000)),
    "audio only mp3 64k": _audio(Form(container="mp3", ending=".mp3", video="", audio="mp3", bits=64_000)),
    "audio clip": _audio(
        Form(container="mp3", ending=".mp3", video="", audio="mp3", bits=48_000), seconds=6.0
    ),
}

CLIPS: dict[str, Maker] = {f"clip {seconds} s": _clip(seconds) for seconds in (3, 5, 8)}


def _wanted(preset: FilmPreset) -> list[tuple[str, Maker]]:
    if not preset.repeats:
        makers = ALTERATIONS | CLIPS
        return [(name, makers[name]) for name in TINY]
    grid = [(name, make) for name, make in ALTERATIONS.items() for _ in range(preset.repeats)]
    return grid + [(name, make) for name, make in CLIPS.items() for _ in range(preset.clips)]
