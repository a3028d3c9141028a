"""What the database itself refuses of postings, by raw SQL as the application role.

Each refusal names the broken rule, and the books stand afterwards as they stood before.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

import pytest
from django.db import transaction

from kernel.ids import new_id
from kernel.money import MAX_MINOR
from ledger.choices import AccountStatus
from ledger.tests.books import become
from ledger.tests.raw import (
    insert_entries,
    insert_transaction,
    nothing_changes,
    pair,
    refuses_entries,
)
from tests.database import FORBIDDEN, refused_by, refuses, rows, run, view
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

SECOND = dt.timedelta(seconds=1)
LATER = NOW + SECOND


@pytest.fixture(autouse=True)
def _seeing_acme(world: World) -> None:
    view(world.acme)


# The control: what is right passes, and the balances follow by themselves.


def test_a_right_pair_is_taken_and_moves_the_balances(world, alice, acme) -> None:
    assert insert_entries(pair(world.acme, alice, acme, 250_00)) == 2

    found = rows(
        "SELECT posted_minor, version FROM ledger_ledgeraccount WHERE id IN (%s, %s)"
        " ORDER BY posted_minor",
        alice.id,
        acme.id,
    )
    assert found == [(1_00_000_00 - 250_00, 2), (5_00_000_00 + 250_00, 2)]


# Balance and wholeness.


def test_a_lone_leg(world, alice, acme) -> None:
    debit, _ = pair(world.acme, alice, acme, 5)
    refuses_entries("entries_whole_transaction", debit)


def test_a_lone_leg_of_a_transaction_that_says_it_has_one(world) -> None:
    with nothing_changes(), refused_by("transaction_two_entries"), transaction.atomic():
        insert_transaction(world.acme, entry_count=1)


def test_two_legs_in_two_statements(world, alice, acme) -> None:
    debit, credit = pair(world.acme, alice, acme, 5)
    with refused_by("entries_whole_transaction"), transaction.atomic():
        insert_entries([debit])
        insert_entries([credit])


def test_an_unbalanced_pair(world, alice, acme) -> None:
    debit, credit = pair(world.acme, alice, acme, 500)
    one_less = replace(credit, amount_minor=499, balance_after_minor=credit.balance_after_minor - 1)
    refuses_entries("entries_balanced", debit, one_less)


def test_two_debits(world, alice, acme) -> None:
    debit, _ = pair(world.acme, alice, acme, 5)
    twice = replace(debit, seq=2, version=3, balance_after_minor=debit.balance_after_minor - 5)
    refuses_entries("entries_balanced", debit, twice)


def test_two_unbalanced_transactions_do_not_make_up_for_each_other(world, alice, acme) -> None:
    debit, credit = pair(world.acme, alice, acme, 5)
    again = replace(debit, version=3, balance_after_minor=debit.balance_after_minor - 5)
    back = replace(credit, version=3, balance_after_minor=credit.balance_after_minor + 5)
    other = insert_transaction(world.acme)
    refuses_entries(
        "entries_balanced",
        debit,
        replace(again, seq=2),
        replace(credit, transaction_id=other, seq=1),
        replace(back, transaction_id=other),
    )


def test_a_balanced_pair_into_an_old_transaction(world, alice, acme) -> None:
    transaction_id = insert_transaction(world.acme)
    insert_entries(pair(world.acme, alice, acme, 5, transaction_id=transaction_id))

    debit, credit = pair(world.acme, alice, acme, 5, transaction_id=transaction_id)
    refuses_entries("entry_seq", debit, credit)
    refuses_entries("entries_whole_transaction", replace(debit, seq=3), replace(credit, seq=4))


def test_more_legs_than_the_transaction_said(world, alice, acme) -> None:
    debit, credit = pair(world.acme, alice, acme, 5)
    extra = (
        replace(debit, seq=3, version=3, balance_after_minor=debit.balance_after_minor - 5),
        replace(credit, seq=4, version=3, balance_after_minor=credit.balance_after_minor + 5),
    )
    refuses_entries("entries_whole_transaction", debit, credit, *extra)


def test_a_transaction_that_does_not_exist(world, alice, acme) -> None:
    debit, credit = pair(world.acme, alice, acme, 5)
    unknown = uuid.uuid4()
    refuses_entries(
        "entry_transaction",
        replace(debit, transaction_id=unknown),
        replace(credit, transaction_id=unknown),
    )


def test_times_other_than_the_transactions(world, alice, acme) -> None:
    debit, credit = pair(world.acme, alice, acme, 5)
    refuses_entries("entries_whole_transaction", debit, replace(credit, effective_at=LATER))
    refuses_entries(
        "entries_whole_transaction", debit, replace(credit, recorded_at=credit.recorded_at + SECOND)
    )


# The chain of each account.


@pytest.mark.parametrize("by", [1, -1, 10**9])
def test_a_wrong_balance_after(world, alice, acme, by: int) -> None:
    debit, credit = pair(world.acme, alice, acme, 5)
    wrong = replace(credit, balance_after_minor=credit.balance_after_minor + by)
    refuses_entries("entries_continue_account", debit, wrong)


@pytest.mark.parametrize("version", [3, 99])
def test_a_skipped_version(world, alice, acme, version: int) -> None:
    debit, credit = pair(world.acme, alice, acme, 5)
    refuses_entries("entries_continue_account", replace(debit, version=version), credit)


def test_a_version_that_stands_already(world, alice, acme) -> None:
    debit, credit = pair(world.acme, alice, acme, 5)
    refuses_entries("entry_version", replace(debit, version=1), credit)


@pytest.mark.parametrize("version", [0, -1])
def test_a_version_before_the_first(world, alice, acme, version: int) -> None:
    debit, credit = pair(world.acme, alice, acme, 5)
    refuses_entries("entries_continue_account", replace(debit, version=version), credit)


def test_a_chain_inside_one_statement_may_not_break(world, alice, acme) -> None:
    first = pair(world.acme, alice, acme, 5)
    second = [
        replace(
            entry,
            transaction_id=other,
            version=3,
            balance_after_minor=entry.balance_after_minor + change,
        )
        for other in [insert_transaction(world.acme)]
        for entry, change in zip(first, (-5, 5), strict=True)
    ]
    broken = replace(second[0], balance_after_minor=second[0].balance_after_minor + 1)
    refuses_entries("entries_continue_account", *first, broken, second[1])
    assert insert_entries([*first, *second]) == 4


# Amounts.


@pytest.mark.parametrize("amount_minor", [0, -1, -250_00, MAX_MINOR + 1, 2**63 - 1])
def test_an_amount_that_is_none(world, alice, acme, amount_minor: int) -> None:
    pairs = [replace(e, amount_minor=amount_minor) for e in pair(world.acme, alice, acme, 5)]
    refuses_entries("entry_amount", *pairs)


def test_a_side_that_is_none(world, alice, acme) -> None:
    debit, credit = pair(world.acme, alice, acme, 5)
    refuses_entries("entry_side", replace(debit, side="debit"), credit)


def test_overdrawing(world, alice, acme) -> None:
    refuses_entries("account_above_floor", *pair(world.acme, alice, acme, 1_00_000_01))


def test_passing_the_range(world, alice, acme) -> None:
    world.fund(world.acme_wallet, MAX_MINOR - 6_00_000_00)
    view(world.acme)
    (cash,) = rows("SELECT id, posted_minor FROM ledger_ledgeraccount WHERE kind = 'CASH'")
    assert cash[1] == MAX_MINOR

    debit, credit = pair(world.acme, alice, alice, 5)
    debit = replace(debit, account_id=cash[0], version=4, balance_after_minor=MAX_MINOR + 5)
    credit = replace(credit, version=2)
    refuses_entries("account_range", debit, credit)


def test_passing_the_clearing_ceiling(world, alice) -> None:
    world.fund(world.alice_wallet, 10_00_000_00)
    view(world.acme)
    (ours,) = _clearing(world)
    debit, credit = pair(world.acme, alice, alice, 10_00_000_01)
    credit = replace(credit, account_id=ours, balance_after_minor=10_00_000_01, version=1)
    refuses_entries("account_below_ceiling", debit, credit)


# Whose books.


def test_an_account_of_another_organization(world, alice) -> None:
    view(world.acme, world.globex)
    debit, credit = pair(world.acme, alice, world.charlie_wallet.account, 5)
    refuses_entries("entry_account", debit, credit)


def test_an_account_of_another_organization_out_of_view(world, alice) -> None:
    view(world.acme, world.globex)
    entries = pair(world.acme, alice, world.charlie_wallet.account, 5)
    view(world.acme)
    refuses_entries("entry_account", *entries)


def test_entries_of_another_organization_into_ones_own_transaction(world, alice, acme) -> None:
    view(world.acme, world.globex)
    debit, credit = pair(world.acme, alice, acme, 5)
    refuses_entries("entry_transaction", debit, replace(credit, organization_id=world.globex.id))


def test_another_currency(world, alice, acme) -> None:
    pairs = [replace(entry, currency_id="USD") for entry in pair(world.acme, alice, acme, 5)]
    refuses_entries("entry_account", *pairs)


def test_without_a_context(world, alice, acme) -> None:
    entries = pair(world.acme, alice, acme, 5)
    view()
    refuses_entries(FORBIDDEN, *entries)
    with refused_by(FORBIDDEN), transaction.atomic():
        insert_transaction(world.acme)


def test_with_the_context_of_another_organization(world, alice, acme) -> None:
    entries = pair(world.acme, alice, acme, 5)
    view(world.globex)
    refuses_entries(FORBIDDEN, *entries)
    with refused_by(FORBIDDEN), transaction.atomic():
        insert_transaction(world.acme)


@pytest.mark.parametrize("scope", ["directory", "sign_in", "owner", "PLATFORM", "platform "])
def test_no_other_scope_opens_the_books(world, alice, acme, scope: str) -> None:
    entries = pair(world.acme, alice, acme, 5)
    view(scope=scope)
    refuses_entries(FORBIDDEN, *entries)
    for table in ("ledgeraccount", "transaction", "entry", "clearingcap"):
        assert rows(f"SELECT count(*) FROM ledger_{table}") == [(0,)]


def test_a_reference_twice(world) -> None:
    insert_transaction(world.acme, reference=b"r" * 32)
    with nothing_changes(), refused_by("transaction_reference"), transaction.atomic():
        insert_transaction(world.acme, reference=b"r" * 32)


# The states of accounts.


@pytest.mark.parametrize(
    ("status", "payer_is_stopped", "rule"),
    [
        (AccountStatus.FROZEN, True, "entries_account_state"),
        (AccountStatus.SUSPENDED, True, "entries_account_state"),
        (AccountStatus.SUSPENDED, False, "entries_account_state"),
    ],
)
def test_entries_of_a_stopped_account(
    world, alice, acme, status: AccountStatus, payer_is_stopped: bool, rule: str
) -> None:
    become(account=alice if payer_is_stopped else acme, status=status)
    view(world.acme)
    refuses_entries(rule, *pair(world.acme, alice, acme, 5))


def test_a_frozen_account_receives(world, alice, acme) -> None:
    become(account=acme, status=AccountStatus.FROZEN)
    view(world.acme)
    assert insert_entries(pair(world.acme, alice, acme, 5)) == 2


@pytest.mark.parametrize(
    ("through", "wanted"),
    [
        (["SUSPENDED"], "CLOSED"),
        (["CLOSED"], "ACTIVE"),
        (["CLOSED"], "FROZEN"),
        (["CLOSED"], "SUSPENDED"),
    ],
)
def test_illegal_moves_of_state(world, through: list[str], wanted: str) -> None:
    (clearing,) = _clearing(world)  # empty, so that only the state machine speaks
    for status in through:
        run("UPDATE ledger_ledgeraccount SET status = %s WHERE id = %s", status, clearing)
    refuses(
        "account_state_machine",
        "UPDATE ledger_ledgeraccount SET status = %s WHERE id = %s",
        wanted,
        clearing,
    )


def test_a_state_that_is_none(world, alice) -> None:
    refuses(
        "account_state_machine",
        "UPDATE ledger_ledgeraccount SET status = 'PAUSED' WHERE id = %s",
        alice.id,
    )


@pytest.mark.parametrize("through", [[], ["FROZEN"]])
def test_closing_what_is_not_empty(world, alice, through: list[str]) -> None:
    for status in through:
        run("UPDATE ledger_ledgeraccount SET status = %s WHERE id = %s", status, alice.id)
    refuses(
        "account_closes_empty",
        "UPDATE ledger_ledgeraccount SET status = 'CLOSED' WHERE id = %s",
        alice.id,
    )


def test_the_state_of_another_organizations_account_is_out_of_reach(world) -> None:
    statement = "UPDATE ledger_ledgeraccount SET status = 'FROZEN' WHERE id = %s"
    assert run(statement, world.charlie_wallet.account_id) == 0


# Opening accounts and stating caps.


def test_an_account_opens_in_ones_own_books_only(world) -> None:
    with refused_by(FORBIDDEN), transaction.atomic():
        _open_account(world.globex.id)
    assert _open_account(world.acme.id) == 1


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"floor_minor": None}, "account_has_floor"),
        ({"status": "PAUSED"}, "account_opens_empty"),
        ({"status": "CLOSED"}, "account_opens_empty"),
        ({"floor_minor": -1}, "account_has_floor"),
        ({"account_class": "WISH"}, "account_class"),
        ({"account_class": "ASSET"}, "account_kind_has_class"),
        ({"kind": "CASH"}, "account_kind_has_class"),
        ({"kind": "CLEARING", "floor_minor": None}, "account_clearing_has_counterparty"),
        ({"code": "1000-CASH"}, "account_code"),
    ],
)
def test_an_account_that_makes_no_sense(world, changed: dict[str, object], rule: str) -> None:
    with nothing_changes(), refused_by(rule), transaction.atomic():
        _open_account(world.acme.id, **changed)


def test_a_second_clearing_account_for_one_pair(world) -> None:
    with refused_by("account_one_clearing_per_pair"), transaction.atomic():
        _open_account(
            world.acme.id, kind="CLEARING", counterparty_id=world.globex.id, floor_minor=None
        )


@pytest.mark.parametrize(
    "twin",
    [
        {"kind": "CASH", "account_class": "ASSET"},
        {"kind": "FEE_INCOME", "account_class": "INCOME", "floor_minor": None},
    ],
)
def test_a_second_account_of_cash_or_fees(world, twin: dict[str, object]) -> None:
    with nothing_changes(), refused_by("account_one_of_kind"), transaction.atomic():
        _open_account(world.acme.id, **twin)
    _open_account(world.acme.id, **twin, currency_id="KWD")


PERIOD = (
    "INSERT INTO ledger_period (id, organization_id, starts_at, closes_on, ends_at, state,"
    " opened_at) VALUES (gen_random_uuid(), %s, NULL, %s, %s, 'OPEN', now())"
)


@pytest.mark.parametrize("ends_at", ["2026-10-31", "2026-11-01 00:00:01", "2026-11-29"])
def test_a_period_that_does_not_end_with_its_last_day(world, ends_at: str) -> None:
    """Acme counts its days in UTC."""
    refuses("period_ends_with_its_day", PERIOD, world.acme.id, "2026-10-31", f"{ends_at}+00")
    assert run(PERIOD, world.acme.id, "2026-10-31", "2026-11-01 00:00+00") == 1


def test_a_hold_on_what_is_no_wallet(world, alice) -> None:
    place = (
        "INSERT INTO ledger_hold (id, organization_id, account_id, currency_id, amount_minor,"
        " state, reference, placed_at, expires_at) SELECT gen_random_uuid(), organization_id, id,"
        " 'INR', 1, 'OPEN', sha256('hold'), now(), now() + interval '1 day'"
        " FROM ledger_ledgeraccount WHERE {}"
    )
    with nothing_changes():
        refuses("hold_account_kind", place.format("kind = 'CASH' AND currency_id = 'INR'"))
    assert run(place.format("id = %s"), alice.id) == 1


def test_a_clearing_account_opens_with_a_ceiling_of_zero(world) -> None:
    _open_account(
        world.acme.id,
        kind="CLEARING",
        counterparty_id=world.globex.id,
        floor_minor=None,
        currency_id="USD",
    )
    found = rows(
        "SELECT ceiling_minor FROM ledger_ledgeraccount WHERE kind = 'CLEARING'"
        " AND currency_id = 'USD'"
    )
    assert found == [(0,)]


def test_nobody_states_the_other_sides_cap(world) -> None:
    statement = "UPDATE ledger_clearingcap SET cap_minor = 1 WHERE organization_id = %s"
    assert run(statement, world.globex.id) == 0
    refuses(
        FORBIDDEN,
        "INSERT INTO ledger_clearingcap"
        " (id, organization_id, counterparty_id, currency_id, cap_minor, set_at)"
        " VALUES (%s, %s, %s, 'USD', 5, %s)",
        new_id(),
        world.globex.id,
        world.acme.id,
        NOW,
    )


def test_a_cap_below_the_position(world) -> None:
    world.send(amount_minor=400_00)
    view(world.acme, world.globex)
    refuses(
        "account_below_ceiling",
        "UPDATE ledger_clearingcap SET cap_minor = 39999 WHERE organization_id = %s",
        world.acme.id,
    )


@pytest.mark.parametrize("cap_minor", [-1, MAX_MINOR + 1])
def test_a_cap_that_is_no_amount(world, cap_minor: int) -> None:
    refuses(
        "clearing_cap_amount",
        "UPDATE ledger_clearingcap SET cap_minor = %s WHERE organization_id = %s",
        cap_minor,
        world.acme.id,
    )


def _clearing(world: World) -> tuple[uuid.UUID]:
    found = rows(
        "SELECT id FROM ledger_ledgeraccount WHERE kind = 'CLEARING' AND organization_id = %s",
        world.acme.id,
    )
    return (found[0][0],)


def _open_account(organization_id: uuid.UUID, **changed: object) -> int:
    row: dict[str, object] = {
        "id": new_id(),
        "organization_id": organization_id,
        "kind": "WALLET",
        "account_class": "LIABILITY",
        "currency_id": "INR",
        "code": "2000-RAW",
        "name": "raw",
        "counterparty_id": None,
        "status": "ACTIVE",
        "floor_minor": 0,
        "created_at": NOW,
    } | changed
    return run(
        f"INSERT INTO ledger_ledgeraccount ({', '.join(row)})"
        f" VALUES ({', '.join(['%s'] * len(row))})",
        *row.values(),
    )
