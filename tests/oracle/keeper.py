"""Journals and periods of the product, asked for in the oracle's words."""

from __future__ import annotations

import datetime as dt
import uuid

from kernel.errors import VaultCraftError
from ledger.choices import Side
from ledger.models import LedgerAccount
from ledger.services.journals import (
    JournalLeg,
    JournalOrder,
    JournalOutcome,
    post_journal,
    rehearse_journal,
)
from ledger.services.periods import close_period, open_period
from tests.oracle.model.words import Journal
from tests.oracle.product import UNKNOWN, Product, code_of
from tests.oracle.reading import Reader


class Keeper:
    """The accountant's services over the current database."""

    def __init__(self, product: Product, reader: Reader) -> None:
        self.product = product
        self.cast = product.cast
        self.reader = reader
        self.periods: list[uuid.UUID] = []

    def write_by_hand(self, wish: Journal, *, now: dt.datetime) -> str:
        """The code of the refusal, "again" for a journal that stands, or nothing."""
        order = self._order(wish, now=now)
        try:
            outcome = post_journal(actor=self.cast.actor(wish.who), order=order, now=now)
        except VaultCraftError as error:
            return error.code
        assert isinstance(outcome, JournalOutcome)
        return "again" if outcome.replayed else ""

    def rehearse(self, wish: Journal, *, now: dt.datetime) -> str:
        """What `write_by_hand` would answer, as the product foretells it."""
        order = self._order(wish, now=now)
        try:
            found = rehearse_journal(actor=self.cast.actor(wish.who), order=order, now=now)
        except VaultCraftError as error:
            return error.code
        return found.refusal.code if found.refusal else ""

    def _order(self, wish: Journal, *, now: dt.datetime) -> JournalOrder:
        accounts: dict[tuple[str, ...], LedgerAccount] = self.reader.accounts()
        legs = [
            JournalLeg(
                accounts[line.pot].id if line.pot in accounts else UNKNOWN,
                Side.DEBIT if line.debit else Side.CREDIT,
                line.amount,
                line.currency,
            )
            for line in wish.lines
        ]
        ago = wish.seconds_ago
        return JournalOrder(
            organization_id=self.cast.houses[wish.house],
            legs=tuple(legs),
            description="by hand",
            reference=self.product.reference(wish.who, wish.key),
            effective_at=None if ago is None else now - dt.timedelta(seconds=ago),
        )

    def open_stretch(self, who: str, house: str, last_day: dt.date, now: dt.datetime) -> str:
        try:
            period = open_period(
                actor=self.cast.actor(who),
                organization_id=self.cast.houses[house],
                closes_on=last_day,
                now=now,
            )
        except VaultCraftError as error:
            return error.code
        self.periods.append(period.id)
        return ""

    def shut_stretch(self, who: str, which: int, now: dt.datetime) -> str:
        period_id = self.periods[which]
        return code_of(close_period, actor=self.cast.actor(who), period_id=period_id, now=now)
