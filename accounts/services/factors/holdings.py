"""What a person can prove themselves with."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

from accounts.choices import FactorMethod
from accounts.models import Passkey, RecoveryCode, TotpFactor


@dataclasses.dataclass(frozen=True, slots=True)
class Factors:
    """A person's factors that count now."""

    totp: TotpFactor | None
    passkeys: tuple[Passkey, ...]
    recovery_codes_left: int

    @property
    def is_strong(self) -> bool:
        """Whether one of them lies outside the mailbox."""
        return self.totp is not None or bool(self.passkeys)

    @property
    def counting_from(self) -> dt.datetime | None:
        """From when the first of them counts that lies outside the mailbox; None without one."""
        since = [one.counts_from or one.created_at for one in self.passkeys]
        if self.totp is not None:
            since.append(self.totp.counts_from or self.totp.begun_at)
        return min(since, default=None)

    @property
    def methods(self) -> tuple[FactorMethod, ...]:
        """What a challenge offers, the best first.

        A code by e-mail only to who has nothing better: otherwise the mailbox would be a way around
        the authenticator.
        """
        if not self.is_strong:
            return (FactorMethod.EMAIL,)
        offered = {
            FactorMethod.PASSKEY: bool(self.passkeys),
            FactorMethod.TOTP: self.totp is not None,
            FactorMethod.RECOVERY_CODE: self.recovery_codes_left > 0,
        }
        return tuple(method for method, there in offered.items() if there)

    def methods_to_approve(self, *, has_pin: bool, now: dt.datetime) -> tuple[FactorMethod, ...]:
        """What a challenge to approve a payment offers, the best first.

        What was added lately by who had proven no more than the mailbox is not there yet. A code
        by e-mail only to who has nothing else, a PIN included: a PIN that is locked would otherwise
        be opened by the mailbox. Recovery codes are for getting in again, not for paying.
        """
        offered = {
            FactorMethod.PASSKEY: bool(self.passkeys_to_approve(now=now)),
            FactorMethod.TOTP: self.totp is not None and counts(self.totp, now=now),
        }
        strong = tuple(method for method, there in offered.items() if there)
        return strong if strong or has_pin else (FactorMethod.EMAIL,)

    def passkeys_to_approve(self, *, now: dt.datetime) -> tuple[Passkey, ...]:
        """The passkeys that sign payments now."""
        return tuple(one for one in self.passkeys if counts(one, now=now))


def counts(factor: TotpFactor | Passkey, *, now: dt.datetime) -> bool:
    """Whether it approves payments already (`accounts.services.factors.settling`)."""
    return factor.counts_from is None or factor.counts_from <= now


def factors_of(user_id: uuid.UUID) -> Factors:
    """The person's factors, in three queries; call it where their rows are visible."""
    totp = TotpFactor.objects.filter(
        user_id=user_id, confirmed_at__isnull=False, removed_at__isnull=True
    ).first()
    passkeys = Passkey.objects.filter(user_id=user_id, removed_at__isnull=True).order_by("id")
    left = RecoveryCode.objects.filter(
        user_id=user_id, used_at__isnull=True, voided_at__isnull=True
    ).count()
    return Factors(totp=totp, passkeys=tuple(passkeys), recovery_codes_left=left)
