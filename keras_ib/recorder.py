"""What one run measures: taps, measures and probe sets, made ready for a model.

The callback decides when; this compiles, runs, and names what comes out.
"""

import importlib.metadata

import keras

from keras_ib import runtime
from keras_ib import taps as taps_module

PACKAGES = ("keras-ib", "keras", "tensorflow", "jax", "numpy")


class Plan:
    """Compiled measurements of a model, one for each probe set.

    Args:
        model: A compiled Keras model; it is built if it is not yet.
        taps: What to watch, as in `taps.select`.
        measures: Sequence of `Measure`.
        probes: `{name: Probe}`.

    Raises:
        ValueError: If the model does not take the probe data, or a tap is
            not in the model.
    """

    def __init__(self, model, taps, measures, probes):
        self.model = model
        self.measures = measures
        self.probes = probes
        with runtime.scope(model):
            _try(model, probes)
        self.taps = taps_module.select(model, taps)
        self._measurements = {
            name: runtime.Measurement(model, self.taps, measures, probe)
            for name, probe in probes.items()
        }

    def measure(self) -> list[dict]:
        """One row for each probe set, tap and field, of the model as it is."""
        return [
            {
                "data": data,
                "tap": reading.tap,
                "measure": reading.measure,
                "field": reading.field,
                "value": float(value),
            }
            for data, measurement in self._measurements.items()
            for value, reading in zip(
                measurement(), measurement.readings, strict=True
            )
        ]

    def get_config(self) -> dict:
        """What the log says of the measurements, once they have been run."""
        shapes = next(iter(self._measurements.values())).shapes
        return {
            "packages": versions(),
            "backend": keras.backend.backend(),
            **runtime.describe(self.model),
            "model": self.model.name,
            "measures": {m.name: self._describe(m) for m in self.measures},
            "taps": [
                {"name": name, "shape": list(shape)} | self._noise_at(name)
                for name, shape in shapes.items()
            ],
            "data": {n: probe.get_config() for n, probe in self.probes.items()},
        }

    def _noise_at(self, name):
        noise = runtime.layer_noise(self.taps[taps_module.tap_of(name)])
        return {} if noise is None else {"noise": noise._asdict()}

    def _describe(self, measure):
        return {
            "config": measure.get_config(),
            "fields": {
                name: vars(field) | {"ceiling": self._ceilings(field)}
                for name, field in measure.fields.items()
            },
        }

    def _ceilings(self, field):
        if field.formula is None:
            return None
        return {
            name: field.ceiling(
                probe.num_rows, probe.num_fit, probe.label_entropy
            )
            for name, probe in self.probes.items()
        }


def _try(model, probes):
    """Calls the model on symbols of each set: builds it and checks shapes."""
    for name, probe in probes.items():
        symbols = keras.tree.map_structure(
            lambda array: keras.KerasTensor(array.shape, array.dtype.name),
            probe.x,
        )
        try:
            model(symbols, training=False)
        except Exception as error:
            shapes = keras.tree.map_structure(lambda a: a.shape, probe.x)
            raise ValueError(
                f"The model {model.name!r} does not take the probe data "
                f"{name!r} with inputs of shape {shapes}. Give data=(x, y) "
                f"with x as in model.fit. The model says: {error}"
            ) from error


def versions() -> dict:
    """Versions of the packages that the numbers depend on, by name."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
