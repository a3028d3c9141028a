"""What people type. Forms check shape only; the rules live in the rooms that own them."""

from web.forms.factors import PasskeyForm, ProofForm, TotpForm
from web.forms.fields import LineField, new_key, renew_key
from web.forms.lists import HistoryForm, HoldsForm
from web.forms.money import (
    PART,
    WHOLE,
    CapForm,
    FeeForm,
    HoldForm,
    LimitForm,
    OpenWalletForm,
    OrganizationFeeForm,
    PartForm,
    SendForm,
)
from web.forms.people import (
    ApiKeyForm,
    ChangePasswordForm,
    ForgotPasswordForm,
    InviteForm,
    JoinForm,
    NewPasswordForm,
    RegisterForm,
    SignInForm,
)

__all__ = [
    "PART",
    "WHOLE",
    "ApiKeyForm",
    "CapForm",
    "ChangePasswordForm",
    "FeeForm",
    "ForgotPasswordForm",
    "HistoryForm",
    "HoldForm",
    "HoldsForm",
    "InviteForm",
    "JoinForm",
    "LimitForm",
    "LineField",
    "NewPasswordForm",
    "OpenWalletForm",
    "OrganizationFeeForm",
    "PartForm",
    "PasskeyForm",
    "ProofForm",
    "RegisterForm",
    "SendForm",
    "SignInForm",
    "TotpForm",
    "new_key",
    "renew_key",
]
