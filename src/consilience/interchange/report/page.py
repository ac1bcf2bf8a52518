"""The report as one HTML page: nothing is loaded from anywhere, and nothing needs a script to be read."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib.resources import files
from itertools import count as counter
from itertools import groupby
from typing import NamedTuple

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from consilience.interchange.report import plots, text
from consilience.interchange.report.notices import notices
from consilience.interchange.report.records import (
    Bin,
    Exhibit,
    ExhibitPair,
    Findings,
    MonthTally,
    Part,
    Reading,
    Report,
    SlowFile,
)
from consilience.interchange.report.tally import REASON_SHOWN, Count
from consilience.model.examination import MediaKind
from consilience.model.outcomes import OUTCOMES, Outcome
from consilience.model.vocabularies import outcome_words, problem_words
from consilience.settings import Limits

LONGEST = 320
"""Characters of a longer name that the page shows; the rest is in files.jsonl."""
STACKS_ON_PAGE = 30
MEMBERS_ON_PAGE = 12
TYPES_ON_PAGE = 30
CAMERAS_ON_PAGE = 100
SLOWEST_ON_PAGE = 25
PLACES_ON_PAGE = 7
MATRIX_EXHIBITS = 12
"""Exhibits up to which what they share is a matrix; more are listed as pairs."""

_KINDS: dict[MediaKind | None, str] = {
    MediaKind.PICTURE: "picture",
    MediaKind.VIDEO: "video",
    MediaKind.AUDIO: "sound",
}
_FIRST_YEAR = 1990
_MONTHS_DRAWN = 36
LIMIT_WORDS: dict[str, tuple[str, Callable[[float], str]]] = {
    "memory": ("Memory of one worker", text.size),
    "seconds": ("Time for one file to make progress", text.duration),
    "pixels": ("Pixels of one picture", text.whole),
    "buffer": ("Bytes of one file held to decode it", text.size),
    "frames": ("Packets of one video stream that are read", text.whole),
    "footage_seconds": ("Processor time for one video stream", text.duration),
    "sound_seconds": ("Of each sound track that are listened to", text.duration),
    "depth": ("Archives within archives", text.whole),
    "members": ("Entries of one file's archives", text.whole),
    "expansion": ("Bytes that one file's archives may unpack to", text.size),
    "expansion_ratio": (
        "… or this many times the file's own size, if more",
        text.whole,
    ),
}


class TimeDrawing(NamedTuple):
    """The months of a tally as columns, and the files outside what is drawn."""

    columns: list[plots.Column]
    unit: str
    before: int
    after: int


class LimitSet(NamedTuple):
    """Limits, and the readings that they held for."""

    readings: list[str]
    rows: list[tuple[str, str]]


class Slow(NamedTuple):
    """A slow file and its exhibit."""

    exhibit: str
    file: SlowFile


def render(report: Report, count: Count, document: Part) -> Iterator[str]:
    """The page in pieces.

    Args:
        report: what report.json says.
        count: the count that the report's tally came from, with the rows to show.
        document: report.json itself, which the page names with its digest.
    """
    findings, tally = report.findings, report.tally
    numbers = {"Table": counter(1), "Figure": counter(1)}
    style = _asset("report.css") + _running_heads(report)
    script = _asset("report.js")
    return (
        _environment()
        .get_template("page.html.j2")
        .generate(
            report=report,
            head=findings.head,
            findings=findings,
            tally=tally,
            parts=(*report.parts, document),
            new=count.new,
            new_kinds=_by_kind(report),
            matches=count.matches(),
            match_rows=count.match_rows,
            unreadable=count.unreadable,
            about={exhibit.number: exhibit for exhibit in findings.exhibits},
            lists={used.key: used for used in findings.lists},
            notices=notices(findings),
            bars=_exhibit_bars(report),
            times=_time_drawing(tally.months, findings.head.made_at.year, findings.head.made_at.month),
            limit_sets=_limit_sets(findings.exhibits),
            slowest=_slowest(findings.exhibits),
            readings=[(exhibit, reading) for exhibit in findings.exhibits for reading in exhibit.readings],
            matrix=_matrix(findings),
            distances=lambda series: [
                plots.Column(str(step.distance), (getattr(step, series),)) for step in tally.distances
            ],
            qualities=[plots.Column(str(step.low), (step.files,)) for step in tally.qualities],
            style=Markup(style),  # noqa: S704 - our own, and what goes into it is escaped
            script=Markup(script),  # noqa: S704 - our own
            policy=_policy(style, script),
            number=lambda kind: f"{kind} {next(numbers[kind])}",
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("consilience.interchange.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        count=text.count,
        size=text.size,
        duration=text.duration,
        moment=text.moment,
        clock_time=text.clock_time,
        means=text.means,
        bits=text.bits,
        turned=text.turned,
        device=text.device,
        cut=_cut,
        plural=text.plural,
        size_bin=_size_bin,
    )
    environment.globals.update(
        OUTCOMES=OUTCOMES,
        Outcome=Outcome,
        outcome_words=outcome_words(),
        problem_words=problem_words(),
        share=text.share,
        rate=text.rate,
        bar=plots.bar,
        columns=plots.columns,
        REASON_SHOWN=REASON_SHOWN,
        STACKS_ON_PAGE=STACKS_ON_PAGE,
        MEMBERS_ON_PAGE=MEMBERS_ON_PAGE,
        TYPES_ON_PAGE=TYPES_ON_PAGE,
        CAMERAS_ON_PAGE=CAMERAS_ON_PAGE,
        PLACES_ON_PAGE=PLACES_ON_PAGE,
        MATRIX_EXHIBITS=MATRIX_EXHIBITS,
    )
    return environment


def _finalize(value: object) -> object:
    """The last gate before a value is escaped into the page: no control or direction-changing character."""
    if value is None:
        raise TypeError("a template shows a value that is not there")
    if isinstance(value, Markup):
        return value
    return text.harmless(str(value))


def _asset(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """A content security policy that lets nothing be loaded and only this style and this script run."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _running_heads(report: Report) -> str:
    """Page headers and footers for paper; they are of the style sheet, and so need a string of it."""
    head = report.findings.head
    return (
        "@page{"
        f"@top-left{{content:{_css_string(f'{head.agency} · Case report {head.case}')}}}"
        f"@top-right{{content:{_css_string(text.moment(head.made_at))}}}"
        "}"
    )


def _css_string(value: str) -> str:
    """A string of CSS in which every character that is not a plain letter or digit is escaped."""
    shown = text.harmless(value)
    shown = shown if len(shown) <= 80 else shown[:79] + "…"
    return '"' + "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):06x}" for c in shown) + '"'


def _cut(value: str) -> Markup:
    """A name of any length, apart from the direction of what stands around it, broken after slashes."""
    value = text.harmless(value)
    if len(value) <= LONGEST + LONGEST // 4:  # to cut less would not pay for the words that say so
        return _isolated(value)
    tail = 80
    return Markup('{} <span class="cut">[{} characters left out; files.jsonl has them]</span> {}').format(
        _isolated(value[: LONGEST - tail]), text.count(len(value) - LONGEST), _isolated(value[-tail:])
    )


def _isolated(value: str) -> Markup:
    return Markup('<bdi dir="ltr">{}</bdi>').format(Markup("/<wbr>").join(value.split("/")))


def _size_bin(sizes: Bin) -> str:
    """``1 kB to 10 kB``: the bounds are powers of ten, and need no decimals."""
    if sizes.low == 0 or sizes.high is None:
        return text.size(sizes.low)
    return " to ".join(re.sub(r"\.0+ ", " ", text.size(bound)) for bound in (sizes.low, sizes.high))


def _by_kind(report: Report) -> list[tuple[str, int]]:
    """New files by kind of media."""
    kinds: dict[str, int] = {}
    for tally in report.tally.types:
        if tally.new:
            name = _KINDS.get(tally.kind, "other file")
            kinds[name] = kinds.get(name, 0) + tally.new
    return sorted(kinds.items(), key=lambda item: -item[1])


def _exhibit_bars(report: Report) -> list[tuple[str, int, Markup]]:
    """The outcome bars: of all files, then of each exhibit."""
    tally = report.tally
    rows = [(exhibit.exhibit, exhibit.files, exhibit.outcomes) for exhibit in tally.exhibits]
    if len(rows) > 1:
        rows.insert(0, ("All exhibits", tally.files, tally.outcomes))
    words = outcome_words()
    return [
        (
            name,
            total,
            plots.stacked_bar(
                plots.Segment(f"o-{outcome.value}", outcomes[outcome], words[outcome].title)
                for outcome in OUTCOMES
            ),
        )
        for name, total, outcomes in rows
    ]


def _time_drawing(months: Iterable[MonthTally], year: int, month: int) -> TimeDrawing:
    """Months, or years over a longer span; what lies before digital cameras or after the report is apart."""
    last = f"{year:04d}-{month:02d}"
    before = after = 0
    drawn: dict[tuple[int, int], tuple[int, int]] = {}
    for tally in months:
        total = tally.zone_known + tally.zone_unknown
        if tally.month < f"{_FIRST_YEAR}-01":
            before += total
        elif tally.month > last:
            after += total
        else:
            drawn[int(tally.month[:4]), int(tally.month[5:])] = (tally.zone_known, tally.zone_unknown)
    if not drawn:
        return TimeDrawing([], "month", before, after)
    (first_year, first_month), (last_year, last_month) = min(drawn), max(drawn)
    if (last_year - first_year) * 12 + last_month - first_month < _MONTHS_DRAWN:
        span = [divmod(n, 12) for n in range(first_year * 12 + first_month - 1, last_year * 12 + last_month)]
        columns = [plots.Column(f"{y}-{m + 1:02d}", drawn.get((y, m + 1), (0, 0))) for y, m in span]
        return TimeDrawing(columns, "month", before, after)
    columns = []
    for y in range(first_year, last_year + 1):
        of_year = [counts for (its_year, _), counts in drawn.items() if its_year == y]
        columns.append(plots.Column(str(y), (sum(k for k, _ in of_year), sum(u for _, u in of_year))))
    return TimeDrawing(columns, "year", before, after)


def _limit_sets(exhibits: Iterable[Exhibit]) -> list[LimitSet]:
    """Each distinct set of limits once, with the readings that it held for."""
    readings: list[tuple[str, Reading]] = [
        (exhibit.number, reading) for exhibit in exhibits for reading in exhibit.readings
    ]
    sets: dict[Limits, list[str]] = {}
    for number, reading in readings:
        sets.setdefault(reading.limits, []).append(number)
    return [
        LimitSet([number for number, _ in groupby(numbers)], _limit_rows(s)) for s, numbers in sets.items()
    ]


def _limit_rows(limits: Limits) -> list[tuple[str, str]]:
    rows = []
    for field in msgspec.structs.fields(limits):
        title, say = LIMIT_WORDS.get(field.name, (field.name, str))
        rows.append((title, say(getattr(limits, field.name))))
    return rows


def _slowest(exhibits: Iterable[Exhibit]) -> list[Slow]:
    slow = [
        Slow(exhibit.number, file)
        for exhibit in exhibits
        for reading in exhibit.readings
        for file in reading.slowest
    ]
    return sorted(slow, key=lambda one: -one.file.seconds)[:SLOWEST_ON_PAGE]


def _matrix(findings: Findings) -> list[tuple[str, list[ExhibitPair | None]]]:
    """For each exhibit but the first, what it shares with each before it."""
    pairs = {frozenset((pair.first, pair.second)): pair for pair in findings.sharing.exhibits}
    numbers = [exhibit.number for exhibit in findings.exhibits]
    return [
        (row, [pairs.get(frozenset((row, column))) for column in numbers[:place]])
        for place, row in enumerate(numbers)
        if place
    ]
