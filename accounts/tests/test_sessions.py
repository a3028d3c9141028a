"""Opening, proving, refreshing and ending sessions."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.errors import InvalidAccessToken, InvalidRefreshToken, OrganizationSuspended
from accounts.models import RefreshToken, SignInSession, User
from accounts.queries import live_session
from accounts.services import sessions
from accounts.services.organizations import activate_organization, suspend_organization
from accounts.services.people import change_role, remove_member
from accounts.services.sessions import TokenPair
from accounts.services.sessions.refreshing import GRACE
from accounts.tests.builders import (
    NOW,
    STRANGER,
    acting,
    acts_recorded,
    events_emitted,
    joined,
    last_record,
    registered,
    staff,
)
from accounts.tokens import read_access_token
from kernel import clock
from kernel.actor import Actor, Door, system
from kernel.errors import NotFound, PermissionDenied

pytestmark = pytest.mark.django_db

SECOND = dt.timedelta(seconds=1)


def opened(user: User, *, now: dt.datetime = NOW) -> TokenPair:
    return sessions.open_session(actor=acting(user), now=now, user_agent="curl/8")


def rotated(refresh: str, *, now: dt.datetime = NOW + SECOND) -> TokenPair:
    return sessions.rotate_refresh(actor=STRANGER, refresh=refresh, now=now)


def proven(access: str) -> Actor:
    return sessions.authenticate(
        token=access, door=Door.API, request_id="r", ip=None, now=clock.now()
    )


def session_of(tokens: TokenPair) -> SignInSession:
    return SignInSession.objects.get(id=tokens.session_id)


def test_an_opened_session_is_kept_recorded_and_told():
    alice = registered().owner
    tokens = opened(alice)
    session = session_of(tokens)
    assert (session.user_id, session.organization_id) == (alice.id, alice.organization_id)
    assert (session.door, session.user_agent, session.opened_at) == ("api", "curl/8", NOW)
    assert last_record().action == "accounts.session.open"
    assert events_emitted()[-1] == "accounts.session.opened"


def test_no_token_is_stored_in_clear():
    tokens = opened(registered().owner)
    kept = RefreshToken.objects.get(session_id=tokens.session_id)
    assert len(kept.token_hash) == 32
    assert tokens.refresh.encode() not in bytes(kept.token_hash)


def test_only_people_open_sessions():
    with pytest.raises(PermissionDenied):
        sessions.open_session(actor=system(door=Door.TASK, request_id="r"), now=NOW)


def test_an_access_token_proves_who_sends_it_in_one_query():
    alice = registered().owner
    tokens = opened(alice, now=clock.now())
    with CaptureQueriesContext(connection) as queries:
        actor = proven(tokens.access)
    assert (actor.id, actor.organization_id, actor.role) == (
        alice.id,
        alice.organization_id,
        "owner",
    )
    assert len(queries) == 1
    assert read_access_token(tokens.access).session_id == tokens.session_id


def test_a_changed_role_counts_with_the_old_token():
    alice = registered().owner
    bob = joined(alice, "bob", "admin")
    tokens = opened(bob, now=clock.now())
    change_role(actor=acting(alice), user_id=bob.id, role="viewer", now=NOW)
    assert proven(tokens.access).role == "viewer"


def test_an_ended_session_stops_its_access_token_at_once():
    alice = registered().owner
    tokens = opened(alice, now=clock.now())
    sessions.revoke_session(actor=acting(alice), session_id=tokens.session_id, now=NOW)
    with pytest.raises(InvalidAccessToken):
        proven(tokens.access)


def test_a_removed_persons_tokens_stop_at_once():
    alice = registered().owner
    bob = joined(alice, "bob", "member")
    tokens = opened(bob, now=clock.now())
    remove_member(actor=acting(alice), user_id=bob.id, now=NOW)
    with pytest.raises(InvalidAccessToken):
        proven(tokens.access)
    with pytest.raises(InvalidRefreshToken):
        rotated(tokens.refresh)


def test_a_suspended_organizations_tokens_stop_at_once():
    made, olga = registered(), acting(staff())
    tokens = opened(made.owner, now=clock.now())
    activate_organization(actor=olga, organization_id=made.organization.id, now=NOW)
    suspend_organization(actor=olga, organization_id=made.organization.id, reason="", now=NOW)
    with pytest.raises(InvalidAccessToken):
        proven(tokens.access)
    with pytest.raises(OrganizationSuspended):
        rotated(tokens.refresh, now=clock.now())


def test_a_browser_session_has_no_tokens():
    session = sessions.open_browser_session(
        actor=acting(registered().owner, door=Door.WEB), now=NOW, user_agent="Firefox " * 100
    )
    assert not session.tokens.exists()
    assert (session.door, len(session.user_agent)) == ("web", 300)
    assert live_session(session_id=session.id, now=NOW) == session


def test_a_refresh_gives_the_next_pair_and_moves_the_idle_end():
    tokens = opened(registered().owner)
    later = NOW + dt.timedelta(days=1)
    fresh = rotated(tokens.refresh, now=later)
    assert fresh.refresh != tokens.refresh
    assert session_of(tokens).last_seen_at == later
    chain = RefreshToken.objects.filter(session_id=tokens.session_id).order_by("id")
    assert [token.used_at for token in chain] == [later, None]
    assert chain[0].successor_id == chain[1].id
    assert chain[1].expires_at == later + dt.timedelta(days=14)


def test_a_lost_answer_is_given_again_within_the_grace():
    tokens = opened(registered().owner)
    first = rotated(tokens.refresh, now=NOW)
    again = rotated(tokens.refresh, now=NOW + GRACE)
    assert again.refresh == first.refresh
    assert RefreshToken.objects.count() == 2
    assert session_of(tokens).revoked_at is None


def test_a_used_token_that_comes_back_later_ends_the_session():
    tokens = opened(registered().owner)
    fresh = rotated(tokens.refresh, now=NOW)
    late = NOW + GRACE + SECOND
    with pytest.raises(InvalidRefreshToken):
        rotated(tokens.refresh, now=late)
    session = session_of(tokens)
    assert (session.revoked_at, session.revoked_reason) == (late, "refresh_reused")
    assert acts_recorded()[-2:] == ["accounts.session.revoke", "accounts.refresh_token.reuse"]
    assert events_emitted()[-2:] == ["accounts.session.revoked", "accounts.refresh_token.reused"]
    with pytest.raises(InvalidRefreshToken):
        rotated(fresh.refresh, now=late)


def test_no_grace_once_the_successor_was_used():
    tokens = opened(registered().owner)
    rotated(rotated(tokens.refresh, now=NOW).refresh, now=NOW)
    with pytest.raises(InvalidRefreshToken):
        rotated(tokens.refresh, now=NOW)
    assert session_of(tokens).revoked_reason == "refresh_reused"


def test_the_alarm_is_raised_once():
    tokens = opened(registered().owner)
    rotated(tokens.refresh, now=NOW)
    for _ in range(2):
        with pytest.raises(InvalidRefreshToken):
            rotated(tokens.refresh, now=NOW + GRACE + SECOND)
    assert events_emitted().count("accounts.refresh_token.reused") == 1


def test_an_idle_token_ends():
    tokens = opened(registered().owner)
    with pytest.raises(InvalidRefreshToken):
        rotated(tokens.refresh, now=NOW + dt.timedelta(days=14))
    assert session_of(tokens).revoked_at is None
    assert RefreshToken.objects.count() == 1


def test_no_session_outlives_its_absolute_end():
    tokens = opened(registered().owner)
    refresh, day = tokens.refresh, 0
    for day in range(13, 90, 13):
        refresh = rotated(refresh, now=NOW + dt.timedelta(days=day)).refresh
    last = RefreshToken.objects.order_by("-id")[0]
    assert last.expires_at == session_of(tokens).expires_at == NOW + dt.timedelta(days=90)
    with pytest.raises(InvalidRefreshToken):
        rotated(refresh, now=NOW + dt.timedelta(days=90))


@pytest.mark.parametrize("refresh", ["", "nonsense", "\0", "é"])
def test_an_unknown_token_is_refused(refresh: str):
    with pytest.raises(InvalidRefreshToken):
        rotated(refresh)


def test_signing_out_ends_the_family():
    alice = registered().owner
    tokens = opened(alice)
    sessions.revoke_session(actor=acting(alice), session_id=tokens.session_id, now=NOW)
    assert session_of(tokens).revoked_reason == "signed_out"
    with pytest.raises(InvalidRefreshToken):
        rotated(tokens.refresh)


def test_signing_out_twice_is_told_once():
    alice = registered().owner
    tokens = opened(alice)
    for _ in range(2):
        sessions.revoke_session(actor=acting(alice), session_id=tokens.session_id, now=NOW)
    assert events_emitted().count("accounts.session.revoked") == 1


def test_a_manager_ends_a_colleagues_session():
    alice = registered().owner
    tokens = opened(joined(alice, "bob", "member"))
    sessions.revoke_session(actor=acting(alice), session_id=tokens.session_id, now=NOW)
    assert session_of(tokens).revoked_reason == "killed"


def test_an_admin_does_not_end_an_owners_session():
    alice = registered().owner
    admin, tokens = joined(alice, "adam", "admin"), opened(alice)
    with pytest.raises(PermissionDenied):
        sessions.revoke_session(actor=acting(admin), session_id=tokens.session_id, now=NOW)
    assert session_of(tokens).revoked_at is None


@pytest.mark.parametrize("role", ["member", "finance", "viewer"])
def test_other_colleagues_do_not_see_the_session(role: str):
    alice = registered().owner
    bob, tokens = joined(alice, "bob", role), opened(alice)
    with pytest.raises(NotFound):
        sessions.revoke_session(actor=acting(bob), session_id=tokens.session_id, now=NOW)


def test_other_organizations_do_not_see_the_session():
    tokens = opened(registered().owner)
    charlie = registered("Globex", "charlie").owner
    with pytest.raises(NotFound):
        sessions.revoke_session(actor=acting(charlie), session_id=tokens.session_id, now=NOW)
    assert session_of(tokens).revoked_at is None
