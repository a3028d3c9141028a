"""Sending what waits: claimed for a time, tried a bounded number of times, deleted when sent.

A sender that dies between claiming and sending loses its claim when the lease runs out, and the
mail is sent by another. One that dies after the mail server took it, before the row is deleted,
makes the mail go out twice, under one Message-ID: no order of the two steps avoids both.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import logging
import smtplib
import uuid
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F

from accounts.errors import DataShredded
from accounts.models import PendingMail
from accounts.services.mail.queueing import COLUMN, TABLE
from accounts.services.mail.writing import Letter
from accounts.services.vault import Place, unseal
from kernel.actor import Actor
from kernel.sealing import Unreadable
from kernel.transactions import needs_transaction, opens_transaction

logger = logging.getLogger(__name__)

BATCH = 20
BATCHES = 5
LEASE = dt.timedelta(minutes=6)  # longer than a task may run
PAUSES = tuple(dt.timedelta(seconds=seconds) for seconds in (10, 60, 300, 900, 1800, 3600, 3600))
ATTEMPTS = len(PAUSES) + 1
DEAD_ARE_KEPT = dt.timedelta(days=30)
_SMTP_PERMANENT = 500


@dataclasses.dataclass(frozen=True, slots=True)
class Delivery:
    """What one sweep did: numbers of mails."""

    sent: int = 0
    put_off: int = 0
    died: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class _Claim:
    """A mail that is this sender's until the lease runs out.

    :param attempt: its number; whoever claims the mail later has a greater one.
    :param letter: None when it cannot be unsealed.
    """

    id: uuid.UUID
    attempt: int
    letter: Letter | None


@dataclasses.dataclass(frozen=True, slots=True)
class _Failure:
    """Why a mail was not sent; a final one is not tried again."""

    name: str
    final: bool = False


def deliver_due(*, actor: Actor, now: dt.datetime) -> Delivery:
    """Send what is due, at most `BATCH` * `BATCHES` mails. Many may run at once.

    A mail that fails is tried again after `PAUSES`, at most `ATTEMPTS` times and never after it
    expired; then it is dead: a row without its content, kept for `DEAD_ARE_KEPT`.

    :param actor: the program itself.
    """
    _bury(actor=actor, now=now)
    tally: Counter[str] = Counter()
    for _ in range(BATCHES):
        claims = _claim(actor=actor, now=now)
        with _mail_server() as server:
            for claim in claims:
                failure = _sent(server, claim)
                tally[_settle(actor=actor, claim=claim, failure=failure, now=now)] += 1
        if len(claims) < BATCH:
            break
    return Delivery(**tally)


@opens_transaction
def _bury(*, actor: Actor, now: dt.datetime) -> None:
    """Mail that expired unsent is dead, and the long dead are removed."""
    overdue = PendingMail.objects.filter(
        died_at=None, expires_at__lte=now, next_attempt_at__lte=now
    )
    number = overdue.update(sealed=None, died_at=now, failure="expired")
    if number:
        logger.error("mail_died", extra={"number": number, "failure": "expired"})
    PendingMail.objects.filter(died_at__lte=now - DEAD_ARE_KEPT).delete()


@opens_transaction
def _claim(*, actor: Actor, now: dt.datetime) -> list[_Claim]:
    """Take the oldest mails that are due and that nobody else is taking."""
    due = PendingMail.objects.filter(died_at=None, next_attempt_at__lte=now, expires_at__gt=now)
    rows = list(
        due.order_by("next_attempt_at", "id").select_for_update(of=("self",), skip_locked=True)[
            :BATCH
        ]
    )
    PendingMail.objects.filter(id__in=[row.id for row in rows]).update(
        attempts=F("attempts") + 1, next_attempt_at=now + LEASE
    )
    return [_Claim(row.id, row.attempts + 1, _letter(row)) for row in rows]


@needs_transaction
def _letter(row: PendingMail) -> Letter | None:
    try:
        plain = unseal(
            organization_id=row.organization_id,
            user_id=row.user_id,
            place=Place(table=TABLE, column=COLUMN, row_id=row.id),
            sealed=bytes(row.sealed or b""),
        )
    except (Unreadable, DataShredded):
        return None
    return Letter.from_bytes(plain)


@contextlib.contextmanager
def _mail_server() -> Iterator[BaseEmailBackend]:
    """One connection for a batch; closing it must not undo what was sent over it."""
    server = get_connection()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError):
            server.close()


def _sent(server: BaseEmailBackend, claim: _Claim) -> _Failure | None:
    """Hand the mail to the server; None when it took it."""
    if claim.letter is None:
        return _Failure("unreadable", final=True)
    try:
        server.open()
        server.send_messages([_message(claim.id, claim.letter)])
    except (OSError, ValueError) as error:  # smtplib's errors are OSErrors
        return _Failure(type(error).__name__, final=_is_final(error))
    return None


def _message(mail_id: uuid.UUID, letter: Letter) -> EmailMultiAlternatives:
    domain = urlsplit(settings.VAULTCRAFT_BASE_URL).hostname
    headers = {
        "Message-ID": f"<{mail_id}@{domain}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's vacation notice answers
    }
    if letter.choices:
        headers["List-Unsubscribe"] = f"<{letter.choices}>"  # RFC 2369, section 3.2
    message = EmailMultiAlternatives(
        subject=letter.subject, body=letter.body, to=[letter.to], headers=headers
    )
    if letter.html:
        message.attach_alternative(letter.html, "text/html")
    return message


def _is_final(error: Exception) -> bool:
    """Whether the server said that it never will take this mail (RFC 5321, section 4.2.1)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= _SMTP_PERMANENT for code, _ in error.recipients.values())
    return isinstance(error, ValueError)


@opens_transaction
def _settle(*, actor: Actor, claim: _Claim, failure: _Failure | None, now: dt.datetime) -> str:
    """Delete what was sent; put off what failed, or bury it. Says which field of `Delivery`."""
    own = PendingMail.objects.filter(id=claim.id, attempts=claim.attempt, died_at=None)
    if failure is None:
        own.delete()
        return "sent"
    logger.warning("mail_failed", extra={"mail": str(claim.id), "failure": failure.name})
    if failure.final or claim.attempt >= ATTEMPTS:
        own.update(sealed=None, died_at=now, failure=failure.name)
        logger.error("mail_died", extra={"number": 1, "failure": failure.name})
        return "died"
    own.update(next_attempt_at=now + PAUSES[claim.attempt - 1])
    return "put_off"
