"""What is asked, and what is answered: the words both sides are translated into."""

from __future__ import annotations

import dataclasses

# Kinds of wishes that move money.
SEND, PAY_IN, PAY_OUT, TAKE, GIVE_BACK = "send", "pay in", "pay out", "take", "give back"

# What is kept of a wish.
DONE, FAILED, WITHHELD = "COMPLETED", "FAILED", "CANCELLED"

# JSON numbers are exact up to here; nothing larger is money.
MOST = 2**53 - 1

# A wish's name: who asked, under which key.
Label = tuple[str, int]


@dataclasses.dataclass(frozen=True)
class Ask:
    """One wish to move money.

    :param payer: nickname of the paying wallet; None for money from the bank.
    :param payee: nickname of the receiving wallet; None for money to the bank.
    :param slip: the bank's own reference, for money from and to the bank.
    :param pledge: label of the reservation a `TAKE` is taken from.
    :param last: whether such a taking lets the rest of the reservation go.
    :param undoes: label of what a `GIVE_BACK` gives back.
    :param fee_agreed: what the payer was told it would cost; None when nobody asked.
    :param fee_back: how much of the original's fee a `GIVE_BACK` gives back, too.
    :param said: what was said at the door, where that was less than all of the above.
    """

    kind: str
    who: str
    key: int
    amount: int | None
    currency: str | None
    payer: str | None = None
    payee: str | None = None
    slip: str | None = None
    pledge: Label | None = None
    last: bool = False
    undoes: Label | None = None
    fee_agreed: int | None = None
    fee_back: int = 0
    said: tuple[object, ...] = ()

    @property
    def label(self) -> Label:
        return self.who, self.key

    @property
    def body(self) -> tuple[object, ...]:
        """What was asked, without who asked and under which key."""
        return self.said or dataclasses.astuple(dataclasses.replace(self, who="", key=0))


@dataclasses.dataclass(frozen=True)
class Reserve:
    """A wish to set money aside."""

    who: str
    key: int
    payer: str
    payee: str
    amount: int
    currency: str
    seconds: int

    @property
    def label(self) -> Label:
        return self.who, self.key

    @property
    def body(self) -> tuple[object, ...]:
        return dataclasses.astuple(dataclasses.replace(self, who="", key=0))


@dataclasses.dataclass(frozen=True)
class Taking:
    """A wish to take what was set aside; without an amount, all that is left of it."""

    who: str
    key: int
    pledge: Label
    amount: int | None
    last: bool

    @property
    def label(self) -> Label:
        return self.who, self.key

    @property
    def body(self) -> tuple[object, ...]:
        return TAKE, self.pledge, self.amount, self.last


@dataclasses.dataclass(frozen=True)
class Giving:
    """A wish to give back what was done; without an amount, all that is left of it and its fee."""

    who: str
    key: int
    deed: Label
    amount: int | None

    @property
    def label(self) -> Label:
        return self.who, self.key

    @property
    def body(self) -> tuple[object, ...]:
        return GIVE_BACK, self.deed, self.amount


@dataclasses.dataclass(frozen=True)
class Line:
    """One line that somebody writes by hand.

    :param pot: the name of a pot; see `state`.
    """

    pot: tuple[str, ...]
    amount: int
    debit: bool
    currency: str


@dataclasses.dataclass(frozen=True)
class Journal:
    """A wish to write by hand.

    :param seconds_ago: how long before now it counts; None is now.
    """

    who: str
    key: int
    house: str
    lines: tuple[Line, ...]
    seconds_ago: int | None = None

    @property
    def label(self) -> Label:
        return self.who, self.key


@dataclasses.dataclass(frozen=True)
class Answer:
    """What became of a wish.

    :param code: why not; empty when it was granted.
    :param kept: the state of the row that remembers it; empty when nothing is remembered.
    :param again: whether it had been answered before.
    """

    code: str = ""
    kept: str = ""
    again: bool = False
    amount: int = 0
    fee: int = 0

    @property
    def granted(self) -> bool:
        return not self.code


@dataclasses.dataclass(frozen=True)
class Foretold:
    """What a wish would be answered if it were made now.

    :param payer: what the paying wallet would show: its amount, what of it is set aside, what is
        free. None where nothing would change.
    """

    code: str
    fee: int = 0
    payer: tuple[int, int, int] | None = None
    payee: tuple[int, int, int] | None = None


class Turned(Exception):
    """The whole call is turned away, and nothing of it is left."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Denied(Exception):
    """One wish is refused; whether anything remembers it, the stage that catches it says."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
