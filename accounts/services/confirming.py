"""Showing that the mailbox behind an address is one's own."""

from __future__ import annotations

import datetime as dt
import uuid

from accounts.actors import as_user
from accounts.choices import LinkPurpose, MailKind
from accounts.errors import TooManyMails
from accounts.models import MailedLink, User
from accounts.services.links import (
    LIFETIMES,
    issue_link,
    lifetime_in_words,
    link_of,
    locked_person,
    spend_link,
)
from accounts.services.lookups import view_of_newcomer
from accounts.services.mail import queue_mail
from audit.services import record
from events.services import emit
from kernel.actor import Actor, ActorKind
from kernel.errors import PermissionDenied
from kernel.transactions import needs_transaction, opens_transaction

PURPOSE = LinkPurpose.CONFIRM_EMAIL
PAUSE = dt.timedelta(minutes=1)
DAY, MAILS_A_DAY = dt.timedelta(days=1), 5


@needs_transaction
def mail_confirmation_link(*, actor: Actor, user: User, now: dt.datetime) -> None:
    """Send the person a link that confirms the address; an earlier one ends."""
    token = issue_link(user=user, purpose=PURPOSE, now=now)
    queue_mail(
        actor=actor,
        user=user,
        kind=MailKind.CONFIRM_EMAIL,
        variables={"token": token, "lifetime": lifetime_in_words(PURPOSE)},
        now=now,
        expires_at=now + LIFETIMES[PURPOSE],
    )


@opens_transaction
def resend_confirmation(*, actor: Actor, now: dt.datetime) -> None:
    """Send a fresh link to oneself; nothing happens when the address is confirmed already.

    Locks the person.

    :raises PermissionDenied: if the actor is no person.
    :raises TooManyMails: within `PAUSE` of the last one, or after `MAILS_A_DAY` in a day.
    """
    if actor.kind is not ActorKind.USER or actor.id is None:
        raise PermissionDenied("Only a person has an address to confirm.")
    user = locked_person(actor.id)
    if user.email_confirmed_at is not None:
        return
    _check_not_too_often(user=user, now=now)
    mail_confirmation_link(actor=actor, user=user, now=now)


@needs_transaction
def _check_not_too_often(*, user: User, now: dt.datetime) -> None:
    links = MailedLink.objects.filter(user=user, purpose=PURPOSE.value)
    recent = list(links.filter(issued_at__gt=now - DAY).order_by("-issued_at")[:MAILS_A_DAY])
    if recent and now - recent[0].issued_at < PAUSE:
        raise TooManyMails("Wait a minute before you ask for another one.")
    if len(recent) == MAILS_A_DAY:
        raise TooManyMails("Ask for another one tomorrow.")


def confirm_email(*, actor: Actor, token: str, now: dt.datetime) -> User:
    """The person behind the link has shown that the mailbox is theirs. Signs nobody in.

    Emits `accounts.user.email_confirmed`; records `accounts.user.confirm_email` by the person.

    :param actor: whoever came with the link, signed in or not.
    :raises InvalidLink: if it is unknown, for something else, used, replaced or expired.
    """
    link = link_of(token=token, purpose=PURPOSE, now=now)
    return _confirm(actor=actor, organization_id=link.organization_id, link=link, now=now)


@opens_transaction(context=view_of_newcomer)
def _confirm(
    *, actor: Actor, organization_id: uuid.UUID | None, link: MailedLink, now: dt.datetime
) -> User:
    user = spend_link(link=link, now=now)
    return mark_confirmed(actor=actor, user=user, now=now)


@needs_transaction
def mark_confirmed(*, actor: Actor, user: User, now: dt.datetime) -> User:
    """Note that the person has the mailbox; the first proof counts, a later one changes nothing."""
    if not User.objects.filter(id=user.id, email_confirmed_at=None).update(email_confirmed_at=now):
        return user
    user.email_confirmed_at = now
    person = as_user(actor=actor, user=user)
    record(
        actor=person,
        action="accounts.user.confirm_email",
        subject_type="user",
        subject_id=user.id,
        organization_id=user.organization_id,
        now=now,
    )
    emit(
        name="accounts.user.email_confirmed",
        organization_id=user.organization_id,
        subject_id=user.id,
        payload={"user_id": str(user.id)},
        actor=person,
        now=now,
    )
    return user
