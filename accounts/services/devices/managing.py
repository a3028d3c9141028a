"""What a person does with their own devices: name them, trust them, revoke them."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts.choices import SessionEnd
from accounts.models import Device, SignInSession, User
from accounts.queries import own_devices
from accounts.rules import cleaned_name
from accounts.services.devices.telling import tell
from accounts.services.sessions.ending import end_sessions
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.transactions import needs_transaction, opens_transaction

LABEL_LENGTH = 80


@opens_transaction
def rename_device(*, actor: Actor, device_id: uuid.UUID, label: str, now: dt.datetime) -> Device:
    """Call one of one's own devices something else. Records `accounts.device.rename`.

    :raises NotFound: if the actor has no such device, or it was revoked.
    :raises InvalidProfile: on a name that is none.
    """
    device = _locked(actor=actor, device_id=device_id)
    device.label = cleaned_name(label, pointer="/name", maximum=LABEL_LENGTH)
    device.save(update_fields=["label"])
    tell(actor=actor, device=device, verb="rename", happened=None, now=now)
    return device


@opens_transaction
def trust_device(*, actor: Actor, device_id: uuid.UUID, now: dt.datetime) -> Device:
    """Say that a device is one's own; once said, it changes nothing to say it again.

    Emits `accounts.device.trusted`; records `accounts.device.trust`.

    :raises NotFound: if the actor has no such device, or it was revoked.
    """
    device = _locked(actor=actor, device_id=device_id)
    if device.trusted_at is None:
        device.trusted_at = now
        device.save(update_fields=["trusted_at"])
        tell(actor=actor, device=device, verb="trust", happened="trusted", now=now)
    return device


@opens_transaction
def revoke_device(*, actor: Actor, device_id: uuid.UUID, now: dt.datetime) -> int:
    """Recognize a device no more, end its sessions, and say how many ended.

    Locks the device, then its sessions. Emits `accounts.device.revoked` and records
    `accounts.device.revoke`, besides what `end_sessions` does.

    :raises NotFound: if the actor has no such device, or it was revoked before.
    """
    device = _locked(actor=actor, device_id=device_id)
    device.revoked_at = now
    device.save(update_fields=["revoked_at"])
    tell(actor=actor, device=device, verb="revoke", happened="revoked", now=now)
    sessions = SignInSession.objects.filter(device=device)
    return end_sessions(actor=actor, sessions=sessions, reason=SessionEnd.DEVICE_REVOKED, now=now)


@needs_transaction
def forget_devices_of(*, actor: Actor, user: User, now: dt.datetime) -> None:
    """Recognize none of a person's devices any more, in id order; their sessions go on.

    Emits `accounts.device.revoked` and records `accounts.device.forget` for each.
    """
    live = Device.objects.filter(user=user, revoked_at=None).order_by("id")
    for device in list(live.select_for_update(no_key=True)):
        device.revoked_at = now
        device.save(update_fields=["revoked_at"])
        tell(actor=actor, device=device, verb="forget", happened="revoked", now=now)


@needs_transaction
def _locked(*, actor: Actor, device_id: uuid.UUID) -> Device:
    device = own_devices(actor).filter(id=device_id).select_for_update(no_key=True).first()
    if device is None:
        raise NotFound("There is no such device.")
    return device
