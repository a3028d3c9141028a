"""Second stage, and the way of one wish through all three."""

from __future__ import annotations

from tests.oracle.model import asking, judging, terms
from tests.oracle.model.judging import Pages
from tests.oracle.model.state import Deed, Pot, PotName, Stroke, World
from tests.oracle.model.words import (
    DONE,
    FAILED,
    Answer,
    Ask,
    Denied,
    Label,
    Turned,
)


def settle_one(world: World, ask: Ask) -> Answer:
    """A wish whose name is known is answered as before; another wish under it is refused."""
    if ask.label in world.deeds:
        return again(world, ask)
    try:
        asking.check(world, ask)
    except Denied as denied:
        return Answer(denied.code)
    return move(world, ask)


def again(world: World, ask: Ask) -> Answer:
    deed = world.deeds[ask.label]
    if deed.body != ask.body:
        return Answer("idempotency_key_reused")
    return Answer(deed.code, deed.state, True, deed.amount, deed.fee)


def move(world: World, ask: Ask) -> Answer:
    try:
        pages = open_pages(world, ask)
        judging.expire(world, pots_met(world, ask, pages))
        judging.write(world, ask, pages)
    except Denied as denied:
        return keep(world, ask, FAILED, denied.code)
    return keep(world, ask, DONE, "", pages)


def open_pages(world: World, ask: Ask) -> Pages:
    """What would be written in which books, if they are open to this wish at all.

    A house that was stopped moves nothing, whatever stands in its books. Then the price: the payer
    agreed to one, and with another it is not the same wish any more. Then the way between houses:
    without a word from either of them there is none.

    :raises Denied: if one of these is against it.
    """
    houses = [world.purses[name].house for name in (ask.payer, ask.payee) if name]
    if not all(world.houses[house].running for house in houses):
        raise Denied("organization_inactive")
    if ask.undoes is not None:
        return _mirrored(world, ask)
    fee = _fee(world, ask)
    if ask.fee_agreed is not None and ask.fee_agreed != fee:
        raise Denied("fee_changed")
    pages = _pages(world, ask)
    if ask.payer and fee:
        purse = world.purses[ask.payer]
        pot = income(world, purse.house, purse.currency)
        pages[purse.house] += [Stroke(purse.pot, fee, True), Stroke(pot, fee, False)]
    return pages


def _fee(world: World, ask: Ask) -> int:
    """Of a taking, the share of what was set aside for it; of all else, the price of today."""
    if ask.pledge is None:
        return terms.fee(world, ask)
    return world.pledges[ask.pledge].share(ask.amount or 0)


def _pages(world: World, ask: Ask) -> Pages:
    amount, currency = ask.amount or 0, ask.currency or ""
    payer = world.purses[ask.payer] if ask.payer else None
    payee = world.purses[ask.payee] if ask.payee else None
    if payer and payee and payer.house != payee.house:
        ours = ("between", payer.house, payee.house, currency)
        theirs = ("between", payee.house, payer.house, currency)
        if ours not in world.pots or theirs not in world.pots:
            raise Denied("clearing_cap_exceeded")
        return {
            payer.house: [Stroke(payer.pot, amount, True), Stroke(ours, amount, False)],
            payee.house: [Stroke(theirs, amount, True), Stroke(payee.pot, amount, False)],
        }
    home = payer or payee
    assert home is not None
    bank = ("cash", home.house, currency)
    if not (payer and payee):
        cash(world, home.house, currency)
    debit = payer.pot if payer else bank
    credit = payee.pot if payee else bank
    return {home.house: [Stroke(debit, amount, True), Stroke(credit, amount, False)]}


def _mirrored(world: World, ask: Ask) -> Pages:
    """The original's strokes on their other sides: the giver's books first."""
    assert ask.undoes is not None
    original = world.deeds[ask.undoes]
    amount, fee = ask.amount or 0, ask.fee_back
    pages: Pages = {}
    for house, page in reversed(original.pages.items()):
        parts = zip(page, [amount, amount, fee, fee][: len(page)], strict=True)
        pages[house] = [Stroke(s.pot, part, not s.debit) for s, part in parts if part]
    return pages


def income(world: World, house: str, currency: str) -> PotName:
    """What a house earned; the pot exists as soon as the house has a price."""
    name = ("fees", house, currency)
    world.pots.setdefault(name, Pot(name, house, currency))
    return name


def cash(world: World, house: str, currency: str) -> None:
    """What a house has at its bank; the pot exists from the first wish that names it."""
    name = ("cash", house, currency)
    world.pots.setdefault(name, Pot(name, house, currency, owned=True, bottom=0))


def pots_met(world: World, ask: Ask, pages: Pages) -> set[PotName]:
    named = {world.purses[name].pot for name in (ask.payer, ask.payee) if name}
    return named | {stroke.pot for stroke in judging.strokes_of(pages)}


def keep(world: World, ask: Ask, state: str, code: str, pages: Pages | None = None) -> Answer:
    """Remember what became of a wish.

    :raises Turned: if its bank reference stands already: the bank moved that money once.
    """
    fee = 0
    if state == DONE:
        fee = ask.fee_back if ask.undoes else _charged(world, ask, pages or {})
        _claim_slip(world, ask)
    deed = Deed(
        label=ask.label,
        body=ask.body,
        kind=ask.kind,
        state=state,
        code=code,
        amount=ask.amount or 0,
        currency=ask.currency or "",
        payer=ask.payer,
        payee=ask.payee,
        fee=fee,
        at=world.now,
        slip=ask.slip,
        pledge=ask.pledge,
        undoes=ask.undoes,
        pages=pages or {},
    )
    world.deeds[ask.label] = deed
    if state == DONE and ask.undoes is not None:
        _count_back(world, ask.undoes, deed)
    return Answer(code, state, False, deed.amount, deed.fee)


def _charged(world: World, ask: Ask, pages: Pages) -> int:
    """What was written beside the amount in the payer's books."""
    page = pages[world.purses[ask.payer].house] if ask.payer else []
    return sum(stroke.amount for stroke in page[2:] if stroke.debit)


def _count_back(world: World, original: Label, deed: Deed) -> None:
    world.deeds[original].back += deed.amount
    world.deeds[original].fee_back += deed.fee
    terms.give_back(world, original, deed.amount)


def _claim_slip(world: World, ask: Ask) -> None:
    if ask.slip is None:
        return
    home = _home(world, ask)
    for deed in world.deeds.values():
        same = (deed.kind, deed.slip, deed.state) == (ask.kind, ask.slip, DONE)
        if same and world.purses[deed.payer or deed.payee or ""].house == home:
            raise Turned("external_reference_used")


def _home(world: World, ask: Ask) -> str:
    return world.purses[ask.payer or ask.payee or ""].house
