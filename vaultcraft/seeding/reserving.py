"""Letting the agreements of the demo world happen: fees, holds, captures, money given back."""

from __future__ import annotations

import datetime as dt

from kernel.crypto import fingerprint
from vaultcraft.seeding.cast import CASHIER, FINANCE_OF
from vaultcraft.seeding.holdings import WALLETS
from vaultcraft.seeding.journal import program
from vaultcraft.seeding.reservations import (
    AGREEMENTS,
    Agreement,
    Limiting,
    Pricing,
    Refund,
    Reservation,
    Taking,
)
from vaultcraft.seeding.stage import Stage
from wallets.services.holds import HoldRequest, capture_hold, place_hold, void_hold
from wallets.services.references import reference_of
from wallets.services.reversals import reverse_transfer
from wallets.services.terms import set_fee_schedule, set_limit_rule
from wallets.services.transfers import TransferOutcome

_ROUTE = "seed"
_PAYER_OF = {one.step: one.payer for one in AGREEMENTS if isinstance(one, Reservation)}


def reference_for(step: str) -> bytes:
    """Under the program's name: a key that is issued again must not make a payment new."""
    return reference_of(actor=program(step), route=_ROUTE, key=step)


def keep(stage: Stage, agreement: Agreement) -> None:
    """Do one of them, and note it."""
    if isinstance(agreement, Pricing):
        _price(stage, agreement)
    elif isinstance(agreement, Limiting):
        _limit(stage, agreement)
    elif isinstance(agreement, Reservation):
        _reserve(stage, agreement)
    elif isinstance(agreement, Refund):
        _refund(stage, agreement)
    elif agreement.amount_minor is None:
        _void(stage, agreement)
    else:
        _capture(stage, agreement)


def _price(stage: Stage, plan: Pricing) -> None:
    schedule = set_fee_schedule(
        actor=stage.actor(FINANCE_OF[plan.organization], step=plan.step),
        organization_id=stage.organization_id(plan.organization),
        kind=plan.kind,
        currency=plan.currency,
        fixed_minor=plan.fixed_minor,
        bps=plan.bps,
        floor_minor=plan.floor_minor,
        ceiling_minor=plan.ceiling_minor,
        now=stage.calendar.at(plan.at),
    )
    stage.journal.note(plan.step, schedule.id)


def _limit(stage: Stage, plan: Limiting) -> None:
    rule = set_limit_rule(
        actor=stage.actor(CASHIER, step=plan.step),
        organization_id=stage.organization_id(plan.organization),
        wallet_kind=plan.wallet_kind,
        currency=plan.currency,
        day_minor=plan.day_minor,
        month_minor=plan.month_minor,
        now=stage.calendar.at(plan.at),
    )
    stage.journal.note(plan.step, rule.id)


def _reserve(stage: Stage, plan: Reservation) -> None:
    now = stage.calendar.at(plan.at)
    currency = WALLETS[plan.payer].currency
    hold = place_hold(
        HoldRequest(
            actor=stage.holder_actor(plan.payer, step=plan.step),
            source=stage.wallet(plan.payer).handle,
            destination=stage.wallet(plan.payee).handle,
            amount_minor=plan.amount_minor,
            currency=currency,
            expires_at=now + dt.timedelta(days=plan.days),
            reference=reference_for(plan.step),
            fingerprint=fingerprint(plan.payer, plan.payee, str(plan.amount_minor), currency),
            now=now,
            description=plan.description,
        )
    )
    stage.journal.note(plan.step, hold.hold_id)


def _capture(stage: Stage, plan: Taking) -> None:
    step = f"hold:{plan.hold}"
    outcome = capture_hold(
        actor=stage.holder_actor(_PAYER_OF[step], step=plan.step),
        hold_id=stage.journal.subject(step),
        amount_minor=plan.amount_minor,
        final=plan.final,
        reference=reference_for(plan.step),
        fingerprint=fingerprint(plan.hold, str(plan.amount_minor), str(plan.final)),
        now=stage.calendar.at(plan.at),
    )
    _note(stage, plan.step, outcome)


def _void(stage: Stage, plan: Taking) -> None:
    step = f"hold:{plan.hold}"
    hold = void_hold(
        actor=stage.holder_actor(_PAYER_OF[step], step=plan.step),
        hold_id=stage.journal.subject(step),
        now=stage.calendar.at(plan.at),
    )
    stage.journal.note(plan.step, hold.hold_id)


def _refund(stage: Stage, plan: Refund) -> None:
    outcome = reverse_transfer(
        actor=stage.holder_actor(plan.payee, step=plan.step),
        transfer_id=stage.journal.subject(plan.payment),
        amount_minor=plan.amount_minor,
        reference=reference_for(plan.step),
        fingerprint=fingerprint(plan.payment, str(plan.amount_minor)),
        now=stage.calendar.at(plan.at),
        description=plan.description,
    )
    _note(stage, plan.step, outcome)


def _note(stage: Stage, step: str, outcome: TransferOutcome) -> None:
    """A refusal means that the story is wrong."""
    if outcome.transfer is None or outcome.error is not None:
        assert outcome.error is not None
        raise outcome.error
    stage.journal.note(step, outcome.transfer.id)
