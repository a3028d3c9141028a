"""Removing challenges nobody can answer any more; the audit record says what became of them."""

from __future__ import annotations

import datetime as dt

from accounts.models import FactorChallenge
from kernel.actor import Actor
from kernel.transactions import opens_transaction

# Longer than wrong answers are counted.
KEPT = dt.timedelta(days=1)
MOST_AT_ONCE = 5_000


@opens_transaction
def purge_challenges(*, actor: Actor, now: dt.datetime) -> int:
    """Remove at most `MOST_AT_ONCE` that ended a day ago, the oldest first; says how many."""
    old = FactorChallenge.objects.filter(expires_at__lt=now - KEPT).order_by("expires_at")
    ids = list(old.values_list("id", flat=True)[:MOST_AT_ONCE])
    removed, _ = FactorChallenge.objects.filter(id__in=ids).delete()
    return removed
