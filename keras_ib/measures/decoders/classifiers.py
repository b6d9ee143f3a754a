"""The decoder of classes and labels: logistic regressions, or a network.

Classes are one question with several answers, labels are several questions
with two answers each, no and yes.
"""

from keras import ops
import numpy as np

from keras_ib.measures.base import Field
from keras_ib.measures.decoders import logistic
from keras_ib.measures.sample.coordinates import Coordinates
from keras_ib.measures.sample.numerics import safe_divisor
from keras_ib.measures.sample.operations import Tensor
from keras_ib.measures.sample.sample import Sample

# The penalty is chosen among these, relative to the largest variance that a
# direction of Z has over the fit samples.
PENALTIES = tuple(10.0 ** np.arange(-5, 1.01))


class Classifiers:
    """Decodes classes or labels: one classifier a question.

    Args:
        sample: A `Sample` with a `y` of classes or labels.

    Attributes:
        answers: `[n, q, c]` one-hot answers to q questions.
    """

    def __init__(self, sample: Sample):
        if sample.variable.kind == "classes":
            self.answers = sample.one_hot[:, None]
        else:
            yes = sample.y_rows
            self.answers = ops.stack([1 - yes, yes], axis=2)
        self.num_fit = sample.num_fit
        self.shape = tuple(self.answers.shape[1:])
        self.num_outputs = self.shape[0] * self.shape[1]

    def solve(self, coordinates: Coordinates, whitened: bool) -> Tensor:
        """Log-probabilities `[m, q, c]` for the held-out samples."""
        fit, held_out, variance = coordinates
        answers = self.answers[: self.num_fit]
        penalties, start = _best_penalties(fit, variance, answers)
        found = logistic.solve(fit, variance, answers, penalties, start)
        return logistic.log_probabilities(held_out, found)

    def target_rows(self) -> Tensor:
        """`[n, q * c]`, what a network is given."""
        return ops.reshape(self.answers, (-1, self.num_outputs))

    def losses(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Losses `[k]` of outputs `[k, b, q * c]` for rows `[b, q * c]`."""
        log_p = self._log_probabilities(outputs)
        answers = ops.reshape(target, (-1, *self.shape))
        loss = -ops.sum(answers * log_p, axis=3)
        return ops.mean(loss, axis=(1, 2))

    def from_network(self, output: Tensor) -> Tensor:
        """Log-probabilities `[m, q, c]` from outputs `[m, q * c]`."""
        return self._log_probabilities(output)

    def _log_probabilities(self, outputs):
        logits = ops.reshape(outputs, (*outputs.shape[:-1], *self.shape))
        return ops.log_softmax(logits, axis=-1)

    def score(self, log_p: Tensor) -> dict:
        """The fields of `classification_fields`; means over questions."""
        truth = self.answers[self.num_fit :]
        loss = ops.mean(-ops.sum(truth * log_p, axis=2), axis=1)
        ce = ops.mean(loss)
        right = ops.argmax(log_p, axis=2) == ops.argmax(truth, axis=2)
        p = ops.mean(self.answers, axis=0)
        entropies = -ops.sum(p * ops.log(safe_divisor(p)), axis=1)
        return {
            "ce": ce,
            "ce_se": ops.std(loss) / loss.shape[0] ** 0.5,
            "accuracy": ops.mean(ops.cast(right, "float32")),
            "usable": ops.mean(entropies) - ce,
        }

    def per_sample(self, log_p: Tensor) -> Tensor:
        """Usable information of each held-out sample, `[m]`, nats."""
        frequency = ops.mean(self.answers, axis=0)
        surprise = log_p - ops.log(safe_divisor(frequency))
        truth = self.answers[self.num_fit :]
        return ops.mean(ops.sum(truth * surprise, axis=2), axis=1)


def classification_fields() -> dict[str, Field]:
    """The fields of classes and of labels; of labels all are means."""

    def field(meaning, unit, kind, formula=None):
        return Field(
            meaning,
            unit,
            kind,
            "held-out",
            formula,
            needs=("y",),
            kinds=("classes", "labels"),
        )

    return {
        "ce": field("Z-Y: cross-entropy of Y given Z", "nats", "upper bound"),
        "ce_se": field("standard error of ce", "nats", "estimate"),
        "accuracy": field("accuracy of the classifier", "1", "estimate"),
        "usable": field(
            "usable information H(Y) - ce", "nats", "lower bound", "H(Y)"
        ),
    }


def _best_penalties(fit, variance, answers):
    """The penalty `[q]` of each question, best on the last quarter.

    With it come the classifiers, fitted on the other samples.
    """
    num_train = fit.shape[0] - fit.shape[0] // 4
    num_questions = answers.shape[1]
    penalties = ops.convert_to_tensor(PENALTIES, "float32")
    # Squares that sum to n * variance over all samples sum to no more than
    # that over some of them.
    bound = variance * (fit.shape[0] / num_train)
    # All penalties of the first question, of the second one, and so on.
    repeats = len(PENALTIES) if num_questions > 1 else 1
    every = ops.repeat(answers, repeats, axis=1)
    tried = logistic.solve(
        fit[:num_train],
        bound,
        every[:num_train],
        ops.tile(penalties, (num_questions,)),
        tolerance=1e-6,
    )
    log_p = logistic.log_probabilities(fit[num_train:], tried)
    losses = -ops.mean(ops.sum(every[num_train:] * log_p, axis=2), axis=0)
    losses = ops.reshape(losses, (num_questions, len(PENALTIES)))
    best = ops.argmin(losses, axis=1)
    first = ops.arange(num_questions, dtype="int32") * len(PENALTIES)
    places = first + ops.cast(best, "int32")
    return ops.take(penalties, best), logistic.LinearClassifier(
        ops.take(tried.weights, places, axis=1),
        ops.take(tried.bias, places, axis=0),
    )
