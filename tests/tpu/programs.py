"""What is compiled: measures, passes over the taps, training steps.

Made of the library's public parts, for either backend.
"""

from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import NamedTuple

import keras
from keras import KerasTensor

from keras_ib import models, runtime, taps
from keras_ib.measures import Measure, Noise, Variable
from keras_ib.measures.sample.operations import Operations
from keras_ib.runtime.evaluator import Evaluator, Target
from keras_ib.runtime.forward import captured

ON_JAX = keras.config.backend() == "jax"
NUM_ROWS, NUM_CLASSES, IMAGE = 2048, 10, (32, 32, 3)
BATCH_SIZE = 128


class Program(NamedTuple):
    """A function of arrays, and what they look like.

    Attributes:
        function: `(state, *rows)`.
        state: Tuple of structures of arrays that every chip has whole. None
            are the variables of models on TensorFlow: functions capture them.
        rows: Symbols of the arrays that chips divide among themselves.
        precision: The context in which it is traced.
        replaces_state: Whether results take the place of the state.
    """

    function: Callable
    state: tuple
    rows: tuple[KerasTensor, ...]
    precision: Callable = nullcontext
    replaces_state: bool = False


def reading(measure: Measure, num_units: int, mesh=None) -> Program:
    """A measure at a noisy tap, as `InfoPlane` reads it.

    Args:
        measure: The measure.
        num_units: Size of a row of Z.
        mesh: The chips that share it out, or None for one; JAX only.
    """
    needed = {need for f in measure.fields.values() for need in f.needs}
    of_x = [name for name in ("x", "x_id") if name in needed]
    evaluator = Evaluator(
        [measure],
        NUM_ROWS // 2,
        frozenset(of_x),
        {"y": Target(Variable("classes", num_classes=NUM_CLASSES))},
        _backend(),
    )

    def evaluate(outputs, data, replicas=None):
        noise = {"tap": Noise("additive", 0.1)}
        return evaluator(outputs, data, noise, replicas)

    if mesh is not None:
        evaluate = _over(evaluate, mesh)

    def read(data, z):
        *x, y = data
        given = dict(zip(of_x, x, strict=True))
        given["targets"] = {"y": {"y": y, "y_class": y}}
        return evaluate({"tap": z}, given)["tap"]

    data = tuple(_probe_data()[name] for name in (*of_x, "y"))
    rows = (KerasTensor((NUM_ROWS, num_units), "float32"),)
    return Program(read, data, rows, runtime.backend.full_precision)


def _over(function, mesh):
    from keras_ib.runtime.jax.replicas import on_mesh

    return on_mesh(function, mesh)


def operations():
    """The `Operations` of a TPU, and not those of the CPU that lowers."""
    there = runtime.backend.operations()
    if ON_JAX:
        # It chooses by the device that it is lowered for.
        return there
    names = "sort", "eigh", "at_precision"
    return there._replace(**{n: getattr(Operations(), n) for n in names})


def _backend():
    """That of Keras, with these operations."""
    return SimpleNamespace(**vars(runtime.backend) | {"operations": operations})


def _probe_data():
    return {
        "x": KerasTensor((NUM_ROWS, *IMAGE), "float32"),
        "x_id": KerasTensor((NUM_ROWS,), "int32"),
        "y": KerasTensor((NUM_ROWS,), "int32"),
    }


def eigenvectors(size: int, mesh=None) -> Program:
    """`Operations.eigh`, on which `zx` and its kin rest."""

    def eigh(state, matrix):
        return operations().eigh(matrix)

    rows = (KerasTensor((size, size), "float32"),)
    return Program(eigh, (), rows, runtime.backend.full_precision)


def tap_pass(model: keras.Model) -> Program:
    """All probe rows through a model; what all its taps return."""
    watched = taps.select(model)
    variables = model.trainable_variables + model.non_trainable_variables

    def outputs(x):
        # No layer of these models calls another in a loop.
        return captured(model, watched, x, is_reachable=lambda z: True)

    def run(state, x):
        if not ON_JAX:
            return outputs(x)
        mapping = list(zip(variables, state, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return outputs(x)

    state = tuple(v.value for v in variables) if ON_JAX else ()
    return Program(
        run, state, (_probe_data()["x"],), runtime.backend.full_precision
    )


def training_step(model: keras.Model) -> Program:
    """Forward, backward, Adam and accuracy of a batch, as in `fit`."""
    model.compile(
        keras.optimizers.Adam(),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    rows = (
        KerasTensor((BATCH_SIZE, *IMAGE), "float32"),
        KerasTensor((BATCH_SIZE,), "int32"),
    )
    model._symbolic_build(data_batch=rows)
    model.optimizer.build(model.trainable_variables)

    def step(state, *data):
        if ON_JAX:
            return model.train_step(state, data)
        return model.train_step(data)

    return Program(step, _training_state(model), rows, replaces_state=True)


def _training_state(model):
    if not ON_JAX:
        return ()
    variables = (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )
    return keras.tree.map_structure(lambda v: v.value, variables)


def built(family: str, variant: str, shortcut: str, precision: str):
    """A model for 32x32 images in ten classes."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        return models.FAMILIES[family](
            IMAGE, NUM_CLASSES, variant=variant, shortcut=shortcut
        )
    finally:
        keras.config.set_dtype_policy(before)
