"""The tables of this room."""

from __future__ import annotations

from accounts.models.api_keys import ApiKey
from accounts.models.data_keys import DataKey
from accounts.models.organizations import Invitation, Organization
from accounts.models.pending_acts import ApprovalPolicy, PendingAct
from accounts.models.people import User
from accounts.models.phones import Phone
from accounts.models.sessions import RefreshToken, SignInSession
from accounts.models.system_settings import SystemSetting

__all__ = [
    "ApiKey",
    "ApprovalPolicy",
    "DataKey",
    "Invitation",
    "Organization",
    "PendingAct",
    "Phone",
    "RefreshToken",
    "SignInSession",
    "SystemSetting",
    "User",
]
