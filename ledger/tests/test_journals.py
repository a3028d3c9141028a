"""Entries by hand: what they may do, by whom, once, and how they are undone."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import uuid
from typing import Any

import pytest

from events.models import OutboxEvent
from kernel.context import reading
from kernel.crypto import fingerprint
from kernel.errors import NotFound, PermissionDenied, VaultCraftError
from kernel.money import InvalidAmount
from ledger.choices import AccountStatus, Side
from ledger.errors import (
    AccountNotForJournals,
    AccountNotFound,
    CurrencyMismatch,
    EffectiveInFuture,
    InsufficientFunds,
    JournalReferenceReused,
    JournalSizeUnusable,
    NotAJournal,
    PeriodClosed,
    ReversalBeforeOriginal,
    ReversalExceedsOriginal,
    ReversalOfReversal,
    UnbalancedJournal,
)
from ledger.models import Entry, LedgerAccount, Transaction
from ledger.services.chart import open_account
from ledger.services.journals import (
    JournalLeg,
    JournalOrder,
    JournalOutcome,
    ReversalOrder,
    post_journal,
    rehearse_journal,
    reverse_journal,
)
from ledger.services.periods import close_period, open_period
from ledger.tests.books import become, fresh, nothing_moves
from ledger.tests.test_chart import heading
from tests.world import NOW, World

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
_numbers = itertools.count(1)


@dataclasses.dataclass
class Desk:
    """Acme's accountant, with an account of each kind."""

    world: World

    def account(self, code: str, currency: str = "INR") -> LedgerAccount:
        with reading(self.world.actor(self.world.alice)):
            return LedgerAccount.objects.get(
                organization_id=self.world.acme.id, code=code, currency_id=currency
            )

    def open(self, code: str, group: str, currency: str = "INR") -> LedgerAccount:
        return open_account(
            actor=self.world.actor(self.world.alice),
            organization_id=self.world.acme.id,
            group_id=heading(self.world, group),
            currency=currency,
            code=code,
            name=f"Account {code}",
            now=NOW,
        )

    def order(self, *legs: tuple[LedgerAccount, Side, int], **more: Any) -> JournalOrder:
        lines = tuple(
            JournalLeg(account.id, side, amount, account.currency_id)
            for account, side, amount in legs
        )
        fresh_reference = fingerprint("journal", str(next(_numbers)))
        return JournalOrder(
            organization_id=self.world.acme.id,
            legs=lines,
            description="Rent of November",
            **{"reference": fresh_reference, **more},
        )

    def post(self, order: JournalOrder, who: Any = None) -> JournalOutcome:
        actor = self.world.actor(who or self.world.alice)
        done = post_journal(actor=actor, order=order, now=NOW)
        assert isinstance(done, JournalOutcome)
        return done

    def reverse(self, outcome: JournalOutcome, who: Any = None, **more: Any) -> JournalOutcome:
        order = ReversalOrder(
            transaction_id=outcome.transaction_id,
            description="Taken back",
            **{"reference": fingerprint("undo", str(next(_numbers))), **more},
        )
        actor = self.world.actor(who or self.world.alice)
        done = reverse_journal(actor=actor, order=order, now=NOW)
        assert isinstance(done, JournalOutcome)
        return done


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


@pytest.fixture
def rent(desk: Desk) -> LedgerAccount:
    return desk.open("5200-RENT", "5200")


@pytest.fixture
def owed(desk: Desk) -> LedgerAccount:
    return desk.open("2200-LANDLORD", "2200")


def test_rent_is_owed_and_partly_taxed(desk: Desk, rent: LedgerAccount, owed: LedgerAccount):
    tax = desk.open("1200-TAX", "1200")
    order = desk.order(
        (rent, Side.DEBIT, 1_000_00), (tax, Side.DEBIT, 180_00), (owed, Side.CREDIT, 1_180_00)
    )
    outcome = desk.post(order)

    shown = [fresh(account=account).posted_minor for account in (rent, tax, owed)]
    assert shown == [1_000_00, 180_00, 1_180_00]
    with reading(desk.world.actor(desk.world.bob)):
        posted = Transaction.objects.get(id=outcome.transaction_id)
        assert (posted.kind, posted.description) == ("JOURNAL", "Rent of November")
        assert (posted.entry_count, posted.effective_at) == (3, NOW)
        event = OutboxEvent.objects.order_by("-id")[0]
    assert event.name == "ledger.journal.posted"
    assert event.payload["transaction_id"] == str(outcome.transaction_id)


def test_each_currency_balances_by_itself(desk: Desk, rent: LedgerAccount, owed: LedgerAccount):
    yen_rent, yen_owed = (
        desk.open("5200-RENT", "5200", "JPY"),
        desk.open("2200-LANDLORD", "2200", "JPY"),
    )
    both = [(rent, Side.DEBIT, 100), (owed, Side.CREDIT, 100)]
    desk.post(desk.order(*both, (yen_rent, Side.DEBIT, 7), (yen_owed, Side.CREDIT, 7)))
    assert fresh(account=yen_rent).posted_minor == 7
    crossed = desk.order((rent, Side.DEBIT, 100), (yen_owed, Side.CREDIT, 100))
    with nothing_moves(), pytest.raises(UnbalancedJournal) as refused:
        desk.post(crossed)
    assert refused.value.facts["debits_less_credits_minor"] == {"INR": 100, "JPY": -100}


def test_dated_back_until_the_period_is_closed(
    desk: Desk, rent: LedgerAccount, owed: LedgerAccount
):
    legs = ((rent, Side.DEBIT, 5), (owed, Side.CREDIT, 5))
    actor = desk.world.actor(desk.world.alice)
    desk.post(desk.order(*legs, effective_at=NOW - DAY))
    period = open_period(
        actor=actor,
        organization_id=desk.world.acme.id,
        closes_on=(NOW - DAY).date(),
        now=NOW,
    )
    desk.post(desk.order(*legs, effective_at=NOW - DAY))
    close_period(actor=actor, period_id=period.id, now=NOW)
    with nothing_moves():
        with pytest.raises(PeriodClosed):
            desk.post(desk.order(*legs, effective_at=NOW - DAY))
        with pytest.raises(EffectiveInFuture):
            desk.post(desk.order(*legs, effective_at=NOW + dt.timedelta(microseconds=1)))


def test_nonsense_is_refused_by_name(desk: Desk, rent: LedgerAccount, owed: LedgerAccount):
    foreign = desk.world.charlie_wallet.account
    other_currency = dataclasses.replace(
        desk.order((rent, Side.DEBIT, 5), (owed, Side.CREDIT, 5)),
        legs=(
            JournalLeg(rent.id, Side.DEBIT, 5, "JPY"),
            JournalLeg(owed.id, Side.CREDIT, 5, "JPY"),
        ),
    )
    debit, credit = (rent, Side.DEBIT, 5), (owed, Side.CREDIT, 5)
    wrong: list[tuple[JournalOrder, type[VaultCraftError], str | None]] = [
        (desk.order(debit), JournalSizeUnusable, "/legs"),
        (desk.order(*[debit, credit] * 51), JournalSizeUnusable, "/legs"),
        (desk.order(debit, (owed, Side.CREDIT, 4)), UnbalancedJournal, "/legs"),
        (desk.order(debit, (owed, Side.DEBIT, 5)), UnbalancedJournal, "/legs"),
        (desk.order(debit, (foreign, Side.CREDIT, 5)), AccountNotFound, "/legs/1/account"),
        (desk.order((rent, Side.DEBIT, 0), (owed, Side.CREDIT, 0)), InvalidAmount, None),
        (desk.order((rent, Side.DEBIT, -5), (owed, Side.CREDIT, -5)), InvalidAmount, None),
        (desk.order((rent, Side.DEBIT, 2**53), (owed, Side.CREDIT, 2**53)), InvalidAmount, None),
        (other_currency, CurrencyMismatch, "/legs/0/currency"),
    ]
    for order, error, pointer in wrong:
        with nothing_moves(), pytest.raises(error) as refused:
            desk.post(order)
        assert refused.value.pointer == pointer


def test_customers_money_is_not_for_the_organizations_hands(desk: Desk, rent: LedgerAccount):
    world = desk.world
    wallet, cash = world.alice_wallet.account, desk.account("1000-CASH")
    clearing = desk.account(f"2900-CLEARING-{world.globex.id}")
    for account in (wallet, cash, clearing):
        order = desk.order((rent, Side.DEBIT, 5), (account, Side.CREDIT, 5))
        with nothing_moves(), pytest.raises(AccountNotForJournals):
            desk.post(order)
    for account in (wallet, cash):
        desk.post(desk.order((account, Side.DEBIT, 5), (rent, Side.CREDIT, 5)), who=world.olga)
    order = desk.order((clearing, Side.DEBIT, 5), (rent, Side.CREDIT, 5))
    with nothing_moves(), pytest.raises(AccountNotForJournals):
        desk.post(order, who=world.olga)


def test_the_platform_too_stops_at_a_floor_and_a_state(desk: Desk, rent: LedgerAccount):
    wallet = desk.world.alice_wallet.account
    too_much = desk.order((wallet, Side.DEBIT, 1_00_000_01), (rent, Side.CREDIT, 1_00_000_01))
    with nothing_moves(), pytest.raises(InsufficientFunds) as refused:
        desk.post(too_much, who=desk.world.olga)
    assert refused.value.pointer == "/legs/0/account"
    become(account=wallet, status=AccountStatus.SUSPENDED)
    order = desk.order((wallet, Side.DEBIT, 5), (rent, Side.CREDIT, 5))
    with nothing_moves(), pytest.raises(VaultCraftError, match="suspended"):
        desk.post(order, who=desk.world.olga)


def test_who_may(desk: Desk, rent: LedgerAccount, owed: LedgerAccount):
    order = desk.order((rent, Side.DEBIT, 5), (owed, Side.CREDIT, 5))
    with nothing_moves():
        with pytest.raises(PermissionDenied):
            desk.post(order, who=desk.world.bob)
        with pytest.raises(NotFound):
            desk.post(order, who=desk.world.charlie)
        with pytest.raises(PermissionDenied):
            rehearse_journal(actor=desk.world.actor(desk.world.bob), order=order, now=NOW)


def test_once_for_a_reference(desk: Desk, rent: LedgerAccount, owed: LedgerAccount):
    order = desk.order((rent, Side.DEBIT, 5), (owed, Side.CREDIT, 5))
    first, again = desk.post(order), desk.post(order)
    assert (again.transaction_id, again.replayed) == (first.transaction_id, True)
    assert fresh(account=rent).posted_minor == 5
    for other in (
        dataclasses.replace(order, legs=order.legs[::-1]),
        dataclasses.replace(order, effective_at=NOW - DAY),
    ):
        with nothing_moves(), pytest.raises(JournalReferenceReused):
            desk.post(other)


def test_a_rehearsal_says_what_would_be_and_writes_nothing(
    desk: Desk, rent: LedgerAccount, owed: LedgerAccount
):
    actor = desk.world.actor(desk.world.alice)
    order = desk.order((rent, Side.DEBIT, 5), (owed, Side.CREDIT, 5))
    with nothing_moves():
        told = rehearse_journal(actor=actor, order=order, now=NOW)
        assert told.refusal is None
        assert {key: value.posted_minor for key, value in told.balances.items()} == {
            rent.id: 5,
            owed.id: 5,
        }
        for nonsense in (
            desk.order((rent, Side.DEBIT, 5)),
            desk.order((rent, Side.DEBIT, 5), (owed, Side.CREDIT, 6)),
            desk.order((rent, Side.DEBIT, 5), (desk.account("1000-CASH"), Side.CREDIT, 5)),
        ):
            told = rehearse_journal(actor=actor, order=nonsense, now=NOW)
            assert told.refusal is not None
            assert told.balances == {}
    assert OutboxEvent.objects.filter(name="ledger.journal.posted").count() == 0


def test_a_journal_is_undone_in_parts_and_never_beyond(
    desk: Desk, rent: LedgerAccount, owed: LedgerAccount
):
    posted = desk.post(desk.order((rent, Side.DEBIT, 100), (owed, Side.CREDIT, 100)))
    part = desk.reverse(posted, amounts_minor={1: 30, 2: 30})
    assert [fresh(account=account).posted_minor for account in (rent, owed)] == [70, 70]
    with nothing_moves():
        with pytest.raises(ReversalExceedsOriginal):
            desk.reverse(posted, amounts_minor={1: 71, 2: 71})
        with pytest.raises(ReversalExceedsOriginal):
            desk.reverse(posted, amounts_minor={1: 5, 3: 5})
        with pytest.raises(UnbalancedJournal):
            desk.reverse(posted, amounts_minor={1: 5, 2: 4})
        with pytest.raises(UnbalancedJournal):
            desk.reverse(posted, amounts_minor={1: 5})
        with pytest.raises(ReversalOfReversal):
            desk.reverse(part)
        with pytest.raises(ReversalBeforeOriginal):
            desk.reverse(posted, effective_at=NOW - dt.timedelta(microseconds=1))
    whole = desk.reverse(posted)
    assert [fresh(account=account).posted_minor for account in (rent, owed)] == [0, 0]
    with nothing_moves(), pytest.raises(ReversalExceedsOriginal):
        desk.reverse(posted)
    with reading(desk.world.actor(desk.world.alice)):
        undone = Entry.objects.filter(transaction_id=whole.transaction_id).order_by("seq")
        assert [(e.side, e.amount_minor) for e in undone] == [("CREDIT", 70), ("DEBIT", 70)]
        assert OutboxEvent.objects.order_by("-id")[0].name == "ledger.journal.reversed"


def test_a_reversal_happens_once_for_a_reference(
    desk: Desk, rent: LedgerAccount, owed: LedgerAccount
):
    posted = desk.post(desk.order((rent, Side.DEBIT, 100), (owed, Side.CREDIT, 100)))
    reference = fingerprint("once")
    first = desk.reverse(posted, amounts_minor={1: 30, 2: 30}, reference=reference)
    again = desk.reverse(posted, amounts_minor={1: 30, 2: 30}, reference=reference)
    assert (again.transaction_id, again.replayed) == (first.transaction_id, True)
    with nothing_moves(), pytest.raises(JournalReferenceReused):
        desk.reverse(posted, amounts_minor={1: 31, 2: 31}, reference=reference)


def test_only_journals_and_only_ones_own(desk: Desk, rent: LedgerAccount, owed: LedgerAccount):
    world = desk.world
    transfer = world.send(destination=world.acme_wallet).transfer
    assert transfer is not None
    assert transfer.source_transaction_id is not None
    by_platform = desk.post(
        desk.order((world.alice_wallet.account, Side.DEBIT, 5), (rent, Side.CREDIT, 5)),
        who=world.olga,
    )
    posted = desk.post(desk.order((rent, Side.DEBIT, 100), (owed, Side.CREDIT, 100)))
    with nothing_moves():
        with pytest.raises(NotAJournal):
            desk.reverse(JournalOutcome(transfer.source_transaction_id))
        with pytest.raises(AccountNotForJournals):
            desk.reverse(by_platform)
        for unseen, who in ((posted, world.charlie), (JournalOutcome(uuid.uuid4()), None)):
            with pytest.raises(NotFound):
                desk.reverse(unseen, who=who)
        with pytest.raises(PermissionDenied):
            desk.reverse(posted, who=world.bob)
    desk.reverse(by_platform, who=world.olga)
    assert world.balance(world.alice_wallet) == 1_00_000_00 - 100_00
