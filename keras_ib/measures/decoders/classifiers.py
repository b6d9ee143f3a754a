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
PENALTIES = tuple(10.0 ** np.arange(1, -14.01, -1))
NUM_FOLDS = 5
# Shares of the entropy of an answer: by how much a weaker penalty must be
# better than all stronger ones, and what a step of their solvers must gain. A
# solver that stops early flatters weak penalties: less than this is no gain.
GAIN = 3e-3
CHOICE_TOLERANCE = 2e-5


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
        return {
            "ce": ce,
            "ce_se": ops.std(loss) / loss.shape[0] ** 0.5,
            "accuracy": ops.mean(ops.cast(right, "float32")),
            "usable": ops.mean(_entropies(self.answers)) - ce,
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


def _entropies(answers):
    """Entropy `[q]` of the answers to each question, nats."""
    p = ops.mean(answers, axis=0)
    return -ops.sum(p * ops.log(safe_divisor(p)), axis=1)


def _best_penalties(fit, variance, answers):
    """The penalty `[q]` of each question, best by cross-validation.

    With it come classifiers to start with: the mean over the folds. Folds are
    solved side by side, penalties from the strongest on.
    """
    num_fit, num_questions, num_answers = answers.shape
    num_solved = NUM_FOLDS * num_questions
    # [n, f * q]: the questions of the first fold, of the second one, and so on.
    left_out = ops.reshape(_folds(answers), (num_fit, num_solved))
    trains = (1 - left_out)[:, :, None]
    weights = trains / safe_divisor(ops.sum(trains, axis=0))
    bound = variance * (num_fit * ops.max(weights))
    # Of one question, the same array for all folds.
    repeats = NUM_FOLDS if num_questions > 1 else 1
    every = ops.tile(answers, (1, repeats, 1))
    penalties = ops.convert_to_tensor(PENALTIES, "float32")
    entropy = _entropies(answers)
    tolerance = CHOICE_TOLERANCE * ops.tile(entropy, (NUM_FOLDS,))
    tolerance = ops.maximum(tolerance, logistic.TOLERANCE)

    def unfinished(place, tried, best, penalty, least):
        return place < len(PENALTIES)

    def weaken(place, tried, best, penalty, least):
        weaker = penalties[place]
        same = ops.broadcast_to(weaker, (num_solved,))
        tried = logistic.solve(
            fit, bound, every, same, tried, tolerance, weights
        )
        log_p = logistic.log_probabilities(fit, tried)
        loss = -ops.sum(every * log_p, axis=2) * left_out
        loss = ops.sum(ops.reshape(loss, (-1, num_questions)), axis=0) / num_fit
        is_better = loss < least - GAIN * entropy
        best = logistic.each(
            lambda t, b: ops.where(is_better[:, None], over_folds(t), b),
            tried,
            best,
        )
        penalty = ops.where(is_better, weaker, penalty)
        least = ops.where(is_better, loss, least)
        return place + 1, tried, best, penalty, least

    def over_folds(parameters):
        folds = *parameters.shape[:-2], NUM_FOLDS, num_questions, num_answers
        return ops.mean(ops.reshape(parameters, folds), axis=-3)

    state = (
        0,
        logistic.ignorant(every, (fit.shape[1], num_solved, num_answers)),
        logistic.ignorant(answers, (fit.shape[1], num_questions, num_answers)),
        ops.zeros((num_questions,)),
        ops.full((num_questions,), np.inf),
    )
    *_, best, penalty, _ = ops.while_loop(unfinished, weaken, state)
    return penalty, best


def _folds(answers):
    """Which fold `[n, f, q]` leaves a sample out: 1 there, else 0.

    Samples in the order of their answers go to the folds in turn, so that each
    fold has its share of every answer.
    """
    ranks = ops.cumsum(answers, axis=0) - 1
    sizes = ops.sum(answers, axis=0)
    places = ops.sum(answers * (ranks + ops.cumsum(sizes, axis=-1) - sizes), 2)
    folds = ops.cast(places, "int32") % NUM_FOLDS
    return ops.transpose(
        ops.one_hot(folds, NUM_FOLDS, dtype="float32"), (0, 2, 1)
    )
