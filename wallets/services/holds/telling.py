"""Evidence and events of holds."""

from __future__ import annotations

import datetime as dt

from audit.services import record
from events.services import emit
from kernel.actor import Actor
from wallets.models import WalletHold


def tell(*, actor: Actor, hold: WalletHold, verb: str, happened: str, now: dt.datetime) -> None:
    """Record `wallets.hold.<verb>` and emit `wallets.hold.<happened>`."""
    reserved = hold.hold
    # The wallet of another organization is hidden from here.
    destination = None if hold.counterparty_organization_id else hold.destination_id
    facts: dict[str, object] = {
        "hold_id": str(hold.hold_id),
        "source_wallet_id": str(hold.source_id),
        "destination_wallet_id": str(destination) if destination else None,
        "amount_minor": reserved.amount_minor,
        "captured_minor": reserved.captured_minor,
        "released_minor": reserved.released_minor,
        "fee_minor": reserved.fee_minor,
        "fee_captured_minor": reserved.fee_captured_minor,
        "currency": hold.currency_id,
        "expires_at": reserved.expires_at.isoformat(),
    }
    record(
        actor=actor,
        action=f"wallets.hold.{verb}",
        subject_type="hold",
        subject_id=hold.hold_id,
        organization_id=hold.organization_id,
        metadata=facts,
        now=now,
    )
    emit(
        name=f"wallets.hold.{happened}",
        organization_id=hold.organization_id,
        subject_id=hold.hold_id,
        payload=facts,
        actor=actor,
        now=now,
    )
