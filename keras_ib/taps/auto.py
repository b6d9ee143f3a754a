"""Which layers are watched where the user names none."""

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


def auto(model, layers):
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
