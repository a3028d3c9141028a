"""What a bank has done is booked, whoever stopped the wallet; a no of ours is not the bank's."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.db import DatabaseError

from accounts.services.organizations import suspend_organization
from events.choices import AttemptState
from events.saga.leasing import take_lease
from events.saga.models import SagaAttempt
from events.saga.working import attempt
from kernel.errors import InvariantBroken
from tests.database import all_seeing, rolled_back, run, view
from tests.payouts.scenes import (
    AMOUNT,
    START,
    Clock,
    ask,
    money_of,
    require_ended,
    require_sound_books,
    saga_of,
    scripted,
    seen,
    work,
)
from tests.world import NOW, World
from wallets.rails import RailState
from wallets.services.payouts import settling
from wallets.services.wallets import freeze_wallet, suspend_wallet

pytestmark = pytest.mark.usefixtures("committed_db")


def stop(world: World, how: str) -> None:
    if how == "organization":
        staff = world.actor(world.olga)
        suspend_organization(
            actor=staff, organization_id=world.acme.id, reason="an inquiry", now=NOW
        )
        return
    person, change = (
        (world.alice, freeze_wallet) if how == "frozen" else (world.olga, suspend_wallet)
    )
    change(actor=world.actor(person), wallet_id=world.alice_wallet.id, reason="an inquiry", now=NOW)


@pytest.mark.parametrize("how", ["frozen", "suspended", "organization"])
@pytest.mark.parametrize("decides", [RailState.PAID, RailState.DECLINED])
def test_who_stops_the_wallet_does_not_undo_what_the_bank_did(
    world: World, settings, how: str, decides: RailState
) -> None:
    with scripted(settings, decides=decides) as book:
        outcome = ask(world)
        stop(world, how)
        clock = Clock()
        work(clock)
        assert require_ended(world, outcome, book) == (decides is RailState.PAID)
        assert clock.now < NOW + dt.timedelta(minutes=5)
    require_sound_books()


def test_nothing_else_leaves_a_frozen_account(world: World, settings) -> None:
    """Not even entries that say they are of a payout, once it has ended."""
    with scripted(settings):
        outcome = ask(world)
        stop(world, "frozen")
        work(Clock())
        transfer = seen(outcome.transfer)
        assert transfer.state == "COMPLETED"
        with rolled_back():
            view(scope="platform")
            run(_FORGED_TRANSACTION, FORGED, transfer.source_transaction_id)
            with pytest.raises(DatabaseError, match="does not allow this entry"):
                run(_FORGED_ENTRIES, FORGED, transfer.source_transaction_id)


FORGED = uuid.UUID("01900000-0000-7000-8000-000000000001")
_FORGED_TRANSACTION = """
    INSERT INTO ledger_transaction (id, organization_id, kind, reference, transfer_id, entry_count,
        effective_at, recorded_at, description, metadata, hold_id)
    SELECT %s, organization_id, kind, decode(repeat('ab', 32), 'hex'), transfer_id, entry_count,
        effective_at, recorded_at, description, metadata, hold_id
    FROM ledger_transaction WHERE id = %s
"""
_FORGED_ENTRIES = """
    INSERT INTO ledger_entry (transaction_id, organization_id, seq, account_id, side, amount_minor,
        currency_id, balance_after_minor, version, effective_at, recorded_at)
    SELECT %s, e.organization_id, e.seq, e.account_id, e.side, e.amount_minor, e.currency_id,
        a.posted_minor - e.amount_minor, a.version + 1, e.effective_at, e.recorded_at
    FROM ledger_entry e JOIN ledger_ledgeraccount a ON a.id = e.account_id
    WHERE e.transaction_id = %s
"""


def test_a_no_of_our_books_is_no_attempt_of_the_rail(
    world: World, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked again, ever more rarely, and booked once the books allow it."""

    def refuses(*args: object, **kwargs: object) -> None:
        raise InvariantBroken("not now")

    with scripted(settings) as book:
        outcome, clock = ask(world), Clock()
        with monkeypatch.context() as patched:
            patched.setattr(settling, "post", refuses)
            for _ in range(6):
                clock.now = max(clock.now, saga_of(outcome.transfer).due_at)
                lease = take_lease(now=clock.now)
                assert lease is not None
                attempt(lease=lease, clock=clock)
        saga = saga_of(outcome.transfer)
        assert (saga.state, saga.step, saga.attempts) == ("RUNNING", 2, 0)
        with all_seeing():
            found = SagaAttempt.objects.filter(saga=saga, state=AttemptState.UNBOOKED)
            assert set(found.values_list("name", "error")) == {("confirm", "InvariantBroken")}
        assert money_of(world.alice_wallet) == (START, AMOUNT)
        work(clock)
        assert require_ended(world, outcome, book)
