"""Which methods a challenge takes. The one place: asking, judging and sending again look here."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from accounts.choices import ChallengePurpose, FactorMethod
from accounts.models import TransactionPin, User
from accounts.services.factors.holdings import Factors
from kernel.transactions import needs_transaction


@needs_transaction
def methods_for(
    *, user: User, factors: Factors, purpose: str, now: dt.datetime
) -> tuple[FactorMethod, ...]:
    """The methods, the best first; none where a PIN is the only way."""
    if purpose != ChallengePurpose.APPROVE:
        return factors.methods
    counts = Q(counts_from=None) | Q(counts_from__lte=now)
    has_pin = TransactionPin.objects.filter(counts, user_id=user.id).exists()
    return factors.methods_to_approve(has_pin=has_pin, now=now)
