"""Third stage: the books themselves. May these strokes be written, one after another?

The order of refusals is from what is hardest to change to what is easiest: a shut period, then the
states of the pots (from the payer's side to the receiver's, as the strokes are written), then what
may still be undone, then the reservation a taking names, then whether the money suffices, and at
last the house's own limits, which are asked only of what the books would allow.
"""

from __future__ import annotations

from collections import Counter

from tests.oracle.model import terms
from tests.oracle.model.state import (
    CAPTURED,
    CLOSED,
    EXPIRED,
    FROZEN,
    OPEN,
    SUSPENDED,
    Pledge,
    Pot,
    PotName,
    Stroke,
    World,
)
from tests.oracle.model.words import MOST, TAKE, Ask, Denied

Pages = dict[str, list[Stroke]]


def write(world: World, ask: Ask, pages: Pages) -> None:
    """Write the strokes, unless something is against it; then nothing is written.

    :raises Denied: with the reason.
    """
    _check_pages(world, ask, pages)
    _check_undoing(world, ask)
    pledge = _pledge_for(world, ask)
    changes: Counter[PotName] = Counter()
    for stroke in strokes_of(pages):
        changes[stroke.pot] += change(world.pots[stroke.pot], stroke)
    for name, amount in changes.items():
        freed = _freed(world, ask, pledge, name)
        _check_amount(world, ask, world.pots[name], amount, freed)
    terms.check_limits(world, ask)
    _apply(world, ask, pages, pledge)


def strokes_of(pages: Pages) -> list[Stroke]:
    return [stroke for page in pages.values() for stroke in page]


def change(pot: Pot, stroke: Stroke) -> int:
    """What is owned grows by a debit, everything else by a credit."""
    return stroke.amount if stroke.debit == pot.owned else -stroke.amount


def expire(world: World, names: set[PotName]) -> None:
    """Reservations whose time is over end as soon as a movement meets their pot."""
    for pledge in list(world.pledges.values()):
        met = world.purses[pledge.payer].pot in names
        if met and pledge.state == OPEN and pledge.ends <= world.now:
            pledge.let_go(EXPIRED)


def _check_pages(world: World, ask: Ask, pages: Pages) -> None:
    for house, page in pages.items():
        shut = world.houses[house].shut_before
        if shut and world.now < shut:
            raise Denied("period_closed")
        for stroke in page:
            _check_state(ask, world, world.pots[stroke.pot], stroke)


def _check_state(ask: Ask, world: World, pot: Pot, stroke: Stroke) -> None:
    if pot.state == SUSPENDED:
        raise Denied(_of_wallet(ask, world, pot, "suspended"))
    if pot.state == CLOSED:
        raise Denied(_of_wallet(ask, world, pot, "closed"))
    if pot.state == FROZEN and change(pot, stroke) < 0:
        raise Denied(_of_wallet(ask, world, pot, "frozen"))


def _of_wallet(ask: Ask, world: World, pot: Pot, state: str) -> str:
    """A wallet's state is told by the wallet's place in the wish."""
    if ask.payer and world.purses[ask.payer].pot == pot.name:
        return f"source_wallet_{state}"
    if ask.payee and world.purses[ask.payee].pot == pot.name:
        return f"destination_wallet_{state}"
    return f"account_{state}"


def _check_undoing(world: World, ask: Ask) -> None:
    if ask.undoes is None:
        return
    original = world.deeds[ask.undoes]
    if original.back + (ask.amount or 0) > original.amount:
        raise Denied("reversal_exceeds_original")
    if original.fee_back + ask.fee_back > original.fee:
        raise Denied("reversal_exceeds_original")


def _pledge_for(world: World, ask: Ask) -> Pledge | None:
    if ask.kind != TAKE or ask.pledge is None:
        return None
    pledge = world.pledges[ask.pledge]
    if pledge.state != OPEN:
        raise Denied("hold_ended")
    if (ask.amount or 0) > pledge.rest:
        raise Denied("capture_exceeds_hold")
    return pledge


def _freed(world: World, ask: Ask, pledge: Pledge | None, name: PotName) -> int:
    """What stops being set aside when the taking stands."""
    if pledge is None or world.purses[pledge.payer].pot != name:
        return 0
    amount = ask.amount or 0
    return pledge.kept if ask.last else amount + pledge.share(amount)


def _check_amount(world: World, ask: Ask, pot: Pot, amount: int, freed: int) -> None:
    after, held = pot.amount + amount, world.held(pot.name) - freed
    if amount < 0 and pot.bottom is not None and after - held < pot.bottom:
        purse = pot.name[0] == "purse"
        raise Denied("insufficient_funds" if purse else "organization_cash_insufficient")
    if amount > 0 and pot.top is not None and after > pot.top:
        raise Denied("clearing_cap_exceeded")
    if abs(after) > MOST:
        raise Denied("balance_out_of_range")


def _apply(world: World, ask: Ask, pages: Pages, pledge: Pledge | None) -> None:
    if pledge is not None:
        pledge.taken += ask.amount or 0
        if ask.last:
            pledge.freed += pledge.rest
        if not pledge.rest:
            pledge.state = CAPTURED
    for stroke in strokes_of(pages):
        pot = world.pots[stroke.pot]
        pot.amount += change(pot, stroke)
        pot.lines += 1
    terms.count(world, ask)
