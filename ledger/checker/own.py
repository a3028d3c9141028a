"""The ledger's own passes, in the order in which they run."""

from __future__ import annotations

from ledger.checker import (
    accounts,
    by_hand,
    entries,
    holds,
    organizations,
    periods,
    reach,
    reversals,
    sealed,
    told,
)

PASSES = (
    *reach.PASSES,
    *organizations.PASSES,
    *entries.PASSES,
    *accounts.PASSES,
    *holds.PASSES,
    *reversals.PASSES,
    *by_hand.PASSES,
    *periods.PASSES,
    *sealed.PASSES,
    *told.PASSES,
)
