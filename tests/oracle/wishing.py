"""What somebody might ask for, drawn as a few small choices and then fitted to the moment.

A payment of any amount from anybody to anybody is refused nearly always, and for the dullest of
reasons. So a wish is drawn as a direction ("all of it, and one more") and becomes a request only
when the model knows what all of it is: the edges of the rules are where the two sides can differ.
"""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st

from tests.oracle.model import cast as roles
from tests.oracle.model import terms
from tests.oracle.model.asking import may_pay_from
from tests.oracle.model.state import Purse, Rate, World
from tests.oracle.model.words import MOST, PAY_IN, PAY_OUT, SEND, Ask, Reserve

NAMES = [purse.name for purse in roles.PURSES]
PEOPLE = [person.name for person in roles.PEOPLE]
HOUSES = [house.name for house in roles.HOUSES]

# Where an amount is aimed at, and how far beside that it lands.
AIMS = ("free", "day", "month", "room")
AMOUNTS = st.one_of(
    st.integers(1, 99),
    st.integers(1, 400_00),
    st.tuples(st.sampled_from(AIMS), st.sampled_from([-1, 0, 0, 1])),
    st.tuples(st.sampled_from(["half", "half", *AIMS]), st.just(0)),
    st.sampled_from([1, 5_000, 7_50, 100_00, 1, 50_00, 200_00, MOST, 0, -1, MOST + 1]),
)
ODDITIES = ["stranger", "currency", "payee", "nobody", "itself", "fee", "other fee"]


@dataclasses.dataclass(frozen=True)
class Wish:
    """A direction.

    :param kind: what shall be done.
    :param payer: whose money; of a deposit, who receives it.
    :param payee: which of the possible receivers, counted round.
    :param amount: minor units, or what they are aimed at.
    :param odd: what is wrong or unusual about it.
    :param key: an old key, counted round, instead of a new one.
    """

    kind: str
    payer: str
    payee: int
    amount: int | tuple[str, int]
    odd: str = ""
    key: int | None = None


OLD_KEYS = st.one_of(*[st.none()] * 9, st.integers(0, 20))
# Whom to pick of those there are, counted back from the latest.
PICKS = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 5, 8, 13])
# Who asks; mostly whoever may.
WHO = st.sampled_from([""] * 12 + PEOPLE)

# All of what is left without saying how much, a share of it, or so much beside it.
Part = str | int | None
PARTS = st.sampled_from([None, None, "half", "half", 0, 0, 1, -1, 1_000_00])

RATES = st.builds(
    Rate,
    fixed=st.sampled_from([0, 0, 1, 2_50]),
    bps=st.sampled_from([0, 1, 50, 125, 333, 10_000]),
    least=st.sampled_from([0, 0, 7]),
    most=st.sampled_from([None, None, 7, 5_00]),
)

WISHES = st.builds(
    Wish,
    kind=st.sampled_from([SEND, SEND, SEND, SEND, SEND, PAY_IN, PAY_OUT, PAY_OUT]),
    payer=st.sampled_from(NAMES),
    payee=st.integers(0, 7),
    amount=AMOUNTS,
    odd=st.sampled_from([""] * 16 + ODDITIES),
    key=OLD_KEYS,
)


@dataclasses.dataclass(frozen=True)
class ReserveWish:
    """A direction for setting money aside; see `Wish`."""

    payer: str
    payee: int
    amount: int | tuple[str, int]
    hours: int
    odd: str = ""
    key: int | None = None


RESERVES = st.builds(
    ReserveWish,
    payer=st.sampled_from(NAMES),
    payee=st.integers(0, 7),
    amount=AMOUNTS,
    hours=st.sampled_from([1, 1, 6, 24, 24 * 7, 24 * 30, 24 * 30 + 1, 0]),
    odd=st.sampled_from([""] * 12 + ["stranger", "currency", "payee", "nobody", "itself"]),
    key=OLD_KEYS,
)


def fitted(world: World, wish: Wish, *, key: int) -> Ask:
    """The wish as a request, in this world."""
    purse = world.purses[wish.payer]
    cash = wish.kind in (PAY_IN, PAY_OUT)
    payee = _payee(world, purse, wish)
    return Ask(
        kind=wish.kind,
        who=_who(world, purse, wish, cash=cash),
        key=key,
        amount=amount_for(world, wish.amount, purse, payee),
        currency="USD" if wish.odd == "currency" else purse.currency,
        payer=None if wish.kind == PAY_IN else purse.name,
        payee=purse.name if wish.kind == PAY_IN else None if wish.kind == PAY_OUT else payee,
        slip=_slip(wish, key) if cash else None,
        fee_agreed=_agreed(world, wish, purse),
    )


def fitted_reserve(world: World, wish: ReserveWish, *, key: int) -> Reserve:
    """The wish as a request, in this world."""
    like = Wish(SEND, wish.payer, wish.payee, wish.amount, wish.odd)
    ask = fitted(world, like, key=key)
    return Reserve(
        who=ask.who,
        key=key,
        payer=str(ask.payer),
        payee=str(ask.payee),
        amount=ask.amount or 0,
        currency=str(ask.currency),
        seconds=wish.hours * 3600,
    )


def part_of(rest: int, part: Part) -> int | None:
    """How much of a rest is asked for; None says nothing and means all."""
    if part is None or isinstance(part, str):
        return None if part is None else max(rest // 2, 1)
    return max(rest + part, 1)


def _payee(world: World, purse: Purse, wish: Wish) -> str:
    if wish.odd == "itself":
        return purse.name
    if wish.odd == "nobody":
        return "nobody"
    others = [one for one in world.purses.values() if one.name != purse.name]
    if wish.odd != "payee":
        others = [one for one in others if one.currency == purse.currency]
    return others[wish.payee % len(others)].name


def _who(world: World, purse: Purse, wish: Wish, *, cash: bool) -> str:
    if wish.odd == "stranger":
        return PEOPLE[wish.payee % len(PEOPLE)]
    return "olga" if cash else payer_of(world, purse)


def payer_of(world: World, purse: Purse) -> str:
    """Somebody who may pay from it."""
    return next(one.name for one in world.people.values() if may_pay_from(one, purse))


def _slip(wish: Wish, key: int) -> str:
    """The bank's own number; now and then one that it used before."""
    return f"slip {key % 7}" if wish.payee == 0 else f"slip {key} new"


def _agreed(world: World, wish: Wish, purse: Purse) -> int | None:
    if wish.odd not in ("fee", "other fee"):
        return None
    rate = world.rates.get((purse.house, wish.kind, purse.currency))
    amount = amount_for(world, wish.amount, purse, purse.name)
    charged = rate is not None and purse.owner is not None
    right = terms.charge(rate, amount) if charged and rate else 0
    return right + (wish.odd == "other fee")


def amount_for(world: World, aim: int | tuple[str, int], purse: Purse, payee: str) -> int:
    """The amount an aim means here and now."""
    if isinstance(aim, int):
        return aim
    target, beside = aim
    found = _target(world, target, purse, payee)
    return max(found + beside, 1)


def _target(world: World, target: str, purse: Purse, payee: str) -> int:
    if target == "room":
        return _room(world, purse, payee)
    free = world.free(purse.pot)
    if target == "half":
        return free // 2
    cap = terms.cap_for(world, purse)
    if target == "free" or cap is None:
        return free
    day = world.houses[purse.house].day(world.now)
    if target == "day":
        return (cap.day if cap.day is not None else free) - terms.spent_on(world, purse.name, day)
    month = cap.month if cap.month is not None else free
    return month - terms.spent_in(world, purse.name, day)


def _room(world: World, purse: Purse, payee: str) -> int:
    """How much more the payer's house may owe the payee's."""
    there = world.purses[payee].house if payee in world.purses else purse.house
    pot = world.pots.get(("between", purse.house, there, purse.currency))
    return (pot.top or 0) - pot.amount if pot else world.free(purse.pot)
