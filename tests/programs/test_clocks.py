"""A step is an update of the weights, whoever makes it."""

import keras
from keras import layers
from programs.running import JAX, SLOW, fit, net, sce, watched
import pytest


def compiled(optimizer, **more):
    def program(callbacks):
        model = net()
        model.compile(optimizer(), sce(), **more)
        return fit(model, callbacks)

    return program


def accumulating():
    return keras.optimizers.Adam(gradient_accumulation_steps=2)


def frozen(callbacks):
    model = net()
    model.trainable = False
    model.compile("adam", sce())
    return fit(model, callbacks)


def accumulating_by_hand(callbacks):
    """Applies the mean gradient of two batches."""
    tf = pytest.importorskip("tensorflow")

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.out = layers.Dense(2, name="out")
            self.count = tf.Variable(0)

        def call(self, x):
            return self.out(x)

        def train_step(self, data):
            with tf.GradientTape() as tape:
                loss = self.compute_loss(data[0], data[1], self(data[0]))
            weights = [v.value for v in self.trainable_variables]
            gradients = tape.gradient(loss, weights)
            self.count.assign_add(1)

            def update():
                self.optimizer.apply(gradients, self.trainable_variables)
                return 0

            tf.cond(self.count % 2 == 0, update, lambda: 0)
            return {"loss": loss}

    model = Own()
    model.build((None, 6))
    model.compile("adam", sce())
    return fit(fit(model, callbacks), callbacks)


def with_initial_epoch(callbacks):
    model = fit(net(), callbacks)
    return fit(model, callbacks, epochs=2, initial_epoch=1)


@pytest.mark.parametrize(
    ("program", "steps", "epochs"),
    [
        pytest.param(compiled(accumulating), [0, 1, 2], {2: 1.0}, marks=JAX),
        # Its weights stay those of step 0.
        pytest.param(frozen, [0], {0: 0.0}, marks=SLOW),
        pytest.param(accumulating_by_hand, [0, 1, 2, 3, 4], {2: 1.0, 4: 2.0}),
        pytest.param(
            compiled(lambda: "adam", steps_per_execution=3),
            [0, 3, 4],
            {3: 0.75, 4: 1.0},
            marks=JAX,
        ),
        pytest.param(
            with_initial_epoch,
            [0, 1, 2, 3, 4, 6, 8],
            {6: 1.5, 8: 2.0},
            marks=(JAX, SLOW),
        ),
    ],
)
def test_steps_are_updates_and_epochs_those_of_the_run(
    tmp_path, program, steps, epochs
):
    found = watched(program, tmp_path)
    assert found.said == ""
    assert found.log.steps == steps
    at = {row["step"]: row["epoch"] for row in found.log.rows}
    assert {step: at[step] for step in epochs} == epochs


@pytest.mark.slow
def test_skipped_updates_are_no_steps(tmp_path):
    """A loss scale that is too large skips the first ones."""

    def optimizer():
        inner = keras.optimizers.SGD(0.01)
        return keras.optimizers.LossScaleOptimizer(
            inner, initial_scale=2.0**127, dynamic_growth_steps=2
        )

    found = watched(compiled(optimizer), tmp_path)
    assert found.log.steps[-1] == int(found.model.optimizer.iterations)
