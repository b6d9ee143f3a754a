"""Multinomial logistic regression with L2, solved to convergence.

The Hessian of the mean cross-entropy is nowhere above half the covariance of
the features ([Boehning 1992][1]). In principal coordinates that bound is
diagonal, so a step of its majorisation is a division; Nesterov's momentum
with adaptive restart ([O'Donoghue and Candes 2015][2]) makes it converge in
tens of steps. Several penalties are solved side by side, as columns of the
same matrix products.

[1]: https://doi.org/10.1007/BF00048682
[2]: https://doi.org/10.1007/s10208-013-9150-3
"""

from collections.abc import Callable
from typing import NamedTuple

from keras import ops

from keras_ib.measures.sample.operations import Tensor

MAX_STEPS = 1000
# Nats that one more step would gain, to first order, when it is time to stop.
TOLERANCE = 1e-8


class LinearClassifier(NamedTuple):
    """Weights `[r, k, c]` and biases `[k, c]` of k classifiers of c classes."""

    weights: object
    bias: object


def log_probabilities(features: Tensor, classifier: LinearClassifier) -> Tensor:
    """Log-probabilities `[n, k, c]` that k classifiers give to c classes."""
    logits = ops.tensordot(features, classifier.weights, axes=1)
    return ops.log_softmax(logits + classifier.bias, axis=-1)


def solve(
    features: Tensor,
    variance: Tensor,
    target: Tensor,
    penalties: Tensor,
    start: LinearClassifier | None = None,
    tolerance: float | Tensor = TOLERANCE,
    weights: Tensor | None = None,
) -> LinearClassifier:
    """Minimises `mean(cross-entropy) + penalty / 2 * sum(weights**2)`.

    The bias carries no penalty. Time O(n r k c) a step.

    Args:
        features: `[n, r]`, in coordinates that are uncorrelated.
        variance: `[r]`, not below the weighted mean squares of the features.
        target: `[n, k, c]` one-hot classes, or `[n, 1, c]` of all classifiers.
        penalties: `[k]`, one for each classifier.
        start: `LinearClassifier` to begin with; one that knows the frequency
            of each class and nothing else by default.
        tolerance: Nats that a step must still gain for the solver to go on,
            `[k]` or one for all.
        weights: `[n, k, 1]` of the samples in the mean, for each classifier;
            they sum to 1. Equal by default.
    """
    shape = (features.shape[1], penalties.shape[0], target.shape[2])
    start = start or ignorant(target, shape)
    if weights is None:
        weights = 1 / features.shape[0]
    curvature = LinearClassifier(
        variance[:, None, None] / 2 + penalties[:, None],
        ops.full((shape[1], 1), 0.5),
    )

    def unfinished(step, point, ahead, momentum, gain):
        return ops.logical_and(step < MAX_STEPS, ops.any(gain > tolerance))

    def advance(step, point, ahead, momentum, gain):
        slope = _gradient(features, target, weights, penalties, ahead)
        move = each(lambda s, c: s / c, slope, curvature)
        new = each(lambda a, m: a - m, ahead, move)
        gain = _dot(slope, move) / 2
        change = each(lambda n, p: n - p, new, point)
        # Momentum that points uphill has overshot: begin it anew.
        momentum = ops.where(_dot(slope, change) > 0, 1.0, momentum)
        later = (1 + ops.sqrt(1 + 4 * ops.square(momentum))) / 2
        push = ((momentum - 1) / later)[:, None]
        ahead = each(lambda n, c: n + push * c, new, change)
        return step + 1, new, ahead, later, gain

    ones = ops.ones((shape[1],))
    state = (0, start, start, ones, ones)
    return ops.while_loop(unfinished, advance, state)[1]


def ignorant(target: Tensor, shape: tuple) -> LinearClassifier:
    """Classifiers that know the frequency of each class and nothing else.

    Args:
        target: As for `solve`.
        shape: `(r, k, c)`, of the weights.
    """
    rows, _, classes = target.shape
    frequency = (ops.sum(target, axis=0) + 1 / classes) / (rows + 1)
    bias = ops.broadcast_to(ops.log(frequency), shape[1:])
    return LinearClassifier(ops.zeros(shape), bias)


def _gradient(features, target, weights, penalties, classifier):
    log_p = log_probabilities(features, classifier)
    residual = (ops.exp(log_p) - target) * weights
    slope = ops.tensordot(ops.transpose(features), residual, axes=1)
    return LinearClassifier(
        slope + penalties[:, None] * classifier.weights,
        ops.sum(residual, axis=0),
    )


def each(
    function: Callable, a: LinearClassifier, b: LinearClassifier
) -> LinearClassifier:
    """`function` of two classifiers' weights, and of their biases."""
    return LinearClassifier(*map(function, a, b))


def _dot(a, b):
    """Inner products `[k]` of the parameters of k classifiers."""
    return ops.sum(a.weights * b.weights, axis=(0, 2)) + ops.sum(
        a.bias * b.bias, axis=1
    )
