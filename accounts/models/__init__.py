"""The tables of this room."""

from __future__ import annotations

from accounts.models.api_keys import ApiKey
from accounts.models.data_keys import DataKey
from accounts.models.organizations import Invitation, Organization
from accounts.models.people import User
from accounts.models.phones import Phone
from accounts.models.sessions import RefreshToken, SignInSession

__all__ = [
    "ApiKey",
    "DataKey",
    "Invitation",
    "Organization",
    "Phone",
    "RefreshToken",
    "SignInSession",
    "User",
]
