"""The oracle is worth something only as long as it knows nothing of what it judges."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

MODEL = Path(__file__).parent / "model"
OWN = "tests.oracle.model"
FILES = sorted(MODEL.glob("**/*.py"))


def imported(source: str) -> Iterator[str]:
    """The full name of every module that a source imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide what they reach"
            yield str(node.module)


def allowed(module: str) -> bool:
    own = module == OWN or module.startswith(f"{OWN}.")
    return own or module.partition(".")[0] in sys.stdlib_module_names


def test_there_is_a_model() -> None:
    assert len(FILES) > 5


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_model_imports_only_itself_and_the_standard_library(path: Path) -> None:
    source = path.read_text()

    assert [module for module in imported(source) if not allowed(module)] == []
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    assert not names & {"__import__", "importlib", "exec", "eval"}


@pytest.mark.parametrize(
    "module", ["django.db", "ledger.policy", "wallets", "tests.world", "kernel"]
)
def test_what_the_model_may_not_import(module: str) -> None:
    assert not allowed(module)
