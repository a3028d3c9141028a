"""Registering, activating and suspending organizations."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.errors import EmailTaken, IllegalOrganizationStatus, InvalidProfile, WeakPassword
from accounts.models import Organization, User
from accounts.services.organizations import (
    activate_organization,
    register_organization,
    suspend_organization,
)
from accounts.tests.builders import (
    NOW,
    STRANGER,
    acting,
    acts_recorded,
    events_emitted,
    fresh,
    last_record,
    registered,
    staff,
)
from kernel.errors import NotFound, PermissionDenied
from kernel.ids import new_id

pytestmark = pytest.mark.django_db

WANTED: dict[str, Any] = {
    "actor": STRANGER,
    "organization_name": "Acme",
    "country": "IN",
    "base_currency": "INR",
    "owner_email": "alice@acme.test",
    "owner_name": "Alice",
    "password": "correct horse battery",
    "now": NOW,
}


def test_a_registered_organization_is_pending_and_has_an_owner():
    made = registered(confirmed=False)
    assert fresh(made.organization).status == "pending"
    assert User.objects.get(organization=made.organization).role == "owner"
    assert acts_recorded() == ["accounts.organization.register"]
    assert events_emitted() == ["accounts.organization.registered"]


def test_registration_is_recorded_as_the_owners_act():
    made = registered(confirmed=False)
    record = last_record()
    assert (record.actor_id, record.organization_id) == (made.owner.id, made.organization.id)
    assert (record.ip, record.request_id) == (STRANGER.ip, STRANGER.request_id)


def test_details_are_kept_in_one_form():
    made = register_organization(
        **{**WANTED, "owner_email": " Alice@ACME.test ", "organization_name": "  Acme   Bank "}
    )
    assert (made.owner.email, made.organization.name) == ("alice@acme.test", "Acme Bank")
    assert made.organization.slug == "acme-bank"


def test_two_organizations_may_share_a_name_but_not_a_slug():
    first = registered("Acme", "alice").organization
    second = register_organization(**{**WANTED, "owner_email": "dora@elsewhere.test"}).organization
    assert first.name == second.name
    assert second.slug.startswith("acme-")


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("organization_name", "  ", "/organization_name"),
        ("organization_name", "Ac\0me", "/organization_name"),
        ("organization_name", "A" * 201, "/organization_name"),
        ("owner_name", "", "/owner_name"),
        ("owner_email", "nobody", "/email"),
        ("owner_email", "a@" + "b" * 250 + ".test", "/email"),
        ("country", "XX", "/country"),
        ("country", "India", "/country"),
        ("base_currency", "RUPEE", "/base_currency"),
        ("timezone", "Mars/Olympus", "/timezone"),
        ("timezone", "localtime", "/timezone"),
    ],
)
def test_impossible_details_are_refused_and_nothing_happens(field: str, value: str, pointer: str):
    with pytest.raises(InvalidProfile) as refused:
        register_organization(**{**WANTED, field: value})
    assert refused.value.pointer == pointer
    assert not Organization.objects.exists()


def test_a_zone_that_only_the_program_knows_is_refused(monkeypatch: pytest.MonkeyPatch):
    """The program and PostgreSQL have lists of their own; PostgreSQL has the last word."""
    monkeypatch.setattr("zoneinfo.available_timezones", lambda: {"Nowhere/Bad"})
    with pytest.raises(InvalidProfile) as refused:
        register_organization(**{**WANTED, "timezone": "Nowhere/Bad"})
    assert refused.value.pointer == "/timezone"


@pytest.mark.parametrize("password", ["short", "password", "x" * 129])
def test_a_weak_password_is_refused(password: str):
    with pytest.raises(WeakPassword):
        register_organization(**{**WANTED, "password": password})
    assert not User.objects.exists()


def test_one_address_signs_in_one_person_whatever_its_case():
    registered(confirmed=False)
    with pytest.raises(EmailTaken):
        register_organization(**{**WANTED, "owner_email": "ALICE@acme.test"})
    assert Organization.objects.count() == 1
    assert acts_recorded() == ["accounts.organization.register"]


def test_a_platform_admin_activates():
    made = registered()
    active = activate_organization(
        actor=acting(staff("admin")), organization_id=made.organization.id, now=NOW
    )
    assert (active.status, active.activated_at) == ("active", NOW)
    assert last_record().action == "accounts.organization.activate"
    assert events_emitted()[-1] == "accounts.organization.activated"


def test_an_owner_cannot_activate_the_own_organization():
    made = registered()
    with pytest.raises(PermissionDenied):
        activate_organization(
            actor=acting(made.owner), organization_id=made.organization.id, now=NOW
        )
    assert fresh(made.organization).status == "pending"


def test_a_moderator_cannot_activate():
    made = registered()
    with pytest.raises(PermissionDenied):
        activate_organization(
            actor=acting(staff("moderator")), organization_id=made.organization.id, now=NOW
        )


def test_activating_twice_is_refused():
    made, olga = registered(), acting(staff())
    activate_organization(actor=olga, organization_id=made.organization.id, now=NOW)
    with pytest.raises(IllegalOrganizationStatus):
        activate_organization(actor=olga, organization_id=made.organization.id, now=NOW)
    assert events_emitted().count("accounts.organization.activated") == 1


def test_suspending_and_lifting_it():
    made, olga = registered(), acting(staff())
    where: dict[str, Any] = {"actor": olga, "organization_id": made.organization.id, "now": NOW}
    activate_organization(**where)
    assert suspend_organization(**where, reason="court order").status == "suspended"
    assert last_record().metadata == {"reason": "court order"}
    assert activate_organization(**where).status == "active"


def test_a_pending_organization_cannot_be_suspended():
    made = registered()
    with pytest.raises(IllegalOrganizationStatus):
        suspend_organization(
            actor=acting(staff()), organization_id=made.organization.id, reason="", now=NOW
        )


def test_an_unknown_organization_is_not_found():
    with pytest.raises(NotFound):
        activate_organization(actor=acting(staff()), organization_id=new_id(), now=NOW)
