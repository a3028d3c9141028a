"""Money of every kind, asked for, and what may stand in its way."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

from kernel.crypto import fingerprint
from tests.world import NOW, World
from wallets.choices import TransferKind
from wallets.models import Wallet
from wallets.services.cash import cash_request
from wallets.services.holds import capture_request, place_hold, void_hold
from wallets.services.references import unused_reference
from wallets.services.reversals import reversal_request
from wallets.services.terms import set_fee_schedule
from wallets.services.transfers import TransferRequest
from wallets.services.wallets import close_wallet, freeze_wallet
from wallets.tests.people import cash, moved, opened
from wallets.tests.test_holds import captured, wanted
from wallets.tests.test_reversals import given_back
from wallets.tests.test_terms import limit

ALICE, ACME, CHARLIE = 1_00_000_00, 5_00_000_00, 50_000_00

Situation = Callable[[World], TransferRequest]


def banking(
    world: World,
    kind: TransferKind,
    amount_minor: int,
    *,
    wallet: Wallet | str | None = None,
    currency: str = "INR",
    slip: str = "UTR-X",
    now: dt.datetime = NOW,
) -> TransferRequest:
    """Olga pays Alice in or out."""
    wallet = wallet or world.alice_wallet
    return cash_request(
        kind=kind,
        actor=world.actor(world.olga),
        wallet=wallet if isinstance(wallet, str) else wallet.handle,
        amount_minor=amount_minor,
        currency=currency,
        external_reference=slip,
        reference=unused_reference(),
        fingerprint=fingerprint("asked"),
        now=now,
    )


def pay_in(world: World, amount_minor: int = 250_00, **more: object) -> TransferRequest:
    return banking(world, TransferKind.DEPOSIT, amount_minor, **more)  # type: ignore[arg-type]


def pay_out(world: World, amount_minor: int = 250_00, **more: object) -> TransferRequest:
    return banking(world, TransferKind.WITHDRAWAL, amount_minor, **more)  # type: ignore[arg-type]


def taking(
    world: World,
    part_minor: int | None = None,
    *,
    final: bool = False,
    now: dt.datetime = NOW,
    taken_minor: int = 0,
    **held: object,
) -> TransferRequest:
    """Alice captures of the 1,000 rupees that she reserved for Acme."""
    hold = place_hold(wanted(world, **held))
    if taken_minor:
        moved(captured(world, hold, taken_minor))
    return capture_request(
        actor=world.actor(world.alice),
        hold_id=hold.hold_id,
        amount_minor=part_minor,
        final=final,
        reference=unused_reference(),
        fingerprint=fingerprint("asked"),
        now=now,
    )


def giving(
    world: World,
    amount_minor: int | None = None,
    *,
    given_minor: int = 0,
    inside: bool = False,
    spent: int = 0,
    now: dt.datetime = NOW,
) -> TransferRequest:
    """Charlie, or Alice for Acme, gives back of the 250 rupees that Alice paid."""
    giver = world.alice if inside else world.charlie
    wallet = world.acme_wallet if inside else world.charlie_wallet
    paid = moved(world.send(destination=wallet, amount_minor=250_00))
    if given_minor:
        moved(given_back(world, paid.id, given_minor, by=giver))
    if spent:
        moved(
            world.send(
                sender=giver, source=wallet, destination=world.alice_wallet, amount_minor=spent
            )
        )
    return undoing(world, paid.id, amount_minor, by=giver, now=now)


def undoing(
    world: World,
    transfer_id: uuid.UUID,
    amount_minor: int | None = None,
    *,
    by: object = None,
    now: dt.datetime = NOW,
) -> TransferRequest:
    return reversal_request(
        actor=world.actor(by or world.olga),  # type: ignore[arg-type]
        transfer_id=transfer_id,
        amount_minor=amount_minor,
        reference=unused_reference(),
        fingerprint=fingerprint("asked"),
        now=now,
    )


def charged(world: World, *kinds: TransferKind) -> World:
    """Acme's people pay three rupees and one percent."""
    for kind in kinds:
        set_fee_schedule(
            actor=world.actor(world.alice),
            organization_id=world.acme.id,
            kind=kind,
            currency="INR",
            fixed_minor=3_00,
            bps=100,
            floor_minor=0,
            ceiling_minor=None,
            now=NOW,
        )
    return world


def limited(world: World, *, day_minor: int, spent_minor: int = 0) -> World:
    limit(world, day_minor=day_minor, month_minor=day_minor * 2)
    if spent_minor:
        moved(world.send(amount_minor=spent_minor))
    return world


def beside_an_overdue_hold(world: World, amount_minor: int = ALICE) -> World:
    """It still stands on the account, and reserves nothing any more."""
    place_hold(wanted(world, key="overdue", amount_minor=amount_minor))
    return world


def stopped(world: World, wallet: Wallet, change: Callable[..., Wallet]) -> World:
    change(actor=world.actor(world.olga), wallet_id=wallet.id, reason="x", now=NOW)
    return world


def dollars(world: World) -> str:
    return opened(world, world.alice, currency="USD").handle


def emptied(world: World) -> World:
    """Acme's bank account has only what its own wallet does not."""
    moved(
        world.send(
            sender=world.charlie,
            source=world.charlie_wallet,
            destination=world.alice_wallet,
            amount_minor=1_000_00,
        )
    )
    moved(cash(world, "withdraw", world.acme_wallet, ACME))
    return world


def closed(world: World) -> World:
    moved(world.send(amount_minor=ALICE))
    return stopped(world, world.alice_wallet, close_wallet)


def frozen_after(world: World, asked: TransferRequest, wallet: Wallet) -> TransferRequest:
    stopped(world, wallet, freeze_wallet)
    return asked


def voided_after(world: World, asked: TransferRequest) -> TransferRequest:
    assert asked.hold is not None
    void_hold(actor=world.actor(world.alice), hold_id=asked.hold.hold_id, now=NOW)
    return asked


def of_cash(world: World, move: str) -> TransferRequest:
    return undoing(world, moved(cash(world, move, world.alice_wallet, 70_00)).id)
