"""Names of everything inside a model that can be watched."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import keras

from keras_ib import checks


def check_model(model: Any) -> Any:
    """The model, if Keras made it: a model, or a layer of one.

    Raises:
        ValueError: If it is anything else.
    """
    what = "a Keras model or layer"
    return checks.instance("model", model, keras.layers.Layer, what)


def named_layers(model: Any) -> dict[str, Any]:
    """All layers and operations inside a model, by name.

    By their own name where it is unique, else by path; `path@2` is another
    one of the same path.
    """
    found = list(_walk(model))
    count = Counter(layer.name for _, layer in found)
    names: dict[str, Any] = {}
    for path, layer in found:
        name = layer.name if count[layer.name] == 1 else path
        number = 1
        while name in names:
            number += 1
            name = f"{path}@{number}"
        names[name] = layer
    return names


def _walk(layer, prefix="", seen=None) -> Iterator[tuple[str, Any]]:
    """`(path, layer)` of everything inside a layer, each once."""
    seen = set() if seen is None else seen
    for child in children(layer):
        if id(child) in seen:
            continue
        seen.add(id(child))
        if not isinstance(child, keras.layers.InputLayer):
            yield prefix + child.name, child
        yield from _walk(child, f"{prefix}{child.name}/", seen)


def children(layer: Any) -> list:
    """Layers directly inside a layer, and operations of a functional model."""
    operations = getattr(layer, "operations", None)
    found = list(operations) if isinstance(operations, list) else []
    known = {id(operation) for operation in found}
    layers = getattr(layer, "_layers", None) or ()
    return found + [
        child
        for child in layers
        if isinstance(child, keras.layers.Layer) and id(child) not in known
    ]
