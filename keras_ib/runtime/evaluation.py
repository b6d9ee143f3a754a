"""What a compiled measurement computes, on every backend: taps to numbers."""

from dataclasses import dataclass

from keras import ops

from keras_ib import taps as taps_module
from keras_ib.measures import Sample, evaluate


@dataclass(frozen=True)
class Reading:
    """Names one number: a field of a measure at a tap."""

    tap: str
    measure: str
    field: str


def forward(model, taps, x) -> dict:
    """Outputs of the taps in inference mode, `{name: [n, ...]}`."""
    with taps_module.capture(taps) as outputs:
        model(x, training=False)
    reached = {name.partition("#")[0] for name in outputs}
    missing = [name for name in taps if name not in reached]
    if missing:
        raise ValueError(
            f"The taps {', '.join(missing)} are not reached when the model is "
            "called in inference mode. Leave them out of taps=."
        )
    in_order = {}
    for name in taps:
        in_order |= {
            key: output
            for key, output in outputs.items()
            if key.partition("#")[0] == name
        }
    return in_order


def tap_function(measures, num_fit, num_classes):
    """The measures of one tap, as a function of tensors alone.

    Backends compile it on its own, so that taps of equal shape, such as the
    blocks of a transformer, are traced once.

    Returns:
        `(z, data) -> [{field: scalar}]`, one dict for each measure.
    """

    def compute(z, data):
        sample = Sample(z, **data, num_fit=num_fit, num_classes=num_classes)
        return list(evaluate(measures, sample).values())

    return compute


def read(outputs, measures, compute, data, num_rows):
    """All measures of all taps.

    Args:
        outputs: `{name: [n, ...]}`, representations of all probe rows.
        measures: Sequence of `Measure`.
        compute: Their `tap_function`, compiled.
        data: What the measures need of the probe data, tensors by name.
        num_rows: Number of probe rows.

    Returns:
        Readings and their values `[len(readings)]`, float32.
    """
    readings, values = [], []
    for tap, z in outputs.items():
        _check_rows(tap, z, num_rows)
        for measure, fields in zip(measures, compute(z, data), strict=True):
            readings += [Reading(tap, measure.name, f) for f in measure.fields]
            values += [ops.cast(fields[f], "float32") for f in measure.fields]
    return readings, ops.stack(values)


def needed_data(measures, probe) -> dict:
    """The arrays of the probe data that any of the measures needs."""
    needs = {need for measure in measures for need in measure.needs}
    source = {
        "x": lambda: probe.flat_x,
        "x_id": lambda: probe.x_id,
        "y": lambda: probe.y,
    }
    return {need: source[need]() for need in sorted(needs)}


def check_labels(y, needs_y: bool):
    """Raises a `ValueError` if a training batch lacks the labels it needs."""
    if needs_y and y is None:
        raise ValueError(
            "The measures need labels and the training data have none. Give "
            'InfoPlane measures that need none, as measures=("zx",), or '
            "data=(x, y)."
        )


def _check_rows(tap, z, num_rows):
    if len(z.shape) == 0 or z.shape[0] != num_rows:
        raise ValueError(
            f"The tap {tap!r} has the shape {tuple(z.shape)}; its first axis "
            f"must be the {num_rows} probe rows. Leave it out of taps=."
        )
