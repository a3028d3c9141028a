"""What is kept and told of devices."""

from __future__ import annotations

import datetime as dt

from accounts.models import Device
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.transactions import needs_transaction


@needs_transaction
def tell(
    *, actor: Actor, device: Device, verb: str, happened: str | None, now: dt.datetime
) -> None:
    """Record `accounts.device.<verb>`; emit `accounts.device.<happened>`, if anything."""
    record(
        actor=actor,
        action=f"accounts.device.{verb}",
        subject_type="device",
        subject_id=device.id,
        organization_id=device.organization_id,
        metadata={"user_id": str(device.user_id), "label": device.label},
        now=now,
    )
    if happened is None:
        return
    emit(
        name=f"accounts.device.{happened}",
        organization_id=device.organization_id,
        subject_id=device.id,
        payload={
            "device_id": str(device.id),
            "user_id": str(device.user_id),
            "label": device.label,
        },
        actor=actor,
        now=now,
    )
