"""One thread parses Python at a time, in the tool.

Hypothesis parses the source of lambdas, from four workers of schemathesis. Before Python 3.11.8
the parser counts its depth for all threads together (python/cpython#106905): now and then the tool
ended with "AST constructor recursion depth mismatch" instead of an answer.
"""

from __future__ import annotations

import ast
import threading
from typing import Any

_parse = ast.parse
_one_at_a_time = threading.Lock()


def _parse_alone(*arguments: Any, **options: Any) -> ast.AST:
    with _one_at_a_time:
        return _parse(*arguments, **options)


setattr(ast, "parse", _parse_alone)  # noqa: B010  (its many signatures are not ours to repeat)
