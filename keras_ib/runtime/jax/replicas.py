"""How the devices of a distribution share a function out."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import jax
from jax.sharding import Mesh, PartitionSpec
import keras

from keras_ib.runtime.evaluator import Replicas


def current_mesh() -> Mesh | None:
    """The devices that share the work under `keras.distribution`, or None."""
    distribution = keras.distribution.distribution()
    if distribution is None or distribution.device_mesh.devices.size == 1:
        return None
    return distribution.device_mesh.backend_mesh


def shared(model: Any) -> Callable | None:
    """`run(function, outputs, data)` on every device; None where one is all."""
    mesh = current_mesh()
    if mesh is None:
        return None
    compiled = {}

    def run(function, outputs, data):
        if function not in compiled:
            compiled[function] = jax.jit(on_mesh(function, mesh))
        # JAX hands on a dict in the order of its keys, and this in its own:
        # that of the taps.
        return compiled[function](OrderedDict(outputs), data)

    return run


def on_mesh(function: Callable, mesh: Mesh) -> Callable:
    """`function` on every device of the mesh, with its `Replicas`."""
    axes = mesh.axis_names

    def on_device(outputs, data):
        replicas = Replicas(
            jax.lax.axis_index(axes),
            mesh.size,
            lambda scalars: jax.lax.psum(scalars, axes),
        )
        return function(outputs, data, replicas)

    everywhere = PartitionSpec()
    return jax.shard_map(
        on_device,
        mesh=mesh,
        in_specs=(everywhere, everywhere),
        out_specs=everywhere,
        # The numbers are equal after the sum; JAX cannot know it in loops.
        check_vma=False,
    )
