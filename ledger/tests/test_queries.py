"""Reading the books: exact figures, constant numbers of statements, and only one's own."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

import pytest

from kernel.context import reading
from kernel.errors import NotFound
from ledger import queries
from ledger.queries.trial_balance import TrialBalanceRow
from tests.database import statements, work
from tests.world import World

pytestmark = pytest.mark.django_db


def moved(world: World, rows: Iterable[TrialBalanceRow]) -> dict[str, tuple[int, int]]:
    """Debits and credits of the accounts that the world moves; whose a wallet is, is said here."""
    wallets = {"Alice": world.alice_wallet, "Charlie": world.charlie_wallet}
    names = {f"{wallet.handle}, current": person for person, wallet in wallets.items()}
    names |= {
        name: name
        for name in (
            "Cash at bank",
            "Organization, current",
            "Clearing with Globex",
            "Clearing with Acme",
        )
    }
    return {
        names[row.name]: (row.debit_minor, row.credit_minor) for row in rows if row.name in names
    }


def test_trial_balance_an_accountant_can_read(world) -> None:
    world.send(amount_minor=250_00)

    with reading(world.actor(world.alice)):
        asked = queries.trial_balance(organization_id=world.acme.id, currency="INR")
        rows = queries.trial_balance_rows(asked)
    assert moved(world, rows) == {
        "Cash at bank": (6_00_000_00, 0),
        "Alice": (0, 1_00_000_00 - 250_00),
        "Organization, current": (0, 5_00_000_00),
        "Clearing with Globex": (0, 250_00),
    }


def test_the_receiver_has_a_claim(world) -> None:
    world.send(amount_minor=250_00)

    with reading(world.actor(world.charlie)):
        asked = queries.trial_balance(currency="INR")
        rows = queries.trial_balance_rows(asked)
        (total,) = queries.trial_balance_totals(asked)
    assert moved(world, rows) == {
        "Cash at bank": (50_000_00, 0),
        "Charlie": (0, 50_250_00),
        "Clearing with Acme": (250_00, 0),
    }
    assert (total.debit_minor, total.credit_minor, total.balanced) == (50_250_00, 50_250_00, True)


def test_an_empty_account_stands_at_zero(world) -> None:
    with reading(world.actor(world.alice)):
        asked = queries.trial_balance(organization_id=world.acme.id)
        rows = queries.trial_balance_rows(asked)
    for name in ("Clearing with Globex", "Fee income", "Opening balances"):
        empty = next(row for row in rows if row.name == name)
        assert (empty.debit_minor, empty.credit_minor) == (0, 0)


def test_the_first_of_each_sheet_by_code(world) -> None:
    with reading(world.actor(world.olga)), statements() as made:
        every = queries.trial_balance_rows(queries.trial_balance())
        first = queries.trial_balance_rows(
            queries.first_of_each_sheet(queries.trial_balance(), most=3)
        )
        totals = queries.trial_balance_totals(queries.trial_balance())
    assert work(made) == ["SELECT"] * 3
    for home in (world.acme, world.globex):
        own = [row for row in every if row.organization_id == home.id]
        assert [row.code for row in own] == sorted(row.code for row in own)
        assert [row for row in first if row.organization_id == home.id] == own[:3]
        (total,) = [total for total in totals if total.organization_id == home.id]
        assert total.accounts == len(own) > 3


def test_trial_balance_of_another_organization_is_empty(world) -> None:
    with reading(world.actor(world.charlie)):
        asked = queries.trial_balance(organization_id=world.acme.id)
        assert (list(asked), queries.trial_balance_totals(asked)) == ([], [])


def test_trial_balance_without_a_context_is_empty(world) -> None:
    assert list(queries.trial_balance()) == []


def test_currencies_are_never_added_up(world) -> None:
    with reading(world.actor(world.olga)):
        totals = queries.trial_balance_totals(queries.trial_balance())
    assert {(total.organization_id, total.currency) for total in totals} == {
        (world.acme.id, "INR"),
        (world.globex.id, "INR"),
    }


def test_entries_come_newest_first_with_a_running_balance(world) -> None:
    for amount_minor in (100, 200, 300):
        world.send(amount_minor=amount_minor)

    with reading(world.actor(world.alice)), statements() as made:
        shown = [
            (entry.version, entry.balance_after_minor, entry.transaction.kind, entry.currency.code)
            for entry in queries.entries_of_account(world.alice_wallet.account_id)
        ]
    assert shown == [
        (4, 1_00_000_00 - 600, "TRANSFER", "INR"),
        (3, 1_00_000_00 - 300, "TRANSFER", "INR"),
        (2, 1_00_000_00 - 100, "TRANSFER", "INR"),
        (1, 1_00_000_00, "DEPOSIT", "INR"),
    ]
    assert work(made) == ["SELECT"]


def test_each_side_sees_its_own_transaction_of_a_transfer(world) -> None:
    transfer = world.send(amount_minor=250_00).transfer
    assert transfer is not None
    ours, theirs = transfer.source_transaction_id, transfer.destination_transaction_id
    assert ours is not None
    assert theirs is not None

    with reading(world.actor(world.alice)):
        found = queries.transaction_of(ours)
        assert {entry.account.name for entry in found.entries.all()} == {
            f"{world.alice_wallet.handle}, current",
            "Clearing with Globex",
        }
        with pytest.raises(NotFound):
            queries.transaction_of(theirs)
        both = queries.transactions_of_transfer([ours, theirs])
        assert [transaction.id for transaction in both] == [ours]
    with reading(world.actor(world.charlie)):
        assert queries.transaction_of(theirs).organization_id == world.globex.id
        with pytest.raises(NotFound):
            queries.transaction_of(ours)


def test_the_entries_of_another_organization_do_not_exist(world) -> None:
    with reading(world.actor(world.charlie)):
        assert list(queries.entries_of_account(world.alice_wallet.account_id)) == []
        with pytest.raises(NotFound):
            queries.account_of(world.alice_wallet.account_id)


def test_what_never_existed_is_not_found(world) -> None:
    with reading(world.actor(world.olga)):
        with pytest.raises(NotFound):
            queries.account_of(uuid.uuid4())
        with pytest.raises(NotFound):
            queries.transaction_of(uuid.uuid4())


def test_statements_do_not_grow_with_the_rows(world) -> None:
    counts = []
    for _ in range(2):
        for _ in range(5):
            world.send(amount_minor=1)
        with reading(world.actor(world.olga)), statements() as made:
            for transaction in queries.transactions():
                [(e.account.name, e.currency.code) for e in transaction.entries.all()]
            for account in queries.accounts():
                assert account.currency.exponent == 2
            list(queries.trial_balance())
            queries.trial_balance_totals(queries.trial_balance())
        counts.append(len(work(made)))
    assert counts == [7, 7]


def test_clearing_accounts_of_no_pairs_cost_nothing(world: World) -> None:
    with statements() as made:
        assert queries.clearing_accounts(pairs=[], currencies=["INR"]) == {}
    assert work(made) == []


def test_every_currency_has_an_exponent_its_minor_unit_needs(world) -> None:
    found = {currency.code: currency.exponent for currency in queries.currencies()}
    assert (found["INR"], found["JPY"], found["KWD"]) == (2, 0, 3)
