"""Models with a `train_step` and no `call`: which part of them is watched."""

import keras
from keras import layers, ops
import numpy as np
from programs.running import SLOW, X, Y, fit, watched
import pytest

import keras_ib

tf = pytest.importorskip("tensorflow")


def dense_model(name, width, *sizes):
    stages = [layers.Dense(s, name=f"{name}_{s}") for s in sizes]
    return keras.Sequential([keras.Input((width,)), *stages], name=name)


class OwnStep(keras.Model):
    """Minimises `loss_of(batch)`."""

    def train_step(self, data):
        with tf.GradientTape() as tape:
            loss = self.loss_of(data)
        weights = [v.value for v in self.trainable_variables]
        self.optimizer.apply(
            tape.gradient(loss, weights), self.trainable_variables
        )
        return {"loss": loss}


class VAE(OwnStep):
    def __init__(self):
        super().__init__()
        self.encoder = dense_model("encoder", 6, 5, 4)
        self.decoder = dense_model("decoder", 2, 6)

    def loss_of(self, x):
        mean, log_var = ops.split(self.encoder(x), 2, axis=-1)
        z = mean + ops.exp(0.5 * log_var) * keras.random.normal(ops.shape(mean))
        return ops.mean(ops.square(self.decoder(z) - x))


class Distiller(OwnStep):
    def __init__(self):
        super().__init__()
        self.student = dense_model("student", 6, 5, 2)
        self.teacher = dense_model("teacher", 6, 4, 2)
        self.teacher.trainable = False

    def loss_of(self, data):
        x, _ = data
        error = ops.square(self.student(x) - self.teacher(x))
        return ops.mean(error)


class Contrastive(OwnStep):
    """As SimCLR: two views and a head; labels beside."""

    def __init__(self):
        super().__init__()
        self.encoder = dense_model("encoder", 6, 5, 4)
        self.head = dense_model("head", 4, 3)

    def loss_of(self, data):
        x, _ = data
        first, second = (
            self.head(self.encoder(x + 0.1 * keras.random.normal((16, 6))))
            for _ in range(2)
        )
        return ops.mean(ops.square(first - second)) - ops.mean(first**2) * 0.1


class GAN(keras.Model):
    def __init__(self):
        super().__init__()
        self.discriminator = dense_model("discriminator", 6, 5, 1)
        self.generator = dense_model("generator", 3, 6)

    def compile(self):
        super().compile()
        self.d_optimizer = keras.optimizers.Adam()
        self.g_optimizer = keras.optimizers.Adam()

    def train_step(self, x):
        noise = keras.random.normal((16, 3))
        with tf.GradientTape() as tape:
            real, fake = self.discriminator(x), self.generator(noise)
            loss = ops.mean(self.discriminator(fake)) - ops.mean(real)
        self._apply(self.d_optimizer, tape, loss, self.discriminator)
        with tf.GradientTape() as tape:
            fooled = -ops.mean(self.discriminator(self.generator(noise)))
        self._apply(self.g_optimizer, tape, fooled, self.generator)
        return {"d_loss": loss, "g_loss": fooled}

    @staticmethod
    def _apply(optimizer, tape, loss, part):
        weights = [v.value for v in part.trainable_variables]
        optimizer.apply(tape.gradient(loss, weights), part.trainable_variables)


def trained(make, y=None, **options):
    def program(callbacks):
        model = make()
        if make is GAN:
            model.compile()
        else:
            model.compile("adam", **options)
        return fit(model, callbacks, y=y)

    return program


@pytest.mark.parametrize(
    ("program", "part"),
    [
        pytest.param(trained(VAE), "encoder", id="VAE"),
        pytest.param(trained(GAN), "discriminator", id="GAN"),
        pytest.param(trained(Distiller, Y), "student", id="distiller"),
        pytest.param(
            trained(Contrastive, Y), "encoder", id="SimCLR", marks=SLOW
        ),
    ],
)
def test_the_first_part_that_takes_x_is_watched(tmp_path, program, part):
    found = watched(program, tmp_path)
    assert f"its part '{part}' is watched" in found.said
    assert all(tap.startswith(part) for tap in found.log.taps)
    assert found.log.steps == [0, 1, 2, 3, 4]
    assert np.isfinite(found.numbers("zx/fvu")).all()
    # The numbers move: each is of the weights of its step.
    assert len(set(found.numbers("zx/fvu", tap=0))) == 5


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (VAE, "encoder"),
        pytest.param(GAN, "discriminator", marks=SLOW),
        pytest.param(Distiller, "teacher", marks=SLOW),
    ],
)
@pytest.mark.parametrize("is_given", [False, True], ids=["collected", "given"])
def test_another_model_than_the_trained_one(tmp_path, make, part, is_given):
    made = []

    def program(callbacks):
        model = made[-1]
        if make is GAN:
            model.compile()
        else:
            model.compile("adam")
        for plane in callbacks:
            plane.watched = getattr(model, part)
        return fit(model, callbacks, y=Y if make is Distiller else None)

    def fresh(callbacks):
        keras.utils.set_random_seed(1)
        made.append(make())
        return program(callbacks)

    data = (X, Y) if is_given else None
    found = watched(fresh, tmp_path, data=data)
    assert found.said == ""
    assert found.log.config["model"] == part
    assert found.log.steps == [0, 1, 2, 3, 4]
    assert found.log.taps == [
        la.name for la in getattr(found.model, part).layers
    ]


def test_labels_beside_an_encoder_are_not_what_the_loss_is_of(tmp_path):
    vae = VAE()
    vae.compile("adam", "mse")
    plane = keras_ib.InfoPlane(
        (X, np.arange(64) % 3), model=vae.encoder, log_dir=tmp_path / "run"
    )
    fit(vae, [plane], y=None)
    assert "zy/ce" in plane.log.fields


@pytest.mark.slow
def test_the_steps_of_two_optimizers_are_those_of_the_quicker_one(tmp_path):
    class Critic(GAN):
        """Two updates of the discriminator a batch."""

        def train_step(self, x):
            super().train_step(x)
            return super().train_step(x)

    def program(callbacks):
        model = Critic()
        model.compile()
        return fit(model, callbacks, y=None)

    found = watched(program, tmp_path)
    assert found.log.steps == [0, 2, 4, 6, 8]
    assert int(found.model.d_optimizer.iterations) == 8
