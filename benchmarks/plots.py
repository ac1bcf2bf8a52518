"""Bars in groups on a logarithmic scale, as one SVG file that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

_WIDTH, _LEFT, _RIGHT = 860, 250, 150
_ROW, _GROUP, _TOP, _FOOT = 24, 34, 64, 30
_OURS, _PEER, _LIMIT = "#1b6ca8", "#a9b0b7", "#c77f1b"
_COLOURS = {"ours": _OURS, "peer": _PEER, "limit": _LIMIT}


class Bar(NamedTuple):
    """One bar.

    Attributes:
        label: to the left of it.
        value: how long it is.
        kind: ``ours``, ``peer`` or ``limit``.
        note: to the right of it; by default the value.
    """

    label: str
    value: float
    kind: str
    note: str = ""


class Group(NamedTuple):
    """Bars under a heading."""

    title: str
    bars: Sequence[Bar]


def plot(title: str, scale: str, groups: Sequence[Group], foot: str) -> str:
    """An SVG of groups of bars.

    Args:
        title: what is shown, and which end of the scale is better.
        scale: what the numbers are.
        groups: from top to bottom; one bar at least among them.
        foot: how it was measured.
    """
    values = [bar.value for group in groups for bar in group.bars]
    low = math.floor(math.log10(min(values)))
    decades = max(1, math.ceil(math.log10(max(values))) - low)
    span = _WIDTH - _LEFT - _RIGHT
    height = _TOP + sum(_GROUP + _ROW * len(group.bars) for group in groups) + _FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" font-family="Helvetica, Arial, sans-serif" font-size="13" role="img">',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" rx="6" fill="#fff"/>',
        f'<text x="16" y="26" font-size="16" font-weight="bold" fill="#1d2329">{escape(title)}</text>',
        f'<text x="16" y="{_TOP - 14}" fill="#59636e">{escape(scale)}</text>',
    ]
    for decade in range(decades + 1):
        x = _LEFT + span * decade / decades
        parts.append(f'<path d="M{x:.1f} {_TOP - 8}V{height - _FOOT}" stroke="#e3e6e9"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{_TOP - 14}" text-anchor="middle" fill="#59636e">'
            f"{_short(10.0 ** (low + decade))}</text>"
        )
    y = float(_TOP)
    for group in groups:
        parts.append(
            f'<text x="16" y="{y + 23:.0f}" font-weight="bold" fill="#1d2329">{escape(group.title)}</text>'
        )
        y += _GROUP
        for bar in group.bars:
            length = max(2.0, span * (math.log10(bar.value) - low) / decades)
            weight = ' font-weight="bold"' if bar.kind == "ours" else ""
            parts.append(
                f'<text x="{_LEFT - 10}" y="{y + 14:.0f}" text-anchor="end" fill="#1d2329"{weight}>'
                f"{escape(bar.label)}</text>"
            )
            parts.append(
                f'<rect x="{_LEFT}" y="{y + 2:.0f}" width="{length:.1f}" height="{_ROW - 8}" rx="2" '
                f'fill="{_COLOURS[bar.kind]}"/>'
            )
            parts.append(
                f'<text x="{_LEFT + length + 7:.1f}" y="{y + 14:.0f}" fill="#1d2329"{weight}>'
                f"{escape(bar.note or _short(bar.value))}</text>"
            )
            y += _ROW
    parts.append(f'<text x="16" y="{height - 10}" font-size="11" fill="#59636e">{escape(foot)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _short(value: float) -> str:
    """Three digits are enough for a bar."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:g}"
