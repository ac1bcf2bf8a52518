from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.exercise.cameras import camera, expose
from consilience.exercise.chance import chance
from consilience.exercise.render import kernels
from consilience.exercise.render.scene import GRAIN, Scene, Sky, Stage, Surface, View, photograph
from consilience.exercise.scenes import FAMILIES
from consilience.fingerprints.pdq import Pdq

numbers = st.floats(-4, 4, allow_nan=False, width=32)


def _some_scene(seed: int, count: int) -> Scene:
    random = chance(seed, "solids")
    stage = Stage()
    for _ in range(count):
        at, half = tuple(random.uniform(-3, 3, 3)), tuple(random.uniform(0.1, 1.2, 3))
        put = (stage.box, stage.ball, stage.tube)[int(random.integers(3))]
        put(
            at,
            half,
            Surface(a=(0.5, 0.5, 0.5)),
            yaw=float(random.uniform(0, 360)),
            pitch=float(random.uniform(0, 90)),
        )
    view = View((0, 0, 9), (0, 0, 0))
    return stage.finish(Sky((0.3, 0.4, 0.5), (0.5, 0.5, 0.5)), (0.2, 0.2, 0.2), (view,))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 1000),
    st.integers(1, 40),
    st.tuples(numbers, numbers, numbers),
    st.tuples(numbers, numbers, numbers),
)
def test_the_tree_finds_what_asking_every_solid_finds(
    seed: int, count: int, eye: tuple[float, float, float], toward: tuple[float, float, float]
) -> None:
    length = float(np.linalg.norm(toward))
    if length < 1e-3:
        return
    scene = _some_scene(seed, count)
    direction = tuple(float(v / length) for v in toward)
    stack = np.empty(scene.tree.shape[0] + 2, np.int64)
    distance, number = kernels.cast_ray(
        GRAIN, scene.tree, scene.solids, stack, eye, direction, kernels.FAR, False
    )
    nearest, which = kernels.FAR, -1
    for k in range(len(scene.solids)):
        o = kernels.into_solid(scene.solids, k, eye, 1.0)
        d = kernels.into_solid(scene.solids, k, direction, 0.0)
        hits = kernels.solid_hits(int(scene.solids[k, kernels.KIND]), scene.solids[k, kernels.TAPER], o, d)
        for t in hits:
            if 1e-4 <= t < nearest:
                nearest, which = t, k
    assert (distance, number) == (nearest, which)
    _, anything = kernels.cast_ray(GRAIN, scene.tree, scene.solids, stack, eye, direction, kernels.FAR, True)
    assert (anything >= 0) == (which >= 0)


def test_a_ball_stands_where_it_should() -> None:
    stage = Stage()
    stage.ball((0, 0, 0), (1, 1, 1), Surface(a=(0.9, 0.1, 0.1)))
    sky = Sky((0.1, 0.2, 0.9), (0.1, 0.2, 0.9), haze=0.0)
    scene = stage.finish(sky, (0.3, 0.3, 0.3), (View((0, 0, 4), (0, 0, 0), 60.0),))
    picture = photograph(scene, scene.views[0], 120, 90, 1).astype(int)
    red = picture[:, :, 0] > picture[:, :, 2]
    rows, columns = np.nonzero(red)
    assert abs(rows.mean() - 44.5) < 1.5
    assert abs(columns.mean() - 59.5) < 1.5
    # Seen under an angle of 2 asin(1/4) = 29 degrees, in a field of 60 over 120 pixels.
    assert np.ptp(columns) + 1 == pytest.approx(60 * np.tan(np.arcsin(0.25)) / np.tan(np.pi / 6) * 2, abs=4)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_makes_pictures_worth_fingerprinting(family: str) -> None:
    qualities, spreads = [], []
    for number in range(3):
        scene = FAMILIES[family](chance(21, family, number), 2)
        pictures = [photograph(scene, view, 200, 150, number) for view in scene.views]
        assert all(picture.shape == (150, 200, 3) for picture in pictures)
        assert not np.array_equal(pictures[0], pictures[1])
        qualities += [Pdq().fingerprint(picture).quality for picture in pictures]
        spreads += [float(picture.std()) for picture in pictures]
    assert np.median(qualities) >= 80
    assert np.median(spreads) > 25, "neither black nor burnt out"


def test_the_grain_of_a_camera_is_its_own() -> None:
    """The mean of flat pictures shows the sensor's pattern: alike for one camera, not for two."""
    flat = np.full((90, 120, 3), 128, np.uint8)

    def pattern(index: int, first: int) -> np.ndarray:
        taker = msgspec.structs.replace(
            camera(5, index), width=120, height=90, shading=0.0, noise=1.0, gain_spread=0.01
        )
        return np.mean([expose(taker, flat, first + k).astype(np.float64) for k in range(12)], axis=(0, 3))

    one, again, other = pattern(1, 0), pattern(1, 100), pattern(2, 0)
    assert np.corrcoef(one.ravel(), again.ravel())[0, 1] > 0.7
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.1
