"""A sensitive act needs a factor that a person proved a short while ago, in this session."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from accounts.choices import FactorMethod
from accounts.errors import StepUpRequired
from accounts.models import SignInSession, User
from accounts.services.sessions import open_browser_session, revoke_session
from accounts.services.step_up import require_recent_factor
from accounts.tests.builders import NOW, ROOT, acting, registered
from kernel.errors import PermissionDenied

pytestmark = pytest.mark.django_db


def opened(user: User, factor: FactorMethod | None) -> SignInSession:
    return open_browser_session(actor=acting(user), now=NOW, second_factor=factor)


def refused(user: User, session: SignInSession, now: dt.datetime = NOW, **more: Any) -> bool:
    try:
        require_recent_factor(actor=acting(user), session_id=session.id, now=now, **more)
    except StepUpRequired:
        return True
    return False


def test_ten_minutes_or_as_the_act_says():
    alice = registered().owner
    session = opened(alice, FactorMethod.TOTP)
    assert not refused(alice, session, NOW + dt.timedelta(minutes=10))
    assert refused(alice, session, NOW + dt.timedelta(minutes=10, seconds=1))
    within = dt.timedelta(minutes=1)
    assert refused(alice, session, NOW + dt.timedelta(minutes=2), within=within)


def test_a_password_alone_is_not_enough():
    alice = registered().owner
    assert refused(alice, opened(alice, None))


def test_another_persons_or_an_ended_session_proves_nothing():
    alice, charlie = registered().owner, registered("Globex", "charlie").owner
    session = opened(alice, FactorMethod.TOTP)
    assert refused(charlie, session)
    revoke_session(actor=acting(alice), session_id=session.id, now=NOW)
    assert refused(alice, session)


def test_a_program_confirms_nothing():
    session = opened(registered().owner, FactorMethod.TOTP)
    with pytest.raises(PermissionDenied):
        require_recent_factor(actor=ROOT, session_id=session.id, now=NOW)
