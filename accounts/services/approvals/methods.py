"""How people can approve."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping

from django.db.models import Q

from accounts.choices import ApprovalMethod
from accounts.models import Passkey, TotpFactor, TransactionPin
from kernel.transactions import needs_transaction


@needs_transaction
def methods_of(
    user_ids: Collection[uuid.UUID], *, now: dt.datetime
) -> Mapping[uuid.UUID, list[str]]:
    """The methods by which each of these people could approve, in three queries.

    As `Factors.methods_to_approve` says for one: a code by e-mail only for who has nothing else, a
    PIN included, or the mailbox would be a way around it and its lock.
    """
    counts = Q(counts_from=None) | Q(counts_from__lte=now)
    pins = TransactionPin.objects.filter(counts, user_id__in=user_ids)
    passkeys = Passkey.objects.filter(counts, user_id__in=user_ids, removed_at=None).order_by()
    apps = TotpFactor.objects.filter(
        counts, user_id__in=user_ids, confirmed_at__isnull=False, removed_at=None
    ).order_by()
    holders = {
        ApprovalMethod.PIN: set(pins.values_list("user_id", flat=True)),
        ApprovalMethod.PASSKEY: set(passkeys.values_list("user_id", flat=True)),
        ApprovalMethod.TOTP: set(apps.values_list("user_id", flat=True)),
    }
    holders[ApprovalMethod.EMAIL_OTP] = set(user_ids).difference(*holders.values())
    return {
        one: [method.value for method, people in holders.items() if one in people]
        for one in user_ids
    }
