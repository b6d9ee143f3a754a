"""Every family learns, with every shortcut."""

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from keras_ib.layers import SHORTCUTS
from keras_ib.models import FAMILIES

SMALL = {
    "resnet": {"depth": 14, "width": 4},
    "vit": {"depth": 2, "width": 8},
    "mixer": {"depth": 2, "width": 8},
    "mlp": {"hidden_sizes": (10, 8, 6)},
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_the_gradient_comes_through_every_block(family, shortcut, rng):
    model = FAMILIES[family]((8, 8, 1), 3, shortcut=shortcut, **SMALL[family])
    kernels = [
        w
        for w in model.trainable_weights
        if w.path.startswith("block_01/") and w.name == "kernel"
    ]
    before = [np.array(np.asarray(w)) for w in kernels]
    # Eagerly: a graph of one step takes longer to build than to run.
    model.compile("sgd", "mse", run_eagerly=True)
    x = rng.normal(size=(8, 8, 8, 1)).astype("float32")
    model.train_on_batch(x, np.ones((8, 3), "float32"))
    assert kernels
    for kernel, old in zip(kernels, before, strict=True):
        assert (np.asarray(kernel) != old).any(), kernel.path


def standardised_digits():
    data = load_digits()
    x = data.images[..., None].astype("float32")
    x = (x - x.mean()) / x.std()
    order = np.random.default_rng(0).permutation(len(x))
    train, test = order[360:], order[:360]
    return (x[train], data.target[train]), (x[test], data.target[test])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "shortcut"),
    [
        *((family, "identity") for family in FAMILIES),
        # Its channels change, so that it has the most to lose.
        *(("resnet", shortcut) for shortcut in SHORTCUTS[1:]),
    ],
)
def test_the_default_variant_reads_digits(family, shortcut):
    """The smallest models exceed 96 % on real digits within 30 epochs."""
    (x, y), test = standardised_digits()
    model = FAMILIES[family]((8, 8, 1), 10, shortcut=shortcut)
    model.compile(
        keras.optimizers.Adam(2e-3 if family == "mixer" else 1e-3),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    for _ in range(6):
        model.fit(x, y, batch_size=64, epochs=5, verbose=0)
        result = model.evaluate(*test, verbose=0, return_dict=True)
        if result["accuracy"] > 0.96:
            return
    raise AssertionError(result)
