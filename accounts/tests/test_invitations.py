"""Inviting and joining."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.errors import (
    AlreadyMember,
    EmailTaken,
    InvalidInvitation,
    InvalidProfile,
    OrganizationSuspended,
    WeakPassword,
)
from accounts.models import Invitation, User
from accounts.services.invitations import LIFETIME, invite, join, withdraw_invitation
from accounts.services.organizations import activate_organization, suspend_organization
from accounts.services.people import remove_member
from accounts.tests.builders import (
    NOW,
    PASSWORD,
    STRANGER,
    acting,
    events_emitted,
    joined,
    last_record,
    registered,
    staff,
)
from kernel.errors import NotFound, PermissionDenied

pytestmark = pytest.mark.django_db


def accept(token: str, *, now: dt.datetime = NOW, password: str = PASSWORD) -> User:
    return join(actor=STRANGER, token=token, full_name="Bob", password=password, now=now)


def test_an_invited_person_joins_with_the_role():
    alice = registered().owner
    bob = joined(alice, "bob", "viewer")
    assert (bob.organization_id, bob.role, bob.email) == (
        alice.organization_id,
        "viewer",
        "bob@acme.test",
    )
    assert events_emitted()[-2:] == ["accounts.member.invited", "accounts.member.joined"]
    record = last_record()
    assert (record.action, record.actor_id) == ("accounts.member.join", bob.id)


def test_the_token_is_not_in_the_database():
    issued = invite(actor=acting(registered().owner), email="bob@acme.test", role="member", now=NOW)
    assert issued.token.encode() not in bytes(issued.invitation.token_hash)
    assert len(issued.token) >= 43


def test_an_invitation_works_once():
    token = invite(
        actor=acting(registered().owner), email="bob@acme.test", role="member", now=NOW
    ).token
    accept(token)
    with pytest.raises(InvalidInvitation):
        accept(token)
    assert User.objects.filter(email="bob@acme.test").count() == 1


def test_an_invitation_ends_after_seven_days():
    token = invite(
        actor=acting(registered().owner), email="bob@acme.test", role="member", now=NOW
    ).token
    with pytest.raises(InvalidInvitation):
        accept(token, now=NOW + LIFETIME)
    assert accept(token, now=NOW + LIFETIME - dt.timedelta(seconds=1)).is_active


def test_an_unknown_token_is_refused():
    with pytest.raises(InvalidInvitation):
        accept("nonsense")


def test_a_new_invitation_replaces_the_open_one():
    alice = acting(registered().owner)
    old = invite(actor=alice, email="bob@acme.test", role="admin", now=NOW).token
    new = invite(actor=alice, email="Bob@Acme.test", role="viewer", now=NOW).token
    with pytest.raises(InvalidInvitation):
        accept(old)
    assert accept(new).role == "viewer"


def test_a_withdrawn_invitation_is_refused():
    alice = acting(registered().owner)
    issued = invite(actor=alice, email="bob@acme.test", role="admin", now=NOW)
    withdraw_invitation(actor=alice, invitation_id=issued.invitation.id, now=NOW)
    with pytest.raises(InvalidInvitation):
        accept(issued.token)
    assert events_emitted()[-1] == "accounts.member.uninvited"


def test_another_organizations_invitation_is_not_there():
    issued = invite(actor=acting(registered().owner), email="bob@acme.test", role="admin", now=NOW)
    charlie = acting(registered("Globex", "charlie").owner)
    with pytest.raises(NotFound):
        withdraw_invitation(actor=charlie, invitation_id=issued.invitation.id, now=NOW)
    assert accept(issued.token).is_active


@pytest.mark.parametrize("role", ["finance", "member", "viewer"])
def test_only_managers_invite(role: str):
    person = joined(registered().owner, "bob", role)
    with pytest.raises(PermissionDenied):
        invite(actor=acting(person), email="dora@acme.test", role="viewer", now=NOW)
    assert not Invitation.objects.filter(email="dora@acme.test").exists()


def test_an_admin_cannot_invite_an_owner():
    admin = joined(registered().owner, "adam", "admin")
    with pytest.raises(PermissionDenied):
        invite(actor=acting(admin), email="dora@acme.test", role="owner", now=NOW)


def test_platform_staff_have_no_organization_to_invite_into():
    with pytest.raises(PermissionDenied):
        invite(actor=acting(staff()), email="dora@acme.test", role="viewer", now=NOW)


def test_an_unknown_role_is_refused():
    alice = acting(registered().owner)
    with pytest.raises(InvalidProfile):
        invite(actor=alice, email="bob@acme.test", role="super_admin", now=NOW)


def test_a_member_is_not_invited_again():
    alice = registered().owner
    joined(alice, "bob", "viewer")
    with pytest.raises(AlreadyMember):
        invite(actor=acting(alice), email="bob@acme.test", role="admin", now=NOW)


def test_a_person_of_another_organization_cannot_join():
    alice = acting(registered().owner)
    registered("Globex", "charlie")
    token = invite(actor=alice, email="charlie@globex.test", role="viewer", now=NOW).token
    with pytest.raises(EmailTaken):
        accept(token)
    assert User.objects.get(email="charlie@globex.test").role == "owner"


def test_a_removed_person_comes_back_as_the_same_person():
    alice = registered().owner
    bob = joined(alice, "bob", "admin")
    remove_member(actor=acting(alice), user_id=bob.id, now=NOW)
    again = joined(alice, "bob", "viewer")
    assert (again.id, again.role, again.is_active) == (bob.id, "viewer", True)


def test_nobody_joins_with_a_weak_password():
    token = invite(
        actor=acting(registered().owner), email="bob@acme.test", role="member", now=NOW
    ).token
    with pytest.raises(WeakPassword):
        accept(token, password="password")


def test_nobody_joins_a_suspended_organization():
    made, olga = registered(), acting(staff())
    token = invite(actor=acting(made.owner), email="bob@acme.test", role="member", now=NOW).token
    activate_organization(actor=olga, organization_id=made.organization.id, now=NOW)
    suspend_organization(actor=olga, organization_id=made.organization.id, reason="", now=NOW)
    with pytest.raises(OrganizationSuspended):
        accept(token)
    assert not User.objects.filter(email="bob@acme.test").exists()
