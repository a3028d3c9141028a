"""What the database itself refuses about factors, whatever the code does."""

from __future__ import annotations

import pytest

from accounts.models import User
from accounts.services.challenges import challenge_at_sign_in
from accounts.services.factors import begin_passkey, finish_passkey
from accounts.services.sessions import open_browser_session
from accounts.tests.builders import NOW, STRANGER, acting, registered
from tests.database import FORBIDDEN, refuses, rows, run, view
from tests.phones import SecurityKey, give_phone

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    alice = registered().owner
    give_phone(alice, now=NOW)
    session = open_browser_session(actor=acting(alice), now=NOW)
    begun = begin_passkey(actor=acting(alice), session_id=session.id, now=NOW)
    finish_passkey(
        actor=acting(alice),
        session_id=session.id,
        challenge=begun.challenge,
        credential=SecurityKey().make(begun.options),
        name="Key",
        now=NOW,
    )
    challenge_at_sign_in(actor=STRANGER, user=alice, device="laptop", now=NOW)
    assert alice.organization is not None
    view(alice.organization)
    return alice


def test_what_only_grows(alice: User):
    refuses(
        "accounts_totpfactor_last_step_grows",
        "UPDATE accounts_totpfactor SET last_step = last_step - 1",
    )
    run("UPDATE accounts_passkey SET sign_count = 5")
    refuses("accounts_passkey_sign_count_grows", "UPDATE accounts_passkey SET sign_count = 4")
    run("UPDATE accounts_factorchallenge SET tries = 4 WHERE passed_at IS NULL")
    refuses(
        "accounts_factorchallenge_tries_grows",
        "UPDATE accounts_factorchallenge SET tries = 0 WHERE passed_at IS NULL",
    )
    refuses(
        "accounts_signinsession_second_factor_at_grows",
        "UPDATE accounts_signinsession SET second_factor = NULL, second_factor_at = NULL",
    )


def test_what_happens_once(alice: User):
    run("UPDATE accounts_recoverycode SET used_at = now()")
    refuses("accounts_recoverycode_one_way", "UPDATE accounts_recoverycode SET used_at = NULL")
    refuses("accounts_totpfactor_one_way", "UPDATE accounts_totpfactor SET confirmed_at = NULL")
    run("UPDATE accounts_passkey SET removed_at = now()")
    refuses("accounts_passkey_one_way", "UPDATE accounts_passkey SET removed_at = NULL")
    refuses(
        "accounts_factorchallenge_one_way",
        "UPDATE accounts_factorchallenge SET passed_at = now() WHERE passed_at IS NOT NULL",
    )


def test_five_tries_are_the_most(alice: User):
    refuses(
        "accounts_challenge_tries",
        "UPDATE accounts_factorchallenge SET tries = 6 WHERE passed_at IS NULL",
    )


def test_a_removed_secret_is_erased_and_an_erased_one_removed(alice: User):
    refuses("accounts_totp_secret_erased", "UPDATE accounts_totpfactor SET removed_at = now()")
    refuses("accounts_totp_secret_erased", "UPDATE accounts_totpfactor SET sealed_secret = NULL")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_totpfactor SET user_id = user_id",
        "UPDATE accounts_passkey SET public_key = public_key",
        "UPDATE accounts_recoverycode SET code_hash = code_hash",
        "UPDATE accounts_factorchallenge SET device_hash = device_hash",
        "DELETE FROM accounts_totpfactor",
        "DELETE FROM accounts_passkey",
        "DELETE FROM accounts_recoverycode",
    ],
)
def test_what_is_fixed_for_ever(alice: User, statement: str):
    refuses(FORBIDDEN, statement)


def test_another_organization_sees_and_touches_nothing(alice: User):
    globex = registered("Globex", "charlie").organization
    view(globex)
    for table in ("totpfactor", "passkey", "recoverycode", "factorchallenge"):
        assert rows(f"SELECT 1 FROM accounts_{table}") == [], table
    assert run("UPDATE accounts_totpfactor SET last_step = last_step + 1") == 0
    refuses(
        "accounts_recoverycode_of_its_person",
        "INSERT INTO accounts_recoverycode (id, user_id, organization_id, code_hash, issued_at)"
        " VALUES (gen_random_uuid(), %s, %s, sha256('x'), now())",
        alice.id,
        globex.id,
    )


def test_a_challenge_steps_up_a_session_of_its_own_person(alice: User):
    [(session_id,)] = rows("SELECT id FROM accounts_signinsession")
    charlie = registered("Globex", "charlie").owner
    assert charlie.organization is not None
    view(charlie.organization)
    refuses(
        "accounts_challenge_of_its_session",
        "INSERT INTO accounts_factorchallenge (id, user_id, organization_id, token_hash, purpose,"
        " device_hash, session_id, passkey_challenge, tries, opened_at, expires_at)"
        " VALUES (gen_random_uuid(), %s, %s, sha256('a'), 'step_up', sha256('b'), %s,"
        " sha256('c'), 0, now(), now())",
        charlie.id,
        charlie.organization_id,
        session_id,
    )
