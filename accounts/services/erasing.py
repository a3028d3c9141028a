"""Erasing a person: what was sealed is unreadable for ever, and the name is gone.

Nothing brings it back: where staff's acts take a second person, or the roles of the person's
organization do, another super admin agrees first.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Protocol

from django.db.models import Q

from accounts import policy
from accounts.choices import ERASED_AT
from accounts.errors import PersonStillActive
from accounts.models import Invitation, PendingAct, User
from accounts.rules import ERASED_NAME
from accounts.services.networks.standing import from_known_network
from accounts.services.pending_acts.erasing import hold_acts_of
from accounts.services.pending_acts.making import make_pending
from accounts.services.pending_acts.needing import Subject, under_dual_control
from accounts.services.pending_acts.registry import Agreed, Facts, PendingKind, Result
from accounts.services.vault import has_live_keys, shred_keys
from audit.services import record
from events.services import emit
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.transactions import needs_transaction, opens_transaction

SHRED = "people.shred"


class Erasure(Protocol):
    """A room's part of an erasure: what it shows of the person in clear, what it keeps for them."""

    def __call__(self, *, user_id: uuid.UUID, actor: Actor, now: dt.datetime) -> None: ...


_erasures: list[Erasure] = []


def register_erasure(step: Erasure) -> None:
    """Let a room take part; everything goes in the transaction that erases."""
    if step not in _erasures:
        _erasures.append(step)


@from_known_network(SHRED)
@opens_transaction
def shred_person(*, actor: Actor, user_id: uuid.UUID, now: dt.datetime) -> User | PendingAct:
    """Make everything sealed under a removed person's keys unreadable, for ever and everywhere.

    Name and address are replaced as well, and the address in their invitations; the row, the books
    and the audit records stay, which name the person by id alone; their wallets are suspended, so
    that nobody pays them any more. Twice is once. Locks the acts
    they asked for or decided, then the person and their keys. Emits `accounts.person.shredded`;
    records `accounts.person.shred`. Where staff's acts take a second person, or roles of the
    person's organization do, the answer is the pending act, and nothing else has happened; for the
    program itself, a command on the server, they do not.

    :raises PermissionDenied: unless the actor carries `people.shred`.
    :raises NotFound: if there is no such person in the actor's view.
    :raises PersonStillActive: if the account is not closed yet.
    :raises NetworkNotTrusted: if the actor is on a network that is new to them.
    """
    policy.require(actor, SHRED)
    hold_acts_of(user_id)
    user = _closed(user_id)
    if _is_erased(user):
        return user
    if _takes_two(actor=actor, user=user):
        return make_pending(
            actor=actor,
            kind=ERASURE.name,
            organization_id=None,
            facts={"user_id": str(user.id)},
            now=now,
        )
    return _erase(actor=actor, user=user, now=now)


@needs_transaction
def _takes_two(*, actor: Actor, user: User) -> bool:
    """Whoever is erased never comes back: of an organization it is as removing an officer."""
    home = user.organization_id
    return under_dual_control(actor=actor, subject=Subject.ROLES, organization_id=home)


def erased_address(user_id: uuid.UUID) -> str:
    """What stands where the address stood; it tells erased people apart, and no mail reaches it."""
    return f"erased-{user_id}{ERASED_AT}"


@needs_transaction
def _closed(user_id: uuid.UUID) -> User:
    people = User.objects.select_for_update(of=("self",), no_key=True)
    user = people.filter(id=user_id).first()
    if user is None:
        raise NotFound("There is no such person.")
    if user.is_active:
        raise PersonStillActive()
    return user


@needs_transaction
def _is_erased(user: User) -> bool:
    # Anybody may be called what erased people are called; nobody else has such an address.
    return user.email == erased_address(user.id) and not has_live_keys(user)


@needs_transaction
def _erase(*, actor: Actor, user: User, now: dt.datetime) -> User:
    _blank_invitations(user=user)
    user.full_name, user.email = ERASED_NAME, erased_address(user.id)
    user.set_unusable_password()
    user.save(update_fields=["full_name", "email", "password"])
    shred_keys(user=user, now=now)  # keys end where the person is erased: a trigger holds it
    for erase in _erasures:  # names leave acts where the person is erased: a trigger holds it
        erase(user_id=user.id, actor=actor, now=now)
    _tell(actor=actor, user=user, now=now)
    return user


@needs_transaction
def _blank_invitations(*, user: User) -> None:
    """Those the person came by, and those that went to the same address in their organization."""
    theirs = Q(accepted_by=user) | Q(email=user.email, organization_id=user.organization_id)
    Invitation.objects.filter(theirs).update(email=erased_address(user.id))


@needs_transaction
def _execute(agreed: Agreed) -> Result:
    user = _closed(uuid.UUID(agreed.facts["user_id"]))
    if not _is_erased(user):  # somebody else did meanwhile
        _erase(actor=agreed.maker, user=user, now=agreed.now)
    return Result("user", user.id)


@needs_transaction
def _take_turns(act: PendingAct) -> None:
    hold_acts_of(uuid.UUID(act.facts["user_id"]))


def _summary(_: Facts) -> str:
    return "Somebody's keys, name and address are destroyed, here and in every backup"


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


ERASURE = PendingKind(
    name="accounts.erasure",
    title="Erasing a person",
    permission_to_make=SHRED,
    permission_to_check=SHRED,
    summarize=_summary,
    execute=_execute,
    take_turns=_take_turns,
)
