"""Roles, removal, staff."""

from __future__ import annotations

import pytest

from accounts.errors import EmailTaken, InvalidProfile, LastOwner, WeakPassword
from accounts.models import ApiKey, SignInSession, User
from accounts.services.people import change_role, remove_member
from accounts.services.sessions import open_session
from accounts.services.staff import create_staff
from accounts.tests.builders import (
    NOW,
    PASSWORD,
    ROOT,
    acting,
    acts_recorded,
    events_emitted,
    joined,
    last_record,
    registered,
    staff,
)
from kernel.errors import NotFound, PermissionDenied
from tests.keys import issue

pytestmark = pytest.mark.django_db


def role_of(user: User) -> str | None:
    return User.objects.get(id=user.id).role


def test_an_owner_changes_a_role():
    alice = registered().owner
    bob = joined(alice, "bob", "viewer")
    change_role(actor=acting(alice), user_id=bob.id, role="finance", now=NOW)
    assert role_of(bob) == "finance"
    assert last_record().metadata == {"before": "viewer", "after": "finance"}
    assert events_emitted()[-1] == "accounts.member.role_changed"


def test_the_last_owner_stays_owner():
    alice = registered().owner
    with pytest.raises(LastOwner):
        change_role(actor=acting(alice), user_id=alice.id, role="admin", now=NOW)
    with pytest.raises(LastOwner):
        remove_member(actor=acting(alice), user_id=alice.id, now=NOW)
    assert role_of(alice) == "owner"


def test_one_of_two_owners_may_step_down():
    alice = registered().owner
    joined(alice, "dora", "owner")
    change_role(actor=acting(alice), user_id=alice.id, role="member", now=NOW)
    assert role_of(alice) == "member"


def test_an_admin_cannot_touch_owners():
    alice = registered().owner
    admin = joined(alice, "adam", "admin")
    with pytest.raises(PermissionDenied):
        change_role(actor=acting(admin), user_id=admin.id, role="owner", now=NOW)
    with pytest.raises(PermissionDenied):
        remove_member(actor=acting(admin), user_id=alice.id, now=NOW)
    assert (role_of(admin), role_of(alice)) == ("admin", "owner")


def test_a_member_changes_nobody():
    alice = registered().owner
    bob = joined(alice, "bob", "member")
    with pytest.raises(PermissionDenied):
        change_role(actor=acting(bob), user_id=bob.id, role="admin", now=NOW)


def test_other_organizations_people_are_not_there():
    charlie = registered("Globex", "charlie").owner
    bob = joined(registered().owner, "bob", "viewer")
    with pytest.raises(NotFound):
        change_role(actor=acting(charlie), user_id=bob.id, role="admin", now=NOW)
    with pytest.raises(NotFound):
        remove_member(actor=acting(charlie), user_id=bob.id, now=NOW)
    assert User.objects.get(id=bob.id).is_active


def test_an_unknown_role_is_refused():
    alice = registered().owner
    with pytest.raises(InvalidProfile):
        change_role(actor=acting(alice), user_id=alice.id, role="king", now=NOW)


def test_removing_a_member_ends_every_session():
    alice = registered().owner
    bob = joined(alice, "bob", "member")
    for _ in range(2):
        open_session(actor=acting(bob), now=NOW)
    remove_member(actor=acting(alice), user_id=bob.id, now=NOW)
    ended = SignInSession.objects.filter(user=bob, revoked_reason="member_removed", revoked_at=NOW)
    assert ended.count() == 2
    assert events_emitted()[-3:] == [
        "accounts.session.revoked",
        "accounts.session.revoked",
        "accounts.member.removed",
    ]


def issued_by(user: User, *scopes: str) -> ApiKey:
    return issue(actor=acting(user), name="Server", scopes=scopes, now=NOW).key


def live_keys() -> set[ApiKey]:
    return set(ApiKey.objects.filter(revoked_at=None))


def test_removing_a_member_revokes_the_keys_they_issued():
    alice = registered().owner
    adam = joined(alice, "adam", "admin")
    kept = issued_by(alice, "transfers:read")
    gone = [issued_by(adam, "transfers:read"), issued_by(adam, "wallets:read", "wallets:write")]
    remove_member(actor=acting(alice), user_id=adam.id, now=NOW)
    assert live_keys() == {kept}
    assert set(ApiKey.objects.filter(revoked_at=NOW)) == set(gone)
    assert events_emitted()[-3:] == [
        "accounts.api_key.revoked",
        "accounts.api_key.revoked",
        "accounts.member.removed",
    ]
    assert acts_recorded()[-3:] == [
        "accounts.api_key.revoke",
        "accounts.api_key.revoke",
        "accounts.member.remove",
    ]


def test_a_key_goes_with_the_role_that_could_issue_it():
    alice = registered().owner
    dora = joined(alice, "dora", "owner")
    plain = issued_by(dora, "transfers:read")
    powerful = issued_by(dora, "transfers:write", "wallets:debit-any")
    assert live_keys() == {plain, powerful}
    change_role(actor=acting(alice), user_id=dora.id, role="admin", now=NOW)
    assert live_keys() == {plain}
    change_role(actor=acting(alice), user_id=dora.id, role="finance", now=NOW)
    assert live_keys() == set()
    assert acts_recorded().count("accounts.api_key.revoke") == 2
    assert events_emitted().count("accounts.api_key.revoked") == 2


def test_a_removed_member_is_not_there_any_more():
    alice = registered().owner
    bob = joined(alice, "bob", "member")
    remove_member(actor=acting(alice), user_id=bob.id, now=NOW)
    with pytest.raises(NotFound):
        remove_member(actor=acting(alice), user_id=bob.id, now=NOW)


def test_a_super_admin_adds_staff():
    olga = staff()
    made = create_staff(
        actor=acting(olga),
        email="Mo@Platform.test",
        full_name="Mo",
        platform_role="moderator",
        password=PASSWORD,
        now=NOW,
    )
    assert (made.email, made.platform_role, made.organization) == (
        "mo@platform.test",
        "moderator",
        None,
    )
    assert last_record().action == "accounts.staff.add"
    assert events_emitted()[-1] == "accounts.staff.added"


@pytest.mark.parametrize("tier", ["moderator", "admin"])
def test_other_tiers_do_not(tier: str):
    with pytest.raises(PermissionDenied):
        create_staff(
            actor=acting(staff(tier)),
            email="mo@platform.test",
            full_name="Mo",
            platform_role="super_admin",
            password=PASSWORD,
            now=NOW,
        )


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"platform_role": "owner"}, InvalidProfile),
        ({"password": "password"}, WeakPassword),
        ({"email": "olga@platform.test"}, EmailTaken),
    ],
)
def test_staff_with_wrong_details_are_refused(change: dict[str, str], error: type[Exception]):
    staff()
    wanted = {
        "email": "mo@platform.test",
        "full_name": "Mo",
        "platform_role": "admin",
        "password": PASSWORD,
    }
    with pytest.raises(error):
        create_staff(actor=ROOT, now=NOW, **(wanted | change))
    assert User.objects.count() == 1
