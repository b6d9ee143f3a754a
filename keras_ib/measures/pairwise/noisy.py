"""Mutual information of Z with X and Y through the noise of the network."""

import math

from keras import ops

from keras_ib import checks
from keras_ib.measures.base import Field
from keras_ib.measures.pairwise.blocks import Block, Pairwise
from keras_ib.measures.pairwise.noise import CHANNELS, Noise, channel
from keras_ib.measures.sample.numerics import safe_divisor
from keras_ib.measures.sample.sample import Sample

OF_CLASSES: dict = {"needs": ("y_class",), "kinds": ("classes", "labels")}


class Noisy(Pairwise):
    """I(X;Z) and I(Z;Y) through the Gaussian noise that the layer itself adds.

    Behind `keras.layers.GaussianNoise` ([Goldfeld et al. 2019][1]) or
    `GaussianDropout` ([Adilova, Geiger and Fischer 2023][2]), Z is random given
    X and I(X;Z) is finite, without any noise or bins of a measure. With the
    probe samples equally likely, it is the mean over samples and over draws z
    of their noise of `log p(z | sample) - log mean_j p(z | sample_j)`, and
    I(Z;Y) that of `log mean_within p(z | sample_j) - log mean_j p(z |
    sample_j)`, within being the samples of the same class; in nats, by Monte
    Carlo without bias for the probe samples, each of which has a draw and its
    opposite. Where samples of X are equal, within them takes the place of the
    sample.

    Give the noisy layer as the tap. Its noise is taken from the layer and its
    samples in inference mode, so they are those before the noise, and no layer
    before it adds any: each tap is measured for its own noise alone.

    **Reads** which samples of X are equal, and without X takes all of them for
    different; classes or sets of labels.

    **Fields.** `i_xz`, `i_zy`, estimates that never exceed their ceilings log n
    and H(Y) and may be slightly below 0; `i_xz_se`, `i_zy_se`, their standard
    errors over the samples, for other draws and other samples of the source.

    **Fails when** the tap has no noise. Any other tap is a deterministic
    function of X. The number is then the limit of vanishing noise, the plug-in
    information of which samples differ: log n and H(Y) as soon as all do,
    whatever the network has learned. That says nothing of its training, and is
    why measures must bring a noise or bins of their own ([Saxe et al.
    2018][3]). The source that the samples are drawn from has more information,
    by (exp(I) - 1) / (2n) or more: near log n, the number says little of it.
    Multiplied noise leaves the zeros of a ReLU, whose pattern often tells all
    samples apart. Float32 resolves additive noise above 1/500 of the norms,
    about the mean, and multiplied noise above sqrt(d) / 1000.

    **Cost.** Additive noise shares the distances, O(n^2 d), with all pairwise
    measures and takes as much once more, multiplied noise four times as much;
    then two exponentials a pair. Memory O(n d), O(n) beyond a block.

    **Source.** [Goldfeld et al. 2019][1]; [Adilova, Geiger and Fischer
    2023][2].

    Args:
        noise: A `Noise`, or its kind and standard deviation, for example
            `("additive", 0.1)`, in place of the layer's.

    Example:
        >>> import numpy as np, keras_ib
        >>> z = (np.arange(40) % 2)[:, None] * 1.0
        >>> noisy = keras_ib.measures.Noisy(("additive", 0.01))
        >>> found = keras_ib.measure(z, measures=[noisy])
        >>> round(found["noisy"]["i_xz"], 3)  # log(2)
        0.693

    [1]: https://arxiv.org/abs/1810.05728
    [2]: https://arxiv.org/abs/2303.00596
    [3]: https://openreview.net/forum?id=ry_WPG-A-
    """

    name = "noisy"
    fields = {  # noqa: RUF012 - a constant of the class
        "i_xz": Field(
            "I(X;Z), noise of the layer",
            "nats",
            "estimate",
            "all",
            "log n",
            reads=("x_id",),
        ),
        "i_xz_se": Field(
            "standard error of i_xz",
            "nats",
            "estimate",
            "all",
            reads=("x_id",),
        ),
        "i_zy": Field(
            "I(Z;Y), noise of the layer",
            "nats",
            "estimate",
            "all",
            "H(Y)",
            **OF_CLASSES,
        ),
        "i_zy_se": Field(
            "standard error of i_zy", "nats", "estimate", "all", **OF_CLASSES
        ),
    }

    def __init__(self, noise: Noise | None = None):
        self.noise = None if noise is None else _checked(noise)

    def per_sample(self, block: Block) -> dict:
        ratios = block.of_z.cached(
            ("log ratios", self), lambda: self._channel(block).log_ratios(block)
        )
        draws = [_terms(log_ratio, block) for log_ratio in ratios]
        means = {
            name: sum(draw[name] for draw in draws) / len(draws)
            for name in draws[0]
        }
        squares = {f"{n}_square": ops.square(v) for n, v in means.items()}
        return means | squares

    def _channel(self, block):
        """Made once for all blocks."""
        noise = self.noise or block.sample.noise
        return block.pairs.of_z.cached(
            ("channel", noise), lambda: channel(noise, block.sample)
        )

    def finalize(self, sums: dict, sample: Sample) -> dict:
        n = sample.num_rows
        means = {name: value / n for name, value in sums.items()}
        found = {"i_xz": math.log(n) + means["i_xz"]}
        if "i_zy" in means:
            found["i_zy"] = means["i_zy"]
        errors = {
            f"{name}_se": _error(means[name], means[f"{name}_square"], n)
            for name in found
        }
        return found | errors


def _checked(noise):
    noise = checks.sequence("noise", noise)
    if len(noise) != 2:
        raise ValueError(
            f"Noise has a kind and a standard deviation. Received: "
            f"noise={checks.short(noise)}. Give both, for example "
            '("additive", 0.1).'
        )
    noise = Noise(noise[0], checks.number("noise", noise[1]))
    if str(noise.kind) not in CHANNELS or not 0 <= noise.stddev < math.inf:
        raise ValueError(
            f"Unknown noise. Received: noise={tuple(noise)}. Choose one of "
            f"the kinds {', '.join(CHANNELS)} and a finite standard deviation "
            'of at least 0, for example ("additive", 0.1).'
        )
    return noise


def _terms(log_ratio, block):
    """What a row's reading says of X, less log n, and of Y; `[b]` each.

    Ratios are to the density of the row itself.
    """
    largest = ops.max(log_ratio, axis=1, keepdims=True)
    ratios = ops.exp(log_ratio - largest)
    # Of the row's own X: itself alone, or all samples of that X.
    own = -largest[:, 0]
    if block.sample.x_id is not None:
        same = block.same_x
        own = ops.log(ops.sum(ratios * same, axis=1) / ops.sum(same, axis=1))
    if block.sample.y_class is None:
        return {"i_xz": own - ops.log(ops.sum(ratios, axis=1))}
    one_hot = block.sample.one_hot
    classes = ops.matmul(ratios, one_hot)
    log_all = ops.log(ops.sum(classes, axis=1))
    log_within = ops.log(ops.sum(classes * block.one_hot, axis=1))
    log_share = ops.log(safe_divisor(ops.mean(one_hot, axis=0)))
    log_share = ops.sum(block.one_hot * log_share, axis=1)
    return {
        "i_xz": own - log_all,
        "i_zy": log_within - log_all - log_share,
    }


def _error(mean, mean_square, num_rows):
    variance = ops.maximum(mean_square - ops.square(mean), 0.0)
    return ops.sqrt(variance / num_rows)
