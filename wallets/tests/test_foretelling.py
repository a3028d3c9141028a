"""What is foretold is what happens: asked first, then done, for money of every kind."""

from __future__ import annotations

import dataclasses

import pytest

from kernel.context import reading
from ledger.services.movements import Balance
from tests.world import World
from wallets.choices import TransferKind
from wallets.errors import ExternalReferenceUsed
from wallets.models import SpendingUsage, Wallet
from wallets.queries import wallet_of
from wallets.services.transfers import (
    Rehearsal,
    TransferRequest,
    Usage,
    execute_transfers,
    rehearse_transfers,
)
from wallets.tests.asking import pay_in, pay_out
from wallets.tests.people import code_of, moved, nothing_happens
from wallets.tests.situations import DONE, REFUSED

pytestmark = pytest.mark.django_db


def asked_first(world: World, request: TransferRequest) -> Rehearsal:
    with nothing_happens(world):
        return rehearse_transfers([request])[0]


@pytest.mark.parametrize("name", DONE)
def test_what_would_be_done_is_done(world: World, name: str) -> None:
    request = DONE[name](world)
    said = asked_first(world, request)
    done = moved(execute_transfers([request])[0])

    assert said.error is None
    assert said.fee_minor == done.fee_minor
    assert said.source == balance(world, request.source)
    assert said.destination == balance(world, request.destination)
    back = request.kind == TransferKind.REVERSAL
    assert said.usage == usage(world, request.destination if back else request.source)


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_be_refused_is_refused(world: World, name: str) -> None:
    situation, code = REFUSED[name]
    request = situation(world)
    said = asked_first(world, request)

    assert said.error is not None
    assert (said.error.code, said.source, said.destination, said.usage) == (code, None, None, None)
    assert code_of(execute_transfers([request])[0]) == code


@pytest.mark.parametrize("paying", [pay_in, pay_out])
def test_a_bank_reference_that_was_taken(world: World, paying) -> None:
    moved(execute_transfers([paying(world)])[0])
    for again in (paying(world, 1), paying(world, wallet=world.acme_wallet)):
        with nothing_happens(world), pytest.raises(ExternalReferenceUsed):
            rehearse_transfers([again])
        with pytest.raises(ExternalReferenceUsed):
            execute_transfers([again])
    other = pay_out if paying is pay_in else pay_in
    assert asked_first(world, other(world)).error is None, "each kind has references of its own"


def test_a_key_that_stands_answers_with_what_happened(world: World) -> None:
    """The bank's reference is taken by this very deposit; it is not a second one."""
    request = pay_in(world)
    moved(execute_transfers([request])[0])
    assert asked_first(world, request).error is None
    other = dataclasses.replace(request, fingerprint=b"another" * 4 + b"body")
    error = asked_first(world, other).error
    assert error is not None
    assert error.code == "idempotency_key_reused"


def balance(world: World, name: str | None) -> Balance | None:
    """What a wallet shows now."""
    if name is None:
        return None
    with reading(world.actor(world.olga)):
        account = found(world, name).account
        return Balance(account.posted_minor, account.held_minor, account.available_minor)


def usage(world: World, name: str | None) -> Usage | None:
    """What is counted in the windows of a wallet's limits."""
    if name is None:
        return None
    with reading(world.actor(world.olga)):
        row = SpendingUsage.objects.filter(wallet_id=found(world, name).id).first()
        return Usage(row.day, row.day_minor, row.month, row.month_minor) if row else None


def found(world: World, name: str) -> Wallet:
    return wallet_of(actor=world.actor(world.olga), wallet=name)
