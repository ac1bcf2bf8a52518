"""The scorecard as plots: SVG that needs nothing beside itself, readable in light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from consilience.exercise.scoring.card import Rate, Scorecard
from consilience.settings import PDQ_RADIUS

_STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#222}.t{font-weight:600;font-size:14px}.n{fill:#555}"
    ".b{fill:#2a6f97}.w{stroke:#222;stroke-width:1.5}.g{stroke:#ccc}.p{fill:#fff}"
    "@media(prefers-color-scheme:dark){text{fill:#eee}.n{fill:#aaa}.b{fill:#61a5c2}.w{stroke:#eee}.g{stroke:#444}.p{fill:#161616}}</style>"
)
_LEFT, _WIDTH, _ROW = 250, 420, 18


def recall_plot(card: Scorecard) -> str:
    """Share of altered pictures tied to their originals, by alteration and strength, with 95 % intervals."""
    rows = [(f"{one.alteration} {one.strength}".strip(), one.between_contents) for one in card.recall]
    title = f"Altered pictures tied to their originals: {card.preset}, seed {card.seed}"
    return _bars(title, [*rows, ("all", card.overall.between_contents)])


def family_plot(card: Scorecard) -> str:
    """The same by family of scenes and kind of picture."""
    return _bars(
        f"The same by family; {card.held_out} is held out",
        [(one.alteration, one.between_contents) for one in card.recall_by_family],
    )


def false_plot(card: Scorecard) -> str:
    """How many false links at each distance."""
    most = max(card.false_by_distance.values(), default=1)
    height = 220
    step = _WIDTH / (PDQ_RADIUS + 1)
    parts = []
    for distance in range(PDQ_RADIUS + 1):
        count = card.false_by_distance.get(distance, 0)
        tall = 140 * count / most
        x = 60 + distance * step
        parts.append(
            f'<rect class="b" x="{x:.1f}" y="{180 - tall:.1f}" width="{step * 0.8:.1f}" height="{tall:.1f}">'
            f"<title>{distance} bits: {count}</title></rect>"
        )
        if distance % 5 == 0:
            parts.append(
                f'<text class="n" x="{x + step * 0.4:.1f}" y="196" text-anchor="middle">{distance}</text>'
            )
    parts.append('<line class="w" x1="56" y1="180" x2="486" y2="180"/>')
    parts.append(f'<text class="n" x="50" y="44" text-anchor="end">{most}</text>')
    parts.append('<text class="n" x="270" y="214" text-anchor="middle">bits that differ</text>')
    return _svg(f"False links by distance: {len(card.false_links)}", 520, height, parts)


def outcome_plot(card: Scorecard) -> str:
    """How many files have each outcome."""
    total = sum(card.outcome_counts.values()) or 1
    rows = [(name, Rate.of(count, total)) for name, count in card.outcome_counts.items()]
    return _bars("Files by outcome", rows)


def _bars(title: str, rows: Sequence[tuple[str, Rate]]) -> str:
    bottom = 44 + _ROW * len(rows)
    parts = []
    for k in range(5):
        x = _LEFT + _WIDTH * k // 4
        parts.append(
            f'<line class="g" x1="{x}" y1="34" x2="{x}" y2="{bottom}"/>'
            f'<text class="n" x="{x}" y="{bottom + 16}" text-anchor="middle">{25 * k} %</text>'
        )
    for k, (name, rate) in enumerate(rows):
        y = 40 + _ROW * k
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 11}" text-anchor="end">{escape(name)}</text>')
        share = rate.share
        if share is None:
            parts.append(f'<text class="n" x="{_LEFT + 6}" y="{y + 11}">none</text>')
            continue
        low, high = _LEFT + _WIDTH * rate.low, _LEFT + _WIDTH * rate.high
        parts.append(
            f'<rect class="b" x="{_LEFT}" y="{y + 2}" width="{_WIDTH * share:.1f}" height="11">'
            f"<title>{escape(name)}: {rate.found} of {rate.total}</title></rect>"
            f'<line class="w" x1="{low:.1f}" y1="{y + 7.5}" x2="{high:.1f}" y2="{y + 7.5}"/>'
            f'<text class="n" x="{_LEFT + _WIDTH + 10}" y="{y + 11}">{rate.found}/{rate.total}</text>'
        )
    return _svg(title, _LEFT + _WIDTH + 110, bottom + 28, parts)


def _svg(title: str, width: int, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img">'
        f"<title>{escape(title)}</title>{_STYLE}"
        f'<rect class="p" width="{width}" height="{height}"/>'
        f'<text class="t" x="12" y="20">{escape(title)}</text>{"".join(parts)}</svg>\n'
    )


PLOTS = {
    "recall.svg": recall_plot,
    "families.svg": family_plot,
    "false-links.svg": false_plot,
    "outcomes.svg": outcome_plot,
}
"""All plots, by the name of their file."""
