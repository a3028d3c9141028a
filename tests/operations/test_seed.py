"""The demo world: its figures, its times, its way in."""

import datetime as dt
import stat

import pyotp
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connections

from accounts.models import Organization, User
from accounts.services.api_keys import authenticate
from accounts.services.challenges import answer_at_sign_in, challenge_at_sign_in
from accounts.services.sign_in import verify_password
from kernel.actor import Door
from kernel.context import reading
from ledger.checker import verify_books
from ledger.queries import trial_balance, trial_balance_totals
from tests.connecting import close_connections, point_at
from tests.operations.demo_world import NOW, ROOT_ACTOR, STRANGER, demo, seed, story
from tests.servers import clone_database, drop_database
from tests.settled import alone
from wallets.models import Transfer, Wallet


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


def test_the_books_stand(seeded):
    """Months of history, planted with times of their own: what was told agrees with all of it."""
    report = verify_books()
    assert report.findings == []
    assert all(one.visited for one in report.passes)


def test_what_was_seeded_is_sealed_at_its_end(seeded, capsys):
    """It is dated back, so it would be found at once as kept from being sealed."""
    with alone():
        assert "not sealed" not in seed()
    call_command("verify_audit")
    assert ", 0 not sealed yet." in capsys.readouterr().out


def test_where_sealing_is_refused_the_seeding_says_so(seeded):
    with alone():
        seed()
        seeded.with_name("audit-heads.jsonl").unlink()
        assert "Its evidence is not sealed: seal 1 was made, and the file" in seed()


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


def test_the_same_world_every_time(seeded, seeded_story):
    name = "vaultcraft_seeded_again"
    clone_database(name=name)
    own = point_at(name)
    try:
        seed(now=NOW - dt.timedelta(hours=3))
        assert story() == seeded_story
    finally:
        close_connections()
        point_at(own)
        drop_database(name=name)


def test_demo_file_is_private_and_complete(first_seeding):
    path = first_seeding[1] / "demo.json"
    content = demo(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(content) == ["base_url", "users", "api_keys"]
    assert len({user["password"] for user in content["users"]}) == 20
    assert len({key["organization"] for key in content["api_keys"]}) == 3
    names = sorted(file.name for file in path.parent.iterdir())
    assert names == ["audit-heads.jsonl", "demo.json"]


def test_everybody_signs_in(seeded):
    for user in demo(seeded)["users"]:
        person = verify_password(
            actor=STRANGER, email=user["email"], password=user["password"], now=NOW
        )
        assert user["role"] in (person.role, person.platform_role)


def test_who_must_have_a_strong_factor_has_an_app_and_its_secret_is_in_the_file(seeded):
    users = demo(seeded)["users"]
    strict = {"owner", "admin", "finance", "moderator", "super_admin"}
    assert {user["email"] for user in users if user["totp_secret"]} == {
        user["email"] for user in users if user["role"] in strict
    }
    for user in users[:2] + users[-2:]:
        person = verify_password(
            actor=STRANGER, email=user["email"], password=user["password"], now=NOW
        )
        asked = challenge_at_sign_in(actor=STRANGER, user=person, device="", now=NOW)
        assert ("totp" in asked.methods) == bool(user["totp_secret"])
        if user["totp_secret"]:
            proof = answer_at_sign_in(
                actor=STRANGER,
                challenge=asked.id,
                method="totp",
                proof=pyotp.TOTP(user["totp_secret"]).at(NOW),
                device="",
                now=NOW,
            )
            assert proof.user.id == person.id


def test_the_command_prints_the_code_of_the_phone(seeded, settings, capsys):
    settings.VAULTCRAFT_DATA_DIR = seeded.parent
    [owner, *_] = [user for user in demo(seeded)["users"] if user["role"] == "owner"]
    with time_machine.travel(NOW, tick=False):
        call_command("totp", owner["email"].upper())
    assert capsys.readouterr().out.strip() == pyotp.TOTP(owner["totp_secret"]).at(NOW)
    with pytest.raises(CommandError):
        call_command("totp", "nobody@vaultcraft.example")
    settings.VAULTCRAFT_ENVIRONMENT = "production"
    with pytest.raises(CommandError):
        call_command("totp", owner["email"])


def test_where_no_demo_world_is_the_command_says_where_it_looked(settings, tmp_path):
    settings.VAULTCRAFT_DATA_DIR = tmp_path
    with pytest.raises(CommandError, match=f"There is no demo.json at {tmp_path}"):
        call_command("totp", "anybody@vaultcraft.example")


def test_keys_open_their_organization_without_cash(seeded):
    for key in demo(seeded)["api_keys"]:
        actor = authenticate(secret=key["key"], door=Door.API, request_id="test", ip=None, now=NOW)
        with reading(ROOT_ACTOR):
            organization = Organization.objects.get(name=key["organization"])
        assert actor.organization_id == organization.id
        assert "transfers:write" in actor.scopes
        assert "cash:write" not in actor.scopes
