"""No measure gives a wrong number for huge values, and none an exception."""

from conformance.test_measures import LESS_WORK, NAMES, case
import numpy as np
import pytest

import keras_ib
from keras_ib.measures import AKDE, KDE, CauchySchwarz, LogDet
from keras_ib.measures.registry import get

# Their bins or noise have a fixed size, for which huge values are as far
# apart as can be.
SATURATED = {"kde", "akde"}


def measured(name, z, x, y):
    measure = LESS_WORK.get(name) or get(name)[0]
    return keras_ib.measure(z, x, y, measures=measure)[measure.name]


@pytest.mark.filterwarnings("ignore:.*outside:UserWarning")
@pytest.mark.parametrize("name", NAMES)
def test_scale_of_z_changes_nothing(name):
    z, x, y = case()
    z = z / abs(z).max()
    expected = measured(name, z, x, y)
    for scale in (1e18, 1e30, 3e38):
        found = measured(name, z * np.float32(scale), x, y)
        if name == "binning":
            # All values are outside of its bins, on one of two sides.
            assert found["outside"] == 1
        elif name in SATURATED:
            assert found["i_xz_lower"] == pytest.approx(np.log(len(z)))
        else:
            assert found == pytest.approx(expected, rel=2e-3, abs=1e-5)


@pytest.mark.parametrize(
    "name", ["zx", "zy", "renyi", "logdet", "cs", "hsic", "ksg", "sliced"]
)
def test_scale_of_x_and_y_changes_nothing_but_the_mse(name):
    z, x, _ = case()
    y = x[:, :1] + z[:, :1]
    expected = measured(name, z, x, y)
    for scale in (1e12, 1e18):
        scale = np.float32(scale)
        found = measured(name, z, x * scale, y * scale)
        if "mse" in found:
            mse = found.pop("mse") / float(scale) ** 2
            assert mse == pytest.approx(expected["mse"], rel=1e-3)
        for field, value in found.items():
            assert value == pytest.approx(expected[field], rel=2e-3, abs=1e-5)


@pytest.mark.parametrize(
    "measure",
    [LogDet(standardise=False), CauchySchwarz(width=1.0), KDE(), AKDE()],
    ids=lambda measure: measure.name,
)
def test_noise_and_widths_of_a_fixed_size_count_for_nothing(measure):
    z, x, y = case()
    found = [
        keras_ib.measure(z * np.float32(s), x, y, measures=measure)
        for s in (1e12, 1e15, 3e37)
    ]
    values = [list(one[measure.name].values()) for one in found]
    assert np.isfinite(values).all()
    assert values[1] == pytest.approx(values[0], rel=1e-3)
    assert values[2] == pytest.approx(values[0], rel=1e-3)
