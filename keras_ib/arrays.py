"""Measures on plain arrays, without any model.

keras_ib.measure(z, x=x, y=y, measures=["zx", "zy"])
keras_ib.pointwise(z, y=y)    # usable information of every sample
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal

from keras import ops
import numpy as np

from keras_ib import measures as measures_module
from keras_ib import probe as probe_module
from keras_ib import tables
from keras_ib import units as units_module
from keras_ib.measures import Decoder, Field, Measure, Sample
from keras_ib.notices import warn
from keras_ib.runtime import Evaluator, backend, evaluator
from keras_ib.runtime.evaluator import check_null
from keras_ib.runtime.precision import float32_by_default
from keras_ib.runtime.samples import given, static_targets, tensors

TAP = "z"


class Measured(dict):
    """`{measure: {field: float}}`, which shows itself as a small table.

    Attributes:
        fields: What each number is, `{(measure, field): Field}`; `measure` is
            `measure[target]` where there are several targets.
    """

    def __init__(self):
        super().__init__()
        self.fields: dict[tuple[str, str], Field] = {}

    def __repr__(self) -> str:
        return tables.as_text(*self._table())

    def _repr_html_(self) -> str:
        return tables.as_html(*self._table())

    def _table(self):
        rows = [
            [
                f"{measure}/{field}",
                value,
                found.get(f"{field}_se"),
                self.fields[measure, field].unit,
                self.fields[measure, field].kind,
                self.fields[measure, field].rows,
            ]
            for measure, found in self.items()
            for field, value in found.items()
            if field.removesuffix("_se") not in found.keys() - {field}
        ]
        return ["field", "value", "+-", "unit", "kind", "samples"], rows


def measure(
    z: Any,
    x: Any = None,
    y: Any = None,
    *,
    measures: str | Measure | Sequence = "plane",
    target: Any = "auto",
    null: Literal["permuted"] | None = None,
    units: Literal["nats", "bits"] = "nats",
    seed: int = 0,
) -> Measured:
    """Measures one representation.

    The same numbers as `InfoPlane` gives for a tap, with the same split: the
    samples are shuffled, half of them fit the decoders, half are held out.

    Args:
        z: `[n, ...]` representation.
        x: `[n, ...]` input, for fields that look at it.
        y: The target, `[n, ...]`: classes, quantities or several labels, or a
            dict of several targets.
        measures: Names or objects, as in `InfoPlane`.
        target: What kind of target y is, as in `InfoPlane`.
        null: `"permuted"` for a level to compare with, as in `InfoPlane`.
        units: `"nats"`, or `"bits"` for all information.
        seed: Seed of the shuffling.

    Returns:
        `{measure: {field: float}}`, the fields that the data allow: a dict
        that shows itself as a table with standard errors, units and kinds. Of
        several targets, what is read of each is under `measure[target]`.

    Raises:
        ValueError: If the arrays do not match, z is not made of finite
            numbers, or no field of a measure can be read of them.

    Example:

        >>> import numpy as np
        >>> import keras_ib
        >>> z = np.random.default_rng(0).normal(size=(200, 3))
        >>> found = keras_ib.measure(z, x=z[:, :2], measures="zx")
        >>> round(found["zx"]["fvu"], 3)
        0.0
        >>> print(repr(found).splitlines()[1].split()[3:])
        ['1', 'upper', 'bound', 'held-out']

        Independent of ten classes, and what counting makes of that:

        >>> y = np.arange(200) % 10
        >>> found = keras_ib.measure(
        ...     z, y=y, measures="ebab", null="permuted", units="bits"
        ... )
        >>> {k: round(v, 1) for k, v in found["ebab"].items()}
        {'i_zy': 3.3, 'i_zy_null': 3.3}
    """
    measures, units = measures_module.get(measures), units_module.check(units)
    _check_one_tap(measures)
    z = probe_module.representation(z)
    probe = probe_module.draw(
        x, y, num_samples=len(z), seed=seed, target=target
    )
    look = _evaluator(measures, probe, check_null(null))
    fields = look.fields()
    _check_fields(measures, fields)
    with backend.full_precision(), float32_by_default():
        z, data = _drawn(z, probe, measures)
        numbers = look({TAP: z}, data)[TAP]
    found, declared = Measured(), look.declared()
    several = len(probe.targets) > 1
    for (name, measured, field), value in zip(
        fields, ops.convert_to_numpy(numbers), strict=True
    ):
        key = f"{measured}[{name}]" if several and name else measured
        found.setdefault(key, {})[field] = float(value)
        found.fields[key, field] = declared[measured, field]
    for one in measures:
        if text := one.caution(found.get(one.name, {})):
            warn(text)
    return _in_units(found, units)


def _in_units(found, units):
    for (measured, field), known in found.fields.items():
        value = found[measured][field]
        found[measured][field] = units_module.convert(value, known.unit, units)
        unit = units_module.name(known.unit, units)
        found.fields[measured, field] = replace(known, unit=unit)
    return found


def pointwise(
    z: Any,
    x: Any = None,
    y: Any = None,
    *,
    measure: str | Measure = "zy",
    target: Any = "auto",
    seed: int = 0,
) -> np.ndarray:
    """Usable information of every sample: how well it is decoded from Z.

    For `zy` of sample i and classes, `log p(y_i | z_i) - log p(y_i)`, where
    the classifier p was fitted on the half of the samples that i is not in,
    and p(y) is the frequency of the class: the pointwise V-information of
    [Ethayarajh et al. (2022)][1], whose mean is `usable` of the measure. For
    `zx`, and for a target of values, the same of Gaussian densities of one
    variance. Negative where the decoder is misled: the samples to look at.

    Costs the measure twice, once for each half.

    Args:
        z: `[n, ...]` representation.
        x: `[n, ...]` input, for `zx`.
        y: The target, for `zy`.
        measure: `"zx"`, `"zy"`, one of them with another decoder, as
            `"zy_kernel"` or `"zx_network"`, or an object of `ZX` or `ZY`.
        target: What kind of target y is, as in `InfoPlane`.
        seed: Seed of the halves.

    Returns:
        `[n]` float32, nats, in the order of the samples.

    Raises:
        ValueError: If the arrays do not match or the measure has no decoder.

    [1]: https://arxiv.org/abs/2110.08420
    """
    measures = measures_module.get(measure)
    if len(measures) > 1 or not isinstance(measures[0], Decoder):
        raise ValueError(
            "The usable information of a sample needs a decoder. Received: "
            f"measure={measure!r}. Choose one of zx, zy, zx_kernel, zy_kernel, "
            "zx_network and zy_network, or an object of ZX or ZY."
        )
    z = probe_module.representation(z)
    probe = probe_module.draw(
        x, y, num_samples=len(z), seed=seed, target=target
    )
    _check_fields(measures, _evaluator(measures, probe).fields())
    values = np.empty(len(z), "float32")
    for half in (probe, probe.swapped()):
        look = _evaluator(measures, half)
        function = _compiled_rows(look, np.shape(z))
        with backend.full_precision(), float32_by_default():
            found = function(*_drawn(z, half, measures))
        values[half.rows[half.num_fit :]] = ops.convert_to_numpy(found)
    return values


def _drawn(z, probe, measures):
    """Z in the order of the probe, and all data, as tensors."""
    z, offset = probe_module.offset_apart(z[probe.rows], probe.num_fit)
    data = tensors(probe, measures)
    if offset is not None:
        data["offset"] = ops.convert_to_tensor(offset)
    return ops.convert_to_tensor(z), data


def _evaluator(measures, probe, null=None) -> Evaluator:
    targets = static_targets(probe)
    return evaluator(
        measures, probe.num_fit, given(probe), targets, backend, null
    )


def _check_one_tap(measures):
    for measure in measures:
        if measure.num_taps != 1:
            raise ValueError(
                f"The measure {measure.name!r} compares the taps of a model, "
                "and here is one z. Received: "
                f"measures including {measure.name!r}. Choose InfoPlane("
                f"measures=['zx', 'zy', {measure.name!r}]), or compare arrays "
                "with keras_ib.measures.Similarity().compare."
            )


def _check_fields(measures, fields):
    """Raises a `ValueError` if a measure has nothing to read."""
    measured = {measure for _, measure, _ in fields}
    for measure in measures:
        if measure.name not in measured and len(measures) == 1:
            needs = {n for f in measure.fields.values() for n in f.needs}
            missing = "x" if needs <= {"x", "x_id"} else "y"
            raise ValueError(
                f"The measure {measure.name!r} looks at {missing}, which is "
                f"not there. Received: {missing}=None. Give {missing}= of "
                "shape [n, ...], the samples that z belongs to."
            )


# TensorFlow warns of one function that is traced for many shapes: each shape
# has its own.
@lru_cache(maxsize=64)
def _compiled_rows(look, shape):
    (measure,) = look.measures

    def rows(z, data):
        sample: Sample = look.samples(z, data)[0]
        return measure.pointwise(sample)

    return backend.compiled(rows)
