"""A sensitive act needs a factor that a person proved a short while ago, in this session."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.actors import user_actor
from accounts.choices import FactorMethod
from accounts.errors import StepUpRequired
from accounts.models import SignInSession, User
from accounts.queries import live_session
from accounts.services.phones import remove_phone
from accounts.services.sessions import open_browser_session, revoke_session
from accounts.tests.builders import NOW, acting, registered
from kernel.actor import Actor, Door

pytestmark = pytest.mark.django_db


def opened(user: User, factor: FactorMethod | None) -> SignInSession:
    return open_browser_session(actor=acting(user), now=NOW, second_factor=factor)


def at_the_door(user: User, session: SignInSession | None, now: dt.datetime = NOW) -> Actor:
    return user_actor(user=user, door=Door.WEB, request_id="r", session=session, now=now)


def refused(actor: Actor, now: dt.datetime = NOW) -> bool:
    try:
        remove_phone(actor=actor, now=now)
    except StepUpRequired:
        return True
    return False


def test_ten_minutes():
    alice = registered().owner
    session = opened(alice, FactorMethod.TOTP)
    last, late = NOW + dt.timedelta(minutes=10), NOW + dt.timedelta(minutes=10, seconds=1)
    assert not refused(at_the_door(alice, session, last), last)
    assert refused(at_the_door(alice, session, late), late)


def test_a_password_alone_is_not_enough():
    alice = registered().owner
    assert refused(at_the_door(alice, opened(alice, None)))


def test_no_session_proves_nothing_and_an_ended_one_comes_through_no_door():
    alice = registered().owner
    session = opened(alice, FactorMethod.TOTP)
    assert refused(at_the_door(alice, None))
    revoke_session(actor=acting(alice), session_id=session.id, now=NOW)
    assert live_session(session_id=session.id, now=NOW) is None
