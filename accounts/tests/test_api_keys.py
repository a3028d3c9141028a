"""API keys."""

from __future__ import annotations

import contextlib
import datetime as dt

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.choices import KeyScope
from accounts.errors import InvalidApiKey, InvalidProfile, InvalidScopes, OrganizationSuspended
from accounts.models import ApiKey, Organization, User
from accounts.services.api_keys import BASE62, SECRET_LENGTH, authenticate, revoke
from accounts.services.organizations import activate_organization, suspend_organization
from accounts.services.people import change_role, remove_member
from accounts.tests.builders import (
    NOW,
    ROOT,
    acting,
    events_emitted,
    joined,
    last_record,
    registered,
    staff,
)
from kernel.actor import Actor, ActorKind, Door
from kernel.context import Context, Scope, entered
from kernel.crypto import hash_token
from kernel.errors import NotFound, PermissionDenied
from kernel.ids import new_id
from tests.database import refused_by, run
from tests.keys import issue

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)


def shown(secret: str, *, now: dt.datetime = NOW) -> Actor:
    return authenticate(secret=secret, door=Door.API, request_id="r", ip="203.0.113.9", now=now)


def test_a_key_is_shown_once_and_kept_as_a_hash():
    alice = acting(registered().owner)
    key, secret = issue(actor=alice, name="Server", scopes=["transfers:read"], now=NOW)
    body = secret.removeprefix("vck_test_")
    assert len(body) == SECRET_LENGTH
    assert set(body) <= set(BASE62)
    assert secret.startswith(key.prefix)
    assert len(key.prefix) == len("vck_test_") + 6
    assert bytes(ApiKey.objects.get(id=key.id).secret_hash) == hash_token(secret)
    assert last_record().action == "accounts.api_key.issue"
    assert secret not in str(last_record().metadata)
    assert events_emitted()[-1] == "accounts.api_key.issued"


def test_production_keys_say_so(settings):
    settings.VAULTCRAFT_ENVIRONMENT = "production"
    alice = acting(registered().owner)
    issued = issue(actor=alice, name="Server", scopes=["transfers:read"], now=NOW)
    assert issued.secret.startswith("vck_live_")


def test_a_key_acts_in_its_organization_with_its_scopes():
    alice = registered().owner
    issued = issue(
        actor=acting(alice), name="Server", scopes=["transfers:read", "ledger:read"], now=NOW
    )
    actor = shown(issued.secret)
    assert (actor.kind, actor.id) == (ActorKind.API_KEY, issued.key.id)
    assert actor.organization_id == alice.organization_id
    assert actor.scopes == {"transfers:read", "ledger:read"}
    assert (actor.role, actor.platform_role) == (None, None)


def test_recognizing_a_key_is_one_query_and_notes_the_use_once_a_minute():
    alice = acting(registered().owner)
    secret = issue(actor=alice, name="Server", scopes=["transfers:read"], now=NOW).secret
    shown(secret)
    with CaptureQueriesContext(connection) as queries:
        shown(secret, now=NOW + MINUTE - dt.timedelta(seconds=1))
    assert len(queries) == 1
    assert ApiKey.objects.get().last_used_at == NOW
    shown(secret, now=NOW + MINUTE)
    assert ApiKey.objects.get().last_used_at == NOW + MINUTE


@pytest.mark.parametrize("secret", ["", "vck_test_", "vck_test_" + "0" * 43, "\0", "é"])
def test_an_unknown_key_is_refused(secret: str):
    with pytest.raises(InvalidApiKey):
        shown(secret)


def test_a_revoked_key_is_refused():
    alice = acting(registered().owner)
    key, secret = issue(actor=alice, name="Server", scopes=["transfers:read"], now=NOW)
    for _ in range(2):
        revoke(actor=alice, api_key_id=key.id, now=NOW)
    with pytest.raises(InvalidApiKey):
        shown(secret)
    assert events_emitted().count("accounts.api_key.revoked") == 1


def test_an_expired_key_is_refused():
    alice = acting(registered().owner)
    secret = issue(
        actor=alice, name="Server", scopes=["transfers:read"], expires_at=NOW + MINUTE, now=NOW
    ).secret
    assert shown(secret).id
    with pytest.raises(InvalidApiKey):
        shown(secret, now=NOW + MINUTE)


def test_a_suspended_organizations_key_is_refused():
    made, olga = registered(), acting(staff())
    secret = issue(
        actor=acting(made.owner), name="Server", scopes=["transfers:read"], now=NOW
    ).secret
    activate_organization(actor=olga, organization_id=made.organization.id, now=NOW)
    assert shown(secret).id
    suspend_organization(actor=olga, organization_id=made.organization.id, reason="", now=NOW)
    with pytest.raises(OrganizationSuspended):
        shown(secret)


@pytest.mark.parametrize("scopes", [[], ["transfers:read", "everything"], ["*"]])
def test_scopes_come_from_a_closed_list(scopes: list[str]):
    with pytest.raises(InvalidScopes):
        issue(actor=acting(registered().owner), name="Server", scopes=scopes, now=NOW)
    assert not ApiKey.objects.exists()


def test_a_key_cannot_begin_expired():
    with pytest.raises(InvalidProfile):
        issue(
            actor=acting(registered().owner),
            name="Server",
            scopes=["transfers:read"],
            expires_at=NOW,
            now=NOW,
        )


@pytest.mark.parametrize("role", ["finance", "member", "viewer"])
def test_only_managers_issue_and_revoke(role: str):
    alice = registered().owner
    bob = acting(joined(alice, "bob", role))
    key = issue(actor=acting(alice), name="Server", scopes=["transfers:read"], now=NOW).key
    with pytest.raises(PermissionDenied):
        issue(actor=bob, name="Mine", scopes=["transfers:read"], now=NOW)
    with pytest.raises(PermissionDenied):
        revoke(actor=bob, api_key_id=key.id, now=NOW)


def test_a_key_never_issues_keys():
    alice = acting(registered().owner)
    scopes = [scope for scope in KeyScope if scope != KeyScope.CASH_WRITE]
    secret = issue(actor=alice, name="Server", scopes=scopes, now=NOW).secret
    with pytest.raises(PermissionDenied):
        issue(actor=shown(secret), name="Child", scopes=["transfers:read"], now=NOW)


def test_only_the_platform_gives_a_key_the_right_to_move_cash():
    made, olga = registered(), acting(staff("admin"))
    with pytest.raises(PermissionDenied):
        issue(actor=acting(made.owner), name="Cash", scopes=["cash:write"], now=NOW)
    key = issue(
        actor=olga,
        name="Cash",
        scopes=["cash:write"],
        organization_id=made.organization.id,
        now=NOW,
    ).key
    assert key.organization_id == made.organization.id


@pytest.mark.parametrize("scope", [scope.value for scope in KeyScope])
def test_the_program_issues_every_key_but_those_that_record_cash(scope: str):
    """Service and database say the same of it; decision 62."""
    home = registered().organization
    may = scope != KeyScope.CASH_WRITE
    with contextlib.nullcontext() if may else pytest.raises(PermissionDenied):
        issue(actor=ROOT, name="Own", scopes=[scope], organization_id=home.id, now=NOW)
    with contextlib.nullcontext() if may else refused_by("accounts_apikey_cash_by_staff"):
        _write(home, issuer=None, scope=scope)


@pytest.mark.parametrize("role", ["admin", "super_admin", "moderator"])
def test_staff_issue_keys_that_record_cash_by_their_role_at_both_doors(role: str):
    home, issuer = registered().organization, staff(role)
    may = role != "moderator"
    with contextlib.nullcontext() if may else pytest.raises(PermissionDenied):
        issue(
            actor=acting(issuer),
            name="Own",
            scopes=["cash:write"],
            organization_id=home.id,
            now=NOW,
        )
    with contextlib.nullcontext() if may else refused_by("accounts_apikey_cash_by_staff"):
        _write(home, issuer=issuer, scope="cash:write")


def _write(home: Organization, *, issuer: User | None, scope: str) -> None:
    """By hand, under the platform's view, in which the program and staff issue keys."""
    with transaction.atomic(), entered(Context(scope=Scope.PLATFORM)):
        run(
            "INSERT INTO accounts_apikey (id, organization_id, name, prefix, secret_hash, scopes,"
            " created_by_id, created_at)"
            " VALUES (gen_random_uuid(), %s, 'Mine', 'vck_test_x', sha256('mine'), %s, %s, %s)",
            home.id,
            [scope],
            issuer.id if issuer else None,
            NOW,
        )


def test_nobody_issues_a_key_for_another_organization():
    alice, globex = registered().owner, registered("Globex", "charlie").organization
    for organization_id in (globex.id, new_id()):
        with pytest.raises(NotFound):
            issue(
                actor=acting(alice),
                name="Server",
                scopes=["transfers:read"],
                organization_id=organization_id,
                now=NOW,
            )


def test_another_organizations_key_is_not_there():
    key = issue(
        actor=acting(registered().owner), name="Server", scopes=["transfers:read"], now=NOW
    ).key
    charlie = acting(registered("Globex", "charlie").owner)
    with pytest.raises(NotFound):
        revoke(actor=charlie, api_key_id=key.id, now=NOW)
    assert ApiKey.objects.get(id=key.id).revoked_at is None


def test_only_an_owner_gives_a_key_the_right_to_debit_anybody():
    made, olga = registered(), acting(staff("admin"))
    adam = acting(joined(made.owner, "adam", "admin"))
    scopes = ["transfers:write", "wallets:debit-any"]
    with pytest.raises(PermissionDenied) as refused:
        issue(actor=adam, name="Mine", scopes=scopes, now=NOW)
    assert refused.value.facts == {"permission": "api_keys.issue_debit_any"}
    home = made.organization.id
    for actor in (acting(made.owner), olga):
        issue(actor=actor, name="Server", scopes=scopes, organization_id=home, now=NOW)
    assert ApiKey.objects.filter(scopes=scopes).count() == 2


def test_a_right_lost_on_the_way_counts():
    alice = registered().owner
    adam = joined(alice, "adam", "admin")
    before = acting(adam)
    change_role(actor=acting(alice), user_id=adam.id, role="member", now=NOW)
    with pytest.raises(PermissionDenied):
        issue(actor=before, name="Late", scopes=["transfers:read"], now=NOW)
    remove_member(actor=acting(alice), user_id=adam.id, now=NOW)
    with pytest.raises(PermissionDenied):
        issue(actor=before, name="Later", scopes=["transfers:read"], now=NOW)
    assert not ApiKey.objects.exists()
