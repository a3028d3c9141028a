"""Situations in which money is asked for: what is carried out, and what is refused."""

from __future__ import annotations

import dataclasses
import datetime as dt

from tests.world import NOW
from wallets.choices import TransferKind
from wallets.services.holds import place_hold
from wallets.services.wallets import freeze_wallet, suspend_wallet
from wallets.tests.asking import (
    ALICE,
    CHARLIE,
    Situation,
    beside_an_overdue_hold,
    charged,
    closed,
    dollars,
    emptied,
    frozen_after,
    giving,
    limited,
    of_cash,
    pay_in,
    pay_out,
    stopped,
    taking,
    undoing,
    voided_after,
)
from wallets.tests.people import moved
from wallets.tests.test_holds import LATER, captured, wanted

CAPTURE, OUT, PAID = TransferKind.CAPTURE, TransferKind.WITHDRAWAL, TransferKind.TRANSFER

DONE: dict[str, Situation] = {
    "a deposit": pay_in,
    "a deposit to an organization": lambda w: pay_in(w, wallet=w.acme_wallet),
    "the first deposit in a currency": lambda w: pay_in(w, wallet=dollars(w), currency="USD"),
    "a deposit beside an overdue hold": lambda w: pay_in(beside_an_overdue_hold(w), now=LATER),
    "a deposit to a frozen wallet": lambda w: pay_in(stopped(w, w.alice_wallet, freeze_wallet)),
    "a withdrawal": pay_out,
    "a withdrawal of everything": lambda w: pay_out(w, ALICE),
    "a withdrawal with a fee": lambda w: pay_out(charged(w, OUT)),
    "a withdrawal up to the limit": lambda w: pay_out(
        limited(w, day_minor=500_00, spent_minor=100_00), 400_00
    ),
    "a withdrawal of what was held": lambda w: pay_out(beside_an_overdue_hold(w), ALICE, now=LATER),
    "a capture in part": lambda w: taking(w, 300_00),
    "a final capture": lambda w: taking(w, 300_00, final=True),
    "a capture of the rest": lambda w: taking(w, taken_minor=400_00),
    "a capture across": lambda w: taking(w, 300_00, destination=w.charlie_wallet.handle),
    "a capture with a fee": lambda w: taking(charged(w, CAPTURE), 300_00),
    "a capture up to the limit": lambda w: taking(limited(w, day_minor=300_00), 300_00),
    "a capture beside an overdue hold": lambda w: taking(
        beside_an_overdue_hold(w, ALICE - 1_000_00),
        now=LATER,
        expires_at=LATER + dt.timedelta(days=1),
    ),
    "the whole given back": giving,
    "a part given back": lambda w: giving(w, 100_00),
    "the rest given back": lambda w: giving(w, given_minor=100_00),
    "given back inside": lambda w: giving(w, inside=True),
    "the whole with its fee": lambda w: giving(charged(w, PAID), inside=True),
    "the whole with its fee, across": lambda w: giving(charged(w, PAID)),
    "a part without its fee": lambda w: giving(charged(w, PAID), 100_00),
    "the last part with its fee": lambda w: giving(charged(w, PAID), 150_00, given_minor=100_00),
    "given back to a limit": lambda w: giving(limited(w, day_minor=500_00), 100_00),
    "given back to a limit of yesterday": lambda w: giving(
        limited(w, day_minor=500_00), now=NOW + dt.timedelta(days=1)
    ),
    "given back to a frozen wallet": lambda w: frozen_after(w, giving(w), w.alice_wallet),
    "given back beside an overdue hold": lambda w: giving(beside_an_overdue_hold(w, 5), now=LATER),
    "a deposit reversed": lambda w: of_cash(w, "deposit"),
    "a withdrawal reversed": lambda w: of_cash(w, "withdraw"),
    "a capture given back": lambda w: undoing(
        w, moved(captured(w, place_hold(wanted(w)), 70_00)).id
    ),
}

REFUSED: dict[str, tuple[Situation, str]] = {
    "a deposit by nobody who may": (
        lambda w: dataclasses.replace(pay_in(w), actor=w.actor(w.alice)),
        "permission_denied",
    ),
    "a deposit to nobody": (
        lambda w: pay_in(w, wallet="VC-000000"),
        "destination_wallet_not_found",
    ),
    "a deposit in another currency": (
        lambda w: pay_in(w, currency="USD"),
        "wallet_currency_mismatch",
    ),
    "a deposit of nothing": (lambda w: pay_in(w, 0), "invalid_amount"),
    "a deposit to a suspended wallet": (
        lambda w: pay_in(stopped(w, w.alice_wallet, suspend_wallet)),
        "destination_wallet_suspended",
    ),
    "a deposit to a closed wallet": (lambda w: pay_in(closed(w)), "destination_wallet_closed"),
    "a withdrawal of too much": (lambda w: pay_out(w, ALICE + 1), "insufficient_funds"),
    "a withdrawal without its fee": (
        lambda w: pay_out(charged(w, OUT), ALICE),
        "insufficient_funds",
    ),
    "a withdrawal past the limit": (
        lambda w: pay_out(limited(w, day_minor=500_00, spent_minor=100_00), 400_01),
        "daily_limit_exceeded",
    ),
    "a withdrawal of what is held": (
        lambda w: pay_out(beside_an_overdue_hold(w, 5), ALICE),
        "insufficient_funds",
    ),
    "a withdrawal of more than the bank has": (
        lambda w: pay_out(emptied(w), ALICE + 1),
        "organization_cash_insufficient",
    ),
    "the first withdrawal in a currency": (
        lambda w: pay_out(w, wallet=dollars(w), currency="USD"),
        "insufficient_funds",
    ),
    "a withdrawal from a frozen wallet": (
        lambda w: pay_out(stopped(w, w.alice_wallet, freeze_wallet)),
        "source_wallet_frozen",
    ),
    "a withdrawal from a closed wallet": (lambda w: pay_out(closed(w)), "source_wallet_closed"),
    "a capture of more than is held": (lambda w: taking(w, 1_000_01), "capture_exceeds_hold"),
    "a capture of more than is left": (
        lambda w: taking(w, 600_01, taken_minor=400_00),
        "capture_exceeds_hold",
    ),
    "a capture of nothing that is left": (
        lambda w: taking(w, taken_minor=1_000_00),
        "hold_ended",
    ),
    "a capture of an overdue hold": (lambda w: taking(w, now=LATER), "hold_ended"),
    "a capture of a voided hold": (lambda w: voided_after(w, taking(w)), "hold_ended"),
    "a capture past the limit": (
        lambda w: taking(limited(w, day_minor=299_99), 300_00),
        "daily_limit_exceeded",
    ),
    "a capture from a frozen wallet": (
        lambda w: frozen_after(w, taking(w), w.alice_wallet),
        "source_wallet_frozen",
    ),
    "more given back than is left": (
        lambda w: giving(w, 150_01, given_minor=100_00),
        "reversal_exceeds_original",
    ),
    "given back once more": (
        lambda w: giving(w, given_minor=250_00),
        "reversal_exceeds_original",
    ),
    "given back by the payer": (
        lambda w: dataclasses.replace(giving(w), actor=w.actor(w.alice)),
        "permission_denied",
    ),
    "given back of what is spent": (
        lambda w: giving(w, spent=CHARLIE + 1),
        "insufficient_funds",
    ),
    "given back from a frozen wallet": (
        lambda w: frozen_after(w, giving(w), w.charlie_wallet),
        "source_wallet_frozen",
    ),
    "a deposit reversed by its owner": (
        lambda w: dataclasses.replace(of_cash(w, "deposit"), actor=w.actor(w.alice)),
        "permission_denied",
    ),
}
