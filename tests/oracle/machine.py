"""The same steps for the oracle and for the product, and every answer compared."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, TypeVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.oracle.comparing import compare_everything, compare_pots
from tests.oracle.model import cast as roles
from tests.oracle.model import doors, ruling, terms
from tests.oracle.model.bank import forecast, settle
from tests.oracle.model.state import ACTIVE, CLOSED, FROZEN, SUSPENDED, Cap, Deed, Rate, World
from tests.oracle.model.words import Ask, Giving, Label, Taking, Turned
from tests.oracle.product import Product
from tests.oracle.reading import Reader
from tests.oracle.stage import Stage
from tests.oracle.wishing import (
    HOUSES,
    NAMES,
    OLD_KEYS,
    PARTS,
    PEOPLE,
    PICKS,
    RATES,
    RESERVES,
    WHO,
    WISHES,
    Part,
    ReserveWish,
    Wish,
    fitted,
    fitted_reserve,
    part_of,
    payer_of,
)

_A = TypeVar("_A")

HOUR = dt.timedelta(hours=1)


class Machine(RuleBasedStateMachine):
    """One example: a fresh clone of the prepared database, and a fresh copy of the model."""

    stage: ClassVar[Stage]
    opening: ClassVar[World] = roles.world()

    def __init__(self) -> None:
        super().__init__()
        self._open = contextlib.ExitStack()
        self._open.enter_context(self.stage.example())
        self.world = self.opening.trial()
        self.product = Product(self.stage.cast)
        self.reader = Reader(self.product)
        self.asked: dict[Label, Ask] = {}
        self._keys = 0
        self.agreeing = True

    def teardown(self) -> None:
        """Everything must agree at the end, and the product's checker be content."""
        with self._open:
            if self.agreeing:
                compare_everything(self.world, self.reader)

    @property
    def now(self) -> dt.datetime:
        return self.world.now

    # --- moving money

    @rule(wish=WISHES, rehearsed=st.booleans())
    def ask(self, wish: Wish, rehearsed: bool) -> None:
        self._settle([wish], together=False, rehearsed=rehearsed)

    @rule(
        wishes=st.lists(WISHES, min_size=2, max_size=7),
        together=st.booleans(),
        rehearsed=st.booleans(),
    )
    def ask_many(self, wishes: list[Wish], together: bool, rehearsed: bool) -> None:
        self._settle(wishes, together=together, rehearsed=rehearsed)

    @precondition(lambda self: self.asked)
    @rule(which=st.integers(0, 30), more=st.sampled_from([0, 0, 0, 1]))
    def ask_again(self, which: int, more: int) -> None:
        old = self._old(which)
        changed = old if not more else _with_more(old)
        self._compare([changed], together=False, rehearsed=False)

    @rule(wish=WISHES)
    def ask_too_many(self, wish: Wish) -> None:
        ask = self._fitted(wish)
        self._compare([ask] * 501, together=False, rehearsed=True)

    def _settle(self, wishes: Sequence[Wish], *, together: bool, rehearsed: bool) -> None:
        asks = [self._fitted(wish) for wish in wishes]
        self._compare(asks, together=together, rehearsed=rehearsed)

    def _fitted(self, wish: Wish) -> Ask:
        return fitted(self.world, wish, key=self._key(wish.key))

    def _old(self, which: int) -> Ask:
        return list(self.asked.values())[which % len(self.asked)]

    def _compare(self, asks: Sequence[Ask], *, together: bool, rehearsed: bool) -> None:
        for ask in asks[:10]:
            note(f"{self.now:%m-%d %H:%M} {ask}")
        if rehearsed:
            self._rehearse(asks, together=together)
        expected = _answers(lambda: settle(self.world, asks, together=together))
        got = _answers(lambda: self.product.settle(asks, together=together, now=self.now))
        for ask in asks:
            self.asked.setdefault(ask.label, ask)
        self._agree(got, expected)

    def _rehearse(self, asks: Sequence[Ask], *, together: bool) -> None:
        """A dry run says what the request would be answered, and leaves nothing."""
        before = self.reader.rows()
        expected = _answers(lambda: forecast(self.world, asks, together=together))
        got = _answers(lambda: self.product.rehearse(asks, together=together, now=self.now))
        self._agree(got, expected)
        assert self.reader.rows() == before, "a dry run left something"

    # --- setting money aside, taking it, giving it back

    @rule(wish=RESERVES)
    def reserve(self, wish: ReserveWish) -> None:
        asked = fitted_reserve(self.world, wish, key=self._key(wish.key))
        note(f"{self.now:%m-%d %H:%M} {asked}")
        expected = doors.reserve(self.world, asked)
        self._agree(self.product.reserve(asked, now=self.now), expected)

    @precondition(lambda self: self.world.pledges)
    @rule(which=PICKS, amount=PARTS, last=st.booleans(), who=WHO, key=OLD_KEYS)
    def take(self, which: int, amount: Part, last: bool, who: str, key: int | None) -> None:
        pledge = _nth(self.world.pledges, which)
        who = who or payer_of(self.world, self.world.purses[pledge.payer])
        part = part_of(pledge.rest, amount)
        wish = Taking(who, self._key(key), pledge.label, part, last)
        note(f"{self.now:%m-%d %H:%M} {wish}")
        expected = doors.take(self.world, wish)
        self._agree(self.product.take(wish, now=self.now), expected)

    @precondition(lambda self: self.world.pledges)
    @rule(which=PICKS, who=WHO)
    def void(self, which: int, who: str) -> None:
        pledge = _nth(self.world.pledges, which)
        who = who or payer_of(self.world, self.world.purses[pledge.payer])
        expected = doors.void(self.world, who=who, pledge=pledge.label)
        self._agree(self.product.void(who=who, pledge=pledge.label, now=self.now), expected)

    @rule()
    def reap(self) -> None:
        doors.reap(self.world)
        self.product.reap(now=self.now)
        self._look()

    @rule(which=PICKS, amount=PARTS, who=WHO, key=OLD_KEYS)
    def give_back(self, which: int, amount: Part, who: str, key: int | None) -> None:
        deed = _nth(self.world.deeds, which)
        part = part_of(deed.amount - deed.back, amount)
        wish = Giving(who or self._giver(deed), self._key(key), deed.label, part)
        note(f"{self.now:%m-%d %H:%M} {wish}")
        expected = doors.give_back(self.world, wish)
        self._agree(self.product.give_back(wish, now=self.now), expected)

    def _giver(self, deed: Deed) -> str:
        """Whose it is to give back; of money from or to the bank, the platform's."""
        if deed.payer is None or deed.payee is None:
            return "olga"
        return payer_of(self.world, self.world.purses[deed.payee])

    def _key(self, old: int | None) -> int:
        self._keys += 1
        return self._keys if old is None else 1 + old % self._keys

    def _agree(self, got: object, expected: object) -> None:
        self.agreeing = got == expected
        assert self.agreeing, f"the product: {got}\nthe oracle:  {expected}"
        self._look()

    # --- terms

    @rule(
        house=st.sampled_from(HOUSES),
        kind=st.sampled_from(terms.CHARGED),
        currency=st.sampled_from(["INR", "INR", "USD"]),
        rate=RATES,
    )
    def price(self, house: str, kind: str, currency: str, rate: Rate) -> None:
        expected = ruling.price(self.world, house, kind, currency, rate)
        self._agree(self.product.price(house, kind, currency, rate, self.now), expected)

    @rule(
        house=st.sampled_from(["acme", "acme", "globex", "initech"]),
        kind=st.sampled_from(["savings", "current", "merchant"]),
        day=st.sampled_from([None, 0, 50_00, 200_00, 400_00]),
        month=st.sampled_from([None, 0, 200_00, 500_00, 1_000_00]),
    )
    def limit(self, house: str, kind: str, day: int | None, month: int | None) -> None:
        cap = Cap(day, month)
        expected = ruling.limit(self.world, house, kind, "INR", cap)
        self._agree(self.product.limit(house, kind, "INR", cap, self.now), expected)

    # --- wallets, houses, promises

    @rule(
        who=st.sampled_from([*PEOPLE, "olga", "alice", "charlie"]),
        purse=st.sampled_from(NAMES),
        wanted=st.sampled_from([FROZEN, FROZEN, ACTIVE, ACTIVE, ACTIVE, SUSPENDED, CLOSED]),
    )
    def rule_wallet(self, who: str, purse: str, wanted: str) -> None:
        expected = ruling.rule(self.world, who, purse, wanted)
        self._agree(self.product.rule(who, purse, wanted, self.now), expected)

    @rule(house=st.sampled_from(HOUSES), running=st.sampled_from([True, True, False]))
    def stop_house(self, house: str, running: bool) -> None:
        expected = ruling.stop_house(self.world, house, running=running)
        self._agree(self.product.stop_house(house, running=running, now=self.now), expected)

    @rule(
        house=st.sampled_from(HOUSES),
        other=st.sampled_from(HOUSES),
        currency=st.sampled_from(["INR", "INR", "USD"]),
        amount=st.sampled_from([0, 1, 100_00, 1_000_00, 5_000_00]),
    )
    def promise(self, house: str, other: str, currency: str, amount: int) -> None:
        if house == other:
            return
        expected = ruling.promise(self.world, house, other, currency, amount)
        self._agree(self.product.promise(house, other, currency, amount, self.now), expected)

    @rule(hours=st.sampled_from([0, 1, 5, 18, 24, 24 * 20]))
    def wait(self, hours: int) -> None:
        self.world.now += hours * HOUR + dt.timedelta(seconds=1)

    # --- looking

    @rule()
    def look_at_everything(self) -> None:
        compare_everything(self.world, self.reader, checker=False)

    def _look(self) -> None:
        self.agreeing = False
        compare_pots(self.world, self.reader)
        self.agreeing = True


def _answers(call: Callable[[], list[_A]]) -> list[_A] | str:
    try:
        return call()
    except Turned as turned:
        return turned.code


def _nth(found: Mapping[Label, _A], which: int) -> _A:
    """One of them, the latest first."""
    return list(found.values())[-1 - which % len(found)]


def _with_more(ask: Ask) -> Ask:
    return dataclasses.replace(ask, amount=(ask.amount or 0) + 1)
