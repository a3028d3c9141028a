"""The ledger's own passes, in the order in which they run."""

from __future__ import annotations

from ledger.checker import accounts, entries, reach

PASSES = (*reach.PASSES, *entries.PASSES, *accounts.PASSES)
