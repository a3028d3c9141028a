"""What the tool is not allowed to do to itself.

A run as a person signs in again and again on one known device; revoked, it would be asked for a
second factor that no tool has. So a request that aims at just this device aims at none.
"""

from __future__ import annotations

import os
from typing import Any

import schemathesis

OWN_DEVICE = os.environ.get("VAULTCRAFT_DEVICE_ID")
NO_DEVICE = "dev_00000000000000000000000000"


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Turn the tool's own device in a path into one that never was."""
    parameters = case.path_parameters or {}
    if OWN_DEVICE and parameters.get("device_id") == OWN_DEVICE:
        case.path_parameters = {**parameters, "device_id": NO_DEVICE}
