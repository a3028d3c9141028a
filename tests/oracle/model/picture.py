"""The state as plain values, for laying beside the product's."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from tests.oracle.model import terms
from tests.oracle.model.keeping import dated_strokes
from tests.oracle.model.state import PotName, World
from tests.oracle.model.words import Label

# For each pot: what stands in it, what of that is set aside, how many lines it has, its state.
Pots = dict[PotName, tuple[int, int, int, str]]
# For each reservation: its state, amount, what was taken, what was let go; its fee, and what was
# taken of that.
Pledges = dict[Label, tuple[str, int, int, int, int, int]]
# For each wish that is remembered: kind, state, code, amount, fee, what was given back.
Deeds = dict[Label, tuple[str, str, str, int, int, int]]
# For each house and currency: debits and credits of every pot that is not empty.
Trial = dict[tuple[str, str], dict[PotName, tuple[int, int]]]

# For each purse that ever spent: a day and what it spent then, a month and what it spent then.
Usage = dict[str, tuple[object, int, object, int]]

# For each shut stretch, by house and last day, what every pot that is not empty showed over it.
Stretches = dict[tuple[str, dt.date], dict[PotName, tuple[int, int, int, int]]]


def shut_stretches(world: World) -> Stretches:
    return {(one.house, one.last_day): one.rows for one in world.periods if one.shut}


def pots(world: World) -> Pots:
    """Every pot on which anything was ever written, and every wallet."""
    return {
        name: (pot.amount, world.held(name), pot.lines, pot.state)
        for name, pot in world.pots.items()
        if pot.lines or name[0] == "purse"
    }


def tops(world: World) -> dict[PotName, int]:
    """How far the positions between houses may go."""
    return {name: pot.top for name, pot in world.pots.items() if pot.top is not None}


def pledges(world: World) -> Pledges:
    return {
        label: (one.state, one.amount, one.taken, one.freed, one.fee, one.fee_taken)
        for label, one in world.pledges.items()
    }


def deeds(world: World) -> Deeds:
    return {
        label: (deed.kind, deed.state, deed.code, deed.amount, deed.fee, deed.back)
        for label, deed in world.deeds.items()
    }


def trial_balance(world: World, moment: dt.datetime | None = None) -> Trial:
    """Summed from the strokes of all that was done, not from what stands in the pots.

    :param moment: only what counted by then.
    """
    net: Counter[PotName] = Counter()
    for stroke, at in dated_strokes(world):
        if moment is None or at <= moment:
            net[stroke.pot] += stroke.amount if stroke.debit else -stroke.amount
    found: Trial = {}
    for name, amount in net.items():
        pot = world.pots[name]
        if amount:
            sides = (amount, 0) if amount > 0 else (0, -amount)
            found.setdefault((pot.house, pot.currency), {})[name] = sides
    return found


def usage(world: World) -> Usage:
    """For each purse the last day on which it spent, and what it spent then and in that month."""
    last: dict[str, dt.date] = {}
    for spending in world.spendings:
        last[spending.purse] = max(spending.day, last.get(spending.purse, spending.day))
    return {
        purse: (
            day,
            terms.spent_on(world, purse, day),
            day.replace(day=1),
            terms.spent_in(world, purse, day),
        )
        for purse, day in last.items()
    }
