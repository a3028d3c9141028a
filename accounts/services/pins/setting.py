"""Setting a first PIN, and changing it with the old one."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import IntegrityError

from accounts import policy
from accounts.choices import MailKind
from accounts.errors import PinAlreadySet, WeakPin
from accounts.models import PinReset, TransactionPin
from accounts.services.factors.settling import SETTLES
from accounts.services.networks.standing import require_known_network
from accounts.services.pins.hashing import hash_pin
from accounts.services.pins.notices import notify
from accounts.services.pins.person import person_of
from accounts.services.pins.rules import checked_pin
from accounts.services.pins.trying import verify_pin
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction

SET = "self.set_pin"


def set_pin(*, actor: Actor, pin: str, now: dt.datetime) -> dt.datetime:
    """Give the actor a first PIN, if they have just proven a second factor in this session.

    Whoever found a signed-in browser must not be able to give the account a PIN of their own. It
    approves payments at once if what was proven counts already (an app or a passkey); else after
    the time that a new factor takes to settle, in which the person has the mail about it. Until
    then they approve as without one.

    Records `accounts.pin.set`, emits `accounts.pin.set`, tells the person by mail.

    :returns: from when it counts.

    :raises WeakPin: if it may not be one.
    :raises PinAlreadySet: if there is one.
    :raises StepUpRequired: if no second factor was proven lately.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    policy.require(actor, SET)
    user_id = person_of(actor)
    checked_pin(pin)
    require_known_network(actor=actor, now=now)
    counts_from = now if actor.proven_settled else now + SETTLES
    pin_hash = hash_pin(user_id=user_id, pin=pin)
    _insert(actor=actor, user_id=user_id, pin_hash=pin_hash, counts_from=counts_from, now=now)
    return counts_from


def change_pin(*, actor: Actor, current_pin: str, pin: str, now: dt.datetime) -> None:
    """Replace the actor's PIN. A wrong old one counts as a try like any other.

    A successor that waits (see `resetting`) is called off. Records `accounts.pin.change`, emits
    `accounts.pin.set`, tells the person by mail.

    :raises WeakPin: if the new one may not be one, or is the old one: before the old one is tried.
    :raises VaultCraftError: what `verify_pin` raises.
    """
    user_id = person_of(actor)
    if checked_pin(pin) == current_pin:
        raise WeakPin("The new PIN is the old one.", pointer="/pin")
    verify_pin(actor=actor, pin=current_pin, now=now)
    _change(actor=actor, user_id=user_id, pin_hash=hash_pin(user_id=user_id, pin=pin), now=now)


@opens_transaction
def _insert(
    *,
    actor: Actor,
    user_id: uuid.UUID,
    pin_hash: str,
    counts_from: dt.datetime,
    now: dt.datetime,
) -> None:
    pin = TransactionPin(
        user_id=user_id,
        organization_id=actor.organization_id,
        pin_hash=pin_hash,
        set_at=now,
        counts_from=counts_from,
    )
    try:
        pin.save(force_insert=True)
    except IntegrityError as error:
        raise PinAlreadySet() from error
    tell(actor=actor, user_id=user_id, verb="set", now=now, counts_from=counts_from)


@opens_transaction
def _change(*, actor: Actor, user_id: uuid.UUID, pin_hash: str, now: dt.datetime) -> None:
    TransactionPin.objects.filter(user_id=user_id).update(
        pin_hash=pin_hash, set_at=now, tries=0, locked_until=None
    )
    PinReset.objects.filter(user_id=user_id, applied_at=None, cancelled_at=None).update(
        cancelled_at=now
    )
    tell(actor=actor, user_id=user_id, verb="change", now=now)


@needs_transaction
def tell(
    *,
    actor: Actor,
    user_id: uuid.UUID,
    verb: str,
    now: dt.datetime,
    counts_from: dt.datetime | None = None,
) -> None:
    """Record `accounts.pin.<verb>`, emit `accounts.pin.set` and tell the person by mail.

    :param counts_from: where it does not count yet.
    """
    waiting = counts_from if counts_from is not None and counts_from > now else None
    record(
        actor=actor,
        action=f"accounts.pin.{verb}",
        subject_type="user",
        subject_id=user_id,
        organization_id=actor.organization_id,
        metadata={"counts_from": waiting.isoformat()} if waiting else {},
        now=now,
    )
    emit(
        name="accounts.pin.set",
        organization_id=actor.organization_id,
        subject_id=user_id,
        payload={"user_id": str(user_id)},
        actor=actor,
        now=now,
    )
    until = f"{waiting:%d %B %Y, %H:%M} UTC" if waiting else "now"
    notify(actor=actor, kind=MailKind.PIN_SET, until=until, now=now)
