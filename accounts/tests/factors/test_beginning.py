"""From when a first factor counts: at once where there is nothing to steal yet, else in a day."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pyotp
import pytest

from accounts.choices import FactorMethod
from accounts.models import SignInSession, TotpFactor, User
from accounts.services.factors import begin_totp, confirm_totp
from accounts.services.organizations import activate_organization
from accounts.services.sessions import open_browser_session
from accounts.services.staff import create_staff
from accounts.tests.builders import NOW, ROOT, acting, joined, registered
from kernel.actor import Actor
from tests.database import all_seeing, refuses, view

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
SOON = NOW + dt.timedelta(minutes=10)


def adds_an_app(user: User, *, now: dt.datetime) -> dt.datetime | None:
    """After a mailed code, as everybody's first; from when it counts."""
    session = open_browser_session(actor=acting(user), now=now, second_factor=FactorMethod.EMAIL)
    actor = dataclasses.replace(acting(user), session_id=session.id)
    secret = begin_totp(actor=actor, now=now).secret
    code = pyotp.TOTP(secret).at(now)
    confirm_totp(actor=actor, session_id=session.id, code=code, now=now)
    with all_seeing():
        app = TotpFactor.objects.get(user=user, removed_at=None)
        kept = SignInSession.objects.get(id=session.id).second_factor_counts_from
    assert kept == (None if user.platform_role else app.counts_from)
    return app.counts_from


def activated(owner: User) -> None:
    assert owner.organization_id
    activate_organization(actor=ROOT, organization_id=owner.organization_id, now=NOW)


def staff(name: str) -> User:
    return create_staff(
        actor=ROOT,
        email=f"{name}@platform.test",
        full_name=name.title(),
        platform_role="super_admin",
        password="correct horse battery",
        now=NOW,
    )


def test_a_founder_begins_at_once() -> None:
    assert adds_an_app(registered("Acme", "alice").owner, now=SOON) == SOON


def test_a_second_app_is_no_first_one() -> None:
    alice = registered("Acme", "alice").owner
    adds_an_app(alice, now=SOON)
    again = SOON + dt.timedelta(hours=1)
    assert adds_an_app(alice, now=again) == again + DAY


def test_once_money_may_move_it_takes_a_day() -> None:
    alice = registered("Acme", "alice").owner
    activated(alice)
    assert adds_an_app(alice, now=SOON) == SOON + DAY


def test_an_older_account_waits_even_where_nothing_moved() -> None:
    alice = registered("Acme", "alice").owner
    assert adds_an_app(alice, now=NOW + DAY) == NOW + 2 * DAY


def test_who_joins_where_money_moves_waits() -> None:
    alice = registered("Acme", "alice").owner
    activated(alice)
    adam = joined(alice, "adam", "admin", now=NOW)
    assert adds_an_app(adam, now=SOON) == SOON + DAY


def test_the_first_staff_of_an_installation_begin_at_once_and_later_ones_do_not() -> None:
    olga = staff("olga")
    assert adds_an_app(olga, now=SOON) == SOON
    activated(registered("Acme", "alice").owner)
    assert adds_an_app(staff("ann"), now=SOON) == SOON + DAY


def test_a_mailed_code_never_counts_whatever_the_code_says() -> None:
    alice = registered("Acme", "alice").owner
    actor: Actor = acting(alice)
    session = open_browser_session(actor=actor, now=NOW, second_factor=FactorMethod.EMAIL)
    assert alice.organization
    view(alice.organization)
    sooner = "UPDATE accounts_signinsession SET second_factor_counts_from = now() WHERE id = %s"
    refuses("accounts_session_counting_factor", sooner, session.id)
