"""Programs compiled for TPUs that are described and not there.

libtpu holds the whole compiler, and JAX hands it programs for the chips of a
topology that is only named. Nothing runs: a chip is needed for that.

Parts of JAX that are not public are used for what TensorFlow has lowered, so
`.ci/tpu` fixes the version.
"""

from dataclasses import dataclass
from functools import cache
import math
import re
import time

import jax
from jax._src import compiler
from jax._src.interpreters import mlir
from jax._src.lib import _jax, xla_client
from jax.experimental import topologies
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxlib.mlir import ir
import keras
import numpy as np

COLLECTIVES = re.compile(
    r" (all-reduce|all-gather|all-to-all|reduce-scatter|collective-permute)"
    r"(?:-start)?\("
)


@dataclass(frozen=True)
class Compiled:
    """What the compiler says of a program, on each chip.

    Attributes:
        hbm: Bytes of arguments, results and temporaries in its memory; what
            a result takes over from an argument is counted once.
        seconds: The compiler's estimate: the sum over operations, with one
            turn of each loop, and without those that it knows no time of.
        unknown: Number of the latter.
        collectives: Kinds of exchanges between chips.
        compile_seconds: What compiling took here.
    """

    hbm: int
    seconds: float
    unknown: int
    collectives: tuple[str, ...]
    compile_seconds: float


@cache
def mesh(topology, num_chips) -> Mesh:
    """The first chips of a topology such as `"v5e:2x2"`, on one axis."""
    chips = topologies.get_topology_desc(
        platform="tpu", topology_name=topology
    ).devices
    return Mesh(np.array(chips[:num_chips]), ("batch",))


def lowered_from_tensorflow(program) -> str:
    """StableHLO of a `Program` of TensorFlow and the variables it captures.

    By way of HLO, which both sides read alike: TensorFlow's own StableHLO
    holds masks as bits, where JAX reads bytes.
    """
    import tensorflow as tf

    count = len(program.state)
    graph = tf.function(
        lambda *given: program.function(given[:count], *given[count:]),
        autograph=False,
        jit_compile=True,
    )
    specs = [
        tf.TensorSpec(array.shape, array.dtype)
        for array in (*program.state, *program.rows)
    ]
    with program.precision():
        proto = graph.experimental_get_compiler_ir(*specs)(
            stage="hlo_serialized", platform_name="CPU"
        )
    with mlir.make_ir_context():
        module = str(ir.Module.parse(_jax.mlir.hlo_to_stablehlo(proto)))
    # StableHLO has no word for a copy; a conversion to the same type is one.
    return module.replace("mhlo.copy ", "stablehlo.convert ")


def compile_stablehlo(module, mesh) -> Compiled:
    """Compiles StableHLO, as text, for the one chip of a mesh."""
    (chip,) = mesh.devices.flat
    options = compiler.get_compile_options(num_replicas=1, num_partitions=1)
    start = time.perf_counter()
    with mlir.make_ir_context():
        executable = chip.client.compile(
            ir.Module.parse(module), xla_client.DeviceList((chip,)), options
        )
    return _facts(executable, start)


def compile_jax(program, mesh) -> Compiled:
    """Compiles a `Program` of the JAX backend for the chips of a mesh.

    Each chip has its share of the rows, and in the end all of the results.
    """

    def placed(tree, *axes):
        sharding = NamedSharding(mesh, PartitionSpec(*axes))
        return keras.tree.map_structure(
            lambda array: jax.ShapeDtypeStruct(
                array.shape, array.dtype, sharding=sharding
            ),
            tree,
        )

    function = jax.jit(
        program.function,
        donate_argnums=(0,) if program.replaces_state else (),
        out_shardings=NamedSharding(mesh, PartitionSpec()),
    )
    with program.precision():
        lowered = function.lower(
            placed(program.state), *placed(program.rows, "batch")
        )
        start = time.perf_counter()
        executable = lowered.compile().runtime_executable()
    return _facts(executable, start)


def _facts(executable, start):
    compile_seconds = time.perf_counter() - start
    memory = executable.get_compiled_memory_stats()
    seconds = executable.cost_analysis()["optimal_seconds"]
    # An operation whose time is not known counts -1.
    unknown = max(0, -math.floor(seconds))
    text = executable.hlo_modules()[0].to_string()
    return Compiled(
        hbm=memory.argument_size_in_bytes
        + memory.output_size_in_bytes
        + memory.temp_size_in_bytes
        - memory.alias_size_in_bytes,
        seconds=seconds + unknown,
        unknown=unknown,
        collectives=tuple(sorted(set(COLLECTIVES.findall(text)))),
        compile_seconds=compile_seconds,
    )
