"""The closed-form measures against decoders trained by gradient descent.

    python benchmarks/protocol.py --data-dir /usr/share/datasets/fashion-mnist

The published protocol of Schneider and Prabhushankar (AAAI 2024,
arXiv 2312.06887) trains, at every measurement and for every tap, a linear
decoder of X (mean-squared error, Adam with a learning rate of 3e-4 and a
decay of 1e-5) and a linear reader of Y (SGD, 0.01, momentum 0.9, the rate
divided by 10 after half and after three quarters of the time: the original
has a schedule, its points are our choice), each for 20 epochs of batches of
128 through the frozen network. `zx` and `zy` solve the same two linear
problems in closed form on the fit half of 2,048 probe rows.

Both are read on the same held-out test images, on a network that was trained
for one epoch. For each tap: the seconds of both, their ratio, and the
errors. The protocol runs twice: as published, on all training images, and on
the very rows that `zx` and `zy` are fitted on, where it has less to learn
from and takes less time.
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from keras_ib import measures, models, probe, runtime, taps
from keras_ib.data import datasets

EPOCHS = 20
BATCH_SIZE = 128


def trained_network(data):
    keras.utils.set_random_seed(0)
    model = models.resnet(data.x_train.shape[1:], data.num_classes)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adamw", loss)
    model.fit(data.x_train, data.y_train, BATCH_SIZE, verbose=0)
    return model


def probe_of(network, tap, num_outputs):
    """A linear map of one tap, trained through the frozen network."""
    network.trainable = False
    features = keras.layers.Flatten()(network.get_layer(tap).output)
    outputs = keras.layers.Dense(num_outputs)(features)
    return keras.Model(network.inputs[0], outputs)


def gradient_descent(network, tap, x, y, held_out, num_classes):
    """Seconds, FVU and cross-entropy of the published protocol."""
    x_held, y_held = held_out
    flat = x.reshape(len(x), -1)
    start = time.perf_counter()
    decoder = probe_of(network, tap, flat.shape[1])
    decoder.compile(keras.optimizers.Adam(3e-4, weight_decay=1e-5), loss="mse")
    decoder.fit(x, flat, BATCH_SIZE, EPOCHS, verbose=0)
    steps = EPOCHS * -(-len(x) // BATCH_SIZE)
    rate = keras.optimizers.schedules.PiecewiseConstantDecay(
        [steps // 2, 3 * steps // 4], [1e-2, 1e-3, 1e-4]
    )
    reader = probe_of(network, tap, num_classes)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    reader.compile(keras.optimizers.SGD(rate, momentum=0.9), loss)
    reader.fit(x, y, BATCH_SIZE, EPOCHS, verbose=0)
    seconds = time.perf_counter() - start
    target = x_held.reshape(len(x_held), -1)
    error = np.mean((decoder.predict(x_held, verbose=0) - target) ** 2)
    fvu = error / np.mean((target - flat.mean(axis=0)) ** 2)
    ce = reader.evaluate(x_held, y_held, verbose=0)
    return seconds, float(fvu), float(ce)


def published_split(data, half=1024):
    """Fit samples of the training, held-out samples of the test."""
    x = np.concatenate([data.x_train[:half], data.x_test[:half]])
    y = np.concatenate([data.y_train[:half], data.y_test[:half]])
    drawn = probe.draw(x, y, split="blocks")
    assert drawn.num_fit == half
    return drawn


def closed_form(network, names, drawn):
    """Seconds for all taps, once compiled, and the readings by tap."""
    selected = taps.select(network, names)
    measure = runtime.Measurement(
        network, selected, measures.get(("zx", "zy")), drawn
    )
    measure()
    start = time.perf_counter()
    values = measure()
    seconds = time.perf_counter() - start
    found = {
        (reading.tap, reading.field): float(value)
        for reading, value in zip(measure.readings, values, strict=True)
    }
    return seconds, found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--dataset", default="fashion_mnist")
    parser.add_argument("--data-dir", default=None)
    parser.add_argument("--num-train", type=int, default=10_000)
    parser.add_argument("--taps", default="stem,block_02,head")
    options = parser.parse_args()
    data = datasets.load(
        options.dataset, data_dir=options.data_dir, num_train=options.num_train
    )
    network = trained_network(data)
    names = options.taps.split(",")
    drawn = published_split(data)
    half = drawn.num_fit
    held_out = drawn.x[half:], drawn.target.y[half:]
    seconds, found = closed_form(network, names, drawn)
    print(
        f"{'tap':<10} {'method':<32} {'seconds':>8} {'ratio':>6} {'fvu':>7} "
        f"{'ce':>7}"
    )
    for tap in names:
        mine = seconds / len(names)
        rows = [("closed form", mine, found[tap, "fvu"], found[tap, "ce"])]
        for label, num_rows in (
            (f"20 epochs, {len(data.x_train)} images", None),
            (f"20 epochs, {half} images", half),
        ):
            x_fit, y_fit = data.x_train[:num_rows], data.y_train[:num_rows]
            result = gradient_descent(
                network, tap, x_fit, y_fit, held_out, data.num_classes
            )
            rows.append((label, *result))
        for label, cost, fvu, ce in rows:
            print(
                f"{tap:<10} {label:<32} {cost:8.2f} {cost / mine:6.0f} "
                f"{fvu:7.4f} {ce:7.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
