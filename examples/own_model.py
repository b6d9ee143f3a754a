"""Watch a model of your own: one callback, no other change.

A small convolutional network with a shortcut learns the scanned digits. Its
shortcut's output (`add`) and its last layers are watched by default. Expect
about 98 % test accuracy and, for the last layer, Z-X to fall while the labels
are being fitted. About half a minute on two cores.

    python examples/own_model.py [--quick] [FOLDER]
"""

import sys

import keras
from keras import layers

import keras_ib


def build(input_shape, num_classes):
    """Two convolutions, one of them around a shortcut."""
    inputs = keras.Input(input_shape)
    stem = layers.Conv2D(16, 3, padding="same", activation="relu")(inputs)
    branch = layers.Conv2D(16, 3, padding="same", activation="relu")(stem)
    x = layers.Add(name="add")([stem, branch])
    x = layers.MaxPooling2D()(x)
    x = layers.Dense(64, activation="relu", name="hidden")(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(num_classes, name="logits")(x))


def main(folder="runs/own_model", quick=False):
    keras.utils.set_random_seed(0)
    data = keras_ib.datasets.load("digits", num_train=200 if quick else None)
    model = build(data.x_train.shape[1:], data.num_classes)
    model.compile(
        "adam",
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    plane = keras_ib.InfoPlane(
        {
            "train": (data.x_train, data.y_train),
            "test": (data.x_test, data.y_test),
        },
        taps=["conv2d", "add", "hidden", "logits"],
        log_dir=folder,
    )
    model.fit(
        data.x_train,
        data.y_train,
        batch_size=64,
        epochs=1 if quick else 20,
        callbacks=[plane],
        verbose=2,
    )
    accuracy = model.evaluate(data.x_test, data.y_test, verbose=0)[1]
    print(f"test accuracy {accuracy:.2%}")
    keras_ib.plotting.plane(plane.log, path=f"{folder}/plane.png")
    keras_ib.plotting.dynamics(plane.log, path=f"{folder}/dynamics.png")


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if a != "--quick"]
    main(*arguments, quick="--quick" in sys.argv)
