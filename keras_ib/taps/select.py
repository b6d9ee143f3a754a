"""Which layers are watched: by name, path, pattern or object."""

from fnmatch import fnmatchcase

import keras

from keras_ib.taps.auto import auto


def select(
    model, taps="auto", run=None, num_samples=None, left_out=None
) -> dict:
    """The layers to watch, by name, from input to output.

    Args:
        model: A built Keras model of any kind.
        taps: `"auto"`, or one or several of: a layer's name or path, a
            pattern such as `"block_*"`, a layer object. A pattern does not
            reach into a layer: `"block_*/*"` is what lies one level below.

            `"auto"` takes `stem`, `block_01`, ..., `head` where the model has
            them. Elsewhere it takes the outputs of the additive shortcuts, or
            where there are none, of the layers with weights, normalisation
            left out; the last layer with weights always; and of more than 16,
            16 that are evenly spaced.

    Raises:
        ValueError: If a tap is not in the model or none is left.
    """
    layers = named_layers(model)
    if isinstance(taps, str) and taps == "auto":
        return auto(model, layers)
    if isinstance(taps, (str, keras.layers.Layer)):
        taps = [taps]
    wanted = set()
    for tap in taps:
        found = _matches(tap, layers)
        if not found:
            raise ValueError(
                f"The model {model.name!r} has no tap {_called(tap)!r}. Its "
                f"layers are {', '.join(layers)}."
            )
        wanted.update(found)
    if not wanted:
        raise ValueError(
            f"taps={taps!r} selects nothing. Give 'auto' or names of layers: "
            f"{', '.join(layers)}."
        )
    return {name: layer for name, layer in layers.items() if name in wanted}


def named_layers(model) -> dict:
    """All layers inside a model: by name where it is unique, else by path."""
    paths = dict(_walk(model))
    names = [layer.name for layer in paths.values()]
    return {
        layer.name if names.count(layer.name) == 1 else path: layer
        for path, layer in paths.items()
    }


def _walk(layer, prefix=""):
    """Yields `(path, layer)` of everything inside a layer, each once."""
    seen = set()

    def inside(parent, prefix):
        for child in parent._layers:
            if id(child) in seen or not isinstance(child, keras.layers.Layer):
                continue
            seen.add(id(child))
            if not isinstance(child, keras.layers.InputLayer):
                yield prefix + child.name, child
            yield from inside(child, f"{prefix}{child.name}/")

    yield from inside(layer, prefix)


def _matches(tap, layers):
    if isinstance(tap, keras.layers.Layer):
        return [name for name, layer in layers.items() if layer is tap]
    depth = tap.count("/")
    return [
        name
        for name in layers
        if name.count("/") == depth and fnmatchcase(name, tap)
    ]


def _called(tap):
    return tap.name if isinstance(tap, keras.layers.Layer) else tap
