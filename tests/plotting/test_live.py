"""The live view: how often it draws. How it looks: `test_notebooks.py`."""

from itertools import pairwise

import pytest

import keras_ib
from keras_ib.plotting import live


class Display:
    """What IPython gives back; it notes when, and moves the time."""

    def __init__(self, cost):
        self.now, self.cost, self.shown_at = 0.0, cost, []

    def clock(self):
        return self.now

    def update(self, figure):
        self.shown_at.append(self.now)
        self.now += self.cost


@pytest.mark.parametrize("cost", [0.02, 0.5, 4])
def test_it_draws_no_longer_than_its_share(tmp_path, monkeypatch, cost):
    display = Display(cost)
    monkeypatch.setattr(live, "perf_counter", display.clock)
    monkeypatch.setattr(live, "RunLog", lambda folder: folder)
    monkeypatch.setattr(live, "plane", lambda log: log)
    view = live.Live(tmp_path)
    view._display = display
    while display.now < 400:
        view.write([])
        display.now += 0.1
    times = list(display.shown_at)
    assert len(times) >= 4
    assert min(b - a for a, b in pairwise(times)) >= 2
    for count, now in enumerate(times, 1):
        # Of the first one it is not known what it will cost.
        assert cost * count <= 0.05 * now + 1e-9 or count == 1 < cost
    view.close()
    view.close()
    assert len(display.shown_at) == len(times) + 1


def test_elsewhere_than_in_a_notebook_it_warns_once():
    with pytest.warns(UserWarning, match="in notebooks alone") as said:
        plane = keras_ib.InfoPlane(live=True)
    assert len(said) == 1
    assert not plane.live
