"""Y of every kind, several of them, or none: known answers."""

import keras
from measures.samples import read, sample, target
import numpy as np
import pytest

import keras_ib
from keras_ib.measures import (
    HSIC,
    KDE,
    KSG,
    MEASURES,
    ZX,
    ZY,
    LogDet,
    Sample,
    Variable,
    evaluate,
)


@pytest.fixture
def normal(rng):
    """Two numbers of correlation 0.75: -log(1 - 0.75^2) / 2 nats."""
    y = rng.normal(size=(3000, 1)).astype("float32")
    noise = rng.normal(size=y.shape)
    return (0.75 * y + np.sqrt(1 - 0.75**2) * noise).astype("float32"), y


def floats(found):
    return keras.tree.map_structure(float, found)


@pytest.mark.jax
@pytest.mark.parametrize("decoder", ["linear", "kernel"])
def test_values_are_decoded_as_x_is(rng, decoder):
    z = rng.normal(size=(200, 5))
    y = z[:, :2] ** 2 + rng.normal(size=(200, 2))
    of_y = read(ZY(decoder), z, z, y, "values")
    assert of_y == read(ZX(decoder), z, y.astype("float32"))
    assert list(of_y) == ["fvu", "fvu_se", "mse", "usable"]


def test_normal_values(normal):
    z, y = normal
    truth = -np.log(1 - 0.75**2) / 2
    usable = read(ZY(), z, y=y, kind="values")["usable"]
    assert usable == pytest.approx(truth, abs=0.05)
    i_zy = read(KSG(), z[:1000], y=y[:1000], kind="values")["i_zy"]
    assert i_zy == pytest.approx(truth, abs=0.08)
    beta = read(LogDet(1e5), z, y=y, kind="values")["i_zy"]
    assert beta == pytest.approx(truth, abs=0.05)


def test_one_label_is_two_classes(rng):
    z = rng.normal(size=(300, 4))
    y = (z[:, 0] + rng.normal(size=300) > 0) * 1
    for name in ("zy", "kde", "ksg", "hsic", "cs", "binning", "noisy"):
        classes = read(MEASURES[name], z, y=y)
        labels = read(MEASURES[name], z, y=y[:, None], kind="labels")
        assert labels == pytest.approx(classes, abs=2e-4), name


@pytest.mark.jax
def test_labels_are_the_mean_of_each_label(rng):
    z = rng.normal(size=(300, 4))
    y = (z[:, :3] * [3, 1, 0] + rng.normal(size=(300, 3)) > 0) * 1
    together = read(ZY(), z, y=y, kind="labels")
    alone = [read(ZY(), z, y=label) for label in y.T]
    for field in ("ce", "accuracy", "usable"):
        expected = np.mean([fields[field] for fields in alone])
        assert together[field] == pytest.approx(expected, abs=2e-4)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classes", "labels", "values"])
def test_networks_decode_every_kind(rng, kind):
    z = rng.normal(size=(400, 3))
    y = {
        "classes": (z[:, 0] > 0) * 1,
        "labels": (z > 0) * 1,
        "values": z[:, :2],
    }[kind]
    found = read(ZY("network", 400), z, y=y, kind=kind)
    if kind == "values":
        assert found["fvu"] < 0.1
    else:
        assert found["accuracy"] > 0.9


@pytest.mark.parametrize("kind", ["classes", "labels", "values"])
def test_the_mean_of_the_samples_is_the_measure(rng, kind):
    """Of both halves as held out, `usable` is near the mean of `pointwise`."""
    z = rng.normal(size=(400, 3))
    y = {
        "classes": (z[:, 0] + rng.normal(size=400) > 0) * 1,
        "labels": (z + rng.normal(size=z.shape) > 0) * 1,
        "values": z + rng.normal(size=z.shape),
    }[kind]
    drawn = sample(z, z, y, kind)
    found = np.array(ZY().pointwise(drawn))
    assert found.shape == (200,)
    usable = float(ZY()(drawn)["usable"])
    assert found.mean() == pytest.approx(usable, abs=0.05)


def test_without_x_and_y_what_is_of_z_alone_is_left(rng):
    z = rng.normal(size=(40, 3)).astype("float32")
    drawn = Sample(z, num_fit=20)
    for measure in MEASURES.values():
        found = set(measure(drawn))
        assert found == {
            "binning": {"outside"},
            "kde": {"i_xz_upper", "i_xz_lower", "one_column"},
            "akde": {"i_xz_upper", "i_xz_lower", "one_column"},
            "noisy": {"i_xz", "i_xz_se"},
        }.get(measure.name, set())


def test_available_says_what_a_measure_returns():
    values, classes = Variable("values"), Variable("classes", 3)
    both = frozenset({"x", "x_id", "y", "y_class"})
    assert "ce" in ZY().available(both, classes)
    assert "ce" not in ZY().available(both - {"y_class"}, values)
    assert "fvu" in ZY().available(both - {"y_class"}, values)
    assert ZY().available(frozenset({"x"}), None) == {}
    assert list(KSG().available(frozenset({"x"}), None)) == ["i_xz"]
    assert list(MEASURES["binning"].available(both - {"y_class"}, values)) == [
        "i_xz",
        "outside",
    ]
    fields = MEASURES["infonce"].available(frozenset({"x"}), None)
    assert list(fields) == ["i_xz_lower", "i_xz_lower_se", "steps"]
    assert fields["steps"].needs == ("x",)


def test_every_field_is_of_data_that_there_are():
    for measure in MEASURES.values():
        for field in measure.fields.values():
            assert set(field.needs) <= {"x", "x_id", "y", "y_class", "time"}


def test_targets_share_the_distances_of_z(distance_blocks, rng):
    z = rng.normal(size=(40, 20)).astype("float32")
    first = sample(z, z, (z[:, 0] > 0) * 1)
    second = first.with_target(*target(z[:, :2], "values"))
    plain = KSG(standardise=False)
    measures = (KDE(), HSIC(), plain)
    found = floats(evaluate(measures, [first, second]))
    # Z, and X for the first target, and Y for the second one.
    assert len(distance_blocks) == 3
    assert found[0] == floats(evaluate(measures, [first]))[0]
    assert found[1]["kde"] == {}
    assert list(found[1]["hsic"]) == ["zy", "cka_zy"]
    alone = read(plain, z, z, z[:, :2], "values")
    assert found[1]["ksg"]["i_zy"] == pytest.approx(alone["i_zy"], abs=1e-5)


def test_of_arrays_what_is_given_is_measured(rng):
    z = rng.normal(size=(40, 2))
    of_x = keras_ib.measure(z, x=z, measures=["ksg"])["ksg"]
    of_y = keras_ib.measure(z, y=z[:, 0] > 0, measures=["ksg"])["ksg"]
    assert list(of_x) == ["i_xz", "in_time"]
    assert list(of_y) == ["i_zy", "in_time"]
