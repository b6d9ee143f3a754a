"""Names that the command line offers, without Keras.

Tests hold each table against what the package really has.
"""

from collections.abc import Iterable

from keras_ib.checks import nearest

FAMILIES = ("mixer", "resnet", "vit", "mlp")
SHORTCUTS = ("identity", "projection", "none")
OPTIMIZERS = ("adamw", "adam", "sgd", "rmsprop", "lion")
STRATEGIES = ("auto", "none", "mirrored", "tpu", "multiworker")
PRECISIONS = ("float32", "mixed_bfloat16")
DATASETS = ("digits", "szt", "fashion_mnist", "mnist", "cifar10", "cifar100")
PAPERS = ("lyu2024", "chelombiev2019", "saxe2018", "shwartz2017")
VARIANTS = {
    "resnet": (
        *("tiny", "resnet20", "resnet32", "resnet44", "resnet56", "resnet110"),
    ),
    "vit": ("tiny", "small", "Ti/16", "S/16", "B/16"),
    "mixer": ("tiny", "small", "S/16", "B/16"),
    "mlp": ("tiny", "szt", "szt_relu"),
}
MEASURES = (
    *("zx", "zy", "zx_whitened", "zx_descent", "zx_kernel", "zy_kernel"),
    *("zx_network", "zy_network", "binning", "ebab", "quantized", "kde"),
    *("akde", "renyi", "logdet", "cs", "hsic", "ksg", "sliced", "infonce"),
    *("nwj", "dv", "smile", "noisy"),
)
OF_TWO_TAPS = ("similarity",)


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Says that there is no such name, and which one may be meant.

    Args:
        what: What the name is of, such as `"measure"`.
        name: The name that was given.
        known: The names that there are.

    Example:
        >>> unknown("set", "digit", ("digits",))
        "Unknown set. Received: 'digit'. Did you mean 'digits'? Choose digits."
    """
    return (
        f"Unknown {what}. Received: {name!r}.{nearest(name, known)} Choose "
        f"{', '.join(known)}."
    )
