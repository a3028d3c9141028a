"""Inviting and joining."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.errors import (
    AlreadyMember,
    EmailTaken,
    FormerMemberPasswordRequired,
    InvalidInvitation,
    InvalidProfile,
    OrganizationSuspended,
    WeakPassword,
)
from accounts.models import Invitation, User
from accounts.services.invitations import LIFETIME, invite, join, withdraw_invitation
from accounts.services.organizations import activate_organization, suspend_organization
from accounts.services.people import change_role, remove_member
from accounts.tests.builders import (
    NOW,
    PASSWORD,
    STRANGER,
    acting,
    acts_recorded,
    events_emitted,
    joined,
    last_record,
    registered,
    staff,
)
from accounts.tests.letters import delivered, invitation_mailed_to, token_in_mail
from kernel.errors import NotFound, PermissionDenied

pytestmark = pytest.mark.django_db


def accept(token: str, *, now: dt.datetime = NOW, password: str = PASSWORD) -> User:
    return join(actor=STRANGER, token=token, full_name="Bob", password=password, now=now)


def test_an_invited_person_joins_with_the_role():
    alice = registered().owner
    invited = invite(actor=acting(alice), email="bob@acme.test", role="viewer", now=NOW)
    bob = accept(invited.token)
    assert (bob.organization_id, bob.role, bob.email) == (
        alice.organization_id,
        "viewer",
        "bob@acme.test",
    )
    assert events_emitted()[-2:] == ["accounts.member.invited", "accounts.member.joined"]
    record = last_record()
    assert (record.action, record.actor_id) == ("accounts.member.join", bob.id)


@pytest.mark.parametrize("role", ["owner", "admin", "finance"])
def test_the_link_of_an_officer_goes_by_mail_alone(role: str):
    alice = registered().owner
    delivered(now=NOW)
    issued = invite(actor=acting(alice), email="bob@acme.test", role=role, now=NOW)
    assert issued.token == ""
    told = "alice@acme.test: Somebody is invited to act for your organization"
    assert told in delivered(now=NOW)
    bob = accept(token_in_mail(to="bob@acme.test", subject="You are invited to Acme on VaultCraft"))
    assert (bob.role, bob.email_confirmed_at) == (role, NOW)
    assert "alice@acme.test: Somebody may act for your organization now" in delivered(now=NOW)


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
    old = invite(actor=alice, email="bob@acme.test", role="member", now=NOW).token
    new = invite(actor=alice, email="Bob@Acme.test", role="viewer", now=NOW).token
    with pytest.raises(InvalidInvitation):
        accept(old)
    assert accept(new).role == "viewer"


def test_a_withdrawn_invitation_is_refused():
    alice = acting(registered().owner)
    issued = invite(actor=alice, email="bob@acme.test", role="member", now=NOW)
    withdraw_invitation(actor=alice, invitation_id=issued.invitation.id, now=NOW)
    with pytest.raises(InvalidInvitation):
        accept(issued.token)
    assert events_emitted()[-1] == "accounts.member.uninvited"


def test_another_organizations_invitation_is_not_there():
    issued = invite(actor=acting(registered().owner), email="bob@acme.test", role="member", now=NOW)
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
    assert again.password == bob.password


@pytest.mark.parametrize("guess", ["a password of the admin", "short", ""])
def test_nobody_comes_back_in_a_former_members_place(guess: str):
    alice = registered().owner
    bob = joined(alice, "bob", "member")
    adam = acting(joined(alice, "adam", "admin"))
    remove_member(actor=adam, user_id=bob.id, now=NOW)
    issued = invite(actor=adam, email=bob.email, role="member", now=NOW)
    with pytest.raises(FormerMemberPasswordRequired) as refused:
        accept(issued.token, password=guess)
    assert refused.value.pointer == "/password"
    after = User.objects.get(id=bob.id)
    assert (after.is_active, after.password, after.full_name) == (False, bob.password, "Bob")
    assert Invitation.objects.get(id=issued.invitation.id).accepted_at is None
    record = last_record()
    assert (record.action, record.subject_id) == ("accounts.member.fail_to_join", bob.id)
    assert accept(issued.token).id == bob.id


def invited(by: User, name: str, role: str) -> str:
    address = f"{name}@acme.test"
    issued = invite(actor=acting(by), email=address, role=role, now=NOW)
    return issued.token or invitation_mailed_to(address, now=NOW)


def test_a_removed_persons_invitations_are_withdrawn():
    alice = registered().owner
    adam = joined(alice, "adam", "admin")
    kept = invited(alice, "kim", "viewer")
    gone = [invited(adam, "dora", "viewer"), invited(adam, "eve", "admin")]
    remove_member(actor=acting(alice), user_id=adam.id, now=NOW)
    assert Invitation.objects.filter(withdrawn_at=NOW, invited_by=adam).count() == 2
    assert events_emitted()[-3:] == ["accounts.member.uninvited"] * 2 + ["accounts.member.removed"]
    assert acts_recorded()[-3:] == ["accounts.member.uninvite"] * 2 + ["accounts.member.remove"]
    for token in gone:
        with pytest.raises(InvalidInvitation):
            accept(token)
    assert accept(kept).is_active


def test_invitations_go_with_the_role_that_could_give_them():
    alice = registered().owner
    dora = joined(alice, "dora", "owner")
    invited(dora, "eve", "owner")
    invited(dora, "kim", "admin")
    used = invited(dora, "lea", "owner")
    accept(used)
    open_ones = Invitation.objects.filter(invited_by=dora, accepted_at=None, withdrawn_at=None)
    change_role(actor=acting(alice), user_id=dora.id, role="admin", now=NOW)
    assert [row.role for row in open_ones.all()] == ["admin"]
    change_role(actor=acting(alice), user_id=dora.id, role="finance", now=NOW)
    assert not open_ones.all()
    assert acts_recorded().count("accounts.member.uninvite") == 2
    assert events_emitted().count("accounts.member.uninvited") == 2


@pytest.mark.parametrize("role", [None, "member", "admin"])
def test_an_invitation_in_flight_does_not_outlive_its_issuers_right(role: str | None):
    alice = registered().owner
    dora = joined(alice, "dora", "owner")
    as_before = acting(dora)
    if role is None:
        remove_member(actor=acting(alice), user_id=dora.id, now=NOW)
    else:
        change_role(actor=acting(alice), user_id=dora.id, role=role, now=NOW)
    invite(actor=as_before, email="eve@acme.test", role="owner", now=NOW)
    token = invitation_mailed_to("eve@acme.test", now=NOW)
    with pytest.raises(InvalidInvitation):
        accept(token)
    assert not User.objects.filter(email="eve@acme.test").exists()


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
