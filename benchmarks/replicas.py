"""What a measurement costs on several replicas, against one.

    python benchmarks/replicas.py

The replicas are logical CPUs of one thread each, on as many cores: they stand
for devices that work side by side. Each count runs in a process of its own,
all with the same probe rows, and the rows of the table are ratios within this
one run. Takes some minutes.
"""

import json
import os
import subprocess
import sys
import time

MEASURES = ("kde", "kde,akde,cs,hsic,ksg", "zx,zy", "binning")
NUM_ROWS, WIDTH, NUM_TAPS = 4096, 512, 4
REPEATS = 5


def measured(num_replicas):
    """Median seconds of a measurement, `{measures: seconds}`."""
    environment = os.environ | {
        "OMP_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": str(num_replicas),
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "CUDA_VISIBLE_DEVICES": "",
    }
    done = subprocess.run(
        [sys.executable, __file__, str(num_replicas)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def seconds(num_replicas):
    """As `measured`, in the process that it is measured in."""
    import keras
    import numpy as np
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    logical = [tf.config.LogicalDeviceConfiguration()] * num_replicas
    tf.config.set_logical_device_configuration(cpu, logical)
    from keras_ib import measures, probe, runtime, taps

    strategy = runtime.backend.make_strategy("mirrored")
    with strategy.scope():
        names = [f"block_{i:02d}" for i in range(1, NUM_TAPS + 1)]
        model = keras.Sequential(
            [
                keras.Input((WIDTH,)),
                *(keras.layers.Dense(WIDTH, "tanh", name=n) for n in names),
            ]
        )
        model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(NUM_ROWS, WIDTH)).astype("float32")
    y = rng.integers(10, size=NUM_ROWS)
    drawn = probe.draw(x, y, needs_y=True, size=NUM_ROWS, seed=0)
    found = {}
    for chosen in MEASURES:
        measurement = runtime.Measurement(
            model,
            taps.select(model),
            measures.get(chosen.split(",")),
            drawn,
        )
        times = []
        for _ in range(REPEATS + 1):
            start = time.perf_counter()
            measurement()
            times.append(time.perf_counter() - start)
        found[chosen] = sorted(times[1:])[REPEATS // 2]
    return found


def main():
    one, two = measured(1), measured(2)
    print(f"{NUM_TAPS} taps of {NUM_ROWS:,} x {WIDTH:,}")
    print("| Measures | One replica | Two | Ratio |\n|---|---|---|---|")
    for name in MEASURES:
        print(
            f"| `{name}` | {one[name]:.2f} s | {two[name]:.2f} s "
            f"| {one[name] / two[name]:.2f} |"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(seconds(int(sys.argv[1]))))
    else:
        main()
