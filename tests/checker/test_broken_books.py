"""A superuser breaks the books, and the checker names the place."""

from __future__ import annotations

import pytest

from tests.checker.conftest import Books, Vandal, places

RECORD = (
    "INSERT INTO audit_auditrecord (id, at, organization_id, actor_kind, actor_display, action,"
    " subject_type, subject_id, door, scope, request_id, metadata)"
    " SELECT gen_random_uuid(), now(), organization_id, 'user', '', %s, 'transaction', %s, 'api',"
    " '', 'x', '{}' FROM ledger_ledgeraccount WHERE id = %s"
)
# The first entry of Alice's account that another one follows.
FIRST = "SELECT id FROM ledger_entry WHERE account_id = %s AND version = 2"


def test_nothing_is_found_before_anything_is_broken(vandal: Vandal) -> None:
    report = vandal.checked()
    assert report.findings == []
    assert all(one.visited for one in report.passes)


def test_a_balance_without_its_entries(vandal: Vandal, books: Books) -> None:
    acme = vandal.run(
        "UPDATE ledger_ledgeraccount SET posted_minor = posted_minor + 1 WHERE id = %s"
        " RETURNING organization_id",
        books.alice,
    )
    assert places(vandal) == {
        ("balances", "account_balance_is_sum", str(books.alice)),
        ("sums", "balances_sum_to_zero", str(acme)),
    }


def test_a_version_without_its_entry(vandal: Vandal, books: Books) -> None:
    vandal.run("UPDATE ledger_ledgeraccount SET version = version + 1 WHERE id = %s", books.alice)
    assert places(vandal) == {("balances", "account_version_is_count", str(books.alice))}


def test_an_amount_that_was_changed(vandal: Vandal, books: Books) -> None:
    entry = vandal.run(FIRST, books.alice)
    transaction = vandal.run(
        "UPDATE ledger_entry SET amount_minor = amount_minor + 1 WHERE id = %s"
        " RETURNING transaction_id",
        entry,
    )
    found = places(vandal)
    assert ("transactions", "transaction_balanced", str(transaction)) in found
    assert ("balances", "account_balance_is_sum", str(books.alice)) in found
    assert ("versions", "entry_balance_after", str(entry)) in found
    assert {check for check, _, _ in found} >= {"sums"}


def test_a_leg_in_another_currency(vandal: Vandal, books: Books) -> None:
    """The numbers still sum to zero, but rupees are not dollars."""
    entry = vandal.run(FIRST, books.alice)
    transaction = vandal.run(
        "UPDATE ledger_entry SET currency_id = 'USD' WHERE id = %s RETURNING transaction_id", entry
    )
    found = places(vandal)
    assert ("transactions", "transaction_balanced", str(transaction)) in found
    assert ("versions", "entry_account_identity", str(entry)) in found
    assert {check for check, _, _ in found} >= {"sums"}


def test_a_resulting_balance_that_was_changed(vandal: Vandal, books: Books) -> None:
    entry = vandal.run(FIRST, books.alice)
    vandal.run(
        "UPDATE ledger_entry SET balance_after_minor = balance_after_minor - 5 WHERE id = %s", entry
    )
    following = vandal.run(
        "SELECT id FROM ledger_entry WHERE account_id = %s AND version = 3", books.alice
    )
    assert places(vandal) == {
        ("versions", "entry_balance_after", str(entry)),
        ("versions", "entry_balance_after", str(following)),
        ("told", "transaction_told_as_entered", _transaction_of(vandal, entry)),
    }


def test_a_version_that_was_skipped(vandal: Vandal, books: Books) -> None:
    entry = vandal.run(FIRST, books.alice)
    vandal.run("UPDATE ledger_entry SET version = 1000 WHERE id = %s", entry)
    assert ("versions", "entry_version_contiguous", str(entry)) in places(vandal)


def test_two_entries_in_the_wrong_order(vandal: Vandal, books: Books) -> None:
    entry = vandal.run(FIRST, books.alice)
    transaction = vandal.run(
        "UPDATE ledger_entry SET recorded_at = recorded_at - interval '1 day' WHERE id = %s"
        " RETURNING transaction_id",
        entry,
    )
    assert places(vandal) == {
        ("versions", "entry_recorded_in_order", str(entry)),
        ("transactions", "transaction_times", str(transaction)),
    }


def test_an_effective_date_that_was_moved(vandal: Vandal, books: Books) -> None:
    transaction = vandal.run(
        "UPDATE ledger_entry SET effective_at = effective_at - interval '1 day'"
        " WHERE account_id = %s AND version = 2 RETURNING transaction_id",
        books.alice,
    )
    assert ("transactions", "transaction_times", str(transaction)) in places(vandal)


def test_an_entry_that_is_gone(vandal: Vandal, books: Books) -> None:
    transaction = vandal.run(
        "DELETE FROM ledger_entry WHERE account_id = %s AND version = 2 RETURNING transaction_id",
        books.alice,
    )
    found = places(vandal)
    assert ("transactions", "transaction_entry_count", str(transaction)) in found
    assert ("balances", "account_version_is_count", str(books.alice)) in found


def test_a_transaction_without_entries(vandal: Vandal, books: Books) -> None:
    transaction = vandal.run(
        "INSERT INTO ledger_transaction (id, organization_id, kind, reference, entry_count,"
        " effective_at, recorded_at, description, metadata)"
        " SELECT gen_random_uuid(), organization_id, 'JOURNAL', sha256('lone'), 2, now(), now(),"
        " '', '{}' FROM ledger_ledgeraccount WHERE id = %s RETURNING id",
        books.alice,
    )
    assert places(vandal) == {
        ("transactions", "transaction_without_entries", str(transaction)),
        ("by_hand", "journal_has_one_record", str(transaction)),
        ("told", "transaction_told_once", str(transaction)),
    }


def test_a_balanced_pair_in_an_old_transaction(vandal: Vandal, books: Books) -> None:
    """Every sum and chain is right: the count tells; transfer and event know nothing of it."""
    vandal.run(
        "WITH pair AS ("
        "  SELECT %s::uuid AS account_id, 'DEBIT' AS side, -1 AS change, 5 AS seq"
        "  UNION ALL SELECT %s::uuid, 'CREDIT', 1, 6"
        "), moved AS ("
        "  UPDATE ledger_ledgeraccount a SET posted_minor = posted_minor + p.change,"
        "         version = version + 1 FROM pair p WHERE a.id = p.account_id"
        "  RETURNING a.*, p.side, p.seq"
        ") INSERT INTO ledger_entry (transaction_id, organization_id, seq, account_id, side,"
        " amount_minor, currency_id, balance_after_minor, version, effective_at, recorded_at)"
        " SELECT t.id, m.organization_id, m.seq, m.id, m.side, 1, m.currency_id, m.posted_minor,"
        " m.version, t.effective_at, m.last_recorded_at"
        " FROM moved m, ledger_transaction t WHERE t.id = %s",
        books.alice,
        books.acme,
        books.paid,
    )
    found = places(vandal)
    assert ("transactions", "transaction_entry_count", str(books.paid)) in found
    assert {check for check, _, _ in found} == {"transactions", "transfers", "told"}


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ("floor_minor = posted_minor + 1", "account_above_floor"),
        ("ceiling_minor = posted_minor - 1", "account_below_ceiling"),
        ("held_minor = -1", "account_held"),
        ("floor_minor = NULL", "account_has_floor"),
        ("status = 'CLOSED'", "account_closed_empty"),
    ],
)
def test_a_bound_that_does_not_hold(vandal: Vandal, books: Books, broken: str, rule: str) -> None:
    vandal.run(f"UPDATE ledger_ledgeraccount SET {broken} WHERE id = %s", books.alice)
    assert ("bounds", rule, str(books.alice)) in places(vandal)


def test_a_balance_beyond_exact_numbers(vandal: Vandal, books: Books) -> None:
    vandal.run(
        "UPDATE ledger_ledgeraccount SET posted_minor = 9007199254740992 WHERE id = %s",
        books.alice,
    )
    assert ("bounds", "account_range", str(books.alice)) in places(vandal)


def test_one_side_of_a_clearing_pair_rewritten_in_itself(vandal: Vandal, books: Books) -> None:
    """Globex's books are consistent in themselves: the other side can tell, and what was told."""
    _move_charlies_deposit(vandal, books)
    found = places(vandal)
    assert {(check, rule) for check, rule, _ in found} == {
        ("clearing", "clearing_sides_equal"),
        ("told", "transaction_told_as_entered"),
        ("transfers", "transfer_destination_credited"),
    }


def test_what_is_reserved_without_a_hold(vandal: Vandal, books: Books) -> None:
    vandal.run(
        "UPDATE ledger_ledgeraccount SET held_minor = held_minor + 7 WHERE id = %s", books.alice
    )
    assert places(vandal) == {
        ("holds", "account_held_is_sum", str(books.alice)),
        ("wallet_holds", "wallet_held_is_sum", str(books.alice_wallet)),
    }


def test_more_captured_than_was_debited(vandal: Vandal, books: Books) -> None:
    vandal.run(
        "UPDATE ledger_hold SET captured_minor = captured_minor + 10_00 WHERE id = %s", books.hold
    )
    vandal.run(
        "UPDATE ledger_ledgeraccount SET held_minor = held_minor - 10_00 WHERE id = %s",
        books.alice,
    )
    assert ("holds", "hold_captured_in_books", str(books.hold)) in places(vandal)


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ("released_minor = amount_minor", "hold_within_amount"),
        ("state = 'VOIDED'", "hold_state"),
        ("ended_at = now()", "hold_state"),
        ("fee_account_id = NULL", "hold_fee"),
        ("fee_minor = 0", "hold_fee"),
        ("account_id = gen_random_uuid()", "hold_account"),
    ],
)
def test_a_hold_in_no_possible_state(vandal: Vandal, books: Books, broken: str, rule: str) -> None:
    vandal.run(f"UPDATE ledger_hold SET {broken} WHERE id = %s", books.hold)
    assert ("holds", rule, str(books.hold)) in places(vandal)


def test_a_fee_of_a_hold_that_nobody_was_charged(vandal: Vandal, books: Books) -> None:
    """Its share of the capture is 0.80 now; 0.40 were taken."""
    vandal.run("UPDATE ledger_hold SET fee_minor = 200 WHERE id = %s", books.hold)
    assert places(vandal) == {
        ("holds", "account_held_is_sum", str(books.alice)),
        ("holds", "hold_captured_in_books", str(books.hold)),
        ("wallet_holds", "wallet_held_is_sum", str(books.alice_wallet)),
        ("wallet_holds", "wallet_hold_fee_is_sum", str(books.hold)),
    }


def test_a_capture_charged_less_than_its_share(vandal: Vandal, books: Books) -> None:
    vandal.run("UPDATE wallets_transfer SET fee_minor = 39 WHERE hold_id = %s", books.hold)
    assert ("wallet_holds", "wallet_hold_fee_is_sum", str(books.hold)) in places(vandal)


def test_a_reversal_beyond_its_original(vandal: Vandal, books: Books) -> None:
    vandal.run(
        "UPDATE ledger_entry SET amount_minor = 70_01 WHERE transaction_id = %s", books.reversal
    )
    assert {rule for check, rule, _ in places(vandal) if check == "reversals"} == {
        "entry_reversed_within"
    }


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ("reverses_id = -1", "entry_reversed_exists"),
        ("side = CASE side WHEN 'DEBIT' THEN 'CREDIT' ELSE 'DEBIT' END", "entry_reversed_side"),
        (
            "account_id = (SELECT id FROM ledger_ledgeraccount WHERE kind = 'CASH' LIMIT 1)",
            "entry_reversed_account",
        ),
        ("effective_at = effective_at - interval '1 year'", "entry_reversed_before"),
        (
            "reverses_id = (SELECT min(id) FROM ledger_entry)",
            "entry_reversed_transaction",
        ),
    ],
)
def test_a_reversing_entry_that_undoes_something_else(
    vandal: Vandal, books: Books, broken: str, rule: str
) -> None:
    entry = vandal.run(
        f"UPDATE ledger_entry SET {broken} WHERE transaction_id = %s AND seq = 1 RETURNING id",
        books.reversal,
    )
    assert ("reversals", rule, str(entry)) in places(vandal)


def test_a_reversal_with_an_entry_of_its_own(vandal: Vandal, books: Books) -> None:
    vandal.run(
        "UPDATE ledger_entry SET reverses_id = NULL WHERE transaction_id = %s AND seq = 1",
        books.reversal,
    )
    assert places(vandal) == {("reversals", "transaction_reversal_whole", str(books.reversal))}


def test_a_capture_that_the_hold_does_not_know(vandal: Vandal, books: Books) -> None:
    vandal.run(
        "UPDATE ledger_hold SET captured_minor = captured_minor - 1,"
        " released_minor = released_minor + 1 WHERE id = %s",
        books.hold,
    )
    assert places(vandal) == {
        ("wallet_holds", "wallet_hold_captured_is_sum", str(books.hold)),
        # Its share of the fee is one unit less, too, so that unit should still be held.
        ("holds", "account_held_is_sum", str(books.alice)),
        ("wallet_holds", "wallet_held_is_sum", str(books.alice_wallet)),
    }


def test_more_given_back_than_was_paid(vandal: Vandal, books: Books) -> None:
    vandal.run(
        "UPDATE wallets_transfer SET amount_minor = 24_99 WHERE id = %s", books.reversed_transfer
    )
    place = str(books.reversed_transfer)
    assert {rule for _, rule, at in places(vandal) if at == place} == {
        "transfer_source_debited",
        "event_tells_amount",
        "record_tells_amount",
    }
    vandal.run(
        "UPDATE ledger_entry SET amount_minor = 24_99"
        " WHERE transaction_id = %s AND amount_minor = 70_00",
        books.paid,
    )
    assert ("transfers", "transfer_reversed_within", place) in places(vandal)


@pytest.mark.parametrize(
    "broken", ["destination_id = source_id", "reverses_id = id", "reverses_id = NULL"]
)
def test_a_reversal_of_some_other_transfer(vandal: Vandal, books: Books, broken: str) -> None:
    transfer = vandal.run(
        f"UPDATE wallets_transfer SET {broken} WHERE kind = 'reversal' RETURNING id"
    )
    assert str(transfer) in {at for check, _, at in places(vandal) if check == "transfers"}


def test_a_reservation_that_is_nobodys(vandal: Vandal, books: Books) -> None:
    vandal.run("DELETE FROM wallets_wallethold WHERE hold_id = %s", books.hold)
    assert places(vandal) == {
        ("wallet_holds", "wallet_held_is_sum", str(books.alice_wallet)),
        ("wallet_holds", "hold_is_customers", str(books.hold)),
        ("wallet_holds", "hold_told_of_own_wallets", str(books.hold)),
    }


def test_usage_that_was_forgotten(vandal: Vandal, books: Books) -> None:
    vandal.run("DELETE FROM wallets_spendingusage WHERE wallet_id = %s", books.alice_wallet)
    assert places(vandal) == {("limits", "usage_is_kept", str(books.alice_wallet))}


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        ("day_minor = day_minor - 1", "usage_misses_nothing"),
        ("month_minor = month_minor - 1", "usage_misses_nothing"),
        ("day_minor = 99_999_999_00", "usage_was_spent"),
        ("month = month - interval '1 month'", "usage_month_of_day"),
        ("day_minor = -1", "usage_not_negative"),
        ("day = day - 1, day_minor = 0", "usage_window_runs"),
        ("day = day + 1, day_minor = 0", "usage_window_runs"),
    ],
)
def test_usage_that_cannot_be(vandal: Vandal, books: Books, broken: str, rule: str) -> None:
    vandal.run(
        f"UPDATE wallets_spendingusage SET {broken} WHERE wallet_id = %s", books.alice_wallet
    )
    assert places(vandal) == {("limits", rule, str(books.alice_wallet))}


LAST_PERIOD = "(SELECT id FROM ledger_period ORDER BY ends_at DESC LIMIT 1)"


@pytest.mark.parametrize(
    ("broken", "rules"),
    [
        ("debit_minor = debit_minor + 1", {"period_turnover_is_sum"}),
        ("closing_minor = closing_minor + 1", {"period_closing_is_sum", "period_closing_proof"}),
        (
            "opening_minor = opening_minor + 1, closing_minor = closing_minor + 1",
            {"period_opening_is_closing", "period_closing_proof"},
        ),
    ],
)
def test_a_closed_balance_that_was_changed(
    vandal: Vandal, books: Books, broken: str, rules: set[str]
) -> None:
    vandal.run(
        f"UPDATE ledger_periodbalance SET {broken} WHERE account_id = %s"
        f" AND period_id = {LAST_PERIOD}",
        books.alice,
    )
    found = places(vandal)
    assert {rule for _, rule, _ in found} == rules
    assert str(books.alice) in {at for _, _, at in found}


@pytest.mark.parametrize("order", ["DESC", "ASC"])
def test_a_closed_balance_that_is_gone(vandal: Vandal, books: Books, order: str) -> None:
    vandal.run(
        "DELETE FROM ledger_periodbalance WHERE account_id = %s AND period_id ="
        f" (SELECT id FROM ledger_period ORDER BY ends_at {order} LIMIT 1)",
        books.alice,
    )
    assert ("periods", "period_balance_exists", str(books.alice)) in places(vandal)


def test_a_proof_that_was_changed(vandal: Vandal, books: Books) -> None:
    first, last = (
        vandal.run(f"SELECT id FROM ledger_period ORDER BY ends_at {order} LIMIT 1")
        for order in ("ASC", "DESC")
    )
    vandal.run("UPDATE ledger_period SET closing_proof = sha256('') WHERE id = %s", first)
    assert places(vandal) == {
        ("periods", "period_closing_proof", str(first)),
        ("periods", "period_opening_proof", str(last)),
    }


def test_a_boundary_that_was_moved(vandal: Vandal, books: Books) -> None:
    organization = vandal.run(
        "UPDATE ledger_books SET closed_before = closed_before - interval '1 day'"
        " WHERE closed_before IS NOT NULL RETURNING organization_id"
    )
    assert places(vandal) == {("periods", "books_closed_before", str(organization))}


def test_a_transaction_dated_into_a_closed_period(vandal: Vandal, books: Books) -> None:
    """Whole, balanced and in order: only its dates are impossible."""
    late = "effective_at = effective_at - interval '20 days', recorded_at = now() + interval '1 h'"
    vandal.run(f"UPDATE ledger_transaction SET {late} WHERE id = %s", books.reversal)
    vandal.run(f"UPDATE ledger_entry SET {late} WHERE transaction_id = %s", books.reversal)
    assert ("periods", "period_entered_after_close", str(books.reversal)) in places(vandal)
    assert ("periods", "period_turnover_is_sum", str(books.alice)) in places(vandal)


def test_a_movement_that_its_transfer_does_not_name(vandal: Vandal, books: Books) -> None:
    vandal.run("UPDATE ledger_transaction SET transfer_id = NULL WHERE id = %s", books.paid)
    found = places(vandal)
    assert ("by_transfer", "transaction_has_transfer", str(books.paid)) in found


def test_a_reversal_without_a_transfer(vandal: Vandal, books: Books) -> None:
    vandal.run("UPDATE ledger_transaction SET transfer_id = NULL WHERE id = %s", books.reversal)
    found = places(vandal)
    assert ("by_transfer", "transaction_has_transfer", str(books.reversal)) in found


def test_a_movement_of_another_kind_than_its_transfer(vandal: Vandal, books: Books) -> None:
    vandal.run("UPDATE ledger_transaction SET kind = 'WITHDRAWAL' WHERE id = %s", books.paid)
    assert places(vandal) == {
        ("by_transfer", "transaction_kind_of_transfer", str(books.paid)),
        ("told", "transaction_told_as_recorded", str(books.paid)),
    }


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        ("JOURNAL", "journal_has_one_record"),
        ("EXCHANGE", "transaction_kind_has_door"),
        ("SETTLEMENT", "transaction_kind_has_door"),
    ],
)
def test_a_kind_that_nobody_wrote(vandal: Vandal, books: Books, kind: str, rule: str) -> None:
    vandal.run("UPDATE ledger_transaction SET kind = %s WHERE id = %s", kind, books.paid)
    assert ("by_hand", rule, str(books.paid)) in places(vandal)


def test_a_journal_and_its_reversal_with_their_records(vandal: Vandal, books: Books) -> None:
    """The same rows told as a journal's: the pass asks for one record of each, and is content."""
    vandal.run("UPDATE ledger_transaction SET kind = 'JOURNAL' WHERE id = %s", books.paid)
    vandal.run(
        "UPDATE ledger_transaction SET transfer_id = NULL WHERE id = ANY (%s)",
        [books.paid, books.reversal],
    )
    for action, subject in (("post", books.paid), ("reverse", books.reversal)):
        assert by_hand(vandal) >= {str(subject)}
        vandal.run(RECORD, f"ledger.journal.{action}", subject, books.alice)
    assert by_hand(vandal) == set()


def by_hand(vandal: Vandal) -> set[str]:
    """What the pass over journals finds."""
    return {place for check, _, place in places(vandal) if check == "by_hand"}


def test_a_fee_that_went_to_a_wallet(vandal: Vandal, books: Books) -> None:
    vandal.run(
        "UPDATE ledger_entry SET account_id = %s, version = 1000"
        " WHERE transaction_id = %s AND seq = 4",
        books.acme,
        books.paid,
    )
    found = places(vandal)
    assert ("fees", "fee_is_income", str(books.reversed_transfer)) in found


def test_the_other_side_is_told_of_a_wallet_that_is_not_its_own(
    vandal: Vandal, books: Books
) -> None:
    """Hidden ids in what was told of a payment across: one event and one record are named."""
    across = "wallets_transfer w WHERE w.counterparty_organization_id IS NOT NULL"
    transfer = vandal.run(
        "UPDATE events_outboxevent o SET payload = jsonb_set(o.payload, '{source_wallet_id}',"
        f" to_jsonb(w.source_id::text)) FROM {across} AND o.subject_id = w.id"
        " AND o.organization_id = w.counterparty_organization_id RETURNING w.id"
    )
    vandal.run(
        "UPDATE audit_auditrecord r SET metadata = jsonb_set(r.metadata,"
        " '{destination_wallet_id}', to_jsonb(w.destination_id::text))"
        f" FROM {across} AND r.subject_id = w.id AND r.organization_id = w.organization_id"
    )
    assert {(rule, at) for _, rule, at in places(vandal) if at == str(transfer)} == {
        ("event_tells_own_wallets", str(transfer)),
        ("record_tells_own_wallets", str(transfer)),
    }


def test_what_was_told_before_the_manner_of_telling_changed(vandal: Vandal, books: Books) -> None:
    """Books of an earlier release told both wallets to both sides, and no fee: no finding."""
    vandal.run(
        "UPDATE django_migrations SET applied = now() + interval '1 day'"
        " WHERE app = 'wallets' AND name LIKE '0005%%'"
    )
    for table, told in (("events_outboxevent", "payload"), ("audit_auditrecord", "metadata")):
        vandal.run(
            f"UPDATE {table} o SET {told} = (o.{told} - 'fee_minor') || jsonb_build_object("
            "'source_wallet_id', w.source_id, 'destination_wallet_id', w.destination_id)"
            " FROM wallets_transfer w WHERE o.subject_id = w.id"
        )
    assert places(vandal) == set()


def test_a_transfer_that_is_gone(vandal: Vandal, books: Books) -> None:
    transfer = vandal.run("DELETE FROM wallets_transfer WHERE state = 'FAILED' RETURNING id")
    assert places(vandal) == {
        ("events", "event_has_outcome", str(transfer)),
        ("evidence", "record_has_outcome", str(transfer)),
    }
    transfer = vandal.run(
        "DELETE FROM wallets_transfer WHERE kind = 'transfer' AND state = 'COMPLETED' RETURNING id"
    )
    assert ("transfers", "transfer_exists", str(transfer)) in places(vandal)


def test_an_amount_of_a_transfer_that_was_changed(vandal: Vandal, books: Books) -> None:
    transfer = vandal.run(
        "UPDATE wallets_transfer SET amount_minor = amount_minor + 1"
        " WHERE counterparty_organization_id IS NOT NULL AND state = 'COMPLETED' RETURNING id"
    )
    found = places(vandal)
    assert ("transfers", "transfer_source_debited", str(transfer)) in found


def test_a_deposit_that_counts_from_another_time_than_it_names(
    vandal: Vandal, books: Books
) -> None:
    transfer = vandal.run(
        "UPDATE wallets_transfer SET effective_at = created_at - interval '1 day'"
        " WHERE kind = 'deposit' RETURNING id"
    )
    assert ("transfers", "transfer_effective_at", str(transfer)) in places(vandal)


def test_a_failure_turned_into_a_success(vandal: Vandal, books: Books) -> None:
    transfer = vandal.run(
        "UPDATE wallets_transfer SET state = 'COMPLETED', reason_code = '', completed_at = now(),"
        " source_transaction_id = %s, destination_transaction_id = %s"
        " WHERE state = 'FAILED' RETURNING id",
        books.paid,
        books.paid,
    )
    assert {rule for _, rule, place in places(vandal) if place == str(transfer)} >= {
        "transfer_transactions",
        "event_names_outcome",
        "record_names_outcome",
    }


@pytest.mark.parametrize(
    ("table", "check", "rule"),
    [
        ("events_outboxevent", "events", "outcome_has_one_event"),
        ("audit_auditrecord", "evidence", "outcome_has_one_record"),
    ],
)
def test_a_trace_that_is_gone(
    vandal: Vandal, books: Books, table: str, check: str, rule: str
) -> None:
    subject = vandal.run(
        f"DELETE FROM {table} WHERE id = (SELECT id FROM {table} t WHERE EXISTS ("
        " SELECT FROM wallets_transfer w WHERE w.id = t.subject_id AND w.state = 'COMPLETED')"
        " LIMIT 1) RETURNING subject_id"
    )
    assert places(vandal) == {(check, rule, str(subject))}


def test_a_wallet_account_without_its_wallet(vandal: Vandal, books: Books) -> None:
    vandal.run("DELETE FROM wallets_wallet WHERE account_id = %s", books.charlie)
    assert ("wallets", "wallet_exists", str(books.charlie)) in places(vandal)


def test_hidden_rows_are_a_finding_not_a_clean_bill(vandal: Vandal, books: Books) -> None:
    vandal.run("SET LOCAL ROLE vaultcraft_app")
    found = places(vandal)
    assert ("reach", "rows_are_hidden", "ledger_entry") in found


def test_a_pass_that_sees_nothing_is_a_finding(vandal: Vandal, books: Books) -> None:
    vandal.run("DELETE FROM ledger_entry")
    assert ("versions", "nothing_visited", "versions") in places(vandal)


def test_what_the_checker_cannot_know(vandal: Vandal, books: Books) -> None:
    """These are in its list of what it does not verify."""
    vandal.run("UPDATE ledger_transaction SET description = 'nothing to see', metadata = '[1]'")
    vandal.run("UPDATE wallets_transfer SET external_reference = external_reference || 'X'")
    vandal.run("UPDATE ledger_ledgeraccount SET name = 'renamed'")
    vandal.run("UPDATE ledger_ledgeraccount SET parent_id = NULL, created_at = now()")
    vandal.run("UPDATE ledger_ledgeraccount SET floor_minor = 1 WHERE id = %s", books.charlie)
    vandal.run("UPDATE wallets_wallet SET kind = 'savings' WHERE id = %s", books.alice_wallet)
    vandal.run("UPDATE ledger_period SET opened_at = now(), closed_at = now()")
    vandal.run("UPDATE ledger_hold SET ended_at = now() WHERE state <> 'OPEN'")
    told = "'wallets.transfer.%%', 'wallets.hold.%%', 'ledger.hold.%%', 'ledger.journal.%%'"
    vandal.run(f"DELETE FROM audit_auditrecord WHERE NOT action LIKE ANY (ARRAY[{told}])")
    vandal.run(f"DELETE FROM events_outboxevent WHERE NOT name LIKE ANY (ARRAY[{told}])")
    another = "reference = sha256('another') WHERE {} = %s"
    for table, column in (("ledger_transaction", "transfer_id"), ("wallets_transfer", "id")):
        vandal.run(f"UPDATE {table} SET {another.format(column)}", books.reversed_transfer)
    # A date that breaks no rule about dates.
    earlier = "effective_at = effective_at - interval '1 minute'"
    vandal.run(f"UPDATE ledger_transaction SET {earlier} WHERE id = %s", books.paid)
    vandal.run(f"UPDATE ledger_entry SET {earlier} WHERE transaction_id = %s", books.paid)
    assert vandal.checked().findings == []


def _move_charlies_deposit(vandal: Vandal, books: Books) -> None:
    """Five rupees less from Acme, and every later balance with it."""
    transaction = vandal.run(
        "SELECT destination_transaction_id FROM wallets_transfer"
        " WHERE counterparty_organization_id IS NOT NULL AND state = 'COMPLETED'"
    )
    vandal.run(
        "UPDATE ledger_entry SET amount_minor = amount_minor - 5_00 WHERE transaction_id = %s",
        transaction,
    )
    # Charlie's wallet is a credit of a liability, the clearing account a debit of one.
    vandal.run(
        "WITH hit AS (SELECT account_id, version, CASE side WHEN 'CREDIT' THEN -5_00 ELSE 5_00 END"
        " AS off FROM ledger_entry WHERE transaction_id = %s), later AS ("
        " UPDATE ledger_entry e SET balance_after_minor = balance_after_minor + h.off FROM hit h"
        " WHERE e.account_id = h.account_id AND e.version >= h.version)"
        " UPDATE ledger_ledgeraccount a SET posted_minor = posted_minor + h.off FROM hit h"
        " WHERE a.id = h.account_id",
        transaction,
    )


def _transaction_of(vandal: Vandal, entry: object) -> str:
    return str(vandal.run("SELECT transaction_id FROM ledger_entry WHERE id = %s", entry))
