"""The demo world: its figures, that it can be repeated, and that it survives being killed."""

import datetime as dt
import json
import os
import stat
import subprocess
import sys
import time
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import override_settings

from accounts.models import ApiKey, Organization, User
from accounts.services.api_keys import authenticate, revoke
from accounts.services.organizations import register_organization
from accounts.services.sign_in import verify_password
from audit.models import AuditRecord
from events.models import OutboxEvent
from kernel.actor import Door, anonymous, system
from kernel.context import reading
from kernel.errors import VaultCraftError
from ledger.queries import trial_balance, trial_balance_totals
from tests.fixtures import _close_connections, _point_at
from tests.servers import ROOT, address_of, clone_database, drop_database
from vaultcraft.seeding.planting import wanted_when_empty
from wallets.models import Transfer, Wallet
from wallets.services.wallets import unfreeze_wallet

NOW = dt.datetime(2026, 11, 20, 15, 30, tzinfo=dt.UTC)
ROOT_ACTOR = system(door=Door.COMMAND, request_id="test")
STRANGER = anonymous(door=Door.WEB, request_id="test")
KILL_SECONDS = 60


def seed(*arguments, now=NOW):
    """Run the command and return what it said."""
    said = StringIO()
    call_command("seed", *arguments, now=now, stdout=said)
    return said.getvalue()


@pytest.fixture(scope="module")
def first_seeding(tmp_path_factory, django_db_blocker):
    """One seeded database for the module, and its data directory: tests clone both."""
    data_dir = tmp_path_factory.mktemp("seeded")
    name = f"vaultcraft_seeded_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    clone_database(name=name)
    own = _point_at(name)
    with django_db_blocker.unblock(), override_settings(VAULTCRAFT_DATA_DIR=data_dir):
        seed()
        _close_connections()
    _point_at(own)
    yield name, data_dir
    drop_database(name=name)


@pytest.fixture
def data_dir(settings, tmp_path):
    settings.VAULTCRAFT_DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def seeded(first_seeding, data_dir, django_db_blocker):
    """A seeded database of this test's own; the path of its demo.json."""
    template, origin = first_seeding
    name = f"{template}_copy"
    clone_database(name=name, template=template)
    path = data_dir / "demo.json"
    path.write_bytes((origin / "demo.json").read_bytes())
    path.chmod(0o600)
    own = _point_at(name)
    with django_db_blocker.unblock():
        yield path
        _close_connections()
    _point_at(own)
    drop_database(name=name)


@pytest.fixture(scope="module")
def seeded_story(first_seeding, django_db_blocker):
    own = _point_at(first_seeding[0])
    with django_db_blocker.unblock():
        told = story()
        _close_connections()
    _point_at(own)
    return told


def state():
    """What must not change: every balance, and how many rows there are of everything."""
    with reading(ROOT_ACTOR):
        wallets = Wallet.objects.order_by("handle").values_list(
            "handle", "account__status", "account__posted_minor", "account__version"
        )
        tables = (Organization, User, ApiKey, Transfer, AuditRecord, OutboxEvent)
        return list(wallets), [table.objects.count() for table in tables]


def story():
    """The transfers between wallets, without what chance gives (ids and handles)."""
    with reading(ROOT_ACTOR):
        rows = Transfer.objects.filter(kind="transfer").order_by("id")
        return list(
            rows.values_list(
                "source_holder",
                "destination_holder",
                "amount_minor",
                "currency_id",
                "description",
                "state",
                "reason_code",
            )
        )


def demo(path):
    return json.loads(path.read_text())


def test_figures(seeded):
    with reading(ROOT_ACTOR):
        transfers = Transfer.objects.filter(kind="transfer")
        completed = transfers.filter(state="COMPLETED")
        codes = set(transfers.exclude(state="COMPLETED").values_list("reason_code", flat=True))
        deposits = Transfer.objects.filter(kind="deposit", state="COMPLETED")
        references = list(deposits.values_list("external_reference", flat=True))

        assert Organization.objects.filter(status="active").count() == 3
        assert User.objects.count() == 20
        assert transfers.count() == 100
        assert completed.count() == 88
        assert completed.filter(counterparty_organization__isnull=False).count() == 52
        assert len(references) == len(set(references)) == 26
        assert set(completed.values_list("currency_id", flat=True)) == {"INR", "USD"}
        assert set(Wallet.objects.values_list("kind", flat=True)) == {
            "savings",
            "current",
            "merchant",
        }
        assert Wallet.objects.filter(account__status="FROZEN").count() == 1
    assert codes == {
        "insufficient_funds",
        "source_wallet_frozen",
        "destination_wallet_closed",
        "clearing_cap_exceeded",
        "batch_withheld",
    }


def test_every_role_has_somebody(seeded):
    users = demo(seeded)["users"]
    roles = {(user["organization"], user["role"]) for user in users}
    names = {user["organization"] for user in users} - {None}

    assert len(names) == 3
    assert roles == {
        (name, role) for name in names for role in ("owner", "admin", "finance", "member", "viewer")
    } | {(None, role) for role in ("moderator", "admin", "super_admin")}


def test_times_spread_over_the_month_before(seeded):
    with reading(ROOT_ACTOR):
        times = list(Transfer.objects.order_by("id").values_list("created_at", flat=True))

    assert times == sorted(times)
    assert NOW - dt.timedelta(days=30) < times[0] < NOW - dt.timedelta(days=27)
    assert NOW - dt.timedelta(hours=3) < times[-1] < NOW
    assert len({time.date() for time in times}) > 20


def test_trial_balances_balance(seeded):
    with reading(ROOT_ACTOR):
        totals = trial_balance_totals(trial_balance())

    assert len(totals) == 6
    assert all(total.balanced for total in totals)


def test_both_sides_of_each_clearing_agree(seeded):
    with connections["auditor"].cursor() as cursor:
        cursor.execute(
            "SELECT a.posted_minor + b.posted_minor FROM ledger_ledgeraccount a"
            " JOIN ledger_ledgeraccount b ON b.organization_id = a.counterparty_id"
            " AND b.counterparty_id = a.organization_id AND b.currency_id = a.currency_id"
        )
        assert {row[0] for row in cursor.fetchall()} == {0}


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


def test_the_same_world_every_time(seeded, seeded_story):
    name = "vaultcraft_seeded_again"
    clone_database(name=name)
    own = _point_at(name)
    try:
        seed(now=NOW - dt.timedelta(hours=3))
        assert story() == seeded_story
    finally:
        _close_connections()
        _point_at(own)
        drop_database(name=name)


def test_demo_file_is_private_and_complete(first_seeding):
    path = first_seeding[1] / "demo.json"
    content = demo(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(content) == ["base_url", "users", "api_keys"]
    assert len({user["password"] for user in content["users"]}) == 20
    assert len({key["organization"] for key in content["api_keys"]}) == 3
    assert [file.name for file in path.parent.iterdir()] == ["demo.json"]


def test_everybody_signs_in(seeded):
    for user in demo(seeded)["users"]:
        person = verify_password(
            actor=STRANGER, email=user["email"], password=user["password"], now=NOW
        )
        assert user["role"] in (person.role, person.platform_role)


def test_keys_open_their_organization_without_cash(seeded):
    for key in demo(seeded)["api_keys"]:
        actor = authenticate(secret=key["key"], door=Door.API, request_id="test", ip=None, now=NOW)
        with reading(ROOT_ACTOR):
            organization = Organization.objects.get(name=key["organization"])
        assert actor.organization_id == organization.id
        assert "transfers:write" in actor.scopes
        assert "cash:write" not in actor.scopes


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
    passwords = demo(data_dir / "demo.json")["users"]

    assert len(story()) < 100
    assert wanted_when_empty()
    seed("--if-empty")

    assert story() == seeded_story
    assert demo(data_dir / "demo.json")["users"] == passwords
    assert len(demo(data_dir / "demo.json")["api_keys"]) == 3
    before = state()
    seed()
    assert state() == before


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


def test_two_seedings_at_once_are_refused(committed_db, data_dir):
    url = address_of(url=os.environ["DATABASE_AUDITOR_URL"], database=committed_db)
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [0x5EED_0001])

        with pytest.raises(CommandError, match="Another seeding"):
            seed()

    assert list(data_dir.iterdir()) == []
