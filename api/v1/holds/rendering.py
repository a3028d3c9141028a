"""Holds as one viewer may see them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from api.v1.rendering import instant, shown
from api.v1.transfers.rendering import Viewer, rendered_approval, rendered_end, rendered_maker
from kernel import ids
from ledger.choices import HoldState
from wallets.models import WalletHold
from wallets.policy import hold_state


@dataclasses.dataclass(frozen=True, slots=True)
class Standing:
    """How a hold stands, in minor units."""

    state: str
    captured_minor: int
    released_minor: int
    fee_captured_minor: int
    ended_at: dt.datetime | None


def standing_at(hold: WalletHold, *, now: dt.datetime) -> Standing:
    """How a hold stands now. Time ends it, whether a posting has released it yet or not."""
    kept = hold.hold
    state = hold_state(kept.state, expires_at=kept.expires_at, now=now)
    taken = kept.captured_minor, kept.fee_captured_minor
    if state == kept.state:
        return Standing(state, taken[0], kept.released_minor, taken[1], kept.ended_at)
    return Standing(state, taken[0], kept.amount_minor - taken[0], taken[1], kept.expires_at)


# The answer to who placed it: kept, or rendered again, it has the same bytes for ever.
AS_PLACED = Standing(HoldState.OPEN, 0, 0, 0, None)


def rendered_hold(hold: WalletHold, *, viewer: Viewer, standing: Standing) -> dict[str, Any]:
    """One hold."""
    asked = viewer.asked(hold)
    kept, currency = hold.hold, hold.currency_id
    there = hold.counterparty_organization_id or hold.organization_id
    remaining_minor = kept.amount_minor - standing.captured_minor - standing.released_minor
    is_open = standing.state == HoldState.OPEN
    fee_left_minor = kept.fee_minor - standing.fee_captured_minor if is_open else 0
    return {
        "id": ids.encode("hld", hold.hold_id),
        "state": standing.state,
        "amount_minor": kept.amount_minor,
        "captured_minor": standing.captured_minor,
        "released_minor": standing.released_minor,
        "remaining_minor": remaining_minor,
        "fee_minor": kept.fee_minor,
        "fee_captured_minor": standing.fee_captured_minor,
        "fee_remaining_minor": fee_left_minor,
        "currency": currency,
        "display": shown(kept.amount_minor, currency),
        "remaining_display": shown(remaining_minor, currency),
        "source": rendered_end(hold, "source", own=viewer.at_home(hold.organization_id)),
        "destination": rendered_end(hold, "destination", own=viewer.at_home(there)),
        "description": hold.description,
        "metadata": hold.metadata if asked else None,
        "made_by": rendered_maker(hold) if asked else None,
        "approval": rendered_approval(hold) if asked else None,
        "created_at": instant(hold.created_at),
        "expires_at": instant(kept.expires_at),
        "ended_at": instant(standing.ended_at),
    }
