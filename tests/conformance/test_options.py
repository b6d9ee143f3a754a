"""Every option of every public function times every kind of value.

Options are read from signatures, so that a new one is in the table.
"""

import inspect

from conformance.values import VALUES, X, Y, raw_of
import keras
import numpy as np
import pytest
import synthetic_run

import keras_ib
from keras_ib import (
    datasets,
    distributions,
    layers,
    measures,
    models,
    phases,
    plotting,
    runtime,
    taps,
)
from keras_ib.logs.config import update_config

DENSE = keras.layers.Dense(2)
MODEL = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
TINY = {"input_shape": (2, 2, 1), "num_classes": 2, "depth": 1, "width": 2}
# For layers of keras_ib: what they are called on.
INPUTS = {layers.SelfAttention: (None, 2, 8), layers.Positions: (None, 2, 8)}


def of(function, **needed):
    """A row: a function, and what it needs beside the option."""
    return function, needed


FREE = {
    **{
        name: of(measure)
        for name, measure in vars(measures).items()
        if inspect.isclass(measure)
        and issubclass(measure, measures.Measure)
        and measure is not measures.Measure
    },
    "Decoder": of(measures.Decoder),
    "InfoPlane": of(keras_ib.InfoPlane),
    "resnet": of(models.resnet, input_shape=(4, 4, 1), num_classes=2, width=1),
    "vit": of(models.vit, num_heads=1, mlp_dim=2, **TINY),
    "mixer": of(models.mixer, token_dim=2, channel_dim=2, **TINY),
    "mlp": of(models.mlp, input_shape=(2,), num_classes=2, hidden_sizes=(2,)),
    "Residual": of(layers.Residual, branch=DENSE, shortcut="projection"),
    "Chain": of(layers.Chain, layers=[DENSE]),
    "SelfAttention": of(layers.SelfAttention, num_heads=1),
    "Positions": of(layers.Positions),
    "select": of(taps.select, model=MODEL),
    "make_strategy": of(runtime.make_strategy),
    "load": of(datasets.load, name="szt"),
    "sample": of(distributions.DISTRIBUTIONS["normal"].sample, num_rows=4),
    "elliptic": of(distributions.elliptic, name="a", covariance=np.eye(2)),
    "dense_covariance": of(distributions.dense_covariance),
    "normal_cdf": of(distributions.normal_cdf),
    "uniform_noise": of(distributions.uniform_noise, name="a", e=0.1),
    "measure": of(keras_ib.measure, z=X, measures="binning"),
    "pointwise": of(keras_ib.pointwise, z=X, x=X, measure="zx"),
}
# Not for users: how the product itself asks.
INNER = {"select": {"run", "num_samples", "left_out"}}


def of_files(folder):
    """Rows of what reads runs or writes them."""
    run = synthetic_run.write(
        folder / "run", taps=("stem", "head"), data=("train",), last=8
    )
    update_config(run, "seed", 0)
    log = keras_ib.RunLog(run)
    (folder / "saved").mkdir()
    MODEL.save(folder / "saved" / "model-0.keras")
    plane = keras_ib.InfoPlane(
        (X, Y), measures="binning", log_dir=folder / "watched"
    )
    return {
        "RunLog": of(keras_ib.RunLog, folder=run),
        "series": of(log.series, tap="head", measure="zx/fvu"),
        "field": of(log.field, measure="zx", field="fvu"),
        "to_frame": of(log.to_frame),
        "find": of(phases.find, runs=log),
        "compare": of(keras_ib.compare, conditions={"a": log}),
        "plane": of(plotting.plane, runs=log),
        "dynamics": of(plotting.dynamics, runs=log),
        "depth": of(plotting.depth, runs=log),
        "phases": of(plotting.phases, runs=log),
        "comparison": of(
            plotting.comparison, compared=keras_ib.compare({"a": log})
        ),
        "InfoPlane.measure": of(plane.measure, model=MODEL, step=0),
        "measure_checkpoints": of(
            keras_ib.measure_checkpoints,
            checkpoints=folder / "saved",
            data=(X, Y),
            measures="binning",
            log_dir=folder / "measured",
        ),
    }


def calls(name, function, needed):
    """All calls of a row, `{what: call}`."""

    def call(option, value):
        made = function(**needed | {option: value})
        if isinstance(made, keras.Layer) and not isinstance(made, keras.Model):
            made(keras.KerasTensor(INPUTS.get(function, (None, 2))))

    parameters = inspect.signature(function).parameters.values()
    options = [p.name for p in parameters if p.kind != p.VAR_KEYWORD]
    return {
        f"{option}={kind}": lambda option=option, value=value: call(
            option, value
        )
        for option in options
        if option not in INNER.get(name, ())
        for kind, value in VALUES.items()
    }


@pytest.mark.parametrize("name", FREE)
def test_every_option_is_taken_or_refused(name):
    assert raw_of(calls(name, *FREE[name])) == {}


@pytest.mark.slow
def test_every_option_is_taken_or_refused_beside_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = of_files(tmp_path)
    raw = {name: raw_of(calls(name, *row)) for name, row in rows.items()}
    assert raw == {name: {} for name in rows}


@pytest.mark.parametrize("family", models.FAMILIES)
def test_sizes_may_be_numbers_of_numpy(family):
    function, needed = FREE[family]
    plain = function(**needed)
    small = {
        key: np.int8(value) if isinstance(value, int) else value
        for key, value in needed.items()
    }
    assert function(**small).count_params() == plain.count_params()


def test_a_penalty_may_be_a_number_of_numpy():
    model = models.mlp((2,), 2, hidden_sizes=(np.uint8(3),), l2=np.float32(0.5))
    penalty = model.get_layer("block_01").branch.kernel_regularizer
    assert float(penalty.l2) == 0.5


def test_a_function_that_initializes_nothing_is_one_sentence():
    with pytest.raises(ValueError, match="shortcut_initializer does not make"):
        models.mlp((2,), 2, shortcut="projection", shortcut_initializer=len)
