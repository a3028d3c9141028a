"""What the database itself refuses, asked in raw SQL as the application's role."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import DatabaseError, connection

from accounts.models import User
from accounts.services.invitations import invite
from accounts.services.organizations import activate_organization
from accounts.services.sessions import open_session, revoke_session, rotate_refresh
from accounts.tests.builders import NOW, ROOT, STRANGER, acting, registered, staff
from kernel.ids import new_id
from tests.keys import issue

pytestmark = pytest.mark.django_db


def run(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def refused(sql: str, *values: Any) -> str:
    """The broken rule's name, or the SQLSTATE where there is none."""
    with pytest.raises(DatabaseError) as error:
        run(sql, *values)
    cause: Any = error.value.__cause__
    return cause.diag.constraint_name or cause.sqlstate


NO_PRIVILEGE = "42501"
TABLES = [
    "accounts_organization",
    "accounts_user",
    "accounts_invitation",
    "accounts_signinsession",
    "accounts_refreshtoken",
    "accounts_apikey",
]


@pytest.mark.parametrize("table", TABLES)
def test_no_row_is_deleted(table: str):
    assert refused(f"DELETE FROM {table}") == NO_PRIVILEGE


@pytest.mark.parametrize("table", TABLES)
def test_no_table_is_emptied(table: str):
    assert refused(f"TRUNCATE {table} CASCADE") == NO_PRIVILEGE


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("accounts_organization", "base_currency"),
        ("accounts_organization", "name"),
        ("accounts_organization", "display_name"),
        ("accounts_organization", "slug"),
        ("accounts_apikey", "name"),
        ("accounts_user", "organization_id"),
        ("accounts_user", "id"),
        ("accounts_invitation", "role"),
        ("accounts_invitation", "token_hash"),
        ("accounts_signinsession", "user_id"),
        ("accounts_signinsession", "expires_at"),
        ("accounts_refreshtoken", "token_hash"),
        ("accounts_refreshtoken", "expires_at"),
        ("accounts_apikey", "scopes"),
        ("accounts_apikey", "secret_hash"),
        ("accounts_apikey", "expires_at"),
    ],
)
def test_what_is_fixed_cannot_be_written(table: str, column: str):
    assert refused(f"UPDATE {table} SET {column} = {column}") == NO_PRIVILEGE


@pytest.mark.parametrize(
    "change",
    [
        "email = 'thief@acme.test'",
        "email = 'erased-' || id || '@erased.invalid'",
        "email = 'thief@acme.test', is_active = false",
    ],
)
def test_an_address_changes_only_when_a_closed_account_is_erased(change: str):
    registered()
    rule = "accounts_user_email_only_erased"
    assert refused(f"UPDATE accounts_user SET {change}") == rule


def like(user: User, **changed: str | None) -> str:
    """The rule that refuses a new person who is like this one but for what is changed."""
    new = {"id": str(new_id()), "email": "new@acme.test", **changed}
    return refused(
        "INSERT INTO accounts_user SELECT (jsonb_populate_record(u, %s::jsonb)).*"
        " FROM accounts_user u WHERE u.id = %s",
        json.dumps(new),
        user.id,
    )


@pytest.mark.parametrize(
    "sides",
    [
        {"organization_id": None},
        {"role": None},
        {"platform_role": "admin"},
        {"role": None, "platform_role": "admin"},
    ],
)
def test_a_person_is_on_exactly_one_side(sides: dict[str, str | None]):
    assert like(registered().owner, **sides) == "accounts_user_one_side"


def test_a_person_of_an_organization_does_not_lose_the_role():
    alice = registered().owner
    rule = refused("UPDATE accounts_user SET role = NULL WHERE id = %s", alice.id)
    assert rule == "accounts_user_one_side"


def test_staff_cannot_be_given_an_organization_role():
    olga = staff()
    rule = refused("UPDATE accounts_user SET role = 'owner' WHERE id = %s", olga.id)
    assert rule == "accounts_user_one_side"


def test_roles_come_from_the_closed_lists():
    alice, olga = registered().owner, staff()
    run("SAVEPOINT before")
    assert like(alice, role="king") == "accounts_user_role"
    run("ROLLBACK TO SAVEPOINT before")
    assert like(olga, platform_role="king") == "accounts_user_platform_role"


def test_an_address_is_unique_in_any_case():
    registered()
    charlie = registered("Globex", "charlie").owner
    run("SAVEPOINT before")
    assert like(charlie, email="alice@acme.test").startswith("accounts_user_email")
    run("ROLLBACK TO SAVEPOINT before")
    assert like(charlie, email="Alice@Acme.test").startswith("accounts_user_email")


def test_an_address_is_kept_in_lower_case():
    alice = registered().owner
    assert like(alice, email="Other@acme.test") == "accounts_user_email_lower"


@pytest.mark.parametrize(
    "zone", ["localtime", "Nowhere/Bad", "IST", "EST+5", "CET", "asia/kolkata", "", "posixrules"]
)
def test_a_time_zone_is_one_that_postgresql_knows(zone: str):
    rule = refused(
        "INSERT INTO accounts_organization SELECT (jsonb_populate_record(o, %s::jsonb)).*"
        " FROM accounts_organization o WHERE o.id = %s",
        json.dumps({"id": str(new_id()), "slug": "twin", "timezone": zone}),
        registered().organization.id,
    )
    assert rule == "accounts_organization_timezone_known"


MOVES = "accounts_organization_status_moves"


@pytest.mark.parametrize("wanted", ["suspended", "closed"])
def test_a_pending_organization_goes_nowhere_but_active(wanted: str):
    made = registered().organization
    rule = refused("UPDATE accounts_organization SET status = %s WHERE id = %s", wanted, made.id)
    assert rule == MOVES


def test_an_organization_never_becomes_pending_again():
    made = registered().organization
    activate_organization(actor=ROOT, organization_id=made.id, now=NOW)
    rule = refused("UPDATE accounts_organization SET status = 'pending' WHERE id = %s", made.id)
    assert rule == MOVES


def test_an_active_organization_says_since_when():
    made = registered().organization
    rule = refused("UPDATE accounts_organization SET status = 'active' WHERE id = %s", made.id)
    assert rule == "accounts_organization_activated_at"


def test_an_organization_begins_pending():
    made = registered().organization
    rule = refused(
        "INSERT INTO accounts_organization (id, slug, name, display_name, country, timezone,"
        " base_currency, status, created_at, activated_at) SELECT gen_random_uuid(), 'other', name,"
        " display_name, country, timezone, base_currency, 'active', created_at, created_at"
        " FROM accounts_organization WHERE id = %s",
        made.id,
    )
    assert rule == "accounts_organization_begins_pending"


def test_an_ended_session_stays_ended():
    alice = acting(registered().owner)
    session_id = open_session(actor=alice, now=NOW).session_id
    revoke_session(actor=alice, session_id=session_id, now=NOW)
    rule = refused(
        "UPDATE accounts_signinsession SET revoked_at = NULL, revoked_reason = NULL WHERE id = %s",
        session_id,
    )
    assert rule == "accounts_signinsession_one_way"


def test_an_end_has_a_reason():
    session_id = open_session(actor=acting(registered().owner), now=NOW).session_id
    rule = refused("UPDATE accounts_signinsession SET revoked_at = now() WHERE id = %s", session_id)
    assert rule == "accounts_session_revoked"


def test_a_used_refresh_token_stays_used():
    tokens = open_session(actor=acting(registered().owner), now=NOW)
    rotate_refresh(actor=STRANGER, refresh=tokens.refresh, now=NOW)
    for change in ("used_at = NULL", "used_at = now()", "successor_id = NULL"):
        run("SAVEPOINT before")
        rule = refused(f"UPDATE accounts_refreshtoken SET {change} WHERE used_at IS NOT NULL")
        assert rule == "accounts_refreshtoken_one_way"
        run("ROLLBACK TO SAVEPOINT before")


def test_a_revoked_key_stays_revoked():
    key = issue(
        actor=acting(registered().owner), name="Server", scopes=["ledger:read"], now=NOW
    ).key
    run("UPDATE accounts_apikey SET revoked_at = now() WHERE id = %s", key.id)
    rule = refused("UPDATE accounts_apikey SET revoked_at = NULL WHERE id = %s", key.id)
    assert rule == "accounts_apikey_one_way"


@pytest.mark.parametrize(
    ("scopes", "length", "rule"),
    [
        ("{}", 32, "accounts_apikey_scopes"),
        ("{everything}", 32, "accounts_apikey_scopes"),
        ("{ledger:read}", 31, "accounts_apikey_hash"),
    ],
)
def test_a_key_has_known_scopes_and_a_whole_hash(scopes: str, length: int, rule: str):
    found = refused(
        "INSERT INTO accounts_apikey (id, organization_id, name, prefix, secret_hash, scopes,"
        " created_at) VALUES (gen_random_uuid(), %s, 'k', 'p', %s, %s, now())",
        registered().organization.id,
        b"x" * length,
        scopes,
    )
    assert found == rule


def test_an_address_has_one_open_invitation():
    alice = acting(registered().owner)
    invitation = invite(actor=alice, email="bob@acme.test", role="viewer", now=NOW).invitation
    rule = refused(
        "INSERT INTO accounts_invitation (id, organization_id, email, role, token_hash, created_at,"
        " expires_at) SELECT gen_random_uuid(), organization_id, email, 'owner',"
        " sha256('another'), created_at, expires_at FROM accounts_invitation WHERE id = %s",
        invitation.id,
    )
    assert rule == "accounts_invitation_one_open"


def test_an_invitation_is_accepted_by_somebody():
    alice = acting(registered().owner)
    invitation = invite(actor=alice, email="bob@acme.test", role="viewer", now=NOW).invitation
    rule = refused(
        "UPDATE accounts_invitation SET accepted_at = now() WHERE id = %s", invitation.id
    )
    assert rule == "accounts_invitation_accepted"
