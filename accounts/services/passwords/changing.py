"""A new password by somebody who is signed in and knows the present one."""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.auth.hashers import make_password

from accounts import policy
from accounts.errors import WrongPassword
from accounts.models import User
from accounts.rules import check_password_strength
from accounts.services.links import locked_person
from accounts.services.passwords.checking import password_fits
from accounts.services.passwords.replacing import replace_password
from audit.services import record
from kernel.actor import Actor, ActorKind
from kernel.context import reading
from kernel.errors import PermissionDenied
from kernel.transactions import opens_transaction

CHANGE = "self.change_password"


def change_password(
    *,
    actor: Actor,
    session_id: uuid.UUID,
    old_password: str,
    new_password: str,
    now: dt.datetime,
) -> None:
    """Give oneself a new password. All sessions but this one end (ASVS 5.0, 6.2.2, 6.2.3, 7.4.3).

    Trying the present one counts like a sign-in. Locks the person. Emits
    `accounts.password.changed` and `accounts.session.revoked`; records `accounts.password.change`,
    or `accounts.password.fail_to_change`.

    :param session_id: the one the request came in.
    :raises PermissionDenied: if the actor is no person.
    :raises StepUpRequired: without a fresh proof of who they are.
    :raises WeakPassword: if the new one is refused.
    :raises WrongPassword: if the present one does not fit, or was tried too often.
    :raises TooManyAttempts: if the network tried too many.
    """
    policy.require(actor, CHANGE)
    if actor.kind is not ActorKind.USER or actor.id is None:
        raise PermissionDenied("Only a person has a password.")
    with reading(actor):
        user = User.objects.select_related("organization").get(id=actor.id)
    check_password_strength(new_password, own=user.texts_about, pointer="/new_password")
    if not password_fits(
        actor=actor,
        user=user,
        email=user.email,
        password=old_password,
        device_id=actor.device_id,
        now=now,
    ):
        _record_failure(actor=actor, user_id=user.id, now=now)
        raise WrongPassword(pointer="/old_password")
    _change(
        actor=actor,
        user_id=user.id,
        before=user.password,
        password_hash=make_password(new_password),
        session_id=session_id,
        now=now,
    )


@opens_transaction
def _change(
    *,
    actor: Actor,
    user_id: uuid.UUID,
    before: str,
    password_hash: str,
    session_id: uuid.UUID,
    now: dt.datetime,
) -> None:
    user = locked_person(user_id)
    if user.password != before:  # another change, or a reset, came between
        raise WrongPassword(pointer="/old_password")
    replace_password(
        actor=actor,
        user=user,
        password_hash=password_hash,
        verb="change",
        keep_session_id=session_id,
        now=now,
    )


@opens_transaction
def _record_failure(*, actor: Actor, user_id: uuid.UUID, now: dt.datetime) -> None:
    record(
        actor=actor,
        action="accounts.password.fail_to_change",
        subject_type="user",
        subject_id=user_id,
        organization_id=actor.organization_id,
        metadata={"reason": "wrong_password"},
        now=now,
    )
