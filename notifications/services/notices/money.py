"""Who is told of money: the person whose wallet it is.

Wallets of the organization's own tell nobody of single payments: there can be thousands a day, and
the activity page, statements and webhooks show them. Payouts from them end days later, so those who
look after the money are told what came of each.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from accounts.choices import Role
from accounts.models import User
from events.consuming import Event
from kernel.transactions import needs_transaction
from notifications.services.notices.told import Told, id_in
from wallets.choices import TransferKind
from wallets.models import Transfer, Wallet

MOVED = "wallets.transfer.completed"
PAYOUTS = {
    "wallets.payout.completed": "payout_completed",
    "wallets.payout.failed": "payout_failed",
}
HOLDS = {"wallets.hold.placed": "hold_placed", "wallets.hold.voided": "hold_voided"}
EXPIRED = "ledger.hold.expired"
NAMES = frozenset({MOVED, EXPIRED, *PAYOUTS, *HOLDS})
MOST_TOLD = 20
_KEEPERS = (Role.OWNER, Role.FINANCE)

# A wallet's, or its account's, id and organization to its holder; None: the organization itself.
Holders = Mapping[tuple[uuid.UUID | None, uuid.UUID | None], uuid.UUID | None]
Keepers = Callable[[uuid.UUID | None], list[uuid.UUID]]


@needs_transaction
def of_money(events: Sequence[Event]) -> Iterator[Told]:
    """Who is told what of these events about transfers, payouts and holds. A few queries in all."""
    ours = [event for event in events if event.name in NAMES]
    if not ours:
        return
    holders, hidden = _holders(ours), _holds_of_payouts(ours)
    keepers = functools.cache(_keepers)
    for event in ours:
        if event.name == MOVED:
            yield from _moved(event, holders)
        elif event.name in PAYOUTS:
            yield from _paid_out(event, holders, keepers)
        elif event.subject_id not in hidden:
            yield from _held(event, holders)


def _moved(event: Event, holders: Holders) -> Iterator[Told]:
    """Each end's holder; somebody who holds both is told once."""
    if event.payload["kind"] == TransferKind.PAYOUT:
        return
    payer = holders.get((id_in(event, "source_wallet_id"), event.organization_id))
    payee = holders.get((id_in(event, "destination_wallet_id"), event.organization_id))
    if payer is not None and payer == payee:
        yield _told(event, payer, "money_moved")
        return
    if payer is not None:
        yield _told(event, payer, "money_sent")
    if payee is not None:
        yield _told(event, payee, "money_received")


def _paid_out(event: Event, holders: Holders, keepers: Keepers) -> Iterator[Told]:
    place = (id_in(event, "source_wallet_id"), event.organization_id)
    if place not in holders:
        return
    holder = holders[place]
    for user_id in [holder] if holder else keepers(event.organization_id):
        yield _told(event, user_id, PAYOUTS[event.name])


def _held(event: Event, holders: Holders) -> Iterator[Told]:
    field = "account_id" if event.name == EXPIRED else "source_wallet_id"
    holder = holders.get((id_in(event, field), event.organization_id))
    if holder is not None:
        placed = event.name == "wallets.hold.placed"
        amount = "amount_minor" if placed else "released_minor"
        yield _told(event, holder, HOLDS.get(event.name, "hold_expired"), amount=amount)


def _told(event: Event, user_id: uuid.UUID, kind: str, *, amount: str = "amount_minor") -> Told:
    return Told(
        user_id=user_id,
        event=event,
        kind=kind,
        subject_id=event.subject_id,
        amount_minor=event.payload[amount],
        currency=event.payload["currency"],
        detail=event.payload.get("kind", ""),
    )


@needs_transaction
def _holders(events: Iterable[Event]) -> Holders:
    fields = ("source_wallet_id", "destination_wallet_id", "account_id")
    ids = (id_in(event, field) for event in events for field in fields)
    named = {one for one in ids if one is not None}
    wallets = Wallet.objects.filter(id__in=named) | Wallet.objects.filter(account_id__in=named)
    found: dict[tuple[uuid.UUID | None, uuid.UUID | None], uuid.UUID | None] = {}
    for wallet in wallets.order_by():
        found[wallet.id, wallet.organization_id] = wallet.owner_id
        found[wallet.account_id, wallet.organization_id] = wallet.owner_id
    return found


@needs_transaction
def _holds_of_payouts(events: Iterable[Event]) -> frozenset[uuid.UUID | None]:
    """Holds that are a payout's own: of that one is told, once, what came of it."""
    told = [event.subject_id for event in events if event.name in (EXPIRED, *HOLDS)]
    holds = [hold for hold in told if hold is not None]
    if not holds:
        return frozenset()
    payouts = Transfer.objects.filter(hold_id__in=holds, kind=TransferKind.PAYOUT)
    return frozenset(payouts.order_by().values_list("hold_id", flat=True))


@needs_transaction
def _keepers(organization_id: uuid.UUID | None) -> list[uuid.UUID]:
    people = User.objects.filter(
        organization__isnull=False, organization=organization_id, role__in=_KEEPERS, is_active=True
    )
    return list(people.order_by("id").values_list("id", flat=True)[:MOST_TOLD])
