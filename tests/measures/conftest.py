"""What the tests of several measures start from."""

import numpy as np
import pytest


@pytest.fixture
def case(rng):
    """Z of three units, X of four numbers and Y of three classes."""
    x = rng.normal(size=(60, 4)).astype("float32")
    z = np.tanh(x @ rng.normal(size=(4, 3))).astype("float32")
    return z, x, (x[:, 0] > 0) + (x[:, 1] > 0) * 1
