"""What must hold of mail, links and passwords when many come at once, and over a real server."""

from __future__ import annotations

import dataclasses
import functools
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from unittest import mock

import pytest
from django.contrib.auth.hashers import verify_password as verify_hash
from django.core import mail
from django.core.mail.backends import locmem

from accounts.choices import MailKind
from accounts.errors import InvalidCredentials, InvalidLink
from accounts.models import PendingMail, User
from accounts.services.attempts import OF_ADDRESS
from accounts.services.mail import after_queueing, deliver_due, queue_mail
from accounts.services.mail.delivering import LEASE, PAUSES
from accounts.services.mail.nudging import _HOOKS
from accounts.services.passwords import ask_for_password_reset, reset_password
from accounts.services.sign_in import verify_password
from accounts.tasks import deliver_mail, nudge_delivery
from accounts.tests.builders import NOW, PASSWORD, ROOT, STRANGER, acting, registered
from accounts.tests.letters import RESET, delivered, token_in_mail
from accounts.tests.test_races import at_once
from kernel import clock
from kernel.actor import Actor
from kernel.context import reading
from kernel.transactions import opens_transaction, undone_if_refused

pytestmark = pytest.mark.usefixtures("committed_db")


@opens_transaction
def queue(*, actor: Actor, user: User, times: int = 1, now=NOW) -> None:
    for number in range(times):
        words = {"token": f"{number:043}", "lifetime": "30 minutes"}
        queue_mail(actor=actor, user=user, kind=MailKind.RESET_PASSWORD, variables=words, now=now)


def pending() -> int:
    with reading(ROOT):
        return PendingMail.objects.count()


def test_a_hundred_guesses_at_once_are_checked_as_often_as_in_a_row():
    registered()
    compared = Counter[str]()

    def counted(password: str, encoded: str) -> object:
        compared["all"] += 1
        return verify_hash(password, encoded)

    def guess(ip: str) -> object:
        bot = dataclasses.replace(STRANGER, ip=ip)
        return verify_password(actor=bot, email="alice@acme.test", password="no", now=NOW)

    guesses: list[Callable[[], object]] = [
        functools.partial(guess, f"198.51.100.{number}") for number in range(100)
    ]
    with mock.patch("accounts.services.passwords.checking.verify_hash", counted):
        answers = [*at_once(guesses[:50]), *at_once(guesses[50:])]
    assert set(answers) == {InvalidCredentials}
    assert compared["all"] == OF_ADDRESS.free + 1
    with pytest.raises(InvalidCredentials):
        verify_password(actor=STRANGER, email="alice@acme.test", password=PASSWORD, now=NOW)


def test_a_link_raced_by_many_changes_one_password():
    registered()
    ask_for_password_reset(actor=STRANGER, email="alice@acme.test", now=NOW)
    delivered(now=NOW)
    token = token_in_mail(to="alice@acme.test", subject=RESET)

    def reset(number: int) -> object:
        new = f"a phrase of my own {number}"
        return reset_password(actor=STRANGER, token=token, password=new, now=NOW).id

    tries: list[Callable[[], object]] = [functools.partial(reset, n) for n in range(20)]
    answers = at_once(tries)
    assert answers.count(InvalidLink) == 19


def test_senders_at_once_send_each_mail_once():
    alice = registered().owner
    delivered(now=NOW)
    queue(actor=acting(alice), user=alice, times=30)
    mail.outbox = []
    sent = at_once([lambda: deliver_due(actor=ROOT, now=NOW).sent] * 8)
    assert sum(int(str(number)) for number in sent) == 30
    assert len({m.extra_headers["Message-ID"] for m in mail.outbox}) == len(mail.outbox) == 30
    assert pending() == 0


def test_a_late_sender_cannot_settle_what_another_has_claimed(monkeypatch):
    """Its lease ran out while the server kept it waiting; the other one's attempt goes on."""
    alice = registered().owner
    delivered(now=NOW)
    queue(actor=acting(alice), user=alice)

    def slow(self, messages):
        monkeypatch.undo()
        with monkeypatch.context() as down:
            down.setattr(locmem.EmailBackend, "send_messages", refuse)
            assert deliver_due(actor=ROOT, now=NOW + LEASE).put_off == 1
        return len(messages)

    def refuse(self, messages):
        raise ConnectionRefusedError

    monkeypatch.setattr(locmem.EmailBackend, "send_messages", slow)
    deliver_due(actor=ROOT, now=NOW)
    assert pending() == 1  # the second attempt failed, and is tried again: nothing was deleted
    assert deliver_due(actor=ROOT, now=NOW + LEASE + PAUSES[1]).sent == 1


def test_a_commit_that_wrote_mail_tells_a_worker_and_a_rollback_does_not():
    assert nudge_delivery in _HOOKS
    told: list[str] = []

    def tell() -> None:
        told.append("told")
        raise OSError

    alice = registered().owner
    after_queueing(tell)
    try:
        queue(actor=acting(alice), user=alice)

        @opens_transaction
        def fails(*, actor: Actor) -> None:
            nudged = {"token": "x", "lifetime": "x"}
            queue_mail(
                actor=actor, user=alice, kind=MailKind.RESET_PASSWORD, variables=nudged, now=NOW
            )
            raise RuntimeError

        with pytest.raises(RuntimeError):
            fails(actor=acting(alice))
    finally:
        _HOOKS.remove(tell)
    assert told == ["told"]


def test_a_commit_nudges_once_however_much_mail_it_wrote_and_whatever_went_back():
    told: list[str] = []

    def tell() -> None:
        told.append("told")

    alice = registered().owner
    reset = {"token": "x", "lifetime": "x"}

    @opens_transaction
    def writes(*, actor: Actor, undone: bool) -> None:
        def write() -> None:
            queue_mail(
                actor=actor, user=alice, kind=MailKind.RESET_PASSWORD, variables=reset, now=NOW
            )

        with suppress(RuntimeError), undone_if_refused():
            write()
            if undone:
                raise RuntimeError
        for _ in range(3):
            write()

    after_queueing(tell)
    try:
        for undone in (False, True):
            writes(actor=acting(alice), undone=undone)
    finally:
        _HOOKS.remove(tell)
    assert told == ["told"] * 2


def test_with_the_broker_down_nothing_waits_and_the_sweep_sends(monkeypatch):
    monkeypatch.setattr("accounts.tasks._quiet_until", 0.0)
    monkeypatch.setattr(deliver_mail.app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    began = time.monotonic()
    alice = registered().owner
    queue(actor=acting(alice), user=alice, now=clock.now())
    assert time.monotonic() - began < 5
    mail.outbox = []
    assert deliver_mail()["sent"] >= 1
    assert mail.outbox[-1].to == [alice.email]


# --- a real server ---------------------------------------------------------------------------


class Mailbox(socketserver.ThreadingTCPServer):
    """As much of RFC 5321 as it takes to receive a mail."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.letters: list[bytes] = []
        self.refuse_with: bytes | None = None


class Conversation(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self.say(b"220 mailbox.test")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"RCPT" and self.server.refuse_with:
                self.say(self.server.refuse_with)
            elif verb == b"DATA":
                self.say(b"354 go on")
                self.server.letters.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                self.say(b"250 taken")
            elif verb == b"QUIT":
                return self.say(b"221 bye")
            else:
                self.say(b"250 mailbox.test")
        return None

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


@pytest.fixture
def mailbox(settings) -> Iterator[Mailbox]:
    with Mailbox() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address[:2]
        yield server
        server.shutdown()


def test_a_mail_arrives_over_smtp(mailbox: Mailbox):
    alice = registered().owner
    deliver_due(actor=ROOT, now=NOW)
    mailbox.letters.clear()
    queue(actor=acting(alice), user=alice)
    with reading(ROOT):
        mail_id = PendingMail.objects.get().id
    assert deliver_due(actor=ROOT, now=NOW).sent == 1
    letter = message_from_bytes(mailbox.letters[0], policy=policy.default)
    assert letter["To"] == alice.email
    assert letter["Message-ID"] == f"<{mail_id}@testserver>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["From"] == "no-reply@vaultcraft.invalid"
    assert f"http://testserver/reset-password/{0:043}" in str(letter.get_content())
    assert pending() == 0


def test_what_the_server_says_of_a_recipient_decides(mailbox: Mailbox):
    registered()
    mailbox.refuse_with = b"451 later"
    first = deliver_due(actor=ROOT, now=NOW)
    assert (first.sent, first.died, first.put_off > 0) == (0, 0, True)
    mailbox.refuse_with = b"550 nobody of this name"

    assert deliver_due(actor=ROOT, now=NOW + PAUSES[0]).died == first.put_off
    assert mailbox.letters == []
