"""What Z-X and Z-Y share: a decoder, fitted on one half, read on the other."""

from dataclasses import replace
from typing import ClassVar, Literal

from keras_ib.measures.base import Field
from keras_ib.measures.trained.base import Trained, budgets
from keras_ib.measures.trained.loop import trained_outputs

# Where a closed-form decoder is a linear one: see `Coordinates`.
COORDINATES = {
    "linear": lambda sample: sample.coordinates,
    "whitened": lambda sample: sample.coordinates,
    "kernel": lambda sample: sample.kernel_coordinates,
}
BUDGET = 400


class Decoder(Trained):
    """Base of `ZX` and `ZY`.

    Args:
        decoder: One of `decoders`.
        budget: Optimizer steps of a network at most, a multiple of 20, 400
            by default; or several in ascending order.
    """

    family: ClassVar[str]
    decoders: ClassVar[tuple[str, ...]] = ("linear", "kernel", "network")
    readings: ClassVar[dict[str, Field]]

    def __init__(
        self,
        decoder: Literal["linear", "whitened", "kernel", "network"] = "linear",
        budget: int | tuple[int, ...] | None = None,
    ):
        given = f"{type(self).__name__}(decoder={decoder!r}, budget={budget!r})"
        if decoder not in self.decoders:
            raise ValueError(
                f"{given} names no decoder: give one of "
                f"{', '.join(map(repr, self.decoders))}."
            )
        if budget is not None and decoder != "network":
            raise ValueError(
                f"{given} has nothing to train: leave budget out, or give "
                "decoder='network'."
            )
        self.decoder = decoder
        self.budget = None
        if self.trains:
            self.budget = budgets(BUDGET if budget is None else budget)

    @property
    def name(self):
        """The name of the family, with the decoder if it is not linear."""
        if self.decoder == "linear":
            return self.family
        return f"{self.family}_{self.decoder}"

    @property
    def fields(self):
        """What it reads, and for a network how long it was trained."""
        if self.decoder == "linear":
            return self.readings
        readings = {
            name: replace(field, meaning=f"{field.meaning}, {self.decoder}")
            for name, field in self.readings.items()
        }
        return self.trained_fields(readings)

    @property
    def trains(self):
        """Whether the decoder is a network."""
        return self.decoder == "network"

    def solve(self, coordinates, sample):
        """What a closed-form decoder gives for the held-out rows."""
        raise NotImplementedError

    def decoded(self, output, sample):
        """What the output of a network stands for."""
        raise NotImplementedError

    def read(self, decoded, sample) -> dict:
        """The fields of `readings`, from what was decoded."""
        raise NotImplementedError

    def read_rows(self, decoded, sample):
        """Usable information of each held-out row, `[m]`, nats."""
        raise NotImplementedError

    def compute(self, sample):
        if self.trains:
            return super().compute(sample)
        return self.read(self._solved(sample), sample)

    def from_outputs(self, outputs, sample):
        (output,) = outputs.values()
        return self.read(self.decoded(output, sample), sample)

    def pointwise(self, sample):
        """Usable information of each held-out row, `[m]`, nats."""
        if not self.trains:
            return self.read_rows(self._solved(sample), sample)
        *_, (_, outputs) = trained_outputs([self], [sample])
        ((output, _),) = outputs[self.training, 0].values()
        return self.read_rows(self.decoded(output, sample), sample)

    def _solved(self, sample):
        return self.solve(COORDINATES[self.decoder](sample), sample)
