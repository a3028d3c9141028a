"""Telling a person that somebody fails where only they should try."""

from __future__ import annotations

import datetime as dt

from accounts.choices import MailKind
from accounts.models import User
from accounts.services.challenges.claiming import MOST_WRONG, wrong_answers_of
from accounts.services.factors.passkeys import COUNTER_WENT_BACK
from accounts.services.mail import notify_security
from kernel.actor import Actor
from kernel.transactions import needs_transaction


@needs_transaction
def warn_person(*, actor: Actor, user: User, reason: str, now: dt.datetime) -> None:
    """Write to the person when the cap of wrong answers is reached, or a passkey looks copied.

    Not of each wrong answer: people mistype (ASVS 5.0, 6.3.5).
    """
    if reason == COUNTER_WENT_BACK:
        _write(actor=actor, user=user, kind=MailKind.PASSKEY_COPIED, now=now)
    if wrong_answers_of(user_id=user.id, now=now) == MOST_WRONG:
        _write(actor=actor, user=user, kind=MailKind.SECOND_STEP_GUESSED, now=now)


@needs_transaction
def _write(*, actor: Actor, user: User, kind: MailKind, now: dt.datetime) -> None:
    notify_security(actor=actor, user=user, kind=kind, variables={}, now=now)
