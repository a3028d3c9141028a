"""What must hold when many ask at once. Each test commits in a database of its own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connections

from accounts.errors import (
    EmailTaken,
    InvalidCredentials,
    InvalidInvitation,
    InvalidRefreshToken,
    LastOwner,
)
from accounts.models import ApiKey, RefreshToken, SignInSession, User
from accounts.services.api_keys import authenticate
from accounts.services.invitations import invite, join
from accounts.services.people import change_role
from accounts.services.sessions import open_session, revoke_session, rotate_refresh
from accounts.services.sign_in import verify_password
from accounts.tests.builders import (
    NOW,
    PASSWORD,
    STRANGER,
    acting,
    acts_recorded,
    joined,
    registered,
)
from kernel.actor import Door
from kernel.errors import VaultCraftError
from tests.database import all_seeing
from tests.keys import issue

pytestmark = pytest.mark.usefixtures("committed_db")

CLIENTS = 20


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    """Start all calls at one instant; each one's result, or the refusal it met."""
    gate = threading.Barrier(len(calls))

    def one(call: Callable[[], object]) -> object:
        gate.wait()
        try:
            return call()
        except VaultCraftError as refusal:
            return type(refusal)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def test_fifty_refreshes_of_one_token_have_one_successor():
    tokens = open_session(actor=acting(registered().owner), now=NOW)

    def refresh() -> str:
        return rotate_refresh(actor=STRANGER, refresh=tokens.refresh, now=NOW).refresh

    answers = set(at_once([refresh] * 50))
    assert len(answers) == 1
    with all_seeing():
        assert RefreshToken.objects.count() == 2
        assert SignInSession.objects.get().revoked_at is None


def test_a_stolen_token_raced_by_many_is_alarmed_once():
    tokens = open_session(actor=acting(registered().owner), now=NOW)
    second = rotate_refresh(actor=STRANGER, refresh=tokens.refresh, now=NOW).refresh
    rotate_refresh(actor=STRANGER, refresh=second, now=NOW)

    def replay() -> object:
        return rotate_refresh(actor=STRANGER, refresh=tokens.refresh, now=NOW)

    assert set(at_once([replay] * CLIENTS)) == {InvalidRefreshToken}
    assert Counter(acts_recorded())["accounts.refresh_token.reuse"] == 1


def test_one_invitation_makes_one_person():
    token = invite(
        actor=acting(registered().owner), email="bob@acme.test", role="viewer", now=NOW
    ).token

    def accept() -> object:
        return join(actor=STRANGER, token=token, full_name="Bob", password=PASSWORD, now=NOW).id

    answers = Counter(at_once([accept] * CLIENTS))
    assert answers.pop(InvalidInvitation) == CLIENTS - 1
    assert len(answers) == 1
    with all_seeing():
        assert User.objects.filter(email="bob@acme.test").count() == 1


def test_one_address_registers_once():
    answers = at_once([registered] * 8)
    assert answers.count(EmailTaken) == 7
    with all_seeing():
        assert User.objects.filter(email="alice@acme.test").count() == 1


def test_two_owners_cannot_step_down_together():
    alice = registered().owner
    dora = joined(alice, "dora", "owner")

    def step_down(person: User) -> Callable[[], object]:
        def call() -> object:
            user = change_role(actor=acting(person), user_id=person.id, role="member", now=NOW)
            assert isinstance(user, User)
            return user.role

        return call

    answers = at_once([step_down(alice), step_down(dora)])
    assert sorted(map(str, answers)) == sorted(["member", str(LastOwner)])
    with all_seeing():
        assert User.objects.filter(role="owner").count() == 1


def test_signing_out_while_refreshing_never_deadlocks():
    alice = acting(registered().owner)
    tokens = open_session(actor=alice, now=NOW)

    def refresh() -> object:
        return rotate_refresh(actor=STRANGER, refresh=tokens.refresh, now=NOW).session_id

    def sign_out() -> object:
        return revoke_session(actor=alice, session_id=tokens.session_id, now=NOW)

    answers = set(at_once([refresh, sign_out] * 10))
    assert answers <= {tokens.session_id, InvalidRefreshToken, None}
    with all_seeing():
        assert SignInSession.objects.get().revoked_reason == "signed_out"


def test_a_key_shown_by_many_at_once_is_always_recognized():
    key, secret = issue(
        actor=acting(registered().owner), name="Server", scopes=["ledger:read"], now=NOW
    )

    def show() -> object:
        return authenticate(secret=secret, door=Door.API, request_id="r", ip=None, now=NOW).id

    assert set(at_once([show] * CLIENTS)) == {key.id}
    with all_seeing():
        assert ApiKey.objects.get().last_used_at == NOW


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE accounts_refreshtoken SET used_at = NULL, successor_id = NULL",
        "UPDATE accounts_organization SET status = 'suspended'",
        "UPDATE accounts_user SET platform_role = 'super_admin'",
    ],
)
def test_the_owner_of_the_tables_is_refused_too(change: str):
    tokens = open_session(actor=acting(registered().owner), now=NOW)
    rotate_refresh(actor=STRANGER, refresh=tokens.refresh, now=NOW)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('vaultcraft.scope', 'platform', false)")
        with pytest.raises(DatabaseError):
            cursor.execute(change)


def test_a_failed_sign_in_is_on_record_although_it_was_refused():
    with pytest.raises(InvalidCredentials):
        verify_password(actor=STRANGER, email="nobody@acme.test", password="x", now=NOW)
    connections.close_all()
    assert acts_recorded() == ["accounts.sign_in.fail"]
