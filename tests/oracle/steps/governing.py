"""Wallets stopped and ended, organizations stopped, promises and terms; and time that passes."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.oracle.comparing import compare_everything
from tests.oracle.fitting import fitted
from tests.oracle.model import ruling
from tests.oracle.model.state import ACTIVE, CLOSED, FROZEN, SUSPENDED
from tests.oracle.steps.base import Base
from tests.oracle.wishing import (
    HOUSES,
    NAMES,
    PAYS,
    PEOPLE,
    TERMS,
    LimitWish,
    PriceWish,
    PromiseWish,
    Wish,
)

HOUR = dt.timedelta(hours=1)


class Governing(Base):
    """Steps that change what is allowed."""

    @rule(
        who=st.sampled_from([*PEOPLE, "olga", "olga", "alice", "charlie"]),
        purse=st.sampled_from(NAMES),
        wanted=st.sampled_from([FROZEN, FROZEN, ACTIVE, ACTIVE, ACTIVE, SUSPENDED, CLOSED]),
    )
    def rule_wallet(self, who: str, purse: str, wanted: str) -> None:
        self._rule(who, purse, wanted)

    def _rule(self, who: str, purse: str, wanted: str) -> None:
        expected = ruling.rule(self.world, who, purse, wanted)
        self.tally["wallet", expected] += 1
        self.agree(self.product.rule(who, purse, wanted, self.now), expected)

    @rule(purse=st.sampled_from(NAMES), wish=PAYS, wanted=st.sampled_from([FROZEN, SUSPENDED]))
    def pay_from_a_stopped_wallet(self, purse: str, wish: Wish, wanted: str) -> None:
        """Stopped by the platform, asked for money, and let go again."""
        self._rule("olga", purse, wanted)
        self._pay(Wish(wish.kind, purse, wish.payee, wish.amount))
        self._rule("olga", purse, ACTIVE)

    @rule(house=st.sampled_from(HOUSES), wish=PAYS)
    def pay_in_a_stopped_organization(self, house: str, wish: Wish) -> None:
        self._stop(house, running=False)
        self._pay(wish)
        self._stop(house, running=False)
        self._stop(house, running=True)

    def _stop(self, house: str, *, running: bool) -> None:
        expected = ruling.stop_house(self.world, house, running=running)
        self.agree(self.product.stop_house(house, running=running, now=self.now), expected)

    def _pay(self, wish: Wish) -> None:
        ask = fitted(self.world, wish, key=self.key())
        self.settle([ask], together=False, rehearsed=False)

    @rule(wanted=TERMS)
    def change_terms(self, wanted: PromiseWish | PriceWish | LimitWish) -> None:
        if isinstance(wanted, PromiseWish):
            self._promise(wanted)
        elif isinstance(wanted, PriceWish):
            self._price(wanted)
        else:
            self._limit(wanted)

    def _promise(self, wish: PromiseWish) -> None:
        other = HOUSES[(HOUSES.index(wish.house) + wish.apart) % len(HOUSES)]
        wanted = (wish.house, other, wish.currency, wish.amount)
        expected = ruling.promise(self.world, *wanted)
        self.tally["promise", expected] += 1
        self.agree(self.product.promise(*wanted, self.now), expected)

    def _price(self, wish: PriceWish) -> None:
        wanted = (wish.house, wish.kind, wish.currency, wish.rate)
        expected = ruling.price(self.world, *wanted)
        self.tally["price", expected] += 1
        self.agree(self.product.price(*wanted, self.now), expected)

    def _limit(self, wish: LimitWish) -> None:
        wanted = (wish.house, wish.kind, "INR", wish.cap)
        expected = ruling.limit(self.world, *wanted)
        self.tally["limit", expected] += 1
        self.agree(self.product.limit(*wanted, self.now), expected)

    @rule(hours=st.sampled_from([0, 1, 5, 12, 18, 24, 24 * 20]))
    def wait(self, hours: int) -> None:
        """Time passes; after a long time everything is looked at."""
        self.world.now += hours * HOUR + dt.timedelta(seconds=1)
        if hours > 24:
            compare_everything(self.world, self.reader, checker=False)
