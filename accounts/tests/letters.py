"""Reading the mail that this room sends, as its addressee would."""

from __future__ import annotations

import datetime as dt
import re

from django.core import mail

from accounts.services.answering import answer_mail_requests
from accounts.services.mail import deliver_due
from accounts.tests.builders import ROOT

_TOKEN = re.compile(r"^http://testserver/[a-z-]+/([\w-]{43})$", re.MULTILINE)


def delivered(*, now: dt.datetime) -> list[str]:
    """Do what the worker does; the subjects of what was sent, in order, with their addressees.

    Doors mail by the real clock, while the world of the tests was founded at a fixed instant. What
    its founding mailed has expired by then, so the worker buries it and the log says `mail_died`.
    """
    mail.outbox = []
    answer_mail_requests(actor=ROOT, now=now)
    deliver_due(actor=ROOT, now=now)
    return [f"{sent.to[0]}: {sent.subject}" for sent in mail.outbox]


def token_in_mail(*, to: str, subject: str) -> str:
    """The token of the link in the last mail with this subject, out of what was delivered."""
    bodies = [str(m.body) for m in mail.outbox if m.to == [to] and m.subject == subject]
    found = _TOKEN.search(bodies[-1])
    assert found, bodies[-1]
    return found.group(1)


def invitation_mailed_to(address: str, *, now: dt.datetime) -> str:
    """The token that only the invited has, out of the newest mail to the address."""
    delivered(now=now)
    (subject,) = {m.subject for m in mail.outbox if m.to == [address]}
    return token_in_mail(to=address, subject=str(subject))


CONFIRM = "Confirm your e-mail address"
RESET = "Choose a new password"
CHANGED = "Your password was changed"
ATTEMPTED = "Somebody tried to register with your address"
LOCKED = "Many failed sign-ins to your account"
