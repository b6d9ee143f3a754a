from keras import ops
import numpy as np
import pytest

from keras_ib.layers import SelfAttention

pytestmark = pytest.mark.jax


def softmax(x):
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def test_against_numpy(rng):
    x = rng.normal(size=(2, 5, 8)).astype("float32")
    layer = SelfAttention(num_heads=2)
    z = ops.convert_to_numpy(layer(x))
    weights = {
        w.path.split("/")[-2]: np.asarray(w)
        for w in layer.weights
        if w.name == "kernel"  # the biases are zero
    }
    q, k, v = (
        np.einsum("btd,dhc->bhtc", x, weights[name])
        for name in ("query", "key", "value")
    )
    heads = softmax(q @ k.swapaxes(-1, -2) / 4**0.5) @ v
    expected = np.einsum("bhtc,hcd->btd", heads, weights["attention_output"])
    np.testing.assert_allclose(z, expected, atol=1e-5)


def test_heads_must_share_the_width(rng):
    with pytest.raises(ValueError, match=r"num_heads=3, width=8.*multiple"):
        SelfAttention(num_heads=3)(np.ones((1, 5, 8), "float32"))
