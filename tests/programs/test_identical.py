"""A few programs of `benchmarks/identical.py`; a person starts more of them."""

import importlib.util
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "identical.py"


@pytest.fixture(scope="module")
def identical():
    spec = importlib.util.spec_from_file_location("identical", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.jax
@pytest.mark.slow
@pytest.mark.parametrize("seed", [5, 8])
def test_the_callback_changes_no_bit(identical, seed):
    assert identical.compare(identical.sentence(seed))[0] == "same"


def test_a_changed_bit_is_seen(identical, monkeypatch):
    states = iter([{"kernel": b"0"}, {"kernel": b"1"}, {"kernel": b"0"}])
    monkeypatch.setattr(identical, "state", lambda *_: next(states))

    class Plane:
        def __init__(self, **options):
            self.log = self
            self.steps = []

    monkeypatch.setattr(identical.keras_ib, "InfoPlane", Plane)
    chosen = identical.sentence(0)
    assert identical.compare(chosen) == ("different", "kernel")
