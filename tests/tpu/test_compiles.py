"""Everything is compiled for TPUs by their own compiler, and nothing is run.

In the environment that `.ci/tpu` makes. What the compiler says goes to the
file that KERAS_IB_TPU_RESULTS names, a line a program. What was compiled
according to it is not compiled again, so that an interrupted run goes on.
"""

from dataclasses import asdict
from functools import lru_cache
import os
from pathlib import Path

import pytest
from tpu.cases import CASES, CHIPS
from tpu.programs import ON_JAX
from tpu.results import Results

pytestmark = [pytest.mark.tpu, pytest.mark.jax]

# That of a v5e; a v6e has twice as much.
HBM_LIMIT = 16e9


@pytest.fixture(scope="module")
def results():
    return Results(Path(os.environ["KERAS_IB_TPU_RESULTS"]))


@pytest.mark.parametrize("chips", CHIPS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_compiles(case, chips, results):
    row = results.find(case, chips)
    if row is None:
        row = results.add(case, chips, compiled(case, *CHIPS[chips]))
    assert row["error"] is None
    assert row["hbm"] <= HBM_LIMIT
    assert bool(row["collectives"]) == (CHIPS[chips][1] > 1)


def compiled(case, topology, num_chips) -> dict:
    """What the compiler says, or the error of whatever did not work."""
    # JAX with libtpu is in the environment of these tests alone.
    from tpu import compiling

    mesh = compiling.mesh(topology, num_chips)
    try:
        if ON_JAX:
            program = case.build(mesh if num_chips > 1 else None)
            facts = compiling.compile_jax(program, mesh)
        else:
            facts = compiling.compile_stablehlo(lowered(case), mesh)
    except Exception as error:  # The answer of these tests, whatever its type.
        return {"error": f"{type(error).__name__}: {error}"[:1000]}
    return {"error": None, **asdict(facts)}


@lru_cache(maxsize=1)
def lowered(case) -> str:
    """Once for all chips, which come one after the other."""
    from tpu import compiling

    return compiling.lowered_from_tensorflow(case.build())
