"""Seeding again: what stands stays, what was lost or killed comes back, the rest is left alone."""

import datetime as dt
import os
import stat
import subprocess
import sys
import time

import psycopg
import pytest
from django.core.management import CommandError, call_command

from accounts.models import ApiKey, Organization, User
from accounts.services.api_keys import authenticate, revoke
from accounts.services.organizations import register_organization
from kernel.actor import Door
from kernel.context import reading
from kernel.errors import VaultCraftError
from tests.operations.demo_world import NOW, ROOT_ACTOR, STRANGER, demo, seed, state, story
from tests.servers import ROOT, address_of
from vaultcraft.seeding.planting import wanted_when_empty
from wallets.models import Wallet
from wallets.services.wallets import unfreeze_wallet

KILL_SECONDS = 60


def test_a_second_run_changes_nothing(seeded):
    before, file_before = state(), (seeded.read_bytes(), seeded.stat().st_ino)

    said = seed(now=NOW + dt.timedelta(days=40))

    assert state() == before
    assert (seeded.read_bytes(), seeded.stat().st_ino) == file_before
    assert "revoked" not in said


def test_what_people_did_since_stays(seeded):
    with reading(ROOT_ACTOR):
        wallet = Wallet.objects.get(account__status="FROZEN")
    unfreeze_wallet(actor=ROOT_ACTOR, wallet_id=wallet.id, reason="Phone found", now=NOW)
    before = state()

    seed()

    assert state() == before


def test_a_lost_file_comes_back_with_new_keys(seeded):
    lost = demo(seeded)
    seeded.unlink()

    said = seed()

    found = demo(seeded)
    assert found["users"] == lost["users"]
    assert said.count("revoked, and a new one issued") == 3
    assert not {key["key"] for key in found["api_keys"]} & {key["key"] for key in lost["api_keys"]}
    for key in lost["api_keys"]:
        with pytest.raises(VaultCraftError):
            authenticate(secret=key["key"], door=Door.API, request_id="test", ip=None, now=NOW)
    assert stat.S_IMODE(seeded.stat().st_mode) == 0o600


def test_a_lost_file_and_a_lost_secret_are_said_so(seeded, settings):
    seeded.unlink()
    settings.VAULTCRAFT_PEPPER = b"another installation's"

    said = seed()

    assert "Nobody can tell these passwords" in said
    assert demo(seeded)["users"] == []
    assert len(demo(seeded)["api_keys"]) == 3


def test_a_revoked_key_is_issued_anew(seeded):
    with reading(ROOT_ACTOR):
        key = ApiKey.objects.earliest("id")
    revoke(actor=ROOT_ACTOR, api_key_id=key.id, now=NOW)
    before = demo(seeded)

    seed()

    after = demo(seeded)
    assert after["users"] == before["users"]
    assert [old == new for old, new in zip(before["api_keys"], after["api_keys"], strict=True)] == [
        False,
        True,
        True,
    ]


def test_an_unreadable_file_is_left_alone(seeded):
    seeded.write_text("{")

    with pytest.raises(CommandError, match=r"demo\.json"):
        seed()

    assert seeded.read_text() == "{"


@pytest.mark.parametrize("table", ["accounts_invitation", "wallets_transfer"])
def test_a_killed_seeding_is_completed_by_the_next(table, committed_db, data_dir, seeded_story):
    process = subprocess.Popen(
        [sys.executable, "manage.py", "seed", "--now", NOW.isoformat()],
        cwd=ROOT,
        env=os.environ
        | {
            name: address_of(url=os.environ[name], database=committed_db)
            for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_AUDITOR_URL")
        }
        | {
            "VAULTCRAFT_DATA_DIR": str(data_dir),
            "DJANGO_SETTINGS_MODULE": "vaultcraft.settings.test",
        },
        stdout=subprocess.DEVNULL,
    )
    _wait_for_a_row(table, database=committed_db, process=process)
    process.kill()
    process.wait()
    passwords = _passwords(data_dir)

    assert len(story()) < 100
    assert wanted_when_empty()
    seed("--if-empty")

    assert story() == seeded_story
    assert _passwords(data_dir) == passwords
    assert all(
        user["totp_secret"]
        for user in demo(data_dir / "demo.json")["users"]
        if user["role"] in ("owner", "admin", "finance", "super_admin")
    )
    assert len(demo(data_dir / "demo.json")["api_keys"]) == 3
    before = state()
    seed()
    assert state() == before


def _passwords(data_dir):
    return {user["email"]: user["password"] for user in demo(data_dir / "demo.json")["users"]}


def _wait_for_a_row(table, *, database, process):
    url = address_of(url=os.environ["DATABASE_AUDITOR_URL"], database=database)
    deadline = time.monotonic() + KILL_SECONDS
    with psycopg.connect(url, autocommit=True) as connection:
        while process.poll() is None and time.monotonic() < deadline:
            found = connection.execute(f"SELECT EXISTS (SELECT FROM {table})").fetchone()
            if found == (True,):
                return
            time.sleep(0.002)
    pytest.fail(f"The seeding left no row in {table} (exit code {process.poll()}).")


@pytest.mark.django_db
def test_if_empty_leaves_a_used_database_alone(data_dir):
    register_organization(
        actor=STRANGER,
        organization_name="Somebody's",
        country="IN",
        base_currency="INR",
        owner_email="owner@somebody.example",
        owner_name="Own Er",
        password="a long enough password",
        now=NOW,
    )

    said = seed("--if-empty")

    assert "stays as it is" in said
    assert list(data_dir.iterdir()) == []
    with reading(ROOT_ACTOR):
        assert Organization.objects.count() == 1


@pytest.mark.django_db
def test_production_refuses(settings, data_dir):
    settings.VAULTCRAFT_ENVIRONMENT = "production"

    with pytest.raises(CommandError, match="local settings only"):
        seed()

    with reading(ROOT_ACTOR):
        assert not User.objects.exists()
    assert list(data_dir.iterdir()) == []


@pytest.mark.parametrize("text", ["yesterday", "2026-11-20", "2026-11-20T09:00:00"])
def test_an_instant_without_offset_is_refused(text):
    with pytest.raises(CommandError, match="2026-11-20T09:00:00"):
        call_command("seed", f"--now={text}")


def test_two_seedings_at_once_are_refused(committed_db, data_dir):
    url = address_of(url=os.environ["DATABASE_AUDITOR_URL"], database=committed_db)
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [0x5EED_0001])

        with pytest.raises(CommandError, match="Another seeding"):
            seed()

    assert list(data_dir.iterdir()) == []
