"""E-mail and password."""

from __future__ import annotations

from unittest import mock

import pytest
from django.contrib.auth import hashers

from accounts.errors import InvalidCredentials, OrganizationSuspended
from accounts.models import User
from accounts.services.organizations import activate_organization, suspend_organization
from accounts.services.people import remove_member
from accounts.services.sign_in import verify_password
from accounts.tests.builders import (
    NOW,
    PASSWORD,
    STRANGER,
    acting,
    acts_recorded,
    joined,
    last_record,
    registered,
    staff,
)

pytestmark = pytest.mark.django_db


def sign_in(email: str = "alice@acme.test", password: str = PASSWORD) -> User:
    return verify_password(actor=STRANGER, email=email, password=password, now=NOW)


def test_the_right_password_names_the_person_in_any_case_of_the_address():
    alice = registered(confirmed=False).owner
    assert sign_in(" Alice@ACME.test ").id == alice.id
    assert acts_recorded() == ["accounts.organization.register"]


def test_a_person_of_a_pending_organization_may_sign_in():
    registered()
    organization = sign_in().organization
    assert organization is not None
    assert organization.status == "pending"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("alice@acme.test", "wrong horse battery"),
        ("alice@acme.test", ""),
        ("nobody@acme.test", PASSWORD),
        ("no address", PASSWORD),
        ("alice@acme.test\0", PASSWORD),
    ],
)
def test_everything_wrong_gets_one_answer_and_one_record(email: str, password: str):
    registered()
    with pytest.raises(InvalidCredentials) as refused:
        sign_in(email, password)
    assert str(refused.value) == InvalidCredentials.title
    assert acts_recorded().count("accounts.sign_in.fail") == 1


def test_the_address_tried_is_recorded_as_a_keyed_hash_only():
    registered()
    with pytest.raises(InvalidCredentials):
        sign_in("Nobody@acme.test")
    first = last_record()
    assert "nobody" not in str(first.metadata).lower()
    with pytest.raises(InvalidCredentials):
        sign_in("nobody@ACME.test")
    assert last_record().metadata == first.metadata


def test_a_failure_is_recorded_with_the_organization_it_concerns():
    alice = registered().owner
    with pytest.raises(InvalidCredentials):
        sign_in(password="wrong horse battery")
    record = last_record()
    assert (record.subject_id, record.organization_id) == (alice.id, alice.organization_id)
    assert (record.actor_kind, record.ip) == ("anonymous", STRANGER.ip)


def test_known_and_unknown_addresses_cost_one_hash_each():
    registered()
    hasher = hashers.get_hasher().__class__
    for email in ("alice@acme.test", "nobody@acme.test", "no address"):
        with mock.patch.object(hasher, "encode", autospec=True, side_effect=hasher.encode) as spy:
            with pytest.raises(InvalidCredentials):
                sign_in(email, "wrong horse battery")
            assert spy.call_count == 1, email


def test_a_removed_person_is_answered_like_a_stranger():
    alice = registered().owner
    bob = joined(alice, "bob", "member")
    remove_member(actor=acting(alice), user_id=bob.id, now=NOW)
    with pytest.raises(InvalidCredentials):
        sign_in("bob@acme.test")
    assert last_record().metadata["reason"] == "removed"


def test_a_suspended_organization_is_told_so_only_after_the_right_password():
    made, olga = registered(), acting(staff())
    activate_organization(actor=olga, organization_id=made.organization.id, now=NOW)
    suspend_organization(actor=olga, organization_id=made.organization.id, reason="", now=NOW)
    with pytest.raises(InvalidCredentials):
        sign_in(password="wrong horse battery")
    with pytest.raises(OrganizationSuspended):
        sign_in()
    assert last_record().metadata["reason"] == "organization_suspended"


def test_an_old_hash_is_renewed_on_the_way(settings):
    alice = registered().owner
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    sign_in()
    renewed = User.objects.get(id=alice.id).password
    assert renewed.startswith("pbkdf2_sha256$")
    assert sign_in().id == alice.id
