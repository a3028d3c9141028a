"""After an erasure: who is gone is named on receipts alone, and nobody pays them any more."""

from __future__ import annotations

import datetime as dt
import importlib
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections, transaction

from accounts.models import User
from accounts.services.erasing import shred_person
from accounts.services.people import remove_member
from accounts.tests.builders import ROOT
from audit.models import AuditRecord
from audit.services.keeping import keep_chain
from kernel.context import reading
from kernel.errors import PermissionDenied
from ledger.checker import verify_books
from ledger.models import LedgerAccount
from tests.api.conftest import Caller, order
from tests.database import all_seeing, rows
from tests.settled import alone
from tests.world import NOW, World, colleague
from wallets.choices import WalletKind
from wallets.models import Wallet
from wallets.services.wallets import close_wallet, open_wallet, suspend_wallet, unfreeze_wallet

NAME, FIRST = "Harpreet", "harpreet"
LATER = NOW + dt.timedelta(hours=1)
# A receipt keeps the name it was issued with, since books have to: decision 42.
RECEIPTS = {"wallets_transfer", "wallets_wallethold"}


@pytest.fixture
def person(world: World) -> User:
    return colleague(world, FIRST, "member")


def wallet_of(world: World, user: User, kind: WalletKind = WalletKind.MERCHANT) -> Wallet:
    owner = world.actor(user)
    return open_wallet(actor=owner, owner_id=user.id, kind=kind, currency="INR", now=NOW)


def gone(world: World, user: User) -> None:
    """Removed, and erased."""
    remove_member(actor=world.actor(world.alice), user_id=user.id, now=NOW)
    shred_person(actor=ROOT, user_id=user.id, now=LATER)


def state_of(wallet: Wallet) -> tuple[str, bool]:
    with all_seeing():
        account = Wallet.objects.select_related("account").get(id=wallet.id).account
    return account.status, account.stopped_by_platform


def named_in(word: str) -> set[str]:
    """The tables with a row that holds the word anywhere."""
    tables = rows(
        "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
        " AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        " AND has_table_privilege(c.oid, 'SELECT')"
    )
    assert len(tables) > 40
    with all_seeing():
        return {
            table
            for (table,) in tables
            if rows(f'SELECT 1 FROM "{table}" t WHERE t::text ILIKE %s LIMIT 1', f"%{word}%")
        }


def listed(caller: Caller, path: str) -> bytes:
    """Every page of a list."""
    found, cursor = b"", ""
    while True:
        got = caller.get(f"{path}?limit=100{cursor}")
        assert got.status == 200, got.body
        found += got.body
        if not got.data.get("next_cursor"):
            return found
        cursor = f"&cursor={got.data['next_cursor']}"


@pytest.mark.django_db
def test_the_books_never_name_a_person_and_receipts_alone_do_after_an_erasure(
    world: World, person: User, alice: Caller
) -> None:
    wallet = wallet_of(world, person)
    world.fund(wallet, 5_00)
    assert world.send(sender=person, source=wallet, amount_minor=1_00).error is None
    assert {"accounts_user", "wallets_transfer"} <= named_in(NAME)
    for path in ("/ledger/accounts", "/ledger/trial-balance", "/ledger/transactions"):
        assert NAME.encode() not in alice.get(path).body
    chart = listed(alice, "/ledger/accounts")
    assert wallet.handle.encode() in chart
    assert world.acme.display_name.encode() not in chart

    gone(world, person)

    assert named_in(NAME) <= RECEIPTS


@pytest.mark.django_db
def test_nobody_pays_an_erased_person(world: World, person: User, alice: Caller) -> None:
    wallet, other = (
        wallet_of(world, person, kind) for kind in (WalletKind.MERCHANT, WalletKind.SAVINGS)
    )
    close_wallet(actor=world.actor(world.alice), wallet_id=other.id, reason="empty", now=NOW)
    world.fund(wallet, 5_00)
    gone(world, person)
    assert state_of(wallet) == ("SUSPENDED", True)
    assert state_of(other)[0] == "CLOSED"
    before = world.balance(world.alice_wallet)
    paid = order(world, destination_wallet=wallet.handle)
    refused = alice.move("/transfers", paid)
    assert (refused.status, refused.code) == (422, "destination_wallet_suspended")
    told = alice.post("/transfers/dry-run", paid)
    assert "destination_wallet_suspended" in told.body.decode()
    assert (world.balance(wallet), world.balance(world.alice_wallet)) == (5_00, before)
    with reading(world.actor(world.olga)):
        record = AuditRecord.objects.get(action="wallets.wallet.suspend")
    assert (record.subject_id, record.metadata["reason"]) == (wallet.id, "The holder is erased.")


@pytest.mark.django_db
def test_what_an_erased_person_leaves_the_platform_alone_can_free(
    world: World, person: User
) -> None:
    wallet = wallet_of(world, person)
    gone(world, person)
    with pytest.raises(PermissionDenied):
        unfreeze_wallet(
            actor=world.actor(world.alice), wallet_id=wallet.id, reason="heirs", now=NOW
        )
    unfreeze_wallet(actor=world.actor(world.olga), wallet_id=wallet.id, reason="heirs", now=NOW)
    assert state_of(wallet) == ("ACTIVE", False)


@pytest.mark.django_db
def test_a_wallet_that_the_platform_stopped_before_is_no_hindrance(
    world: World, person: User
) -> None:
    wallet = wallet_of(world, person)
    suspend_wallet(actor=world.actor(world.olga), wallet_id=wallet.id, reason="inquiry", now=NOW)
    gone(world, person)
    assert state_of(wallet) == ("SUSPENDED", True)


def test_books_and_evidence_stand_after_an_erasure(
    committed_db: str,
    world: World,
    person: User,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wallet = wallet_of(world, person)
    world.fund(wallet, 5_00)
    heads = tmp_path / "heads.jsonl"
    with alone():
        keep_chain(actor=ROOT, path=heads, now=NOW)
    gone(world, person)
    with alone():
        keep_chain(actor=ROOT, path=heads, now=NOW)
    call_command("verify_audit", heads=heads)
    assert "The chain stands: 2 seals" in capsys.readouterr().out
    assert verify_books().findings == []


def test_accounts_that_were_named_after_people_are_named_anew(
    committed_db: str, world: World
) -> None:
    """The migration, of a database from before it; it goes round the trigger and puts it back."""
    named = "UPDATE ledger_ledgeraccount SET name = 'Alice, current' WHERE id = %s"
    account_id = world.alice_wallet.account_id
    module = importlib.import_module("wallets.migrations.0045_accounts_name_no_person")
    trigger = "ALTER TABLE ledger_ledgeraccount {} TRIGGER ledger_account_name"
    with transaction.atomic("owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('vaultcraft.scope', 'platform', true)")
        cursor.execute(trigger.format("DISABLE"))
        cursor.execute(named, [account_id])
        assert cursor.rowcount == 1
        cursor.execute(trigger.format("ENABLE"))
    with transaction.atomic("owner"), connections["owner"].cursor() as cursor:
        cursor.execute(module.NAMES.sql)
    with all_seeing():
        accounts = LedgerAccount.objects.filter(kind="WALLET").order_by("code")
        names = set(accounts.values_list("name", flat=True))
        guard = "SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'ledger_account_name'"
        assert rows(guard) == [("O",)]
    theirs = {f"{one.handle}, current" for one in (world.alice_wallet, world.charlie_wallet)}
    assert names == {*theirs, "Organization, current"}
