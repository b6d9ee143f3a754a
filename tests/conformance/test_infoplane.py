"""Every family under InfoPlane, alone and mirrored: no weight moves a bit."""

import keras
import numpy as np
import pytest
import zoo

import keras_ib
from keras_ib import models

SHAPE, NUM_CLASSES = (8, 8, 1), 3
DROPOUT = {"vit": {"dropout": 0.2}, "mixer": {"dropout": 0.2}}
SMALL = {
    "resnet": {"width": 4},
    "vit": {"depth": 1, "width": 16, "num_heads": 2, "mlp_dim": 32},
    "mixer": {"depth": 1, "width": 16, "token_dim": 8, "channel_dim": 32},
    "mlp": {"hidden_sizes": (16, 8)},
}


def images(num_rows=64):
    rng = np.random.default_rng(0)
    y = rng.integers(NUM_CLASSES, size=num_rows)
    x = rng.normal(size=(num_rows, *SHAPE)) + y[:, None, None, None]
    return x.astype("float32"), y


def trained(family, strategy, callbacks):
    def make():
        sizes = SMALL[family] | DROPOUT.get(family, {})
        return models.FAMILIES[family](SHAPE, NUM_CLASSES, **sizes)

    model = zoo.compiled(make, strategy.scope())
    x, y = images()
    model.fit(x, y, batch_size=16, epochs=1, verbose=0, callbacks=callbacks)
    return model


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "strategy"),
    [
        *((family, "none") for family in SMALL),
        # A batch norm over the replicas, and dropout on each.
        *(("resnet", "mirrored"), ("vit", "mirrored")),
    ],
    indirect=["strategy"],
)
def test_weights_are_bit_identical(family, strategy, tmp_path):
    collected = keras_ib.InfoPlane(log_dir=tmp_path / "a", probe_size=32)
    given = keras_ib.InfoPlane(
        images(), taps=["stem", "head"], log_dir=tmp_path / "b"
    )
    expected = trained(family, strategy, []).get_weights()
    # Each of them alone, or both at once where a training is slow to trace.
    is_slow = strategy.num_replicas_in_sync > 1
    both = [[collected, given]] if is_slow else [[collected], [given]]
    for planes in both:
        weights = trained(family, strategy, planes).get_weights()
        for a, b in zip(weights, expected, strict=True):
            np.testing.assert_array_equal(a, b)
    for plane in (collected, given):
        assert plane.log.steps == [0, 1, 2, 3, 4]
        assert plane.log.taps[0] == "stem"
        assert plane.log.taps[-1] == "head"
        assert np.all(np.isfinite([row["value"] for row in plane.log.rows]))


@pytest.mark.slow
def test_numbers_are_those_of_the_saved_model(strategy, tmp_path):
    """Also where the replicas do not divide the rows."""
    x, y = images()
    data = (x[:63], y[:63])
    plane = keras_ib.InfoPlane(
        data, measures=["zx", "zy", "binning"], log_dir=tmp_path / "run"
    )
    model = trained("resnet", strategy, [plane])
    model.save(tmp_path / "model.keras")
    alone = keras.models.load_model(tmp_path / "model.keras")
    layer = alone.get_layer("block_02")
    z = keras.Model(alone.inputs[0], layer.output)(data[0], training=False)
    expected = keras_ib.measure(
        z, x=data[0], y=data[1], measures=["zx", "zy", "binning"]
    )
    for measure, fields in expected.items():
        for field, value in fields.items():
            last = plane.log.series("block_02", measure, field)[1][-1]
            assert last == pytest.approx(value, rel=1e-3, abs=1e-4)
