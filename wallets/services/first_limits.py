"""What people may spend until somebody who knows the business says otherwise: by tier.

An unverified person gets what people without identification may spend by law: 150 euros a month
(Directive (EU) 2015/849, article 12, as amended in 2018), 10,000 rupees a month (Reserve Bank of
India, Master Directions on Prepaid Payment Instruments, small PPIs). Who is confirmed by details
gets 1,000 euros a day, from which on a transfer takes a verified originator (FATF, Recommendation
16). The other currencies' amounts are these, rounded. Decision 44 says why there are none for the
highest tier.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping

from django.db import connection

from accounts.policy import require
from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction
from kyc.choices import Tier
from ledger.queries import currencies
from wallets.choices import WalletKind
from wallets.models import LimitRule
from wallets.services.terms import SET_LIMITS, write_limit_rule

# Whole units of the currency, in a day and in a month.
FIRST_LIMITS: Mapping[str, Mapping[Tier, tuple[int, int]]] = {
    "AED": {Tier.UNVERIFIED: (200, 600), Tier.BASIC: (4_000, 20_000)},
    "EUR": {Tier.UNVERIFIED: (50, 150), Tier.BASIC: (1_000, 5_000)},
    "GBP": {Tier.UNVERIFIED: (40, 130), Tier.BASIC: (850, 4_250)},
    "INR": {Tier.UNVERIFIED: (5_000, 10_000), Tier.BASIC: (1_00_000, 5_00_000)},
    "JPY": {Tier.UNVERIFIED: (8_000, 24_000), Tier.BASIC: (1_60_000, 8_00_000)},
    "KWD": {Tier.UNVERIFIED: (15, 45), Tier.BASIC: (330, 1_650)},
    "SGD": {Tier.UNVERIFIED: (70, 210), Tier.BASIC: (1_400, 7_000)},
    "USD": {Tier.UNVERIFIED: (50, 150), Tier.BASIC: (1_000, 5_000)},
}


@opens_transaction
def set_first_limits(*, actor: Actor, now: dt.datetime) -> int:
    """Set them as general rules, for currencies in which no tier ever had one.

    A second time it does nothing, also about what was changed or withdrawn since. At once with
    itself it takes turns. Records and emits what `set_limit_rule` does, for each rule.

    :returns: for how many currencies.
    :raises PermissionDenied: unless the actor carries `wallets.set_limits`.
    """
    require(actor, SET_LIMITS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('first limits', 0))")
    ruled = LimitRule.objects.filter(organization=None, tier__isnull=False)
    known = set(ruled.values_list("currency_id", flat=True))
    missing = [one for one in currencies() if one.code in FIRST_LIMITS.keys() - known]
    for currency in missing:
        _set(actor=actor, currency=currency.code, unit=10**currency.exponent, now=now)
    return len(missing)


@needs_transaction
def _set(*, actor: Actor, currency: str, unit: int, now: dt.datetime) -> None:
    for (tier, (day, month)), kind in itertools.product(FIRST_LIMITS[currency].items(), WalletKind):
        facts = {
            "organization_id": None,
            "wallet_kind": str(kind),
            "currency": currency,
            "tier": int(tier),
            "day_minor": day * unit,
            "month_minor": month * unit,
        }
        write_limit_rule(actor=actor, facts=facts, now=now)
