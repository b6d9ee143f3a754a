"""Training and measuring many perceptrons at once, against one at a time."""

import keras
from keras import ops
import numpy as np
import pytest

import keras_ib
from keras_ib.measures import AKDE, EBAB, Binning
from keras_ib.papers.szt import information as planes
from keras_ib.papers.szt import trainer as training
from keras_ib.papers.szt.networks import ACTIVATIONS, SIZES, Perceptrons, szt
from keras_ib.papers.szt.results import Curves

IN_NUMPY = {
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "swish": lambda z: z / (1 + np.exp(-z)),
    "softplus": lambda z: np.log1p(np.exp(z)) - np.log(2),
}


def outputs_of(name, parameters, x):
    """Outputs `[n, units]` of one network in float64; the last are logits."""
    outputs = []
    for weights, bias in zip(parameters[::2], parameters[1::2], strict=True):
        if outputs:
            x = outputs[-1] = IN_NUMPY[name](outputs[-1])
        outputs.append(x @ weights.T.astype("float64") + bias[:, 0])
    return outputs


def keras_network(name, parameters, l2):
    """One network as a `keras.Sequential`, trained as papers do."""
    function = ACTIVATIONS[name].function
    model = keras.Sequential([keras.Input((SIZES[0],))])
    for units in SIZES[1:-1]:
        # Keras' factor is of the whole square, ours of half of it.
        penalty = keras.regularizers.L2(l2 / 2)
        model.add(
            keras.layers.Dense(units, function, kernel_regularizer=penalty)
        )
    model.add(keras.layers.Dense(SIZES[-1]))
    model.set_weights(
        [p.T if i % 2 == 0 else p[:, 0] for i, p in enumerate(parameters)]
    )
    model.compile(
        keras.optimizers.Adam(training.LEARNING_RATE),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


@pytest.fixture(scope="module")
def task():
    return szt()


@pytest.mark.jax
def test_task_has_all_patterns_once(task):
    assert len(np.unique(task.x, axis=0)) == len(task.x) == 4096
    assert task.num_train == 3277
    shares = [part.mean() for part in np.split(task.y, [task.num_train])]
    np.testing.assert_allclose(shares, 2118 / 4096, atol=1e-3)


@pytest.mark.jax
def test_ordered_task_tests_on_other_labels(task):
    ordered = szt(ordered=True)
    shares = [part.mean() for part in np.split(ordered.y, [task.num_train])]
    np.testing.assert_allclose(shares, [0.437, 0.836], atol=5e-4)
    place = 2.0 ** np.arange(11, -1, -1)
    assert (np.diff(ordered.x @ place) == 1).all()
    # The same labels of the same patterns.
    labels = dict(zip(task.x @ place, task.y, strict=True))
    assert [labels[code] for code in ordered.x @ place] == list(ordered.y)


@pytest.mark.jax
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_outputs_are_those_of_one_network(name, task):
    network = Perceptrons(name)
    start = network.start([3, 7])
    together = network(
        [ops.convert_to_tensor(p) for p in start],
        ops.convert_to_tensor(task.x[:100].T),
    )
    alone = outputs_of(name, [p[1] for p in start], task.x[:100])
    for ours, theirs in zip(together, alone, strict=True):
        ours = ops.convert_to_numpy(ours)[1].T
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.jax
def test_first_weights_are_truncated_and_scaled():
    start = Perceptrons("relu").start(range(200))
    for i, inputs in enumerate(SIZES[:-1]):
        weights = start[2 * i] * np.sqrt(inputs) / 2
        assert np.abs(weights).max() <= 2
        # A normal variable within two deviations has 0.774 of the variance.
        assert weights.var() == pytest.approx(0.774, abs=0.04)
        assert not start[2 * i + 1].any()


@pytest.mark.jax
def test_a_network_is_the_same_in_any_company():
    few = Perceptrons("elu").start([7])
    many = Perceptrons("elu").start(range(8))
    for a, b in zip(few, many, strict=True):
        np.testing.assert_array_equal(a[0], b[7])


@pytest.mark.jax
def test_batches_are_shuffled_anew_and_hold_no_row_twice():
    rows = training.orders(600, 3).reshape(3, 512)
    assert all(len(set(epoch)) == 512 for epoch in rows)
    assert rows.max() < 600
    assert not np.array_equal(rows[0], rows[1])
    # A longer training begins like a shorter one.
    longer = training.orders(600, 4)
    np.testing.assert_array_equal(longer[:6], training.orders(600, 3))


@pytest.mark.slow
@pytest.mark.jax
def test_training_of_a_seed_does_not_depend_on_the_others(task):
    network, epochs = Perceptrons("tanh"), (0, 2)
    few = training.train(network, task, [7], epochs)
    many = training.train(network, task, range(8), epochs)
    for a, b in zip(few, many, strict=True):
        np.testing.assert_allclose(a[:, 0], b[:, 7], atol=1e-5)


@pytest.mark.jax
def test_kept_weights_are_those_of_shorter_trainings(task):
    network, seeds = Perceptrons("tanh"), [0]
    kept = training.train(network, task, seeds, (0, 1, 3))
    short = training.train(network, task, seeds, (0, 1))
    for long, brief, start in zip(
        kept, short, network.start(seeds), strict=True
    ):
        np.testing.assert_array_equal(long[0], start)
        np.testing.assert_allclose(long[1], brief[1], atol=1e-6)
        assert np.abs(long[2] - long[1]).max() > 1e-4


@pytest.mark.slow
@pytest.mark.jax
@pytest.mark.parametrize(
    ("name", "l2"), [("tanh", 0.0), ("relu", 0.015), ("softplus", 0.015)]
)
def test_training_is_that_of_keras(name, l2, task):
    network, num_epochs = Perceptrons(name), 2
    found = training.train(network, task, [0, 5], (0, num_epochs), l2)
    model = keras_network(name, [p[1] for p in network.start([0, 5])], l2)
    for rows in training.orders(task.num_train, num_epochs):
        model.train_on_batch(task.x[rows], task.y[rows])
    for ours, theirs in zip(found, model.get_weights(), strict=True):
        ours = ours[-1, 1]
        ours = ours[:, 0] if theirs.ndim == 1 else ours.T
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.jax
def test_penalty_shrinks_the_weights_but_the_last(task):
    network = Perceptrons("tanh")
    plain, penalised = (
        training.train(network, task, range(3), (0, 20), l2)
        for l2 in (0.0, 0.5)
    )
    for a, b in list(zip(plain, penalised, strict=True))[:-2:2]:
        assert np.square(b[-1]).sum() < 0.9 * np.square(a[-1]).sum()


@pytest.fixture(scope="module")
def measured(task):
    """Untrained and trained ReLU networks, their weights and curves."""
    network, epochs = Perceptrons("relu"), (0, 5, 10)
    weights = training.train(network, task, [0, 1], epochs)
    measures = [EBAB(30, "chelombiev", 0.0), Binning(), AKDE()]
    found = planes.measure_layers(network, task, weights, epochs, measures)
    return weights, measures, found


def layers_of(weights, task, epoch, net):
    """Outputs `[n, units]` of one network, with the softmax."""
    *hidden, logits = outputs_of(
        "relu", [w[epoch, net] for w in weights], task.x
    )
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return [*hidden, odds / odds.sum(axis=1, keepdims=True)]


def forward(weights, task, epoch):
    """All layers `[nets, units, n]` as they are measured, float32."""
    network = planes._forward(Perceptrons("relu"), task)
    return [
        ops.convert_to_numpy(z) for z in network([w[epoch] for w in weights])
    ]


@pytest.mark.slow
@pytest.mark.jax
def test_measured_layers_are_those_of_the_networks(measured, task):
    weights = measured[0]
    for ours, theirs in zip(
        forward(weights, task, 2), layers_of(weights, task, 2, 1), strict=True
    ):
        np.testing.assert_allclose(ours[1].T, theirs, atol=1e-5)


@pytest.mark.slow
@pytest.mark.jax
@pytest.mark.parametrize("layer", [0, 3, 5])
def test_curves_are_what_measure_says(measured, task, layer):
    weights, measures, found = measured
    every = [forward(weights, task, epoch) for epoch in range(3)]
    low, high = (
        end([end(z[1]) for layers in every for z in layers])
        for end in (np.min, np.max)
    )
    z = every[2][layer][1].T
    scaled = (z - low) / (high - low) * 2 - 1
    for values, measure in ((z, measures[0]), (scaled, measures[1])):
        told = keras_ib.measure(values, x=task.x, y=task.y, measures=measure)
        for field, value in told[measure.name].items():
            ours = found[f"{measure.name}/{field}"][1, layer, 2]
            # Other rounding may put a value into the next bin.
            assert ours == pytest.approx(value, abs=2e-3)


@pytest.mark.slow
@pytest.mark.jax
def test_curves_of_pairs_see_a_part_of_the_patterns(measured, task):
    weights, measures, found = measured
    rows = np.random.default_rng(0).permutation(4096)[:1024]
    np.testing.assert_array_equal(found["akde/epochs"], [0, 10])
    assert found["akde/ceiling"] == pytest.approx(np.log(1024))
    z = forward(weights, task, 2)[2][1].T[rows]
    told = keras_ib.measure(
        z, x=task.x[rows], y=task.y[rows], measures=measures[2:]
    )
    for field, value in told["akde"].items():
        ours = found[f"akde/{field}"][1, 2, 1]
        assert ours == pytest.approx(value, abs=1e-4)


@pytest.mark.slow
@pytest.mark.jax
def test_accuracies_are_shares_of_right_answers(measured, task):
    weights, _, found = measured
    for net, epoch in ((0, 0), (1, 2)):
        right = layers_of(weights, task, epoch, net)[-1].argmax(1) == task.y
        for split, rows in (
            ("train", right[: task.num_train]),
            ("test", right[task.num_train :]),
        ):
            ours = found[f"accuracy/{split}"][net, epoch]
            assert ours == pytest.approx(rows.mean(), abs=2e-3)


@pytest.mark.slow
@pytest.mark.jax
def test_bins_of_tanh_are_not_moved(task):
    network = Perceptrons("tanh")
    weights = [w[None] for w in network.start([0])]
    found = planes.measure_layers(network, task, weights, (0,), [Binning()])
    forward = network([w[0] for w in weights], task.x.T)
    z = ops.convert_to_numpy(forward[3])[0].T
    told = keras_ib.measure(z, x=task.x, y=task.y, measures="binning")
    assert found["binning/i_xz"][0, 3, 0] == pytest.approx(
        told["binning"]["i_xz"], abs=1e-3
    )


@pytest.mark.jax
def test_curves_are_read_from_their_file(tmp_path):
    i_xz = np.zeros((2, 6, 3))
    # One network compresses by 1 nat, and its softmax by 3; one does not.
    i_xz[0] = [0.0, 1.0, 0.0]
    i_xz[0, 5] *= 3
    i_xz[1, :5] = [0.0, 0.5, 0.5]
    np.savez(
        tmp_path / "curves.npz",
        **{
            "ebab/i_xz": i_xz,
            "ebab/epochs": [0, 2, 4],
            "ebab/ceiling": np.log(4096),
            "accuracy/train": [[0.5, 0.9], [0.5, 0.52]],
            "accuracy/test": [[0.5, 0.8], [0.5, 0.5]],
            "accuracy/constant": 0.52,
        },
    )
    curves = Curves(tmp_path)
    np.testing.assert_array_equal(curves.learned, [True, False])
    np.testing.assert_allclose(curves.compression("ebab"), [1.0, 0.0])
    np.testing.assert_allclose(curves.compression("ebab", "softmax"), [3, 0])
    np.testing.assert_allclose(curves.accuracy("test"), [0.8, 0.5])
    assert curves.mean_phases("ebab").compression.mean == pytest.approx(0.5)
    assert curves.distinct("ebab") == pytest.approx(0.01 * np.log(4096))
