"""The tables of this room."""

from __future__ import annotations

from accounts.models.api_keys import ApiKey
from accounts.models.approvals import Approval
from accounts.models.attempts import PasswordAttempts
from accounts.models.data_keys import DataKey
from accounts.models.devices import Device
from accounts.models.factors import FactorChallenge, Passkey, RecoveryCode, TotpFactor
from accounts.models.links import MailedLink
from accounts.models.mail import MailRequest, PendingMail
from accounts.models.networks import CountryPolicy, Network
from accounts.models.organizations import Invitation, Organization
from accounts.models.pending_acts import DualControlPolicy, PendingAct
from accounts.models.people import User
from accounts.models.phones import Phone
from accounts.models.pins import PinReset, TransactionPin
from accounts.models.sessions import RefreshToken, SignInSession
from accounts.models.system_settings import SystemSetting

__all__ = [
    "ApiKey",
    "Approval",
    "CountryPolicy",
    "DataKey",
    "Device",
    "DualControlPolicy",
    "FactorChallenge",
    "Invitation",
    "MailRequest",
    "MailedLink",
    "Network",
    "Organization",
    "Passkey",
    "PasswordAttempts",
    "PendingAct",
    "PendingMail",
    "Phone",
    "PinReset",
    "RecoveryCode",
    "RefreshToken",
    "SignInSession",
    "SystemSetting",
    "TotpFactor",
    "TransactionPin",
    "User",
]
