"""What the application's role can write and no rule refuses, as the threat model accepts it.

Whoever adds a rule for one of these takes it out there, too.
"""

from __future__ import annotations

import uuid

import pytest

from kernel.crypto import hash_token
from kernel.ids import encode
from tests.api.conftest import Caller
from tests.attacks.field import TAKEN, Attacker
from tests.database import run, view
from tests.world import World

_SESSION = (
    "INSERT INTO accounts_signinsession (id, user_id, organization_id, door, user_agent, opened_at,"
    " last_seen_at, expires_at, second_factor, second_factor_at, second_factor_counts_from,"
    " device_bound) VALUES ({id}, {person}, {home}, 'api', '', now(), now(), now() + interval"
    " '1 day', 'passkey', now(), now() - interval '2 days', false)"
)
_ANY = "gen_random_uuid()"
_OF_ACME = _SESSION.format(id=_ANY, person="%(alice_user)s", home="%(acme)s")
_OF_STAFF = _SESSION.format(id=_ANY, person="%(olga_user)s", home="NULL")
_PROVEN = (
    "UPDATE accounts_signinsession SET second_factor = 'passkey', second_factor_at = now(),"
    " second_factor_counts_from = now() - interval '2 days' WHERE id = %(acme_session)s"
)
_PASSKEY = (
    "INSERT INTO accounts_passkey (id, user_id, organization_id, credential_id, public_key,"
    " sign_count, name, created_at) VALUES (gen_random_uuid(), %(alice_user)s, %(acme)s, 'mine',"
    " 'mine', 0, 'Mine', now() - interval '1 year')"
)
_PERSON = (
    "INSERT INTO accounts_user (id, email, full_name, password, organization_id, role, is_active,"
    " created_at, role_given_by_id, role_given_at, role_givers) VALUES (gen_random_uuid(),"
    " 'eve@acme.test', 'Eve', 'x', %(acme)s, 'owner', true, now() - interval '1 year',"
    " %(fay_user)s, now() - interval '1 year', '{}')"
)
_SENT = (
    "UPDATE events_relaycursor SET since = pg_current_snapshot(), until = NULL, position = 0,"
    " epoch = epoch + 1"
)
_TAKEN = (
    "INSERT INTO events_inboxentry (consumer, event_id, taken_at)"
    " VALUES ('webhooks', gen_random_uuid(), now())"
)
_KEY = (
    "UPDATE accounts_datakey SET master_version = 2, wrapped = '\\x01'::bytea || int4send(2)"
    " || decode(repeat('2a', 60), 'hex') WHERE user_id = %(alice_user)s"
)
_API_KEY = (
    "INSERT INTO accounts_apikey (id, name, prefix, secret_hash, scopes, created_at,"
    " organization_id) VALUES (gen_random_uuid(), 'Pay', 'vck_test_aaaaaa', sha256('x'),"
    " ARRAY['transfers:write', 'wallets:debit-any'], now(), %(acme)s)"
)
_RECORD = (
    "INSERT INTO audit_auditrecord (id, at, actor_kind, actor_id, actor_display, door, action,"
    " subject_type, subject_id, organization_id, metadata, request_id, scope) VALUES"
    " (gen_random_uuid(), '2020-01-01', 'user', %(alice_user)s, 'Alice', 'web',"
    " 'accounts.member.remove', 'user', %(erased_user)s, %(acme)s, '{}', 'x', '')"
)
_PASSWORD = "UPDATE accounts_user SET password = 'mine' WHERE id = %(alice_user)s"


@pytest.mark.parametrize(
    ("move", "scope"),
    [
        pytest.param(_OF_ACME, "", id="a session that says a passkey was proven"),
        pytest.param(_OF_STAFF, "sign_in", id="the same of the staff"),
        pytest.param(_PROVEN, "", id="a proof in somebody's session"),
        pytest.param(_PASSKEY, "", id="a passkey of a year ago"),
        pytest.param(_PERSON, "", id="an owner of a year ago, whom another is said to have made"),
        pytest.param(_PASSWORD, "", id="another password"),
        pytest.param(_SENT, "", id="that all that is committed is published"),
        pytest.param(_TAKEN, "", id="that an event was taken, before there is one"),
        pytest.param(_KEY, "", id="a data key that no master key opens, as if it were rotated"),
        pytest.param(_API_KEY, "platform", id="a key of the program's, which asks nobody"),
        pytest.param(_RECORD, "", id="an audit record of years ago"),
    ],
)
def test_it_is_taken(move: str, scope: str, attacker: Attacker) -> None:
    assert attacker.stopped_by((move,), sees=("acme",), scope=scope) == TAKEN


def test_the_receiver_s_view_reads_who_asked(attacker: Attacker) -> None:
    """A transfer across organizations is one row of both; the doors alone keep silent (0013)."""
    asked = (
        "SELECT actor_id, actor_display, metadata FROM wallets_transfer"
        " WHERE actor_id = %(alice_user)s AND destination_id = %(charlie_wallet)s"
    )
    assert attacker.stopped_by((asked,), sees=("globex",)) == TAKEN


@pytest.mark.parametrize(
    ("move", "by"),
    [
        (_OF_ACME.replace("'passkey'", "'email'"), "accounts_session_counting_factor"),
        (
            _OF_ACME.replace("%(alice_user)s", "%(charlie_user)s"),
            "session_of_its_person",
        ),
        (
            "UPDATE accounts_signinsession SET expires_at = now() + interval '9 years'",
            "no privilege on table accounts_signinsession",
        ),
        (
            "UPDATE accounts_passkey SET counts_from = NULL, created_at = now()",
            "no privilege on table accounts_passkey",
        ),
    ],
)
def test_not_so_what_contradicts_itself(move: str, by: str, attacker: Attacker) -> None:
    assert attacker.stopped_by((move,), sees=("acme",)) == by


def test_a_record_of_years_ago_stands_among_those_of_now(attacker: Attacker) -> None:
    """Its date is a lie, its place in the chain is not: the database counts records itself."""
    attacker.view("acme")
    attacker.run(_RECORD)
    last = attacker.connection.execute(
        "SELECT at < '2021-01-01', sequence = (SELECT max(sequence) FROM audit_auditrecord)"
        " FROM audit_auditrecord ORDER BY sequence DESC LIMIT 1"
    ).fetchone()
    assert last == (True, True)


@pytest.mark.django_db
def test_such_a_session_signs_in_and_is_seen_by_its_person(world: World) -> None:
    """A refresh token is kept as a hash, which is no secret to who writes it."""
    session = "01a22c05-da3e-75f4-8ec6-1a2b3c4d5e6f"
    view(world.acme)
    run(_SESSION.format(id="%s", person="%s", home="%s"), session, world.alice.id, world.acme.id)
    run(
        "INSERT INTO accounts_refreshtoken (id, session_id, organization_id, token_hash, issued_at,"
        " expires_at) VALUES (gen_random_uuid(), %s, %s, %s, now(), now() + interval '1 day')",
        session,
        world.acme.id,
        hash_token("vcr_mine"),
    )
    signed_in = Caller().post("/auth/token/refresh", {"refresh": "vcr_mine"})
    assert signed_in.status == 200
    seen = Caller(signed_in.data["access"]).get("/me/sessions")
    assert encode("ses", uuid.UUID(session)) in {one["id"] for one in seen.data["data"]}
