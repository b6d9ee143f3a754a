"""Measures on plain arrays, without any model.

keras_ib.measure(z, x=x, y=y, measures=["zx", "zy"])
keras_ib.pointwise(z, y=y)    # usable information of every row
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
    order, probe = _drawn(z, x, y, measures, seed)
    function = _compiled(
        measures, probe.num_fit, probe.num_classes, np.shape(z)
    )
    with runtime.full_precision():
        values = function(*_arguments(z, order, probe, measures))["z"]
    return {
        m.name: {field: float(values[m.name][field]) for field in m.fields}
        for m in measures
    }


def pointwise(z, x=None, y=None, *, measure="zy", seed=0) -> np.ndarray:
    """Usable information of every row: how well it is read from Z.

    For `zy` of row i, `log p(y_i | z_i) - log p(y_i)`, where the reader p was
    fitted on the half of the rows that i is not in, and p(y) is the frequency
    of the class: the pointwise V-information of
    [Ethayarajh et al. (2022)][1], whose mean is `usable` of the measure. For
    `zx` the same of Gaussian densities of one variance. Negative where the
    reader is misled: the rows to look at.

    Costs the measure twice, once for each half.

    Args:
        z: `[n, ...]` representation.
        x: `[n, ...]` input, for `zx`.
        y: Classes as integers `[n]` or one-hot `[n, c]`, for `zy`.
        measure: `"zx"`, `"zy"`, one of them with another decoder, as
            `"zy_kernel"` or `"zx_network"`, or an object of `ZX` or `ZY`.
        seed: Seed of the halves.

    Returns:
        `[n]` float32, nats, in the order of the rows.

    Raises:
        ValueError: If the arrays do not match or the measure has no decoder.

    [1]: https://arxiv.org/abs/2110.08420
    """
    measures = measures_module.get(measure)
    if len(measures) > 1 or not isinstance(
        measures[0], measures_module.Decoder
    ):
        raise ValueError(
            f"measure={measure!r} has no decoder whose rows could be read: "
            "give one of zx, zy, zx_kernel, zy_kernel, zx_network and "
            "zy_network, or an object of ZX or ZY."
        )
    order, probe = _drawn(z, x, y, measures, seed)
    values = np.empty(probe.num_rows, "float32")
    for _ in range(2):
        function = _compiled_rows(
            measures[0], probe.num_fit, probe.num_classes, np.shape(z)
        )
        with runtime.full_precision():
            found = function(*_arguments(z, order, probe, measures))
        values[order[probe.num_fit :]] = ops.convert_to_numpy(found)
        order, probe = np.roll(order, -probe.num_fit), probe.swapped()
    return values


def _drawn(z, x, y, measures, seed):
    """The order of the rows, and the probe data in this order."""
    needs = {need for m in measures for need in m.needs}
    if needs & {"x", "x_id"} and x is None:
        raise ValueError(
            f"The measures {', '.join(m.name for m in measures)} need the "
            "input; give x= of shape [n, ...], the rows that z belongs to."
        )
    probe = probe_module.draw(
        x, y if "y" in needs else None, num_samples=len(z), seed=seed
    )
    return probe.rows, probe


def _arguments(z, order, probe, measures):
    """The tensors that compiled functions take."""
    data = runtime.needed_data(measures, probe)
    return (
        {"z": ops.convert_to_tensor(ops.convert_to_numpy(z)[order])},
        {name: ops.convert_to_tensor(array) for name, array in data.items()},
    )


# TensorFlow warns of one function that is traced for many shapes: each shape
# has its own.
@lru_cache(maxsize=64)
def _compiled(measures, num_fit, num_classes, shape):
    evaluator = runtime.Evaluator(
        measures, num_fit, num_classes, runtime.compiled, runtime.operations()
    )
    return runtime.compiled(evaluator.__call__)


@lru_cache(maxsize=64)
def _compiled_rows(measure, num_fit, num_classes, shape):
    def rows(outputs, data):
        return measure.pointwise(
            measures_module.Sample(
                outputs["z"],
                **data,
                num_fit=num_fit,
                num_classes=num_classes,
                operations=runtime.operations(),
            )
        )

    return runtime.compiled(rows)
