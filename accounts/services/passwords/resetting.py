"""A new password for somebody who forgot it, through a link that goes to the mailbox.

The link replaces the password and nothing else: signing in afterwards takes the new password and,
where there is one, the second factor.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.auth.hashers import make_password

from accounts.actors import as_user
from accounts.choices import LinkPurpose, MailKind
from accounts.models import Device, MailedLink, User
from accounts.rules import check_password_strength
from accounts.services.attempts import Subject, address_subject, device_subject, forgive
from accounts.services.confirming import mark_confirmed
from accounts.services.links import (
    LIFETIMES,
    issue_link,
    lifetime_in_words,
    link_of,
    spend_link,
)
from accounts.services.lookups import view_of_newcomer
from accounts.services.mail import ask_for_mail, queue_mail
from accounts.services.passwords.replacing import replace_password
from audit.services import record
from kernel.actor import Actor
from kernel.context import Context, Scope, reading_as
from kernel.transactions import needs_transaction, opens_transaction

PURPOSE = LinkPurpose.RESET_PASSWORD
MOST_A_DAY, DAY = 5, dt.timedelta(days=1)


def ask_for_password_reset(*, actor: Actor, email: str, now: dt.datetime) -> None:
    """Have a link mailed to the address, if somebody signs in with it.

    Neither the answer nor the work tells whether somebody does: that is found out later
    (`accounts.services.answering`), and asking again within minutes is not answered again.

    :raises InvalidProfile: if it is no e-mail address.
    """
    ask_for_mail(actor=actor, kind=MailKind.RESET_PASSWORD, email=email, now=now)


@needs_transaction
def mail_reset_link(*, actor: Actor, user: User, ip: str | None, now: dt.datetime) -> None:
    """Answer such a request: a link to the person, whose earlier one ends.

    Not more than `MOST_A_DAY`: then nothing is sent, and the last link stays good. The caller has
    locked the person. Records `accounts.password.mail_link`, or `accounts.password.keep_link`.

    :param ip: where it was asked from.
    """
    issued = MailedLink.objects.filter(user=user, purpose=PURPOSE, issued_at__gt=now - DAY)
    if issued.count() >= MOST_A_DAY:
        _record(actor=actor, user=user, verb="keep_link", ip=ip, now=now)
        return
    token = issue_link(user=user, purpose=PURPOSE, now=now)
    queue_mail(
        actor=actor,
        user=user,
        kind=MailKind.RESET_PASSWORD,
        variables={"token": token, "lifetime": lifetime_in_words(PURPOSE)},
        now=now,
        expires_at=now + LIFETIMES[PURPOSE],
    )
    _record(actor=actor, user=user, verb="mail_link", ip=ip, now=now)


@needs_transaction
def _record(*, actor: Actor, user: User, verb: str, ip: str | None, now: dt.datetime) -> None:
    record(
        actor=actor,
        action=f"accounts.password.{verb}",
        subject_type="user",
        subject_id=user.id,
        organization_id=user.organization_id,
        metadata={"asked_from": ip},
        now=now,
    )


def reset_password(*, actor: Actor, token: str, password: str, now: dt.datetime) -> User:
    """Choose a new password with a mailed link. Signs nobody in, and ends every session.

    Whoever has the link has the mailbox, so the address is confirmed by it, and locks of the
    address and of the person's devices end. Locks the person. Emits `accounts.password.changed` and
    `accounts.session.revoked`; records `accounts.password.reset` by the person.

    :param actor: the stranger at the door.
    :raises InvalidLink: if it is unknown, for something else, used, replaced or expired.
    :raises WeakPassword: if the password is refused; the link stays good.
    """
    link = link_of(token=token, purpose=PURPOSE, now=now)
    check_password_strength(password, own=link.user.texts_about)
    user = _reset(
        actor=actor,
        organization_id=link.organization_id,
        link=link,
        password_hash=make_password(password),
        now=now,
    )
    forgive(actor=actor, subjects=_tried(user))
    return user


def _tried(user: User) -> list[Subject]:
    """Where the person may have mistyped the old password until it was locked."""
    with reading_as(Context(scope=Scope.SIGN_IN)):
        devices = Device.objects.filter(user=user, revoked_at=None).order_by("id")
        known = [device_subject(one) for one in devices.values_list("id", flat=True)]
    return [address_subject(user.email), *known]


@opens_transaction(context=view_of_newcomer)
def _reset(
    *,
    actor: Actor,
    organization_id: uuid.UUID | None,
    link: MailedLink,
    password_hash: str,
    now: dt.datetime,
) -> User:
    user = spend_link(link=link, now=now)
    mark_confirmed(actor=actor, user=user, now=now)
    replace_password(
        actor=as_user(actor=actor, user=user),
        user=user,
        password_hash=password_hash,
        verb="reset",
        keep_session_id=None,
        now=now,
    )
    return user
