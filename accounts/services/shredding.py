"""Forgetting a person: the keys go, and with them all that was sealed, in every copy."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

from django.db.models import Q, QuerySet

from accounts import policy
from accounts.errors import PersonStillActive
from accounts.models import DataKey, Invitation, User
from accounts.services.networks.standing import from_known_network
from accounts.services.vault.keys import Owner, key_for_sealing
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.transactions import needs_transaction, opens_transaction

SHRED = "people.shred"
ERASED_NAME = "Erased person"

Erasure = Callable[..., None]
_erasures: list[Erasure] = []


def register_erasure(step: Erasure) -> None:
    """Let a room remove what it shows of a person in clear, called with ``user_id=``."""
    if step not in _erasures:
        _erasures.append(step)


@from_known_network(SHRED)
@opens_transaction
def shred_person(*, actor: Actor, user_id: uuid.UUID, now: dt.datetime) -> User:
    """Make everything sealed under a removed person's keys unreadable, for ever and everywhere.

    Name and address are replaced as well, and the address in their invitations; the row, the books
    and the audit records stay, which name the person by id alone. Twice is once. Locks the person
    and their keys. Emits `accounts.person.shredded`; records `accounts.person.shred`.

    :raises PermissionDenied: unless the actor carries `people.shred`.
    :raises NotFound: if there is no such person in the actor's view.
    :raises PersonStillActive: if the account is not closed yet.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    policy.require(actor, SHRED)
    people = User.objects.select_for_update(of=("self",), no_key=True)
    user = people.filter(id=user_id).first()
    if user is None:
        raise NotFound("There is no such person.")
    if user.is_active:
        raise PersonStillActive()
    if user.full_name == ERASED_NAME and not _live_keys(user).exists():
        return user
    _ensure_a_key(user=user, now=now)
    _shred_keys(user=user, now=now)
    for erase in _erasures:
        erase(user_id=user.id)
    _blank_invitations(user=user)
    user.full_name, user.email = ERASED_NAME, erased_address(user.id)
    user.set_unusable_password()
    user.save(update_fields=["full_name", "email", "password"])
    _tell(actor=actor, user=user, now=now)
    return user


def erased_address(user_id: uuid.UUID) -> str:
    """What stands where the address stood; it tells erased people apart, and no mail reaches it."""
    return f"erased-{user_id}@erased.invalid"


@needs_transaction
def _blank_invitations(*, user: User) -> None:
    """Those the person came by, and those that went to the same address in their organization."""
    theirs = Q(accepted_by=user) | Q(email=user.email, organization_id=user.organization_id)
    Invitation.objects.filter(theirs).update(email=erased_address(user.id))


@needs_transaction
def _shred_keys(*, user: User, now: dt.datetime) -> None:
    """Under their locks: a rotation may be adding one, which only the statement after them sees."""
    list(_live_keys(user).order_by("id").select_for_update(no_key=True))
    _live_keys(user).update(wrapped=None, shredded_at=now)


def _live_keys(user: User) -> QuerySet[DataKey]:
    return DataKey.objects.filter(user=user, shredded_at=None)


@needs_transaction
def _ensure_a_key(*, user: User, now: dt.datetime) -> None:
    """So that somebody who had nothing sealed cannot have anything sealed later either."""
    key_for_sealing(owner=Owner(user.organization_id, user.id), now=now)


@needs_transaction
def _tell(*, actor: Actor, user: User, now: dt.datetime) -> None:
    record(
        actor=actor,
        action="accounts.person.shred",
        subject_type="user",
        subject_id=user.id,
        organization_id=user.organization_id,
        now=now,
    )
    emit(
        name="accounts.person.shredded",
        organization_id=user.organization_id,
        subject_id=user.id,
        payload={"user_id": str(user.id)},
        actor=actor,
        now=now,
    )
