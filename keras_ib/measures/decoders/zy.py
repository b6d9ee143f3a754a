"""Z-Y: how well can the label be read from the representation?"""

from keras_ib.measures.decoders.base import Decoder
from keras_ib.measures.decoders.classifiers import classification_fields
from keras_ib.measures.decoders.ridge import regression_fields


class ZY(Decoder):
    """How well Y is decoded from Z: cross-entropy, or error of a regression.

    The error of a decoder that is fitted on the fit samples, evaluated on the
    held-out samples: for classes the measure of [Lyu, Aminian and Rodrigues
    (2023)][1]. `usable` is the information that decoders of this family can
    use, the V-information of [Xu et al. (2020)][2].

    Decoders, each a family V of its own:

    - `"linear"`: for classes multinomial logistic regression with an L2
      penalty, solved to convergence; the penalty is the best in five-fold
      cross-validation on the fit samples, in which each fold has its share of
      every class. For labels one such classifier a label, each with a penalty
      of its own. For values the ridge regression of `ZX`.
    - `"kernel"`: the same in the feature space of a Gaussian kernel.
    - `"network"`: one hidden layer of 256 units, trained as `Trained` says. May
      stop early, as the published form may; a budget of several numbers shows
      how far the value still falls with longer training.

    **Reads** Y, of any kind.

    **Fields.** Of classes `ce` in nats, `ce_se` its standard error over the
    held-out samples, `accuracy` of the classifier, `usable` = H(Y) - ce with
    H(Y) of all samples. Of labels the means over the labels of the same. Of
    values `fvu`, `fvu_se`, `mse` and `usable`, as of `ZX`; `resolution`, too. A
    network adds
    `steps`, the steps to its best state, and `ce_at_B` or `fvu_at_B` for each
    smaller budget B.

    **Fails when** the relation is one that the decoder cannot express: a linear
    classifier cannot read XOR. The cross-entropy is an upper bound on H(Y|Z),
    in expectation, and `usable` a lower bound on I(Z;Y). Needs fit samples of
    every class: classes absent from the fit split get a large cross-entropy on
    held-out samples.

    **Cost.** Shares the principal coordinates of Z with the other measures of
    the same decoder, then O(n_fit r num_classes) an iteration, r = min(n_fit,
    d); mostly some hundred, of which those of the choice cost five times as
    much. Of labels O(n_fit r num_labels). A network: O(128 d 256) a step.

    **Source.** [Lyu, Aminian and Rodrigues (2023)][1]; [Xu et al. (2020)][2].

    Args:
        decoder: `"linear"`, `"kernel"` or `"network"`.
        budget: Optimizer steps of a network at most, a multiple of 20, 400
            by default; or several in ascending order.

    Example:
        >>> import numpy as np, keras_ib
        >>> y = np.arange(200) % 2
        >>> found = keras_ib.measure(10.0 * y[:, None], y=y, measures=["zy"])
        >>> found["zy"]["accuracy"], round(found["zy"]["usable"], 1)
        (1.0, 0.7)

    [1]: https://doi.org/10.3390/e25071063
    [2]: https://arxiv.org/abs/2002.10689
    """

    family = "zy"
    target = "y"
    scores = {  # noqa: RUF012 - a constant of the class
        "values": regression_fields("y"),
        "labels": classification_fields(),
        "classes": classification_fields(),
    }
