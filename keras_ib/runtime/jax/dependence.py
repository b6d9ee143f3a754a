"""Which outputs of a function are computed from the values of its input."""

from collections.abc import Callable
from typing import Any

import jax

from keras_ib.taps import Seen


def seen(function: Callable, values: list, x: Any) -> list[Seen]:
    """What a trial shows of `function(values, x)`: a `Seen` an output.

    A program within the program counts as a whole: what comes out of it
    depends on X if anything of X goes in.

    Args:
        function: Returns a list of arrays.
        values: Weights, which are not X.
        x: Shapes and types of X.
    """
    program = jax.make_jaxpr(function)(values, x).jaxpr
    num_inputs = len(jax.tree.leaves(x))
    dependent = {id(v) for v in program.invars[-num_inputs:]}
    for equation in program.eqns:
        if any(id(v) in dependent for v in equation.invars):
            dependent.update(map(id, equation.outvars))
    return [
        Seen(tuple(v.aval.shape), id(v) in dependent) for v in program.outvars
    ]
