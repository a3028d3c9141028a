"""Is this a device its person has signed in on before? If not, it is from now on."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import QuerySet

from accounts.choices import MailKind
from accounts.models import Device, User
from accounts.services.devices.telling import tell
from accounts.services.mail import notify_security
from accounts.user_agents import label_of
from kernel.actor import Actor
from kernel.context import Context, Scope, reading_as
from kernel.crypto import hash_token, new_token
from kernel.transactions import needs_transaction, opens_transaction

# Somebody who signs in without ever showing a token would add a row each time.
MOST_DEVICES = 50


def known_device(*, user_id: uuid.UUID, token: str | None, now: dt.datetime) -> Device | None:
    """The person's own device behind a token, unless it was revoked. One query.

    Fails closed: another person's token, an unknown one and none at all are all nobody's.
    """
    if not token:
        return None
    with reading_as(Context(scope=Scope.SIGN_IN)):
        return _shown(user_id=user_id, token=token).filter(first_seen_at__lte=now).first()


@opens_transaction
def met_device(
    *, actor: Actor, user: User, token: str | None, user_agent: str, now: dt.datetime
) -> tuple[Device, str | None]:
    """The person's known device, or a new one and its token; for a completed sign-in.

    See `remember_device` for what a new one brings about.
    """
    known = _shown(user_id=user.id, token=token).first() if token else None
    if known is not None:
        return known, None
    return remember_device(actor=actor, user=user, user_agent=user_agent, now=now)


@needs_transaction
def remember_device(
    *, actor: Actor, user: User, user_agent: str, now: dt.datetime
) -> tuple[Device, str]:
    """A new device of the person, and the token that it is shown this once.

    They are told by mail, unless it is their first (ASVS 5.0, 6.3.5). Of more than `MOST_DEVICES`
    the one not seen for longest is forgotten; its sessions go on. Emits `accounts.device.added`;
    records `accounts.device.add`.

    :param actor: the person, once signed in (see `accounts.actors.as_user`).
    """
    token, is_first = new_token(), not Device.objects.filter(user=user).exists()
    device = Device.objects.create(
        user=user,
        organization_id=user.organization_id,
        token_hash=hash_token(token),
        label=label_of(user_agent),
        ip=actor.ip,
        first_seen_at=now,
        last_seen_at=now,
    )
    tell(actor=actor, device=device, verb="add", happened="added", now=now)
    if not is_first:
        words = {"device": device.label}
        notify_security(actor=actor, user=user, kind=MailKind.NEW_DEVICE, variables=words, now=now)
    _forget_beyond(actor=actor, user=user, now=now)
    return device, token


@needs_transaction
def _forget_beyond(*, actor: Actor, user: User, now: dt.datetime) -> None:
    live = Device.objects.filter(user=user, revoked_at=None)
    for device in live.order_by("-last_seen_at", "-id")[MOST_DEVICES:]:
        if Device.objects.filter(id=device.id, revoked_at=None).update(revoked_at=now):
            tell(actor=actor, device=device, verb="forget", happened="revoked", now=now)


def _shown(*, user_id: uuid.UUID, token: str) -> QuerySet[Device]:
    own = Device.objects.filter(user_id=user_id, revoked_at=None)
    return own.filter(token_hash=hash_token(token))
