"""A dry run says what posting would say, writes nothing, holds nothing and waits for nobody."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from django.db import connections

from kernel.context import Context, Scope, reading_as
from ledger.errors import BatchTooLarge
from ledger.services.movements import Balance, Movement, Posted, Refused
from ledger.services.posting import rehearse
from ledger.tests.books import codes, fresh, movement, nothing_moves, posted
from ledger.tests.test_holds import DAY, capture, kept, place
from tests.concurrency.racing import holding, start
from tests.database import statements, work
from tests.world import NOW, World

ALICE, ACME = 1_00_000_00, 5_00_000_00


def rehearsed(
    *movements: Movement, now: dt.datetime = NOW, all_or_nothing: bool = False
) -> list[Posted | Refused]:
    """In a read-only transaction: a row written would be an error."""
    with reading_as(Context(scope=Scope.PLATFORM)):
        return rehearse(movements, now=now, all_or_nothing=all_or_nothing)


def test_it_predicts_each_balance_of_a_batch(alice, acme) -> None:
    wanted = movement(alice, acme, 60_000_00), movement(alice, acme, 60_000_00)
    with nothing_moves():
        first, second = rehearsed(*wanted)

    assert isinstance(first, Posted)
    assert first.transaction_ids == ()
    assert first.balances == {
        alice.id: Balance(ALICE - 60_000_00, 0, ALICE - 60_000_00),
        acme.id: Balance(ACME + 60_000_00, 0, ACME + 60_000_00),
    }
    assert codes([second]) == ["insufficient_funds"]
    assert codes(posted(*wanted)) == codes([first, second])
    assert fresh(account=alice).posted_minor == first.balances[alice.id].posted_minor


def test_a_refusal_withholds_the_whole_batch_as_posting_would(alice, acme) -> None:
    wanted = movement(alice, acme, 1), movement(alice, acme, ALICE * 2)
    results = rehearsed(*wanted, all_or_nothing=True)

    assert codes(results) == [None, "insufficient_funds"]
    assert results[0] == Posted()


def test_a_capture_is_rehearsed_and_the_hold_stays(alice, acme) -> None:
    hold = place(account=alice, amount_minor=100_00)
    (result,) = rehearsed(capture(hold, alice, acme, 60_00, final=True))

    assert isinstance(result, Posted)
    assert result.balances[alice.id] == Balance(ALICE - 60_00, 0, ALICE - 60_00)
    assert kept(hold) == ("OPEN", 0, 0)


def test_what_is_overdue_counts_as_free_and_is_not_released(alice, acme) -> None:
    hold = place(account=alice, amount_minor=ALICE)
    (result,) = rehearsed(movement(alice, acme, ALICE), now=NOW + DAY)

    assert isinstance(result, Posted)
    assert kept(hold) == ("OPEN", 0, 0)
    assert fresh(account=alice).held_minor == ALICE


def test_a_reference_that_stands_is_no_error_of_a_dry_run(alice, acme) -> None:
    done = movement(alice, acme, 5, reference=b"r" * 32)
    posted(done)
    with nothing_moves():
        assert codes(rehearsed(done)) == [None]


def test_it_only_reads(alice, acme) -> None:
    with statements() as asked:
        rehearsed(*[movement(alice, acme, 1) for _ in range(100)])

    assert set(work(asked)) == {"SELECT"}
    assert not any("FOR " in query["sql"].upper() for query in asked.captured_queries)


def test_501_movements_are_refused_here_too(alice, acme) -> None:
    with pytest.raises(BatchTooLarge):
        rehearsed(*[movement(alice, acme, 1) for _ in range(501)])


@pytest.mark.usefixtures("committed_db")
class TestBesideOthers:
    def test_it_waits_for_nobody(self, world: World) -> None:
        """Somebody posts on the account and has not committed: the answer comes all the same."""
        wanted = movement(world.alice_wallet.account, world.acme_wallet.account, 5)
        with holding(world.alice_wallet.account_id, world.acme_wallet.account_id):
            (result,) = start(lambda: rehearsed(wanted)).result(timeout=20)
        assert isinstance(result, Posted)

    def test_it_holds_nothing_while_its_transaction_runs(self, world: World) -> None:
        """Another connection takes every row without waiting, and finds no row lock of ours."""
        wanted = movement(world.alice_wallet.account, world.acme_wallet.account, 5)
        with reading_as(Context(scope=Scope.PLATFORM)):
            assert codes(rehearse([wanted], now=NOW)) == [None]
            with connections["owner"].cursor() as other:
                other.execute("BEGIN")
                other.execute("SELECT set_config('vaultcraft.scope', 'platform', true)")
                for table in ("ledger_ledgeraccount", "ledger_books", "accounts_organization"):
                    other.execute(f"SELECT FROM {table} FOR UPDATE NOWAIT")
                other.execute(
                    "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                    " WHERE d.datname = current_database() AND l.pid <> pg_backend_pid()"
                    " AND l.mode NOT IN ('AccessShareLock', 'ExclusiveLock')"
                )
                assert other.fetchone() == (0,)
                other.execute("ROLLBACK")

    def test_a_dry_run_of_a_date_to_come_is_clamped_like_the_posting(self, world: World) -> None:
        wanted = movement(world.alice_wallet.account, world.acme_wallet.account, 5)
        ahead = dataclasses.replace(wanted, effective_at=NOW + dt.timedelta(days=365))
        assert codes(rehearsed(ahead)) == [None]
        (result,) = posted(ahead)
        assert isinstance(result, Posted)
