"""What people do with the mail they get: those who are made up have nobody to read theirs."""

from __future__ import annotations

import datetime as dt

from accounts.choices import LinkPurpose
from accounts.models import User
from accounts.services.confirming import confirm_email
from accounts.services.links import issue_link, locked_person
from accounts.services.mail import deliver_due
from kernel.actor import Actor, Door, anonymous, system
from kernel.transactions import opens_transaction


def confirm_address(user: User, *, now: dt.datetime, request_id: str) -> User:
    """Open the link that confirms the address, as the person would; gives the person again.

    The mailed link ends, and one that is not mailed takes its place.
    """
    program = system(door=Door.COMMAND, request_id=request_id)
    token = _link(actor=program, user=user, now=now)
    stranger = anonymous(door=Door.COMMAND, request_id=request_id)
    return confirm_email(actor=stranger, token=token, now=now)


@opens_transaction
def _link(*, actor: Actor, user: User, now: dt.datetime) -> str:
    return issue_link(user=locked_person(user.id), purpose=LinkPurpose.CONFIRM_EMAIL, now=now)


def deliver_mail(*, now: dt.datetime, request_id: str) -> None:
    """Send what waits before its time in the story is over."""
    deliver_due(actor=system(door=Door.COMMAND, request_id=request_id), now=now)
