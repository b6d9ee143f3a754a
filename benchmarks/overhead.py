"""What InfoPlane costs: time and memory beside the training it watches.

    python benchmarks/overhead.py             # about 15 minutes on 2 cores
    python benchmarks/overhead.py --steps 5   # a quick look

For a ResNet-20, a ViT (192 wide, 6 deep) and a Mixer on 32x32x3 images, all
taps, `zx` and `zy`, 2,048 probe rows:

- step: a training step of 128 images, with InfoPlane in the callback list
  but nothing due, over the same without; alternating runs, so that what else
  the machine does falls on both;
- measurement: seconds, and as a share of an epoch of 50,000 images;
- what it is spent on: the forward pass alone, then what the measures add;
- thirty epochs: the share of all measurements of the default schedule.

Then the growth of memory over 200 measurements. The images are random
numbers: no time here depends on what they show.
"""

import argparse
import os
import statistics
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

import keras_ib
from keras_ib import measures, models, probe, runtime, schedules, taps

BATCH_SIZE = 128
STEPS_PER_EPOCH = -(-50_000 // BATCH_SIZE)
PROBE_SIZE = 2048
SHAPE = (32, 32, 3)
FAMILIES = {
    "resnet-20": lambda: models.resnet(SHAPE, 10, variant="resnet20"),
    "vit 192x6": lambda: models.vit(
        SHAPE,
        10,
        patch_size=4,
        depth=6,
        width=192,
        num_heads=3,
        mlp_dim=768,
    ),
    "mixer 192x6": lambda: models.mixer(
        SHAPE,
        10,
        patch_size=4,
        depth=6,
        width=192,
        token_dim=96,
        channel_dim=768,
    ),
}


def images(num_rows, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(num_rows, *SHAPE)).astype("float32")
    return x, rng.integers(10, size=num_rows)


def compiled(make):
    model = make()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adamw", loss)
    return model


def seconds(function, repeats=3):
    """Median time of a call, after one that compiles."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def step_times(model, num_steps, rounds=3):
    """Seconds of a step without and with InfoPlane, in alternating runs."""
    x, y = images(BATCH_SIZE * num_steps)
    pair = images(PROBE_SIZE, seed=1)

    def fit(callbacks):
        model.fit(x, y, BATCH_SIZE, verbose=0, callbacks=callbacks)

    class Timer(keras.callbacks.Callback):
        """Times the steps alone: what is measured is timed apart.

        InfoPlane, earlier in the list, looks at step 0 when the first batch
        begins and at the last step after it: the time is that between.
        """

        def on_train_batch_begin(self, batch, logs=None):
            now = time.perf_counter()
            self.start = now if batch == 0 else self.start
            self.seconds = (now - self.start) / max(batch, 1)

    fit([])
    bare, watched = [], []
    for _ in range(rounds):
        timer = Timer()
        fit([timer])
        bare.append(timer.seconds)
        timer = Timer()
        with tempfile.TemporaryDirectory() as folder:
            plane = keras_ib.InfoPlane(
                pair, schedule=10**9, log_dir=f"{folder}/run"
            )
            fit([plane, timer])
        watched.append(timer.seconds)
    ratios = [w / b for w, b in zip(watched, bare, strict=True)]
    return statistics.median(bare), statistics.median(ratios)


def measurement_times(model):
    """Seconds of a measurement with none, one and both of the measures."""
    drawn = probe.draw(*images(PROBE_SIZE), size=PROBE_SIZE, seed=0)
    selected = taps.select(model)
    return {
        names: seconds(
            runtime.Measurement(model, selected, measures.get(names), drawn)
        )
        for names in (("zx",), ("zy",), ("zx", "zy"))
    } | {(): seconds(forward_pass(model, selected, drawn))}


def forward_pass(model, selected, drawn):
    """The tap pass alone, its outputs reduced so that none is left out."""

    class Touch(measures.Measure):
        name = "touch"
        fields = {  # noqa: RUF012
            "sum": measures.Field("sum", "1", "estimate", "all")
        }

        def compute(self, sample):
            return {"sum": keras.ops.sum(sample.z)}

    return runtime.Measurement(model, selected, (Touch(),), drawn)


def num_measurements(num_epochs):
    schedule, step, count = schedules.get("log"), 0, 2  # the first, the last
    while (step := schedule.next(step)) < num_epochs * STEPS_PER_EPOCH:
        count += 1
    return count


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def growth(num_measurements=200, warm_up=50):
    """Bytes of memory that each measurement leaves behind."""
    model = compiled(lambda: models.mixer((8, 8, 1), 10))
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(512, 8, 8, 1)), rng.integers(10, size=512)
    drawn = probe.draw(x, y, size=512, seed=0)
    measure = runtime.Measurement(
        model, taps.select(model), measures.get(("zx", "zy")), drawn
    )
    for _ in range(warm_up):
        measure()
    before = resident_bytes()
    for _ in range(num_measurements):
        measure()
    return (resident_bytes() - before) / num_measurements


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=20)
    steps = parser.parse_args().steps
    count = num_measurements(30)
    print(
        f"{'model':<12} {'step':>8} {'ratio':>6} {'epoch':>8} "
        f"{'measure':>8} {'share':>7} {'forward':>8} {'+zx':>6} {'+zy':>6} "
        f"{'both':>6} {'30 epochs':>10}"
    )
    for name, make in FAMILIES.items():
        model = compiled(make)
        step, ratio = step_times(model, steps)
        times = measurement_times(model)
        epoch = step * STEPS_PER_EPOCH
        both, forward = times["zx", "zy"], times[()]
        print(
            f"{name:<12} {step:7.3f}s {ratio:6.3f} {epoch:7.1f}s "
            f"{both:7.2f}s {both / epoch:7.2%} {forward:7.2f}s "
            f"{times['zx',] - forward:5.2f}s {times['zy',] - forward:5.2f}s "
            f"{both - forward:5.2f}s {count * both / (30 * epoch):10.2%}",
            flush=True,
        )
    print(f"memory: {growth() / 1e3:.1f} kB a measurement, over 200")


if __name__ == "__main__":
    main()
