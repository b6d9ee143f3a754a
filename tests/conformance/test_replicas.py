"""Every measure on one, two and four replicas: the same numbers."""

import json
import subprocess
import sys

import pytest

# The rows are 45, which no number of replicas divides.
PROGRAM = """
import contextlib
import json
import sys

import keras
import numpy as np
import tensorflow as tf

num_replicas = int(sys.argv[1])
cpu = tf.config.list_physical_devices("CPU")[0]
logical = [tf.config.LogicalDeviceConfiguration()] * num_replicas
tf.config.set_logical_device_configuration(cpu, logical)

from keras_ib import measures, probe, runtime, taps

strategy = runtime.make_strategy("mirrored" if num_replicas > 1 else "none")
keras.utils.set_random_seed(0)
with strategy.scope() if strategy else contextlib.nullcontext():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            keras.layers.Conv2D(3, 3, 2, name="stem"),
            keras.layers.Flatten(),
            keras.layers.Dense(6, "tanh"),
            keras.layers.GaussianNoise(0.3, name="block_01"),
            keras.layers.Dense(3, name="head"),
        ]
    )
    model.compile("sgd", "mse")
assert model.distribute_strategy.num_replicas_in_sync == num_replicas
rng = np.random.default_rng(0)
y = rng.integers(3, size=45)
x = rng.normal(size=(45, 8, 8, 1)) + y[:, None, None, None]
drawn = probe.draw(x.astype("float32"), y, needs_y=True, size=45, seed=0)
small = {
    "zx_network": measures.ZX("network", 40),
    "zy_network": measures.ZY("network", 40),
    **{
        bound: measures.Variational(bound, 40)
        for bound in ("infonce", "nwj", "dv", "smile")
    },
}
chosen = [small.get(m.name, m) for m in measures.get("all")]
selected = taps.select(model, ["stem", "block_01"])
measurement = runtime.Measurement(model, selected, chosen, drawn)
values = measurement().tolist()
names = [f"{r.tap}/{r.measure}/{r.field}" for r in measurement.readings]
print(json.dumps(dict(zip(names, values, strict=True))))
"""


def numbers(num_replicas):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(num_replicas)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_numbers_do_not_depend_on_the_replicas():
    pytest.importorskip("tensorflow")
    alone = numbers(1)
    assert len({name.split("/")[1] for name in alone}) > 20
    for num_replicas in (2, 4):
        assert numbers(num_replicas) == pytest.approx(alone, rel=2e-3, abs=2e-3)
