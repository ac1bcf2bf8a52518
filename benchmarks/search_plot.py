"""A plot of queries a second: bars on a logarithmic scale, as one SVG file that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from typing import Protocol

_ROW, _LEFT, _WIDTH, _TOP = 26, 470, 420, 40


class _Figure(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def ours(self) -> float: ...
    @property
    def peer(self) -> float | None: ...
    @property
    def unit(self) -> str: ...


def plot(figures: Iterable[_Figure]) -> str:
    """An SVG of all rates of searching among the figures."""
    bars: dict[str, float] = {}
    for figure in figures:
        if figure.unit != "queries/s":
            continue
        codes, _, what = figure.name.partition(": queries, ")
        if figure.peer is None:
            bars[f"{codes}: this project, {what}"] = figure.ours
        else:
            bars[f"{codes}: {what.removeprefix('one core, and ')}, one core"] = figure.peer
    if not bars:
        return '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>\n'
    decades = math.ceil(math.log10(max(bars.values())))
    height = _TOP + _ROW * len(bars) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 90}" height="{height}" '
        'font-family="sans-serif" font-size="12" role="img">',
        "<title>Queries a second within 31 bits, exact answers; logarithmic scale</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="{_LEFT}" y="14" fill="#222">queries a second</text>',
    ]
    for decade in range(decades + 1):
        x = _LEFT + _WIDTH * decade / decades
        parts.append(f'<path d="M{x:.1f} {_TOP - 8}V{height - 6}" stroke="#ddd"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{_TOP - 12}" text-anchor="middle" fill="#555">{10**decade:,}</text>'
        )
    for row, (name, rate) in enumerate(bars.items()):
        y = _TOP + _ROW * row
        length = _WIDTH * math.log10(max(rate, 1.0)) / decades
        colour = "#1b6ca8" if "this project" in name else "#9a9a9a"
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 14}" text-anchor="end" fill="#222">{escape(name)}</text>'
        )
        parts.append(
            f'<rect x="{_LEFT}" y="{y + 2}" width="{length:.1f}" height="{_ROW - 8}" fill="{colour}"/>'
        )
        parts.append(f'<text x="{_LEFT + length + 6:.1f}" y="{y + 15}" fill="#222">{rate:,.0f}</text>')
    return "\n".join([*parts, "</svg>", ""])
