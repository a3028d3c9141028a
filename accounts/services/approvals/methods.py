"""How people can approve."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from accounts.choices import ApprovalMethod
from accounts.models import Passkey, TotpFactor, TransactionPin
from kernel.transactions import needs_transaction


@needs_transaction
def methods_of(user_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, list[str]]:
    """The methods by which each of these people could approve, in three queries.

    A code by e-mail only for who has nothing better, as when signing in: otherwise the mailbox
    would be a way around the rest.
    """
    pins = TransactionPin.objects.filter(user_id__in=user_ids)
    passkeys = Passkey.objects.filter(user_id__in=user_ids, removed_at=None).order_by()
    apps = TotpFactor.objects.filter(
        user_id__in=user_ids, confirmed_at__isnull=False, removed_at=None
    ).order_by()
    holders = {
        ApprovalMethod.PIN: set(pins.values_list("user_id", flat=True)),
        ApprovalMethod.PASSKEY: set(passkeys.values_list("user_id", flat=True)),
        ApprovalMethod.TOTP: set(apps.values_list("user_id", flat=True)),
    }
    strong = holders[ApprovalMethod.PASSKEY] | holders[ApprovalMethod.TOTP]
    holders[ApprovalMethod.EMAIL_OTP] = set(user_ids) - strong
    return {
        one: [method.value for method, people in holders.items() if one in people]
        for one in user_ids
    }
