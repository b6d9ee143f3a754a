"""What layers return while a model is called."""

from contextlib import ExitStack, contextmanager

import keras


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
