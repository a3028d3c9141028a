"""Doors with a look of their own before the wish is settled: taking, giving back, setting aside.

Each begins with what the asker may see at all: of what is hidden, the answer is that there is no
such thing, and nothing more.
"""

from __future__ import annotations

import datetime as dt

from tests.oracle.model import terms
from tests.oracle.model.asking import (
    HOLDERS,
    READERS,
    STAFF,
    is_amount,
    may_let_go,
    may_pay_from,
)
from tests.oracle.model.bank import forecast, settle
from tests.oracle.model.judging import expire
from tests.oracle.model.state import (
    ACTIVE,
    CLOSED,
    OPEN,
    VOIDED,
    Deed,
    Person,
    Pledge,
    Purse,
    World,
)
from tests.oracle.model.words import (
    DONE,
    GIVE_BACK,
    TAKE,
    Answer,
    Ask,
    Denied,
    Foretold,
    Giving,
    Label,
    Reserve,
    Taking,
)

LONGEST = dt.timedelta(days=30)


def take(world: World, wish: Taking) -> Answer:
    """Pay what was set aside to whom it was set aside for; without an amount, all that is left."""
    return _settled(world, wish)


def give_back(world: World, wish: Giving) -> Answer:
    """Give back what was done; without an amount all that is left. With the last goes the fee."""
    return _settled(world, wish)


def foretell(world: World, wish: Taking | Giving) -> Foretold:
    """What taking or giving back would be answered now; nothing is left."""
    try:
        ask = _asked(world, wish)
    except Denied as denied:
        return Foretold(denied.code)
    return forecast(world, [ask])[0]


def _settled(world: World, wish: Taking | Giving) -> Answer:
    try:
        ask = _asked(world, wish)
    except Denied as denied:
        return Answer(denied.code)
    return settle(world, [ask])[0]


def _asked(world: World, wish: Taking | Giving) -> Ask:
    return _taking(world, wish) if isinstance(wish, Taking) else _giving(world, wish)


def _taking(world: World, wish: Taking) -> Ask:
    found = world.pledges.get(wish.pledge)
    if found is None or not _sees_pledge(world, world.people[wish.who], found):
        raise Denied("wallet_hold_not_found")
    # Of nothing left all is asked for, and refused: that the reservation ended is remembered.
    return Ask(
        TAKE,
        wish.who,
        wish.key,
        found.rest or found.amount if wish.amount is None else wish.amount,
        world.purses[found.payer].currency,
        payer=found.payer,
        payee=found.payee,
        pledge=wish.pledge,
        last=wish.last,
        said=wish.body,
    )


def _giving(world: World, wish: Giving) -> Ask:
    """With the last goes the fee, which is the payer's house's: another house leaves it."""
    found = world.deeds.get(wish.deed)
    if found is None or not _sees_deed(world, world.people[wish.who], found):
        raise Denied("transfer_not_found")
    if found.kind == GIVE_BACK:
        raise Denied("reversal_of_reversal")
    if not found.done:
        raise Denied("transfer_not_completed")
    rest = found.amount - found.back or found.amount
    return Ask(
        GIVE_BACK,
        wish.who,
        wish.key,
        rest if wish.amount is None else wish.amount,
        found.currency,
        payer=found.payee,
        payee=found.payer,
        undoes=wish.deed,
        fee_back=_fee_back(world, wish, found) if wish.amount in (None, rest) else 0,
        said=wish.body,
    )


def _fee_back(world: World, wish: Giving, found: Deed) -> int:
    person, payer = world.people[wish.who], found.payer
    spends_it = payer and person.house == world.purses[payer].house
    return found.fee - found.fee_back if spends_it or person.role in STAFF else 0


def reserve(world: World, wish: Reserve) -> Answer:
    """Set money aside; a refusal leaves nothing behind, not even its name.

    A name that is known is looked for in the payer's books, so the payer is looked at first.
    """
    trial = world.trial()
    try:
        answer = _reserve(trial, wish)
    except Denied as denied:
        return Answer(denied.code)
    world.become(trial)
    return answer


def _reserve(world: World, wish: Reserve) -> Answer:
    person, payer = world.people[wish.who], world.purses.get(wish.payer)
    if person.role not in HOLDERS:
        raise Denied("permission_denied")
    if not is_amount(wish.amount):
        raise Denied("invalid_amount")
    if payer is None or not may_pay_from(person, payer):
        seen = payer and payer.house == person.house and person.role in READERS
        raise Denied("permission_denied" if seen else "source_wallet_not_found")
    known = world.pledges.get(wish.label)
    if known is not None:
        if known.body != wish.body:
            raise Denied("idempotency_key_reused")
        return Answer("", known.state, True, known.amount, known.fee)
    fee = _check_reserving(world, wish, payer)
    ends = world.now + dt.timedelta(seconds=wish.seconds)
    pledge = Pledge(wish.label, wish.body, wish.payer, wish.payee, wish.amount, ends, fee)
    world.pledges[wish.label] = pledge
    return Answer("", OPEN, False, wish.amount, fee)


def _check_reserving(world: World, wish: Reserve, payer: Purse) -> int:
    """The receiver and the currency, then the time, then the books, as for any payment.

    What taking it will cost has to be there, too: that is the answer.
    """
    _check_receiver(world, wish, payer)
    if not world.houses[payer.house].running:
        raise Denied("organization_inactive")
    pot = world.pot_of(payer.name)
    if pot.state != ACTIVE:
        raise Denied(f"source_wallet_{pot.state.lower()}")
    expire(world, {pot.name})
    fee = terms.fee(world, Ask(TAKE, *wish.label, wish.amount, wish.currency, payer=wish.payer))
    if wish.amount + fee > world.free(pot.name):
        raise Denied("insufficient_funds")
    return fee


def _check_receiver(world: World, wish: Reserve, payer: Purse) -> None:
    payee = world.purses.get(wish.payee)
    if payee is None:
        raise Denied("destination_wallet_not_found")
    if payee.name == payer.name:
        raise Denied("same_wallet")
    if not payer.currency == payee.currency == wish.currency:
        raise Denied("wallet_currency_mismatch")
    if not 0 < wish.seconds <= LONGEST.total_seconds():
        raise Denied("hold_expiry_invalid")
    if world.pot_of(payee.name).state == CLOSED:
        raise Denied("destination_wallet_closed")


def void(world: World, *, who: str, pledge: Label) -> str:
    """Let what is left of a reservation go; once more is no harm."""
    person, found = world.people[who], world.pledges.get(pledge)
    if found is None or not _sees_pledge(world, person, found):
        return "wallet_hold_not_found"
    if not may_let_go(person, world.purses[found.payer], world.purses[found.payee]):
        return "permission_denied"
    if found.state == VOIDED:
        return ""
    if found.state != OPEN or found.ends <= world.now:
        return "hold_ended"
    found.let_go(VOIDED)
    return ""


def reap(world: World) -> None:
    """End every reservation whose time is over."""
    expire(world, {purse.pot for purse in world.purses.values()})


def _sees_pledge(world: World, person: Person, pledge: Pledge) -> bool:
    """It belongs to the payer's house; the receiver's side of another house never sees it."""
    payer, payee = world.purses[pledge.payer], world.purses[pledge.payee]
    if person.role in STAFF:
        return True
    if person.house != payer.house:
        return False
    return person.role in READERS or person.name in (payer.owner, payee.owner)


def _sees_deed(world: World, person: Person, deed: Deed) -> bool:
    """What was refused is the asking side's business alone."""
    if person.role in STAFF:
        return True
    payer = world.purses[deed.payer] if deed.payer else None
    payee = world.purses[deed.payee] if deed.payee else None
    home, other = payer or payee, payee
    assert home is not None
    if person.role in READERS:
        theirs = other is not None and other.house == person.house and deed.state == DONE
        return home.house == person.house or theirs
    if payer and payer.owner == person.name:
        return True
    received = payee is not None and payee.owner == person.name and deed.state == DONE
    return received or deed.label[0] == person.name
