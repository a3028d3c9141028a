"""The tables of this room."""

from __future__ import annotations

from accounts.models.api_keys import ApiKey
from accounts.models.attempts import PasswordAttempts
from accounts.models.data_keys import DataKey
from accounts.models.devices import Device
from accounts.models.factors import FactorChallenge, Passkey, RecoveryCode, TotpFactor
from accounts.models.links import MailedLink
from accounts.models.mail import MailRequest, PendingMail
from accounts.models.networks import CountryPolicy, Network
from accounts.models.organizations import Invitation, Organization
from accounts.models.people import User
from accounts.models.phones import Phone
from accounts.models.sessions import RefreshToken, SignInSession

__all__ = [
    "ApiKey",
    "CountryPolicy",
    "DataKey",
    "Device",
    "FactorChallenge",
    "Invitation",
    "MailRequest",
    "MailedLink",
    "Network",
    "Organization",
    "Passkey",
    "PasswordAttempts",
    "PendingMail",
    "Phone",
    "RecoveryCode",
    "RefreshToken",
    "SignInSession",
    "TotpFactor",
    "User",
]
