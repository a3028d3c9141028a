"""Money set aside, taken, let go and overdue; and money given back."""

from __future__ import annotations

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.oracle.fitting import fitted_reserve, part_of, payer_of
from tests.oracle.model import doors
from tests.oracle.model.state import OPEN, Deed, Pledge
from tests.oracle.model.words import GIVE_BACK, Giving, Label, Reserve, Taking
from tests.oracle.steps.base import Base, nth
from tests.oracle.wishing import (
    ODD_RESERVES,
    OLD_KEYS,
    PARTS,
    PEOPLE,
    PICKS,
    RESERVES,
    Part,
    ReserveWish,
)


class Holding(Base):
    """Steps that reserve money, and steps that undo."""

    @rule(wish=RESERVES)
    def reserve(self, wish: ReserveWish) -> None:
        self._reserve(wish)

    @rule(wish=ODD_RESERVES)
    def reserve_oddly(self, wish: ReserveWish) -> None:
        self._reserve(wish)

    @precondition(lambda self: self._standing())
    @rule(which=PICKS, amount=PARTS, last=st.booleans())
    def take(self, which: int, amount: Part, last: bool) -> None:
        pledge = nth(self._standing(), which)
        who = payer_of(self.world, self.world.purses[pledge.payer])
        self._take(who, self.key(), pledge, amount, last)

    @precondition(lambda self: self.world.pledges)
    @rule(which=PICKS, amount=PARTS, last=st.booleans(), who=st.sampled_from(PEOPLE), key=OLD_KEYS)
    def take_oddly(self, which: int, amount: Part, last: bool, who: str, key: int | None) -> None:
        self._take(who, self.key(key), nth(self.world.pledges, which), amount, last)

    @precondition(lambda self: self.world.pledges)
    @rule(which=PICKS, who=st.sampled_from([None, None, *PEOPLE]))
    def void(self, which: int, who: str | None) -> None:
        pledge = nth(self.world.pledges, which)
        who = who or payer_of(self.world, self.world.purses[pledge.payer])
        expected = doors.void(self.world, who=who, pledge=pledge.label)
        self.tally["void", expected] += 1
        self.agree(self.product.void(who=who, pledge=pledge.label, now=self.now), expected)

    @precondition(lambda self: self._standing())
    @rule()
    def reap(self) -> None:
        doors.reap(self.world)
        self.product.reap(now=self.now)
        self.agree(None, None)

    @precondition(lambda self: self._done())
    @rule(which=PICKS, amount=PARTS)
    def give_back(self, which: int, amount: Part) -> None:
        deed = nth(self._done(), which)
        self._give_back(self._giver(deed), self.key(), deed, amount)

    @rule(which=PICKS, amount=PARTS, who=st.sampled_from([None, *PEOPLE]), key=OLD_KEYS)
    def give_back_oddly(self, which: int, amount: Part, who: str | None, key: int | None) -> None:
        deed = nth(self.world.deeds, which)
        self._give_back(who or self._giver(deed), self.key(key), deed, amount)

    def _reserve(self, wish: ReserveWish) -> None:
        asked: Reserve = fitted_reserve(self.world, wish, key=self.key(wish.key))
        note(f"{self.now:%m-%d %H:%M} {asked}")
        expected = doors.reserve(self.world, asked)
        self.tally["reserve", "again" if expected.again else expected.code] += 1
        self.agree(self.product.reserve(asked, now=self.now), expected)

    def _take(self, who: str, key: int, pledge: Pledge, amount: Part, last: bool) -> None:
        wish = Taking(who, key, pledge.label, part_of(pledge.rest, amount), last)
        note(f"{self.now:%m-%d %H:%M} {wish}")
        self._foretell(wish)
        expected = doors.take(self.world, wish)
        self.tally["take", "again" if expected.again else expected.code] += 1
        self.agree(self.product.take(wish, now=self.now), expected)

    def _give_back(self, who: str, key: int, deed: Deed, amount: Part) -> None:
        wish = Giving(who, key, deed.label, part_of(deed.amount - deed.back, amount))
        note(f"{self.now:%m-%d %H:%M} {wish}")
        self._foretell(wish)
        expected = doors.give_back(self.world, wish)
        self.tally["give back", "again" if expected.again else expected.code] += 1
        self.agree(self.product.give_back(wish, now=self.now), expected)

    def _foretell(self, wish: Taking | Giving) -> None:
        """A dry run of every one; it draws nothing, so a seed means what it meant without."""
        with self.leaving_nothing():
            expected = doors.foretell(self.world, wish)
            self.agree(self.product.foretell(wish, now=self.now), expected)

    def _standing(self) -> dict[Label, Pledge]:
        return {label: one for label, one in self.world.pledges.items() if one.state == OPEN}

    def _done(self) -> dict[Label, Deed]:
        """What can be given back; the money everybody began with is left alone."""
        deeds = self.world.deeds.items()
        return {
            label: one
            for label, one in deeds
            if one.done and one.kind != GIVE_BACK and label[1] > 0
        }

    def _giver(self, deed: Deed) -> str:
        """Whose it is to give back; of money from or to the bank, the platform's."""
        if deed.payer is None or deed.payee is None:
            return "olga"
        return payer_of(self.world, self.world.purses[deed.payee])
