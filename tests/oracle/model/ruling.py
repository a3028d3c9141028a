"""Everything that is not moving money: wallets stopped and ended, houses stopped, promises made.

Rights come first, then whether the thing exists for the asker, then whether the state allows it.
"""

from __future__ import annotations

from tests.oracle.model.asking import OFFICERS, STAFF, STAFF_ADMINS
from tests.oracle.model.state import (
    ACTIVE,
    CLOSED,
    FROZEN,
    SUSPENDED,
    Cap,
    Person,
    Pot,
    Rate,
    World,
)
from tests.oracle.model.words import MOST, Denied

# Who may bring a wallet into a state.
_RIGHTS = {
    FROZEN: OFFICERS | STAFF,
    ACTIVE: OFFICERS | STAFF_ADMINS,
    SUSPENDED: STAFF_ADMINS,
    CLOSED: OFFICERS | STAFF_ADMINS,
}
_WAYS = {
    ACTIVE: {FROZEN, SUSPENDED, CLOSED},
    FROZEN: {ACTIVE, SUSPENDED, CLOSED},
    SUSPENDED: {ACTIVE, FROZEN},
    CLOSED: set(),
}


def rule(world: World, who: str, purse: str, wanted: str) -> str:
    """Bring a wallet into a state; the code of the refusal, or nothing."""
    try:
        _rule(world, world.people[who], purse, wanted)
    except Denied as denied:
        return denied.code
    return ""


def _rule(world: World, person: Person, purse: str, wanted: str) -> None:
    if person.role not in _RIGHTS[wanted]:
        raise Denied("permission_denied")
    platform = person.role in STAFF
    if not platform and world.purses[purse].house != person.house:
        raise Denied("wallet_not_found")
    pot = world.pot_of(purse)
    if pot.state == SUSPENDED and person.role not in STAFF_ADMINS:
        raise Denied("permission_denied")
    if pot.stopped_by_platform and not platform:
        raise Denied("stopped_by_platform")
    if wanted not in _WAYS[pot.state] and not _takes_over(pot, wanted, platform):
        raise Denied("state_conflict")
    if wanted == CLOSED and (pot.amount or world.held(pot.name)):
        raise Denied("account_not_empty")
    pot.state = wanted
    pot.stopped_by_platform = platform and wanted != ACTIVE


def _takes_over(pot: Pot, wanted: str, platform: bool) -> bool:
    """The platform may make a house's stop its own."""
    ours = platform and not pot.stopped_by_platform
    return ours and pot.state == wanted and wanted in (FROZEN, SUSPENDED)


def stop_house(world: World, house: str, *, running: bool) -> str:
    """Let a house move money, or stop it; only from the other state."""
    if world.houses[house].running == running:
        return "illegal_organization_status"
    world.houses[house].running = running
    return ""


def promise(world: World, house: str, other: str, currency: str, amount: int) -> str:
    """Say how much may be owed between two houses; the smaller word of the two counts.

    A word below what is owed already is refused: it would be broken as it is given.
    """
    pots = [("between", house, other, currency), ("between", other, house, currency)]
    words = world.houses[house].promised | {(other, currency): amount}
    top = min(words[other, currency], world.houses[other].promised.get((house, currency), 0))
    if any(name in world.pots and world.pots[name].amount > top for name in pots):
        return "cap_below_position"
    world.houses[house].promised = words
    world.pots.setdefault(pots[0], Pot(pots[0], house, currency, top=0))
    for name in pots:
        if name in world.pots:
            world.pots[name].top = top
    return ""


def price(world: World, house: str, kind: str, currency: str, rate: Rate) -> str:
    """Say what one kind of wish costs."""
    world.rates[house, kind, currency] = rate
    name = ("fees", house, currency)
    world.pots.setdefault(name, Pot(name, house, currency))
    return ""


def limit(world: World, house: str | None, kind: str, currency: str, cap: Cap) -> str:
    """Say how much wallets of a kind may spend."""
    if any(value is not None and not 0 <= value <= MOST for value in (cap.day, cap.month)):
        return "terms_invalid"
    if cap.day is not None and cap.month is not None and cap.month < cap.day:
        return "terms_invalid"
    world.caps[house, kind, currency] = cap
    return ""
