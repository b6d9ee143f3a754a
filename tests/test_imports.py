"""Imports point one way, and `import keras_ib` stays light."""

import ast
from pathlib import Path
import subprocess
import sys

import pytest

import keras_ib

ROOT = Path(__file__).parents[1]
# Room: what of ours it may import. The rooms are those of the tree.
ALLOWED = {
    "checks": {"notices"},
    "version": set(),
    "names": set(),
    "notices": set(),
    "archives": {"logs", "notices"},
    "schedules": set(),
    "data": {"archives", "names", "notices"},
    "layers": set(),
    "tables": {"notices"},
    "units": set(),
    "extras": set(),
    "logs": {"extras", "notices", "tables", "units"},
    "writers": {"extras", "logs"},
    "measures": set(),
    "probe": {"measures"},
    "taps": set(),
    "models": {"layers"},
    "analysis": {"logs", "units"},
    "plotting": {"analysis", "logs", "units"},
    "reports": {"analysis", "logs", "plotting"},
    "runtime": {"measures", "names", "notices", "taps"},
    "recorder": {"logs", "measures", "notices", "probe", "runtime", "taps"},
    "arrays": {
        *("measures", "notices", "probe", "runtime", "tables", "units"),
    },
    "clock": set(),
    "loggers": {"notices"},
    "progress": {"schedules"},
    "collecting": {"probe", "runtime"},
    "watch": {
        *("clock", "collecting", "logs", "notices", "progress", "runtime"),
        *("schedules", "taps"),
    },
    "callbacks": {
        *("loggers", "logs", "measures", "notices", "plotting", "probe"),
        *("recorder", "runtime", "schedules", "taps", "watch"),
    },
    "checkpoints": {
        *("archives", "logs", "measures", "notices", "probe", "recorder"),
        *("runtime", "taps"),
    },
    "training": {
        *("callbacks", "checkpoints", "data", "logs", "models", "notices"),
        *("runtime", "taps"),
    },
    "papers": {
        *("analysis", "archives", "callbacks", "data", "logs", "measures"),
        *("models", "notices", "plotting", "recorder", "reports", "runtime"),
        "training",
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
ON_USE = {
    *("IPython", "matplotlib", "pandas", "plotly", "sklearn"),
    *("tensorflow_probability", "xarray"),
    *("mlflow", "tensorboardX", "trackio", "wandb"),
}
HEAVY = {"keras", "tensorflow", "jax", "torch", "scipy", "click", *ON_USE}


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
        assert package not in ("cli", "keras_ib_cli", "click"), name
        if package in ON_USE:
            assert not at_top, f"{name} is to be imported on use"
        if package in ("tensorflow", "jax"):
            assert part(path) == "runtime", name
        if package == "keras_ib" and part(path) != "__init__":
            allowed = ALLOWED[part(path)] | {part(path), "checks"}
            assert rest[0] in allowed, f"{part(path)} imports {name}"
            within = room_of_measures(path)
            if within and rest[0] == "measures":
                allowed = WITHIN_MEASURES[within] | {within}
                assert rest[1] in allowed, f"{within} imports {name}"


def test_the_list_has_no_part_that_is_gone():
    assert set(ALLOWED) <= {part(path) for path in SOURCES}


@pytest.mark.jax
def test_reading_and_drawing_need_no_keras():
    rooms = "analysis", "logs", "names.py", "plotting", "reports", "writers"
    files = [
        path for room in rooms for path in _files(ROOT / "keras_ib" / room)
    ]
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files
    ]
    code = (
        f"import sys, {', '.join(modules)}; import keras_ib; "
        "keras_ib.phases, keras_ib.compare, keras_ib.plotting, "
        "keras_ib.report, keras_ib.RunLog, keras_ib.datasets, "
        "keras_ib.distributions; "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    loaded = set(done.stdout.split())
    assert "keras_ib" in loaded, done.stderr
    assert not loaded & HEAVY


def _files(path):
    return [path] if path.suffix else sorted(path.glob("*.py"))


@pytest.mark.jax
def test_every_public_name_is_there():
    assert dir(keras_ib) == sorted(keras_ib.__all__)
    for name in keras_ib.__all__:
        assert getattr(keras_ib, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'plane'"):
        keras_ib.plane  # noqa: B018


@pytest.mark.jax
def test_saved_models_are_loaded_after_keras_and_this_were_imported(tmp_path):
    path = tmp_path / "model.keras"
    keras_ib.models.mixer((8, 8, 1), 3).save(path)
    code = f"import keras, keras_ib; keras.models.load_model({str(path)!r})"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_type_checkers_see_every_public_name():
    tree = ast.parse((ROOT / "keras_ib" / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name for node in block.body for alias in node.names}
    assert seen | {"__version__"} == set(keras_ib.__all__)
