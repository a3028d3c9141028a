"""Looks that come before any tenant is known: without a view, and leaving none behind."""

from __future__ import annotations

import pytest
from django.db import connection

from accounts.look_ups import key_with_hash, session_with_id
from accounts.models import ApiKey, Organization, SignInSession, User
from accounts.queries import display_names
from accounts.services.sessions import open_session
from accounts.tests.builders import NOW, acting, registered, staff
from kernel.crypto import hash_token
from kernel.ids import new_id
from tests.database import rows, statements, view
from tests.keys import issue

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_eyes(_platform_eyes: None) -> None:
    """Not even the test's own: these looks have none."""
    view()


def test_a_session_is_found_with_its_person_and_leaves_no_view():
    owner = registered().owner
    session_id = open_session(actor=acting(owner), now=NOW).session_id
    with statements() as run:
        found = session_with_id(session_id=session_id, now=NOW)
        assert found is not None
        assert found.user.organization is not None
        assert found.user.organization.display_name == "Acme"
    assert len(run) == 1
    assert (found.user, found.user.email) == (owner, "alice@acme.test")
    assert "password" in found.user.get_deferred_fields()
    _assert_nothing_in_sight()


def test_platform_staff_have_no_organization_in_their_session():
    session_id = open_session(actor=acting(staff()), now=NOW).session_id
    found = session_with_id(session_id=session_id, now=NOW)
    assert found is not None
    assert found.user.organization is None


def test_a_key_is_found_by_its_hash_and_leaves_no_view():
    owner = registered().owner
    key, secret = issue(actor=acting(owner), name="Server", scopes=["wallets:read"], now=NOW)
    with statements() as run:
        found = key_with_hash(hash_token(secret))
        assert found == key
        assert found.organization.display_name == "Acme"
    assert len(run) == 1
    assert found.scopes == ["wallets:read"]
    assert "secret_hash" in found.get_deferred_fields()
    assert key_with_hash(hash_token("another")) is None
    _assert_nothing_in_sight()


def test_every_column_of_the_tables_is_in_the_answer():
    """So a column that is added later needs no other function."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (found.person).* FROM accounts_live_session(NULL, now()) AS found")
        assert cursor.description is not None
        names = {column.name for column in cursor.description}
    assert names == {field.column for field in User._meta.concrete_fields}


def test_a_name_is_known_by_its_exact_id():
    acme = registered().organization
    assert display_names([acme.id, new_id()]) == {acme.id: "Acme"}
    _assert_nothing_in_sight()


def test_a_look_keeps_the_view_it_found():
    acme = registered().organization
    view(acme)
    display_names([acme.id])
    assert Organization.objects.get() == acme
    assert rows("SELECT current_setting('vaultcraft.scope')") == [("",)]


def _assert_nothing_in_sight() -> None:
    for model in (ApiKey, Organization, SignInSession, User):
        assert not model._default_manager.exists()
