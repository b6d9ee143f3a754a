"""Variational bounds on mutual information, with trained critics."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
import importlib
import math
from typing import Literal
import warnings

import keras
from keras import ops

from keras_ib import checks
from keras_ib.measures.base import Field
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample
from keras_ib.measures.sample.variables import Variable
from keras_ib.measures.trained.base import Trained, budgets
from keras_ib.measures.trained.loop import Rows
from keras_ib.measures.trained.networks import MLP

# Numbers to which a critic reduces Z and its target before it compares them.
EMBEDDING = 32
# Limit of the scores where their exponentials are averaged: e^5 is 148.
LIMIT = 5.0
# Parts of the held-out rows, each left out once for the standard error.
NUM_PARTS = 10


def _tfp_bound(name):
    """A bound of TensorFlow Probability, from scores `[..., b, b]`."""

    def bound(scores):
        bounds = _probability().vi.mutual_information
        return getattr(bounds, f"lower_bound_{name}")(scores)

    return bound


_nwj = _tfp_bound("nguyen_wainwright_jordan")


def _limited(scores):
    return ops.clip(scores, -LIMIT, LIMIT)


def _donsker_varadhan(scores, others=None):
    """Mean score of the pairs, less the log of the mean exponential."""
    size = scores.shape[-1]
    pairs = ops.mean(ops.diagonal(scores, axis1=-2, axis2=-1), axis=-1)
    others = scores if others is None else others
    others = ops.where(ops.eye(size, dtype="bool"), -float("inf"), others)
    log_sum = ops.logsumexp(others, axis=(-2, -1))
    return pairs - log_sum + math.log(size * (size - 1))


# What is read. NWJ is best for scores that are the log density ratio and 1.
BOUNDS = {
    "infonce": _tfp_bound("info_nce"),
    "nwj": lambda scores: _nwj(_limited(scores) + 1),
    "dv": lambda scores: _donsker_varadhan(_limited(scores)),
    "smile": lambda scores: _donsker_varadhan(scores, _limited(scores)),
}
# What critics climb: InfoNCE its own bound, the others Jensen-Shannon's, at
# whose top the scores are the log density ratio.
CLIMBED = {
    "infonce": _tfp_bound("info_nce"),
    "jensen_shannon": _tfp_bound("jensen_shannon"),
}


class Variational(Trained):
    """Variational lower bounds on I(X;Z) and I(Z;Y) with a trained critic.

    A critic scores how well a sample of Z goes with one of X, or of Y: the
    scalar product of what two networks with one hidden layer of 256 units make
    of them. It is trained on the fit samples, as `Trained` says, and the bound
    is evaluated on the held-out samples, all of them one batch: overfitting the
    critic can only lower the bound. Nats.

    - `"infonce"` ([van den Oord et al. 2018][1]): a lower bound, never above
      the log of the number of held-out samples, its ceiling.
    - `"nwj"` ([Nguyen, Wainwright and Jordan 2010][2]): a lower bound. Its
      variance grows with the exponential of the information.
    - `"dv"` (Donsker and Varadhan, as in MINE, [Belghazi et al. 2018][3]): a
      lower bound for infinitely many samples; of some samples the logarithm
      makes it too large on average, so an estimate.
    - `"smile"` ([Song and Ermon 2020][4]): Donsker and Varadhan's with the
      scores limited in the logarithm alone: less variance, no bound.

    In the last three scores are limited to 5 nats, both ways. A limited critic
    is a critic, so bounds stay bounds: what lies 5 nats and more above the mean
    is not found, and a single sample cannot take all away.

    The critic of InfoNCE is trained on InfoNCE. One critic serves the three
    others: it is trained on the Jensen-Shannon bound, since training on DV or
    NWJ directly is unstable: their exponential term has a high variance ([Poole
    et al. 2019][5]; here it found 0.5 of 1.16 nats between normal variables,
    where Jensen-Shannon's found 1.0).

    **Reads** X, as numbers, and Y of any kind: classes one-hot, labels as 0 and
    1.

    **Fields.** `i_xz_lower`, `i_zy_lower` of the bounds, `i_xz`, `i_zy` of the
    estimates, each with a standard error by a jackknife over ten parts of the
    held-out samples (`..._se`), which leaves out that the critic was trained on
    these fit samples and no others; and `steps` to the best state of the
    critics.

    **Fails when** the truth is infinite, as for a deterministic network and
    continuous X: the number is how much of it the critic finds. Needs `num_fit`
    large against what is to be found. Needs TensorFlow Probability: on the JAX
    backend its JAX substrate, where the installed JAX can load it.

    **Cost.** O(256 (d + p) 256) a step; then ten times O(m^2) for m held-out
    samples. Memory O(m^2).

    **Source.** [van den Oord et al. 2018][1]; [Nguyen, Wainwright and Jordan
    2010][2]; [Belghazi et al. 2018][3]; [Song and Ermon 2020][4]; [Poole et al.
    2019][5].

    Args:
        bound: `"infonce"`, `"nwj"`, `"dv"` or `"smile"`.
        budget: Optimizer steps at most, a multiple of 20.

    Example:
        >>> import numpy as np, keras_ib
        >>> y = np.arange(80) % 2
        >>> z = 2.0 * y[:, None] - 1
        >>> short = keras_ib.measures.Variational("infonce", budget=100)
        >>> found = keras_ib.measure(z, y=y, measures=[short])
        >>> 0.4 < found["infonce"]["i_zy_lower"] < 0.7  # log(2) at most
        True

    [1]: https://arxiv.org/abs/1807.03748
    [2]: https://arxiv.org/abs/0809.0853
    [3]: https://arxiv.org/abs/1801.04062
    [4]: https://arxiv.org/abs/1910.06222
    [5]: https://arxiv.org/abs/1905.06922
    """

    targets = ("x", "y")
    batch_rows = 256

    def __init__(
        self,
        bound: Literal["infonce", "nwj", "dv", "smile"] = "infonce",
        budget: int = 400,
    ):
        checks.choice("bound", bound, BOUNDS)
        self.bound = bound
        self.budget = budgets(budget)

    @property
    def name(self) -> str:
        """The name of the bound."""
        return self.bound

    @property
    def training(self) -> str:
        """The bound that the critic climbs."""
        return "infonce" if self.bound == "infonce" else "jensen_shannon"

    @property
    def fields(self) -> dict[str, Field]:
        """The bounds or estimates, their errors, and the training."""
        is_bound = self.bound in ("infonce", "nwj")
        kind: Literal["lower bound", "estimate"]
        kind = "lower bound" if is_bound else "estimate"
        formula = "log n" if self.bound == "infonce" else None
        fields = {}
        for need, meaning in (("x", "I(X;Z)"), ("y", "I(Z;Y)")):
            name = self._name(need)
            fields[name] = Field(
                f"{meaning}, {self.bound}",
                "nats",
                kind,
                "held-out",
                formula,
                needs=(need,),
            )
            fields[f"{name}_se"] = Field(
                f"standard error of {name}",
                "nats",
                "estimate",
                "held-out",
                needs=(need,),
            )
        return self.trained_fields(fields)

    def available(
        self, given: frozenset[str], variable: Variable | None
    ) -> dict[str, Field]:
        fields = super().available(given, variable)
        critics = given & set(self.targets)
        if not critics:
            return {}
        # The most steps of all critics: of that of Y, too, where there is one.
        steps = replace(fields["steps"], needs=(max(critics),))
        return fields | {"steps": steps}

    def _name(self, target):
        suffix = "_lower" if self.bound in ("infonce", "nwj") else ""
        return {"x": "i_xz", "y": "i_zy"}[target] + suffix

    def unavailable_reason(self) -> str | None:
        try:
            _probability()
        except (ImportError, AttributeError) as error:
            return (
                f"The measure {self.bound!r} needs TensorFlow Probability, "
                f"which cannot be loaded on the {keras.config.backend()} "
                f"backend here ({error}). Leave it out, or use the "
                "TensorFlow backend."
            )
        return None

    def network(self, sample: Sample, target: str) -> "Critic":
        return Critic(sample.z_shape, sample.target(target).shape[1])

    def losses(self, outputs: Tensor, rows: Rows, sample: Sample) -> Tensor:
        return -CLIMBED[self.training](outputs)

    def from_outputs(self, outputs: dict, sample: Sample) -> dict:
        value = BOUNDS[self.bound]
        found = {}
        for target, scores in outputs.items():
            name = self._name(target)
            found[name] = value(scores)
            found[f"{name}_se"] = _jackknife(value, scores)
        return found


class Critic:
    """Scores `[k, b, b]` of how rows of Z go with rows of the target."""

    def __init__(self, z_shape: Sequence[int], target_size: int):
        self.z = MLP(z_shape, EMBEDDING)
        self.target = MLP((target_size,), EMBEDDING)

    def start(self, count: int) -> list:
        """Fresh parameters of `count` critics."""
        return self.z.start(count) + self.target.start(count)

    def __call__(self, parameters, rows):
        half = len(parameters) // 2
        z = self.z.outputs(parameters[:half], rows.z)
        count = rows.z.shape[0]
        target = ops.broadcast_to(rows.target, (count, *rows.target.shape))
        target = self.target.outputs(parameters[half:], target)
        return ops.matmul(z, ops.transpose(target, (0, 2, 1)))


def _jackknife(value, scores):
    """Standard error of a value of scores `[m, m]`, by leaving parts out.

    Rows and columns go together, so what they share is accounted for.
    """
    parts = min(NUM_PARTS, scores.shape[0] // 2)
    size = scores.shape[0] // parts

    def without(part):
        kept = (part + 1) * size + ops.arange((parts - 1) * size)
        kept = kept % (parts * size)
        return value(ops.take(ops.take(scores, kept, axis=0), kept, axis=1))

    values = ops.map(without, ops.arange(parts))
    return ops.std(values) * (parts - 1) ** 0.5


@cache
def _probability():
    """TensorFlow Probability for the backend, imported on use."""
    on_jax = keras.config.backend() == "jax"
    with warnings.catch_warnings():
        # Its own, about the standard library.
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module(
            "tensorflow_probability.substrates.jax"
            if on_jax
            else "tensorflow_probability"
        )
