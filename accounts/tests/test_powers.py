"""What gives power in an organization is told to its owners, and ends with who gave it."""

from __future__ import annotations

import pytest

from accounts.models import ApiKey, PendingAct, SignInSession
from accounts.services.approvals import set_approval_policy
from accounts.services.dual_control import set_dual_control_policy
from accounts.services.pending_acts import agree
from accounts.services.sessions import end_sessions_of_person, open_session
from accounts.services.staff import change_staff_role, close_staff_account
from accounts.tests.builders import (
    NOW,
    acting,
    acts_recorded,
    joined,
    registered,
    signed_in,
    staff,
)
from accounts.tests.letters import delivered
from kernel.errors import NotFound, PermissionDenied
from tests.keys import issue

pytestmark = pytest.mark.django_db

LESS = "alice@acme.test: A check of your organization holds less"


def test_fewer_approvals_are_told_to_the_owners_and_more_are_not() -> None:
    alice = registered().owner
    delivered(now=NOW)
    for over_minor, told in ((500, False), (600, True), (600, False), (0, False), (None, True)):
        done = set_approval_policy(actor=acting(alice), over_minor=over_minor, now=NOW)
        assert not isinstance(done, PendingAct)
        assert (LESS in delivered(now=NOW)) == told, over_minor


def test_fewer_approvals_take_a_second_person_where_terms_do() -> None:
    made = registered()
    alice, home = made.owner, made.organization
    joined(alice, "adam", "admin")
    frank = joined(alice, "frank", "finance")
    set_dual_control_policy(actor=signed_in(alice), roles=True, journals=False, terms=True, now=NOW)
    fewer = set_approval_policy(actor=signed_in(alice), over_minor=600, now=NOW)
    assert not isinstance(fewer, PendingAct), "a new organization begins with more than that"
    off = set_approval_policy(actor=signed_in(alice), over_minor=None, now=NOW)
    assert isinstance(off, PendingAct)
    home.refresh_from_db()
    assert home.approval_over_minor == 600
    agreed = agree(actor=signed_in(frank), act_id=off.id, now=NOW)
    assert (agreed.state, agreed.result_id) == ("agreed", alice.organization_id)
    home.refresh_from_db()
    assert home.approval_over_minor is None


def test_less_dual_control_is_told_to_the_owners() -> None:
    alice = registered().owner
    adam = joined(alice, "adam", "admin")
    set_dual_control_policy(
        actor=signed_in(alice), roles=True, journals=False, terms=False, now=NOW
    )
    delivered(now=NOW)
    off = set_dual_control_policy(
        actor=signed_in(alice), roles=False, journals=False, terms=False, now=NOW
    )
    assert isinstance(off, PendingAct)
    assert LESS not in delivered(now=NOW)
    agree(actor=signed_in(adam), act_id=off.id, now=NOW)
    assert LESS in delivered(now=NOW)


def test_a_colleague_is_signed_out_everywhere_and_told() -> None:
    alice = registered().owner
    bob, dora = joined(alice, "bob", "member"), joined(alice, "dora", "owner")
    adam = joined(alice, "adam", "admin")
    for person in (bob, bob, dora):
        open_session(actor=acting(person), now=NOW)
    delivered(now=NOW)
    assert end_sessions_of_person(actor=acting(adam), user_id=bob.id, now=NOW) == 2
    assert acts_recorded()[-2:] == ["accounts.session.revoke"] * 2
    assert delivered(now=NOW) == ["bob@acme.test: You were signed out everywhere"]
    assert end_sessions_of_person(actor=acting(adam), user_id=bob.id, now=NOW) == 0
    assert delivered(now=NOW) == []
    with pytest.raises(PermissionDenied):
        end_sessions_of_person(actor=acting(adam), user_id=dora.id, now=NOW)
    with pytest.raises(PermissionDenied):
        end_sessions_of_person(actor=acting(bob), user_id=dora.id, now=NOW)
    stranger = registered("Globex", "charlie").owner
    with pytest.raises(NotFound):
        end_sessions_of_person(actor=acting(stranger), user_id=dora.id, now=NOW)
    assert SignInSession.objects.filter(user=dora, revoked_at=None).count() == 1


def test_staff_sign_anybody_out_but_only_super_admins_their_own() -> None:
    dora, admin, boss = registered().owner, staff("admin", "ada"), staff()
    for person in (dora, boss):
        open_session(actor=acting(person), now=NOW)
    assert end_sessions_of_person(actor=acting(admin), user_id=dora.id, now=NOW) == 1
    with pytest.raises(PermissionDenied):
        end_sessions_of_person(actor=acting(admin), user_id=boss.id, now=NOW)
    assert end_sessions_of_person(actor=acting(boss), user_id=boss.id, now=NOW) == 1


@pytest.mark.parametrize("how", ["closed", "moderator", "admin"])
def test_keys_of_staff_end_with_what_let_them_issue_these(how: str) -> None:
    home, boss, ada = registered().organization, staff(), staff("admin", "ada")
    key, _ = issue(
        actor=acting(ada),
        name="Cash",
        scopes=["cash:write"],
        organization_id=home.id,
        now=NOW,
    )
    if how == "closed":
        close_staff_account(actor=acting(boss), user_id=ada.id, now=NOW)
    else:
        change_staff_role(actor=acting(boss), user_id=ada.id, platform_role=how, now=NOW)
    live = ApiKey.objects.get(id=key.id).revoked_at is None
    assert live == (how == "admin")
