"""Second factors: what proves, after the password, that it is really the person.

Authenticator apps and passkeys are strong; recovery codes stand in for them; a code by e-mail is
for who has nothing better. Challenges (`accounts.services.challenges`) ask for them.
"""

from __future__ import annotations

from accounts.services.factors.holdings import Factors, factors_of
from accounts.services.factors.passkeys import (
    AddedPasskey,
    PasskeyEnrollment,
    begin_passkey,
    finish_passkey,
)
from accounts.services.factors.recovery_codes import regenerate_codes
from accounts.services.factors.removing import remove_passkey, remove_totp
from accounts.services.factors.totp import TotpEnrollment, begin_totp, confirm_totp

__all__ = [
    "AddedPasskey",
    "Factors",
    "PasskeyEnrollment",
    "TotpEnrollment",
    "begin_passkey",
    "begin_totp",
    "confirm_totp",
    "factors_of",
    "finish_passkey",
    "regenerate_codes",
    "remove_passkey",
    "remove_totp",
]
