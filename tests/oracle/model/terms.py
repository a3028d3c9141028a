"""What paying costs, and how much one may spend: a house's own terms. Both concern people only."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

from tests.oracle.model.state import Cap, Purse, Rate, Spending, World
from tests.oracle.model.words import PAY_OUT, SEND, TAKE, Ask, Denied, Label

CHARGED = (SEND, TAKE, PAY_OUT)


def fee(world: World, ask: Ask) -> int:
    """What this wish costs its payer, on top of the amount."""
    rate = rate_for(world, ask)
    return charge(rate, ask.amount or 0) if rate else 0


def rate_for(world: World, ask: Ask) -> Rate | None:
    if ask.payer is None or ask.kind not in CHARGED:
        return None
    payer = world.purses[ask.payer]
    if payer.owner is None:
        return None
    return world.rates.get((payer.house, ask.kind, payer.currency))


def charge(rate: Rate, amount: int) -> int:
    """Fixed plus hundredths of a percent, halves rounded up, then brought within its bounds."""
    share = Fraction(amount * rate.bps, 10_000)
    whole = share.numerator // share.denominator
    rounded = whole + (share - whole >= Fraction(1, 2))
    bounded = max(rate.fixed + rounded, rate.least)
    return bounded if rate.most is None else min(bounded, rate.most)


def cap_for(world: World, purse: Purse) -> Cap | None:
    """The house's own rule, or the one for everybody."""
    if purse.owner is None:
        return None
    own = world.caps.get((purse.house, purse.kind, purse.currency))
    return own or world.caps.get((None, purse.kind, purse.currency))


def spent_on(world: World, purse: str, day: dt.date) -> int:
    return sum(s.amount for s in world.spendings if s.purse == purse and s.day == day)


def spent_in(world: World, purse: str, month: dt.date) -> int:
    spendings = (s for s in world.spendings if s.purse == purse)
    return sum(s.amount for s in spendings if s.day.replace(day=1) == month.replace(day=1))


def check_limits(world: World, ask: Ask) -> None:
    """The day is looked at before the month, since it is the one that ends sooner.

    :raises Denied: if the purse would spend more than its rule allows.
    """
    if ask.payer is None or ask.kind not in CHARGED:
        return
    purse = world.purses[ask.payer]
    cap = cap_for(world, purse)
    if cap is None:
        return
    day, amount = world.houses[purse.house].day(world.now), ask.amount or 0
    if cap.day is not None and spent_on(world, purse.name, day) + amount > cap.day:
        raise Denied("daily_limit_exceeded")
    if cap.month is not None and spent_in(world, purse.name, day) + amount > cap.month:
        raise Denied("monthly_limit_exceeded")


def count(world: World, ask: Ask) -> None:
    """Remember that this was spent, where a rule counts it."""
    if ask.payer is None or ask.kind not in CHARGED:
        return
    purse = world.purses[ask.payer]
    if cap_for(world, purse):
        day = world.houses[purse.house].day(world.now)
        world.spendings.append(Spending(purse.name, day, ask.amount or 0, ask.label))


def give_back(world: World, original: Label, amount: int) -> None:
    """What was spent is free again, in the window in which it was spent."""
    for spending in world.spendings:
        if spending.deed == original:
            spending.amount -= amount
