"""Levels of permuted samples, and information in bits."""

import numpy as np
import pytest
import synthetic_run
import zoo

import keras_ib
from keras_ib import measures
from keras_ib.logs.config import update_config
from keras_ib.measures.sample.sample import PERMUTATION_SEED

X, Y = zoo.data()


@pytest.mark.jax
@pytest.mark.parametrize("names", [["zx", "ksg"], ["binning", "renyi"]])
def test_a_level_is_that_of_permuted_samples(rng, names):
    z, y = rng.normal(size=(60, 2)), rng.integers(0, 3, 60)
    x = np.tanh(z)
    found = keras_ib.measure(z, x, y, measures=names, null="permuted")
    # The rows as the probe has them, X and Y once more permuted.
    probe = keras_ib.probe.draw(x, y, num_samples=60, seed=0)
    random = np.random.default_rng(PERMUTATION_SEED)
    halves = random.permutation(30), 30 + random.permutation(30)
    to = probe.rows[np.concatenate(halves)]
    other_x, other_y = np.empty_like(x), np.empty_like(y)
    other_x[probe.rows], other_y[probe.rows] = x[to], y[to]
    expected = keras_ib.measure(z, other_x, other_y, measures=names)
    plain = keras_ib.measure(z, x, y, measures=names)
    for name in names:
        levels = {
            field.removesuffix("_null"): found[name].pop(field)
            for field in list(found[name])
            if field.endswith("_null")
        }
        assert found[name] == pytest.approx(plain[name], abs=1e-6)
        known = measures.MEASURES[name].fields
        assert levels.keys() == {
            field
            for field in found[name]
            if not field.endswith(("_se", "mse")) and not known[field].is_check
        }
        for field, level in levels.items():
            assert level == pytest.approx(expected[name][field], abs=1e-4)


@pytest.mark.filterwarnings("ignore:y has 100 classes")
def test_a_level_shows_what_counting_makes_of_independence(rng):
    z, y = rng.normal(size=(500, 20)), np.arange(500) % 100
    found = keras_ib.measure(
        np.tanh(z), y=y, measures=["binning", "ksg"], null="permuted"
    )
    assert found["binning"]["i_zy"] > 4.5
    assert found["binning"]["i_zy_null"] > 4.5
    assert abs(found["ksg"]["i_zy_null"]) < 0.1


def watched(folder, **options):
    model = zoo.compiled("functional")
    plane = keras_ib.InfoPlane((X, Y), log_dir=folder, **options)
    fit = {"batch_size": 32, "verbose": 0, "callbacks": [plane]}
    model.fit(X, Y, epochs=1, **fit)
    return model, plane, fit


@pytest.mark.slow
@pytest.mark.jax
def test_a_run_has_levels_and_a_range_that_stays(tmp_path):
    binning = measures.Binning(num_bins=8, range="observed")
    options = {"measures": binning, "null": "permuted", "schedule": "epoch"}
    model, plane, fit = watched(tmp_path / "run", **options)
    known = plane.log.field("binning/i_zy_null")
    assert known["unit"] == "nats"
    assert known["ceiling"] == plane.log.field("binning/i_zy")["ceiling"]
    assert "permuted" in known["meaning"]
    plain = zoo.compiled("functional")
    plain.fit(X, Y, epochs=1, batch_size=32, verbose=0)
    for a, b in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    # Gone on with by another callback, whose first Z is another one.
    again = keras_ib.InfoPlane((X, Y), log_dir=tmp_path / "run", **options)
    model.set_weights([3 * w for w in model.get_weights()])
    with pytest.warns(UserWarning, match="lie outside the bins") as said:
        model.fit(
            X, Y, epochs=2, initial_epoch=1, **fit | {"callbacks": [again]}
        )
    texts = [str(one.message) for one in said]
    assert sum("lie outside the bins" in text for text in texts) == 1
    for tap in again.log.taps:
        _, high = again.log.series(tap, "binning/high")
        assert len(high) == 3
        assert len(set(high)) == 1


@pytest.mark.slow
def test_levels_of_checkpoints(tmp_path):
    model = zoo.compiled("functional")
    model.save(tmp_path / "one-1.keras")
    log = keras_ib.measure_checkpoints(
        [tmp_path / "one-1.keras"],
        (X, Y),
        measures="binning",
        null="permuted",
        log_dir=tmp_path / "run",
    )
    assert "binning/i_zy_null" in log.fields
    with pytest.raises(ValueError, match="Unknown null"):
        keras_ib.InfoPlane((X, Y), null="shuffled")


def test_bits_are_asked_for(rng):
    z, y = rng.normal(size=(80, 2)), np.arange(80) % 4
    names = ["zy", "ebab"]
    nats = keras_ib.measure(z, y=y, measures=names)
    bits = keras_ib.measure(z, y=y, measures=names, units="bits")
    for name, fields in nats.items():
        for field, value in fields.items():
            is_pure = field in ("accuracy", "resolution")
            factor = 1 if is_pure else 1 / np.log(2)
            assert bits[name][field] == pytest.approx(value * factor)
            unit = bits.fields[name, field].unit
            assert unit == ("1" if is_pure else "bits")
    with pytest.raises(ValueError, match="Choose one of 'nats', 'bits'"):
        keras_ib.measure(z, y=y, units="shannon")


def test_a_log_of_nats_reads_in_bits(tmp_path):
    folder = synthetic_run.write(tmp_path / "run", taps=("stem", "head"))
    in_nats, in_bits = (
        keras_ib.RunLog(folder, units=units) for units in ("nats", "bits")
    )
    for field, factor in (("zy/ce", 1 / np.log(2)), ("zx/fvu", 1)):
        expected = in_nats.series("head", field)[1] * factor
        np.testing.assert_allclose(in_bits.series("head", field)[1], expected)
        rows, others = (
            [row["value"] for row in log.rows if row["field"] == field[3:]]
            for log in (in_nats, in_bits)
        )
        np.testing.assert_allclose(others, np.multiply(rows, factor))
    assert in_bits.in_units("nats").field("zy/ce")["unit"] == "nats"
    update_config(folder, "seed", 0)
    (found, *_) = keras_ib.compare({"a": folder}, "zy/ce", units="bits")
    assert found.unit == "bits"
