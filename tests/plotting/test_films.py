"""Films: as many pictures as steps, and something moves."""

from itertools import pairwise

from matplotlib import animation
import numpy as np
from PIL import Image
import pytest
import synthetic_run

from keras_ib import RunLog, plotting
from keras_ib.plotting import films


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    return synthetic_run.write(folder, num_steps=5, data=("probe",))


def test_a_picture_a_step(run, tmp_path):
    path = tmp_path / "plane.gif"
    plotting.film(run, path, fps=2)
    pictures = []
    with Image.open(path) as film:
        assert film.n_frames == len(RunLog(run).steps)
        for number in range(film.n_frames):
            film.seek(number)
            pictures.append(np.asarray(film.convert("RGB")))
        # The end stands still.
        assert film.info["duration"] > 2000
    assert {picture.shape for picture in pictures} == {pictures[0].shape}
    changed = [(a != b).any() for a, b in pairwise(pictures)]
    assert all(changed)


def test_points_are_those_of_the_log(run, monkeypatch, tmp_path):
    log = RunLog(run)
    seen = []
    move = films.Walking.move

    def watched(self, figure, step):
        move(self, figure, step)
        seen.append([dot.get_xydata().tolist() for *_, dot in self._ways])

    monkeypatch.setattr(films.Walking, "move", watched)
    plotting.film(log, tmp_path / "plane.gif", taps=["head"], fps=1)
    x = log.series("head", "zx/fvu")[1]
    y = log.series("head", "zy/ce")[1]
    known = np.stack([x, y], 1).tolist()
    assert [points[0][0] for points in seen] == [*known, known[-1], known[-1]]


def test_refusals(run, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"end in \.gif or \.mp4"):
        plotting.film(run, tmp_path / "plane.png")
    monkeypatch.setattr(animation.FFMpegWriter, "isAvailable", lambda: False)
    with pytest.raises(ValueError, match="needs the program ffmpeg"):
        plotting.film(run, tmp_path / "plane.mp4")
    only_x = synthetic_run.write(tmp_path / "x", names=("zx",), num_steps=2)
    with pytest.raises(ValueError, match="no Z-X or no Z-Y"):
        plotting.film(only_x, tmp_path / "plane.gif")
    (only_x / "info_plane.jsonl").write_text("")
    with pytest.raises(ValueError, match="No measurement"):
        plotting.film(only_x, tmp_path / "plane.gif")
    assert not (tmp_path / "plane.gif").exists()
