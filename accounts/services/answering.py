"""Answering requests for mail, behind the door: here it is found out whose address it is."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from accounts.choices import MailKind
from accounts.models import MailRequest, User
from accounts.services.mail import queue_mail
from accounts.services.passwords import mail_reset_link
from kernel.actor import Actor
from kernel.transactions import needs_transaction, opens_transaction

ANSWERED_AT_ONCE = 200
STALE = dt.timedelta(hours=1)
KEPT = dt.timedelta(days=2)  # longer than any pause


class Answer(Protocol):
    """What is done when the address is that of somebody who may sign in."""

    def __call__(self, *, actor: Actor, user: User, ip: str | None, now: dt.datetime) -> None: ...


def answer_mail_requests(*, actor: Actor, now: dt.datetime) -> int:
    """Answer what was asked, oldest first, at most `ANSWERED_AT_ONCE`; says how many there were.

    Many may run at once. What nobody came to within `STALE` is not answered any more.

    :param actor: the program itself.
    """
    _forget(actor=actor, now=now)
    for number in range(ANSWERED_AT_ONCE):
        if not _answer_one(actor=actor, now=now):
            return number
    return ANSWERED_AT_ONCE


@opens_transaction
def _answer_one(*, actor: Actor, now: dt.datetime) -> bool:
    waiting = MailRequest.objects.filter(answered_at=None).order_by("asked_at", "id")
    request = waiting.select_for_update(of=("self",), skip_locked=True).first()
    if request is None:
        return False
    address, ip, asked_at = request.address, request.ip, request.asked_at
    request.address = request.ip = None
    request.answered_at = now
    request.save(update_fields=["address", "ip", "answered_at"])
    user = _person(address or "")
    if user is not None and now - asked_at < STALE:
        _answer(kind=MailKind(request.kind))(actor=actor, user=user, ip=ip, now=now)
    return True


@needs_transaction
def _person(address: str) -> User | None:
    people = User.objects.select_related("organization").filter(email=address)
    user = people.select_for_update(of=("self",), no_key=True).first()
    return user if user is not None and user.may_sign_in else None


@opens_transaction
def _forget(*, actor: Actor, now: dt.datetime) -> None:
    MailRequest.objects.filter(answered_at__lte=now - KEPT).delete()


def _answer(*, kind: MailKind) -> Answer:
    if kind is MailKind.RESET_PASSWORD:
        return mail_reset_link

    def notice(*, actor: Actor, user: User, ip: str | None, now: dt.datetime) -> None:
        queue_mail(actor=actor, user=user, kind=kind, variables={}, now=now)

    return notice
