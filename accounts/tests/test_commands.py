"""The management commands, and what the staff site asks a person."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.management.commands import permissions_table
from accounts.models import User
from accounts.permissions import PERMISSIONS
from accounts.tests.builders import PASSWORD, joined, last_record, registered
from accounts.tests.builders import staff as make_staff


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
