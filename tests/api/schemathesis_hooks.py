"""What the tool is not allowed to do to itself.

It runs with one token of a person. Were it to end that session, or to disown its network or itself,
everything after would be refused, and nothing more be tried. So a request that aims at one of these
aims at nothing.
"""

from __future__ import annotations

import os
from typing import Any

import schemathesis

OWN_IDS = os.environ.get("VAULTCRAFT_OWN_IDS", "").split()


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Turn the tool's own ids in a path into ones that never were."""
    case.path_parameters = {
        name: f"{value[:4]}{'0' * 26}" if value in OWN_IDS else value
        for name, value in (case.path_parameters or {}).items()
    }
