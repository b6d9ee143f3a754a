"""Watch a model of your own: one callback, no other change.

Four programs on the scanned digits. A small convolutional network with a
shortcut (`add`); a network with two heads; the encoder of a variational
autoencoder, which is not the model that trains; and a training loop of one's
own. Expect about 98 % test accuracy of the first and, for its last layer, Z-X
to fall while the labels are being fitted. The autoencoder never sees a label;
all the same its code of two numbers comes to tell the digits (`moments`, Z-Y
falls from 1.5 to 0.8 nats). About a minute on two cores.

    python examples/own_model.py [--quick] [FOLDER]
"""

import sys

import keras
from keras import layers, ops

import keras_ib


def crossentropy():
    """Of logits and the numbers of classes."""
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def convolutional(input_shape, num_classes):
    """Two convolutions, one of them around a shortcut."""
    inputs = keras.Input(input_shape)
    stem = layers.Conv2D(16, 3, padding="same", activation="relu")(inputs)
    branch = layers.Conv2D(16, 3, padding="same", activation="relu")(stem)
    x = layers.Add(name="add")([stem, branch])
    x = layers.MaxPooling2D()(x)
    x = layers.Dense(64, activation="relu", name="hidden")(layers.Flatten()(x))
    model = keras.Model(inputs, layers.Dense(num_classes, name="logits")(x))
    model.compile("adam", crossentropy(), metrics=["accuracy"])
    return model


def two_headed(input_shape, num_classes):
    """Which digit, and how much ink: a target each."""
    inputs = keras.Input(input_shape)
    x = layers.Dense(32, activation="relu", name="hidden")(
        layers.Flatten()(inputs)
    )
    outputs = {
        "digit": layers.Dense(num_classes, name="digit")(x),
        "ink": layers.Dense(1, name="ink")(x),
    }
    model = keras.Model(inputs, outputs)
    model.compile("adam", {"digit": crossentropy(), "ink": "mse"})
    return model


class Sampling(layers.Layer):
    """Draws a code, and adds the cost of its distance from a normal one."""

    def call(self, moments):
        mean, log_var = ops.split(moments, 2, axis=-1)
        divergence = ops.square(mean) + ops.exp(log_var) - 1 - log_var
        self.add_loss(0.01 * ops.mean(divergence))
        noise = keras.random.normal(ops.shape(mean))
        return mean + ops.exp(0.5 * log_var) * noise


class VAE(keras.Model):
    """A variational autoencoder with a code of two numbers."""

    def __init__(self, input_shape):
        super().__init__()
        size = input_shape[0] * input_shape[1]
        self.encoder = keras.Sequential(
            [
                keras.Input(input_shape),
                layers.Flatten(),
                layers.Dense(64, activation="relu", name="hidden"),
                layers.Dense(4, name="moments"),
            ],
            name="encoder",
        )
        self.sampling = Sampling()
        self.decoder = keras.Sequential(
            [
                layers.Dense(64, activation="relu"),
                layers.Dense(size),
                layers.Reshape(input_shape),
            ],
            name="decoder",
        )

    def call(self, x):
        return self.decoder(self.sampling(self.encoder(x)))


def watch_fit(data, folder, epochs):
    """One callback; test samples beside those of the training."""
    model = convolutional(data.x_train.shape[1:], data.num_classes)
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
        epochs=epochs,
        callbacks=[plane],
        verbose=2,
    )
    accuracy = model.evaluate(data.x_test, data.y_test, verbose=0)[1]
    print(f"test accuracy {accuracy:.2%}")
    keras_ib.plotting.plane(plane.log, path=f"{folder}/plane.png")
    keras_ib.plotting.dynamics(plane.log, path=f"{folder}/dynamics.png")


def watch_two_heads(data, folder, epochs):
    """Z-Y of each head: `target="digit"` and `target="ink"`."""
    model = two_headed(data.x_train.shape[1:], data.num_classes)
    y = {"digit": data.y_train, "ink": data.x_train.mean(axis=(1, 2, 3))}
    plane = keras_ib.InfoPlane(log_dir=folder)
    model.fit(data.x_train, y, epochs=epochs, callbacks=[plane], verbose=0)
    for target, field in (("digit", "zy/ce"), ("ink", "zy/fvu")):
        values = plane.log.series("hidden", field, target=target)[1]
        print(f"{target}: {field} {values[0]:.3f} to {values[-1]:.3f}")


def watch_encoder(data, folder, epochs):
    """The model that trains is the VAE; its encoder is watched."""
    vae = VAE(data.x_train.shape[1:])
    vae.compile("adam", "mse")
    plane = keras_ib.InfoPlane(
        (data.x_train, data.y_train), model=vae.encoder, log_dir=folder
    )
    vae.fit(
        data.x_train,
        data.x_train,
        epochs=epochs,
        callbacks=[plane],
        verbose=0,
    )
    keras_ib.plotting.plane(plane.log, path=f"{folder}/plane.png")


def watch_own_loop(data, folder, epochs):
    """No `fit`: `plane.measure` whenever you like."""
    model = convolutional(data.x_train.shape[1:], data.num_classes)
    plane = keras_ib.InfoPlane(
        (data.x_train, data.y_train), taps=["hidden"], log_dir=folder
    )
    batches = len(data.x_train) // 64
    for step in range(batches * epochs):
        if step % batches == 0:
            plane.measure(model, step=step, epoch=step / batches)
        rows = slice(64 * (step % batches), 64 * (step % batches + 1))
        model.train_on_batch(data.x_train[rows], data.y_train[rows])
    plane.measure(model, step=batches * epochs, epoch=epochs)
    print(f"own loop: measured at {plane.log.steps}")


def main(folder="runs/own_model", quick=False):
    """Runs all four."""
    keras.utils.set_random_seed(0)
    data = keras_ib.datasets.load("digits", num_train=200 if quick else None)
    watch_fit(data, folder, 1 if quick else 20)
    watch_two_heads(data, f"{folder}/two_heads", 1 if quick else 10)
    watch_encoder(data, f"{folder}/encoder", 1 if quick else 30)
    watch_own_loop(data, f"{folder}/own_loop", 1 if quick else 3)


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if a != "--quick"]
    main(*arguments, quick="--quick" in sys.argv)
