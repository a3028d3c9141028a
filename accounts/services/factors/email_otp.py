"""Codes by e-mail: six digits, five minutes, five tries, good for one act on one device.

The cache keeps an HMAC over challenge, person, action, device and code; so the code itself is
nowhere but in the mail, and shown for another act or on another device it is a wrong code.
"""

from __future__ import annotations

import datetime as dt
import secrets
import uuid

from django.conf import settings

from accounts.choices import ChallengePurpose, MailKind
from accounts.errors import SecondFactorRefused, TooManyFactorTries
from accounts.models import User
from accounts.services.factors import short_memory
from accounts.services.factors.short_memory import Spent
from accounts.services.lookups import view_of_newcomer
from accounts.services.mail import queue_mail
from kernel.actor import Actor
from kernel.crypto import hash_token, keyed_hash, new_token
from kernel.transactions import opens_transaction

DIGITS = 6
SECONDS = 300
TRIES = 5
MOST_MAILS, MAILS_WINDOW_SECONDS = 5, 600


def issue(
    *,
    actor: Actor,
    user: User,
    action: str,
    device: str,
    now: dt.datetime,
    challenge: str | None = None,
) -> str:
    """Send the person a code for one act, and give the challenge it answers.

    The cache first, the mail second, outside any transaction: if it ends in between, there is a
    code that nobody knows.

    :param action: what it is for, for example `sign_in`; a code fits no other.
    :param device: by what the door knows the device.
    :param challenge: an opaque token that exists already; a new code for it replaces the older.
    :raises OneTimeCodesUnavailable: if the cache cannot be reached.
    :raises TooManyFactorTries: after five codes for one person within ten minutes.
    """
    window = short_memory.count(name=f"mails:{user.id}", seconds=MAILS_WINDOW_SECONDS)
    if window > MOST_MAILS:
        raise TooManyFactorTries("Too many codes were sent. Wait ten minutes, or use the last one.")
    challenge = challenge or new_token()
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    short_memory.keep(
        name=_name(challenge),
        mac=_mac(challenge=challenge, user_id=user.id, action=action, device=device, code=code),
        seconds=SECONDS,
    )
    _send(
        actor=actor,
        organization_id=user.organization_id,
        user=user,
        action=action,
        code=code,
        now=now,
    )
    return challenge


def verify(*, user: User, challenge: str, action: str, device: str, code: str) -> None:
    """Use the code up, if it is the one that was sent for exactly this.

    :raises SecondFactorRefused: if it is wrong, used, expired, or for another act, person, device.
    :raises OneTimeCodesUnavailable: if the cache cannot be reached.
    """
    if not fits(user=user, challenge=challenge, action=action, device=device, code=code):
        raise SecondFactorRefused(pointer="/code")


def fits(*, user: User, challenge: str, action: str, device: str, code: str) -> bool:
    """As `verify`, as an answer.

    :raises OneTimeCodesUnavailable: if the cache cannot be reached.
    """
    digits = "".join(code.split())
    mac = _mac(challenge=challenge, user_id=user.id, action=action, device=device, code=digits)
    return short_memory.spend(name=_name(challenge), mac=mac, tries=TRIES) is Spent.FITS


@opens_transaction(context=view_of_newcomer)
def _send(
    *,
    actor: Actor,
    organization_id: uuid.UUID | None,
    user: User,
    action: str,
    code: str,
    now: dt.datetime,
) -> None:
    queue_mail(
        actor=actor,
        user=user,
        kind=MailKind.ONE_TIME_CODE,
        variables={"code": code, "minutes": str(SECONDS // 60), "act": _words(action)},
        now=now,
        expires_at=now + dt.timedelta(seconds=SECONDS),
    )


def _words(action: str) -> str:
    """What the mail says the code is for: a person notices when it is not what they do."""
    known = dict(ChallengePurpose.choices)
    return known.get(action, action.replace("_", " ")).lower()


def _name(challenge: str) -> str:
    return hash_token(challenge).hex()


def _mac(*, challenge: str, user_id: uuid.UUID, action: str, device: str, code: str) -> bytes:
    parts = ("email-otp", challenge, str(user_id), action, device, code)
    return keyed_hash(key=settings.VAULTCRAFT_PEPPER, parts=parts)
