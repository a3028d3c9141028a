"""The tables of this room."""

from __future__ import annotations

from accounts.models.api_keys import ApiKey
from accounts.models.data_keys import DataKey
from accounts.models.factors import FactorChallenge, Passkey, RecoveryCode, TotpFactor
from accounts.models.mail import PendingMail
from accounts.models.organizations import Invitation, Organization
from accounts.models.people import User
from accounts.models.phones import Phone
from accounts.models.sessions import RefreshToken, SignInSession

__all__ = [
    "ApiKey",
    "DataKey",
    "FactorChallenge",
    "Invitation",
    "Organization",
    "Passkey",
    "PendingMail",
    "Phone",
    "RecoveryCode",
    "RefreshToken",
    "SignInSession",
    "TotpFactor",
    "User",
]
