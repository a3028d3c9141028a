"""What a person does with their own devices: name them, trust them, revoke them."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts import policy
from accounts.choices import SessionEnd
from accounts.errors import DeviceTooNew
from accounts.models import Device, SignInSession, User
from accounts.queries import own_devices
from accounts.rules import cleaned_name
from accounts.services.devices.telling import tell
from accounts.services.factors.settling import proven_by_settled
from accounts.services.networks.standing import require_trusted_network
from accounts.services.sessions.ending import end_sessions
from kernel.actor import Actor
from kernel.context import reading
from kernel.errors import NotFound
from kernel.ids import made_at
from kernel.transactions import needs_transaction, opens_transaction

TRUST = "self.trust_device"
LABEL_LENGTH = 80
NEW_FOR = dt.timedelta(hours=24)


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


def trust_device(*, actor: Actor, device_id: uuid.UUID, now: dt.datetime) -> Device:
    """Say that a device is one's own: that it is new asks for no approval of payments any more.

    It is said from a network that may move their money, and on a device they have had for a day or
    trust; or with a factor they have had for a day. Otherwise a thief's device would vouch for
    itself. Once said, it changes nothing to say it again. Locks the device. Emits
    `accounts.device.trusted`; records `accounts.device.trust`, or `accounts.network.refuse`.

    :raises StepUpRequired: without a fresh proof of who they are.
    :raises NotFound: if the actor has no such device, or it was revoked.
    :raises DeviceTooNew: if what the actor is on is as new itself.
    :raises NetworkNotTrusted: if the actor's network is new to them.
    :raises CountryNotAllowed: if their organization lets no money move from there.
    :raises FactorsLatelyReset: if their second factors were reset and money still waits.
    """
    policy.require(actor, TRUST)
    with reading(actor):
        if not own_devices(actor).filter(id=device_id).exists():
            raise NotFound("There is no such device.")
    require_trusted_network(actor=actor, now=now)
    return _trust(actor=actor, device_id=device_id, now=now)


@opens_transaction
def _trust(*, actor: Actor, device_id: uuid.UUID, now: dt.datetime) -> Device:
    device = _locked(actor=actor, device_id=device_id)
    if device.trusted_at is None:
        if not _may_vouch(actor=actor, now=now):
            raise DeviceTooNew()
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
def _may_vouch(*, actor: Actor, now: dt.datetime) -> bool:
    if actor.id is None:
        return False
    if actor.device_id is not None and new_since(actor=actor, now=now) is None:
        return True
    session_id = actor.session_id
    return session_id is not None and proven_by_settled(
        user_id=actor.id, session_id=session_id, now=now
    )


@needs_transaction
def new_since(*, actor: Actor, now: dt.datetime) -> dt.datetime | None:
    """Since when the device the actor is on is known, if that is new and not trusted; else None.

    The age is in the device's id: only for one of the last day anything is read.
    """
    if actor.device_id is None or actor.id is None:
        return None
    since = made_at(actor.device_id)
    if now >= since + NEW_FOR:
        return None
    mine = Device.objects.filter(id=actor.device_id, user_id=actor.id, revoked_at=None)
    return None if mine.filter(trusted_at__lte=now).exists() else since


@needs_transaction
def _locked(*, actor: Actor, device_id: uuid.UUID) -> Device:
    device = own_devices(actor).filter(id=device_id).select_for_update(no_key=True).first()
    if device is None:
        raise NotFound("There is no such device.")
    return device
