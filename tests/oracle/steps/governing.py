"""Wallets stopped and ended, organizations stopped, promises and terms; and time that passes."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.oracle.comparing import compare_everything
from tests.oracle.fitting import fitted
from tests.oracle.model import ruling, terms
from tests.oracle.model.state import ACTIVE, CLOSED, FROZEN, SUSPENDED, Cap, Rate
from tests.oracle.steps.base import Base
from tests.oracle.wishing import CAPS, HOUSES, NAMES, PAYS, PEOPLE, RATES, Wish

HOUR = dt.timedelta(hours=1)


class Governing(Base):
    """Steps that change what is allowed."""

    @rule(
        who=st.sampled_from([*PEOPLE, "olga", "olga", "alice", "charlie"]),
        purse=st.sampled_from(NAMES),
        wanted=st.sampled_from([FROZEN, FROZEN, ACTIVE, ACTIVE, ACTIVE, SUSPENDED, CLOSED]),
    )
    def rule_wallet(self, who: str, purse: str, wanted: str) -> None:
        expected = ruling.rule(self.world, who, purse, wanted)
        self.tally["wallet", expected] += 1
        self.agree(self.product.rule(who, purse, wanted, self.now), expected)

    @rule(purse=st.sampled_from(NAMES), wish=PAYS, wanted=st.sampled_from([FROZEN, SUSPENDED]))
    def pay_from_a_stopped_wallet(self, purse: str, wish: Wish, wanted: str) -> None:
        """Stopped by the platform, asked for money, and let go again."""
        self.rule_wallet("olga", purse, wanted)
        self._pay(Wish(wish.kind, purse, wish.payee, wish.amount))
        self.rule_wallet("olga", purse, ACTIVE)

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

    @rule(
        house=st.sampled_from(HOUSES),
        apart=st.integers(1, 2),
        currency=st.sampled_from(["INR", "INR", "USD"]),
        amount=st.sampled_from([0, 1, 100_00, 1_000_00, 5_000_00]),
    )
    def promise(self, house: str, apart: int, currency: str, amount: int) -> None:
        other = HOUSES[(HOUSES.index(house) + apart) % len(HOUSES)]
        expected = ruling.promise(self.world, house, other, currency, amount)
        self.tally["promise", expected] += 1
        self.agree(self.product.promise(house, other, currency, amount, self.now), expected)

    @rule(
        house=st.sampled_from(HOUSES),
        kind=st.sampled_from(terms.CHARGED),
        currency=st.sampled_from(["INR", "INR", "USD"]),
        rate=RATES,
    )
    def price(self, house: str, kind: str, currency: str, rate: Rate) -> None:
        expected = ruling.price(self.world, house, kind, currency, rate)
        self.tally["price", expected] += 1
        self.agree(self.product.price(house, kind, currency, rate, self.now), expected)

    @rule(
        house=st.sampled_from(["acme", "acme", "globex", "initech"]),
        kind=st.sampled_from(["savings", "current"]),
        cap=CAPS,
    )
    def limit(self, house: str, kind: str, cap: Cap) -> None:
        expected = ruling.limit(self.world, house, kind, "INR", cap)
        self.agree(self.product.limit(house, kind, "INR", cap, self.now), expected)

    @rule(hours=st.sampled_from([0, 1, 5, 12, 18, 24, 24 * 20]))
    def wait(self, hours: int) -> None:
        self.world.now += hours * HOUR + dt.timedelta(seconds=1)

    @rule()
    def look_at_everything(self) -> None:
        compare_everything(self.world, self.reader, checker=False)
