"""Checkpoints measured afterwards have the numbers that InfoPlane logged."""

import keras
from keras import layers
import numpy as np
import pytest
import zoo

import keras_ib
from keras_ib import RunLog, measure_checkpoints
from keras_ib.checkpoints import files as weightfiles

X, Y = zoo.data()
FIT = {"batch_size": 16, "verbose": 0}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with checkpoints of both kinds and what InfoPlane logged."""
    folder = tmp_path_factory.mktemp("trained")
    for name in ("whole", "weights"):
        (folder / name).mkdir()
    save = keras.callbacks.ModelCheckpoint
    model = zoo.compiled("functional")
    callbacks = [
        keras_ib.InfoPlane((X, Y), schedule="epoch", log_dir=folder / "log"),
        save(folder / "whole" / "epoch-{epoch}.keras"),
        save(
            folder / "weights" / "epoch-{epoch}.weights.h5",
            save_weights_only=True,
        ),
    ]
    model.fit(X, Y, epochs=3, callbacks=callbacks, **FIT)
    return folder


def small(units=4, depth=1, seed=0):
    keras.utils.set_random_seed(seed)
    hidden = [layers.Dense(units) for _ in range(depth)]
    return keras.Sequential([keras.Input((6,)), *hidden, layers.Dense(3)])


def saved(path, iterations=None, **options):
    """Saves an untrained model, as after so many steps of an optimizer."""
    model = small(**options)
    if iterations is not None:
        model.compile("sgd", "mse")
        model.optimizer.iterations.assign(iterations)
    path.parent.mkdir(exist_ok=True)
    if path.suffix == ".keras":
        model.save(path)
    else:
        model.save_weights(path)
    return path


def measured(checkpoints, tmp_path, data=(X, Y), **options):
    return measure_checkpoints(
        checkpoints, data, log_dir=tmp_path / "measured", **options
    )


def values(log):
    key = ("step", "data", "tap", "measure", "field")
    return {tuple(row[k] for k in key): row["value"] for row in log.rows}


def assert_as_logged(log, trained):
    expected = RunLog(trained / "log")
    assert log.steps == expected.steps[1:] == [6, 12, 18]
    expected_values = values(expected)
    for key, value in values(log).items():
        assert value == pytest.approx(expected_values[key], rel=1e-5, abs=1e-6)
    for key in ("measures", "taps", "packages", "seed"):
        assert log.config[key] == expected.config[key]
    for name, about in expected.config["data"].items():
        found = log.config["data"][name]
        # A saved model does not say its loss, one reason for what Y is.
        for key in about.keys() - {"notes", "targets"}:
            assert found[key] == about[key]


@pytest.mark.jax
def test_has_the_numbers_of_infoplane(trained, tmp_path):
    log = measured(trained / "whole", tmp_path)
    assert_as_logged(log, trained)
    assert log.config["steps"] == "optimizer iterations"
    assert [c["file"] for c in log.config["checkpoints"]] == [
        f"epoch-{epoch}.keras" for epoch in (1, 2, 3)
    ]


def test_weights_of_a_model_leave_that_model_as_it_was(trained, tmp_path):
    model = zoo.compiled("functional")
    model.fit(X, Y, **FIT)
    before = [np.array(v.value) for v in _state(model)]
    log = measured(trained / "weights", tmp_path, model=model)
    assert_as_logged(log, trained)
    for variable, value in zip(_state(model), before, strict=True):
        np.testing.assert_array_equal(variable.value, value)
    # It trains on.
    model.fit(X, Y, **FIT)
    assert int(model.optimizer.iterations) == 12


def test_measures_under_the_strategy_of_the_model(trained, strategy, tmp_path):
    model = zoo.compiled("functional", strategy.scope())
    log = measured(trained / "weights", tmp_path, model=model, measures="zx")
    assert log.config["num_replicas"] == strategy.num_replicas_in_sync
    expected = values(RunLog(trained / "log"))
    for key, value in values(log).items():
        assert value == pytest.approx(expected[key], rel=1e-3, abs=1e-5)


def _state(model):
    return model.weights + model.optimizer.variables


def test_the_architecture_in_the_folder_is_no_checkpoint(tmp_path):
    model = saved(tmp_path / "c" / "model.keras")
    for step in (5, 10):
        saved(tmp_path / "c" / f"ckpt-{step}.weights.h5", seed=step)
    log = measured(tmp_path / "c", tmp_path, model=model)
    assert log.steps == [5, 10]


@pytest.mark.jax
def test_unbuilt_and_subclassed_models_are_built(tmp_path):
    files = []
    for step in (1, 2):
        model = zoo.Subclassed()
        model(X)
        files.append(tmp_path / f"{step}.weights.h5")
        model.save_weights(files[-1])
    log = measured(files, tmp_path, model=zoo.Subclassed(), measures="zx")
    assert log.steps == [1, 2]
    assert log.taps == zoo.TAPS


@pytest.mark.parametrize(
    ("files", "source", "steps"),
    [
        # In another order than their names.
        ({"b.keras": 2, "a.keras": 30}, "optimizer iterations", [2, 30]),
        ({"ckpt-10": 7, "ckpt-2": 7}, "number in the file name", [2, 10]),
        ({"ckpt-10": 7, "ckpt-2": None}, "number in the file name", [2, 10]),
        ({"first": None, "second": 7}, "order", [0, 1]),
        ({"model-3.keras": 5}, "optimizer iterations", [5]),
        ({"model-3.keras": None}, "order", [0]),
    ],
)
def test_where_the_steps_come_from(tmp_path, files, source, steps):
    for name, iterations in files.items():
        path = tmp_path / "c" / name
        if not path.suffix:
            path = path.with_suffix(".weights.h5")
        saved(path, iterations)
    log = measured(tmp_path / "c", tmp_path, model=small(), measures="zx")
    assert log.steps == steps
    assert log.config["steps"] == source


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("epoch-012.keras", 12),
        ("ckpt-500.weights.h5", 500),
        ("run3-ckpt-2.keras", 2),
        ("weights.03-0.52.keras", 3),
        ("best.weights.h5", None),
        ("loss-0.52.keras", None),
    ],
)
def test_numbers_in_file_names(tmp_path, name, number):
    assert weightfiles.read(saved(tmp_path / name)).number == number


def test_natural_order(tmp_path):
    for name in ("ckpt-10", "ckpt-2", "ckpt-1"):
        saved(tmp_path / f"{name}.keras")
    found = [file.path.stem for file in weightfiles.find(tmp_path)]
    assert found == ["ckpt-1", "ckpt-2", "ckpt-10"]


def test_steps_without_an_update_are_not_counted(tmp_path):
    """As `model.optimizer.iterations` of mixed_float16 says it."""
    model = small()
    inner = keras.optimizers.SGD()
    model.compile(keras.optimizers.LossScaleOptimizer(inner), "mse")
    model.optimizer.build(model.trainable_variables)
    inner.iterations.assign(4)
    model.save(tmp_path / "model.keras")
    assert weightfiles.read(tmp_path / "model.keras").iterations == 4


@pytest.mark.jax
def test_goes_on_with_new_checkpoints_only(trained, tmp_path, capsys):
    one, two, three = sorted((trained / "whole").iterdir())
    measured([one, three], tmp_path, verbose=True)
    assert "epoch-1.keras" in capsys.readouterr().out
    rows = RunLog(tmp_path / "measured").rows
    log = measured([three, two], tmp_path, verbose=True)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split() == ["step", "12", str(two)]
    assert log.rows[: len(rows)] == rows
    assert_as_logged(log, trained)
    assert [c["step"] for c in log.config["checkpoints"]] == [6, 12, 18]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": (X[::-1], Y[::-1])}, "run with other data"),
        ({"seed": 1}, "run with other data"),
        ({"measures": "zy"}, "run with other measures"),
        ({"taps": "first"}, "run with other taps"),
    ],
)
def test_refuses_the_log_of_another_run(trained, tmp_path, change, message):
    options = {"measures": "zx", "taps": "second"}
    before = measured(trained / "whole", tmp_path, **options).rows
    with pytest.raises(ValueError, match=message):
        measured(trained / "whole", tmp_path, **options | change)
    assert RunLog(tmp_path / "measured").rows == before


def test_refuses_the_log_of_other_checkpoints(trained, tmp_path):
    saved(tmp_path / "1.keras", seed=0)
    saved(tmp_path / "2.keras", seed=1)
    files = [tmp_path / "1.keras", tmp_path / "2.keras"]
    measured(files, tmp_path, measures="zx")
    saved(files[1], seed=2)
    with pytest.raises(ValueError, match="1 of the files have changed"):
        measured(files, tmp_path, measures="zx")
    with pytest.raises(ValueError, match="its steps are those of InfoPlane"):
        measure_checkpoints(trained / "whole", (X, Y), log_dir=trained / "log")


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"units": 5}, "dense/vars/0 have the shape (6, 5), not (6, 4)"),
        ({"depth": 2}, "dense_1/vars/0 have the shape (4, 4), not (4, 3)"),
        ({"depth": 2, "units": 3}, "dense/vars/0 have the shape (6, 3)"),
    ],
)
def test_names_the_file_that_does_not_fit(tmp_path, other, words):
    good = saved(tmp_path / "1.keras")
    bad = saved(tmp_path / "2.keras", **other)
    with pytest.raises(ValueError, match=r"2\.keras does not fit") as caught:
        measured([good, bad], tmp_path)
    assert words in str(caught.value)
    # Nothing was measured before.
    assert not (tmp_path / "measured").exists()


@pytest.mark.parametrize("depths", [(1, 2), (2, 1)])
def test_no_layer_may_lack_or_be_left_over(tmp_path, depths):
    """Keras would pass over what the model does not have."""
    model, file = (small(units=3, depth=depth) for depth in depths)
    file.save_weights(tmp_path / "1.weights.h5")
    with pytest.raises(ValueError, match="does not fit the model"):
        measured([tmp_path / "1.weights.h5"], tmp_path, model=model)


@pytest.mark.jax
def test_the_measurement_is_compiled_once(tmp_path):
    calls = []

    class Watched(layers.Dense):
        def call(self, x):
            calls.append(1)
            return super().call(x)

    model = keras.Sequential([keras.Input((6,)), Watched(3)])
    files = [tmp_path / f"{step}.weights.h5" for step in range(3)]
    for file in files:
        model.save_weights(file)
    counts = []
    for name, some in (("one", files[:1]), ("three", files)):
        calls.clear()
        measure_checkpoints(
            some, (X, Y), model=model, measures="zx", log_dir=tmp_path / name
        )
        counts.append(len(calls))
    assert counts[0] == counts[1] > 0


@pytest.mark.jax
def test_names_the_file_that_a_layer_refuses(tmp_path):
    class Picky(layers.Dense):
        def load_own_variables(self, store):
            raise ValueError("not these")

    model = keras.Sequential([keras.Input((6,)), Picky(3)])
    model.save_weights(tmp_path / "1.weights.h5")
    with pytest.raises(ValueError, match=r"(?s)1.weights.h5 .*not these"):
        measured([tmp_path / "1.weights.h5"], tmp_path, model=model)


class Unregistered(layers.Dense):
    """A layer of a user's own."""


def test_models_with_classes_of_the_user(tmp_path):
    model = keras.Sequential([keras.Input((6,)), Unregistered(3)])
    model.save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="register_keras_serializable"):
        measured([tmp_path / "model.keras"], tmp_path)
    log = measured([tmp_path / "model.keras"], tmp_path, model=model)
    assert log.steps == [0]


def _damaged(folder):
    """One byte of the weights is another."""
    path = saved(folder / "1.keras")
    content = bytearray(path.read_bytes())
    content[content.rindex(small().get_weights()[0].tobytes())] ^= 1
    path.write_bytes(content)


def _text(name):
    return lambda folder: (folder / name).write_text("no weights")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: None, "holds no files that end in .keras"),
        (_text("1.keras"), "1.keras is damaged"),
        (_text("1.weights.h5"), "1.weights.h5 is damaged"),
        (_damaged, "1.keras is damaged"),
        (
            lambda folder: saved(folder / "1.weights.h5"),
            "Give model= a keras.Model",
        ),
        (
            lambda folder: [
                saved(folder / f"{name}.keras", iterations)
                for name, iterations in (("a", 1), ("b", 2), ("c", 2))
            ],
            "b.keras and .*c.keras are both of step 2",
        ),
    ],
)
def test_refuses_what_cannot_be_measured(tmp_path, make, message):
    (tmp_path / "c").mkdir()
    make(tmp_path / "c")
    with pytest.raises(ValueError, match=message):
        measured(tmp_path / "c", tmp_path)
    assert not (tmp_path / "measured").exists()


@pytest.mark.parametrize(
    ("checkpoints", "message"),
    [
        ("nowhere", "is no folder"),
        ([], "holds no files"),
        (["nowhere.keras"], "nowhere.keras is no file"),
        (["model.h5"], "model.h5 is no file that ends in"),
    ],
)
def test_refuses_what_is_not_there(tmp_path, checkpoints, message):
    with pytest.raises(ValueError, match=message):
        measured(checkpoints, tmp_path)


def test_refuses_a_model_that_is_none(tmp_path):
    file = saved(tmp_path / "1.weights.h5")
    with pytest.raises(ValueError, match=r"no\.keras is no file that"):
        measured([file], tmp_path, model=tmp_path / "no.keras")
    with pytest.raises(ValueError, match="do not say what the model is"):
        measured([file], tmp_path, model=file)
    with pytest.raises(ValueError, match="probe_size=4"):
        measured([file], tmp_path, model=small(), probe_size=4)
