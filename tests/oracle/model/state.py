"""Who is in the oracle's bank, and what stands where. Amounts are whole minor units."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import zoneinfo
from collections.abc import Iterator
from fractions import Fraction

from tests.oracle.model.words import DONE, Label

ACTIVE, FROZEN, SUSPENDED, CLOSED = "ACTIVE", "FROZEN", "SUSPENDED", "CLOSED"
OPEN, CAPTURED, VOIDED, EXPIRED = "OPEN", "CAPTURED", "VOIDED", "EXPIRED"

# A pot's name: what it is for, then whose, then in which currency.
PotName = tuple[str, ...]


@dataclasses.dataclass
class House:
    """An organization with books of its own."""

    name: str
    zone: str
    running: bool = True
    shut_before: dt.datetime | None = None
    # What it said it lets another house owe it, or owes it, by that house and currency.
    promised: dict[tuple[str, str], int] = dataclasses.field(default_factory=dict)

    def day(self, now: dt.datetime) -> dt.date:
        return now.astimezone(zoneinfo.ZoneInfo(self.zone)).date()


@dataclasses.dataclass
class Person:
    """Somebody with one role in one house; the platform's people have none."""

    name: str
    house: str | None
    role: str


@dataclasses.dataclass
class Pot:
    """A line of one house's books.

    :param owned: whether the house owns it (cash) rather than owes or earned it.
    :param amount: what stands in it; positive is what it is for.
    :param lines: how many times something was written on it.
    :param bottom: what it may not fall below; None where it may.
    :param top: what it may not rise above, where two houses agreed on that.
    """

    name: PotName
    house: str
    currency: str
    owned: bool = False
    bottom: int | None = None
    top: int | None = None
    amount: int = 0
    lines: int = 0
    state: str = ACTIVE
    stopped_by_platform: bool = False


@dataclasses.dataclass
class Purse:
    """A customer's pot; without an owner it is the house's own."""

    name: str
    house: str
    owner: str | None
    kind: str
    currency: str

    @property
    def pot(self) -> PotName:
        return ("purse", self.name)


@dataclasses.dataclass
class Pledge:
    """Money set aside in one purse for another.

    :param fee: what taking all of it costs, set aside on top.
    """

    label: Label
    body: tuple[object, ...]
    payer: str
    payee: str
    amount: int
    ends: dt.datetime
    fee: int = 0
    taken: int = 0
    freed: int = 0
    state: str = OPEN

    @property
    def rest(self) -> int:
        return self.amount - self.taken - self.freed

    @property
    def fee_taken(self) -> int:
        """Of the fee as much as of the amount, in whole units that are complete."""
        return int(Fraction(self.taken, self.amount) * self.fee)

    @property
    def kept(self) -> int:
        """What is set aside of both."""
        return self.rest + self.fee - self.fee_taken if self.state == OPEN else 0

    def share(self, amount: int) -> int:
        """What of the fee goes with so much more."""
        after = Fraction(self.taken + amount, self.amount) * self.fee
        return int(after) - self.fee_taken

    def let_go(self, state: str) -> None:
        self.freed += self.rest
        self.state = state


@dataclasses.dataclass(frozen=True)
class Stroke:
    """One line on one pot: on its debit side or on its credit side."""

    pot: PotName
    amount: int
    debit: bool


@dataclasses.dataclass
class Deed:
    """What is remembered of a wish.

    :param pages: for each house that took part, what was written in its books.
    :param back: how much of the amount was given back since, and of the fee.
    """

    label: Label
    body: tuple[object, ...]
    kind: str
    state: str
    code: str
    amount: int
    currency: str
    payer: str | None
    payee: str | None
    fee: int = 0
    at: dt.datetime | None = None
    slip: str | None = None
    pledge: Label | None = None
    undoes: Label | None = None
    pages: dict[str, list[Stroke]] = dataclasses.field(default_factory=dict)
    back: int = 0
    fee_back: int = 0

    @property
    def done(self) -> bool:
        return self.state == DONE


@dataclasses.dataclass
class Rate:
    """What a house charges for one kind of wish: fixed, and hundredths of a percent."""

    fixed: int
    bps: int
    least: int
    most: int | None


@dataclasses.dataclass
class Cap:
    """What wallets of one kind may spend in a day and in a month; None is no limit."""

    day: int | None
    month: int | None


@dataclasses.dataclass
class Spending:
    """One thing that counted against a purse's limits, on a day of its house's calendar."""

    purse: str
    day: dt.date
    amount: int
    deed: Label


@dataclasses.dataclass(frozen=True)
class Written:
    """What somebody wrote by hand in a house's books, and from when it counts."""

    page: tuple[Stroke, ...]
    at: dt.datetime


@dataclasses.dataclass
class Stretch:
    """A stretch of a house's time that can be shut: from the end of the one before to a day's end.

    :param rows: once shut, for each pot what it began with, its debits, its credits, its end.
    """

    house: str
    last_day: dt.date
    begins: dt.datetime | None
    ends: dt.datetime
    shut: bool = False
    rows: dict[PotName, tuple[int, int, int, int]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class World:
    """Everything there is, at one moment of the door's clock; all houses were founded at one."""

    now: dt.datetime
    founded: dt.datetime
    houses: dict[str, House] = dataclasses.field(default_factory=dict)
    people: dict[str, Person] = dataclasses.field(default_factory=dict)
    purses: dict[str, Purse] = dataclasses.field(default_factory=dict)
    pots: dict[PotName, Pot] = dataclasses.field(default_factory=dict)
    pledges: dict[Label, Pledge] = dataclasses.field(default_factory=dict)
    deeds: dict[Label, Deed] = dataclasses.field(default_factory=dict)
    rates: dict[tuple[str, str, str], Rate] = dataclasses.field(default_factory=dict)
    caps: dict[tuple[str | None, str, str], Cap] = dataclasses.field(default_factory=dict)
    spendings: list[Spending] = dataclasses.field(default_factory=list)
    journals: dict[tuple[str, Label], Written] = dataclasses.field(default_factory=dict)
    periods: list[Stretch] = dataclasses.field(default_factory=list)

    def trial(self) -> World:
        """A copy to try things on: of everything that a step may change in place."""
        copied = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, list):
                copied.__dict__[name] = [copy.copy(one) for one in value]
            elif isinstance(value, dict):
                copied.__dict__[name] = {key: copy.copy(one) for key, one in value.items()}
        return copied

    def become(self, other: World) -> None:
        """Take over what was tried and found good."""
        self.__dict__.update(other.__dict__)

    def pot_of(self, purse: str) -> Pot:
        return self.pots[self.purses[purse].pot]

    def pledges_on(self, pot: PotName) -> Iterator[Pledge]:
        for pledge in self.pledges.values():
            if self.purses[pledge.payer].pot == pot and pledge.state == OPEN:
                yield pledge

    def held(self, pot: PotName) -> int:
        """What of a pot is set aside."""
        return sum(pledge.kept for pledge in self.pledges_on(pot))

    def free(self, pot: PotName) -> int:
        """What of a pot may be paid out."""
        found = self.pots[pot]
        return found.amount - self.held(pot) - (found.bottom or 0)
