"""Asking what would be leaves no row, no changed row and no lock, and waits for nobody."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from kernel import ids
from tests.api.conftest import Caller, order, token_of
from tests.api.ledger_rows import account
from tests.api.test_dry_run import limited
from tests.api.test_holds import later
from tests.servers import SUPERUSER_VARIABLE
from tests.world import World
from wallets.tests.test_reversals import charge

ALICE = 1_00_000_00

# What a real request would lock, or write.
LOCKED = (
    "ledger_ledgeraccount",
    "ledger_books",
    "ledger_hold",
    "accounts_organization",
    "wallets_spendingusage",
    "wallets_transfer",
)


@dataclasses.dataclass
class House:
    """Acme with something to ask about at every door; an overdue hold stands on Alice's wallet."""

    world: World
    alice: Caller
    olga: Caller
    hold: str
    transfer: str
    journal: str

    def questions(self) -> Iterator[tuple[Caller, str, Any, int]]:
        """Who asks, where and what, and the status that is foretold."""
        wallet = {"wallet": self.world.alice_wallet.handle, "currency": "INR"}
        cash = {**wallet, "amount_minor": 100_00, "external_reference": "UTR-ASKED"}
        paid, much = order(self.world), {"amount_minor": ALICE * 2}
        undone = {"description": "Taken back"}
        for caller, path, body, excess in (
            (self.alice, "/transfers/dry-run", paid, {**paid, **much}),
            (self.alice, "/holds/dry-run", paid, {**paid, **much}),
            (self.alice, f"/holds/{self.hold}/capture/dry-run", {}, much),
            (self.alice, f"/transfers/{self.transfer}/reverse/dry-run", {}, much),
            (self.olga, "/withdrawals/dry-run", cash, {**cash, **much}),
            (self.olga, "/deposits/dry-run", cash, {**cash, "wallet": "VC-000000"}),
            (
                self.alice,
                f"/ledger/transactions/{self.journal}/reverse/dry-run",
                undone,
                {**undone, "amounts": [{"seq": 1, "amount_minor": 8}]},
            ),
        ):
            yield caller, path, body, 201
            yield caller, path, excess, 422


def built(world: World) -> House:
    alice, olga = (Caller(token_of(world, user)) for user in (world.alice, world.olga))
    charge(world)
    limited(world, day_minor=900_00, month_minor=900_00)
    inside = order(world, destination_wallet=world.acme_wallet.handle)
    overdue = {**inside, "amount_minor": 50_000_00, "expires_in_seconds": 60}
    assert alice.move("/holds", overdue).status == 201
    sides = (("4900-RESIDUE", "DEBIT"), ("3000-OPENING", "CREDIT"))
    legs = [
        {
            "account": ids.encode("acc", account(world, code)),
            "side": side,
            "amount_minor": 7,
            "currency": "INR",
        }
        for code, side in sides
    ]
    journal = {"legs": legs, "description": "Residue"}
    made = [
        alice.move(path, body).data["id"]
        for path, body in (
            ("/holds", {**inside, "amount_minor": 300_00}),
            ("/transfers", inside),
            ("/ledger/journal-entries", journal),
        )
    ]
    return House(world, alice, olga, *made)


def contents(database: str) -> dict[str, tuple[int, object]]:
    """Every row of every table, and how far every sequence is, beyond all row security."""
    with superuser(database) as connection:
        cursor = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found: dict[str, tuple[int, object]] = {}
        for (table,) in cursor.fetchall():
            read = connection.execute(
                "SELECT count(*), md5(string_agg(one::text, ';' ORDER BY one::text))"
                f' FROM "{table}" one'
            )
            found[table] = read.fetchall()[0]
        sequences = connection.execute("SELECT sequencename, last_value, 0 FROM pg_sequences")
        return found | {name: tuple(rest) for name, *rest in sequences.fetchall()}


def superuser(database: str) -> psycopg.Connection:
    return psycopg.connect(os.environ[SUPERUSER_VARIABLE], dbname=database)


def test_no_row_is_written_or_changed_anywhere(committed_db: str, world: World) -> None:
    house = built(world)
    before = contents(committed_db)
    assert before["api_idempotency_guard"][0] == 4
    assert before["wallets_spendingusage"][0] == 1
    with later(120):
        for caller, path, body, status in house.questions():
            told = caller.post(path, body, key="a key that is not needed")
            assert (told.status, told.data["status"]) == (200, status), (path, told.body)
    batch = {"items": [order(world)] * 3, "all_or_nothing": True}
    assert house.alice.post("/transfers/batch/dry-run", batch).status == 200
    assert contents(committed_db) == before


def test_no_row_is_left_by_who_may_not_ask(committed_db: str, world: World) -> None:
    house = built(world)
    bob, charlie = (Caller(token_of(world, user)) for user in (world.bob, world.charlie))
    before = contents(committed_db)
    for stranger in (bob, charlie):
        for _, path, body, _ in house.questions():
            told = stranger.post(path, body)
            # A deposit to nobody is refused before it is asked whose wallet it would be.
            assert told.data["status"] in (403, 404, 422), (path, told.body)
    assert contents(committed_db) == before


def test_no_lock_is_waited_for_or_kept(committed_db: str, world: World) -> None:
    """Somebody holds every row that posting would lock; asking is answered all the same."""
    house = built(world)
    with superuser(committed_db) as rival, later(120):
        for table in LOCKED:
            assert rival.execute(f"SELECT FROM {table} FOR UPDATE").rowcount > 0
        for caller, path, body, status in house.questions():
            told = caller.post(path, body)
            assert (told.status, told.data["status"]) == (200, status), (path, told.body)
        rival.rollback()
        for table in LOCKED:
            rival.execute(f"SELECT FROM {table} FOR UPDATE NOWAIT")
        rival.rollback()
        kept = rival.execute(
            "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
            " JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()"
            " WHERE l.pid <> pg_backend_pid()"
            " AND (c.relname LIKE 'ledger_%' OR c.relname LIKE 'wallets_%')"
        ).fetchone()
    assert kept == (0,)


@pytest.mark.parametrize("door", ["/deposits", "/withdrawals"])
def test_asking_does_not_take_the_bank_s_reference(
    committed_db: str, world: World, door: str
) -> None:
    house = built(world)
    cash = {
        "wallet": world.alice_wallet.handle,
        "amount_minor": 100_00,
        "currency": "INR",
        "external_reference": "UTR-1",
    }
    said = [house.olga.post(f"{door}/dry-run", cash).data["status"] for _ in range(2)]
    done = [house.olga.move(door, cash).status for _ in range(2)]
    after = house.olga.post(f"{door}/dry-run", cash).data
    assert (said, done) == ([201, 201], [201, 409])
    assert (after["status"], after["code"]) == (409, "external_reference_used")
