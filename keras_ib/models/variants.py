"""The sizes of the models, by family and name, each with its source.

Builders take what the variant says for every keyword that is not given:
`vit(shape, 10, variant="S/16", depth=6)` is an S/16 of six blocks.
"""

from typing import Any, NamedTuple

from keras_ib import checks


class Variant(NamedTuple):
    """A named set of sizes: the builder's keywords, and where they are from."""

    source: str
    sizes: dict[str, Any]


HE = "He et al. 2016, section 4.2, https://arxiv.org/abs/1512.03385"
DOSOVITSKIY = (
    "Dosovitskiy et al. 2021, table 1, https://arxiv.org/abs/2010.11929"
)
TOUVRON = "Touvron et al. 2021, table 1, https://arxiv.org/abs/2012.12877"
TOLSTIKHIN = "Tolstikhin et al. 2021, table 1, https://arxiv.org/abs/2105.01601"
SHWARTZ_ZIV = "Shwartz-Ziv and Tishby 2017, https://arxiv.org/abs/1703.00810"
CHELOMBIEV = "Chelombiev et al. 2019, https://arxiv.org/abs/1902.09037"
# "tiny" is made for 8x8 and 28x28 images and a CPU, "small" for 32x32 images.
OURS = "ours"


def _resnet(source: str, depth: int, width: int = 16) -> Variant:
    return Variant(source, {"depth": depth, "width": width})


def _vit(source: str, *sizes: int | None, **changes: Any) -> Variant:
    keys = ("patch_size", "depth", "width", "num_heads", "mlp_dim")
    published = {"pooling": "token", "position_stddev": 0.02}
    return Variant(source, {**_named(keys, sizes), **published, **changes})


def _mixer(source: str, *sizes: int | None) -> Variant:
    keys = ("patch_size", "depth", "width", "token_dim", "channel_dim")
    return Variant(source, _named(keys, sizes))


def _mlp(source: str, *sizes: Any) -> Variant:
    keys = ("hidden_sizes", "activation", "init_gain")
    return Variant(source, _named(keys, sizes))


def _named(keys: tuple, sizes: tuple) -> dict[str, Any]:
    return dict(zip(keys, sizes, strict=True))


# A patch_size of None is chosen by the image size: see `parts.patch_size_for`.
VARIANTS: dict[str, dict[str, Variant]] = {
    "resnet": {
        "tiny": _resnet(OURS, 8),
        "resnet20": _resnet(HE, 20),
        "resnet32": _resnet(HE, 32),
        "resnet44": _resnet(HE, 44),
        "resnet56": _resnet(HE, 56),
        "resnet110": _resnet(HE, 110),
    },
    "vit": {
        # With a thousand images there is little to learn positions from: the
        # mean of all patches, at well separated positions, is easier to read.
        "tiny": _vit(
            OURS, None, 3, 64, 4, 128, pooling="average", position_stddev=1.0
        ),
        "small": _vit(OURS, 4, 6, 192, 3, 768),
        "Ti/16": _vit(TOUVRON, 16, 12, 192, 3, 768),
        "S/16": _vit(TOUVRON, 16, 12, 384, 6, 1536),
        "B/16": _vit(DOSOVITSKIY, 16, 12, 768, 12, 3072),
    },
    "mixer": {
        "tiny": _mixer(OURS, None, 3, 64, 64, 128),
        "small": _mixer(OURS, 4, 6, 192, 96, 768),
        "S/16": _mixer(TOLSTIKHIN, 16, 8, 512, 256, 2048),
        "B/16": _mixer(TOLSTIKHIN, 16, 12, 768, 384, 3072),
    },
    "mlp": {
        # He et al.'s gain for ReLU, sqrt(2).
        "tiny": _mlp(OURS, (256, 256, 256, 256), "relu", 2**0.5),
        # For 12 inputs and 2 classes: 12-10-7-5-4-3-2.
        "szt": _mlp(SHWARTZ_ZIV, (10, 7, 5, 4, 3), "tanh", 1.0),
        "szt_relu": _mlp(CHELOMBIEV, (10, 7, 5, 4, 3), "relu", 2.0),
    },
}


def sizes(family: str, variant: str, **given: Any) -> dict[str, Any]:
    """The sizes of a variant, with what is given (not None) in their place."""
    known = VARIANTS[family]
    if not isinstance(variant, str) or variant not in known:
        raise ValueError(
            f"Unknown variant of {family}. Received: variant={variant!r}."
            f"{checks.nearest(variant, known)} Choose one of "
            f"{', '.join(map(repr, known))}, and change it by keywords."
        )
    explicit = {key: value for key, value in given.items() if value is not None}
    return {**known[variant].sizes, **explicit}
