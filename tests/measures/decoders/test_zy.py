"""Z-Y against known usable information, scikit-learn and degenerate labels."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

import keras_ib
from keras_ib import runtime
from keras_ib.measures import Sample, Variable
from keras_ib.measures.decoders import logistic

NATS = np.log(2)


def read(z, y, seed=0):
    return keras_ib.measure(z, y=y, measures="zy", seed=seed)["zy"]


def of_classes(z, y, num_fit, num_classes):
    return Sample(
        z.astype("float32"),
        y=y,
        y_class=y,
        num_fit=num_fit,
        variable=Variable("classes", num_classes),
    )


def test_two_gaussians_at_distance_two(rng):
    """0.48594 bits, the capacity of the binary channel with that noise."""
    y = rng.integers(2, size=40000)
    z = 2 * y[:, None] + rng.normal(size=(40000, 1))
    fields = read(z, y)
    truth = 0.4859441541329351 * NATS
    assert fields["usable"] == pytest.approx(truth, abs=3 * fields["ce_se"])
    assert fields["accuracy"] == pytest.approx(0.8413, abs=0.01)


def test_a_linear_classifier_gets_nothing_out_of_xor(rng):
    a, b = rng.integers(2, size=(2, 4000))
    fields = read(np.stack([a, b], axis=1), a ^ b)
    assert fields["usable"] == pytest.approx(0, abs=3e-3)


def test_independent_labels_cost_their_entropy(rng):
    y = rng.integers(10, size=4000)
    fields = read(rng.normal(size=(4000, 20)), y)
    assert fields["ce"] == pytest.approx(np.log(10), abs=0.02)
    assert abs(fields["usable"]) < 0.02


def test_separable_classes_leave_nothing(rng):
    y = rng.integers(3, size=900)
    fields = read(np.eye(3)[y] + 0.01 * rng.normal(size=(900, 3)), y)
    assert fields["ce"] < 0.01
    assert fields["accuracy"] == 1
    assert fields["usable"] == pytest.approx(np.log(3), abs=0.02)


@pytest.mark.parametrize(
    # The tolerance is the certified gap: stopping at 1e-8 nats a step leaves
    # more where a small penalty makes the problem ill-conditioned.
    ("penalty", "tolerance"),
    [(1e-4, 1e-4), (1e-3, 1e-5), (1e-2, 1e-6), (1.0, 1e-6)],
)
def test_solves_what_scikit_learn_solves(rng, penalty, tolerance):
    num_fit, classes = 300, 4
    centres = 0.4 * rng.normal(size=(classes, 60))
    y = rng.integers(classes, size=2 * num_fit)
    z = centres[y] + rng.normal(size=(2 * num_fit, 60))
    sample = of_classes(z, y, num_fit, classes)
    fit, _, variance = sample.coordinates
    target = sample.one_hot[:num_fit, None]
    classifier = logistic.solve(
        fit, variance, target, np.array([penalty], "float32")
    )
    log_p = np.array(logistic.log_probabilities(fit, classifier))[:, 0]
    objective = -np.mean(np.sum(np.array(target)[:, 0] * log_p, axis=1))
    objective += penalty / 2 * np.sum(np.array(classifier.weights) ** 2)
    peer = LogisticRegression(
        C=1 / (num_fit * penalty), tol=1e-10, max_iter=10000
    ).fit(np.array(fit, "float64"), y[:num_fit])
    peer_log_p = peer.predict_log_proba(np.array(fit, "float64"))
    expected = -np.mean(peer_log_p[np.arange(num_fit), y[:num_fit]])
    expected += penalty / 2 * np.sum(peer.coef_**2)
    assert objective == pytest.approx(expected, abs=tolerance)


@pytest.mark.jax
@pytest.mark.parametrize("condition", [1, 1e4, 1e6])
def test_is_as_good_as_the_best_of_scikit_learn(rng, condition):
    x = rng.normal(size=(2000, 20))
    y = (x @ rng.normal(size=(20, 4))).argmax(axis=1)
    before, after = np.linalg.qr(rng.normal(size=(2, 20, 20)))[0]
    z = x @ before @ np.diag(np.geomspace(1, 1 / condition, 20)) @ after
    found = read_first_half(z, y)
    peers = [
        LogisticRegression(C=c, max_iter=2000).fit(z[:1000], y[:1000])
        for c in 10.0 ** np.arange(-4, 5)
    ]
    best = min(log_loss(y[1000:], p.predict_proba(z[1000:])) for p in peers)
    assert found <= best + 0.02


def read_first_half(z, y):
    """`ce` of the second half of the rows, fitted on the first."""
    sample = of_classes(z, y.astype("int32"), len(z) // 2, y.max() + 1)
    sample.representation.operations = runtime.backend.operations()
    return float(keras_ib.measures.ZY()(sample)["ce"])


def test_the_choice_of_a_penalty_does_not_rest_on_a_few_positives():
    """1 % of 2,000: where all that is chosen wrong shows."""
    found = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(2000, 20))
        score = 3 * x @ rng.normal(size=20) / 20**0.5 + rng.logistic(size=2000)
        y = 1 * (score > np.quantile(score, 0.99))
        peers = [
            LogisticRegression(C=c, max_iter=2000).fit(x[:1000], y[:1000])
            for c in 10.0 ** np.arange(-4, 5)
        ]
        best = min(log_loss(y[1000:], p.predict_proba(x[1000:])) for p in peers)
        found.append(read_first_half(x, y) - best)
    assert np.mean(found) <= 0.004
    assert max(found) <= 0.02


def test_classifiers_side_by_side_are_the_classifiers_alone(rng):
    y = rng.integers(3, size=200)
    z = rng.normal(size=(200, 10)) + y[:, None]
    sample = of_classes(z, y, 100, 3)
    fit, _, variance = sample.coordinates
    target = sample.one_hot[:100, None]
    penalties = np.array([1e-2, 1.0], "float32")
    both = logistic.solve(fit, variance, target, penalties)
    for k in range(2):
        alone = logistic.solve(fit, variance, target, penalties[k : k + 1])
        np.testing.assert_allclose(
            np.array(both.weights)[:, k],
            np.array(alone.weights)[:, 0],
            atol=2e-3,
        )


def test_labels_may_be_one_hot(rng):
    y = rng.integers(4, size=400)
    z = rng.normal(size=(400, 6)) + y[:, None]
    assert read(z, y) == read(z, np.eye(4)[y])


@pytest.mark.parametrize("shift", [0, 1000])
@pytest.mark.parametrize("scale", [1e-3, 1, 1e6])
def test_does_not_depend_on_scale_and_shift(rng, scale, shift):
    y = rng.integers(4, size=800)
    z = rng.normal(size=(800, 6)) + np.eye(4, 6)[y]
    changed = read((z + shift) * scale, y)
    assert changed["ce"] == pytest.approx(read(z, y)["ce"], abs=1e-3)


@pytest.mark.jax
def test_one_class_leaves_nothing_to_know(rng):
    fields = read(rng.normal(size=(100, 3)), np.zeros(100, int))
    assert fields["ce"] == pytest.approx(0, abs=1e-6)
    assert fields["usable"] == pytest.approx(0, abs=1e-6)
    assert fields["accuracy"] == 1


@pytest.mark.jax
def test_a_class_without_fit_rows_costs_its_held_out_rows(rng):
    z = rng.normal(size=(200, 3)).astype("float32")
    y = np.where(np.arange(200) < 150, np.arange(200) % 2, 2)
    sample = of_classes(z, y, 100, 3)
    fields = {k: float(v) for k, v in keras_ib.measures.ZY()(sample).items()}
    assert np.isfinite(fields["ce"])
    assert fields["ce"] > 2


def test_nan_is_refused(rng):
    z = rng.normal(size=(100, 3))
    z[0] = np.nan
    with pytest.raises(ValueError, match="Z holds NaN"):
        read(z, rng.integers(2, size=100))
