"""Payments, deposits and withdrawals: one by one, in batches, again, and too many at once."""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.oracle.fitting import fitted
from tests.oracle.model.state import OPEN
from tests.oracle.model.words import Ask
from tests.oracle.steps.base import Base
from tests.oracle.wishing import BATCHES, EDGE_PAYS, ODD_PAYS, PAYS, PAYS_BESIDE_HOLDS, Wish

ONE_TOO_MANY = 501


class Paying(Base):
    """Steps that move money now."""

    @rule(wish=PAYS, rehearsed=st.booleans())
    def pay(self, wish: Wish, rehearsed: bool) -> None:
        self._settle_one(wish, rehearsed=rehearsed)

    @rule(wish=EDGE_PAYS, rehearsed=st.booleans())
    def pay_at_the_edge(self, wish: Wish, rehearsed: bool) -> None:
        self._settle_one(wish, rehearsed=rehearsed)

    @precondition(lambda self: any(one.state == OPEN for one in self.world.pledges.values()))
    @rule(wish=PAYS_BESIDE_HOLDS, rehearsed=st.booleans())
    def pay_beside_a_hold(self, wish: Wish, rehearsed: bool) -> None:
        self._settle_one(wish, rehearsed=rehearsed)

    @rule(wish=ODD_PAYS, rehearsed=st.booleans())
    def pay_oddly(self, wish: Wish, rehearsed: bool) -> None:
        self._settle_one(wish, rehearsed=rehearsed)

    @rule(wishes=BATCHES, together=st.booleans(), rehearsed=st.booleans())
    def pay_many(self, wishes: list[Wish], together: bool, rehearsed: bool) -> None:
        asks = [self._fitted(wish) for wish in wishes]
        self.settle(asks, together=together, rehearsed=rehearsed)

    @precondition(lambda self: self.asked)
    @rule(which=st.integers(0, 30), changed=st.booleans())
    def pay_again(self, which: int, changed: bool) -> None:
        ask = list(self.asked.values())[which % len(self.asked)]
        if changed:
            ask = dataclasses.replace(ask, amount=(ask.amount or 0) + 1)
        self.settle([ask], together=False, rehearsed=changed)

    def _settle_one(self, wish: Wish, *, rehearsed: bool) -> None:
        asks = [self._fitted(wish)]
        if wish.odd == "crowd":
            asks *= ONE_TOO_MANY
        self.settle(asks, together=False, rehearsed=rehearsed)

    def _fitted(self, wish: Wish) -> Ask:
        return fitted(self.world, wish, key=self.key(wish.key))
