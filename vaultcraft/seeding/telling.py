"""Letting the month of the demo world happen, one day's payments after another."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from accounts.actors import api_key_actor
from kernel.actor import Actor, Door
from kernel.crypto import fingerprint
from vaultcraft.seeding.cast import CASHIER, FINANCE_OF
from vaultcraft.seeding.holdings import WALLETS
from vaultcraft.seeding.journal import request_id_of
from vaultcraft.seeding.keys import working_key
from vaultcraft.seeding.reservations import AGREEMENTS, Agreement
from vaultcraft.seeding.reserving import keep, reference_for
from vaultcraft.seeding.stage import Stage, organization_of
from vaultcraft.seeding.story import (
    CashMovement,
    Chapter,
    Payment,
    StateChange,
    place_in_time,
    story,
)
from wallets.services.cash import deposit, withdraw
from wallets.services.transfers import TransferRequest, execute_transfers
from wallets.services.wallets import close_wallet, freeze_wallet


def tell(stage: Stage) -> None:
    """Do what is still missing of the story, in its order.

    Payments of one day that follow each other are one batch, so a killed seeding leaves whole days
    and whole runs behind, never half of one.
    """
    told = sorted([*story(), *AGREEMENTS], key=lambda chapter: place_in_time(chapter.at))
    missing = [chapter for chapter in told if not stage.journal.knows(chapter.step)]
    for chapters in _scenes(missing):
        first = chapters[0]
        if isinstance(first, StateChange):
            _change_state(stage, first)
        elif isinstance(first, CashMovement):
            _move_cash(stage, first)
        elif not isinstance(first, Payment):
            keep(stage, first)
        else:
            _pay(stage, [payment for payment in chapters if isinstance(payment, Payment)])


def _scenes(chapters: Sequence[Chapter | Agreement]) -> Iterator[list[Chapter | Agreement]]:
    for _, scene in itertools.groupby(chapters, key=_scene_of):
        yield list(scene)


def _scene_of(chapter: Chapter | Agreement) -> tuple[object, ...]:
    if isinstance(chapter, Payment):
        return (chapter.at.day, chapter.run)
    return (chapter.step,)


def _pay(stage: Stage, payments: Sequence[Payment]) -> None:
    requests = [_request(stage, payment) for payment in payments]
    outcomes = execute_transfers(requests, all_or_nothing=bool(payments[0].run))
    for payment, outcome in zip(payments, outcomes, strict=True):
        if outcome.transfer is None:  # refused before it could be recorded: the story is wrong
            assert outcome.error is not None
            raise outcome.error
        stage.journal.note(payment.step, outcome.transfer.id)


def _request(stage: Stage, payment: Payment) -> TransferRequest:
    currency = WALLETS[payment.payer].currency
    amount_minor = payment.amount_minor
    description = payment.description.format(month=stage.calendar.month(payment.at))
    return TransferRequest(
        actor=_payer_actor(stage, payment),
        source=stage.wallet(payment.payer).handle,
        destination=stage.wallet(payment.payee).handle,
        amount_minor=amount_minor,
        currency=currency,
        description=description,
        metadata={"payroll_run": payment.run} if payment.run else {},
        reference=reference_for(payment.step),
        fingerprint=fingerprint(payment.payer, payment.payee, str(amount_minor), currency),
        now=stage.calendar.at(payment.at),
    )


def _payer_actor(stage: Stage, payment: Payment) -> Actor:
    """Runs are paid by the organization's program with its API key, the rest by people."""
    if not payment.run:
        return stage.holder_actor(payment.payer, step=payment.step)
    key = working_key(stage, organization_of(payment.payer))
    return api_key_actor(key=key, door=Door.COMMAND, request_id=request_id_of(payment.step))


def _move_cash(stage: Stage, movement: CashMovement) -> None:
    move = deposit if movement.deposit else withdraw
    wallet, amount_minor = movement.wallet, movement.amount_minor
    outcome = move(
        actor=stage.actor(CASHIER, step=movement.step),
        wallet=stage.wallet(wallet).handle,
        amount_minor=amount_minor,
        currency=WALLETS[wallet].currency,
        external_reference=movement.external_reference,
        description=movement.description,
        reference=reference_for(movement.step),
        fingerprint=fingerprint(wallet, str(amount_minor), movement.external_reference),
        now=stage.calendar.at(movement.at),
    )
    if outcome.transfer is None:
        assert outcome.error is not None
        raise outcome.error
    stage.journal.note(movement.step, outcome.transfer.id)


def _change_state(stage: Stage, change: StateChange) -> None:
    move = {"freeze": freeze_wallet, "close": close_wallet}[change.verb]
    wallet = move(
        actor=stage.actor(FINANCE_OF[organization_of(change.wallet)], step=change.step),
        wallet_id=stage.wallet(change.wallet).id,
        reason=change.reason,
        now=stage.calendar.at(change.at),
    )
    stage.journal.note(change.step, wallet.id)
