"""Mail on its way out: sealed while it waits, bounded tries, gone when sent."""

from __future__ import annotations

import datetime as dt
import smtplib

import pytest
from django.core import mail
from django.core.mail.backends import locmem
from django.db import connection, transaction

from accounts.choices import MailKind
from accounts.models import PendingMail, User
from accounts.services.erasing import shred_person
from accounts.services.mail import deliver_due, queue_mail
from accounts.services.mail.delivering import ATTEMPTS, DEAD_ARE_KEPT, LEASE, PAUSES
from accounts.services.mail.writing import written
from accounts.tests.builders import NOW, ROOT, acting, registered
from kernel.context import context_of, entered, reading
from kernel.errors import InvariantBroken
from kernel.transactions import opens_transaction
from tests.database import refused_by, view

pytestmark = pytest.mark.django_db

SECRET = "a-token-nobody-else-may-know"
LATER = NOW + dt.timedelta(minutes=1)
VARIABLES = {"token": SECRET, "lifetime": "30 minutes"}


@opens_transaction
def send_to(
    *, actor, user: User, variables=VARIABLES, kind=MailKind.RESET_PASSWORD, expires_at=None
):
    queue_mail(
        actor=actor, user=user, kind=kind, variables=variables, now=NOW, expires_at=expires_at
    )


def alice_with_mail(**more) -> User:
    alice = registered().owner
    deliver_due(actor=ROOT, now=NOW)
    mail.outbox.clear()
    send_to(actor=acting(alice), user=alice, **more)
    return alice


def pending() -> list[PendingMail]:
    with reading(ROOT):
        return list(PendingMail.objects.all())


def sweep(now: dt.datetime = NOW) -> tuple[int, int, int]:
    done = deliver_due(actor=ROOT, now=now)
    return done.sent, done.put_off, done.died


def test_a_mail_waits_sealed_and_is_deleted_once_sent():
    alice = alice_with_mail()
    (row,) = pending()
    sealed = bytes(row.sealed or b"")
    assert sealed
    assert SECRET.encode() not in sealed
    assert alice.email.encode() not in sealed
    assert sweep() == (1, 0, 0)
    assert pending() == []
    (sent,) = mail.outbox
    assert sent.to == [alice.email]
    assert f"http://testserver/reset-password/{SECRET}" in sent.body
    assert sent.subject == "Choose a new password"
    assert sent.extra_headers["Message-ID"] == f"<{row.id}@testserver>"
    assert sweep() == (0, 0, 0)


def test_no_mail_of_an_act_that_did_not_happen():
    alice = alice_with_mail()
    sweep()

    @opens_transaction
    def fails(*, actor):
        queue_mail(
            actor=actor, user=alice, kind=MailKind.RESET_PASSWORD, variables=VARIABLES, now=NOW
        )
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fails(actor=acting(alice))
    assert pending() == []


def test_a_mail_server_that_is_down_costs_pauses_and_at_last_the_mail(monkeypatch):
    alice_with_mail(expires_at=NOW + dt.timedelta(days=9))
    down_for(monkeypatch, ConnectionRefusedError())
    now = NOW
    for pause in PAUSES:
        assert sweep(now) == (0, 1, 0)
        assert sweep(now + pause - dt.timedelta(seconds=1)) == (0, 0, 0)
        now += pause
    assert sweep(now) == (0, 0, 1)
    (dead,) = pending()
    assert (dead.attempts, dead.failure) == (ATTEMPTS, "ConnectionRefusedError")
    assert (dead.sealed, dead.died_at) == (None, now)
    assert sweep(now + DEAD_ARE_KEPT) == (0, 0, 0)
    assert pending() == []


def test_a_refused_recipient_is_not_tried_again_but_a_full_one_is(monkeypatch):
    alice_with_mail()
    full = smtplib.SMTPRecipientsRefused({"alice@acme.test": (452, b"mailbox full")})
    down_for(monkeypatch, full)
    assert sweep() == (0, 1, 0)
    gone = smtplib.SMTPRecipientsRefused({"alice@acme.test": (550, b"no such user")})
    down_for(monkeypatch, gone)
    assert sweep(NOW + PAUSES[0]) == (0, 0, 1)


def down_for(monkeypatch, error: BaseException) -> None:
    def refuse(self, messages):
        raise error

    monkeypatch.setattr(locmem.EmailBackend, "send_messages", refuse)


def test_what_expired_is_not_sent_and_its_secret_is_gone():
    alice_with_mail(expires_at=LATER)
    assert sweep(LATER) == (0, 0, 0)
    (dead,) = pending()
    assert (dead.failure, dead.sealed) == ("expired", None)
    assert mail.outbox == []


def test_a_sender_that_died_after_claiming_is_relieved_when_its_lease_ends(monkeypatch):
    alice_with_mail()

    class Killed(BaseException):
        pass

    with monkeypatch.context() as broken:
        down_for(broken, Killed())
        with pytest.raises(Killed):
            sweep()
    assert sweep(NOW + LEASE - dt.timedelta(seconds=1)) == (0, 0, 0)
    assert sweep(NOW + LEASE) == (1, 0, 0)
    assert len(mail.outbox) == 1


def test_sealed_mail_cannot_be_opened_from_another_row():
    alice = alice_with_mail()
    send_to(actor=acting(alice), user=alice)
    with transaction.atomic(), entered(context_of(ROOT)), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_pendingmail p SET sealed = o.sealed FROM accounts_pendingmail o"
            " WHERE o.id <> p.id"
        )
        assert cursor.rowcount == 2
    assert sweep() == (0, 0, 2)
    assert {row.failure for row in pending()} == {"unreadable"}
    assert mail.outbox == []


def test_mail_to_somebody_who_was_erased_is_not_sent():
    alice = alice_with_mail()
    with transaction.atomic(), entered(context_of(ROOT)):
        User.objects.filter(id=alice.id).update(is_active=False)
    shred_person(actor=ROOT, user_id=alice.id, now=NOW)
    assert sweep() == (0, 0, 1)
    assert mail.outbox == []


def test_the_database_keeps_the_dead_dead():
    alice_with_mail(expires_at=LATER)
    sweep(LATER)
    view(scope="platform")
    with refused_by("accounts_pendingmail_one_way"), transaction.atomic():
        PendingMail.objects.update(attempts=0)


@pytest.mark.parametrize("missing", ["token", "lifetime"])
def test_a_mail_with_a_gap_is_a_mistake(missing: str):
    given = {name: "x" for name in VARIABLES if name != missing}
    with pytest.raises(InvariantBroken, match=missing):
        written(to="a@b.test", name="A", kind=MailKind.RESET_PASSWORD, variables=given)


@pytest.mark.parametrize("kind", list(MailKind))
def test_every_kind_has_its_words(kind: MailKind):
    names = (
        "token lifetime at ip organization inviter role issuer key scopes who before after device"
        " factor network until minutes code act outcome reason left maker what place checker"
        " hours money keys address person url why"
    )
    given = dict.fromkeys(names.split(), "x")
    letter = written(to="a@b.test", name="Alice", kind=kind, variables=given)
    assert letter.subject
    assert letter.body.startswith("Hello Alice,")
    assert "&" not in letter.body


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Eve\r\nBcc: all@globex.test", "Eve Bcc: all@ globex. test"),
        ("Eve\n\nYour account is closed", "Eve Your account is closed"),
        ("https://evil.example/x", "https:// evil. example/x"),
        ("Eve\u202egnp", "Eve gnp"),
        ("O'Neil & Sons <b>", "O'Neil & Sons <b>"),
        ("{{ base_url }}", "{{ base_url }}"),
    ],
)
def test_a_name_is_one_line_that_leads_nowhere(name: str, shown: str):
    given = {"organization": name, "inviter": name, "role": "viewer", "token": "t", "lifetime": "l"}
    letter = written(to="a@b.test", name="", kind=MailKind.INVITATION, variables=given)
    assert letter.subject == f"You are invited to {shown} on VaultCraft"
    assert letter.body.startswith(f"{shown} invites you to join {shown} as viewer.")
