"""Which tensors are watched: selecting layers, naming them, capturing outputs.

taps = taps.select(model, ["stem", "block_*"])    # {name: layer}
with taps.capture(selected) as outputs:
    model(x, training=False)
outputs["stem"]                                   # [n, ...]
"""

from keras_ib.taps.capture import capture, tap_of
from keras_ib.taps.names import check_model, named_layers
from keras_ib.taps.select import Seen, select
from keras_ib.taps.symbols import symbol_inputs

__all__ = [
    "Seen",
    "capture",
    "check_model",
    "named_layers",
    "select",
    "symbol_inputs",
    "tap_of",
]
