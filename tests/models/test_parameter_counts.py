"""Sizes of the published models, against the papers and their code."""

import math

import pytest

from keras_ib.models import FAMILIES, VARIANTS


def num_trainable(model):
    return sum(math.prod(w.shape) for w in model.trainable_weights)


def build(family, variant, shortcut="identity"):
    shape = (224, 224, 3) if "/" in variant else (32, 32, 3)
    num_classes = 1000 if "/" in variant else 10
    return FAMILIES[family](
        shape, num_classes, variant=variant, shortcut=shortcut
    )


# He et al., table 6, in millions; the exact numbers are those of option A.
@pytest.mark.parametrize(
    ("variant", "exact", "paper"),
    [
        ("resnet20", 269_722, 0.27),
        ("resnet32", 464_154, 0.46),
        ("resnet44", 658_586, 0.66),
        ("resnet56", 853_018, 0.85),
        ("resnet110", 1_727_962, 1.7),
    ],
)
def test_resnet(variant, exact, paper):
    count = num_trainable(build("resnet", variant))
    assert count == exact
    digits = len(str(paper).split(".")[1])
    assert round(count / 1e6, digits) == paper


@pytest.mark.parametrize(
    ("family", "variant", "exact", "paper"),
    [
        # Touvron et al., table 1: 5, 22 and 86 million.
        ("vit", "Ti/16", 5_717_416, 5e6),
        ("vit", "S/16", 22_050_664, 22e6),
        pytest.param("vit", "B/16", 86_567_656, 86e6, marks=pytest.mark.slow),
        # Tolstikhin et al., table 1: 18 and 59 million.
        ("mixer", "S/16", 18_528_264, 18e6),
        ("mixer", "B/16", 59_880_472, 59e6),
    ],
)
def test_patch_models(family, variant, exact, paper):
    count = num_trainable(build(family, variant))
    assert count == exact
    # The papers round, some of them down, and some leave out the head.
    assert count == pytest.approx(paper, rel=0.15)


@pytest.mark.jax
@pytest.mark.parametrize(
    "row", [(family, name) for family in VARIANTS for name in VARIANTS[family]]
)
def test_every_variant_has_a_source_and_the_builder_s_keywords(row):
    family, name = row
    variant = VARIANTS[family][name]
    assert variant.source
    accepted = FAMILIES[family].__kwdefaults__
    assert set(variant.sizes) <= set(accepted)
    # What a variant decides has no default of its own.
    assert all(accepted[key] is None for key in variant.sizes)
