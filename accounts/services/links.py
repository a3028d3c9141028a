"""Links that go out by mail: issued, recognized and spent, once, for one purpose."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import connection

from accounts.choices import LinkPurpose
from accounts.errors import InvalidLink
from accounts.models import MailedLink, User
from kernel.context import Context, Scope, reading_as
from kernel.crypto import hash_token, new_token
from kernel.transactions import needs_transaction

LIFETIMES: dict[LinkPurpose, dt.timedelta] = {
    LinkPurpose.CONFIRM_EMAIL: dt.timedelta(hours=24),
    LinkPurpose.RESET_PASSWORD: dt.timedelta(minutes=30),
}


@needs_transaction
def issue_link(*, user: User, purpose: LinkPurpose, now: dt.datetime) -> str:
    """A token of 256 bits for one purpose; the person's earlier one for it ends.

    The caller holds a lock that makes the person's links take turns: on the person, or because the
    person is new.
    """
    withdraw_links(user=user, purpose=purpose, now=now)
    token = new_token()
    MailedLink.objects.create(
        organization_id=user.organization_id,
        user=user,
        purpose=purpose.value,
        token_hash=hash_token(token),
        issued_at=now,
        expires_at=now + LIFETIMES[purpose],
    )
    return token


@needs_transaction
def withdraw_links(*, user: User, purpose: LinkPurpose, now: dt.datetime) -> None:
    """End the person's open link for this purpose."""
    rows = MailedLink.objects.filter(user=user, purpose=purpose.value)
    rows.filter(used_at=None, withdrawn_at=None).update(withdrawn_at=now)


def link_of(*, token: str, purpose: LinkPurpose, now: dt.datetime) -> MailedLink:
    """The open link behind a token, with its person. It is not spent by looking.

    :raises InvalidLink: if it is unknown, for something else, used, replaced or expired, or its
        person does not count any more. One answer for all of them.
    """
    with reading_as(Context(scope=Scope.SIGN_IN)):
        rows = MailedLink.objects.select_related("user__organization")
        link = rows.filter(
            token_hash=hash_token(token),
            purpose=purpose.value,
            used_at=None,
            withdrawn_at=None,
            expires_at__gt=now,
        ).first()
    if link is None or not link.user.may_sign_in:
        raise InvalidLink()
    return link


@needs_transaction
def spend_link(*, link: MailedLink, now: dt.datetime) -> User:
    """Use the link, if nobody has meanwhile, and give its person as they are now.

    Locks the person, as whoever issues links does, then the link.

    :raises InvalidLink: if it was used, replaced or has expired, or the person was removed.
    """
    user = locked_person(link.user_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_mailedlink SET used_at = %s WHERE id = %s AND used_at IS NULL"
            " AND withdrawn_at IS NULL AND expires_at > %s RETURNING id",
            [now, link.id, now],
        )
        if cursor.fetchone() is None or not user.may_sign_in:
            raise InvalidLink()
    return user


@needs_transaction
def locked_person(user_id: uuid.UUID) -> User:
    """The person with their organization, locked FOR NO KEY UPDATE."""
    people = User.objects.select_related("organization")
    return people.select_for_update(of=("self",), no_key=True).get(id=user_id)


def lifetime_in_words(purpose: LinkPurpose) -> str:
    """As a mail says it."""
    minutes = int(LIFETIMES[purpose].total_seconds() // 60)
    return f"{minutes} minutes" if minutes < 60 else f"{minutes // 60} hours"
