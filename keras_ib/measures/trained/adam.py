"""Adam, for networks that train side by side inside one compiled loop."""

from keras import ops

from keras_ib.measures.sample.operations import Tensor


def adam_step(
    state: Tensor,
    gradients: Tensor,
    step: Tensor,
    learning_rate: float,
    weight_decay: float = 0.0,
) -> Tensor:
    """The state after a step, with Adam's usual constants.

    Reference: Kingma and Ba 2015, https://arxiv.org/abs/1412.6980

    Args:
        state: A named tuple with lists of tensors `parameters`, and `first`
            and `second`, their moments.
        gradients: Gradients of the parameters, a list.
        step: Number of the step, from 1.
        learning_rate: Float.
        weight_decay: What a weight loses at a step, times the learning rate;
            see Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101
    """
    time = ops.cast(step, "float32")
    rate = learning_rate * ops.sqrt(1 - 0.999**time) / (1 - 0.9**time)
    first = [
        m + 0.1 * (s - m) for m, s in zip(state.first, gradients, strict=True)
    ]
    second = [
        v + 0.001 * (ops.square(s) - v)
        for v, s in zip(state.second, gradients, strict=True)
    ]
    kept = 1 - learning_rate * weight_decay
    parameters = [
        kept * p - rate * m / (ops.sqrt(v) + 1e-7)
        for p, m, v in zip(state.parameters, first, second, strict=True)
    ]
    return state._replace(parameters=parameters, first=first, second=second)
