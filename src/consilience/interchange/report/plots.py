"""Plots as inline SVG that needs no script: colours come from the page's style sheet, by class.

Widths are in per cent of the page and heights in pixels, so that a plot follows its page from a telephone
to paper while its letters keep their size.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from consilience.interchange.report.text import count, harmless

LEAST_SHARE = 0.5
"""Per cent of a bar's width below which no segment is drawn, so that one file of 360,000 is still seen."""

_TOP = 22.0
_HEIGHT = 150.0
_FOOT = 26.0
_SCALE = 60
_LABELS = 12


class Segment(NamedTuple):
    """A part of a stacked bar: its style class, its files, and what it is called."""

    style: str
    files: int
    title: str


class Column(NamedTuple):
    """A column of a histogram: its label, and its files by series, bottom first."""

    label: str
    files: tuple[int, ...]


def stacked_bar(segments: Iterable[Segment]) -> Markup:
    """One horizontal bar of full width. Text that says the same must stand beside it."""
    present = [segment for segment in segments if segment.files]
    total = sum(segment.files for segment in present)
    widths = [max(100 * segment.files / total, LEAST_SHARE) for segment in present]
    scale = 100 / sum(widths) if widths else 1
    x = 0.0
    parts = []
    for segment, width in zip(present, widths, strict=True):
        parts.append(
            Markup(
                '<rect class="segment {}" x="{:.3f}%" y="0" width="{:.3f}%" height="100%">'
                "<title>{}</title></rect>"
            ).format(segment.style, x, width * scale, harmless(f"{segment.title}: {count(segment.files)}"))
        )
        x += width * scale
    return Markup(
        '<svg class="stacked" width="100%" height="28" aria-hidden="true" focusable="false">{}</svg>'
    ).format(Markup("").join(parts))


def bar(value: int, greatest: int, style: str = "fill-edge") -> Markup:
    """A thin bar in a table's cell, beside the number that it shows."""
    width = max(100 * value / greatest, LEAST_SHARE) if value and greatest else 0
    return Markup(
        '<svg class="bar" width="100%" height="12" aria-hidden="true" focusable="false">'
        '<rect class="{}" width="{:.3f}%" height="100%"/></svg>'
    ).format(style, width)


def columns(
    bars: Sequence[Column], styles: Sequence[str], title: str, *, mark: tuple[float, str] | None = None
) -> Markup:
    """A histogram.

    Args:
        bars: from left to right.
        styles: style class of each series.
        title: what the histogram shows, for who cannot see it.
        mark: a place along the axis (0-1) and the words for it, such as a threshold.
    """
    greatest = max((sum(column.files) for column in bars), default=0)
    step = 100 / max(len(bars), 1)
    every = -(-len(bars) // _LABELS)
    parts = []
    for place, column in enumerate(bars):
        y = _TOP + _HEIGHT
        for style, files in zip(styles, column.files, strict=True):
            height = max(_HEIGHT * files / greatest, 1.5) if files else 0.0
            y -= height
            if files:
                parts.append(
                    Markup(
                        '<rect class="{}" x="{:.3f}%" y="{:.2f}" width="{:.3f}%" height="{:.2f}"/>'
                    ).format(style, (place + 0.08) * step, y, 0.84 * step, height)
                )
        if place % every == 0:
            parts.append(
                Markup('<text class="tick" x="{:.3f}%" y="{}" text-anchor="middle">{}</text>').format(
                    (place + 0.5) * step, _TOP + _HEIGHT + 18, harmless(column.label)
                )
            )
    if mark is not None:
        x = 100 * mark[0]
        parts.append(
            Markup(
                '<line class="mark" x1="{0:.3f}%" x2="{0:.3f}%" y1="{1}" y2="{2}"/>'
                '<text class="tick" x="{0:.3f}%" dx="6" y="{3}">{4}</text>'
            ).format(x, _TOP - 6, _TOP + _HEIGHT, _TOP - 8, harmless(mark[1]))
        )
    height = int(_TOP + _HEIGHT + _FOOT)
    return Markup(
        '<div class="plot">'
        '<svg class="scale" width="{}" height="{}" aria-hidden="true" focusable="false">{}</svg>'
        '<svg class="columns" role="img" aria-label="{}" width="100%" height="{}">{}{}</svg></div>'
    ).format(
        _SCALE, height, _scale(greatest), harmless(title), height, _grid(greatest), Markup("").join(parts)
    )


def _scale(greatest: int) -> Markup:
    """The values of the grid's lines, in a drawing of their own so that no column covers them."""
    return Markup("").join(
        Markup('<text class="tick" x="{}" y="{:.2f}" text-anchor="end">{}</text>').format(
            _SCALE - 8, _level(value, greatest) + 4, count(value)
        )
        for value in (0, *_round_values(greatest))
    )


def _grid(greatest: int) -> Markup:
    """The axis, and one to four lines that say what height means."""
    lines = [
        Markup('<line class="grid" x1="0" x2="100%" y1="{0:.2f}" y2="{0:.2f}"/>').format(
            _level(value, greatest)
        )
        for value in _round_values(greatest)
    ]
    axis = Markup('<line class="axis" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(_TOP + _HEIGHT)
    return Markup("").join((axis, *lines))


def _level(value: int, greatest: int) -> float:
    """Where a value lies, in pixels from the top."""
    return _TOP + _HEIGHT - _HEIGHT * value / max(greatest, 1)


def _round_values(greatest: int) -> tuple[int, ...]:
    """One to four round values up to the greatest, evenly spaced."""
    if greatest < 1:
        return ()
    step = 10 ** (len(str(greatest)) - 1)
    for divided in (step // 5, step // 2, step, 2 * step, 5 * step):
        if divided and greatest // divided <= 4:
            return tuple(divided * time for time in range(1, greatest // divided + 1))
    return (greatest,)
