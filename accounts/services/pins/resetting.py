"""A forgotten PIN: a link by mail, a new PIN, and a day's wait unless a second factor speaks.

Whoever reads a person's mail must not be able to take over their PIN with it. So the link alone
does not do: with a second factor that is not the mailbox, and that the person has had for a day (so
longer than the link lives: nobody adds it for the purpose), the new PIN counts at once; without one
it counts after a day, in which the old one goes on and every notice offers to call it off. An old
one that does not count yet is replaced at once: it may be a thief's, and nothing hangs on it.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import QuerySet

from accounts.choices import MailKind
from accounts.errors import InvalidPinReset, PinNotSet
from accounts.models import PinReset, TransactionPin
from accounts.services.factors.settling import proven_by_settled
from accounts.services.pins.hashing import hash_pin
from accounts.services.pins.notices import notify, send_link
from accounts.services.pins.person import person_of
from accounts.services.pins.rules import checked_pin
from accounts.services.pins.setting import tell
from accounts.services.pins.trying import apply_due_reset
from audit.services import record
from kernel.actor import Actor
from kernel.context import reading
from kernel.crypto import hash_token, new_token
from kernel.transactions import needs_transaction, opens_transaction

LINK_LASTS = dt.timedelta(minutes=30)
WAIT = dt.timedelta(hours=24)


@opens_transaction
def request_pin_reset(*, actor: Actor, now: dt.datetime) -> None:
    """Mail the actor a link under which a new PIN can be chosen. It ends an earlier one.

    Records `accounts.pin_reset.request`.

    :raises PinNotSet: if there is no PIN to forget.
    """
    user_id = person_of(actor)
    if not TransactionPin.objects.filter(user_id=user_id).exists():
        raise PinNotSet()
    apply_due_reset(user_id=user_id, now=now)
    _open(user_id).update(cancelled_at=now)
    token = new_token()
    reset = PinReset.objects.create(
        user_id=user_id,
        organization_id=actor.organization_id,
        token_hash=hash_token(token),
        requested_at=now,
        expires_at=now + LINK_LASTS,
    )
    _record(actor=actor, reset=reset, verb="request", now=now)
    send_link(actor=actor, token=token, now=now, expires_at=reset.expires_at)


def choose_forgotten_pin(*, actor: Actor, token: str, pin: str, now: dt.datetime) -> dt.datetime:
    """Choose the new PIN, and say from when it counts.

    Now, if this session lately proved a second factor other than the mailbox that the person has
    had for a day; else in a day.
    Records `accounts.pin_reset.choose` with that time, and tells the person by mail.

    :raises WeakPin: if it may not be one.
    :raises InvalidPinReset: unless the link is the actor's, fresh, unused and not called off.
    """
    user_id = person_of(actor)
    checked_pin(pin)
    pin_hash = hash_pin(user_id=user_id, pin=pin)
    effective_at = now if _proven(actor, now) else now + WAIT
    _choose(
        actor=actor,
        user_id=user_id,
        token_hash=hash_token(token),
        pin_hash=pin_hash,
        effective_at=effective_at,
        now=now,
    )
    return effective_at


@needs_transaction
def counts_at_once(*, actor: Actor, token: str, now: dt.datetime) -> bool:
    """Whether a PIN chosen under this link now would count now, and not in a day.

    :raises InvalidPinReset: unless the link is the actor's, fresh, unused and not called off.
    """
    user_id = person_of(actor)
    if not _usable(user_id=user_id, token_hash=hash_token(token), now=now).exists():
        raise InvalidPinReset()
    session_id = actor.session_id
    return session_id is not None and proven_by_settled(
        user_id=user_id, session_id=session_id, now=now
    )


def _proven(actor: Actor, now: dt.datetime) -> bool:
    """Whether this session's person has just shown something that no mailbox leads to."""
    if actor.session_id is None:
        return False
    with reading(actor):
        return proven_by_settled(user_id=person_of(actor), session_id=actor.session_id, now=now)


@opens_transaction
def _choose(
    *,
    actor: Actor,
    user_id: uuid.UUID,
    token_hash: bytes,
    pin_hash: str,
    effective_at: dt.datetime,
    now: dt.datetime,
) -> None:
    usable = _usable(user_id=user_id, token_hash=token_hash, now=now)
    reset = usable.select_for_update(no_key=True).first()
    if reset is None:
        raise InvalidPinReset()
    if _replace_waiting(user_id=user_id, pin_hash=pin_hash, counts_from=effective_at, now=now):
        reset.applied_at = now
    reset.used_at, reset.pin_hash, reset.effective_at = now, pin_hash, effective_at
    reset.save(update_fields=["used_at", "pin_hash", "effective_at", "applied_at"])
    _record(actor=actor, reset=reset, verb="choose", now=now, effective_at=effective_at.isoformat())
    if reset.applied_at is not None:
        tell(actor=actor, user_id=user_id, verb="reset", now=now, counts_from=effective_at)
        return
    if effective_at <= now:
        apply_due_reset(user_id=user_id, now=now)
        tell(actor=actor, user_id=user_id, verb="reset", now=now)
    else:
        until = f"{effective_at:%d %B %Y, %H:%M} UTC"
        notify(actor=actor, kind=MailKind.PIN_RESET_WAITS, until=until, now=now)


@needs_transaction
def _replace_waiting(
    *, user_id: uuid.UUID, pin_hash: str, counts_from: dt.datetime, now: dt.datetime
) -> bool:
    """Whether the PIN did not count yet, and so is this one now. Locks its row."""
    waiting = TransactionPin.objects.filter(user_id=user_id, counts_from__gt=now)
    replaced = waiting.update(
        pin_hash=pin_hash, set_at=now, counts_from=counts_from, tries=0, locked_until=None
    )
    return replaced > 0


@opens_transaction
def cancel_pin_reset(*, actor: Actor, now: dt.datetime) -> None:
    """Call off a new PIN that waits, or the link to choose one.

    Records `accounts.pin_reset.cancel`.

    :raises InvalidPinReset: if there is none.
    """
    user_id = person_of(actor)
    apply_due_reset(user_id=user_id, now=now)
    reset = _open(user_id).select_for_update(no_key=True).first()
    if reset is None:
        raise InvalidPinReset("There is nothing to call off.")
    reset.cancelled_at = now
    reset.save(update_fields=["cancelled_at"])
    _record(actor=actor, reset=reset, verb="cancel", now=now)


@needs_transaction
def _record(
    *, actor: Actor, reset: PinReset, verb: str, now: dt.datetime, **metadata: object
) -> None:
    record(
        actor=actor,
        action=f"accounts.pin_reset.{verb}",
        subject_type="user",
        subject_id=reset.user_id,
        organization_id=actor.organization_id,
        metadata=metadata,
        now=now,
    )


def _usable(*, user_id: uuid.UUID, token_hash: bytes, now: dt.datetime) -> QuerySet[PinReset]:
    return _open(user_id).filter(token_hash=token_hash, used_at=None, expires_at__gt=now)


def _open(user_id: uuid.UUID) -> QuerySet[PinReset]:
    return PinReset.objects.filter(user_id=user_id, applied_at=None, cancelled_at=None)
