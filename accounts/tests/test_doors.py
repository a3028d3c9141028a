"""Django's own sign-in and the management commands."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import RequestFactory

from accounts.backends import PasswordBackend
from accounts.management.commands import permissions_table
from accounts.models import User
from accounts.policy import PERMISSIONS
from accounts.services.organizations import activate_organization, suspend_organization
from accounts.services.people import remove_member
from accounts.tests.builders import NOW, PASSWORD, ROOT, acting, joined, last_record, registered
from accounts.tests.builders import staff as make_staff


@pytest.fixture(autouse=True)
def _our_backend(settings):
    settings.AUTHENTICATION_BACKENDS = ["accounts.backends.PasswordBackend"]


@pytest.mark.django_db
def test_djangos_form_signs_in_with_the_address():
    alice = registered().owner
    assert authenticate(None, username="Alice@acme.test", password=PASSWORD) == alice
    assert authenticate(None, username="alice@acme.test", password=None) is None


@pytest.mark.django_db
def test_a_failure_at_the_staff_site_is_recorded_with_its_door():
    request = RequestFactory().post("/admin/login/")
    assert authenticate(request, username="alice@acme.test", password="wrong") is None
    record = last_record()
    assert (record.action, record.door) == ("accounts.sign_in.fail", "admin")
    assert record.ip == "127.0.0.1"


@pytest.mark.django_db
def test_a_browser_stops_at_once_when_the_person_is_removed():
    alice = registered().owner
    bob = joined(alice, "bob", "finance")
    assert PasswordBackend().get_user(bob.id) == bob
    remove_member(actor=acting(alice), user_id=bob.id, now=NOW)
    assert PasswordBackend().get_user(bob.id) is None


@pytest.mark.django_db
def test_a_browser_stops_at_once_when_the_organization_is_suspended():
    made = registered()
    where: dict[str, Any] = {"actor": ROOT, "organization_id": made.organization.id, "now": NOW}
    activate_organization(**where)
    suspend_organization(**where, reason="")
    assert PasswordBackend().get_user(made.owner.id) is None
    assert authenticate(None, username="alice@acme.test", password=PASSWORD) is None


@pytest.mark.django_db
def test_the_staff_site_opens_by_the_permission_table():
    alice = registered().owner
    opens = {
        role: joined(alice, role, role).is_staff
        for role in ("admin", "finance", "member", "viewer")
    }
    assert opens == {"admin": True, "finance": True, "member": False, "viewer": False}
    assert alice.is_staff
    assert make_staff("moderator").is_staff
    assert not alice.is_superuser


@pytest.mark.django_db
def test_the_staff_site_only_ever_looks():
    olga, alice = make_staff(), registered().owner
    assert olga.has_perm("wallets.view_wallet")
    assert olga.has_perms(["ledger.view_entry", "audit.view_auditrecord"])
    for verb in ("add", "change", "delete"):
        assert not olga.has_perm(f"wallets.{verb}_wallet")
    assert not alice.has_perm("django_celery_beat.view_periodictask")
    assert not alice.has_perm("accounts.view_refreshtoken")
    assert alice.has_module_perms("ledger")
    assert not alice.has_module_perms("sessions")


@pytest.mark.django_db
def test_the_first_staff_is_made_from_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    out = io.StringIO()
    call_command("create_staff", email="Olga@platform.test", name="Olga", stdout=out)
    olga = User.objects.get()
    assert (olga.email, olga.platform_role) == ("olga@platform.test", "super_admin")
    assert olga.check_password(PASSWORD)
    assert PASSWORD not in out.getvalue()
    record = last_record()
    assert (record.action, record.door) == ("accounts.staff.add", "command")


@pytest.mark.django_db
def test_the_password_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("VAULTCRAFT_STAFF_PASSWORD", PASSWORD)
    call_command(
        "create_staff", email="a@platform.test", name="A", role="admin", stdout=io.StringIO()
    )
    assert User.objects.get().platform_role == "admin"


@pytest.mark.django_db
def test_the_command_says_what_it_refuses(monkeypatch):
    monkeypatch.setenv("VAULTCRAFT_STAFF_PASSWORD", "password")
    with pytest.raises(CommandError, match="too common"):
        call_command("create_staff", email="a@platform.test", name="A")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    monkeypatch.delenv("VAULTCRAFT_STAFF_PASSWORD")
    with pytest.raises(CommandError, match="standard input"):
        call_command("create_staff", email="a@platform.test", name="A")
    assert not User.objects.exists()


def test_the_table_has_a_line_for_each_permission():
    page = permissions_table.rendered()
    assert all(f"| `{name}` |" in page for name in PERMISSIONS)
    lines = [line for line in page.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1


def test_a_stale_page_is_found(monkeypatch, tmp_path):
    page = tmp_path / "permissions.md"
    monkeypatch.setattr(permissions_table, "PAGE", page)
    with pytest.raises(CommandError, match="stale"):
        call_command("permissions_table", check=True)
    call_command("permissions_table")
    call_command("permissions_table", check=True)
    page.write_text(page.read_text() + "x")
    with pytest.raises(CommandError, match="stale"):
        call_command("permissions_table", check=True)


def test_the_page_in_the_docs_is_up_to_date():
    call_command("permissions_table", check=True)
