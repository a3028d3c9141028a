"""Proving who one is with an e-mail address and a password."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings

from accounts.errors import InvalidCredentials, InvalidProfile, OrganizationSuspended
from accounts.models import User
from accounts.rules import normalized_email
from accounts.services.lookups import view_of_newcomer
from accounts.services.passwords import password_fits
from audit.services import record
from kernel.actor import Actor
from kernel.context import Context, Scope, reading_as
from kernel.crypto import keyed_hash
from kernel.transactions import opens_transaction


def verify_password(*, actor: Actor, email: str, password: str, now: dt.datetime) -> User:
    """The person behind an address and a password, with their organization.

    An unknown address, a wrong password and a removed person give one answer in one time: the hash
    is computed in any case. A failure is recorded as `accounts.sign_in.fail` in a transaction of
    its own, with a keyed hash of the address that was tried. Too many failures lock the address
    for a while, whoever it is of: then the right password is answered like a wrong one, and the
    person is told by mail.

    :param actor: the stranger at the door.
    :raises InvalidCredentials: unless both fit an active person.
    :raises TooManyAttempts: if the network failed too often, whatever the addresses.
    :raises OrganizationSuspended: if they fit, but the organization is suspended.
    """
    user = _person(email)
    if not password_fits(actor=actor, user=user, email=email, password=password, now=now):
        _refuse(actor=actor, user=user, email=email, reason="wrong_credentials", now=now)
        raise InvalidCredentials()
    assert user is not None  # password_fits
    if not user.is_active:
        _refuse(actor=actor, user=user, email=email, reason="removed", now=now)
        raise InvalidCredentials()
    if not user.may_sign_in:
        _refuse(actor=actor, user=user, email=email, reason="organization_suspended", now=now)
        raise OrganizationSuspended()
    return user


def _person(email: str) -> User | None:
    try:
        address = normalized_email(email)
    except InvalidProfile:
        return None
    with reading_as(Context(scope=Scope.SIGN_IN)):
        return User.objects.select_related("organization").filter(email=address).first()


def _refuse(*, actor: Actor, user: User | None, email: str, reason: str, now: dt.datetime) -> None:
    tried = keyed_hash(key=settings.VAULTCRAFT_PEPPER, parts=("sign-in", email.strip().lower()))
    _record_failure(
        actor=actor,
        organization_id=user.organization_id if user else None,
        user_id=user.id if user else None,
        metadata={"reason": reason, "email_hash": tried.hex()},
        now=now,
    )


@opens_transaction(context=view_of_newcomer)
def _record_failure(
    *,
    actor: Actor,
    organization_id: uuid.UUID | None,
    user_id: uuid.UUID | None,
    metadata: dict[str, object],
    now: dt.datetime,
) -> None:
    record(
        actor=actor,
        action="accounts.sign_in.fail",
        subject_type="user",
        subject_id=user_id,
        organization_id=organization_id,
        metadata=metadata,
        now=now,
    )
