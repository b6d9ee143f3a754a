"""Planes tell time and phase; curves over epochs mark the highest point."""

from matplotlib.collections import LineCollection
import numpy as np
import pytest

from keras_ib.papers.szt import figures
from keras_ib.papers.szt.planes import THICK, THIN, planes
from keras_ib.papers.szt.results import Curves

EPOCHS = [0, 2, 8, 32]


@pytest.fixture
def curves(tmp_path):
    """Ten networks, whose I(X;Z) rises by 1 to epoch 8, and falls by .5."""
    layers = np.arange(6)[:, None]
    i_xz = np.array([4.0, 4.5, 5.0, 4.5]) - layers / 2
    noise = np.random.default_rng(0).normal(0, 0.01, (10, 6, 4))
    np.savez(
        tmp_path / "curves.npz",
        **{
            "ebab/i_xz": i_xz + noise,
            "ebab/i_zy": np.tile([0.1, 0.2, 0.4, 0.6], (10, 6, 1)),
            "ebab/epochs": EPOCHS,
            "ebab/ceiling": np.log(4096),
            "accuracy/train": np.ones((10, 4)),
            "accuracy/constant": 0.5,
        },
    )
    return Curves(tmp_path)


def test_planes_have_the_time_and_the_phase_along_the_path(curves):
    figure = planes({"tanh": (curves, "ebab")}, 1)
    ax, bar = figure.axes
    assert bar.get_ylabel() == "epoch"
    paths = [c for c in ax.collections if isinstance(c, LineCollection)]
    assert len(paths) == 6
    for path in paths:
        # Two pieces up to the highest I(X;Z), and one from there.
        assert list(path.get_linewidths()) == [THIN, THIN, THICK]
        assert (np.diff(path.get_array()) > 0).all()
    names = {text.get_text() for text in ax.texts}
    assert names == {"1", "2", "3", "4", "5", "out"}


def test_the_mean_that_counts_and_its_highest_point_are_drawn(curves):
    figure = figures.over_epochs({"tanh": curves}, ["ebab"])
    (ax,) = figure.axes
    (top,) = (line for line in ax.lines if line.get_marker() == "D")
    assert top.get_xdata() == [8]
    assert top.get_ydata() == pytest.approx([4], abs=0.02)
    dashes = {line.get_linestyle() for line in ax.lines}
    assert len(dashes) > 1


def test_phases_of_layers_stand_beside_their_mean(curves):
    figure = figures.of_layers({"tanh": curves}, ["ebab"])
    fitting, compression = figure.axes
    names = [text.get_text() for text in compression.get_xticklabels()]
    assert names == ["1", "2", "3", "4", "5", "out", "1-5"]
    heights = [line.get_ydata() for line in fitting.lines]
    assert np.ravel(heights[0]) == pytest.approx([1] * 7, abs=0.02)
    limit = 0.01 * np.log(4096)
    assert [limit, limit] in [list(height) for height in heights]
