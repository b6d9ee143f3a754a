"""InfoPlane: measures on schedule, tells all loggers, disturbs nothing."""

import math

import keras
from keras import layers
import numpy as np
import pytest
import zoo

import keras_ib
from keras_ib import RunLog

X, Y = zoo.data()
# 96 rows in batches of 16: six steps an epoch.
FIT = {"batch_size": 16, "epochs": 2, "verbose": 0}
LOG_STEPS = [0, 1, 2, 3, 4, 6, 8, 11, 12]
GIVEN_OR_COLLECTED = pytest.mark.parametrize(
    "data",
    [
        pytest.param((X, Y), id="given", marks=pytest.mark.slow),
        pytest.param(None, id="collected"),
    ],
)


def watched(tmp_path, kind="functional", data=(X, Y), fit=FIT, **options):
    """Trains with a callback; returns model, log and History."""
    compile_options = options.pop("compile", {})
    model = zoo.compiled(kind, **compile_options)
    plane = keras_ib.InfoPlane(data, log_dir=tmp_path / "run", **options)
    history = model.fit(X, Y, callbacks=[plane], **fit)
    return model, plane.log, history


def plain(kind, **compile_options):
    model = zoo.compiled(kind, **compile_options)
    model.fit(X, Y, **FIT)
    return model


def assert_same_weights(model, other):
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.jax
@pytest.mark.parametrize("kind", zoo.KINDS)
@GIVEN_OR_COLLECTED
def test_works_on_every_kind_of_model_and_changes_no_bit(tmp_path, kind, data):
    model, log, _ = watched(tmp_path, kind, data, probe_size=48)
    assert log.steps == LOG_STEPS
    assert log.taps == zoo.TAPS
    assert_same_weights(model, plain(kind))


@pytest.mark.jax
@GIVEN_OR_COLLECTED
@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({"jit_compile": True}, LOG_STEPS),
        # Where Keras runs 4 steps at once, due steps are measured after them;
        # an epoch of 6 steps ends within an execution.
        ({"steps_per_execution": 4}, [0, 4, 6, 10, 12]),
        ({"run_eagerly": True}, LOG_STEPS),
    ],
    ids=["jit_compile", "steps_per_execution", "run_eagerly"],
)
def test_works_however_the_step_is_compiled(tmp_path, data, options, steps):
    model, log, _ = watched(tmp_path, data=data, probe_size=48, compile=options)
    assert log.steps == steps
    assert_same_weights(model, plain("functional", **options))


@pytest.mark.jax
def test_the_steps_of_accumulated_gradients_are_the_updates(tmp_path):
    optimizer = keras.optimizers.Adam(0.01, gradient_accumulation_steps=3)
    _, log, _ = watched(tmp_path, compile={"optimizer": optimizer})
    assert log.steps == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("schedule", "steps"),
    [("epoch", [0, 6, 12]), (5, [0, 5, 10, 12]), ([2, 7], [0, 2, 7, 12])],
)
def test_measures_on_schedule(tmp_path, schedule, steps):
    _, log, _ = watched(tmp_path, schedule=schedule)
    assert log.steps == steps


def test_the_epoch_stands_beside_the_step(tmp_path):
    _, log, _ = watched(tmp_path, schedule=[3, 9])
    epochs = {row["step"]: row["epoch"] for row in log.rows}
    assert epochs == {0: 0.0, 3: 0.5, 9: 1.5, 12: 2.0}


def test_collected_rows_are_the_first_that_go_by(tmp_path):
    """Measured afterwards, with the weights that were kept for it."""
    _, collected, _ = watched(
        tmp_path / "a", data=None, probe_size=96, fit=FIT | {"shuffle": False}
    )
    _, given, _ = watched(
        tmp_path / "b", probe_size=96, fit=FIT | {"shuffle": False}
    )
    assert collected.config["data"] == given.config["data"]
    for row, expected in zip(collected.rows, given.rows, strict=True):
        assert row == pytest.approx(expected, abs=2e-4)


def test_fewer_rows_than_asked_for_are_taken_and_said(tmp_path):
    _, log, _ = watched(tmp_path, data=None, probe_size=2048)
    assert log.config["data"]["probe"]["num_rows"] == 96
    assert log.steps == LOG_STEPS


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 6

    def __getitem__(self, i):
        rows = slice(16 * i, 16 * i + 16)
        return X[rows], Y[rows]


def test_the_training_may_come_from_a_dataset(tmp_path):
    model = zoo.compiled("unbuilt")
    plane = keras_ib.InfoPlane(log_dir=tmp_path / "run", probe_size=48)
    model.fit(Batches(), epochs=2, verbose=0, callbacks=[plane])
    assert plane.log.steps == LOG_STEPS
    assert plane.log.config["data"]["probe"]["num_rows"] == 48


def test_the_training_may_come_from_tf_data(tmp_path):
    tf = pytest.importorskip("tensorflow")
    model = zoo.compiled("subclassed")
    batches = tf.data.Dataset.from_tensor_slices((X, Y)).batch(16)
    plane = keras_ib.InfoPlane(log_dir=tmp_path / "run", probe_size=48)
    model.fit(batches, epochs=2, verbose=0, shuffle=False, callbacks=[plane])
    assert plane.log.steps == LOG_STEPS
    assert plane.log.config["data"]["probe"]["num_rows"] == 48


@pytest.mark.parametrize("data", [(X, Y), None], ids=["given", "collected"])
def test_a_training_of_no_epochs_is_no_error(tmp_path, data):
    model = zoo.compiled("functional")
    plane = keras_ib.InfoPlane(data, log_dir=tmp_path / "run")
    model.fit(X, Y, callbacks=[plane], **FIT | {"epochs": 0})
    assert (tmp_path / "run").exists() == (data is not None)


def test_going_on_between_two_due_steps_keeps_the_keys(tmp_path):
    model = zoo.compiled("functional")
    plane = keras_ib.InfoPlane((X, Y), log_dir=tmp_path / "run", schedule=50)
    model.fit(X, Y, callbacks=[plane], **FIT)
    again = keras_ib.InfoPlane((X, Y), log_dir=tmp_path / "run", schedule=50)
    history = model.fit(X, Y, callbacks=[again], **FIT)
    assert len(history.history["zx_fvu/first"]) == 2
    assert again.log.steps == [0, 12, 24]


def test_several_inputs_are_one_x(tmp_path):
    left = keras.Input((2,), name="left")
    right = keras.Input((4,), name="right")
    joined = layers.Concatenate()([left, right])
    model = keras.Model({"left": left, "right": right}, layers.Dense(3)(joined))
    model.compile("sgd", "mse")
    x = {"left": X[:, :2], "right": X[:, 2:]}
    plane = keras_ib.InfoPlane((x, Y), log_dir=tmp_path / "run")
    model.fit(x, np.eye(3)[Y], callbacks=[plane], **FIT)
    assert plane.log.steps == LOG_STEPS


@pytest.mark.slow
@pytest.mark.jax
def test_named_probe_sets_are_told_apart(tmp_path):
    data = {"train": (X[:60], Y[:60]), "test": (X[60:], Y[60:])}
    _, log, history = watched(tmp_path, data=data)
    assert log.data_names == ["train", "test"]
    train = log.series("first", "zx", "fvu", data="train")[1]
    test = log.series("first", "zx", "fvu", data="test")[1]
    assert not np.array_equal(train, test)
    assert "test_zx_fvu/first" in history.history


@pytest.mark.jax
def test_a_second_fit_goes_on_in_the_same_log(tmp_path):
    model = zoo.compiled("functional")
    plane = keras_ib.InfoPlane((X, Y), log_dir=tmp_path / "run")
    model.fit(X, Y, callbacks=[plane], **FIT)
    model.fit(X, Y, callbacks=[plane], **FIT)
    assert plane.log.steps == [*LOG_STEPS, 16, 23, 24]
    again = keras_ib.InfoPlane((X, Y), log_dir=tmp_path / "run")
    model.fit(X, Y, callbacks=[again], **FIT)
    assert again.log.steps == [*LOG_STEPS, 16, 23, 24, 32, 36]


def test_a_second_fit_without_data_keeps_the_rows_of_the_first(tmp_path):
    model = zoo.compiled("unbuilt")
    plane = keras_ib.InfoPlane(log_dir=tmp_path / "run", probe_size=32)
    model.fit(X, Y, callbacks=[plane], **FIT)
    model.fit(X, Y, callbacks=[plane], **FIT)
    assert plane.log.steps == [*LOG_STEPS, 16, 23, 24]


@pytest.mark.jax
def test_the_final_values_are_those_of_the_model_now(tmp_path):
    model, log, _ = watched(tmp_path, measures=["zx", "zy", "binning"])
    z = keras.Model(model.inputs[0], model.get_layer("second").output)
    expected = keras_ib.measure(
        z(X, training=False), x=X, y=Y, measures=["zx", "zy", "binning"]
    )
    for measure, fields in expected.items():
        for field, value in fields.items():
            values = log.series("second", measure, field)[1]
            assert values[-1] == pytest.approx(value, abs=1e-4)


@pytest.mark.jax
def test_bins_that_miss_the_activations_are_warned_of_once(tmp_path):
    narrow = keras_ib.measures.Binning(low=-0.01, high=0.01)
    with pytest.warns(UserWarning, match="lie outside the bins") as given:
        _, log, _ = watched(tmp_path, measures=[narrow])
    said = [w for w in given if "outside the bins" in str(w.message)]
    assert len(said) == 1
    assert min(log.series("second", "binning", "outside")[1]) > 0.1


def test_mixed_precision_is_measured_in_float32(tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model, log, _ = watched(tmp_path)
        assert_same_weights(model, plain("functional"))
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.all(np.isfinite([row["value"] for row in log.rows]))


def test_the_keras_logs_have_the_same_keys_every_epoch(tmp_path):
    model = zoo.compiled("functional")
    plane = keras_ib.InfoPlane((X, Y), log_dir=tmp_path / "run", schedule=50)
    csv = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    stop = keras.callbacks.EarlyStopping("zy_ce/logits", mode="min")
    history = model.fit(X, Y, callbacks=[plane, csv, stop], **FIT)
    # Steps 0 and 12: after the first epoch the first is the latest.
    values = plane.log.series("logits", "zy", "ce")[1]
    assert history.history["zy_ce/logits"] == list(values)
    header, *lines = (tmp_path / "log.csv").read_text().splitlines()
    assert "zx_fvu/first" in header.split(",")
    assert len(lines) == 2


def test_epochs_without_a_measurement_are_nan(tmp_path, capsys):
    model = zoo.compiled("functional")
    plane = keras_ib.InfoPlane(
        (X, Y), log_dir=tmp_path / "run", schedule=50, verbose=1
    )
    assert "no training yet" in repr(plane)
    csv = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    with pytest.warns(UserWarning, match=r"CSVLogger will not see the numbers"):
        history = model.fit(X, Y, callbacks=[csv, plane], **FIT | {"epochs": 3})
    values = history.history["zx_fvu/first"]
    assert np.isnan(values).tolist() == [False, True, False]
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("InfoPlane: step 0, ")
    assert " s; 1 more to come, at most about " in first
    assert last.startswith("InfoPlane: step 18, ")
    told = f"; zx_fvu/logits {history.history['zx_fvu/logits'][-1]:.3g}; zy_ce/"
    assert told in last
    assert str(plane.log_dir) in repr(plane)


def test_the_progress_bar_stays_readable(tmp_path, capsys):
    watched(tmp_path, fit=FIT | {"verbose": 2})
    printed = capsys.readouterr().out
    assert "loss" in printed
    assert "fvu" not in printed


@pytest.mark.jax
def test_nan_is_logged_and_warned_of_once(tmp_path):
    class Explode(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                bias = self.model.get_layer("logits").bias
                bias.assign(np.full(3, np.inf))

    model = zoo.compiled("functional", optimizer="sgd")
    plane = keras_ib.InfoPlane((X, Y), log_dir=tmp_path / "run")
    with pytest.warns(UserWarning, match="holds NaN or Inf") as caught:
        model.fit(X, Y, callbacks=[Explode(), plane], **FIT)
    # The loss of one step makes all weights NaN, so that all taps follow.
    messages = [str(w.message) for w in caught if "holds NaN" in str(w.message)]
    named = [message.split("'")[1] for message in messages]
    assert sorted(named) == sorted(set(named))
    assert named[0] == "logits"
    assert plane.log.steps == LOG_STEPS
    assert math.isnan(plane.log.series("logits", "zx", "fvu")[1][-1])


class DrawsAlways(layers.Layer):
    """Draws numbers in inference, too, as Monte Carlo dropout does."""

    def __init__(self):
        super().__init__()
        self.seeds = keras.random.SeedGenerator(3)

    def call(self, x):
        self.add_loss(1e-3 * keras.ops.mean(keras.ops.square(x)))
        return x + 0.1 * keras.random.normal(x.shape[1:], seed=self.seeds)


@pytest.mark.slow
@pytest.mark.jax
@GIVEN_OR_COLLECTED
def test_random_numbers_and_losses_of_layers_are_not_disturbed(tmp_path, data):
    def make():
        stages = [DrawsAlways(), *zoo.stack()]
        return keras.Sequential([keras.Input((6,)), *stages])

    model, _, _ = watched(tmp_path, make, data, probe_size=48)
    assert_same_weights(model, plain(make))


def test_a_tap_asked_for_by_name_must_be_reached(tmp_path):
    class Idle(zoo.Subclassed):
        def __init__(self):
            super().__init__()
            self.idle = layers.Dense(2, name="idle")
            self.idle.build((None, 6))

    with pytest.raises(ValueError, match="not reached in inference mode"):
        watched(tmp_path, Idle, taps=["idle"])


@pytest.mark.jax
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"taps": "nope"}, "has no tap 'nope'"),
        ({"taps": "logit"}, "Did you mean 'logits'"),
        ({"measures": ["zz"]}, "Unknown measure"),
        ({"measures": []}, "at least one measure"),
        ({"measures": ["zx", "zx"]}, "none twice"),
        ({"schedule": "often"}, "is not one of 'log'"),
        ({"probe_size": 4}, "Too few samples"),
        ({"target": "what"}, "Unknown kind of target"),
        ({"split": "half"}, "Unknown split"),
        ({"data": (X[:, :3], Y)}, "does not take the probe data"),
        ({"data": (X[:0], Y[:0])}, "Two samples at least"),
        ({"data": (X, Y[:5])}, "96 inputs, 5 labels"),
        ({"log_dir": __file__}, "cannot be written"),
    ],
)
def test_bad_input_fails_before_the_first_step(tmp_path, options, message):
    model = zoo.compiled("functional")
    options = {"data": (X, Y), "log_dir": tmp_path / "run"} | options
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y, callbacks=[keras_ib.InfoPlane(**options)], **FIT)
    assert int(model.optimizer.iterations) == 0
    assert not (tmp_path / "run").exists()


@pytest.mark.jax
def test_training_data_without_labels_are_measured_without(tmp_path):
    class OfItself(zoo.Subclassed):
        def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
            return keras.ops.mean(keras.ops.square(y_pred))

    model = zoo.compiled(OfItself, loss=None)
    plane = keras_ib.InfoPlane(log_dir=tmp_path / "run")
    model.fit(X, callbacks=[plane], **FIT)
    assert plane.log.steps == LOG_STEPS
    assert {field.split("/")[0] for field in plane.log.fields} == {"zx"}
    assert [out["name"] for out in plane.log.config["left_out"]] == ["zy"]


def test_an_autoencoder_needs_no_labels(tmp_path):
    stages = [layers.Dense(2), layers.Dense(6)]
    model = keras.Sequential([keras.Input((6,)), *stages])
    model.compile("adam", "mse")
    plane = keras_ib.InfoPlane(
        (X, X), measures=("zx",), log_dir=tmp_path / "run"
    )
    model.fit(X, X, callbacks=[plane], **FIT)
    narrow = plane.log.series(plane.log.taps[0], "zx", "fvu")[1]
    assert np.all((narrow > 0.2) & (narrow < 1))


def test_a_new_training_does_not_write_into_an_old_run(tmp_path):
    watched(tmp_path)
    with pytest.raises(ValueError, match="already holds a run"):
        watched(tmp_path)
    assert RunLog(tmp_path / "run").steps == LOG_STEPS


def test_without_a_folder_it_makes_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = zoo.compiled("functional")
    plane = keras_ib.InfoPlane()
    model.fit(X, Y, callbacks=[plane], **FIT)
    assert plane.log_dir.parent.name == "runs"
    assert plane.log.steps == LOG_STEPS


def test_the_log_says_what_every_number_is(tmp_path):
    _, log, _ = watched(tmp_path, measures=["zx", "zy", "binning"])
    assert log.field("zx", "fvu") == {
        "meaning": "Z-X: variance of X unexplained by Z",
        "unit": "1",
        "kind": "upper bound",
        "rows": "held-out",
        "formula": None,
        "is_check": False,
        "max_rows": None,
        "needs": ["x"],
        "reads": [],
        "kinds": None,
        "ceiling": None,
    }
    ceiling = log.field("binning", "i_xz")["ceiling"]
    assert ceiling["probe"] == pytest.approx(math.log(96))
    data = log.config["data"]["probe"]
    usable = log.field("zy", "usable")["ceiling"]["probe"]
    assert usable == data["label_entropy"]
    assert (data["num_fit"], data["num_held_out"]) == (48, 48)
    assert log.config["packages"]["keras"] == keras.version()
    assert log.config["seed"] == 0
    assert [tap["shape"] for tap in log.config["taps"]] == [[8], [4], [3]]
