"""First stage: may this person ask for that, and does it make sense at all?

Nothing is remembered of what fails here: there is no wallet to remember it by, or none of this
person's. So it stands first: whoever may not ask must not learn, from the answer, anything about
balances, states or limits. Rights come before amounts for the same reason, and wallets are looked
at from the payer to the receiver, since only the payer's side owes the asker an explanation.
"""

from __future__ import annotations

from tests.oracle.model.state import Person, Purse, World
from tests.oracle.model.words import GIVE_BACK, MOST, PAY_IN, PAY_OUT, SEND, TAKE, Ask, Denied

OFFICERS = {"owner", "admin", "finance"}
HOLDERS = OFFICERS | {"member"}
READERS = OFFICERS | {"viewer"}
STAFF_ADMINS = {"staff admin"}
STAFF = STAFF_ADMINS | {"moderator"}

# What else there may be beyond wallets is written on the wish itself.
_CASH = (PAY_IN, PAY_OUT)


def check(world: World, ask: Ask) -> None:
    """Let a sensible wish pass.

    :raises Denied: with the reason, for any other.
    """
    person = world.people[ask.who]
    _allow_kind(person, ask)
    if not is_amount(ask.amount):
        raise Denied("invalid_amount")
    payer = _purse(world, ask.payer, "source_wallet_not_found")
    payee = _purse(world, ask.payee, "destination_wallet_not_found")
    if ask.kind == SEND and payer:
        _allow_paying(person, payer)
    if ask.kind == TAKE and payer and payee and not may_take(person, payer, payee):
        raise Denied("permission_denied")
    if ask.kind == GIVE_BACK and not may_give_back(person, payer, payee):
        raise Denied("permission_denied")
    if payer and payee and payer.name == payee.name:
        raise Denied("same_wallet")
    if any(end.currency != ask.currency for end in (payer, payee) if end):
        raise Denied("wallet_currency_mismatch")


def _allow_kind(person: Person, ask: Ask) -> None:
    if ask.kind in _CASH:
        allowed = person.role in STAFF_ADMINS
    elif ask.kind == GIVE_BACK:
        allowed = person.role in HOLDERS | STAFF_ADMINS
    else:
        allowed = person.role in HOLDERS
    if not allowed:
        raise Denied("permission_denied")


def is_amount(amount: object) -> bool:
    return isinstance(amount, int) and not isinstance(amount, bool) and 1 <= amount <= MOST


def _purse(world: World, name: str | None, missing: str) -> Purse | None:
    if name is None:
        return None
    if name not in world.purses:
        raise Denied(missing)
    return world.purses[name]


def _allow_paying(person: Person, purse: Purse) -> None:
    """A colleague who may look at a wallet hears a no; for anybody else there is no such wallet."""
    if may_pay_from(person, purse):
        return
    if person.house == purse.house and person.role in READERS:
        raise Denied("permission_denied")
    raise Denied("source_wallet_not_found")


def may_pay_from(person: Person, purse: Purse) -> bool:
    """One's own wallet, or, for officers, the house's own."""
    if person.house != purse.house:
        return False
    if purse.owner is None:
        return person.role in OFFICERS
    return purse.owner == person.name and person.role in HOLDERS


def may_take(person: Person, payer: Purse, payee: Purse) -> bool:
    """Whoever could pay, and inside one house also whoever the money was set aside for."""
    for_them = payer.house == payee.house and may_pay_from(person, payee)
    return for_them or may_pay_from(person, payer)


def may_let_go(person: Person, payer: Purse, payee: Purse) -> bool:
    """Whoever could take it; officers of the payer's house and staff, too: it moves nothing."""
    officer = person.house == payer.house and person.role in OFFICERS
    return officer or person.role in STAFF_ADMINS or may_take(person, payer, payee)


def may_give_back(person: Person, payer: Purse | None, payee: Purse | None) -> bool:
    """The holder who gives it back, officers of that house, staff; of cash only staff."""
    giver = payer or payee
    if giver is None or not (payer and payee):
        return person.role in STAFF_ADMINS
    officer = person.house == giver.house and person.role in OFFICERS
    return person.role in STAFF_ADMINS or officer or may_pay_from(person, giver)
