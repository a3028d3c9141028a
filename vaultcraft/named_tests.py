"""Tests that documents name: do they exist? Found by their text, so that no test has to run."""

import ast
from functools import cache
from pathlib import Path


def exists(test: str, root: Path) -> bool:
    """Tell whether a pytest node id names a function of a file; its parameters do not count."""
    path, _, names = test.partition("[")[0].partition("::")
    return bool(names) and names.split("::")[-1] in _functions(root / path)


@cache
def _functions(path: Path) -> frozenset[str]:
    if not path.is_file():
        return frozenset()
    return frozenset(
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )
