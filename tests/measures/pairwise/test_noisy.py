"""Noisy: the noise of layers, against quadrature, TFP and exact entropies."""

import json
import math
import warnings

import keras
from keras import layers, ops
from measures import oracle
from measures.samples import read, sample
import numpy as np
import pytest
from scipy import integrate, stats
import zoo

import keras_ib
from keras_ib import probe, runtime, taps
from keras_ib.measures import KDE, Noise, Noisy
from keras_ib.measures.pairwise import blocks as pairwise
from keras_ib.measures.pairwise import noise
from keras_ib.runtime.measurement import layer_noise

BIT = np.log(2)
KINDS = ("additive", "multiplicative")


def two_points(delta):
    """Nats that one of two points tells, delta deviations of noise apart."""

    def integrand(z):
        own, other = stats.norm.pdf(z), stats.norm.pdf(z - delta)
        return own * np.log(own / ((own + other) / 2))

    return integrate.quad(integrand, -12, 12)[0]


@pytest.mark.jax
@pytest.mark.parametrize(("delta", "bits"), [(1, 0.16075), (4, 0.91282)])
def test_two_points(delta, bits):
    truth = two_points(delta)
    assert two_points(2) / BIT == pytest.approx(0.4859441541329351, abs=1e-9)
    assert truth / BIT == pytest.approx(bits, abs=5e-6)
    z = np.repeat([[0.0], [0.1 * delta]], 1000, axis=0)
    found = read(Noisy(("additive", 0.1)), z, y=z[:, 0] > 0)
    assert found["i_xz_se"] < 0.01
    for field in ("i_xz", "i_zy"):
        assert abs(found[field] - truth) < 3 * found[f"{field}_se"]


def test_linear_gaussian_channel():
    """Z = diag(2, 1) X and noise 1: 1.66096 bits.

    2,000 rows tell chi^2 / 2n less of it than their source, chi^2 = 9 being
    the mean ratio of the densities less 1: 0.003 bits.
    """
    z = np.random.default_rng(1).normal(size=(2000, 2)) * [2, 1]
    found = read(Noisy(("additive", 1.0)), z)
    assert found["i_xz_se"] < 0.03
    error = found["i_xz"] - (1.66096 * BIT - 9 / (2 * 2000))
    assert abs(error) < 3 * found["i_xz_se"]


def normals(kind, stddev, rows):
    """The readings of each row, a distribution of TFP."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tfp = pytest.importorskip("tensorflow_probability.substrates.numpy")
    scale = np.full(rows.shape, stddev)
    if kind == "multiplicative":
        # Units that are 0 are 0 for sure: any one density does.
        scale = np.where(rows != 0, np.abs(rows) * stddev, 1.0)
    return tfp.distributions, tfp.distributions.MultivariateNormalDiag(
        rows, scale_diag=scale
    )


def log_density(kind, stddev, rows, z):
    """Of a mixture of the readings of the rows."""
    tfd, components = normals(kind, stddev, rows)
    weights = tfd.Categorical(probs=np.full(len(rows), 1 / len(rows)))
    return tfd.MixtureSameFamily(weights, components).log_prob(z)


def terms(kind, stddev, z, y, draws):
    """What the draws `[k, n, d]` of the noise say, `{field: [k, n]}`."""
    z, found = z.astype("float64"), {"i_xz": [], "i_zy": []}
    for i in range(len(z)):
        e = stddev * draws[:, i].astype("float64")
        reading = z[i] + e if kind == "additive" else z[i] * (1 + e)
        everyone = peers = np.ones(len(z), bool)
        if kind == "multiplicative":
            peers = np.all((z != 0) == (z[i] != 0), axis=1)
        own = y == y[i]
        log_row, log_own, log_all = (
            np.log(np.mean(peers[among]))
            + log_density(kind, stddev, z[peers & among], reading)
            for among in (np.arange(len(z)) == i, own, everyone)
        )
        found["i_xz"].append(log_row - log_all)
        found["i_zy"].append(log_own - log_all)
    return {field: np.transpose(values) for field, values in found.items()}


def layer(kind, n=25):
    rng = np.random.default_rng(3)
    y = rng.integers(0, 3, n)
    z = rng.normal(size=(n, 4)) + np.eye(3, 4)[y]
    z = {
        "tanh": lambda: np.tanh(z),
        "relu": lambda: np.maximum(z[:, :2], 0),
        "one_unit": lambda: z[:, :1],
        "mean": lambda: z + 20,
        "integers": lambda: np.round(z),
        "duplicated": lambda: z[np.arange(n) % 7],
        "all_zero": lambda: 0 * z,
        "constant": lambda: 0 * z - 3.25,
        "one_class": lambda: z,
    }[kind]()
    return z.astype("float32"), 0 * y if kind == "one_class" else y


LAYERS = ["tanh", "relu", "one_unit", "mean", "integers"]
DEGENERATE = ["duplicated", "all_zero", "constant", "one_class"]
CASES = [(of, 0.3) for of in LAYERS + DEGENERATE]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("of", "stddev"), [*CASES, ("tanh", 0.03), ("relu", 3.0)]
)
def test_same_draws_same_numbers(kind, of, stddev):
    """With the draws of the package, float64 and the densities of TFP."""
    z, y = layer(of)
    e = ops.convert_to_numpy(noise._draws(sample(z)))
    expected = {}
    for field, draws in terms(kind, stddev, z, y, np.stack([e, -e])).items():
        rows = draws.mean(axis=0)
        expected[field] = rows.mean()
        expected[f"{field}_se"] = rows.std() / len(z) ** 0.5
    found = read(Noisy((kind, stddev)), z, y=y)
    assert found == pytest.approx(expected, abs=5e-4)
    assert found["i_zy"] == pytest.approx(expected["i_zy"], abs=2e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("of", ["tanh", "relu"])
def test_unbiased_and_no_less_certain_than_it_says(monkeypatch, kind, of):
    """Other seeds spread about the truth, by no more than the error."""
    z, y = layer(of)
    draws = np.random.default_rng(0).normal(size=(500, *z.shape))
    found = []
    for seed in range(20):
        monkeypatch.setattr(noise, "SEED", seed)
        found.append(read(Noisy((kind, 0.5)), z, y=y))
    for field, truth in terms(kind, 0.5, z, y, draws).items():
        values = [values[field] for values in found]
        spread = np.std(values)
        assert abs(np.mean(values) - truth.mean()) < 4 * spread / 20**0.5
        assert spread < 1.2 * np.mean([v[f"{field}_se"] for v in found])


@pytest.mark.parametrize("seed", range(4))
def test_the_error_is_that_of_other_rows(monkeypatch, seed):
    """80 samples of 100 rows: their values spread by the standard error."""
    rng = np.random.default_rng(seed)
    found = []
    for draws in range(80):
        monkeypatch.setattr(noise, "SEED", draws)
        y = rng.integers(0, 2, 100)
        z = rng.normal(size=(100, 2)) + y[:, None]
        found.append(read(Noisy((KINDS[seed % 2], 1.0)), z, y=y))
    for field in ("i_xz", "i_zy"):
        spread = np.std([values[field] for values in found])
        errors = np.mean([values[f"{field}_se"] for values in found])
        assert 0.7 < spread / errors < 1.4


@pytest.mark.parametrize("seed", range(4))
def test_inequalities(seed):
    """lower of KDE <= i_xz <= upper <= log n; i_zy <= i_xz, H(Y)."""
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(20, 200)), int(rng.integers(1, 50))
    z, y = rng.normal(size=(n, d)), rng.integers(0, 3, n)
    for stddev in (0.1, 0.5, 1, 3):
        found = read(Noisy(("additive", stddev)), z, y=y)
        bounds = read(KDE(stddev**2), z)
        slack = 3 * found["i_xz_se"] + 1e-5
        assert bounds["i_xz_lower"] - slack <= found["i_xz"]
        assert found["i_xz"] <= min(
            bounds["i_xz_upper"] + slack, np.log(n) + 1e-6
        )
        assert found["i_zy"] <= oracle.entropy(y) + 1e-6
        assert found["i_zy"] <= found["i_xz"] + 3 * found["i_zy_se"]


@pytest.mark.parametrize("kind", KINDS)
def test_from_all_to_nothing(rng, kind):
    """Without noise log n and H(Y), with too much of it nothing."""
    z, y = rng.normal(size=(100, 3)), np.arange(100) % 4
    if kind == "multiplicative":
        z = np.sign(z)  # Too much noise hides the sign, but not the size.
        y = (z > 0) @ [4, 2, 1]
    h_z = oracle.entropy(z)
    little = read(Noisy((kind, 0.003)), z, y=y)
    assert little["i_xz"] == pytest.approx(h_z, abs=2e-3)
    assert little["i_zy"] == pytest.approx(oracle.entropy(y), abs=2e-3)
    much = read(Noisy((kind, 1e4)), z, y=y)
    assert much == pytest.approx(dict.fromkeys(much, 0.0), abs=2e-3)


@pytest.mark.parametrize("scale", [1e-25, 1e-3, -7.0, 1e25])
def test_multiplied_noise_knows_no_scale(scale):
    z, y = layer("tanh")
    first = read(Noisy(("multiplicative", 0.5)), z, y=y)
    scaled = (scale * z).astype("float32")
    other = read(Noisy(("multiplicative", 0.5)), scaled, y=y)
    assert other == pytest.approx(first, abs=1e-5)


@pytest.mark.parametrize("stddev", [1e-12, 1e-3, 1.0, 1e12])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("least", [1e-38, 1e-30, 1e-10])
def test_no_size_gives_nan(rng, kind, stddev, least):
    """Units from 1e-38 to 1e15 in one layer, and zeros."""
    z = 10.0 ** rng.uniform(np.log10(least), 15, size=(50, 6))
    z = z * rng.choice([-1, 0, 1, 1], size=(50, 6))
    found = read(Noisy((kind, stddev)), z, y=np.arange(50) % 3)
    assert np.all(np.isfinite(list(found.values())))
    assert found["i_xz"] <= np.log(50) + 1e-5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("num_rows", [1, 8, 9, 31])
def test_any_number_of_rows_in_blocks(monkeypatch, kind, num_rows):
    """Blocks of at most 8 rows give the numbers of one block."""
    z, y = layer("relu", num_rows)
    measures = Noisy((kind, 0.3)), Noisy()
    whole = [read(measure, z, y=y) for measure in measures]
    monkeypatch.setattr(pairwise, "BLOCK_ROWS", 8)
    for measure, expected in zip(measures, whole, strict=True):
        assert read(measure, z, y=y) == pytest.approx(expected, abs=1e-5)


def function(given, rows):
    """The numbers as a function of Z and Y."""

    def compute(z, y):
        again = type(rows)(
            z,
            y=y,
            y_class=y,
            num_fit=rows.num_fit,
            variable=rows.variable,
        )
        return Noisy(given)(again)

    return compute


GIVEN = [None, *((kind, 0.3) for kind in KINDS)]


@pytest.mark.jax
@pytest.mark.parametrize("given", GIVEN)
def test_compiles(monkeypatch, given):
    """Many blocks in one graph, on either backend: the same numbers."""
    z, y = layer("relu", 43)
    rows = sample(z, y=y)
    expected = read(Noisy(given), z, y=y)
    monkeypatch.setattr(pairwise, "BLOCK_ROWS", 8)
    compute = runtime.backend.compiled(function(given, rows))
    for _ in range(2):
        found = compute(rows.z, ops.convert_to_tensor(rows.y))
        found = {field: float(value) for field, value in found.items()}
        assert found == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("given", GIVEN)
def test_under_xla(monkeypatch, given):
    """Draws of another generator, so other numbers."""
    tf = pytest.importorskip("tensorflow")
    z, y = layer("relu", 200)
    expected = read(Noisy(given), z, y=y)
    monkeypatch.setattr(pairwise, "BLOCK_ROWS", 64)
    rows = sample(z, y=y)
    compute = tf.function(function(given, rows), jit_compile=True)
    found = compute(rows.z, rows.y)
    for field in ("i_xz", "i_zy"):
        slack = 2 * expected[f"{field}_se"] + 1e-5
        assert float(found[field]) == pytest.approx(expected[field], abs=slack)


@pytest.mark.parametrize("given", GIVEN)
def test_the_graph_holds_no_noise(given):
    tf = pytest.importorskip("tensorflow")
    rows = sample(np.zeros((2048, 64)))
    compute = tf.function(function(given, rows))
    graph = compute.get_concrete_function(rows.z, rows.y).graph
    assert graph.as_graph_def().ByteSize() < 100_000


# Nothing, and noise that is none.
SILENT = [None, *((kind, 0) for kind in KINDS)]


@pytest.mark.parametrize("given", SILENT)
def test_without_noise_what_differs_is_told_apart(given):
    """2,048 corners of a cube, whose bits are alike but for a few."""
    z = np.arange(2048)[:, None] >> np.arange(11) & 1
    y = z[:, 0]
    for rows in (z, 2.0**-z, 1 + z * 2**-23, 3.0 * z - 1):
        found = read(Noisy(given), rows, y=y)
        assert found == pytest.approx(
            {"i_xz": np.log(2048), "i_xz_se": 0, "i_zy": BIT, "i_zy_se": 0},
            abs=1e-4,
        )
    found = read(Noisy(given), np.where(z, 0.0, -0.0), y=y)
    assert found == pytest.approx(dict.fromkeys(found, 0.0), abs=1e-4)


@pytest.mark.parametrize(
    "given",
    [
        Noise("additive", 0.1),
        ("multiplicative", 2),
        ["additive", 0.1],
    ],
)
def test_noise_may_be_written_plainly(given):
    measure = Noisy(given)
    assert measure == Noisy(Noise(*given))
    again = Noisy(**json.loads(json.dumps(measure.get_config())))
    assert (again, hash(again)) == (measure, hash(measure))
    assert measure != Noisy()


@pytest.mark.parametrize(
    "given",
    [
        ("uniform", 0.1),
        ("additive", -0.1),
        ("additive", math.inf),
        ("additive", math.nan),
    ],
)
def test_refuses_noise_that_is_none(given):
    with pytest.raises(ValueError, match=r"Choose one of|Not a finite"):
        Noisy(given)


@pytest.mark.jax
def test_noise_of_layers():
    class Louder(layers.GaussianNoise):
        pass

    assert layer_noise(Louder(0.25)) == Noise("additive", 0.25)
    assert layer_noise(layers.GaussianDropout(0.2)) == ("multiplicative", 0.5)
    assert layer_noise(layers.GaussianNoise(0.0)).stddev == 0
    for other in (layers.Dropout(0.5), layers.AlphaDropout(0.5)):
        assert layer_noise(other) is None


def noisy_model():
    inputs = keras.Input((6,))
    clean = layers.Dense(3, "tanh", name="dense")(inputs)
    loud = layers.GaussianNoise(0.5, name="noise")
    z = layers.Dense(4, "relu", name="relu")(loud(clean))
    z = layers.GaussianDropout(0.4, name="dropout")(z)
    return keras.Model(inputs, loud(layers.Dense(3, name="logits")(z)))


# What each tap has been before its noise, and the noise.
CLEAN = {
    "dense": ("dense", None),
    "noise": ("dense", ("additive", 0.5)),
    "noise#2": ("logits", ("additive", 0.5)),
    "dropout": ("relu", ("multiplicative", (2 / 3) ** 0.5)),
}


def check(model, found):
    """`found(tap)` is that of the clean activations and the noise."""
    x, y = zoo.data()
    for tap, (source, given) in CLEAN.items():
        activations = keras.Model(model.input, model.get_layer(source).output)
        z = activations.predict(x, verbose=0)
        measure = [Noisy(given), KDE(0.2)]
        expected = keras_ib.measure(z, y=y, measures=measure)
        expected = {
            (measure, field): value
            for measure, fields in expected.items()
            for field, value in fields.items()
        }
        assert found(tap) == pytest.approx(expected, abs=2e-4)


@pytest.mark.jax
def test_the_callback_takes_the_noise_from_the_layers(tmp_path):
    x, y = zoo.data()
    model = zoo.compiled(noisy_model)
    plane = keras_ib.InfoPlane(
        (x, y),
        measures=["noisy", KDE(0.2)],
        taps=["dense", "noise", "dropout"],
        log_dir=tmp_path / "run",
        schedule=[2],
    )
    model.fit(x, y, epochs=2, verbose=0, callbacks=[plane])
    assert plane.log.taps == list(CLEAN)
    dense, loud, *_ = plane.log.config["taps"]
    assert "noise" not in dense
    assert loud["noise"] == {"kind": "additive", "stddev": 0.5}
    check(
        model,
        lambda tap: {
            (row["measure"], row["field"]): row["value"]
            for row in plane.log.rows
            if row["tap"] == tap and row["step"] == plane.log.steps[-1]
        },
    )


def test_on_every_replica(strategy):
    x, y = zoo.data()
    model = zoo.compiled(noisy_model, strategy.scope())
    drawn = probe.draw(x, y, size=96, seed=0)
    measurement = runtime.Measurement(
        model,
        taps.select(model, ["dense", "noise", "dropout"]),
        (Noisy(), KDE(0.2)),
        drawn,
    )
    values = measurement()
    # The draws are the same at every measurement.
    np.testing.assert_array_equal(measurement(), values)
    check(
        model,
        lambda tap: {
            (reading.measure, reading.field): value
            for reading, value in zip(measurement.readings, values, strict=True)
            if reading.tap == tap
        },
    )
