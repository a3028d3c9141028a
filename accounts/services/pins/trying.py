"""Trying a PIN. A try is counted, and the count committed, before anybody looks at the PIN.

However many guesses arrive at once, each has to pass one conditional UPDATE of the person's row
first, and PostgreSQL lets three through. What is in flight when a process dies stays counted. The
database alone holds this; Redis only watches for one guess at many people (`spraying`).

A locked PIN locks nothing else: the wallet, its incoming money and other methods of approval go on.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid

import structlog
from django.db import connection

from accounts.choices import MailKind
from accounts.errors import PinLocked, PinNotSet, PinTooNew, WrongPin
from accounts.models import TransactionPin
from accounts.services.pins import spraying
from accounts.services.pins.hashing import pin_fits
from accounts.services.pins.notices import notify
from accounts.services.pins.person import person_of
from accounts.services.pins.rules import LOCKED, MAX_TRIES
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.context import reading
from kernel.transactions import needs_transaction, opens_transaction

log = structlog.get_logger(__name__)

# What waited long enough counts from here on, before the tries at it do.
_APPLY_DUE = """
WITH due AS (
    UPDATE accounts_pinreset SET applied_at = %(now)s
    WHERE user_id = %(user)s AND used_at IS NOT NULL AND applied_at IS NULL
      AND cancelled_at IS NULL AND effective_at <= %(now)s
    RETURNING pin_hash, effective_at
)
UPDATE accounts_transactionpin p
SET pin_hash = due.pin_hash, set_at = due.effective_at, tries = 0, locked_until = NULL,
    counts_from = least(p.counts_from, due.effective_at)
FROM due WHERE p.user_id = %(user)s
"""
_COUNT = """
UPDATE accounts_transactionpin SET
    tries = CASE WHEN locked_until IS NULL THEN tries + 1 ELSE 1 END,
    locked_until = CASE WHEN locked_until IS NULL AND tries + 1 = %(most)s THEN %(until)s END
WHERE user_id = %(user)s AND (locked_until IS NULL OR locked_until <= %(now)s)
RETURNING pin_hash, tries, locked_until
"""


@dataclasses.dataclass(frozen=True, slots=True)
class _Try:
    pin_hash: str
    number: int
    locked_until: dt.datetime | None


def require_counting_pin(*, actor: Actor, now: dt.datetime) -> None:
    """Go on unless the actor's PIN does not approve payments yet. No try is counted.

    :raises PinTooNew: if so; `counts_from` in its facts.
    """
    with reading(actor):
        pin = TransactionPin.objects.filter(user_id=person_of(actor)).first()
    if pin is not None and pin.counts_from is not None and pin.counts_from > now:
        raise PinTooNew(facts={"counts_from": pin.counts_from.isoformat()})


def verify_pin(*, actor: Actor, pin: str, now: dt.datetime) -> None:
    """Go on only if this is the actor's PIN; then the tries count anew.

    Counts first, in a transaction of its own, and checks afterwards with no transaction open. A
    wrong one is recorded as `accounts.pin.fail`; the third also as `accounts.pin.lock`, with the
    event `accounts.pin.locked` and a notice by mail. Without Redis the three tries hold all the
    same; spraying over many people is not watched for then.

    :raises PinNotSet: if there is none.
    :raises PinLocked: if it is locked; right or wrong, the PIN is not looked at.
    :raises WrongPin: if it is another; `tries_left` in its facts.
    :raises PinsRefused: while too many people's PINs are guessed from the actor's network or in
        its organization. Not counted as a try.
    """
    user_id = person_of(actor)
    watched = spraying.watch(actor=actor, user_id=user_id, now=now)
    try_ = _count(actor=actor, user_id=user_id, now=now)
    if pin_fits(user_id=user_id, pin=pin, pin_hash=try_.pin_hash):
        _begin_anew(actor=actor, user_id=user_id, pin_hash=try_.pin_hash)
        watched.forget()
        return
    _fail(actor=actor, user_id=user_id, try_=try_, now=now)
    if try_.locked_until is not None:
        raise _locked(try_.locked_until)
    left = MAX_TRIES - try_.number
    words = f"The PIN is wrong. {left} {'try is' if left == 1 else 'tries are'} left."
    raise WrongPin(words, facts={"tries_left": left}, pointer="/pin")


@opens_transaction
def _count(*, actor: Actor, user_id: uuid.UUID, now: dt.datetime) -> _Try:
    apply_due_reset(user_id=user_id, now=now)
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT, {"user": str(user_id), "now": now, "until": now + LOCKED, "most": MAX_TRIES}
        )
        row = cursor.fetchone()
    if row is not None:
        return _Try(*row)
    pin = TransactionPin.objects.filter(user_id=user_id).first()
    if pin is None:
        raise PinNotSet()
    raise _locked(pin.locked_until or now)


@needs_transaction
def apply_due_reset(*, user_id: uuid.UUID, now: dt.datetime) -> None:
    """Let a successor whose time has come be the PIN. Locks the rows of reset and PIN."""
    with connection.cursor() as cursor:
        cursor.execute(_APPLY_DUE, {"user": str(user_id), "now": now})


@opens_transaction
def _begin_anew(*, actor: Actor, user_id: uuid.UUID, pin_hash: str) -> None:
    """The tries count anew, unless the PIN has become another one meanwhile."""
    TransactionPin.objects.filter(user_id=user_id, pin_hash=pin_hash).update(
        tries=0, locked_until=None
    )


@opens_transaction
def _fail(*, actor: Actor, user_id: uuid.UUID, try_: _Try, now: dt.datetime) -> None:
    def tell(verb: str, **metadata: object) -> None:
        record(
            actor=actor,
            action=f"accounts.pin.{verb}",
            subject_type="user",
            subject_id=user_id,
            organization_id=actor.organization_id,
            metadata=metadata,
            now=now,
        )

    tell("fail", tries=try_.number)
    if try_.locked_until is None:
        return
    until = try_.locked_until.isoformat()
    tell("lock", locked_until=until)
    emit(
        name="accounts.pin.locked",
        organization_id=actor.organization_id,
        subject_id=user_id,
        payload={"user_id": str(user_id), "locked_until": until},
        actor=actor,
        now=now,
    )
    words = f"{try_.locked_until:%d %B %Y, %H:%M} UTC"
    notify(actor=actor, kind=MailKind.PIN_LOCKED, until=words, now=now)


def _locked(until: dt.datetime) -> PinLocked:
    return PinLocked(
        "The PIN was wrong three times. It unlocks by itself; your wallets are not affected.",
        facts={"locked_until": until.isoformat()},
    )
