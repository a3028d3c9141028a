"""The permission table, without a database."""

from __future__ import annotations

import dataclasses
import uuid

import pytest

from accounts import policy, staff_views
from accounts.choices import KeyScope, PlatformRole, Role
from accounts.errors import StepUpRequired
from accounts.permissions import PERMISSIONS
from kernel.actor import Actor, ActorKind, Door, anonymous, system
from kernel.errors import InvariantBroken, PermissionDenied


def person(role: str | None = None, platform_role: str | None = None) -> Actor:
    home = uuid.uuid4() if role else None
    return Actor(
        kind=ActorKind.USER,
        door=Door.API,
        request_id="r",
        id=uuid.uuid4(),
        organization_id=home,
        role=role,
        platform_role=platform_role,
        proven_strongly=platform_role is not None,
    )


def key(*scopes: str) -> Actor:
    return Actor(
        kind=ActorKind.API_KEY,
        door=Door.API,
        request_id="r",
        id=uuid.uuid4(),
        organization_id=uuid.uuid4(),
        scopes=frozenset(scopes),
    )


def test_every_permission_is_named_room_dot_verb_and_explained():
    for name, row in PERMISSIONS.items():
        noun, _, verb = name.partition(".")
        assert noun
        assert verb
        assert row.summary
        assert row.roles | row.platform | row.scopes, f"nobody carries {name}"


def test_every_role_and_scope_carries_something():
    rows = PERMISSIONS.values()
    assert set().union(*(row.roles for row in rows)) == set(Role)
    assert set().union(*(row.platform for row in rows)) == set(PlatformRole)
    assert set().union(*(row.scopes for row in rows)) == set(KeyScope)


def test_a_stranger_may_do_nothing():
    nobody = anonymous(door=Door.API, request_id="r")
    assert not any(policy.may(nobody, name) for name in PERMISSIONS)


def test_the_program_may_do_everything():
    root = system(door=Door.TASK, request_id="r")
    assert all(policy.may(root, name) for name in PERMISSIONS)


def test_a_viewer_changes_nothing_but_about_themselves():
    allowed = {name for name in PERMISSIONS if policy.may(person("viewer"), name)}
    others = {name for name in allowed - {"kyc.apply"} if not name.startswith("self.")}
    verbs = {name.partition(".")[2] for name in others}
    assert verbs == {"read", "read_all", "read_terms"}


def test_each_platform_tier_carries_all_of_the_tier_below():
    def carried(tier: str) -> set[str]:
        return {name for name in PERMISSIONS if policy.may(person(platform_role=tier), name)}

    assert carried("moderator") < carried("admin") < carried("super_admin")


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        ("organizations.activate", {"admin*", "super_admin*"}),
        ("cash.move", {"admin*", "super_admin*"}),
        ("staff.manage", {"super_admin*"}),
        ("wallets.freeze", {"owner", "admin", "finance", "moderator*", "admin*", "super_admin*"}),
        ("wallets.unfreeze", {"owner", "admin", "finance", "admin*", "super_admin*"}),
        ("members.invite", {"owner", "admin"}),
        ("transfers.create", {"owner", "admin", "finance", "member"}),
        ("transfers.debit_organization", {"owner", "admin", "finance"}),
        ("transfers.debit_any", set()),
        ("api_keys.issue", {"owner", "admin", "admin*", "super_admin*"}),
        ("api_keys.issue_cash", {"admin*", "super_admin*"}),
        ("api_keys.issue_debit_any", {"owner", "admin*", "super_admin*"}),
    ],
)
def test_who_carries_what_is_sensitive(permission: str, roles: set[str]):
    members = {role.value for role in Role if policy.may(person(role), permission)}
    tiers = {
        f"{tier.value}*"
        for tier in PlatformRole
        if policy.may(person(platform_role=tier), permission)
    }
    assert members | tiers == roles


def test_no_person_moves_money_with_a_platform_role():
    for tier in PlatformRole:
        assert not policy.may(person(platform_role=tier), "transfers.create")


def test_a_key_may_what_its_scopes_say_and_no_more():
    assert policy.may(key("transfers:write"), "transfers.create")
    assert not policy.may(key("transfers:read"), "transfers.create")
    assert not policy.may(key("transfers:write"), "transfers.debit_any")
    assert policy.may(key("wallets:debit-any"), "transfers.debit_any")
    assert not policy.may(key(*KeyScope), "api_keys.issue")
    assert policy.may(key("wallets:write"), "wallets.freeze")
    assert not policy.may(key(*KeyScope), "wallets.unfreeze")


def test_a_role_on_a_key_counts_for_nothing():
    forged = Actor(kind=ActorKind.API_KEY, door=Door.API, request_id="r", role="owner")
    assert not policy.may(forged, "wallets.read")


def test_require_names_the_missing_permission():
    with pytest.raises(PermissionDenied) as refused:
        policy.require(person("member"), "members.invite")
    assert refused.value.facts == {"permission": "members.invite"}


def test_what_is_about_oneself_everybody_carries_before_the_address_is_confirmed():
    """So a proof is asked for, but any: a mailed code, where there is nothing better yet."""
    everybody = [person(role) for role in Role] + [person(platform_role=t) for t in PlatformRole]
    own = [name for name in PERMISSIONS if name.startswith("self.")]
    assert len(own) > 4
    for actor in everybody:
        newcomer = dataclasses.replace(actor, email_confirmed=False)
        for name in own:
            with pytest.raises(StepUpRequired):
                policy.require(newcomer, name)
            policy.require(dataclasses.replace(newcomer, proven_lately=True), name)
            assert not policy.may(key(*KeyScope), name)


def test_an_unknown_permission_is_our_own_mistake():
    with pytest.raises(InvariantBroken):
        policy.may(person("owner"), "wallets.teleport")


def test_only_owners_make_owners():
    assert policy.may_grant(person("owner"), "owner")
    assert not policy.may_grant(person("admin"), "owner")
    assert policy.may_grant(person("admin"), "admin")


def test_staff_have_no_organization_to_act_in():
    with pytest.raises(PermissionDenied):
        policy.own_organization(person(platform_role="super_admin"))


def test_the_staff_site_asks_the_same_table():
    assert staff_views.permission_to_view(app_label="wallets", model="wallet") == "wallets.read_all"
    assert staff_views.permission_to_view(app_label="accounts", model="apikey") == "api_keys.read"
    assert staff_views.permission_to_view(app_label="accounts", model="refreshtoken") is None
    assert staff_views.permissions_to_view("sessions") == frozenset()
