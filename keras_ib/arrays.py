"""Measures on plain arrays, without any model.

keras_ib.measure(z, x=x, y=y, measures=["zx", "zy"])
"""

from functools import lru_cache

from keras import ops
import numpy as np

from keras_ib import measures as measures_module
from keras_ib import probe as probe_module
from keras_ib import runtime


def measure(z, x=None, y=None, *, measures=("zx", "zy"), seed=0) -> dict:
    """Measures one representation.

    The same numbers as `InfoPlane` gives for a tap, with the same split: the
    rows are shuffled, half of them fit the decoders, half are held out.

    Args:
        z: `[n, ...]` representation.
        x: `[n, ...]` input, for measures that need it.
        y: Classes as integers `[n]` or one-hot `[n, c]`, for measures that
            need them.
        measures: Names or objects, as in `InfoPlane`.
        seed: Seed of the shuffling.

    Returns:
        `{measure: {field: float}}`.

    Raises:
        ValueError: If the arrays do not match or a measure lacks what it
            needs.
    """
    measures = measures_module.get(measures)
    needs = {need for m in measures for need in m.needs}
    if needs & {"x", "x_id"} and x is None:
        raise ValueError(
            f"The measures {', '.join(m.name for m in measures)} need the "
            "input; give x= of shape [n, ...], the rows that z belongs to."
        )
    z = ops.convert_to_numpy(z)
    probe = probe_module.draw(
        {"x": np.zeros(len(z)) if x is None else x, "z": np.arange(len(z))},
        y,
        needs_y="y" in needs,
        size=len(z),
        seed=seed,
    )
    z = z[probe.x["z"]]
    probe = probe_module.Probe(probe.x["x"], probe.y, probe.num_fit)
    data = runtime.needed_data(measures, probe)
    function = _compiled(measures, probe.num_fit, probe.num_classes)
    values = function(
        ops.convert_to_tensor(z),
        {name: ops.convert_to_tensor(array) for name, array in data.items()},
    )
    return {
        m.name: {field: float(value) for field, value in fields.items()}
        for m, fields in zip(measures, values, strict=True)
    }


@lru_cache(maxsize=32)
def _compiled(measures, num_fit, num_classes):
    return runtime.compiled(
        runtime.tap_function(measures, num_fit, num_classes)
    )
