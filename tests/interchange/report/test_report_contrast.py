"""Colours of the page meet WCAG 2.2 AA in light, dark and print: text 4.5 : 1, shapes and borders 3 : 1."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

CSS = files("consilience.interchange.report").joinpath("templates", "report.css").read_text("utf-8")
TEXT = ("ink", "ink-2", "link", "warning")
SHAPES = (
    "edge",
    "alert",
    "unreadable",
    "not-media",
    "negative",
    "known-good",
    "held",
    "new",
)


def _palettes() -> dict[str, dict[str, tuple[int, ...]]]:
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    palettes = [
        {name: _rgb(value) for name, value in re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block)}
        for block in blocks
    ]
    return dict(zip(("light", "dark", "print"), palettes, strict=True))


def _rgb(value: str) -> tuple[int, ...]:
    digits = value[1:] if len(value) == 7 else "".join(2 * digit for digit in value[1:])
    return tuple(bytes.fromhex(digits))


def _luminance(colour: tuple[int, ...]) -> float:
    """Relative luminance, WCAG 2.2."""
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_itself() -> None:
    assert _contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert _contrast((0x76, 0x76, 0x76), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("palette", ["light", "dark", "print"])
def test_every_palette_has_every_colour(palette: str) -> None:
    assert set(_palettes()[palette]) == {"paper", "panel", "rule", *TEXT, *SHAPES}


@pytest.mark.parametrize("palette", ["light", "dark", "print"])
@pytest.mark.parametrize("ground", ["paper", "panel"])
@pytest.mark.parametrize(("name", "least"), [*((n, 4.5) for n in TEXT), *((n, 3.0) for n in SHAPES)])
def test_contrast(palette: str, ground: str, name: str, least: float) -> None:
    colours = _palettes()[palette]
    assert _contrast(colours[name], colours[ground]) >= least


def test_no_colour_is_set_outside_the_palettes() -> None:
    rules = re.sub(r":root \{.*?\}", "", CSS, flags=re.DOTALL)
    rules = re.sub(r"@page \{.*?\} \}", "", rules)
    assert not re.findall(r"#[0-9a-f]{3,6}\b(?!-)", re.sub(r"url\(#[\w-]+\)", "", rules))
