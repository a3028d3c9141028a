"""The passes over wallets, transfers, customers' holds and limits, in the order they run in."""

from __future__ import annotations

from wallets.checker import doors, holds, limits, telling, transfers

PASSES = (
    *transfers.PASSES,
    *doors.PASSES,
    *telling.PASSES,
    *holds.PASSES,
    *limits.PASSES,
)
