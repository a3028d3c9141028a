"""The product's own source, read as a tree: what no request can show, because nothing does it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from vaultcraft.checks import ROOT

ROOMS = (
    *("kernel", "audit", "events", "accounts", "ledger", "wallets", "kyc"),
    *("notifications", "reporting", "api", "web"),
)
HOUSE = (*ROOMS, "vaultcraft")


@cache
def files() -> dict[str, str]:
    """Each file of the product, without tests and migrations, by its path in the project."""
    return {
        str(path.relative_to(ROOT)): path.read_text()
        for room in HOUSE
        for path in sorted((ROOT / room).rglob("*.py"))
        if not {"tests", "migrations"} & set(path.relative_to(ROOT).parts)
    }


@cache
def nodes() -> list[tuple[str, ast.AST]]:
    """What the files import and call, each with its file; read once for all tests of a process."""
    kinds = (ast.Import, ast.ImportFrom, ast.Call)
    return [
        (path, node)
        for path, text in files().items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, kinds)
    ]


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call, with its file."""
    return ((path, node) for path, node in nodes() if isinstance(node, ast.Call))


def importing(*modules: str) -> set[str]:
    """The files that import one of these modules, or something out of them."""
    return {
        path
        for path, node in nodes()
        for name in _imported(node)
        if any(name == one or name.startswith(f"{one}.") for one in modules)
    }


def imported_from(module: str) -> set[str]:
    """The last names of what is imported out of a module."""
    found = {name for _, node in nodes() for name in _imported(node)}
    return {name.rpartition(".")[2] for name in found if name.startswith(f"{module}.")}


def calling(*names: str) -> set[str]:
    """The files with a call of one of these, by its last name or as `module.name`."""
    return {path for path, call in calls() if {name_of(call), dotted(call)} & set(names)}


def name_of(call: ast.Call) -> str:
    """The last name of what is called."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def dotted(call: ast.Call) -> str:
    """What is called as `module.name`, or its name alone."""
    function = call.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return f"{function.value.id}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


def text_files(*folders: str, suffix: str) -> dict[str, str]:
    """Files that are no Python, by their path in the project."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob(f"*{suffix}"))]
    return {str(path.relative_to(ROOT)): path.read_text() for path in found}


def folder_of(path: str) -> str:
    """The first two names of a path."""
    return str(Path(*Path(path).parts[:2]))


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []
