"""Which tensors are watched: selecting layers, naming them, capturing outputs.

taps = taps.select(model, ["stem", "block_*"])    # {name: layer}
with taps.capture(selected) as outputs:
    model(x, training=False)
outputs["stem"]                                   # [n, ...]
"""

from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
import re

import keras

DEFAULT_NAMES = re.compile(r"stem|block_\d+|head")
# More taps than this cost more than they show; a deep model of another kind
# is thinned to as many, evenly.
MAX_AUTO_TAPS = 16

NORMALIZATIONS = (
    keras.layers.BatchNormalization,
    keras.layers.GroupNormalization,
    keras.layers.LayerNormalization,
    keras.layers.RMSNormalization,
    keras.layers.UnitNormalization,
    keras.layers.Normalization,
)


def select(model, taps="auto") -> dict:
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
        return _auto(model, layers)
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


@contextmanager
def capture(taps):
    """Records what layers return while a model is called inside the context.

    Works for every kind of model, and while a graph is traced, since it looks
    at the layer's own `call` and not at the model's graph. A layer that is
    called again is recorded as `name#2`; of a layer that returns several
    tensors the first is recorded.

    Args:
        taps: `{name: layer}`.

    Yields:
        `{name: tensor}`, filled while the model is called.
    """
    outputs = {}
    with ExitStack() as stack:
        for name, layer in taps.items():
            stack.enter_context(_recorded(layer, name, outputs))
        yield outputs


def tap_of(output: str) -> str:
    """The tap that an output of `capture` is of: `name` for `name#2`."""
    return output.partition("#")[0]


@contextmanager
def _recorded(layer, name, outputs):
    call = layer.call

    def recording_call(*args, **kwargs):
        result = call(*args, **kwargs)
        calls = sum(tap_of(key) == name for key in outputs)
        key = name if calls == 0 else f"{name}#{calls + 1}"
        outputs[key] = keras.tree.flatten(result)[0]
        return result

    # Past Keras' attribute tracking, which has no business with this.
    before = vars(layer).get("call")
    vars(layer)["call"] = recording_call
    try:
        yield
    finally:
        if before is None:
            del vars(layer)["call"]
        else:
            vars(layer)["call"] = before


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


def _auto(model, layers):
    stages = list(_stages(model))
    chosen = [s for s in stages if DEFAULT_NAMES.fullmatch(s.name)]
    if len(chosen) < 2:
        chosen = [s for s in stages if isinstance(s, keras.layers.Add)]
        weighted = [
            s for s in stages if s.weights and not isinstance(s, NORMALIZATIONS)
        ]
        chosen = chosen + weighted[-1:] if len(chosen) > 1 else weighted
    if not chosen:
        raise ValueError(
            f"taps='auto' finds no layer with weights in {model.name!r}. Name "
            f"the taps; its layers are {', '.join(layers)}."
        )
    chosen = _thinned(chosen)
    return {name: layer for name, layer in layers.items() if layer in chosen}


def _stages(model):
    """Layers of a model, with models inside it opened up."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _stages(layer)
        else:
            yield layer


def _thinned(layers):
    if len(layers) <= MAX_AUTO_TAPS:
        return layers
    last = len(layers) - 1
    return [
        layers[round(i * last / (MAX_AUTO_TAPS - 1))]
        for i in range(MAX_AUTO_TAPS)
    ]
