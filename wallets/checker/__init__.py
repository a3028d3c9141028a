"""The passes over wallets, transfers, customers' holds and limits, in the order they run in."""

from __future__ import annotations

from wallets.checker import holds, limits, telling, transfers

PASSES = (*transfers.PASSES, *telling.PASSES, *holds.PASSES, *limits.PASSES)
