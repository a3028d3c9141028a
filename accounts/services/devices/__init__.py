"""Devices: recognizing, remembering, trusting and revoking what people sign in on.

A device is whoever shows its token: 256 random bits in a long-lived cookie, or kept by a program.
Only the hash is stored, and a token counts for the one person it was given to.
"""

from __future__ import annotations

from accounts.services.devices.managing import (
    new_since,
    rename_device,
    revoke_device,
    trust_device,
)
from accounts.services.devices.recognizing import known_device, met_device, remember_device

__all__ = [
    "known_device",
    "met_device",
    "new_since",
    "remember_device",
    "rename_device",
    "revoke_device",
    "trust_device",
]
