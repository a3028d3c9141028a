"""Inviting people into an organization, and joining."""

from __future__ import annotations

from accounts.services.invitations.inviting import (
    LIFETIME,
    IssuedInvitation,
    invite,
    withdraw_beyond,
    withdraw_invitation,
    withdraw_officers,
)
from accounts.services.invitations.joining import invitation_of, join

__all__ = [
    "LIFETIME",
    "IssuedInvitation",
    "invitation_of",
    "invite",
    "join",
    "withdraw_beyond",
    "withdraw_invitation",
    "withdraw_officers",
]
