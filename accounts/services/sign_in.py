"""Proving who one is with an e-mail address and a password."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings

from accounts.errors import InvalidCredentials, InvalidProfile, OrganizationSuspended
from accounts.models import Device, User
from accounts.rules import normalized_email
from accounts.services.lookups import view_of_newcomer
from accounts.services.passwords import password_fits
from audit.services import record
from kernel.actor import Actor
from kernel.context import Context, Scope, reading_as
from kernel.crypto import hash_token, keyed_hash
from kernel.transactions import opens_transaction


def verify_password(
    *,
    actor: Actor,
    email: str,
    password: str,
    now: dt.datetime,
    device_token: str | None = None,
) -> User:
    """The person behind an address and a password, with their organization.

    An unknown address, a wrong password and a removed person give one answer in one time: the hash
    is computed in any case. A failure is recorded as `accounts.sign_in.fail` in a transaction of
    its own, with a keyed hash of the address that was tried. Too many failures lock the address
    for a while, whoever it is of: then the right password is answered like a wrong one, and the
    person is told by mail. On a device the person has signed in on before tries are counted apart,
    so whoever guesses elsewhere does not lock them out there.

    :param actor: the stranger at the door.
    :param device_token: of the device, if it shows one.
    :raises InvalidCredentials: unless both fit an active person.
    :raises TooManyAttempts: if the network failed too often, whatever the addresses.
    :raises OrganizationSuspended: if they fit, but the organization is suspended.
    """
    user = _person(email)
    if not password_fits(
        actor=actor,
        user=user,
        email=email,
        password=password,
        device_id=_own_device(user=user, token=device_token),
        now=now,
    ):
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


def _own_device(*, user: User | None, token: str | None) -> uuid.UUID | None:
    """The person's device behind a token. Asked for whoever the address is of, and then compared.

    So the same is done for every address; what it costs tells of the token alone.
    """
    if not token:
        return None
    with reading_as(Context(scope=Scope.SIGN_IN)):
        device = Device.objects.filter(token_hash=hash_token(token), revoked_at=None).first()
    ours = user is not None and device is not None and device.user_id == user.id
    return device.id if ours and device is not None else None


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
