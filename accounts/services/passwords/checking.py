"""The one place where a password somebody typed is compared with a hash."""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.auth.hashers import make_password
from django.contrib.auth.hashers import verify_password as verify_hash

from accounts.choices import MailKind
from accounts.errors import InvalidProfile, TooManyAttempts
from accounts.models import User
from accounts.services.attempts import (
    Attempt,
    address_subject,
    device_subject,
    give_back,
    network_subject,
    remember_lock,
    take,
)
from accounts.services.lookups import view_of_newcomer
from accounts.services.mail import ask_for_mail
from kernel.actor import Actor
from kernel.transactions import opens_transaction


def password_fits(
    *,
    actor: Actor,
    user: User | None,
    email: str,
    password: str,
    now: dt.datetime,
    device_id: uuid.UUID | None = None,
) -> bool:
    """Whether the password is the person's. One hash is computed, whatever the answer.

    The try counts for the address and for the network it comes from; on a device its person has
    signed in on before for that device alone (`accounts.services.attempts`). Under a lock nothing
    is compared and the answer is no, for the right password too; the mail about the lock is asked
    for, whoever the address is of. A hash of another cost is renewed on the way.

    :param user: None for an address nobody has.
    :param email: the address as it was typed.
    :param device_id: a device of this person, who has shown its token.
    :raises TooManyAttempts: if the network is locked, which says nothing about any address.
    """
    tries = _taken(actor=actor, email=email, device_id=device_id, now=now)
    if tries[0].allowed and user is not None:
        right = _matches(user=user, password=password)
    else:
        make_password(password)
        right = False
    if right:
        give_back(actor=actor, attempts=tries)
    else:
        _note_failure(actor=actor, tries=tries, email=email, now=now)
    return right


def _taken(
    *, actor: Actor, email: str, device_id: uuid.UUID | None, now: dt.datetime
) -> list[Attempt]:
    """The tries, counted; the first says whether anything may be compared."""
    if device_id is not None:
        return [take(actor=actor, subject=device_subject(device_id), now=now)]
    of_network = _from_network(actor=actor, now=now)
    return [take(actor=actor, subject=address_subject(email), now=now), *of_network]


def _from_network(*, actor: Actor, now: dt.datetime) -> list[Attempt]:
    if actor.ip is None:
        return []
    attempt = take(actor=actor, subject=network_subject(actor.ip), now=now)
    if not attempt.allowed:
        raise TooManyAttempts()
    return [attempt]


def _note_failure(*, actor: Actor, tries: list[Attempt], email: str, now: dt.datetime) -> None:
    for attempt in tries:
        remember_lock(attempt=attempt, now=now)
    if tries[0].lock is None:
        return
    try:
        ask_for_mail(actor=actor, kind=MailKind.SIGN_IN_LOCKED, email=email, now=now)
    except InvalidProfile:
        return  # what was typed is no address


def _matches(*, user: User, password: str) -> bool:
    correct, outdated = verify_hash(password, user.password)
    if correct and outdated:
        stronger = make_password(password)
        if _strengthen_hash(
            organization_id=user.organization_id,
            user_id=user.id,
            before=user.password,
            password_hash=stronger,
        ):
            user.password = stronger  # the same password, and what is compared from now on
    return correct


@opens_transaction(context=view_of_newcomer)
def _strengthen_hash(
    *, organization_id: uuid.UUID | None, user_id: uuid.UUID, before: str, password_hash: str
) -> bool:
    """Keep the same password under today's cost, unless it changed meanwhile; whether it was."""
    renewed = User.objects.filter(id=user_id, password=before).update(password=password_hash)
    return renewed == 1
