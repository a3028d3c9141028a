"""The permissions that the program's text asks for, by reading it; nothing of it is run.

A permission is asked for where it is given to a parameter called `permission...`, of a function or
of a row like `PendingKind`; where a function called `permission...` answers with it; and where it
is a value of a table of permissions, which is a table that holds at least one.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

_PREFIX = "permission"
_SHAPE = re.compile(r"[a-z_]+\.[a-z_]+")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclasses.dataclass(frozen=True)
class Asked:
    """One permission asked for, and where."""

    permission: str
    where: str


def asked_for(paths: Collection[Path], *, table: Collection[str]) -> set[Asked]:
    """Every permission that these files ask for."""
    trees = {path: ast.parse(path.read_text()) for path in paths}
    constants = {path: _constants(tree) for path, tree in trees.items()}
    everywhere: dict[str, set[str]] = {}
    for known in constants.values():
        for name, values in known.items():
            everywhere.setdefault(name, set()).update(values)
    places: dict[str, set[int]] = {}
    for tree in trees.values():
        _note_parameters(tree, places)
    found = set()
    for path, tree in trees.items():
        # A name that the file itself does not bind comes from another one.
        known = everywhere | constants[path]
        for node in ast.walk(tree):
            for text in _asked_in(node, places=places, known=known, table=table):
                found.add(Asked(text, f"{path.name}:{getattr(node, 'lineno', 0)}"))
    return found


def _asked_in(
    node: ast.AST,
    *,
    places: Mapping[str, set[int]],
    known: Mapping[str, set[str]],
    table: Collection[str],
) -> set[str]:
    if isinstance(node, ast.Call):
        given = _given(node, places.get(_called(node), set()))
        return {text for one in given for text in _values(one, known) if text}
    if isinstance(node, _FUNCTIONS) and node.name.startswith(_PREFIX):
        answers = [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value]
        return {text for one in answers for text in _texts(one)}
    if isinstance(node, ast.Dict):
        values = {text for value in node.values for text in _texts(value) | _values(value, known)}
        texts = {text for text in values if _SHAPE.fullmatch(text)}
        return texts if texts & set(table) else set()
    return set()


def _note_parameters(tree: ast.Module, places: dict[str, set[int]]) -> None:
    """Add by what place each function and row takes a permission; by name it may be given too."""
    for node in ast.walk(tree):
        if isinstance(node, _FUNCTIONS):
            names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
            names = names[1:] if names[:1] in (["self"], ["cls"]) else names
        elif isinstance(node, ast.ClassDef):
            fields = [one.target for one in node.body if isinstance(one, ast.AnnAssign)]
            names = [one.id for one in fields if isinstance(one, ast.Name)]
        else:
            continue
        taken = {place for place, name in enumerate(names) if name.startswith(_PREFIX)}
        places.setdefault(node.name, set()).update(taken)


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _given(call: ast.Call, places: Collection[int]) -> Iterator[ast.expr]:
    yield from (value for place, value in enumerate(call.args) if place in places)
    yield from (one.value for one in call.keywords if (one.arg or "").startswith(_PREFIX))


def _values(value: ast.expr, known: Mapping[str, set[str]]) -> set[str]:
    """What it may be: a text, one of two, or a constant; nothing where it is only handed on."""
    if isinstance(value, ast.Constant):
        return {value.value} if isinstance(value.value, str) else set()
    if isinstance(value, ast.IfExp):
        return _values(value.body, known) | _values(value.orelse, known)
    if isinstance(value, ast.Name | ast.Attribute):
        name = value.attr if isinstance(value, ast.Attribute) else value.id
        return {text for text in known.get(name, set()) if name.isupper()}
    return set()


def _texts(node: ast.AST) -> set[str]:
    """Every text in it that looks like a permission."""
    texts = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant))
    return {text for text in texts if isinstance(text, str) and _SHAPE.fullmatch(text)}


def _constants(tree: ast.Module) -> dict[str, set[str]]:
    """The texts bound at the top of a file and in its classes, by name."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            for name, value in _pairs(target, node.value):
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found.setdefault(name, set()).add(value.value)
    return found


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, bound in zip(target.elts, value.elts, strict=True):
            yield from _pairs(one, bound)
