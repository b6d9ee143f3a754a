"""Taps are compared beside everything else, and nothing trips over it."""

import math

import keras
from measures import oracle
import numpy as np
import pytest

from keras_ib import InfoPlane, RunLog, plotting, writers
from keras_ib.logs.config import update_config
from keras_ib.logs.files import ROWS
from keras_ib.measures import Similarity
from keras_ib.runtime.comparison import Comparison

MEASURES = ["zx", "zy", "similarity"]
TAPS = ["a", "b", "c"]


def data(num_rows=60):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(num_rows, 6)).astype("float32")
    return x, (x[:, 0] > 0).astype("int32")


def network():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            *(keras.layers.Dense(6, "tanh", name=name) for name in TAPS),
            keras.layers.Dense(2),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    return model


def fit(model, *callbacks):
    model.fit(*data(), batch_size=30, verbose=0, callbacks=[*callbacks])
    return model


def watched(folder, measures=MEASURES, taps=TAPS, model=None, **options):
    plane = InfoPlane(
        data(),
        measures=measures,
        taps=taps,
        schedule=1,
        log_dir=folder,
        **options,
    )
    model = fit(model or network(), plane)
    return plane, model


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run, its callback and its model."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    keras_logs = writers.KerasLogs("all")
    return folder, *watched(folder, writers=[keras_logs]), keras_logs


@pytest.mark.jax
def test_the_matrix_is_that_of_the_oracle(run):
    folder, _, model, _ = run
    taps, found = RunLog(folder).similarity()
    assert taps == TAPS
    z, expected = data()[0], np.eye(3)
    outputs = []
    for name in TAPS:
        z = np.asarray(model.get_layer(name)(z))
        outputs.append(z)
    for i, j in [(0, 1), (0, 2), (1, 2)]:
        expected[i, j] = expected[j, i] = oracle.cka(outputs[i], outputs[j])
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert (RunLog(folder).similarity(0)[1] != found)[0, 1]


def test_no_weight_moves_a_bit(run):
    for a, b in zip(
        run[2].get_weights(), fit(network()).get_weights(), strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_groups_change_nothing(run, tmp_path):
    # Room for one tap of 60 rows of 6 numbers.
    plane, _ = watched(tmp_path / "groups", memory_limit=60 * 6 * 4)
    assert "num_samples" not in plane.log.config["taps"][0]
    _, expected = run[1].log.similarity()
    np.testing.assert_allclose(plane.log.similarity()[1], expected, atol=1e-6)


@pytest.mark.parametrize("strategy", ["mirrored"], indirect=True)
def test_replicas_have_the_same_number(run, strategy, tmp_path):
    with strategy.scope():
        model = network()
    plane, _ = watched(tmp_path / "run", measures="similarity", model=model)
    assert plane.log.config["num_replicas"] == 2
    _, expected = run[1].log.similarity(0)
    np.testing.assert_allclose(plane.log.similarity(0)[1], expected, atol=1e-6)


def test_rows_of_one_tap_are_as_they_were(run):
    log = RunLog(run[0])
    pairs = [row for row in log.rows if "other" in row]
    assert len(pairs) == 3 * len(log.steps)
    assert [(row["tap"], row["other"]) for row in pairs[:3]] == [
        *(("a", "b"), ("a", "c"), ("b", "c")),
    ]
    assert all(row["target"] is None for row in pairs)
    assert list(log.pair_fields) == ["similarity/cka"]
    assert not any("similarity" in name for name in log.fields)
    assert log.default_axes == ("zx/fvu", "zy/ce")
    with pytest.raises(ValueError, match=r"Choose RunLog\.similarity"):
        log.series("a", "similarity/cka")
    with pytest.raises(ValueError, match="was not measured at step=7"):
        log.similarity(7)
    # Trackers and Keras' logs have no number of two taps.
    assert run[3].latest.keys()
    assert not any("similarity" in name for name in run[3].latest)


def test_tables_carry_the_column_or_leave_it_out(run):
    log = RunLog(run[0])
    frame = log.to_frame()
    of_two = frame[frame["other"].notna()]
    assert len(of_two) == 3 * len(log.steps)
    assert of_two["value"].tolist() == [
        row["value"] for row in log.rows if "other" in row
    ]
    assert frame.attrs["fields"]["similarity/cka"]["unit"] == "1"
    assert not [c for c in log.to_frame(wide=True) if "similarity" in c]
    assert "similarity_cka" not in log.to_xarray()
    assert "zx/fvu" in str(log)


def test_a_torn_measurement_is_left_out(run, tmp_path):
    lines = (run[0] / ROWS).read_text().splitlines(keepends=True)
    (tmp_path / ROWS).write_text("".join(lines[:-1]))
    (tmp_path / "config.json").write_text((run[0] / "config.json").read_text())
    assert RunLog(tmp_path).steps == RunLog(run[0]).steps[:-1]


def test_one_measure_of_two_taps_is_enough(tmp_path):
    plane, _ = watched(tmp_path / "run", measures="similarity")
    assert "similarity/cka" in str(plane.log)
    plotting.dynamics(plane.log)
    for figure in (plotting.plane, plotting.depth):
        with pytest.raises(ValueError, match=r"Choose plotting\.similarity"):
            figure(plane.log)
    assert plane.log.to_frame(wide=True).empty


def test_what_cannot_be_compared_is_left_out(tmp_path):
    plane, _ = watched(tmp_path / "one", taps=["a"])
    (entry,) = plane.log.config["left_out"]
    assert entry["name"] == "similarity"
    assert "there are no two" in entry["reason"]
    with pytest.raises(ValueError, match="has no similarity of its taps"):
        plane.log.similarity()


def test_many_taps_and_those_of_fewer_samples_are_left_out():
    many = Comparison([Similarity()], {f"{i}": 8 for i in range(65)}, None)
    ((name, reason),) = many.left_out
    assert (name, many.readings) == ("similarity", [])
    assert "at most 64 taps, and there are 65" in reason
    few = Comparison([Similarity()], {"a": 8, "b": 5, "c": 8}, None)
    assert [(r.tap, r.other) for r in few.readings] == [("a", "c")]
    ((_, reason),) = few.left_out
    assert reason.startswith("Not of b: looked at on fewer samples")


def test_a_tap_that_is_not_finite_is_nan_beside_all(tmp_path):
    model = network()
    layer = model.get_layer("c")
    layer.set_weights([w * np.nan for w in layer.get_weights()])
    with pytest.warns(UserWarning, match="The tap 'a' or 'c' holds NaN"):
        plane, _ = watched(tmp_path / "run", measures="similarity", model=model)
    found = plane.log.similarity(0)[1]
    assert math.isfinite(found[0, 1])
    assert np.isnan(found[:2, 2]).all()


class Broken(Similarity):
    """One whose products do not fit, or its cosines."""

    def __init__(self, part):
        self.part = part

    def products(self, sample):
        return super().products(sample if self.part == "cosines" else None)

    def cosines(self, products):
        return super().cosines(products if self.part == "products" else None)


@pytest.mark.parametrize("part", ["products", "cosines"])
def test_what_fails_takes_nothing_with_it(part, tmp_path):
    with pytest.warns(UserWarning, match="could not be measured") as caught:
        plane, _ = watched(tmp_path / "run", measures=["zx", Broken(part)])
    assert len(caught) == 1
    assert np.isfinite(plane.log.series("a", "zx/fvu")[1]).all()
    assert np.isnan(plane.log.similarity()[1][0, 1])
    (entry,) = plane.log.config["left_out"]
    assert entry["name"] == "similarity from step 0 on"


def test_a_log_that_says_other_taps_is_read(run, tmp_path):
    for name in (ROWS, "config.json"):
        (tmp_path / name).write_text((run[0] / name).read_text())
    update_config(tmp_path, "taps", [{"name": "a"}, {"name": "c"}])
    taps, matrix = RunLog(tmp_path).similarity()
    assert taps == ["a", "c"]
    assert matrix.shape == (2, 2)
