"""What watching a training costs: from the first measurement to memory.

    python benchmarks/capture.py                      # about 5 minutes
    python benchmarks/capture.py --against CHECKOUT   # before and after
    python benchmarks/capture.py --large              # MobileNetV2 as well
    python benchmarks/capture.py --quick              # does it run?

`--against` names another checkout of the package, such as one that
`git worktree add CHECKOUT COMMIT` makes. Each case runs in processes of its
own, of this and of the other checkout in turn; what is printed are medians
over the rounds, and the ratio of other to this. What takes longer than ten
minutes is given up.

- taps: so many layers in a row, `zx` and `zy` of 2,048 x 64 numbers at each;
  the first measurement with all that is made ready for it, and a later one.
- MLP: that of the README on the digits, 20 epochs, alone and with a bare
  `InfoPlane()`; CNN: 5 epochs, alone, with `zx`, and with `zx` and `zy`. Of
  the whole `fit`, compiling included.
- MobileNetV2 at 224 pixels, 2,048 images: the peak of memory.
"""

import argparse
from functools import partial
import json
import os
from pathlib import Path
import statistics
import subprocess
import sys
import tempfile
import time

NUM_SAMPLES, NUM_UNITS, NUM_CLASSES = 2048, 64, 10
LONGEST_SECONDS = 600
HOOKS = ("on_train_begin", "on_train_batch_begin", "on_train_batch_end")


def labelled(*shape):
    """Random X of this shape, and labels."""
    import numpy as np

    rng = np.random.default_rng(0)
    x = rng.standard_normal((NUM_SAMPLES, *shape), "float32")
    return x, rng.integers(NUM_CLASSES, size=NUM_SAMPLES)


def compiled(model):
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def watching(*data, **options):
    """An `InfoPlane` with a folder that is not there yet."""
    import keras_ib

    folder = f"{tempfile.mkdtemp()}/run"
    return keras_ib.InfoPlane(*data, log_dir=folder, **options)


def timed(plane):
    """Lets a callback note the seconds of its hooks; returns the notes."""
    seconds = {name: [] for name in HOOKS}

    def noting(hook, notes):
        def run(*args, **options):
            start = time.perf_counter()
            hook(*args, **options)
            notes.append(time.perf_counter() - start)

        return run

    for name, notes in seconds.items():
        setattr(plane, name, noting(getattr(plane, name), notes))
    return seconds


def taps(num_taps):
    """Seconds of the first measurement and of a later one."""
    import keras
    from keras.layers import Dense

    # Keras follows a chain of layers by recursion.
    sys.setrecursionlimit(max(1000, 20 * num_taps))
    blocks = [
        Dense(NUM_UNITS, "tanh", name=f"block_{i:04d}", trainable=False)
        for i in range(num_taps)
    ]
    head = Dense(NUM_CLASSES, "softmax", name="head")
    model = keras.Sequential([keras.Input((NUM_UNITS,)), *blocks, head])
    x, y = labelled(NUM_UNITS)
    plane = watching((x, y), taps="block_*", schedule=1)
    seconds = timed(plane)
    compiled(model).fit(x[:160], y[:160], verbose=0, callbacks=[plane])
    begin, before, after = (seconds[name] for name in HOOKS)
    return {
        "first": begin[0] + before[0],
        # The last one also ends the epoch.
        "later": statistics.median(after[:-1]),
    }


def fit(layers, epochs, planes):
    """Seconds of `fit` on the digits, alone or watched."""
    import keras

    import keras_ib

    data = keras_ib.datasets.load("digits")
    model = compiled(keras.Sequential(layers))
    callbacks = [watching(**options) for options in planes]
    start = time.perf_counter()
    model.fit(
        data.x_train,
        data.y_train,
        epochs=epochs,
        verbose=0,
        callbacks=callbacks,
    )
    return {"fit": time.perf_counter() - start}


def mlp(epochs, *planes):
    from keras.layers import Dense, Flatten

    layers = [Flatten(), Dense(64, "relu"), Dense(32, "relu")]
    return fit([*layers, Dense(10, "softmax")], epochs, planes)


def cnn(epochs, *planes):
    from keras.layers import Conv2D, Dense, Flatten

    layers = [Conv2D(16, 3, activation="relu"), Conv2D(32, 3, 2), Flatten()]
    layers += [Dense(64, "relu"), Dense(10, "softmax")]
    return fit(layers, epochs, planes)


def mobilenet(is_watched):
    """MB of the process at its peak."""
    import resource

    import keras

    x, y = labelled(224, 224, 3)
    model = compiled(keras.applications.MobileNetV2(weights=None, classes=10))
    callbacks = [watching((x, y))] if is_watched else []
    model.fit(x[:64], y[:64], batch_size=32, verbose=0, callbacks=callbacks)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"peak MB": peak * 1024 / 1e6}


def cases(options):
    """`{name: function}`, each to run in a process of its own."""
    few, many, long, short = (
        (11, 30, 1, 1) if options.quick else (*(101, 1000, 20, 5),)
    )
    found = {
        f"{few} taps": partial(taps, few),
        f"{many:,} taps": partial(taps, many),
        "MLP alone": partial(mlp, long),
        "MLP, InfoPlane()": partial(mlp, long, {}),
        "CNN alone": partial(cnn, short),
        "CNN, zx": partial(cnn, short, {"measures": ["zx"]}),
        "CNN, zx and zy": partial(cnn, short, {"measures": ["zx", "zy"]}),
    }
    if options.large:
        found["MobileNetV2 alone"] = partial(mobilenet, False)
        found["MobileNetV2, InfoPlane"] = partial(mobilenet, True)
    return found


def apart(case, checkout):
    """The numbers of a case in a process of its own; {} if that is too long."""
    command = [sys.executable, __file__, "--case", case, *sys.argv[1:]]
    environment = {"TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": str(checkout)}
    try:
        done = subprocess.run(
            command,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=LONGEST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return {}
    return json.loads(done.stdout.splitlines()[-1])


def compare(case, checkouts, num_rounds):
    """Prints a row for each number of a case."""
    rounds = []
    for _ in range(num_rounds):
        rounds.append([apart(case, checkout) for checkout in checkouts])
        if not all(rounds[-1]):
            break
    for name in {name: None for row in rounds for one in row for name in one}:
        found = [
            statistics.median(one[name] for one in column if name in one)
            if any(column)
            else None
            for column in zip(*rounds, strict=True)
        ]
        cells = [f"{v:,.2f}" if v else "too long" for v in found]
        if len(found) > 1:
            cells.append(f"{found[1] / found[0]:.2f}" if all(found) else "")
        print(f"| {case} | {name} | {' | '.join(cells)} |", flush=True)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--against", type=Path, help="another checkout")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="cases that begin so")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = parsed()
    found = cases(options)
    if options.case:
        print(json.dumps(found[options.case]()))
        return
    checkouts = [Path(__file__).parents[1]]
    columns = ["case", "number", "this"]
    if options.against:
        checkouts.append(options.against.resolve())
        columns += ["other", "ratio"]
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    num_rounds = 1 if options.quick else options.rounds
    for case in found:
        if case.startswith(options.only):
            compare(case, checkouts, num_rounds)


if __name__ == "__main__":
    main()
