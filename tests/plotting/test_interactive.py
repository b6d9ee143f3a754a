"""The interactive figure: what it holds, and what a browser makes of it."""

import re
import sys

from browser import chromium, needs_chromium, show
import numpy as np
import pytest
import synthetic_run

from keras_ib import RunLog, plotting

TAPS = ("stem", *(f"block_{i:02d}" for i in range(14)), "head")
HOSTILE = "<img src=x onerror=alert(1)>%{x}</script>"
# Of the plane that is shown: the taps as they are now.
POINTS = "plane.data.find((trace) => trace.visible && trace.text)"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    return synthetic_run.write(folder, taps=TAPS, num_steps=76)


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("pages") / "plane.html"


@pytest.fixture(scope="module")
def figure(run, path):
    return plotting.interactive(run, path=path)


@pytest.fixture(scope="module")
def page(browser, figure, path):
    page = show(browser, path.as_uri())
    page.wait_for_selector(".scatterlayer .point")
    return page


def to_step_0(page):
    """Clicks on the left end of the slider."""
    rail = page.locator(".slider-rail-touch-rect").bounding_box()
    page.mouse.click(rail["x"] + 6, rail["y"] + rail["height"] / 2)
    page.wait_for_function(f"{POINTS}.customdata[0][0] === 0")


def traces(figure, **wanted):
    return [
        trace
        for trace in figure.data
        if all(getattr(trace, key) == value for key, value in wanted.items())
    ]


def test_it_holds_what_the_log_says(figure, path, run):
    log = RunLog(run)
    assert len(log.steps) == 60
    assert path.stat().st_size < 6e6
    assert [frame.name for frame in figure.frames] == list(map(str, log.steps))
    path, curve = traces(figure, name="block_02", visible=True)
    steps, x = log.series("block_02", "zx/fvu")
    _, y = log.series("block_02", "zy/ce")
    _, error = log.series("block_02", "zx/fvu_se")
    # Both axes are square roots.
    np.testing.assert_allclose(np.square(path.x), x, rtol=1e-3)
    np.testing.assert_allclose(np.square(path.y), y, rtol=1e-3)
    np.testing.assert_allclose(np.expm1(curve.x), steps, rtol=1e-3, atol=1e-3)
    said = [steps[9], float(f"{x[9]:.4g}"), float(f"{error[9]:.2g}")]
    assert list(curve.customdata[9]) == said
    assert "± %{customdata[2]}" in curve.hovertemplate
    (image,) = traces(figure, type="heatmap", visible=True)
    np.testing.assert_allclose(np.square(image.z[3]), x, rtol=1e-3)
    assert [b.label for b in figure.layout.updatemenus[1].buttons] == [
        *("train", "test"),
    ]
    assert [b.label for b in figure.layout.updatemenus[2].buttons] == [
        field
        for field, about in log.fields.items()
        if not field.endswith("_se") and not about["is_check"]
    ]


def test_logs_without_a_plane_and_empty_ones(tmp_path):
    run = synthetic_run.write(tmp_path / "x", names=("zx",), data=("probe",))
    figure = plotting.interactive(run)
    assert figure.layout.xaxis2.domain[0] == 0.1
    assert not traces(figure, xaxis=None)
    (run / "info_plane.jsonl").write_text("")
    assert "No measurement" in plotting.interactive(run).layout.title.text
    with pytest.raises(ValueError, match="no values of zy/ce"):
        plotting.interactive(
            synthetic_run.write(tmp_path / "y", names=("zx",)), y="zy/ce"
        )
    with pytest.raises(ValueError, match=r"does not end in \.html"):
        plotting.interactive(run, path=tmp_path / "plane.png")


def test_planes_to_choose_from(tmp_path):
    run = synthetic_run.write(
        tmp_path / "run", names=("zx", "zy", "binning"), data=("probe",)
    )
    figure = plotting.interactive(run)
    first, second = figure.layout.updatemenus[1].buttons
    assert first.label == "probe: zx/fvu, zy/ce"
    assert second.label == "probe: binning/i_xz, binning/i_zy"
    # The sample size ends both axes.
    assert len(second.args[1]["shapes"]) == 2
    shown = np.array(figure.data)[list(second.args[0]["visible"])]
    x = next(trace for trace in shown if trace.xaxis is None).x
    np.testing.assert_allclose(
        x, RunLog(run).series("stem", "binning/i_xz")[1], rtol=1e-3
    )


def test_without_plotly_one_line_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly", None)
    with pytest.raises(ImportError, match=r"pip install 'keras-ib\[html\]'"):
        plotting.interactive(run)


@needs_chromium
@pytest.mark.slow
def test_the_slider_moves_the_points(page, run):
    log = RunLog(run)
    before = page.evaluate(f"{POINTS}.customdata[15]")
    assert before[0] == log.steps[-1]
    to_step_0(page)
    after = page.evaluate(f"{POINTS}.customdata[15]")
    assert after[0] == 0
    first = log.series("head", "zy/ce")[1][0]
    np.testing.assert_allclose(after[3], first, rtol=1e-3)


@needs_chromium
@pytest.mark.slow
def test_a_label_says_tap_step_and_value(page):
    to_step_0(page)
    shown = page.evaluate(f"plane.data.indexOf({POINTS})")
    uid = page.evaluate(f"plane._fullData[{shown}].uid")
    point = page.locator(f".trace{uid} .point").last
    box = point.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".hoverlayer .hovertext")
    label = page.locator(".hoverlayer .hovertext").text_content()
    assert re.search(
        r"headstep 0zx/fvu \S+ ± \S+zy/ce 2\.3 ± \S+ \[nats\]", label
    )
    # Its path and its curve stand out.
    bright = page.evaluate(
        "plane._fullData.filter((trace, i) => trace.visible &&"
        " plane.data[i].name && plane.querySelector("
        "`.trace${trace.uid}`)?.style.opacity === '1')"
        ".map((trace) => trace.name)"
    )
    assert bright == ["head", "head"]


@needs_chromium
@pytest.mark.slow
def test_menus_choose_the_probe_set_and_the_field(page, run):
    log = RunLog(run)
    page.locator(".updatemenu-header").nth(0).click()
    page.locator(".updatemenu-dropdown-button", has_text="test").click()
    page.wait_for_timeout(300)
    first = page.evaluate("plane.data.find((t) => t.visible && t.name).y")
    ce = log.series("stem", "zy/ce", data="test")[1]
    np.testing.assert_allclose(np.square(first), ce, rtol=1e-3)
    page.locator(".updatemenu-header").nth(1).click()
    page.locator(".updatemenu-dropdown-button", has_text="accuracy").click()
    page.wait_for_timeout(300)
    assert "ccuracy" in page.locator(".y3title").text_content()
    accuracy = log.series("stem", "zy/accuracy", data="test")[1]
    curve = "plane.data.find((t) => t.visible && t.xaxis === 'x3')"
    np.testing.assert_allclose(page.evaluate(f"{curve}.y"), accuracy, rtol=1e-3)
    image = "plane.data.find((t) => t.visible && t.type === 'heatmap')"
    np.testing.assert_allclose(
        page.evaluate(f"{image}.z[0]"), accuracy, rtol=1e-3
    )


@needs_chromium
@pytest.mark.slow
def test_the_play_button_plays(page):
    to_step_0(page)
    page.locator(".updatemenu-button").first.click()
    page.wait_for_function(f"{POINTS}.customdata[0][0] > 0")
    page.locator(".updatemenu-button").nth(1).click()
    page.wait_for_timeout(200)


@needs_chromium
@pytest.mark.slow
def test_it_asks_for_nothing_and_complains_of_nothing(page):
    assert page.said == []
    assert [url for url in page.requests if not url.startswith("data:")] == [
        page.url
    ]


@needs_chromium
@pytest.mark.slow
def test_names_are_no_tags(browser, tmp_path):
    run = synthetic_run.write(
        tmp_path / "<b>run", taps=("stem", HOSTILE), data=("<i>set",)
    )
    path = tmp_path / "plane.html"
    plotting.interactive(run, path=path)
    page = show(browser, path.as_uri())
    assert HOSTILE in page.locator(".y2tick").last.text_content()
    chosen = page.locator(".updatemenu-header").first
    assert "<i>set" in chosen.text_content()
    assert page.title() == "<b>run"
    assert page.said == []
