"""What Z-X and Z-Y share: a decoder, fitted on one half, evaluated on the
other."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Literal

from keras_ib import checks
from keras_ib.measures.base import Field, owned_partials
from keras_ib.measures.decoders.classifiers import Classifiers
from keras_ib.measures.decoders.ridge import (
    WHITENED,
    Ridge,
    resolution_field,
)
from keras_ib.measures.sample.coordinates import Coordinates
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample
from keras_ib.measures.sample.variables import Variable
from keras_ib.measures.trained.base import Trained, budgets
from keras_ib.measures.trained.loop import Rows, trained_outputs
from keras_ib.measures.trained.networks import MLP, Upsampling

# Where a closed-form decoder is a linear one: see `Coordinates`.
COORDINATES = {
    "linear": lambda sample: sample.coordinates,
    "whitened": lambda sample: sample.coordinates,
    "kernel": lambda sample: sample.kernel_coordinates,
}
BUDGET = 400


class Decoder(Trained):
    """Base of `ZX` and `ZY`: a `Ridge` for values, `Classifiers` for others.

    Args:
        decoder: One of `decoders`.
        budget: Optimizer steps of a network at most, a multiple of 20, 400
            by default; or several in ascending order.

    Attributes:
        family: Name of the measure with a linear decoder.
        target: What is decoded, `"x"` or `"y"`.
        decoders: Which decoders there are.
        scores: The fields by the kind of the target.
    """

    family: ClassVar[str]
    target: ClassVar[str]
    decoders: ClassVar[tuple[str, ...]] = ("linear", "kernel", "network")
    scores: Any
    learning_curve = ("fvu", "ce")

    def __init__(
        self,
        decoder: Literal["linear", "whitened", "kernel", "network"] = "linear",
        budget: int | tuple[int, ...] | None = None,
    ):
        checks.choice("decoder", decoder, self.decoders)
        if budget is not None and decoder != "network":
            raise ValueError(
                "Only a network has a budget: there is nothing to train. "
                f"Received: decoder={decoder!r}, budget={budget!r}. Leave "
                "budget out, or choose decoder='network'."
            )
        self.decoder = decoder
        self.budget = None
        if self.trains:
            self.budget = budgets(BUDGET if budget is None else budget)

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.target,)

    @property
    def name(self) -> str:
        """The name of the family, with the decoder if it is not linear."""
        if self.decoder == "linear":
            return self.family
        return f"{self.family}_{self.decoder}"

    @property
    def fields(self) -> dict[str, Field]:
        """The scores of all kinds, and those of training."""
        every: dict[str, Field] = {}
        for fields in self.scores.values():
            every = fields | every
        return self._of_decoder(every)

    def available(
        self, given: frozenset[str], variable: Variable | None
    ) -> dict[str, Field]:
        if self.target not in given:
            return {}
        if self.target == "x" or variable is None:
            return self._of_decoder(self.scores["values"])
        return self._of_decoder(self.scores[variable.kind])

    def _of_decoder(self, scores):
        if not self.trains:
            scores = scores | {"resolution": resolution_field(self.target)}
        if self.decoder == "linear":
            return scores
        scores = {
            name: replace(field, meaning=f"{field.meaning}, {self.decoder}")
            for name, field in scores.items()
        }
        return self.trained_fields(scores)

    @property
    def trains(self) -> bool:
        """Whether the decoder is a network."""
        return self.decoder == "network"

    def together(self) -> Callable:
        return super().together() if self.trains else owned_partials

    def decoding(self, sample: Sample) -> Ridge | Classifiers:
        """How the target of a `Sample` is decoded, by its kind."""
        if self.target == "x" or sample.variable.kind == "values":
            return Ridge(sample.values(self.target))
        return Classifiers(sample)

    def compute(self, sample: Sample) -> dict:
        if self.trains:
            return super().compute(sample)
        decoding, coordinates = self.decoding(sample), self.coordinates(sample)
        least = WHITENED if self.decoder == "whitened" else 0.0
        return {
            **decoding.score(self._solved(decoding, sample)),
            "resolution": coordinates.resolution(least),
        }

    def coordinates(self, sample: Sample) -> Coordinates:
        """Where a decoder in closed form is a linear one."""
        return COORDINATES[self.decoder](sample)

    def network(self, sample: Sample, target: str) -> MLP | Upsampling:
        return MLP(sample.z_shape, self.decoding(sample).num_outputs)

    def target_rows(self, sample: Sample, target: str) -> Tensor:
        return self.decoding(sample).target_rows()

    def losses(self, outputs: Tensor, rows: Rows, sample: Sample) -> Tensor:
        return self.decoding(sample).losses(outputs, rows.target)

    def from_outputs(self, outputs: dict, sample: Sample) -> dict:
        decoding = self.decoding(sample)
        return decoding.score(decoding.from_network(outputs[self.target]))

    def pointwise(self, sample: Sample) -> Tensor:
        """Usable information of each held-out sample, `[m]`, nats."""
        decoding = self.decoding(sample)
        if not self.trains:
            return decoding.per_sample(self._solved(decoding, sample))
        *_, (_, outputs) = trained_outputs([self], [[sample]])
        ((output, _),) = outputs[self.training, 0].values()
        return decoding.per_sample(decoding.from_network(output))

    def _solved(self, decoding, sample):
        coordinates = self.coordinates(sample)
        return decoding.solve(coordinates, self.decoder == "whitened")
