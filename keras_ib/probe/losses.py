"""What the loss says about the labels: classes, or quantities."""

import math
from typing import Any, NamedTuple

CLASSES = ("crossentropy", "hinge", "focal", "dice", "tversky", "kldivergence")
VALUES = (
    *("mse", "mae", "mape", "msle", "rmse", "huber", "logcosh", "poisson"),
    *("squared", "absolute", "quantile", "pinball", "cosinesimilarity"),
)


class Hint(NamedTuple):
    """What a loss says of the labels that it is given.

    Attributes:
        kind: "classes", "values", or None if it does not say.
        is_sparse: Whether labels are the numbers of classes.
        ignored: A class that stands for no label, or None.
        name: Name of the loss.
    """

    kind: str | None = None
    is_sparse: bool = False
    ignored: int | None = None
    name: str = ""


def hint_of(loss: Any) -> Hint:
    """Reads what kind of labels a loss takes.

    Args:
        loss: As in `model.compile`: a string, a function, a class or an
            object of `keras.losses.Loss`; None for no hint.
    """
    if loss is None:
        return Hint()
    name = loss if isinstance(loss, str) else _name(loss)
    plain = name.replace("_", "").lower()
    kind = None
    if any(word in plain for word in CLASSES):
        kind = "classes"
    elif any(word in plain for word in VALUES):
        kind = "values"
    return Hint(
        kind, "sparse" in plain, getattr(loss, "ignore_class", None), name
    )


def output_size(model: Any) -> int | None:
    """Numbers a sample of a model's only output; None if it cannot be known."""
    shapes = [
        output.shape[1:] for output in getattr(model, "outputs", None) or []
    ]
    if len(shapes) != 1 or None in shapes[0]:
        return None
    return math.prod(shapes[0])


def _name(loss):
    function = getattr(loss, "fn", loss)
    # Wrapped losses are told by their function, others by their class.
    named = function if hasattr(function, "__name__") else type(loss)
    return named.__name__


def loss_of(loss: Any, name: str, place: int, num_heads: int) -> Any:
    """The loss of one head: by its name, by its place, or that of all."""
    if isinstance(loss, dict):
        only = list(loss.values()) if len(loss) == num_heads == 1 else [None]
        return loss.get(name, only[0])
    if isinstance(loss, (list, tuple)):
        return loss[place] if len(loss) == num_heads else None
    return loss
