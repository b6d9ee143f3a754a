"""Z-Y: how well can the label be read from the representation?"""

from keras import ops
import numpy as np

from keras_ib.measures.base import Field
from keras_ib.measures.decoders import logistic
from keras_ib.measures.decoders.base import Decoder
from keras_ib.measures.sample.numerics import safe_divisor
from keras_ib.measures.trained.networks import MLP

# The penalty is chosen among these, relative to the largest variance that a
# direction of Z has over the fit rows.
PENALTIES = tuple(10.0 ** np.arange(-5, 1.01))


class ZY(Decoder):
    """Minimum cross-entropy of the label given Z, and the usable information.

    The cross-entropy of a reader that is fitted on the fit rows, read on the
    held-out rows: the measure of [Lyu, Aminian and Rodrigues (2023)][1].
    `usable` is the information that readers of this family can use, the
    V-information of [Xu et al. (2020)][2].

    The cross-entropy is an upper bound on H(Y|Z), in expectation, and
    `usable` a lower bound on I(Z;Y); a linear reader gets nothing out of an
    exclusive or. Needs fit rows of every class; a class with none costs its
    held-out rows dearly, as it should.

    Decoders, each a family V of its own:

    - `"linear"`: multinomial logistic regression with an L2 penalty, solved to
      convergence; the penalty is the best for the last quarter of the fit
      rows when the others are fitted.
    - `"kernel"`: the same in the feature space of a Gaussian kernel.
    - `"network"`: one hidden layer of 256 units, trained as `Trained` says.
      May stop early, as the published form may; a budget of several numbers
      shows how far the value still falls with longer training.

    Fields: `ce` in nats, `ce_se` its standard error over the held-out rows,
    `accuracy` of the reader, `usable` = H(Y) - ce with H(Y) of all rows. A
    network adds `steps`, the steps to its best state, and `ce_at_B` for each
    smaller budget B.

    Cost: shares the principal coordinates of Z with the other measures of the
    same decoder, then O(n_fit r num_classes) an iteration, r = min(n_fit, d),
    at most 1,000 for the choice and 1,000 for the solution, mostly tens. A
    network: O(128 d 256) a step.

    Args:
        decoder: `"linear"`, `"kernel"` or `"network"`.
        budget: Optimizer steps of a network at most, a multiple of 20, 400
            by default; or several in ascending order.

    [1]: https://doi.org/10.3390/e25071063
    [2]: https://arxiv.org/abs/2002.10689
    """

    family = "zy"
    needs = ("y",)
    targets = ("y",)
    learning_curve = ("ce",)
    readings = {  # noqa: RUF012 - a constant of the class
        "ce": Field(
            "Z-Y: cross-entropy of Y given Z", "nats", "upper bound", "held-out"
        ),
        "ce_se": Field("standard error of ce", "nats", "estimate", "held-out"),
        "accuracy": Field(
            "accuracy of the reader", "1", "estimate", "held-out"
        ),
        "usable": Field(
            "usable information H(Y) - ce",
            "nats",
            "lower bound",
            "held-out",
            "H(Y)",
        ),
    }

    def network(self, sample, target):
        return MLP(sample.z_shape, sample.num_classes)

    def losses(self, outputs, rows):
        log_p = ops.log_softmax(outputs, axis=-1)
        return -ops.mean(ops.sum(rows.target * log_p, axis=2), axis=1)

    def decoded(self, output, sample):
        return ops.log_softmax(output, axis=-1)

    def solve(self, coordinates, sample):
        fit, held_out, variance = coordinates
        target = sample.one_hot[: sample.num_fit]
        penalty, start = _best_penalty(fit, variance, target)
        reader = logistic.solve(fit, variance, target, penalty, start)
        return logistic.log_probabilities(held_out, reader)[:, 0]

    def read(self, decoded, sample):
        truth = sample.one_hot[sample.num_fit :]
        loss = -ops.sum(truth * decoded, axis=1)
        ce = ops.mean(loss)
        right = ops.argmax(decoded, axis=1) == ops.argmax(truth, axis=1)
        return {
            "ce": ce,
            "ce_se": ops.std(loss) / loss.shape[0] ** 0.5,
            "accuracy": ops.mean(ops.cast(right, "float32")),
            "usable": sample.label_entropy - ce,
        }

    def read_rows(self, decoded, sample):
        frequency = ops.mean(sample.one_hot, axis=0)
        surprise = decoded - ops.log(safe_divisor(frequency))
        return ops.sum(sample.one_hot[sample.num_fit :] * surprise, axis=1)


def _best_penalty(fit, variance, target):
    """The penalty, `[1]`, that reads the last quarter of the rows best.

    With it comes its reader, fitted on the other rows.
    """
    num_train = fit.shape[0] - fit.shape[0] // 4
    penalties = ops.convert_to_tensor(PENALTIES, "float32")
    # Squares that sum to n * variance over all rows sum to no more than that
    # over some of them.
    bound = variance * (fit.shape[0] / num_train)
    readers = logistic.solve(
        fit[:num_train], bound, target[:num_train], penalties, tolerance=1e-6
    )
    log_p = logistic.log_probabilities(fit[num_train:], readers)
    losses = -ops.mean(
        ops.sum(target[num_train:, None] * log_p, axis=2), axis=0
    )
    best = ops.argmin(losses)[None]
    reader = logistic.LinearClassifier(
        ops.take(readers.weights, best, axis=1),
        ops.take(readers.bias, best, axis=0),
    )
    return ops.take(penalties, best), reader
