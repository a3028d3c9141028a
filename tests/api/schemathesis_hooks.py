"""What the tool is not allowed to do to itself.

It runs with one token of a person. Were it to end that session, or to disown its network or itself,
everything after would be refused, and nothing more be tried. So a request that aims at one of these
aims at nothing, and who signs out is another session of the same person.
"""

from __future__ import annotations

import os
from typing import Any

import schemathesis

import tests.api.schemathesis_parsing  # noqa: F401  (for what it does to the parser)

OWN_IDS = os.environ.get("VAULTCRAFT_OWN_IDS", "").split()
OTHER_TOKEN = os.environ.get("VAULTCRAFT_OTHER_TOKEN")


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Turn the tool's own ids in a path into ones that never were, and sign out somewhere else."""
    case.path_parameters = {
        name: f"{value[:4]}{'0' * 26}" if value in OWN_IDS else value
        for name, value in (case.path_parameters or {}).items()
    }
    headers = case.headers or {}
    if OTHER_TOKEN and case.operation.path.endswith("/auth/logout") and "Authorization" in headers:
        headers["Authorization"] = f"Bearer {OTHER_TOKEN}"
