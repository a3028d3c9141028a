"""Closing the books: what stood at the beginning, what moved, what stands at the end."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel.context import reading
from kernel.crypto import fingerprint
from ledger.choices import Side, TransactionKind
from ledger.models import AccountGroup, LedgerAccount, Period
from ledger.queries import balances_of_period, proof_holds, totals_of_period
from ledger.services.chart import open_account
from ledger.services.movements import Movement
from ledger.services.periods import close_period, open_period
from ledger.tests.books import codes, fresh, legs, posted
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def day(number: int) -> dt.datetime:
    """Noon of a day of November 2026."""
    return dt.datetime(2026, 11, number, 12, tzinfo=dt.UTC)


def money(amount_minor: int) -> str:
    return f"{amount_minor / 100:,.2f}"


def shown(world: World, period: Period) -> dict[str, tuple[str, ...]]:
    """Opening balance, debits, credits and closing balance of each account that moved or stands."""
    with reading(world.actor(world.olga)):
        rows = list(balances_of_period(period.id).select_related("account"))
    figures = {
        row.account.name: (row.opening_minor, row.debit_minor, row.credit_minor, row.closing_minor)
        for row in rows
    }
    return {name: tuple(map(money, four)) for name, four in figures.items() if any(four)}


def general(world: World, *, heading: str, code: str, name: str) -> LedgerAccount:
    with reading(world.actor(world.alice)):
        group = AccountGroup.objects.get(code=heading)
    return open_account(
        actor=world.actor(world.alice),
        organization_id=world.acme.id,
        group_id=group.id,
        currency="INR",
        code=code,
        name=name,
        now=NOW,
    )


def write(
    debit: LedgerAccount, credit: LedgerAccount, amount_minor: int, when: dt.datetime
) -> str | None:
    """One journal dated back to a day; why it was refused, or None."""
    sides = (debit, Side.DEBIT, amount_minor), (credit, Side.CREDIT, amount_minor)
    (code,) = codes(
        posted(
            Movement(
                kind=TransactionKind.JOURNAL,
                currency="INR",
                reference=fingerprint(debit.code, credit.code, str(amount_minor), str(when)),
                postings=(legs(debit.organization_id, *sides),),
                effective_at=when,
            )
        )
    )
    return code


def closed(world: World, last_day: dt.date) -> Period:
    actor = world.actor(world.alice)
    period = open_period(actor=actor, organization_id=world.acme.id, closes_on=last_day, now=NOW)
    return close_period(actor=actor, period_id=period.id, now=NOW)


def test_two_periods_with_opening_and_closing_balances(world: World) -> None:
    """The first days of a small business, closed on the 17th and again on the 18th.

        16 Nov  Dr Cash in hand  10,000.00   Cr Capital        10,000.00
        17 Nov  Dr Rent           1,200.00   Cr Cash in hand    1,200.00
        -- closed --
        18 Nov  Dr Cash in hand     500.00   Cr Consulting        500.00
        -- closed --

        to the 17th        opening       debit      credit     closing
        Cash in hand          0.00   10,000.00    1,200.00    8,800.00
        Capital               0.00        0.00   10,000.00   10,000.00
        Rent                  0.00    1,200.00        0.00    1,200.00

        to the 18th        opening       debit      credit     closing
        Cash in hand      8,800.00      500.00        0.00    9,300.00
        Capital          10,000.00        0.00        0.00   10,000.00
        Consulting            0.00        0.00      500.00      500.00
        Rent              1,200.00        0.00        0.00    1,200.00

    All were written on the 20th and dated back. Each period opens with what the last one closed
    with, and its opening proof is the last one's closing proof.
    """
    cash = general(world, heading="1900", code="1910", name="Cash in hand")
    capital = general(world, heading="3100", code="3110", name="Capital")
    rent = general(world, heading="5200", code="5210", name="Rent")
    consulting = general(world, heading="4200", code="4210", name="Consulting")
    assert write(cash, capital, 10_000_00, day(16)) is None
    assert write(rent, cash, 1_200_00, day(17)) is None
    first = closed(world, day(17).date())
    assert write(cash, consulting, 500_00, day(18)) is None
    second = closed(world, day(18).date())

    assert shown(world, first) == {
        "Cash in hand": ("0.00", "10,000.00", "1,200.00", "8,800.00"),
        "Capital": ("0.00", "0.00", "10,000.00", "10,000.00"),
        "Rent": ("0.00", "1,200.00", "0.00", "1,200.00"),
    }
    assert shown(world, second) == {
        "Cash in hand": ("8,800.00", "500.00", "0.00", "9,300.00"),
        "Capital": ("10,000.00", "0.00", "0.00", "10,000.00"),
        "Rent": ("1,200.00", "0.00", "0.00", "1,200.00"),
        "Consulting": ("0.00", "0.00", "500.00", "500.00"),
    }
    assert second.opening_proof == first.closing_proof
    with reading(world.actor(world.alice)):
        totals = [totals_of_period(one.id)[0] for one in (first, second)]
        assert all(proof_holds(one) for one in (first, second))
    assert [money(total.closing_debit_minor) for total in totals] == ["10,000.00", "10,500.00"]
    assert all(total.balanced for total in totals)


def test_a_hundred_rupees_are_not_a_hundred_dollars(world: World) -> None:
    """An exchange balances in each currency by itself; the sum over both says nothing."""
    with reading(world.actor(world.alice)):
        rupees = AccountGroup.objects.get(code="3100")
    dollars = open_account(
        actor=world.actor(world.alice),
        organization_id=world.acme.id,
        group_id=rupees.id,
        currency="USD",
        code="3110",
        name="Capital in dollars",
        now=NOW,
    )
    naive = legs(
        world.acme.id,
        (world.alice_wallet.account, Side.DEBIT, 100_00),
        (dollars, Side.CREDIT, 100_00),
    )
    wish = Movement(TransactionKind.EXCHANGE, None, fingerprint("naive"), (naive,), NOW)

    assert codes(posted(wish)) == ["unbalanced_journal"]
    assert fresh(account=dollars).posted_minor == 0


def test_nothing_enters_a_closed_period(world: World) -> None:
    """A bill for the 17th arrives late: the period is closed, so it is dated into the next one."""
    cash = general(world, heading="1900", code="1910", name="Cash in hand")
    rent = general(world, heading="5200", code="5210", name="Rent")
    closed(world, day(17).date())

    assert write(rent, cash, 90_00, day(17)) == "period_closed"
    assert fresh(account=rent).posted_minor == 0
    assert write(rent, cash, 90_00, day(18)) is None
    assert fresh(account=rent).posted_minor == 90_00
