"""Logs as tables."""

import math

import numpy as np
import pytest
import synthetic_run

from keras_ib import RunLog

TAPS = ("stem", "block_10", "block_9", "head")


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    def value(step, depth, data, measure, field):
        return math.nan if step == 1 else step + depth

    folder = tmp_path_factory.mktemp("runs") / "run"
    return RunLog(
        synthetic_run.write(
            folder, taps=TAPS, targets=("kind", "colour"), value=value
        )
    )


def test_long_is_the_rows_of_the_log(log):
    frame = log.to_frame()
    assert list(frame) == list(log.rows[0])
    assert len(frame) == len(log.rows)
    x = frame[frame.measure == "zx"]
    assert x.target.isna().all()
    assert frame.attrs["fields"]["zy/ce"]["kind"] == "upper bound"
    assert frame.attrs["fields"]["zy/usable"]["ceiling"]["test"] > 2


def test_wide_has_a_column_a_field(log):
    frame = log.to_frame(wide=True)
    assert {"epoch", "zx/fvu", "zy[kind]/ce", "zy[colour]/ce"} <= set(frame)
    assert frame.index.names == ["data", "tap", "step"]
    assert tuple(frame.index.unique("tap")) == TAPS
    found = frame.loc["test", "block_9"]["zy[colour]/ce"]
    steps, values = log.series("block_9", "zy/ce", data="test", target="colour")
    assert list(found.index) == list(steps)
    np.testing.assert_array_equal(found, values)
    assert np.isnan(found[1])


def test_xarray_has_units_and_the_order_of_the_taps(log):
    found = log.to_xarray()
    assert found.zx_fvu.dims == ("data", "tap", "step")
    assert tuple(found.tap.values) == TAPS
    assert tuple(found.data.values) == ("train", "test")
    assert found.zy_kind_ce.attrs["units"] == "nats"
    assert found.zx_fvu.attrs["kind"] == "upper bound"
    values = log.series("head", "zx/fvu", data="test")[1]
    np.testing.assert_array_equal(
        found.zx_fvu.sel(data="test", tap="head"), values
    )
    np.testing.assert_array_equal(found.epoch, found.step / 100)


def test_a_log_prints_as_a_small_table(log, tmp_path):
    line, header, *rows = str(log).splitlines()
    assert line == repr(log)
    assert header.split()[:3] == ["tap", "zx/fvu", "train"]
    assert [row.split()[0] for row in rows] == list(TAPS)
    assert rows[-1].split()[1] == "1001.000"
    many = [f"block_{i}" for i in range(200)]
    deep = RunLog(synthetic_run.write(tmp_path / "deep", taps=many, last=1))
    assert len(str(deep).splitlines()) < 30
    assert deep._repr_html_().count("<tr>") < 30
