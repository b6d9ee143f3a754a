"""Every measure on one, two and four replicas: the same numbers."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
import json
import os
import subprocess
import sys
import tempfile

import keras
import numpy as np
import pytest

from keras_ib import InfoPlane, RunLog, measures, probe, runtime, taps
from keras_ib.measures.pairwise.blocks import Pairwise
from keras_ib.measures.trained.variational import BOUNDS
from keras_ib.runtime import Reading

TAPS = ["stem", "block_01"]
# No number of replicas divides them.
NUM_ROWS = 45
# What the probe has of X and Y, which decides the fields.
GIVEN = frozenset({"x", "x_id", "y", "y_class", "time"})
CLASSES = measures.Variable("classes", num_classes=3)
# Optimizer steps: few are enough to tell whether all replicas see all rows.
BUDGET = 20
SMALL = {
    "zx_network": measures.ZX("network", BUDGET),
    "zy_network": measures.ZY("network", BUDGET),
    **{bound: measures.Variational(bound, BUDGET) for bound in BOUNDS},
    "sliced": measures.Sliced(num_slices=4),
}


def chosen(num_replicas):
    """All measures; for four replicas without those that one of them trains.

    Nor, on JAX, others that one replica makes: they take long to compile.
    """
    on_jax = keras.config.backend() == "jax"
    return [
        SMALL.get(m.name, m)
        for m in measures.get("all")
        if num_replicas <= 2
        or m.name == "zx"
        or isinstance(m, Pairwise)
        or not (on_jax or m.trains)
    ]


def distributed(num_replicas):
    """The context of a model on so many replicas, all on this CPU."""
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        # Most of the time would go into making graphs fast that run once.
        options = {"disable_meta_optimizer": True}
        tf.config.optimizer.set_experimental_options(options)
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0],
            [tf.config.LogicalDeviceConfiguration()] * num_replicas,
        )
    if num_replicas == 1:
        return nullcontext()
    return runtime.backend.make_strategy("mirrored").scope()


def network():
    """A layer without noise and one with; rows of 27 numbers and of 6."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(3, 3, 2, name="stem"),
            keras.layers.Flatten(),
            keras.layers.Dense(6, "tanh"),
            keras.layers.GaussianNoise(0.3, name="block_01"),
        ]
    )
    model.compile("sgd", "mse")
    return model


def images(num_rows):
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=num_rows)
    x = rng.normal(size=(num_rows, 8, 8, 1)) + y[:, None, None, None]
    return x.astype("float32"), y


def measured(num_replicas):
    """`{Reading: value}` of all measures, as pairs."""
    model = network()
    x, y = images(NUM_ROWS)
    drawn = probe.draw(x, y, size=NUM_ROWS, seed=0)
    selected = taps.select(model, TAPS)
    measurement = runtime.Measurement(
        model, selected, chosen(num_replicas), drawn
    )
    values = measurement().tolist()
    return list(zip(measurement.readings, values, strict=True))


def watched(_):
    """Weights of a training alone and watched, and the folder of its log."""
    x, y = images(32)
    folder = tempfile.mkdtemp()
    plane = InfoPlane(
        (x, y), measures=["zx", "kde"], taps=TAPS, schedule=1, log_dir=folder
    )

    def weights(*callbacks):
        model = network()
        model.fit(
            *(x, np.eye(6)[y]), batch_size=16, verbose=0, callbacks=callbacks
        )
        return [weight.tolist() for weight in model.get_weights()]

    return [weights(), weights(plane), folder]


def run(program, num_replicas):
    """What a program returns in a process with so many replicas."""
    count = f"--xla_force_host_platform_device_count={num_replicas}"
    done = subprocess.run(
        [sys.executable, __file__, program, str(num_replicas)],
        env=os.environ
        | {"XLA_FLAGS": f"{os.environ.get('XLA_FLAGS', '')} {count}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def tolerance(measure):
    """How far the numbers of a measure may be apart.

    The sums over rows are added in another order, on each replica and then
    over all: float32 rounds them otherwise. What one replica computes whole
    sees the same rows as alone, but for the rounding of a forward pass of
    fewer rows and, on JAX, of the program that XLA makes: one of all taps
    where they are shared, one a tap where they are not. Eigenvalues and
    training make it larger.
    """
    if isinstance(measure, Pairwise):
        return 2e-6
    if measure.name in BOUNDS:
        # Adam's first steps are as long for a slope that is rounding.
        return 1e-3
    return 3e-5 if keras.config.backend() == "jax" else 1e-5


@pytest.mark.jax
@pytest.mark.slow
def test_numbers_do_not_depend_on_the_replicas():
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda count: run("measured", count), (4, 2, 1))
    four, two, alone = (
        {Reading(*reading): value for reading, value in pairs}
        for pairs in found
    )
    for num_replicas, shared in ((2, two), (4, four)):
        assert list(shared) == [r for r in alone if r in shared]
        for measure in chosen(num_replicas):
            found, expected = (
                {r: v for r, v in of.items() if r.measure == measure.name}
                for of in (shared, alone)
            )
            fields = measure.available(GIVEN, CLASSES)
            assert len(found) == len(TAPS) * len(fields)
            close = tolerance(measure)
            for reading, value in expected.items():
                # The root of a difference of such sums.
                is_error = reading.field.endswith("_se")
                assert found[reading] == pytest.approx(
                    value, rel=10 * close if is_error else close, abs=close
                ), reading


@pytest.mark.jax
@pytest.mark.slow
@pytest.mark.skipif(
    keras.config.backend() != "jax",
    reason="test_infoplane.py has the same on TensorFlow",
)
def test_infoplane_in_data_parallel_training():
    """No weight moves a bit, and the log is that of one device."""
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda count: run("watched", count), (1, 2)))
    logs = []
    for num_replicas, (before, after, folder) in enumerate(runs, start=1):
        assert before == after
        logs.append(RunLog(folder))
        assert logs[-1].config["num_replicas"] == num_replicas
    alone, shared = ([list(row.values()) for row in log.rows] for log in logs)
    assert [row[:-1] for row in shared] == [row[:-1] for row in alone]
    # The gradients are summed in another order.
    assert [row[-1] for row in shared] == pytest.approx(
        [row[-1] for row in alone], rel=1e-5, abs=1e-5
    )


@pytest.mark.parametrize("num_rows", [45, 46])
def test_each_replica_looks_at_its_rows_alone(
    distance_blocks, strategy, num_rows
):
    """Of all pairs, those of its rows with all rows; traced once for all."""
    with strategy.scope():
        model = network()
    x, y = images(num_rows)
    drawn = probe.draw(x, y, size=num_rows, seed=0)
    selected = taps.select(model, "block_01")
    kde = (measures.KDE(0.3),)
    assert np.all(runtime.Measurement(model, selected, kde, drawn)() > 0)
    share = -(-num_rows // strategy.num_replicas_in_sync)
    assert distance_blocks == [(share, num_rows)]


if __name__ == "__main__":
    program, count = sys.argv[1], int(sys.argv[2])
    with distributed(count):
        result = {"measured": measured, "watched": watched}[program](count)
    print(json.dumps(result))
