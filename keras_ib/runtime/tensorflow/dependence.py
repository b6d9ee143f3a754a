"""Which tensors of a graph are computed from the values of its input."""

import tensorflow as tf

from keras_ib.taps import Seen

# They look at the shape of their input alone.
WITHOUT_VALUES = {"Shape", "ShapeN", "Size", "Rank", "ZerosLike", "OnesLike"}


def seen(
    outputs: dict[str, tf.Tensor], inputs: list[tf.Tensor]
) -> dict[str, Seen]:
    """What a trial shows: `{name: Seen}`.

    Args:
        outputs: `{name: tensor}` of a call.
        inputs: The tensors that went in.
    """
    if tf.executing_eagerly():
        # No graph says what comes from where.
        return {name: Seen(tuple(z.shape)) for name, z in outputs.items()}
    dependent = _dependent(inputs)
    return {
        name: Seen(tuple(z.shape), z.op in dependent)
        for name, z in outputs.items()
    }


def _dependent(inputs):
    """Operations that look at the values of the inputs, themselves included.

    Operations stand in the graph in the order in which they were made, so
    that one pass finds them.
    """
    found = {tensor.op for tensor in inputs}
    for operation in tf.compat.v1.get_default_graph().get_operations():
        if operation.type not in WITHOUT_VALUES and any(
            tensor.op in found for tensor in operation.inputs
        ):
            found.add(operation)
    return found
