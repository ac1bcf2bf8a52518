"""Families of scenes. Each module makes one family; `FAMILIES` names them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from consilience.exercise.render.scene import Scene
from consilience.exercise.scenes import garden, harbour, room, street, table, valley

Family = Callable[[np.random.Generator, int], Scene]
"""Takes chance and a number of viewpoints."""

FAMILIES: dict[str, Family] = {
    "room": room.make,
    "garden": garden.make,
    "street": street.make,
    "table": table.make,
    "valley": valley.make,
    "harbour": harbour.make,
}

HELD_OUT = "harbour"
"""The family on which nothing may be tuned: results on it are reported apart."""
