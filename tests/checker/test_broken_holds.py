"""Reservations changed, freed and forgotten behind the customers' backs."""

from __future__ import annotations

import pytest

from tests.checker.conftest import Books, Vandal, places

_FEE_SHARE = "wallet_hold_fee_is_sum"


def test_reserved_money_freed_without_a_word(vandal: Vandal, books: Books) -> None:
    """The application may write this: counters and the held amount agree with each other."""
    vandal.run("SET session_replication_role = origin")
    vandal.run("SELECT set_config('vaultcraft.scope', 'platform', true)")
    vandal.run(
        "UPDATE ledger_hold SET state = 'VOIDED', ended_at = now(),"
        " released_minor = amount_minor - captured_minor WHERE state = 'OPEN'"
    )
    assert places(vandal) == {("wallet_holds", "hold_end_told_once", str(books.hold))}


def test_a_hold_that_ended_in_another_way_than_was_told(vandal: Vandal, books: Books) -> None:
    vandal.run("UPDATE ledger_hold SET state = 'EXPIRED' WHERE id = %s", books.voided)
    vandal.run("UPDATE ledger_hold SET state = 'VOIDED' WHERE id = %s", books.expired)
    assert places(vandal) == {
        ("wallet_holds", "hold_end_told_once", str(books.voided)),
        ("wallet_holds", "hold_end_told_once", str(books.expired)),
    }


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ("amount_minor = amount_minor + 5", "hold_told_as_placed"),
        ("expires_at = expires_at + interval '1 year'", "hold_told_as_placed"),
        ("placed_at = placed_at - interval '1 hour'", "hold_told_as_placed"),
    ],
)
def test_a_hold_that_is_not_what_was_told(
    vandal: Vandal, books: Books, broken: str, rule: str
) -> None:
    """What the account holds follows, so every sum is right."""
    vandal.run(f"UPDATE ledger_hold SET {broken} WHERE id = %s", books.hold)
    vandal.run(
        "UPDATE ledger_ledgeraccount a SET held_minor = (SELECT sum(h.reserved_minor)"
        " FROM ledger_hold h WHERE h.account_id = a.id)"
        " WHERE id = %s",
        books.alice,
    )
    found = places(vandal)
    assert ("wallet_holds", rule, str(books.hold)) in found
    # Of another amount, what was charged of the fee would be another share as well.
    assert found <= {("wallet_holds", one, str(books.hold)) for one in (rule, _FEE_SHARE)}


def test_an_end_that_released_something_else(vandal: Vandal, books: Books) -> None:
    changed = "amount_minor = amount_minor - 1, released_minor = released_minor - 1"
    vandal.run(f"UPDATE ledger_hold SET {changed} WHERE id = %s", books.expired)
    for table, told in (("events_outboxevent", "payload"), ("audit_auditrecord", "metadata")):
        vandal.run(
            f"UPDATE {table} SET {told} = jsonb_set({told}, '{{amount_minor}}', '9999')"
            " WHERE subject_id = %s",
            books.expired,
        )
    assert places(vandal) == {("wallet_holds", "hold_told_as_ended", str(books.expired))}


def test_a_hold_that_is_gone(vandal: Vandal, books: Books) -> None:
    vandal.run("DELETE FROM wallets_wallethold WHERE hold_id = %s", books.voided)
    assert ("wallet_holds", "hold_is_customers", str(books.voided)) in places(vandal)
    vandal.run("DELETE FROM ledger_hold WHERE id = %s", books.voided)
    assert places(vandal) == {("wallet_holds", "told_hold_exists", str(books.voided))}


@pytest.mark.parametrize("table", ["events_outboxevent", "audit_auditrecord"])
def test_a_hold_that_nobody_was_told_of(vandal: Vandal, books: Books, table: str) -> None:
    vandal.run(f"DELETE FROM {table} WHERE subject_id = %s", books.hold)
    assert places(vandal) == {("wallet_holds", "hold_told_once", str(books.hold))}


def test_a_reservation_of_what_is_no_wallet(vandal: Vandal, books: Books) -> None:
    vandal.run(
        "UPDATE ledger_hold h SET account_id = a.id FROM ledger_ledgeraccount a WHERE h.id = %s"
        " AND a.kind = 'CASH' AND a.organization_id = h.organization_id AND a.currency_id = 'INR'",
        books.hold,
    )
    assert ("holds", "hold_account_kind", str(books.hold)) in places(vandal)
