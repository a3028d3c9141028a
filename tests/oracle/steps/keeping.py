"""Journals by hand, dated back or not, and periods opened and closed."""

from __future__ import annotations

import datetime as dt

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.oracle.keeper import Keeper
from tests.oracle.model import keeping
from tests.oracle.model.words import Journal, Line
from tests.oracle.steps.base import Base
from tests.oracle.wishing import HOUSES, OLD_KEYS, PEOPLE

KEEPERS = st.sampled_from(["olga", "olga", "alice", "charlie", *PEOPLE])
HOURS_AGO = st.sampled_from([None, 0, 1, 30, 24 * 7, 24 * 40, 24 * 400, -1])
ODD = st.sampled_from([""] * 6 + ["unbalanced", "currency", "account", "one line", "amount"])


class Keeping(Base):
    """Steps of an accountant."""

    def __init__(self) -> None:
        super().__init__()
        self.keeper = Keeper(self.product, self.reader)

    @rule(
        who=KEEPERS,
        house=st.sampled_from(HOUSES),
        pots=st.lists(st.integers(0, 40), min_size=2, max_size=4),
        amount=st.integers(1, 90_00),
        hours_ago=HOURS_AGO,
        odd=ODD,
        key=OLD_KEYS,
    )
    def write_by_hand(
        self,
        who: str,
        house: str,
        pots: list[int],
        amount: int,
        hours_ago: int | None,
        odd: str,
        key: int | None,
    ) -> None:
        ago = None if hours_ago is None else hours_ago * 3600
        lines = self._lines(house, pots, amount, odd)
        self._write(Journal(who, self.key(key), house, lines, ago))

    def _write(self, wish: Journal) -> None:
        note(f"{self.now:%m-%d %H:%M} {wish}")
        foretold = self.keeper.rehearse(wish, now=self.now)
        expected = keeping.write_by_hand(self.world, wish)
        self.tally["journal", expected] += 1
        if expected not in ("again", "journal_reference_reused"):
            self.agree(foretold, expected, look=False)
        self.agree(self.keeper.write_by_hand(wish, now=self.now), expected)

    def _lines(self, house: str, pots: list[int], amount: int, odd: str) -> tuple[Line, ...]:
        """The last line is what all others come to, so that the journal balances."""
        known = [pot for pot in self.world.pots.values() if pot.house == house]
        if odd not in ("currency", "account"):
            plain = ("purse", "cash", "fees", "general")
            known = [one for one in known if one.currency == "INR" and one.name[0] in plain]
        chosen = [known[number % len(known)] for number in pots]
        lines = [Line(one.name, amount + at, True, "INR") for at, one in enumerate(chosen[1:])]
        total = sum(line.amount for line in lines) + (odd == "unbalanced")
        lines.append(Line(chosen[0].name, 0 if odd == "amount" else total, False, "INR"))
        if odd == "account":
            lines[0] = Line(("general", "nowhere", "0000", "INR"), amount, True, "INR")
        return tuple(lines[:1] if odd == "one line" else lines)

    @rule(who=KEEPERS, house=st.sampled_from(HOUSES), days=st.sampled_from([-40, -8, -1, -1, 0, 3]))
    def open_period(self, who: str, house: str, days: int) -> None:
        self._open_period(who, house, days)

    def _open_period(self, who: str, house: str, days: int) -> None:
        day = self.world.houses[house].day(self.now) + dt.timedelta(days=days)
        expected = keeping.open_stretch(self.world, who, house, day)
        self.tally["open period", expected] += 1
        self.agree(self.keeper.open_stretch(who, house, day, self.now), expected)

    @precondition(lambda self: self.world.periods)
    @rule(who=KEEPERS, which=st.integers(0, 5))
    def close_period(self, who: str, which: int) -> None:
        self._close_period(who, -1 - which % len(self.world.periods))

    @rule(
        house=st.sampled_from(HOUSES),
        days=st.sampled_from([-30, -3, -1]),
        beside=st.sampled_from([1, 1, 0, -1, 3600]),
        amount=st.integers(1, 90_00),
    )
    def write_beside_the_end_of_a_period(
        self, house: str, days: int, beside: int, amount: int
    ) -> None:
        """A period is closed, and somebody dates an entry to its last second or the next one."""
        self._open_period("olga", house, days)
        if self.world.periods:
            self._close_period("olga", -1)
        shut = self.world.houses[house].shut_before
        if shut is not None:
            ago = int((self.now - shut).total_seconds()) + beside
            lines = self._lines(house, [0, 3], amount, "")
            self._write(Journal("olga", self.key(), house, lines, ago))

    def _close_period(self, who: str, which: int) -> None:
        expected = keeping.shut_stretch(self.world, who, which)
        self.tally["close period", expected] += 1
        self.agree(self.keeper.shut_stretch(who, which, self.now), expected)
