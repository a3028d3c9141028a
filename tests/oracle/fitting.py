"""Wishes made into requests: what a direction means in the world as it is now."""

from __future__ import annotations

from tests.oracle.model import terms
from tests.oracle.model.asking import may_pay_from
from tests.oracle.model.state import OPEN, Purse, World
from tests.oracle.model.words import PAY_IN, PAY_OUT, TAKE, Ask, Reserve
from tests.oracle.wishing import (
    ALL,
    DAY,
    EDGE,
    FREE,
    HALF,
    MONTH,
    PEOPLE,
    RESERVED,
    ROOM,
    Aim,
    Part,
    ReserveWish,
    Wish,
)


def fitted(world: World, wish: Wish, *, key: int) -> Ask:
    """The wish as a request, in this world."""
    purse = _payer(world, wish)
    cash = wish.kind in (PAY_IN, PAY_OUT)
    payee = _payee(world, purse, wish)
    amount = amount_for(world, wish, purse, payee)
    return Ask(
        kind=wish.kind,
        who=_who(world, purse, wish, cash=cash),
        key=key,
        amount=amount,
        currency="USD" if wish.odd == "currency" else purse.currency,
        payer=None if wish.kind == PAY_IN else purse.name,
        payee=purse.name if wish.kind == PAY_IN else None if wish.kind == PAY_OUT else payee,
        slip=_slip(wish, key) if cash else None,
        fee_agreed=_agreed(world, wish, purse, amount),
    )


def fitted_reserve(world: World, wish: ReserveWish, *, key: int) -> Reserve:
    """The wish as a request, in this world."""
    ask = fitted(world, Wish(TAKE, wish.payer, wish.payee, wish.amount, wish.odd), key=key)
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


def payer_of(world: World, purse: Purse) -> str:
    """Somebody who may pay from it."""
    return next(one.name for one in world.people.values() if may_pay_from(one, purse))


def _payer(world: World, wish: Wish) -> Purse:
    if wish.payer != RESERVED:
        return world.purses[wish.payer]
    standing = [one.payer for one in world.pledges.values() if one.state == OPEN]
    return world.purses[standing[-1] if standing else "acme"]


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


def _slip(wish: Wish, key: int) -> str:
    """The bank's own number; now and then one that it used before."""
    return f"slip {key % 7}" if wish.payee == 0 else f"slip {key} new"


def _agreed(world: World, wish: Wish, purse: Purse, amount: int) -> int | None:
    if wish.odd not in ("fee", "other fee"):
        return None
    return _fee(world, purse, wish.kind, amount) + (wish.odd == "other fee")


def _fee(world: World, purse: Purse, kind: str, amount: int) -> int:
    rate = world.rates.get((purse.house, kind, purse.currency))
    return terms.charge(rate, amount) if rate and purse.owner else 0


def amount_for(world: World, wish: Wish, purse: Purse, payee: str) -> int:
    """The amount an aim means here and now."""
    aim: Aim = wish.amount
    if isinstance(aim, int):
        return aim
    target, beside = aim
    targets = {
        FREE: _affordable(world, purse, wish.kind, world.free(purse.pot)),
        ALL: _affordable(world, purse, wish.kind, world.pots[purse.pot].amount),
        HALF: world.free(purse.pot) // 2,
        **_limits(world, purse),
        **_room(world, purse, payee),
    }
    targets[EDGE] = min(targets[name] for name in (FREE, DAY, MONTH, ROOM) if name in targets)
    return max(targets.get(target, targets[EDGE]) + beside, 1)


def _affordable(world: World, purse: Purse, kind: str, money: int) -> int:
    """The largest amount that this much money pays together with its fee."""
    amount = max(money - _fee(world, purse, kind, money), 0)
    while amount + 1 + _fee(world, purse, kind, amount + 1) <= money:
        step = max((money - amount - _fee(world, purse, kind, amount)) // 3, 1)
        amount += step if amount + step + _fee(world, purse, kind, amount + step) <= money else 1
    return amount


def _limits(world: World, purse: Purse) -> dict[str, int]:
    cap, found = terms.cap_for(world, purse), {}
    day = world.houses[purse.house].day(world.now)
    if cap and cap.day is not None:
        found[DAY] = cap.day - terms.spent_on(world, purse.name, day)
    if cap and cap.month is not None:
        found[MONTH] = cap.month - terms.spent_in(world, purse.name, day)
    return found


def _room(world: World, purse: Purse, payee: str) -> dict[str, int]:
    """How much more the payer's house may owe the payee's."""
    there = world.purses[payee].house if payee in world.purses else purse.house
    pot = world.pots.get(("between", purse.house, there, purse.currency))
    return {ROOM: (pot.top or 0) - pot.amount} if pot else {}
