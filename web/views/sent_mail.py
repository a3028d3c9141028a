"""What this installation mailed, for whoever develops it. Only local settings route it."""

from __future__ import annotations

import dataclasses
import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

SHOWN = 50
LARGEST_BYTES = 1_000_000
# What Django's file backend writes after each message.
_BETWEEN = b"\n" + b"-" * 79 + b"\n"


@dataclasses.dataclass(frozen=True, slots=True)
class SentMail:
    """One message as it went out."""

    to: str
    subject: str
    at: str
    body: str


@never_cache
@require_safe
def sent_mail(request: HttpRequest) -> HttpResponse:
    """The newest mails first, as text."""
    found = list(_newest_first(Path(settings.EMAIL_FILE_PATH)))[:SHOWN]
    return render(request, "web/sent_mail.html", {"mails": found})


def _newest_first(directory: Path) -> Iterator[SentMail]:
    files = sorted(directory.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[:SHOWN]:
        with path.open("rb") as file:
            written = file.read(LARGEST_BYTES)
        for message in reversed(written.split(_BETWEEN)):
            if message.strip():
                yield _read(message)


def _read(written: bytes) -> SentMail:
    message = email.message_from_bytes(written, EmailMessage, policy=email.policy.default)
    assert isinstance(message, EmailMessage)  # the policy's
    return SentMail(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        at=str(message["Date"]),
        body=str(message.get_content()),
    )
