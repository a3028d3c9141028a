"""Taking a factor away. Whose role needs a strong one keeps at least one."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts import policy
from accounts.choices import FactorMethod
from accounts.errors import LastStrongFactor
from accounts.models import Passkey, User
from accounts.services.factors.holdings import factors_of
from accounts.services.factors.places import MANAGE, where_they_are_known
from accounts.services.factors.recovery_codes import void_codes
from accounts.services.factors.telling import locked_person, tell_removed
from accounts.services.factors.totp import remove_totp_of
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.transactions import needs_transaction, opens_transaction


@where_they_are_known
@opens_transaction
def remove_totp(*, actor: Actor, now: dt.datetime) -> None:
    """Take the acting person's authenticator app away and erase its secret. Locks the person.

    With the last strong factor the recovery codes go too. Records `accounts.factor.remove`, emits
    `accounts.factor.removed`.

    :raises PermissionDenied: if the actor is no person.
    :raises StepUpRequired: without a fresh proof of who they are.
    :raises NotFound: if there is none.
    :raises LastStrongFactor: if it is the last of somebody whose role needs one.
    """
    policy.require(actor, MANAGE)
    user = locked_person(actor)
    if not remove_totp_of(user=user, now=now):
        raise NotFound("There is no authenticator app.")
    _settle(actor=actor, user=user, method=FactorMethod.TOTP, now=now)


@where_they_are_known
@opens_transaction
def remove_passkey(*, actor: Actor, passkey_id: uuid.UUID, now: dt.datetime) -> None:
    """Take one of the acting person's passkeys away; as `remove_totp`.

    :raises PermissionDenied: if the actor is no person.
    :raises StepUpRequired: without a fresh proof of who they are.
    :raises NotFound: if there is no such passkey of theirs.
    :raises LastStrongFactor: if it is the last of somebody whose role needs one.
    """
    policy.require(actor, MANAGE)
    user = locked_person(actor)
    removed = Passkey.objects.filter(id=passkey_id, user=user, removed_at=None)
    if not removed.update(removed_at=now):
        raise NotFound("There is no such passkey.")
    _settle(actor=actor, user=user, method=FactorMethod.PASSKEY, now=now)


@needs_transaction
def _settle(*, actor: Actor, user: User, method: FactorMethod, now: dt.datetime) -> None:
    """What follows from the removal; refusing here undoes it with the transaction."""
    if not factors_of(user.id).is_strong:
        if policy.needs_strong_factor(role=user.role, platform_role=user.platform_role):
            raise LastStrongFactor()
        void_codes(user=user, now=now)
    tell_removed(actor=actor, user=user, method=method, now=now)
