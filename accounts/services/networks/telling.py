"""What is kept and told of networks."""

from __future__ import annotations

import datetime as dt

from accounts.models import Network
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.transactions import needs_transaction


@needs_transaction
def tell(
    *, actor: Actor, network: Network, verb: str, happened: str | None, now: dt.datetime
) -> None:
    """Record `accounts.network.<verb>`; emit `accounts.network.<happened>`, if anything."""
    opens_at = network.opens_at.isoformat() if network.opens_at else None
    record(
        actor=actor,
        action=f"accounts.network.{verb}",
        subject_type="network",
        subject_id=network.id,
        organization_id=network.organization_id,
        metadata={"user_id": str(network.user_id), "opens_at": opens_at},
        now=now,
    )
    if happened is None:
        return
    emit(
        name=f"accounts.network.{happened}",
        organization_id=network.organization_id,
        subject_id=network.id,
        payload={
            "network_id": str(network.id),
            "user_id": str(network.user_id),
            "prefix": network.prefix,
            "opens_at": opens_at,
        },
        actor=actor,
        now=now,
    )
