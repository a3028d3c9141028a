"""Browsers that nobody uses are signed out, and being used is noted to the minute."""

from __future__ import annotations

import copy
import datetime as dt

import pytest
from django.conf import settings

from accounts.models import SignInSession, User
from accounts.queries import live_session, own_sessions
from accounts.services.sessions import note_seen, open_browser_session, open_session
from accounts.tests.builders import NOW, acting, joined, registered, staff
from kernel.context import reading
from tests.database import refuses, statements, view, work

pytestmark = pytest.mark.django_db

STRICT = dt.timedelta(seconds=settings.SESSION_IDLE_STRICT_SECONDS)
USUAL = dt.timedelta(seconds=settings.SESSION_IDLE_SECONDS)
MOMENT = dt.timedelta(microseconds=1)


def opened(user: User) -> SignInSession:
    return open_browser_session(actor=acting(user), now=NOW)


def counts(session: SignInSession, now: dt.datetime) -> bool:
    return live_session(session_id=session.id, now=now) is not None


def seen(user: User, session: SignInSession, now: dt.datetime) -> None:
    found = live_session(session_id=session.id, now=now)
    assert found is not None
    note_seen(actor=acting(user), session=found, now=now)


def test_who_moves_the_money_of_others_is_signed_out_sooner() -> None:
    alice = registered().owner
    people = {alice: STRICT, joined(alice, "mia", "member"): USUAL, staff("moderator"): STRICT}
    for user, idle in people.items():
        session = opened(user)
        assert counts(session, NOW + idle - MOMENT), user.role
        assert not counts(session, NOW + idle), user.role
        with reading(acting(user)):
            assert own_sessions(acting(user), now=NOW + idle - MOMENT).count() == 1
            assert own_sessions(acting(user), now=NOW + idle).count() == 0


def test_use_keeps_it_until_its_absolute_end() -> None:
    alice = registered().owner
    session, now = opened(alice), NOW
    while now + STRICT / 2 < session.expires_at:
        now += STRICT / 2
        seen(alice, session, now)
    assert not counts(session, session.expires_at)


def test_use_is_written_at_most_once_a_minute() -> None:
    alice = registered().owner
    session = opened(alice)
    for seconds, writes in ((0, 0), (59, 0), (60, 1), (61, 0), (119, 0), (121, 1)):
        with statements() as made:
            seen(alice, session, NOW + dt.timedelta(seconds=seconds))
        found = [one for one in work(made) if one.startswith("UPDATE")]
        assert len(found) == writes, seconds
    late = live_session(session_id=session.id, now=NOW + dt.timedelta(seconds=121))
    assert late is not None
    stale = copy.copy(late)
    stale.last_seen_at = NOW
    note_seen(actor=acting(alice), session=stale, now=NOW + dt.timedelta(seconds=90))
    assert counts(session, NOW + dt.timedelta(seconds=121) + STRICT - MOMENT)


def test_a_session_that_lay_idle_never_counts_again() -> None:
    alice = registered().owner
    session = opened(alice)
    assert alice.organization
    view(alice.organization)
    back = "UPDATE accounts_signinsession SET last_seen_at = %s WHERE id = %s"
    refuses("accounts_session_idled_out", back, NOW + STRICT, session.id)


def test_programs_sessions_idle_out_by_their_tokens() -> None:
    alice = registered().owner
    tokens = open_session(actor=acting(alice), now=NOW)
    day = NOW + dt.timedelta(days=1)
    session = live_session(session_id=tokens.session_id, now=day)
    assert session is not None
    assert session.idle_seconds is None
    with statements() as made:
        note_seen(actor=acting(alice), session=session, now=day)
    assert work(made) == []
