"""Showing that a mailbox is one's own, and what waits for that."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction

from accounts import policy
from accounts.errors import EmailNotConfirmed, EmailTaken, InvalidLink, TooManyMails
from accounts.models import User
from accounts.permissions import PERMISSIONS
from accounts.services.api_keys import issue
from accounts.services.confirming import DAY, MAILS_A_DAY, PAUSE, confirm_email, resend_confirmation
from accounts.services.invitations import invite, join
from accounts.services.passwords import ask_for_password_reset
from accounts.services.sign_in import verify_password
from accounts.tests.builders import (
    NOW,
    PASSWORD,
    STRANGER,
    acting,
    acts_recorded,
    events_emitted,
    registered,
    staff,
)
from accounts.tests.letters import ATTEMPTED, CONFIRM, RESET, delivered, token_in_mail
from kernel.errors import PermissionDenied
from tests.database import refused_by, view

pytestmark = pytest.mark.django_db


def newcomer() -> tuple[User, str]:
    """An owner who has just registered, and the token in their mail."""
    alice = registered(confirmed=False).owner
    assert delivered(now=NOW) == [f"alice@acme.test: {CONFIRM}"]
    return alice, token_in_mail(to=alice.email, subject=CONFIRM)


def confirm(token: str, *, now: dt.datetime = NOW) -> User:
    return confirm_email(actor=STRANGER, token=token, now=now)


def test_until_confirmed_an_owner_looks_and_sees_to_the_account_and_nothing_else():
    alice, _ = newcomer()
    person = verify_password(actor=STRANGER, email=alice.email, password=PASSWORD, now=NOW)
    actor = acting(person)
    for permission in PERMISSIONS:
        looks = "read" in permission
        own = permission.startswith("self.")
        assert policy.may(actor, permission) <= (looks or own), permission
    assert policy.may(actor, "wallets.read_all")
    with pytest.raises(EmailNotConfirmed):
        invite(actor=actor, email="bob@acme.test", role="viewer", now=NOW)
    with pytest.raises(EmailNotConfirmed):
        issue(actor=actor, name="Server", scopes=["ledger:read"], now=NOW)
    with pytest.raises(EmailNotConfirmed):
        policy.require(actor, "transfers.create")


def test_what_the_role_never_allowed_is_refused_as_before():
    alice, _ = newcomer()
    with pytest.raises(PermissionDenied):
        policy.require(acting(alice), "organizations.activate")


def test_the_link_confirms_once_and_says_so_to_the_record():
    alice, token = newcomer()
    assert confirm(token).email_confirmed_at == NOW
    assert policy.may(acting(User.objects.get(id=alice.id)), "members.invite")
    assert acts_recorded()[-1] == "accounts.user.confirm_email"
    assert events_emitted()[-1] == "accounts.user.email_confirmed"
    with pytest.raises(InvalidLink):
        confirm(token)


def test_it_ends_after_a_day_and_when_a_newer_one_is_sent():
    alice, first = newcomer()
    with pytest.raises(InvalidLink):
        confirm(first, now=NOW + DAY)
    resend_confirmation(actor=acting(alice), now=NOW + PAUSE)
    with pytest.raises(InvalidLink):
        confirm(first, now=NOW + PAUSE)
    delivered(now=NOW + PAUSE)
    confirm(token_in_mail(to=alice.email, subject=CONFIRM), now=NOW + PAUSE)


def test_a_link_for_something_else_confirms_nothing():
    alice, _ = newcomer()
    ask_for_password_reset(actor=STRANGER, email=alice.email, now=NOW)
    delivered(now=NOW)
    with pytest.raises(InvalidLink):
        confirm(token_in_mail(to=alice.email, subject=RESET))
    with pytest.raises(InvalidLink):
        confirm("no-token-at-all")


def test_asking_again_has_a_pause_and_an_end():
    alice, _ = newcomer()
    with pytest.raises(TooManyMails):
        resend_confirmation(actor=acting(alice), now=NOW)
    now = NOW
    for _ in range(MAILS_A_DAY - 1):
        now += PAUSE
        resend_confirmation(actor=acting(alice), now=now)
    with pytest.raises(TooManyMails):
        resend_confirmation(actor=acting(alice), now=now + PAUSE)
    resend_confirmation(actor=acting(alice), now=NOW + DAY)


def test_who_is_confirmed_gets_no_mail():
    alice = registered().owner
    delivered(now=NOW)
    resend_confirmation(actor=acting(alice), now=NOW + PAUSE)
    assert delivered(now=NOW + PAUSE) == []


def test_the_invited_are_mailed_and_confirmed_by_that_link_alone():
    alice = registered().owner
    delivered(now=NOW)
    issued = invite(actor=acting(alice), email="bob@acme.test", role="viewer", now=NOW)
    subject = "You are invited to Acme on VaultCraft"
    assert delivered(now=NOW) == [f"bob@acme.test: {subject}"]
    mailed = token_in_mail(to="bob@acme.test", subject=subject)
    assert mailed != issued.token
    bob = join(actor=STRANGER, token=mailed, full_name="Bob", password=PASSWORD, now=NOW)
    assert bob.email_confirmed_at == NOW


def test_the_link_an_inviter_passes_on_confirms_nothing():
    alice = registered().owner
    issued = invite(actor=acting(alice), email="bob@acme.test", role="member", now=NOW)
    delivered(now=NOW)
    bob = join(actor=STRANGER, token=issued.token, full_name="Bob", password=PASSWORD, now=NOW)
    assert bob.email_confirmed_at is None
    assert delivered(now=NOW) == [f"bob@acme.test: {CONFIRM}"]


def test_staff_count_as_confirmed():
    assert staff().email_confirmed_at == NOW


def test_who_has_the_address_learns_that_somebody_tried_once_a_day():
    alice = registered().owner
    delivered(now=NOW)
    for minutes in range(3):
        with pytest.raises(EmailTaken):
            registered(confirmed=False)
        now = NOW + dt.timedelta(minutes=minutes)
        assert delivered(now=now) == ([] if minutes else [f"{alice.email}: {ATTEMPTED}"])


def test_the_database_takes_no_confirmation_back():
    registered()
    view(scope="platform")
    with refused_by("accounts_user_confirmed_for_good"), transaction.atomic():
        User.objects.update(email_confirmed_at=None)
