"""What a person is told by mail about their PIN."""

from __future__ import annotations

import datetime as dt

from accounts.choices import MailKind
from accounts.models import User
from accounts.services.mail import notify_security, queue_mail
from accounts.services.pins.person import person_of
from kernel.actor import Actor
from kernel.transactions import needs_transaction


@needs_transaction
def notify(*, actor: Actor, kind: MailKind, now: dt.datetime, **variables: str) -> None:
    """Tell the actor what was done to their PIN, when and from where."""
    person = User.objects.get(id=person_of(actor))
    notify_security(actor=actor, user=person, kind=kind, variables=variables, now=now)


@needs_transaction
def send_link(*, actor: Actor, token: str, now: dt.datetime, expires_at: dt.datetime) -> None:
    """Mail the actor the link to choose a new PIN; it need not arrive once it is void."""
    queue_mail(
        actor=actor,
        user=User.objects.get(id=person_of(actor)),
        kind=MailKind.PIN_RESET,
        variables={"token": token, "minutes": str((expires_at - now).seconds // 60)},
        now=now,
        expires_at=expires_at,
    )
