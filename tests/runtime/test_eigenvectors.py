"""Which eigenvectors a TPU gets: it needs minutes to compile JAX's own."""

import keras
import numpy as np
import pytest

from keras_ib import runtime

pytestmark = [
    pytest.mark.jax,
    pytest.mark.skipif(keras.config.backend() != "jax", reason="JAX's own."),
]


@pytest.mark.parametrize("name", ["eigh", "eigvalsh"])
def test_one_operation_on_a_tpu(name):
    import jax

    function = jax.jit(getattr(runtime.backend.operations(), name))
    traced = function.trace(jax.ShapeDtypeStruct((300, 300), "float32"))
    text = traced.lower(lowering_platforms=("tpu",)).as_text()
    assert text.count("custom_call @Eigh") == 1
    assert "while" not in text


def test_they_are_those_of_numpy(rng):
    rows = rng.normal(size=(20, 30)).astype("float32")
    matrix = rows @ rows.T
    values, vectors = runtime.backend.operations().eigh(matrix)
    np.testing.assert_allclose(
        (vectors * values) @ vectors.T, matrix, rtol=1e-3, atol=1e-3
    )
    expected = np.linalg.eigvalsh(matrix.astype("float64"))
    only_values = runtime.backend.operations().eigvalsh(matrix)
    for found in (values, only_values):
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)
