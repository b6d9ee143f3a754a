"""TensorFlow and JAX: the same numbers of the same weights, the same log."""

from concurrent.futures import ThreadPoolExecutor
import math
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_ib import InfoPlane, RunLog, measures, models
from keras_ib.measures.pairwise.blocks import Pairwise
from keras_ib.measures.trained.variational import BOUNDS

# Optimizer steps: rounding of float32 grows with every one.
BUDGET = 20
CHOSEN = {
    **measures.MEASURES,
    **{bound: measures.Variational(bound, BUDGET) for bound in BOUNDS},
    "zx_network": measures.ZX("network", BUDGET),
    "zy_network": measures.ZY("network", BUDGET),
    # With a noise, since no layer here has one of its own.
    "noisy": measures.Noisy(("additive", 0.3)),
}
SHAPE, NUM_CLASSES, NUM_ROWS = (8, 8, 1), 3, 48
# What the probe has of X and Y, which decides the fields.
GIVEN = frozenset({"x", "x_id", "y", "y_class", "time"})
CLASSES = measures.Variable("classes", num_classes=NUM_CLASSES)


def images():
    """Rows of X and their labels, the same in every process."""
    rng = np.random.default_rng(0)
    y = rng.integers(NUM_CLASSES, size=NUM_ROWS)
    x = rng.normal(size=(NUM_ROWS, *SHAPE)) + y[:, None, None, None]
    return x.astype("float32"), y


def main(folder):
    """Two steps of training, watched; run as a program on each backend."""
    model = keras.models.load_model(f"{folder}/model.keras")
    plane = InfoPlane(
        images(),
        measures=list(CHOSEN.values()),
        schedule=1,
        log_dir=f"{folder}/{keras.config.backend()}",
    )
    model.fit(
        *images(), batch_size=24, shuffle=False, verbose=0, callbacks=[plane]
    )


def log_of(folder, backend):
    """The log of a process on the backend."""
    done = subprocess.run(
        [sys.executable, __file__, folder],
        env=os.environ | {"KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return RunLog(folder / backend)


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """The logs of both backends, from weights that one of them saved."""
    for package in ("tensorflow", "jax"):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("backends")
    keras.utils.set_random_seed(0)
    model = models.mixer(
        SHAPE, NUM_CLASSES, depth=1, width=8, token_dim=8, channel_dim=8
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01), loss)
    model.save(folder / "model.keras")
    with ThreadPoolExecutor(2) as pool:
        return tuple(
            pool.map(lambda name: log_of(folder, name), ("tensorflow", "jax"))
        )


def place(row):
    names = ("step", "epoch", "data", "tap", "target", "measure", "field")
    return tuple(row[name] for name in names)


def tolerance(measure):
    """How far the numbers of a measure may be apart, relative and absolute.

    The backends round their sums, products and exponentials differently.
    """
    if measure.name in ("ksg", "sliced"):
        # It can decide which of two neighbours is the nearer one.
        return 1e-3
    # Sums over pairs are well conditioned. Eigenvalues, solved systems and
    # training steps make the rounding larger.
    return 1e-5 if isinstance(measure, Pairwise) else 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CHOSEN.keys() - {"noisy"}))
def test_numbers_agree(logs, name):
    # Checks say where rounding begins, and it is not the same.
    fields = [
        field
        for field, about in CHOSEN[name].available(GIVEN, CLASSES).items()
        if not about.is_check
    ]
    ours, theirs = (
        {
            place(row): row["value"]
            for row in log.rows
            if row["measure"] == name and row["field"] in fields
        }
        for log in logs
    )
    assert len(ours) == 3 * 3 * len(fields)
    close = tolerance(CHOSEN[name])
    assert ours == pytest.approx(theirs, rel=close, abs=close)


@pytest.mark.slow
def test_other_draws_are_within_their_errors(logs):
    """The backends draw other noise from the same seed."""
    ours, theirs = (
        {place(r): r["value"] for r in log.rows if r["measure"] == "noisy"}
        for log in logs
    )
    for (*where, field), value in ours.items():
        other = theirs[*where, field]
        if field.endswith("_se"):
            assert value == pytest.approx(other, rel=0.5, abs=1e-3)
        else:
            error = math.hypot(
                *(of[*where, f"{field}_se"] for of in (ours, theirs))
            )
            assert abs(value - other) < 3 * error + 1e-5


@pytest.mark.slow
def test_logs_have_the_same_content(logs):
    ours, theirs = logs
    rows = [place(row) for row in ours.rows]
    assert rows == [place(row) for row in theirs.rows]
    assert {step for step, *_ in rows} == {0, 1, 2}
    assert {measure for *_, measure, _ in rows} == set(CHOSEN)
    assert ours.taps == ["stem", "block_01", "head"]
    assert ours.config.keys() == theirs.config.keys()
    for key in ours.config.keys() - {"packages", "backend", "strategy"}:
        assert ours.config[key] == theirs.config[key], key


if __name__ == "__main__":
    main(sys.argv[1])
