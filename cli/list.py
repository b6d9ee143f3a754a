"""`keras-ib list`: what there is."""

from importlib.resources import files

import click

from keras_ib_cli.tables import echo_table


@click.group("list")
def list_group():
    """Lists models, datasets or measures."""


@list_group.command()
def models():
    """Families and their named variants, with sizes and sources."""
    from keras_ib.models import VARIANTS

    echo_table(
        ["ARCH", "VARIANT", "SIZES", "SOURCE"],
        [
            [family, name, _sizes(variant.sizes), variant.source]
            for family, variants in VARIANTS.items()
            for name, variant in variants.items()
        ],
    )


def _sizes(sizes):
    return ", ".join(
        f"{key} {'by image' if value is None else _short(value)}"
        for key, value in sizes.items()
    )


def _short(value):
    if isinstance(value, tuple):
        return "-".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else value


@list_group.command()
def datasets():
    """Datasets, their shapes, and where they come from."""
    from keras_ib.data.datasets import SOURCES

    echo_table(
        ["DATASET", "SHAPE", "CLASSES", "FROM"],
        [
            [name, "x".join(map(str, s.shape)), s.num_classes, s.origin]
            for name, s in SOURCES.items()
        ],
    )


@list_group.command()
def measures():
    """Measures and their fields, with unit, kind, rows and ceiling."""
    # Kept as text: the measures themselves are made with Keras, which takes
    # seconds to import. A test holds it against them.
    text = files("keras_ib_cli").joinpath("measures.txt").read_text("utf-8")
    click.echo(text, nl=False)
