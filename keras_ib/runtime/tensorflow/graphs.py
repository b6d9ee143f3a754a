"""Graphs of tensors, their precision, and what keras.ops lacks."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
import os
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ib.measures.sample.operations import Operations
from keras_ib.runtime.memory import host_memory


def compiled(function: Callable, jit_compile: bool = False) -> Callable:
    """`function` of tensors as one graph, on request fused by XLA."""
    return tf.function(
        function, autograph=False, jit_compile=jit_compile or None
    )


def compiled_for_replicas(function: Callable) -> Callable:
    """As `compiled`, for a function of tensors that several replicas call.

    TensorFlow would trace it anew for each of them. Outside of the graph of
    the strategy it is traced once, and runs on the device that calls it.
    """
    traced = compiled(function)

    def call(*tensors):
        specs = tf.nest.map_structure(
            lambda t: tf.TensorSpec(t.shape, t.dtype), tensors
        )
        with tf.init_scope(), tf.device(None):
            concrete = traced.get_concrete_function(*specs)
        return concrete(*tensors)

    return call


def side_by_side(calls: Sequence[tuple[Any, tuple]]) -> list:
    """What each `(compiled, arguments)` returns, in their order.

    On CPUs as many at a time as there are cores: one alone leaves cores idle,
    since eigenvalues and small sums keep only one of them busy.
    """
    if not tf.executing_eagerly() or not _on_cpu():
        return [function(*arguments) for function, arguments in calls]
    # Traced here: the scopes of TensorFlow and Keras are each thread's own.
    traced = [
        (function.get_concrete_function(*arguments), arguments)
        for function, arguments in calls
    ]
    with ThreadPoolExecutor(_num_threads()) as pool:
        return list(pool.map(lambda call: call[0](*call[1]), traced))


def _num_threads():
    """What the user allows TensorFlow, or as many as there are cores."""
    allowed = tf.config.threading.get_inter_op_parallelism_threads()
    if hasattr(os, "sched_getaffinity"):
        return allowed or len(os.sched_getaffinity(0))
    return allowed or os.cpu_count() or 1


@contextmanager
def full_precision() -> Iterator[None]:
    """A context in which products of float32 are not rounded on GPUs.

    TensorFlow rounds them to TensorFloat-32 by default, of ten bits. The
    switch is the process's: training finds it as it was.
    """
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)


def free_memory() -> int | None:
    """Free bytes of the host, where the measures run on it; else None."""
    if tf.config.list_logical_devices("GPU"):
        return None
    return host_memory()


def operations() -> Operations:
    """The `Operations` of TensorFlow on these devices."""
    faster = {"sort": _numpy_sort, "eigh": _numpy_eigh} if _on_cpu() else {}
    return Operations(
        gradient=_gradient,
        eigvalsh=tf.linalg.eigvalsh,
        at_precision=_at_precision,
        **faster,
    )


def _at_precision(double, single, *tensors):
    on_tpu = tf.config.list_logical_devices("TPU")
    return (single if on_tpu else double)(*tensors)


def _on_cpu():
    """Whether there is nothing else."""
    return not tf.config.list_logical_devices("GPU") + (
        tf.config.list_logical_devices("TPU")
    )


def _numpy_sort(values):
    found = tf.numpy_function(np.sort, [values], values.dtype, stateful=False)
    return tf.ensure_shape(found, values.shape)


def _numpy_eigh(matrix):
    types = [matrix.dtype, matrix.dtype]
    found = tf.numpy_function(np.linalg.eigh, [matrix], types, stateful=False)
    shapes = matrix.shape[:-1], matrix.shape
    return tuple(map(tf.ensure_shape, found, shapes))


def _gradient(function, parameters):
    if not tf.executing_eagerly():
        # Where `compiled_for_replicas` traces, no tape records.
        return tf.gradients(function(parameters), parameters)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(parameters)
        value = function(parameters)
    return tape.gradient(value, parameters)
