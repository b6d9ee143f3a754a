"""Phases of known curves, and how often noise is taken for one."""

import keras
import numpy as np
import pytest
import synthetic_run

import keras_ib
from keras_ib.analysis import phases

STEPS = np.array([0, *np.unique(np.geomspace(1, 4000, 20).astype(int))])
# The share of a curve's height at each step, from 0 to 1.
RISE = np.minimum(np.log1p(STEPS) / np.log1p(60), 1)
DECAY = np.maximum(np.log1p(STEPS) - np.log1p(60), 0) / np.log(4001 / 61)
CURVES = {
    "two-phase": 0.5 - 0.3 * RISE + 0.2 * DECAY,
    "fitting only": 0.5 - 0.3 * RISE,
    "compression only": 0.2 + 0.2 * DECAY,
    "flat": 0.4 + 0 * RISE,
}


def noisy(curve, seeds=6, draws=3, noise=0.01, seed=0):
    """The curve for every seed and draw, with independent noise."""
    rng = np.random.default_rng(seed)
    return curve + rng.normal(0, noise, (seeds, draws, len(STEPS)))


@pytest.mark.parametrize("shape", [(6, 3), (6, 1), (1, 3), (1, 4)])
@pytest.mark.parametrize("name", CURVES)
def test_a_curve_gets_its_name(name, shape):
    found = phases.of_curves(
        STEPS, noisy(CURVES[name], *shape), lower_is_better=True
    )
    assert found.name == name
    seeds, draws = shape
    assert found.located == ("other draws" if draws > 1 else "other seeds")
    assert found.fitting.num == seeds


def test_heights_and_turn_are_those_of_the_curve():
    found = phases.of_curves(
        STEPS, noisy(CURVES["two-phase"]), lower_is_better=True
    )
    assert found.fitting.mean == pytest.approx(0.3, abs=0.02)
    assert found.compression.mean == pytest.approx(0.2, abs=0.02)
    assert 40 <= found.turning_point <= 100
    assert found.fitting.low < 0.3
    assert found.fitting.num_positive == 6


def test_no_magnitude_is_surer_than_its_noise():
    rising = noisy(np.linspace(0, 1, len(STEPS)), seeds=8, draws=1)
    found = phases.of_curves(STEPS, rising, lower_is_better=False)
    # All seeds turn at the last step: there is nothing to compress from.
    assert found.compression[:3] == (0, 0, 0)
    sure = found.with_noise("compression")
    assert sure.high == -sure.low == found.compression_floor > 0
    fitting = found.with_noise("fitting")
    assert fitting.high - fitting.mean == pytest.approx(found.fitting_floor)
    assert fitting.high > found.fitting.high
    alone = phases.of_curves(STEPS, rising[:1], lower_is_better=False)
    assert np.isnan(alone.with_noise("compression").high)


def test_information_rises_where_errors_fall():
    values = noisy(CURVES["two-phase"])
    errors = phases.of_curves(STEPS, values, lower_is_better=True)
    found = phases.of_curves(STEPS, 1 - values, lower_is_better=False)
    assert found.name == errors.name
    assert found.fitting == pytest.approx(errors.fitting)
    assert found.compression == pytest.approx(errors.compression)


# Without draws and with: every count of parts that locate each other.
SHAPES = [(1, 2), (1, 3), (1, 4), (1, 8), (2, 1), (3, 1), (4, 1), (5, 1)]
SHAPES += [(10, 1), (2, 2), (3, 2), (5, 2), (10, 2), (3, 4)]


def named_in_noise(curves_of, num_trials):
    """How often a phase is named at any tap of `{tap: curves}`."""
    names = [
        {
            found.name
            for found in phases.of_family(
                {tap: (STEPS, v) for tap, v in curves_of(trial).items()},
                lower_is_better=True,
            ).values()
        }
        for trial in range(num_trials)
    ]
    return np.mean([found != {"flat"} for found in names])


@pytest.mark.parametrize("shape", SHAPES)
def test_noise_is_named_no_more_often_than_the_level_says(shape):
    def curves(trial):
        return {"tap": noisy(CURVES["flat"], *shape, seed=trial)}

    # 2,000 trials spread by .5 %.
    assert named_in_noise(curves, 2000) <= 0.06


@pytest.mark.parametrize("shape", [(1, 2), (3, 1), (5, 1), (5, 2)])
def test_noise_is_named_at_no_tap_of_a_run(shape):
    def curves(trial):
        return {
            tap: noisy(CURVES["flat"], *shape, seed=8 * trial + tap)
            for tap in range(8)
        }

    assert named_in_noise(curves, 600) <= 0.06


def test_noise_that_goes_on_from_step_to_step_is_not_named_either():
    def curves(trial):
        return {"tap": noisy(0, 3, 1, seed=trial).cumsum(axis=-1)}

    assert named_in_noise(curves, 2000) <= 0.06


def test_a_family_holds_for_the_tap_that_is_hardest_to_see():
    curves = {tap: noisy(CURVES["two-phase"], 5, 1) for tap in range(9)}
    curves["weak"] = noisy(0.5 - 0.025 * RISE, 5, 1, seed=7)
    (alone,) = phases.of_family(
        {"weak": (STEPS, curves["weak"])}, lower_is_better=True
    ).values()
    assert alone == phases.of_curves(
        STEPS, curves["weak"], lower_is_better=True
    )
    assert alone.name == "fitting only"
    flat = {i: noisy(CURVES["flat"], 5, 1, seed=i) for i in range(9)}
    for others, name in ((curves, "fitting only"), (flat, "flat")):
        together = phases.of_family(
            {
                tap: (STEPS, values)
                for tap, values in (others | {"weak": curves["weak"]}).items()
            },
            lower_is_better=True,
        )
        # Phases that are named leave the family (Holm).
        assert together["weak"].name == name
        assert together["weak"].fitting == alone.fitting
        assert together["weak"].fitting_floor >= alone.fitting_floor


@pytest.mark.parametrize("shape", [(5, 1), (1, 3), (5, 2)])
def test_a_phase_is_named_from_the_floor_on(shape):
    values = noisy(0.5 - 0.004 * RISE, *shape)
    found = phases.of_curves(STEPS, values, lower_is_better=True)
    assert found.name == "flat"
    missing = found.fitting_floor - found.fitting.mean
    for more, name in ((0.9, "flat"), (1.1, "fitting only")):
        # All but step 0, so that no turning point moves.
        higher = values - more * missing * (STEPS > 0)
        assert (
            phases.of_curves(STEPS, higher, lower_is_better=True).name == name
        )
    assert found.text("fitting") == (
        f"{found.fitting}, not seen; would have been from "
        f"{found.fitting_floor:.2g}"
    )


def test_where_nothing_rises_the_power_is_that_of_the_noise():
    # All curves turn at step 0: heights of exactly 0, which spread by nothing.
    values = noisy(0.2 + 0.5 * np.log1p(STEPS) / np.log1p(4000), 5, 1)
    found = phases.of_curves(STEPS, values, lower_is_better=True)
    assert found.name == "compression only"
    assert found.fitting.mean == found.fitting.high == 0
    assert 0.005 < found.fitting_floor < 0.05
    assert found.text("compression") == str(found.compression)


def test_magnitudes_noise_are_0_on_average_where_own_ones_are_not():
    values = noisy(CURVES["flat"], seeds=400)
    heights = phases.magnitudes(STEPS, values, lower_is_better=True)
    assert abs(heights.fitting.mean()) < 0.001
    own, _ = phases.uncorrected_magnitudes(values, lower_is_better=True)
    assert own.mean() > 0.015


def test_one_draw_of_one_seed_is_not_named():
    found = phases.of_curves(
        STEPS, noisy(CURVES["two-phase"], 1, 1), lower_is_better=True
    )
    assert found.name is None
    assert found.located == "itself"
    assert found.fitting_floor is None
    assert found.text("fitting") == f"{found.fitting.mean:.3f} [nan, nan]"
    assert found.fitting.mean == pytest.approx(0.3, abs=0.05)


def test_a_seed_without_the_phase_widens_the_interval():
    values = noisy(CURVES["two-phase"], seeds=5)
    before = phases.of_curves(STEPS, values, lower_is_better=True)
    values[0] = noisy(CURVES["flat"], seeds=1)[0]
    after = phases.of_curves(STEPS, values, lower_is_better=True)
    assert after.fitting.high - after.fitting.low > 3 * (
        before.fitting.high - before.fitting.low
    )


@pytest.mark.parametrize("shape", [(21,), (2, 21), (1, 1, 20), (0, 1, 21)])
def test_curves_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"\[seeds, draws, m\]"):
        phases.of_curves(np.arange(21), np.zeros(shape), lower_is_better=True)


def test_a_diverged_curve_is_refused_with_its_steps():
    values = noisy(CURVES["flat"])
    values[0, 0, 3] = np.nan
    with pytest.raises(ValueError, match=rf"not finite at .*{STEPS[3]}\]"):
        phases.of_curves(STEPS, values, lower_is_better=True)


def test_phases_of_a_log(tmp_path):
    rng = np.random.default_rng(0)
    shape = {"stem": "flat", "block_01": "two-phase", "head": "fitting only"}
    names = list(shape)

    def value(step, depth, data, measure, field):
        curve = CURVES[shape[names[round(depth * 2)]]]
        found = np.interp(step, STEPS, curve) + rng.normal(0, 0.005)
        return found if field in ("fvu", "ce") else 1 - found

    logs = [
        keras_ib.RunLog(
            synthetic_run.write(
                tmp_path / str(seed),
                taps=names,
                data=("train", "train#2", "train#3", "test"),
                value=value,
                last=4000,
            )
        )
        for seed in range(5)
    ]
    for field in ("zx/fvu", "zy/ce", "zy/usable"):
        found = phases.find(logs, field)
        assert {tap: p.name for tap, p in found.items()} == shape
    assert phases.find(logs, data="test")["stem"].located == "other seeds"
    alone = phases.find(logs[0].folder, taps=["block_01"])
    assert alone["block_01"].name == "two-phase"
    with pytest.raises(
        ValueError, match=r"no data 'tset'.*Did you mean 'test'"
    ):
        phases.find(logs, data="tset")


@pytest.mark.slow
def test_phases_of_a_training(tmp_path):
    data = keras_ib.datasets.load("digits")
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.layers.Dense(8, "relu"), keras.layers.Dense(10, name="last")]
    )
    model.compile(
        "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    x = data.x_train.reshape(-1, 64)
    plane = keras_ib.InfoPlane(
        (x, data.y_train), draws=3, probe_size=400, log_dir=tmp_path / "run"
    )
    model.fit(x, data.y_train, epochs=5, verbose=0, callbacks=[plane])
    assert plane.log.data_names == ["probe", "probe#2", "probe#3"]
    prints = {p["fingerprint"] for p in plane.log.config["data"].values()}
    assert len(prints) == 3
    head = phases.find(plane.log, "zy/ce", taps=["last"])["last"]
    assert head.located == "other draws"
    assert head.name == "fitting only"
    assert 0 < head.fitting_floor < head.fitting.mean


def test_no_draw_is_refused():
    with pytest.raises(ValueError, match="draws=0"):
        keras_ib.InfoPlane(draws=0)


def test_runs_of_other_steps_are_refused(tmp_path):
    folders = [
        synthetic_run.write(tmp_path / str(last), last=last)
        for last in (1000, 2000)
    ]
    with pytest.raises(ValueError, match="at other steps than"):
        phases.find(folders)


def test_a_tap_that_diverged_is_left_out(tmp_path):
    def value(step, depth, data, measure, field):
        return np.nan if depth == 1 and step > 10 else 0.5

    folder = synthetic_run.write(tmp_path / "a", taps=("a", "b"), value=value)
    with pytest.warns(UserWarning, match="'b' is left out"):
        found = keras_ib.phases.find(folder)
    assert list(found) == ["a"]


def test_a_run_is_not_its_own_second_seed(tmp_path):
    folder = synthetic_run.write(tmp_path / "a")
    (tmp_path / "link").symlink_to(folder)
    for again in (folder, folder / ".." / "a", tmp_path / "link"):
        with pytest.raises(ValueError, match="holds a folder twice"):
            keras_ib.phases.find([folder, again])
