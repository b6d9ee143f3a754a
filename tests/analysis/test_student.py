"""Student's t against SciPy."""

import numpy as np
import pytest
from scipy import stats

from keras_ib.analysis import student

DEGREES = (1, 2, 3, 4, 5, 9, 10, 49, 100, 999, 5000)


@pytest.mark.parametrize("df", DEGREES)
def test_tails_are_those_of_scipy(df):
    for t in (-np.inf, -3.0, -0.1, 0.0, 0.5, 2.0, 7.0, 40.0, np.inf):
        expected = stats.t.sf(t, df)
        assert student.tail(t, df) == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("df", DEGREES)
def test_quantiles_are_those_of_scipy(df):
    # As small as 5 % over thousands of taps.
    for probability in (0.5, 0.3, 0.05, 0.025, 1e-3, 1e-5):
        expected = stats.t.isf(probability, df)
        found = student.quantile(probability, df)
        assert found == pytest.approx(expected, rel=1e-8, abs=1e-12)
