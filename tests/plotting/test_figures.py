"""Figures: what they show, read back from their artists; and bad arguments."""

import json
import math

from matplotlib.collections import LineCollection
import numpy as np
import pytest
import synthetic_run

from keras_ib import RunLog, plotting
from keras_ib.logs.config import update_config
from keras_ib.plotting import labels


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return {
        "short": synthetic_run.write(folder / "short", data=("probe",)),
        "long": synthetic_run.write(
            folder / "long", data=("probe",), last=30_000
        ),
        "sets": synthetic_run.write(folder / "sets"),
        "deep": synthetic_run.write(
            folder / "deep", taps=[f"block_{i:02d}" for i in range(9)]
        ),
        "bins": synthetic_run.write(folder / "bins", names=("binning", "zy")),
    }


def panels(figure):
    return [ax for ax in figure.axes if ax.get_label() != "<colorbar>"]


def paths(ax):
    return [c for c in ax.collections if isinstance(c, LineCollection)]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_plane_draws_what_the_log_says(runs):
    log = RunLog(runs["short"])
    figure = plotting.plane(log)
    (ax,) = panels(figure)
    assert len(paths(ax)) == 6
    assert set(log.taps) <= set(texts(ax))
    steps, x = log.series("block_04", "zx", "fvu")
    _, y = log.series("block_04", "zy", "ce")
    segments = paths(ax)[4].get_segments()
    np.testing.assert_allclose(segments[0][0], (x[0], y[0]))
    np.testing.assert_allclose(segments[-1][1], (x[-1], y[-1]))
    # Errors have a square-root axis, that starts at 0.
    assert (ax.get_xscale(), ax.get_yscale()) == ("function", "function")
    assert ax.get_xticks()[0] == ax.get_yticks()[0] == 0
    # The colour goes with the step, from step 0 to the last.
    colours = paths(ax)[4].get_array()
    assert (np.diff(colours) > 0).all()
    assert paths(ax)[4].norm.vmin == 0
    assert paths(ax)[4].norm.vmax == steps[-1] == 1000
    # Start and end have different marks, at the right places.
    start, end = ax.lines[8:10]
    assert start.get_marker() != end.get_marker()
    assert (*start.get_xdata(), *start.get_ydata()) == (x[0], y[0])
    assert (*end.get_xdata(), *end.get_ydata()) == (x[-1], y[-1])


def test_plane_says_unit_kind_and_rows(runs):
    figure = plotting.plane(runs["short"])
    (ax,) = panels(figure)
    assert "[nats]" in ax.get_ylabel()
    assert "(held-out samples, upper bound)" in ax.get_ylabel()
    assert "[1]" not in ax.get_xlabel()
    (bar,) = set(figure.axes) - {ax}
    assert bar.get_ylabel() == "optimizer step"
    assert [t.get_text() for t in bar.get_yticklabels()] == [
        *("0", "1", "10", "100", "1000"),
    ]


def test_plane_has_a_panel_a_run_and_probe_set(runs):
    figure = plotting.plane([runs["short"], runs["long"]], data="probe")
    assert [ax.get_title() for ax in panels(figure)] == ["short", "long"]
    figure = plotting.plane(runs["sets"])
    assert [ax.get_title() for ax in panels(figure)] == ["train", "test"]
    figure = plotting.plane(runs["sets"], data="test", taps=["stem", "head"])
    (ax,) = panels(figure)
    assert len(paths(ax)) == 2


def test_plane_overlays_runs_tap_by_tap(runs):
    both = [runs["short"], runs["long"]]
    figure = plotting.plane(both, overlay=True)
    assert [ax.get_title() for ax in panels(figure)] == RunLog(both[0]).taps
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["short", "long", "first step", "last step"]
    # A colour and a mark a run; no names over the paths.
    of_runs = panels(figure)[2].lines[::3]
    assert not texts(panels(figure)[2])
    assert len({line.get_color() for line in of_runs}) == 2
    assert len({line.get_marker() for line in of_runs}) == 2


def test_plane_of_many_taps_is_small_multiples(runs):
    figure = plotting.plane(runs["deep"])
    assert len(panels(figure)) == 9
    assert len(panels(plotting.plane(runs["deep"], overlay=False))) == 2


def test_ceilings_are_drawn(runs):
    figure = plotting.plane(
        runs["bins"], x="binning/i_xz", y="binning/i_zy", data="test"
    )
    (ax,) = panels(figure)
    dashed = [line for line in ax.lines if line.get_linestyle() == "--"]
    assert [line.get_xdata()[0] for line in dashed] == [math.log(360), 0]
    assert dashed[1].get_ydata()[0] == math.log(10)
    assert {"log n", "H(Y)"} <= set(texts(ax))
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "linear")


def test_dynamics_draws_what_the_log_says(runs):
    log = RunLog(runs["sets"])
    figure = plotting.dynamics(log)
    names = ["fvu", "mse", "usable", "ce", "accuracy", "usable"]
    assert len(figure.axes) == len(names)
    for ax in figure.axes:
        assert ax.get_xscale() == "symlog"
        assert ax.get_xlim()[0] < 0
    ce = figure.axes[3]
    assert "[nats]" in ce.get_ylabel()
    assert "upper bound" in ce.get_ylabel()
    # Train and then test, six taps each: the last is the head on test.
    steps, values = log.series("head", "zy", "ce", "test")
    np.testing.assert_array_equal(ce.lines[11].get_xdata(), steps)
    np.testing.assert_array_equal(ce.lines[11].get_ydata(), values)
    assert ce.lines[0].get_linestyle() == "-"
    assert ce.lines[11].get_linestyle() == "--"
    assert ce.lines[5].get_color() == ce.lines[11].get_color()
    # Bands for fvu and ce, whose standard errors are known.
    bands = [len(ax.collections) for ax in figure.axes]
    assert bands == [12, 0, 0, 12, 0, 0]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == [*log.taps, "train", "test"]


def test_a_level_is_a_thin_line(runs, tmp_path):
    run = synthetic_run.write(tmp_path / "level", data=("probe",))
    rows = RunLog(run).rows
    fields = RunLog(run).config["measures"]
    fields["zy"]["fields"]["ce_null"] = fields["zy"]["fields"]["ce"]
    level = [
        row | {"field": "ce_null", "value": 3.0}
        for row in rows
        if row["field"] == "ce"
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows + level)
    (run / "info_plane.jsonl").write_text(lines)
    num_rows = len(rows + level) // len(RunLog(run).steps)
    update_config(run, "measures", fields)
    update_config(run, "rows_per_measurement", num_rows)
    figure = plotting.dynamics(run, fields=["zy/ce"], units="bits")
    drawn = [list(line.get_ydata()) for line in figure.axes[0].lines]
    assert drawn[1] == pytest.approx([3 / np.log(2)] * len(drawn[0]))
    assert figure.axes[0].lines[1].get_linewidth() == 0.5
    assert "bits" in figure.axes[0].get_ylabel()
    names = [t.get_text() for t in figure.legends[0].get_texts()]
    assert names[-1] == "permuted"
    assert len(panels(plotting.dynamics(run))) == len(
        panels(plotting.dynamics(runs["short"]))
    )


def test_dynamics_of_several_runs_are_columns(runs):
    figure = plotting.dynamics(
        [runs["short"], runs["long"]], fields=["zy/ce", "zy/usable"]
    )
    assert [ax.get_title() for ax in figure.axes] == ["short", "long", "", ""]
    assert "H(Y)" in texts(figure.axes[2])
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()


def test_fields_are_those_of_all_runs(runs):
    figure = plotting.dynamics([runs["sets"], runs["bins"]])
    assert len(figure.axes) == 2 * len(("ce", "accuracy", "usable"))


def test_nan_leaves_a_gap(tmp_path):
    def value(step, depth, data, measure, field):
        return math.nan if 10 < step < 100 and depth == 1 else 0.1 + depth

    run = synthetic_run.write(tmp_path / "run", value=value, data=("probe",))
    values = plotting.dynamics(run).axes[0].lines[5].get_ydata()
    assert np.isnan(values).any()
    assert not np.isnan(values).all()
    (ax,) = panels(plotting.plane(run))
    assert "head" in texts(ax)


def test_a_tap_without_a_finite_value_has_no_ends(tmp_path):
    run = synthetic_run.write(
        tmp_path / "run", value=lambda *_: math.nan, data=("probe",)
    )
    (ax,) = panels(plotting.plane(run, path=tmp_path / "plane.png"))
    assert not ax.lines
    assert not texts(ax)


def test_files_by_suffix(runs, tmp_path):
    for suffix, start in ((".png", b"\x89PNG"), (".pdf", b"%PDF")):
        for draw in (plotting.plane, plotting.dynamics):
            path = tmp_path / f"{draw.__name__}{suffix}"
            draw(runs["short"], path=str(path))
            assert path.read_bytes().startswith(start)


def test_no_global_state(runs):
    import matplotlib

    before = dict(matplotlib.rcParams)
    plotting.dynamics(runs["short"])
    assert dict(matplotlib.rcParams) == before


def test_labels_do_not_cover_each_other():
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    figure = Figure((3, 2.5))
    renderer = FigureCanvasAgg(figure).get_renderer()
    ax = figure.subplots()
    # Ends side by side, as those of a trained network: cross-entropy near 0.
    curves = [np.array([[0.5, 1.0], [i / 6, 0.01]]) for i in range(6)]
    for curve in curves:
        ax.plot(*curve.T)
    figure.draw_without_rendering()
    labels.place(ax, curves, [f"block_{i}" for i in range(6)])
    for text in ax.texts:
        text.update_positions(renderer)
    # Of the text alone; an annotation's extent counts its line, too.
    boxes = [Text.get_window_extent(text, renderer) for text in ax.texts]
    assert len(boxes) == 6
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])
        assert ax.bbox.contains(*box.min)
        assert ax.bbox.contains(*box.max)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"x": "zx/nothing"}, "no values of zx/nothing; it has zx/fvu"),
        ({"x": "fvu"}, "'fvu' names no field"),
        ({"data": "train"}, "no data 'train'; it has probe"),
        ({"taps": ["stem", "neck"]}, "no tap 'neck'; it has stem"),
        ({"taps": []}, r"taps=\[\]"),
        ({"path": "plane"}, r"'plane'.*\.png"),
        ({"path": "plane.docx"}, r"'plane.docx'.*\.png"),
    ],
)
def test_wrong_arguments(runs, arguments, words):
    with pytest.raises(ValueError, match=words):
        plotting.plane(runs["short"], **arguments)


def test_wrong_runs(runs, tmp_path):
    with pytest.raises(ValueError, match="is not a run folder"):
        plotting.plane(tmp_path)
    with pytest.raises(ValueError, match="give a run folder"):
        plotting.plane([])
    with pytest.raises(ValueError, match="holds a folder twice"):
        plotting.dynamics([runs["short"], runs["short"]])
    with pytest.raises(ValueError, match=r"fields=\[\]"):
        plotting.dynamics(runs["short"], fields=[])


@pytest.mark.parametrize("draw", [plotting.plane, plotting.dynamics])
def test_a_run_that_has_not_measured_yet(runs, tmp_path, draw):
    empty = synthetic_run.write(tmp_path / "empty")
    (empty / "info_plane.jsonl").write_text("")
    (ax,) = draw(empty, path=tmp_path / "empty.png").axes
    assert texts(ax) == ["No measurement is complete yet."]
    with_another = draw([empty, runs["short"]])
    assert len(with_another.axes) == len(draw(runs["short"]).axes)


@pytest.mark.parametrize(
    ("names", "missing", "field"),
    [(["zx"], "no Z-Y", "variance of X"), (["zy"], "no Z-X", "cross-entropy")],
)
def test_a_plane_that_lacks_an_axis(tmp_path, names, missing, field):
    run = synthetic_run.write(tmp_path / "run", names=names, data=("probe",))
    figure = plotting.plane(run, path=tmp_path / "plane.png")
    (ax,) = figure.axes
    assert ax.get_title() == f"run has {missing}"
    assert field in " ".join(ax.get_ylabel().split())
    assert len(ax.lines) == 6


def test_a_plane_says_why_it_lacks_an_axis(tmp_path):
    run = synthetic_run.write(tmp_path / "run", names=["zx"])
    left = {"what": "measure", "name": "zy", "reason": "there are no labels"}
    update_config(run, "left_out", [left])
    title = plotting.plane(run).axes[0].get_title()
    assert title.replace("\n", " ") == "run has no Z-Y: there are no labels"


def test_a_target_is_chosen_by_its_name(tmp_path):
    run = synthetic_run.write(
        tmp_path / "run", targets=("kind", "colour"), data=("probe",)
    )
    assert RunLog(run).targets == ["kind", "colour"]
    for target, expected in ((None, "kind"), ("colour", "colour")):
        (ax,) = panels(plotting.plane(run, target=target))
        label = " ".join(ax.get_ylabel().split())
        assert label.startswith(f"{expected}: Z-Y")
        assert "kind" not in ax.get_xlabel()
    with pytest.raises(ValueError, match="no target 'size'; it has kind"):
        plotting.dynamics(run, target="size")


def test_the_plane_is_of_what_was_measured(tmp_path):
    run = synthetic_run.write(
        tmp_path / "run", names=["kde"], value=lambda *_: 1
    )
    figure = plotting.plane(run)
    assert "I(X;Z)" in figure.axes[0].get_xlabel()
    assert "I(Z;Y)" in figure.axes[0].get_ylabel()


def test_runs_of_one_name_show_more_of_their_paths(tmp_path):
    both = [synthetic_run.write(tmp_path / x / "run") for x in ("a", "b")]
    figure = plotting.plane(both, data="test")
    assert [ax.get_title() for ax in panels(figure)] == ["a/run", "b/run"]
