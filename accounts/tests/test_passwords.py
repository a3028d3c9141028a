"""Changing a password, and choosing a new one through a mailed link."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core import mail
from django.db import transaction

from accounts.choices import MailKind
from accounts.errors import (
    InvalidCredentials,
    InvalidLink,
    InvalidProfile,
    InvalidRefreshToken,
    WeakPassword,
    WrongPassword,
)
from accounts.models import MailedLink, MailRequest, SignInSession, User
from accounts.services.mail.requests import PAUSES
from accounts.services.passwords import ask_for_password_reset, change_password, reset_password
from accounts.services.people import remove_member
from accounts.services.sessions import open_browser_session, open_session, rotate_refresh
from accounts.services.sign_in import verify_password
from accounts.tests.builders import (
    NOW,
    PASSWORD,
    ROOT,
    STRANGER,
    acting,
    acts_recorded,
    joined,
    last_record,
    registered,
    staff,
)
from accounts.tests.letters import CHANGED, CONFIRM, RESET, delivered, token_in_mail
from kernel.context import reading
from kernel.errors import PermissionDenied
from tests.database import refused_by, statements, view, work
from tests.keys import issue

pytestmark = pytest.mark.django_db

NEW = "a wholly different phrase"
SOON = NOW + dt.timedelta(minutes=1)
PAUSE = PAUSES[MailKind.RESET_PASSWORD]


def asked(email: str = "alice@acme.test", *, now: dt.datetime = NOW) -> None:
    ask_for_password_reset(actor=STRANGER, email=email, now=now)


def mailed_token(email: str = "alice@acme.test", *, now: dt.datetime = NOW) -> str:
    asked(email, now=now)
    delivered(now=now)
    return token_in_mail(to=email, subject=RESET)


def reset(token: str, *, password: str = NEW, now: dt.datetime = NOW) -> User:
    return reset_password(actor=STRANGER, token=token, password=password, now=now)


def sign_in(password: str, *, email: str = "alice@acme.test", now: dt.datetime = NOW) -> User:
    return verify_password(actor=STRANGER, email=email, password=password, now=now)


def live_sessions() -> int:
    with reading(ROOT):
        return SignInSession.objects.filter(revoked_at=None).count()


def test_a_reset_changes_the_password_ends_every_session_and_tells():
    alice = registered().owner
    delivered(now=NOW)
    tokens = open_session(actor=acting(alice), now=NOW)
    open_browser_session(actor=acting(alice), now=NOW)
    assert reset(mailed_token()).id == alice.id
    assert live_sessions() == 0
    with pytest.raises(InvalidRefreshToken):
        rotate_refresh(actor=STRANGER, refresh=tokens.refresh, now=NOW)
    with pytest.raises(InvalidCredentials):
        sign_in(PASSWORD)
    assert sign_in(NEW).id == alice.id
    assert delivered(now=NOW) == [f"alice@acme.test: {CHANGED}"]


def test_a_reset_signs_nobody_in():
    registered()
    reset(mailed_token())
    with reading(ROOT):
        assert not SignInSession.objects.exists()


def test_a_reset_is_on_record_as_the_persons_act():
    alice = registered().owner
    token = mailed_token()
    assert last_record().action == "accounts.password.mail_link"
    assert last_record().metadata == {"asked_from": STRANGER.ip}
    reset(token)
    record = last_record()
    assert (record.action, record.actor_id, record.ip) == (
        "accounts.password.reset",
        alice.id,
        STRANGER.ip,
    )


@pytest.mark.parametrize("days", [0, 30])
def test_a_link_is_good_once(days: int):
    registered()
    token = mailed_token()
    reset(token)
    with pytest.raises(InvalidLink):
        reset(token, password="yet another phrase", now=NOW + dt.timedelta(days=days))
    assert sign_in(NEW).is_active


def test_a_link_ends_after_half_an_hour():
    registered()
    token = mailed_token()
    with pytest.raises(InvalidLink):
        reset(token, now=NOW + dt.timedelta(minutes=30))
    assert sign_in(PASSWORD).is_active


def test_a_newer_link_and_a_changed_password_end_an_older_link():
    alice = registered().owner
    first = mailed_token()
    later = NOW + PAUSE
    second = mailed_token(now=later)
    with pytest.raises(InvalidLink):
        reset(first, now=later)
    session = open_browser_session(actor=acting(alice), now=later)
    changed(alice, session, now=later)
    with pytest.raises(InvalidLink):
        reset(second, now=later)


def test_a_weak_password_is_refused_and_the_link_stays_good():
    registered()
    token = mailed_token()
    with pytest.raises(WeakPassword):
        reset(token, password="short")
    reset(token)


def test_a_link_that_confirms_an_address_resets_nothing():
    registered(confirmed=False)
    delivered(now=NOW)
    with pytest.raises(InvalidLink):
        reset(token_in_mail(to="alice@acme.test", subject=CONFIRM))


def test_a_reset_confirms_the_address():
    alice = registered(confirmed=False).owner
    reset(mailed_token())
    assert User.objects.get(id=alice.id).email_confirmed_at == NOW


def test_a_removed_person_gets_no_link_and_cannot_use_an_old_one():
    alice = registered().owner
    bob = joined(alice, "bob", "member")
    token = mailed_token("bob@acme.test")
    remove_member(actor=acting(alice), user_id=bob.id, now=NOW)
    with pytest.raises(InvalidLink):
        reset(token)
    delivered(now=NOW)  # what tells of the removal
    asked("bob@acme.test", now=NOW + PAUSE)
    assert delivered(now=NOW + PAUSE) == []


def test_staff_reset_theirs_the_same_way():
    staff()
    reset(mailed_token("olga@platform.test"))
    assert sign_in(NEW, email="olga@platform.test").is_active


# --- nobody learns whose address is whose ----------------------------------------------------


def test_known_unknown_removed_and_locked_addresses_cost_the_same_work():
    alice = registered().owner
    bob = joined(alice, "bob", "member")
    remove_member(actor=acting(alice), user_id=bob.id, now=NOW)
    costs = []
    for email in ("alice@acme.test", "nobody@acme.test", "bob@acme.test"):
        with statements() as said:
            assert asked(email) is None  # type: ignore[func-returns-value]
        costs.append(work(said))
    assert costs == [["INSERT"]] * 3


def test_what_is_no_address_is_refused_as_such():
    with pytest.raises(InvalidProfile):
        asked("no address")


def test_an_unknown_address_gets_nothing_and_is_not_kept():
    asked("nobody@acme.test")
    assert delivered(now=NOW) == []
    with reading(ROOT):
        assert MailRequest.objects.get().address is None
        assert not MailedLink.objects.exists()


def test_asking_many_times_sends_one_mail():
    registered()
    delivered(now=NOW)
    sent = []
    for second in range(5):
        asked()
        sent += delivered(now=NOW + dt.timedelta(seconds=second))
    assert sent == [f"alice@acme.test: {RESET}"]


def test_what_waited_for_an_hour_is_not_answered():
    registered()
    delivered(now=NOW)
    asked()
    assert delivered(now=NOW + dt.timedelta(hours=1)) == []


# --- changing --------------------------------------------------------------------------------


def changed(user: User, session: SignInSession, *, old=PASSWORD, new=NEW, now=NOW) -> None:
    change_password(
        actor=acting(user), session_id=session.id, old_password=old, new_password=new, now=now
    )


def test_a_change_keeps_this_session_and_ends_the_others():
    alice = registered().owner
    delivered(now=NOW)
    here = open_browser_session(actor=acting(alice), now=NOW)
    open_session(actor=acting(alice), now=NOW)
    assert delivered(now=NOW) == []
    changed(alice, here)
    with reading(ROOT):
        assert SignInSession.objects.get(revoked_at=None).id == here.id
        ended = SignInSession.objects.get(revoked_at__isnull=False)
    assert ended.revoked_reason == "password_changed"
    assert sign_in(NEW).is_active
    assert delivered(now=NOW) == [f"alice@acme.test: {CHANGED}"]


def test_a_wrong_present_password_changes_nothing_and_is_on_record():
    alice = registered().owner
    here = open_browser_session(actor=acting(alice), now=NOW)
    with pytest.raises(WrongPassword) as refused:
        changed(alice, here, old="wrong horse battery")
    assert refused.value.pointer == "/old_password"
    assert acts_recorded()[-1] == "accounts.password.fail_to_change"
    assert sign_in(PASSWORD).is_active


def test_guessing_the_present_password_in_a_stolen_session_is_locked_like_signing_in():
    alice = registered().owner
    here = open_browser_session(actor=acting(alice), now=NOW)
    for guess in range(5):
        with pytest.raises(WrongPassword):
            changed(alice, here, old=f"wrong guess {guess}")
    with pytest.raises(WrongPassword):
        changed(alice, here)
    assert sign_in(PASSWORD, now=NOW + dt.timedelta(minutes=2)).is_active


def test_a_weak_new_password_is_refused_before_the_old_one_is_tried():
    alice = registered().owner
    here = open_browser_session(actor=acting(alice), now=NOW)
    with pytest.raises(WeakPassword) as refused:
        changed(alice, here, old="wrong", new="short")
    assert refused.value.pointer == "/new_password"


def test_the_program_has_no_password():
    alice = registered().owner
    here = open_browser_session(actor=acting(alice), now=NOW)
    with pytest.raises(PermissionDenied):
        change_password(
            actor=ROOT, session_id=here.id, old_password=PASSWORD, new_password=NEW, now=NOW
        )


# --- what the database holds -----------------------------------------------------------------


def test_a_used_link_stays_used():
    registered()
    reset(mailed_token())
    view(scope="platform")
    with refused_by("accounts_mailedlink_one_way"), transaction.atomic():
        MailedLink.objects.exclude(used_at=None).update(used_at=None)


def test_a_link_belongs_to_its_persons_organization():
    alice = registered().owner
    charlie = registered("Globex", "charlie").owner
    view(scope="platform")
    with refused_by("accounts_mailedlink_of_its_person"), transaction.atomic():
        MailedLink.objects.create(
            organization_id=alice.organization_id,
            user=charlie,
            purpose="reset_password",
            token_hash=b"x" * 32,
            issued_at=NOW,
            expires_at=SOON,
        )


def test_not_more_than_five_links_a_day_and_the_last_one_stays_good():
    registered()
    delivered(now=NOW)
    now, tokens = NOW, []
    for _ in range(8):
        asked(now=now)
        if delivered(now=now):
            tokens.append(token_in_mail(to="alice@acme.test", subject=RESET))
        now += PAUSE
    assert len(tokens) == 5
    assert last_record().action == "accounts.password.keep_link"
    assert reset(tokens[-1], now=now - 2 * PAUSE).email == "alice@acme.test"
    delivered(now=now)
    fresh = NOW + dt.timedelta(days=1, minutes=1)
    asked(now=fresh)
    assert delivered(now=fresh) == [f"alice@acme.test: {RESET}"]


def test_the_mail_about_a_new_password_counts_the_keys_that_outlive_it():
    alice = registered().owner
    actor = acting(alice)
    issue(actor=actor, name="old", scopes=["transfers:read"], now=NOW - dt.timedelta(days=40))
    for name in ("mine", "and a thief's"):
        issue(actor=actor, name=name, scopes=["transfers:read"], now=NOW)
    delivered(now=NOW)
    reset(mailed_token())
    delivered(now=NOW)
    (letter,) = [one for one in mail.outbox if one.subject == CHANGED]
    assert "that go on working: 2." in str(letter.body)


def test_without_keys_it_says_nothing_of_them():
    registered()
    delivered(now=NOW)
    reset(mailed_token())
    delivered(now=NOW)
    (letter,) = [one for one in mail.outbox if one.subject == CHANGED]
    assert "API keys" not in str(letter.body)
