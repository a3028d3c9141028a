"""Asking for a payout: a payment like any other when it is asked for, and nobody's secret leaks."""

from __future__ import annotations

import dataclasses

import pytest

from accounts.services.approvals import set_approval_policy
from audit.models import AuditRecord
from events.models import OutboxEvent
from kernel.errors import PermissionDenied, VaultCraftError
from tests.database import all_seeing, rows
from tests.payouts.scenes import (
    ACCOUNT,
    AMOUNT,
    START,
    Clock,
    ask,
    money_of,
    saga_of,
    scripted,
    seen,
    work,
)
from tests.world import NOW, World, takes_two
from wallets.choices import WalletKind
from wallets.errors import PayoutsUnavailable
from wallets.models import Beneficiary, SpendingUsage
from wallets.rails import RailState
from wallets.services.holds import capture_hold, void_hold
from wallets.services.terms import set_limit_rule
from wallets.services.thresholds import set_dual_control_threshold

pytestmark = pytest.mark.django_db


OTHER = dataclasses.replace(ACCOUNT, number="999999999999")


def code_of(outcome) -> str | None:
    return outcome.error.code if outcome.error else None


def test_the_same_key_is_the_same_payout(world: World, settings) -> None:
    with scripted(settings):
        first, again = ask(world), ask(world)
        assert again.replayed
        assert first.transfer is not None
        assert again.transfer is not None
        assert again.transfer.id == first.transfer.id
        assert money_of(world.alice_wallet) == (START, AMOUNT)


def test_another_account_under_the_same_key_is_refused(world: World, settings) -> None:
    with scripted(settings):
        ask(world)
        again = ask(world, account=OTHER)
        assert code_of(again) == "idempotency_key_reused"
        assert money_of(world.alice_wallet) == (START, AMOUNT)


def test_without_a_rail_nothing_is_reserved(world: World, settings) -> None:
    settings.PAYOUT_RAIL = ""
    with pytest.raises(PayoutsUnavailable):
        ask(world)
    assert money_of(world.alice_wallet) == (START, 0)


def test_too_much_is_refused_on_the_record_and_reserves_nothing(world: World, settings) -> None:
    with scripted(settings):
        outcome = ask(world, amount_minor=START + 1)
        assert code_of(outcome) == "insufficient_funds"
        assert seen(outcome.transfer).state == "FAILED"
        assert money_of(world.alice_wallet) == (START, 0)


def test_nobody_pays_out_of_anothers_wallet(world: World, settings) -> None:
    with scripted(settings):
        assert code_of(ask(world, sender=world.charlie)) == "source_wallet_not_found"
        with pytest.raises(PermissionDenied):
            ask(world, sender=world.bob)


def test_a_limit_counts_it_and_gets_it_back_when_no_bank_paid(world: World, settings) -> None:
    set_limit_rule(
        actor=world.actor(world.olga),
        organization_id=world.acme.id,
        wallet_kind=WalletKind.CURRENT,
        currency="INR",
        day_minor=AMOUNT,
        month_minor=None,
        now=NOW,
    )
    with scripted(settings, decides=RailState.DECLINED):
        assert code_of(ask(world)) is None
        assert code_of(ask(world, key="second")) == "daily_limit_exceeded"
        work(Clock())
        with all_seeing():
            assert SpendingUsage.objects.get(wallet=world.alice_wallet).day_minor == 0
        assert code_of(ask(world, key="third")) is None


def test_above_the_threshold_it_waits_for_a_second_person(world: World, settings) -> None:
    takes_two(world)
    set_dual_control_threshold(
        actor=world.actor(world.alice),
        currency="INR",
        threshold_minor=AMOUNT - 1,
        now=NOW,
    )
    with scripted(settings):
        outcome = ask(world)
        assert outcome.transfer is None
        assert outcome.pending_act is not None
        assert money_of(world.alice_wallet) == (START, 0)
        kept = str(rows("SELECT facts FROM accounts_pendingact"))
        for secret in (ACCOUNT.number, ACCOUNT.name, ACCOUNT.to.index.hex()):
            assert secret not in kept
        other = ask(world, account=OTHER)
        assert code_of(other) == "idempotency_key_reused"


def test_above_the_persons_threshold_it_takes_an_approval(world: World, settings) -> None:
    set_approval_policy(actor=world.actor(world.alice), over_minor=1, now=NOW)
    with scripted(settings):
        assert code_of(ask(world)) == "approval_required"
        assert money_of(world.alice_wallet) == (START, 0)


def test_what_was_turned_away_unjudged_leaves_its_key_free(world: World, settings) -> None:
    """As with transfers: nothing of it stands, so the key may name another account."""
    set_approval_policy(actor=world.actor(world.alice), over_minor=1, now=NOW)
    with scripted(settings):
        assert code_of(ask(world)) == "approval_required"
        assert code_of(ask(world, sender=world.charlie, key="stolen")) == "source_wallet_not_found"
        with all_seeing():
            assert not Beneficiary.objects.exists()
        set_approval_policy(actor=world.actor(world.alice), over_minor=None, now=NOW)
        outcome = ask(world, account=OTHER)
        assert code_of(outcome) is None
        work(Clock())
        assert seen(outcome.transfer).state == "COMPLETED"


def test_what_was_refused_in_judgment_is_refused_again(world: World, settings) -> None:
    with scripted(settings):
        assert code_of(ask(world, amount_minor=START + 1)) == "insufficient_funds"
        again = ask(world, amount_minor=START + 1)
        assert (code_of(again), again.replayed) == ("insufficient_funds", True)
        assert (
            code_of(ask(world, amount_minor=START + 1, account=OTHER)) == "idempotency_key_reused"
        )


def test_nobody_frees_or_takes_the_hold_of_a_payout_by_hand(world: World, settings) -> None:
    with scripted(settings):
        transfer = seen(ask(world).transfer)
        actor = world.actor(world.alice)
        assert transfer.hold_id is not None
        with pytest.raises(VaultCraftError, match="no such hold"):
            void_hold(actor=actor, hold_id=transfer.hold_id, now=NOW)
        with pytest.raises(VaultCraftError, match="no such hold"):
            capture_hold(
                actor=actor,
                hold_id=transfer.hold_id,
                amount_minor=None,
                final=True,
                reference=bytes(32),
                fingerprint=bytes(32),
                now=NOW,
            )


def test_no_event_record_or_saga_names_the_account(world: World, settings) -> None:
    with scripted(settings):
        outcome = ask(world)
        work(Clock())
        saga_of(outcome.transfer)
        with all_seeing():
            told = [
                *OutboxEvent.objects.filter(name__startswith="wallets.").values_list("payload"),
                *AuditRecord.objects.values_list("metadata"),
            ]
            kept = rows("SELECT * FROM events_saga") + rows("SELECT * FROM events_sagaattempt")
            moved = rows("SELECT * FROM wallets_transfer") + rows(
                "SELECT * FROM wallets_beneficiary"
            )
        for secret in (ACCOUNT.number, ACCOUNT.name):
            assert secret not in str(told) + str(kept) + str(moved)
        with all_seeing():
            names = set(OutboxEvent.objects.values_list("name", flat=True))
        assert {"wallets.payout.requested", "wallets.payout.completed"} <= names
        assert {"wallets.hold.placed", "wallets.transfer.completed"} <= names
