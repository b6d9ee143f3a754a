"""Graphs of tensors, their precision, and what keras.ops lacks."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import jax

from keras_ib.measures.sample.operations import Operations
from keras_ib.runtime.memory import host_memory


def compiled(function: Callable, jit_compile: bool = True) -> Callable:
    """`function` of tensors as one graph; on JAX always by XLA."""
    return jax.jit(function)


# One program runs on all devices.
compiled_for_replicas = compiled


def side_by_side(calls: Sequence[tuple[Callable, tuple]]) -> list:
    """What each `(compiled, arguments)` returns; JAX waits for none of them."""
    return [function(*arguments) for function, arguments in calls]


def full_precision() -> AbstractContextManager:
    """A context in which products of float32 are not rounded on GPUs, TPUs."""
    return jax.default_matmul_precision("float32")


def free_memory() -> int | None:
    """Free bytes of the device that the measures run on; None if unknown."""
    device = jax.local_devices()[0]
    if device.platform == "cpu":
        return host_memory()
    stats = device.memory_stats() or {}
    if "bytes_limit" not in stats:
        return None
    return stats["bytes_limit"] - stats["bytes_in_use"]


def operations() -> Operations:
    """The `Operations` of JAX."""
    return Operations(
        gradient=lambda function, parameters: jax.grad(function)(parameters),
        eigh=_but_on_tpu(_eigh, _jacobi),
        eigvalsh=_but_on_tpu(
            jax.numpy.linalg.eigvalsh, lambda matrix: _jacobi(matrix)[0]
        ),
        at_precision=_at_precision,
    )


def _at_precision(double, single, *tensors):
    """Float64 within `double` alone: the process' switch stays as it is."""

    def in_float64(*tensors):
        with _float64():
            return tuple(double(*tensors))

    return jax.lax.platform_dependent(
        *tensors, tpu=lambda *t: tuple(single(*t)), default=in_float64
    )


def _float64():
    """A context in which there is float64; its name moved after JAX 0.7."""
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    return jax.experimental.enable_x64()


def _but_on_tpu(function, on_tpu):
    """`function` of a tensor, and another where it is compiled for a TPU."""
    return lambda x: jax.lax.platform_dependent(x, tpu=on_tpu, default=function)


def _eigh(matrix):
    return tuple(jax.numpy.linalg.eigh(matrix))


def _jacobi(matrix):
    """Eigenvalues and eigenvectors by Jacobi's method, one operation of XLA.

    What JAX takes on TPUs from 257 rows on needs minutes to compile.
    """
    if not hasattr(jax.lax.linalg, "EighImplementation"):
        # JAX 0.7.2, which Colab has, gives it no public name.
        return tuple(jax._src.lax.linalg.eigh_jacobi(matrix))
    vectors, values = jax.lax.linalg.eigh(
        matrix, implementation=jax.lax.linalg.EighImplementation.JACOBI
    )
    return values, vectors
