"""Imports point one way, and `import keras_ib` stays light."""

import ast
from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).parents[1]
# Room: what of ours it may import. The rooms are those of the tree.
ALLOWED = {
    "version": set(),
    "schedules": set(),
    "data": set(),
    "layers": set(),
    "logs": set(),
    "measures": set(),
    "probe": set(),
    "taps": set(),
    "models": {"layers"},
    "analysis": {"logs"},
    "plotting": {"logs"},
    "report": set(),
    "runtime": {"measures", "taps"},
    "recorder": {"measures", "probe", "runtime", "taps"},
    "arrays": {"measures", "probe", "runtime"},
    "checkpoints": {"logs", "measures", "probe", "recorder", "runtime"},
    "callbacks": {
        *("logs", "measures", "probe", "recorder", "runtime", "schedules"),
        "taps",
    },
    "training": {
        *("callbacks", "data", "logs", "models", "runtime", "taps"),
    },
    "papers": {
        *("analysis", "callbacks", "data", "logs", "measures", "models"),
        *("plotting", "recorder", "report", "runtime"),
    },
}
# Room within `measures`: what of `measures` it may import.
WITHIN_MEASURES = {
    "base": {"sample"},
    "sample": set(),
    "trained": {"base", "sample"},
    "decoders": {"base", "sample", "trained"},
    "counting": {"base", "sample"},
    "pairwise": {"base", "counting", "sample"},
    "geometry": {"base", "sample"},
    "evaluate": {"base", "sample", "trained"},
    "registry": {
        *("base", "counting", "decoders", "geometry", "pairwise", "trained"),
    },
}
SOURCES = sorted((ROOT / "keras_ib").rglob("*.py"))
ON_USE = {"tensorflow_probability", "matplotlib", "sklearn", "click"}


def imports(path):
    """Dotted names that a file imports, and whether at its top."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        at_top = node in tree.body
        if isinstance(node, ast.Import):
            yield from ((alias.name, at_top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            for alias in node.names:
                yield f"{node.module}.{alias.name}", at_top


def part(path):
    return path.relative_to(ROOT / "keras_ib").with_suffix("").parts[0]


def room_of_measures(path):
    """The room within `measures`; None elsewhere and for its `__init__`."""
    first, *rest = path.relative_to(ROOT / "keras_ib").with_suffix("").parts
    within = first == "measures" and rest[0] != "__init__"
    return rest[0] if within else None


@pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: str(path.relative_to(ROOT))
)
def test_imports_point_one_way(path):
    for name, at_top in imports(path):
        package, *rest = name.split(".")
        assert package not in ("cli", "keras_ib_cli"), name
        if package in ON_USE:
            assert not at_top, f"{name} is to be imported on use"
        if package in ("tensorflow", "jax"):
            assert part(path) == "runtime", name
        if package == "keras_ib" and part(path) != "__init__":
            allowed = ALLOWED[part(path)] | {part(path)}
            assert rest[0] in allowed, f"{part(path)} imports {name}"
            within = room_of_measures(path)
            if within and rest[0] == "measures":
                allowed = WITHIN_MEASURES[within] | {within}
                assert rest[1] in allowed, f"{within} imports {name}"


def test_the_list_has_no_part_that_is_gone():
    assert set(ALLOWED) <= {part(path) for path in SOURCES}


@pytest.mark.slow
@pytest.mark.jax
def test_import_is_light():
    # Beside Keras, which loads scikit-learn itself where it finds it.
    code = (
        "import sys, keras; before = set(sys.modules); import keras_ib; "
        "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    loaded = set(done.stdout.split())
    assert "keras_ib" in loaded, done.stderr
    assert not loaded & ON_USE
