"""The one door to the books, told in exact figures."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connections, transaction

from kernel.context import reading
from kernel.errors import InvariantBroken
from kernel.money import MAX_MINOR
from ledger.choices import AccountStatus, Side
from ledger.errors import BatchTooLarge
from ledger.models import LedgerAccount, Transaction
from ledger.queries import clearing_accounts, entries_of_account
from ledger.services import shapes
from ledger.services.movements import Movement, Posted, Refused
from ledger.services.posting import post
from ledger.tests.books import (
    become,
    codes,
    entries,
    fresh,
    legs,
    movement,
    moving,
    nothing_moves,
    posted,
)
from tests.database import refused_by, statements, work
from tests.world import NOW, World

ALICE, ACME = 1_00_000_00, 5_00_000_00


def across(world: World, amount_minor: int) -> Movement:
    """Alice of Acme pays Charlie of Globex."""
    with reading(world.actor(world.olga)):
        found = clearing_accounts(
            pairs=[(world.acme.id, world.globex.id), (world.globex.id, world.acme.id)],
            currencies=["INR"],
        )
    return moving(
        *shapes.across(
            payer_organization_id=world.acme.id,
            payer=world.alice_wallet.account_id,
            payer_clearing=found[world.acme.id, world.globex.id, "INR"],
            receiver_organization_id=world.globex.id,
            receiver=world.charlie_wallet.account_id,
            receiver_clearing=found[world.globex.id, world.acme.id, "INR"],
            amount_minor=amount_minor,
        )
    )


def test_one_payment_is_one_transaction_of_two_entries(alice, acme) -> None:
    (result,) = posted(movement(alice, acme, 250_00))

    assert isinstance(result, Posted)
    assert len(result.transaction_ids) == 1
    assert entries(account=alice)[-1] == ("DEBIT", 250_00, ALICE - 250_00, 2)
    assert entries(account=acme)[-1] == ("CREDIT", 250_00, ACME + 250_00, 2)
    assert fresh(account=alice).posted_minor == ALICE - 250_00
    assert fresh(account=alice).version == 2


def test_across_is_two_transactions_of_one_movement(world, alice) -> None:
    (result,) = posted(across(world, 250_00))

    assert isinstance(result, Posted)
    assert len(result.transaction_ids) == 2
    assert fresh(account=alice).posted_minor == ALICE - 250_00
    assert fresh(account=world.charlie_wallet.account).posted_minor == 50_000_00 + 250_00


@pytest.mark.django_db
def test_nothing_comes_of_an_empty_batch() -> None:
    with nothing_moves():
        assert posted() == []


def test_two_debits_of_one_account_are_judged_against_the_running_balance(alice, acme) -> None:
    results = posted(
        movement(alice, acme, 60_000_00),
        movement(alice, acme, 60_000_00),
        movement(alice, acme, 40_000_00),
        movement(alice, acme, 1),
    )

    assert codes(results) == [None, "insufficient_funds", None, "insufficient_funds"]
    assert [entry[1:] for entry in entries(account=alice)[1:]] == [
        (60_000_00, 40_000_00, 2),
        (40_000_00, 0, 3),
    ]


def test_money_received_in_a_batch_can_be_spent_in_it(alice, acme) -> None:
    results = posted(movement(acme, alice, ACME), movement(alice, acme, ALICE + ACME))

    assert codes(results) == [None, None]
    assert fresh(account=alice).posted_minor == 0
    assert fresh(account=acme).posted_minor == ALICE + ACME


def test_the_very_last_unit_may_leave_and_not_one_more(alice, acme) -> None:
    assert codes(posted(movement(alice, acme, ALICE))) == [None]
    assert fresh(account=alice).posted_minor == 0
    with nothing_moves():
        assert codes(posted(movement(alice, acme, 1))) == ["insufficient_funds"]


def test_a_refusal_names_the_account_and_leaves_no_trace(alice, acme) -> None:
    with nothing_moves():
        (result,) = posted(movement(alice, acme, ALICE + 1))
    assert isinstance(result, Refused)
    assert result.account_id == alice.id


def test_an_unknown_account(world, alice) -> None:
    stranger = legs(world.acme.id, (alice, Side.DEBIT, 5), (world.acme.id, Side.CREDIT, 5))
    with nothing_moves():
        assert codes(posted(moving(stranger))) == ["account_not_found"]


def test_an_account_of_another_organization(world, alice) -> None:
    mixed = legs(
        world.acme.id,
        (alice, Side.DEBIT, 5),
        (world.charlie_wallet.account, Side.CREDIT, 5),
    )
    with nothing_moves():
        assert codes(posted(moving(mixed))) == ["account_not_found"]


def test_another_currency(alice, acme) -> None:
    with nothing_moves():
        assert codes(posted(movement(alice, acme, 5, currency="USD"))) == ["currency_mismatch"]


@pytest.mark.parametrize(
    ("status", "paying", "receiving"),
    [
        (AccountStatus.FROZEN, "account_frozen", None),
        (AccountStatus.SUSPENDED, "account_suspended", "account_suspended"),
    ],
)
def test_states(alice, acme, status, paying: str, receiving: str | None) -> None:
    become(account=alice, status=status)

    with nothing_moves():
        assert codes(posted(movement(alice, acme, 5))) == [paying]
    assert codes(posted(movement(acme, alice, 5))) == [receiving]
    assert fresh(account=alice).posted_minor == ALICE + (5 if receiving is None else 0)


def test_a_closed_account_takes_nothing(alice, acme) -> None:
    posted(movement(alice, acme, ALICE))
    become(account=alice, status=AccountStatus.CLOSED)

    with nothing_moves():
        assert codes(posted(movement(acme, alice, 5))) == ["account_closed"]


def test_one_refused_movement_does_not_sink_its_neighbors(alice, acme) -> None:
    results = posted(
        movement(alice, acme, 10), movement(alice, acme, ALICE), movement(alice, acme, 20)
    )

    assert codes(results) == [None, "insufficient_funds", None]
    assert fresh(account=alice).posted_minor == ALICE - 30


def test_all_or_nothing_keeps_every_movement_out(alice, acme) -> None:
    with nothing_moves():
        results = posted(
            movement(alice, acme, 10), movement(alice, acme, ALICE), all_or_nothing=True
        )
    assert codes(results) == [None, "insufficient_funds"]
    assert results[0] == Posted()


def test_all_or_nothing_posts_a_batch_without_fault(alice, acme) -> None:
    results = posted(movement(alice, acme, 10), movement(alice, acme, 20), all_or_nothing=True)

    assert all(isinstance(result, Posted) and result.transaction_ids for result in results)
    assert fresh(account=alice).posted_minor == ALICE - 30


def test_the_clearing_cap_is_reached_and_not_passed(world) -> None:
    cap, half = 10_00_000_00, 50_000_00
    world.fund(world.alice_wallet, cap)

    assert codes(posted(*[across(world, half) for _ in range(20)])) == [None] * 20
    with nothing_moves():
        assert codes(posted(across(world, 1))) == ["clearing_cap_exceeded"]


def test_a_claim_is_used_up_before_a_debt_begins(world) -> None:
    world.fund(world.alice_wallet, 10_00_000_00)
    world.send(sender=world.charlie, source=world.charlie_wallet, destination=world.alice_wallet)

    assert codes(posted(across(world, 10_00_000_00), across(world, 100_00), across(world, 1))) == [
        None,
        None,
        "clearing_cap_exceeded",
    ]


def test_no_balance_passes_what_every_client_can_read(world, alice, acme) -> None:
    room = MAX_MINOR - ALICE - ACME - 1
    world.fund(world.acme_wallet, room)

    assert world.fund(world.alice_wallet, 1).error is None
    with nothing_moves():
        # Each wallet has room left; what the organization has at the bank has none.
        assert codes(posted(moving(_cash_in(world, alice, 1)))) == ["balance_out_of_range"]


def test_a_reference_stands_once_in_the_books(alice, acme) -> None:
    posted(movement(alice, acme, 10, reference=b"r" * 32))

    with nothing_moves(), refused_by("transaction_reference"):
        posted(movement(alice, acme, 10, reference=b"r" * 32), movement(alice, acme, 20))


def test_a_reference_twice_in_one_batch(alice, acme) -> None:
    with nothing_moves(), refused_by("transaction_reference"):
        posted(*[movement(alice, acme, 10, reference=b"r" * 32) for _ in range(2)])


def test_statements_are_as_many_for_100_as_for_1(alice, acme) -> None:
    with statements() as for_one:
        posted(movement(alice, acme, 1))
    with statements() as for_hundred:
        results = posted(*[movement(alice, acme, 1) for _ in range(100)])

    assert codes(results) == [None] * 100
    assert work(for_hundred) == work(for_one) == ["SELECT", "SELECT", "INSERT", "INSERT", "INSERT"]
    assert fresh(account=alice).posted_minor == ALICE - 101


def test_500_movements_are_one_batch(alice, acme) -> None:
    posted(*[movement(alice, acme, 1) for _ in range(500)])

    assert fresh(account=alice).posted_minor == ALICE - 500
    assert fresh(account=alice).version == 501


def test_501_movements_are_refused_and_never_cut(alice, acme) -> None:
    with nothing_moves(), pytest.raises(BatchTooLarge) as refused:
        posted(*[movement(alice, acme, 1) for _ in range(501)])
    assert refused.value.facts["maximum"] == 500


def test_recorded_time_and_version_never_run_apart(world, alice, acme) -> None:
    for _ in range(3):
        posted(movement(alice, acme, 1))

    with reading(world.actor(world.alice)):
        times = list(entries_of_account(alice.id).values_list("recorded_at", flat=True))
    assert len(times) == 4
    assert times == sorted(times, reverse=True)


def test_a_clock_that_was_set_back_does_not_turn_time_around(committed_db, world) -> None:
    alice, acme = world.alice_wallet.account, world.acme_wallet.account
    ahead = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('vaultcraft.scope', 'platform', true)")
        cursor.execute(
            "UPDATE ledger_ledgeraccount SET last_recorded_at = %s WHERE id = %s", [ahead, alice.id]
        )

    (result,) = posted(movement(acme, alice, 1))
    assert isinstance(result, Posted)
    assert result.recorded_at == ahead
    assert fresh(account=acme).last_recorded_at == ahead


def test_post_is_a_step(alice, acme) -> None:
    with nothing_moves(), pytest.raises(InvariantBroken):
        post([movement(alice, acme, 1)], now=NOW)


def test_unbalanced_legs_never_pass_the_database(world, alice, acme) -> None:
    lopsided = legs(world.acme.id, (alice, Side.DEBIT, 5), (acme, Side.CREDIT, 4))

    with nothing_moves(), refused_by("entries_balanced"):
        posted(moving(lopsided))


def test_three_legs_are_one_transaction(world, alice, acme) -> None:
    cash = _cash(world)
    split = legs(
        world.acme.id, (cash, Side.DEBIT, 100), (alice, Side.CREDIT, 33), (acme, Side.CREDIT, 67)
    )
    (result,) = posted(moving(split))

    assert isinstance(result, Posted)
    assert fresh(account=alice).posted_minor == ALICE + 33
    assert fresh(account=acme).posted_minor == ACME + 67


def test_an_account_on_both_sides_of_one_transaction(world, alice) -> None:
    circle = legs(world.acme.id, (alice, Side.DEBIT, 100), (alice, Side.CREDIT, 100))
    posted(moving(circle))

    assert entries(account=alice)[1:] == [
        ("DEBIT", 100, ALICE - 100, 2),
        ("CREDIT", 100, ALICE, 3),
    ]


def _cash(world: World) -> LedgerAccount:
    with reading(world.actor(world.olga)):
        return LedgerAccount.objects.get(organization=world.acme, kind="CASH")


def _cash_in(world: World, wallet: LedgerAccount, amount_minor: int):
    (posting,) = shapes.cash_in(
        organization_id=world.acme.id,
        cash=_cash(world).id,
        wallet=wallet.id,
        amount_minor=amount_minor,
    )
    return posting


def test_every_transaction_belongs_to_one_organization(world) -> None:
    posted(across(world, 5))
    with reading(world.actor(world.olga)):
        owners = set(Transaction.objects.values_list("organization_id", flat=True))
    assert owners == {world.acme.id, world.globex.id}
