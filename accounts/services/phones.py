"""A person's own phone number: set, taken back, shown whole on demand."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts import policy
from accounts.errors import PhoneNotFound
from accounts.models import Phone, User
from accounts.rules import normalized_phone
from accounts.services.vault import Place, blind_index, seal, unseal
from audit.services import record
from events.services import emit
from kernel.actor import Actor, ActorKind
from kernel.errors import PermissionDenied
from kernel.transactions import needs_transaction, opens_transaction

FIELD = "phone"
CHANGE, REVEAL = "self.change_phone", "self.reveal"
_CHANGES = ["sealed", "blind_index", "last_digits", "set_at"]


@opens_transaction
def set_phone(*, actor: Actor, phone: str, now: dt.datetime) -> Phone:
    """Keep the actor's phone number in place of the one before. Locks the person.

    Emits `accounts.phone.changed`; records `accounts.phone.set`, without the number.

    :raises PermissionDenied: if the actor is no person.
    :raises StepUpRequired: without a fresh proof of who they are.
    :raises InvalidProfile: if it is no international number.
    :raises DataShredded: if the person was erased.
    """
    policy.require(actor, CHANGE)
    number, user = normalized_phone(phone), _locked(actor)
    row = Phone.objects.filter(user=user).first() or Phone(
        user=user, organization_id=user.organization_id
    )
    row.sealed = seal(
        organization_id=user.organization_id,
        user_id=user.id,
        place=_place(row.id),
        plain=number.encode(),
        now=now,
    )
    row.blind_index = blind_index(field=FIELD, text=number)
    row.last_digits, row.set_at = number[-2:], now
    row.save(update_fields=None if row._state.adding else _CHANGES)
    _tell(actor=actor, verb="set", now=now)
    return row


@opens_transaction
def remove_phone(*, actor: Actor, now: dt.datetime) -> None:
    """Forget the actor's phone number; without one, nothing happens. Locks the person.

    Emits `accounts.phone.changed`; records `accounts.phone.remove`.

    :raises PermissionDenied: if the actor is no person.
    :raises StepUpRequired: without a fresh proof of who they are.
    """
    policy.require(actor, CHANGE)
    removed, _ = Phone.objects.filter(user=_locked(actor)).delete()
    if removed:
        _tell(actor=actor, verb="remove", now=now)


@opens_transaction
def reveal_phone(*, actor: Actor, now: dt.datetime) -> str:
    """The actor's own number in clear. Records `accounts.phone.reveal`.

    :raises PermissionDenied: if the actor is no person.
    :raises StepUpRequired: without a fresh proof of who they are.
    :raises PhoneNotFound: if there is no number.
    """
    policy.require(actor, REVEAL)
    user = _locked(actor)
    row = Phone.objects.filter(user=user).first()
    if row is None:
        raise PhoneNotFound()
    number = unseal(
        organization_id=user.organization_id,
        user_id=user.id,
        place=_place(row.id),
        sealed=row.sealed,
    )
    _record(actor=actor, verb="reveal", now=now)
    return number.decode()


@needs_transaction
def erase_phone(*, user_id: uuid.UUID, **_: object) -> None:
    """Leave nothing of an erased person's number, its last digits included."""
    Phone.objects.filter(user_id=user_id).delete()


@needs_transaction
def _locked(actor: Actor) -> User:
    if actor.kind is not ActorKind.USER or actor.id is None:
        raise PermissionDenied("Only people have phone numbers here.")
    return User.objects.select_for_update(of=("self",), no_key=True).get(id=actor.id)


def _place(row_id: uuid.UUID) -> Place:
    return Place("accounts_phone", "sealed", row_id)


@needs_transaction
def _tell(*, actor: Actor, verb: str, now: dt.datetime) -> None:
    _record(actor=actor, verb=verb, now=now)
    assert actor.id is not None  # _locked
    emit(
        name="accounts.phone.changed",
        organization_id=actor.organization_id,
        subject_id=actor.id,
        payload={"user_id": str(actor.id)},
        actor=actor,
        now=now,
    )


@needs_transaction
def _record(*, actor: Actor, verb: str, now: dt.datetime) -> None:
    record(
        actor=actor,
        action=f"accounts.phone.{verb}",
        subject_type="user",
        subject_id=actor.id,
        organization_id=actor.organization_id,
        now=now,
    )
