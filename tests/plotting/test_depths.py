"""Figures of deep networks and of several runs can be read."""

from io import BytesIO

from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
import matplotlib.image
import numpy as np
import pytest
import synthetic_run

from keras_ib import RunLog, compare, plotting
from keras_ib.logs.config import update_config
from keras_ib.plotting import looks

LONG = ("resnet-identity-fashion_mnist-0", "resnet-none-fashion_mnist-0")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")

    def write(name, num_taps, **options):
        taps = ["stem", *(f"block_{i:02d}" for i in range(num_taps - 2))]
        run = synthetic_run.write(
            folder / name, taps=[*taps, "head"], **options
        )
        update_config(run, "seed", 0)
        return run

    return {
        3: [write(f"3/{name}", 3) for name in LONG],
        16: [write(f"16/{name}", 16) for name in LONG],
        56: [write("56/run", 56)],
    }


def panels(figure):
    return [ax for ax in figure.axes if ax.get_label() != "<colorbar>"]


FIGURES = {
    "plane": plotting.plane,
    "overlay": lambda runs: plotting.plane(runs, overlay=True),
    "dynamics": lambda runs: plotting.dynamics(runs, fields=["zx/fvu"]),
    "depth": plotting.depth,
    "phases": plotting.phases,
    "comparison": lambda runs: plotting.comparison(
        compare({str(run): [run] for run in runs})
    ),
}


@pytest.mark.parametrize("num_taps", [3, 16, 56])
@pytest.mark.parametrize("name", FIGURES)
def test_panels_have_room_and_ticks(runs, name, num_taps):
    figure = FIGURES[name](runs[num_taps])
    assert max(figure.get_size_inches()) < 14
    for ax in panels(figure):
        width, height = ax.get_window_extent().size / figure.dpi
        assert width >= 1
        assert height >= 1
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            ticks = axis.get_majorticklocs()
            assert sum((low <= ticks) & (ticks <= high)) >= 2


def test_values_near_each_other_have_two_ticks(tmp_path):
    def value(step, depth, *_):
        return 0.71 + 0.02 * depth + 1e-4 * step

    run = synthetic_run.write(tmp_path / "run", value=value, data=("probe",))
    (ax,) = panels(plotting.plane(run))
    low, high = ax.get_xlim()
    ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
    assert len(ticks) >= 2


def test_many_taps_are_told_apart_by_depth(runs):
    (run,) = runs[56]
    figure = plotting.plane(run)
    assert [ax.get_title() for ax in panels(figure)] == ["train", "test"]
    ways = [line for line in panels(figure)[0].lines if len(line.get_xdata())]
    colours = [to_rgb(line.get_color()) for line in ways[::3]]
    assert len(set(colours)) == 56
    assert not panels(figure)[0].texts
    (bar,) = set(figure.axes) - set(panels(figure))
    assert bar.get_ylabel() == "56 taps, from input to output"
    labels = [text.get_text() for text in bar.get_yticklabels()]
    assert labels[0] == "stem"
    assert labels[-1] == "head"
    figure = plotting.dynamics(run, fields=["zx/fvu"])
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["train", "test"]


def test_an_overlay_of_many_taps_shows_a_dozen(runs):
    figure = plotting.plane(runs[16], overlay=True)
    titles = [ax.get_title() for ax in panels(figure)]
    assert len(titles) == 12
    assert (titles[0], titles[-1]) == ("stem", "head")
    assert figure.get_suptitle() == "12 of 16 taps"


def test_an_overlay_has_dashes_for_probe_sets(runs):
    ax = panels(plotting.plane(runs[3], overlay=True))[1]
    ways = [line for line in ax.lines if len(line.get_xdata()) > 1]
    assert [line.get_linestyle() for line in ways] == ["-", "--", "-", "--"]
    assert ways[0].get_color() == ways[1].get_color() != ways[2].get_color()
    # Of one run the colour stays free for the step.
    ax = panels(plotting.plane(runs[3][0], overlay=True))[1]
    assert [c.get_array()[0] for c in ax.collections] == [0, 0]
    assert not any(isinstance(c, LineCollection) for c in ax.collections)


def test_depth_is_what_the_log_says(runs):
    log = RunLog(runs[16][0])
    figure = plotting.depth([log, *runs[16][1:]], "zy/ce", data="test")
    assert len(panels(figure)) == 2
    ax = panels(figure)[0]
    (image,) = ax.collections
    shown = np.asarray(image.get_array()).reshape(16, -1)
    for row, tap in zip(shown, log.taps, strict=True):
        np.testing.assert_array_equal(
            row, log.series(tap, "zy/ce", data="test")[1]
        )
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert (names[0], names[-1]) == ("stem", "head")
    # Each step is within its pixel, on an axis with a place for step 0.
    edges = image.get_coordinates()[0, :, 0]
    at = np.log1p(log.steps)
    assert (edges[:-1] <= at).all()
    assert (at <= edges[1:]).all()


def test_phases_are_those_that_are_found(tmp_path):
    def noisy(seed):
        generator = np.random.default_rng(10 + seed)
        return lambda step, depth, *_: (
            abs(np.log10(step + 1) - 1.5) * depth + 0.001 * generator.normal()
        )

    seeds = [
        synthetic_run.write(
            tmp_path / str(seed), data=("probe",), value=noisy(seed)
        )
        for seed in range(3)
    ]
    figure = plotting.phases({"all": seeds, "two": seeds[:2]}, "zx/fvu")
    assert figure.get_suptitle().endswith("over 2 or 3 seeds")
    fitting, _ = panels(figure)
    may_be, named = (c.lines[0] for c in fitting.containers[:2])
    # Nothing happens at the first tap, and much at the last.
    assert may_be.get_xdata().round().tolist() == [0]
    assert named.get_xdata().round().tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(named.get_ydata()[-1], 1.5, atol=0.1)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["all", "two", "more than noise", "may be noise"]


def test_one_seed_and_draw_says_that_it_proves_nothing(runs):
    figure = plotting.phases(runs[3][0])
    assert "nothing tells it from noise" in figure.get_suptitle()


@pytest.mark.parametrize("draw", [plotting.depth, plotting.phases])
def test_a_run_that_has_not_measured_yet(tmp_path, draw):
    empty = synthetic_run.write(tmp_path / "empty")
    (empty / "info_plane.jsonl").write_text("")
    (ax,) = draw(empty, path=tmp_path / "empty.svg").axes
    assert ax.texts[0].get_text() == "No measurement is complete yet."
    assert "<svg" in (tmp_path / "empty.svg").read_text()


def test_colours_of_runs_differ_for_everyone():
    colours = np.array([to_rgb(colour) for colour in looks.COLOURS])
    linear = np.where(
        colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4
    )
    grey = linear @ (0.2126, 0.7152, 0.0722)
    lightness = 116 * np.cbrt(np.maximum(grey, 0.0089)) - 16
    first = np.sort(lightness[:3])
    assert (np.diff(first) > 20).all()
    # Machado et al. (2009): without the cones of medium and of long waves.
    for seen in (
        [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
        [
            [0.152, 1.053, -0.205],
            [0.115, 0.786, 0.099],
            [-0.004, -0.048, 1.052],
        ],
    ):
        found = np.clip(linear @ np.array(seen).T, 0, 1) ** (1 / 2.4)
        apart = np.linalg.norm(found[:, None] - found[None], axis=-1)
        assert apart[~np.eye(len(found), dtype=bool)].min() > 0.1
    # More runs than colours have other pairs of colour and mark.
    many = looks.by_run(map(str, range(12))).values()
    assert len({tuple(look.values()) for look in many}) == 12


def test_a_figure_shows_itself(runs):
    figure = plotting.plane(runs[3][0])
    image, size = figure._repr_png_()
    height, width, _ = matplotlib.image.imread(BytesIO(image)).shape
    assert (width, height) == pytest.approx(
        (2 * size["width"], 2 * size["height"]), abs=2
    )


@pytest.mark.parametrize("num_taps", [3, 16, 56])
def test_squares_of_taps_can_be_read(num_taps, tmp_path):
    taps = [f"block_{i:02d}" for i in range(num_taps)]
    runs = [
        synthetic_run.compare_taps(
            synthetic_run.write(tmp_path / name, taps=taps, num_steps=2),
            lambda step, i, j: (
                np.nan
                if (i, j) == (0, 1)
                else 0.97 ** ((j - i) * (1 + (step > 0)))
            ),
        )
        for name in ("with", "without")
    ]
    figure = plotting.similarity(runs, path=tmp_path / "similarity.png")
    assert max(figure.get_size_inches()) < 14
    squares = panels(figure)
    assert [ax.get_title() for ax in squares] == [
        f"{run}\noptimizer step {step}"
        for run in ("with", "without")
        for step in ("0", "1,000")
    ]
    for ax in squares:
        width, height = ax.get_window_extent().size / figure.dpi
        assert width == pytest.approx(height, rel=0.01)
        assert width >= 1.5
        for axis in (ax.xaxis, ax.yaxis):
            names = [text.get_text() for text in axis.get_ticklabels()]
            assert (names[0], names[-1]) == (taps[0], taps[-1])
    (image,) = squares[1].collections
    shown = np.ma.filled(image.get_array(), np.nan).reshape(num_taps, num_taps)
    expected = RunLog(runs[0]).similarity(1000)[1]
    np.testing.assert_array_equal(shown, expected)
    np.testing.assert_array_equal(shown, shown.T)
    assert np.isnan(shown[0, 1])
    one = plotting.similarity(runs[0], step=1, data="test")
    assert [ax.get_title() for ax in panels(one)] == ["optimizer step 1"]
