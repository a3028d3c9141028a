"""What an accountant does at the end of a month: currencies, settlement, closing."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from accounts.models import Organization
from kernel.context import Context, Scope, reading
from kernel.crypto import fingerprint
from kernel.transactions import opens_transaction
from ledger.choices import Side, TransactionKind
from ledger.models import LedgerAccount
from ledger.queries.periods import balances_of_period
from ledger.services.accounts import ensure_position_account
from ledger.services.movements import Leg, Movement, Posted, Posting
from ledger.services.periods import close_period, open_period
from ledger.services.posting import post
from tests.examples.bookkeeping import Bookkeeper, name_of, text
from tests.world import NOW, World
from wallets.choices import WalletKind
from wallets.tests.people import moved, opened

pytestmark = pytest.mark.django_db

DEBIT, CREDIT = Side.DEBIT, Side.CREDIT


def test_an_exchange_through_the_currency_positions(world: World) -> None:
    """Alice gives 8,345.70 rupees for 100 dollars at 83.4567; 0.03 that no paisa fits is income.

    Each currency balances by itself. The two positions say what Acme now holds and owes: dollars
    short, rupees long.
    """
    dollars = opened(world, world.alice, kind=WalletKind.CURRENT, currency="USD")
    rupees_position, dollars_position = positions(organization=world.acme)
    residue = account(world, world.acme, code="4900-RESIDUE")
    books = Bookkeeper(world)
    written(
        TransactionKind.EXCHANGE,
        Posting(
            world.acme.id,
            (
                Leg(world.alice_wallet.account_id, DEBIT, 8_345_70),
                Leg(rupees_position, CREDIT, 8_345_67),
                Leg(residue, CREDIT, 3),
                Leg(dollars_position, DEBIT, 100_00),
                Leg(dollars.account_id, CREDIT, 100_00),
            ),
        ),
        currency=None,
    )

    assert books.journal(world.acme) == text(
        """
        EXCHANGE
        Dr wallet Alice                     8,345.70 INR
           Cr currency position             8,345.67 INR
           Cr rounding and exchange residue        0.03 INR
        Dr currency position                  100.00 USD
           Cr wallet Alice                    100.00 USD
        """
    )
    assert books.balances(world.acme) == text(
        """
        cash at bank                 Dr   600,000.00 INR
        wallet Alice                 Cr    91,654.30 INR
        wallet Organization          Cr   500,000.00 INR
        currency position            Cr     8,345.67 INR
        rounding and exchange residueCr         0.03 INR
        wallet Alice                 Cr       100.00 USD
        currency position            Dr       100.00 USD
        """
    )


def test_settlement_brings_the_clearing_accounts_to_zero(world: World) -> None:
    """Acme owes 400 and is owed 150: it pays the net 250 from its bank to Globex's."""
    moved(world.send(amount_minor=400_00))
    moved(
        world.send(
            sender=world.charlie,
            source=world.charlie_wallet,
            destination=world.alice_wallet,
            amount_minor=150_00,
        )
    )
    books = Bookkeeper(world)
    written(
        TransactionKind.SETTLEMENT,
        pair(
            world,
            world.acme,
            debit="Clearing with Globex",
            credit="Cash at bank",
            amount_minor=250_00,
        ),
        pair(
            world,
            world.globex,
            debit="Cash at bank",
            credit="Clearing with Acme",
            amount_minor=250_00,
        ),
    )

    assert books.journal(world.acme) == text(
        """
        SETTLEMENT
        Dr clearing with globex               250.00 INR
           Cr cash at bank                    250.00 INR
        """
    )
    assert books.balances(world.acme) == text(
        """
        cash at bank                 Dr   599,750.00 INR
        wallet Alice                 Cr    99,750.00 INR
        wallet Organization          Cr   500,000.00 INR
        """
    )
    assert books.balances(world.globex) == text(
        """
        cash at bank                 Dr    50,250.00 INR
        wallet Charlie               Cr    50,250.00 INR
        """
    )


def test_closing_a_period(world: World) -> None:
    """Acme closes November. December opens with what November closed with."""
    staff = world.actor(world.olga)
    moved(world.send(amount_minor=250_00))
    december = dt.datetime(2026, 12, 1, 9, 0, tzinfo=dt.UTC)
    november = open_period(
        actor=staff, organization_id=world.acme.id, closes_on=dt.date(2026, 11, 20), now=NOW
    )
    close_period(actor=staff, period_id=november.id, now=december)
    following = open_period(
        actor=staff, organization_id=world.acme.id, closes_on=dt.date(2026, 12, 31), now=december
    )

    with reading(staff):
        rows = [
            (
                name_of(row.account),
                row.opening_minor,
                row.debit_minor,
                row.credit_minor,
                row.closing_minor,
            )
            for row in balances_of_period(november.id)
            if row.closing_minor
        ]
        november.refresh_from_db()
    #    account                  opening        debit       credit      closing
    assert sorted(rows) == [
        ("cash at bank", 0, 6_00_000_00, 0, 6_00_000_00),
        ("clearing with globex", 0, 0, 250_00, 250_00),
        ("wallet Alice", 0, 250_00, 1_00_000_00, 99_750_00),
        ("wallet Organization", 0, 0, 5_00_000_00, 5_00_000_00),
    ]
    assert following.starts_at == november.ends_at
    assert november.closing_proof is not None


def _platform(**_: object) -> Context:
    return Context(scope=Scope.PLATFORM)


@opens_transaction(context=_platform)
def _posted(*, movement: Movement) -> list[object]:
    return list(post([movement], now=NOW))


def written(kind: TransactionKind, *postings: Posting, currency: str | None = "INR") -> None:
    movement = Movement(
        kind=kind,
        currency=currency,
        reference=fingerprint("example", kind),
        postings=postings,
        effective_at=NOW,
    )
    (result,) = _posted(movement=movement)
    assert isinstance(result, Posted), result


@opens_transaction(context=_platform)
def positions(*, organization: Organization) -> tuple[uuid.UUID, uuid.UUID]:
    """The currency positions in rupees and in dollars."""
    rupees, dollars = (
        ensure_position_account(organization_id=organization.id, currency=currency, now=NOW)
        for currency in ("INR", "USD")
    )
    return rupees, dollars


def account(world: World, organization: Organization, **wanted: str) -> uuid.UUID:
    with reading(world.actor(world.olga)):
        return LedgerAccount.objects.get(
            organization_id=organization.id, currency_id="INR", **wanted
        ).id


def pair(
    world: World, organization: Organization, *, debit: str, credit: str, amount_minor: int
) -> Posting:
    """A debit and a credit of the same amount, on accounts by their names."""
    return Posting(
        organization.id,
        (
            Leg(account(world, organization, name=debit), DEBIT, amount_minor),
            Leg(account(world, organization, name=credit), CREDIT, amount_minor),
        ),
    )
