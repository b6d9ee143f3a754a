"""Public functions say what they take and what they return."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [
    path
    for folder in ("keras_ib", "cli")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def public(body, within=""):
    """The public functions and methods of a module, with their names."""
    for node in body:
        if isinstance(node, ast.FunctionDef):
            if node.name == "__init__" or not node.name.startswith("_"):
                yield within + node.name, node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public(node.body, f"{within}{node.name}.")


def returns(node):
    """Whether it gives something back; what it defines does not count."""
    if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
        return False
    if isinstance(node, ast.Return):
        return node.value is not None
    return isinstance(node, ast.Yield | ast.YieldFrom) or any(
        map(returns, ast.iter_child_nodes(node))
    )


@pytest.mark.parametrize(
    "path", SOURCES, ids=lambda path: str(path.relative_to(ROOT))
)
def test_public_functions_have_types(path):
    for name, node in public(ast.parse(path.read_text()).body):
        where = f"{path.relative_to(ROOT)}:{node.lineno} {name}"
        for arg in ast.iter_child_nodes(node.args):
            if isinstance(arg, ast.arg) and arg.arg not in ("self", "cls"):
                assert arg.annotation, f"{where}: {arg.arg} has no type"
        if any(map(returns, node.body)):
            assert node.returns, f"{where}: what it returns has no type"
