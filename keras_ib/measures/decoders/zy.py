"""Z-Y: how well can the label be read from the representation?"""

from keras_ib.measures.decoders.base import Decoder
from keras_ib.measures.decoders.classifiers import classification_fields
from keras_ib.measures.decoders.ridge import regression_fields


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
    target = "y"
    scores = {  # noqa: RUF012 - a constant of the class
        "values": regression_fields("y"),
        "labels": classification_fields(),
        "classes": classification_fields(),
    }
