"""Variational bounds on mutual information, with trained critics."""

from dataclasses import replace
import math
from typing import Any, Literal

from keras import ops

from keras_ib import checks
from keras_ib.measures.base import Field
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.ranks import normal_scores
from keras_ib.measures.sample.sample import Sample
from keras_ib.measures.sample.variables import Variable
from keras_ib.measures.trained.base import Trained, budgets
from keras_ib.measures.trained.critics import Joint, Separable
from keras_ib.measures.trained.loop import Rows

# Limit of the scores where their exponentials are averaged: e^5 is 148.
LIMIT = 5.0
# Parts of the held-out rows, each left out once for the standard error.
NUM_PARTS = 10


def info_nce(scores: Tensor) -> Tensor:
    """InfoNCE of scores `[..., b, b]`, whose diagonal are the pairs."""
    own = _pairs(scores) - ops.logsumexp(scores, axis=-1)
    return ops.mean(own, axis=-1) + math.log(scores.shape[-1])


def nguyen_wainwright_jordan(scores: Tensor) -> Tensor:
    """NWJ of scores `[..., b, b]`; best for the log density ratio plus 1."""
    others = ops.exp(_log_mean_exp_of_others(scores) - 1)
    return ops.mean(_pairs(scores), axis=-1) - others


def donsker_varadhan(scores: Tensor, others: Tensor) -> Tensor:
    """Mean score of the pairs, less the log of the mean exponential."""
    return ops.mean(_pairs(scores), axis=-1) - _log_mean_exp_of_others(others)


def _pairs(scores):
    return ops.diagonal(scores, axis1=-2, axis2=-1)


def _log_mean_exp_of_others(scores):
    size = scores.shape[-1]
    others = ops.where(ops.eye(size, dtype="bool"), -float("inf"), scores)
    log_sum = ops.logsumexp(others, axis=(-2, -1))
    return log_sum - math.log(size * (size - 1))


def _limited(scores):
    return ops.clip(scores, -LIMIT, LIMIT)


# Of scores that are the log density ratio.
BOUNDS = {
    "infonce": info_nce,
    "nwj": lambda scores: nguyen_wainwright_jordan(_limited(scores) + 1),
    "dv": lambda scores: donsker_varadhan(_limited(scores), _limited(scores)),
    "smile": lambda scores: donsker_varadhan(scores, _limited(scores)),
}


class Variational(Trained):
    """Variational lower bounds on I(X;Z) and I(Z;Y) with a trained critic.

    A critic scores how well a sample of Z goes with one of X, or of Y. Two are
    trained, both on an embedding of each side in 32 numbers, a linear map plus
    a network with one hidden layer of 64 units: a separable one, the scalar
    product of the embeddings, and a joint one, a hidden layer of 32 units over
    their sum. That of the higher bound on the last quarter of the fit samples
    counts, and the bounds are evaluated on the held-out samples, all of them
    one batch: overfitting the critic can only lower a bound. Nats.

    Columns of Z, of X and of a Y of values become the normal scores of their
    ranks among the fit samples, a map that leaves the information as it is:
    no long tail takes hold of the critic.

    - `"infonce"` ([van den Oord et al. 2018][1]): a lower bound, never above
      the log of the number of held-out samples, its ceiling.
    - `"nwj"` ([Nguyen, Wainwright and Jordan 2010][2]): a lower bound. Its
      variance grows with the exponential of the information.
    - `"dv"` (Donsker and Varadhan): a lower bound for infinitely many samples;
      of some samples the logarithm makes it too large on average, so an
      estimate. It is the bound that MINE trains on ([Belghazi et al.
      2018][3]), evaluated; the critic is not MINE's.
    - `"smile"` ([Song and Ermon 2020][4]): Donsker and Varadhan's with the
      scores limited in the logarithm alone: less variance, no bound.

    In `nwj` and `dv` scores are limited to 5 nats, both ways. A limited critic
    is a critic, so bounds stay bounds: what lies 5 nats and more above the mean
    is not found, and a single sample cannot take all away.

    One critic serves all four: it is trained on InfoNCE, of batches of 128.
    Training on DV or NWJ directly is unstable: their exponential term has a
    high variance ([Poole et al. 2019][5]). At the top of InfoNCE scores are
    the log density ratio up to a number for each sample of Z. The other three
    need that number: it is the log of the mean exponential of the scores with
    all fit samples, which no held-out pair has a part in.

    The formulas are in `keras.ops`, on every backend. TensorFlow Probability
    has InfoNCE and NWJ, too, and the tests hold these against it; it is not
    run, since one program for all backends is one thing to check, and the
    other two bounds are not in it.

    **Reads** X, as numbers, and Y of any kind: classes one-hot, labels as 0 and
    1.

    **Fields.** `i_xz_lower`, `i_zy_lower` of the bounds, `i_xz`, `i_zy` of the
    estimates, each with a standard error by a jackknife over ten parts of the
    held-out samples (`..._se`), which leaves out that the critic was trained on
    these fit samples and no others; and `steps` to the best state of the
    critics.

    **Fails when** the truth is infinite, as for a deterministic network and
    continuous X: the number is how much of it the critic finds. Needs `num_fit`
    large against what is to be found. Equal ranks are all that is kept of a
    column's scale: columns of noise count as much as others.

    **Cost.** One sort of each column; O(128 (64 (d + p) + 128 32)) a step, 128
    32 for each pair of the batch; every 20 steps a look at the validation
    rows, O(v^2 32) for v of them; then O(m (n + 10 m)) for m held-out samples.
    Memory O(m n).

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
    training = "infonce"
    patience = 10
    learning_rate = 3e-3
    weight_decay = 1.0

    def __init__(
        self,
        bound: Literal["infonce", "nwj", "dv", "smile"] = "infonce",
        budget: int = 1000,
    ):
        checks.choice("bound", bound, BOUNDS)
        self.bound = bound
        self.budget = budgets(budget)

    @property
    def name(self) -> str:
        """The name of the bound."""
        return self.bound

    @property
    def fields(self) -> dict[str, Field]:
        """The bounds or estimates, their errors, and the training."""
        is_bound = self.bound in ("infonce", "nwj")
        kind: Literal["lower bound", "estimate"]
        kind = "lower bound" if is_bound else "estimate"
        formula = "log n" if self.bound == "infonce" else None
        limits = "" if self.bound == "infonce" else f", scores within {LIMIT:g}"
        fields = {}
        for need, meaning in (("x", "I(X;Z)"), ("y", "I(Z;Y)")):
            name = self._name(need)
            fields[name] = Field(
                f"{meaning}, {self.bound}{limits}",
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

    def networks(self, sample: Sample, target: str) -> list:
        size = sample.target(target).shape[1]
        return [kind(sample.z_shape, size) for kind in (Separable, Joint)]

    def z_rows(self, sample: Sample) -> Tensor:
        return sample.representation.normal_scores

    def target_rows(self, sample: Sample, target: str) -> Tensor:
        rows = sample.target(target)
        if target == "y" and sample.variable.kind != "values":
            return rows
        return normal_scores(rows, sample.num_fit, sample.operations.sort)

    def losses(self, outputs: Tensor, rows: Rows, sample: Sample) -> Tensor:
        return -info_nce(outputs)

    def held_out(
        self, network: Any, parameters: list, rows: Rows, num_fit: int
    ) -> Tensor:
        """Scores `[k, m, m]`, less the log of their mean over fit samples."""
        rows = Rows(rows.z[:, num_fit:], rows.target)
        scores = network(parameters, rows)
        mean = ops.logsumexp(scores[..., :num_fit], axis=-1, keepdims=True)
        return scores[..., num_fit:] - mean + math.log(num_fit)

    def from_outputs(self, outputs: dict, sample: Sample) -> dict:
        value = BOUNDS[self.bound]
        found = {}
        for target, scores in outputs.items():
            name = self._name(target)
            found[name] = value(scores)
            found[f"{name}_se"] = _jackknife(value, scores)
        return found


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
