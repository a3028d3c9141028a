"""Money reserved on a wallet: placed, captured, voided, or run out."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from accounts.models import User
from audit.queries import records_about
from events.queries import events_about
from kernel.context import reading
from kernel.crypto import fingerprint
from kernel.errors import PermissionDenied
from ledger.errors import HoldEnded, InsufficientFunds
from ledger.services.holds import reap_overdue_holds
from tests.world import NOW, World
from wallets.choices import TransferKind
from wallets.errors import (
    HoldExpiryInvalid,
    ReferenceReused,
    SourceFrozen,
    SourceNotFound,
    WalletHoldNotFound,
)
from wallets.models import Wallet, WalletHold
from wallets.queries import hold_of
from wallets.services.holds import HoldRequest, capture_hold, place_hold, void_hold
from wallets.services.references import reference_of
from wallets.services.transfers import CaptureOf, TransferOutcome, execute_transfers
from wallets.services.wallets import freeze_wallet
from wallets.tests.people import code_of, hired, key_of, moved, opened

pytestmark = pytest.mark.django_db

ALICE = 1_00_000_00
LATER = NOW + dt.timedelta(days=8)


def wanted(world: World, **changes: object) -> HoldRequest:
    """Alice reserves 1,000 rupees for Acme's own wallet, for a week."""
    key = str(changes.pop("key", "hold-1"))
    sender = changes.pop("sender", world.alice)
    asked = {
        "actor": world.actor(sender),  # type: ignore[arg-type]
        "source": world.alice_wallet.handle,
        "destination": world.acme_wallet.handle,
        "amount_minor": 1_000_00,
        "currency": "INR",
        "expires_at": NOW + dt.timedelta(days=7),
        "now": NOW,
        **changes,
    }
    actor = asked["actor"]
    return HoldRequest(
        reference=reference_of(actor=actor, route="holds", key=key),  # type: ignore[arg-type]
        fingerprint=fingerprint(str(asked["amount_minor"])),
        **asked,  # type: ignore[arg-type]
    )


def captured(
    world: World,
    hold: WalletHold,
    amount_minor: int | None = None,
    *,
    key: str = "capture-1",
    final: bool = False,
    now: dt.datetime = NOW,
    by: User | None = None,
) -> TransferOutcome:
    """Alice captures, unless somebody else is named."""
    actor = world.signed_in(by or world.alice)
    return capture_hold(
        actor=actor,
        hold_id=hold.hold_id,
        amount_minor=amount_minor,
        final=final,
        reference=reference_of(actor=actor, route="captures", key=key),
        fingerprint=fingerprint(str(amount_minor)),
        now=now,
    )


def shown(world: World, wallet: Wallet) -> tuple[int, int, int]:
    """Posted, held, available."""
    with reading(world.actor(world.olga)):
        account = Wallet.objects.select_related("account").get(id=wallet.id).account
        return account.posted_minor, account.held_minor, account.available_minor


def state_of(world: World, hold: WalletHold) -> tuple[str, int, int]:
    with reading(world.actor(world.alice)):
        found = hold_of(actor=world.actor(world.alice), hold_id=hold.hold_id).hold
    return found.state, found.captured_minor, found.released_minor


def test_a_hold_lowers_what_is_available_and_nothing_else(world: World) -> None:
    place_hold(wanted(world))

    assert shown(world, world.alice_wallet) == (ALICE, 1_000_00, ALICE - 1_000_00)


def test_captured_in_two_parts_and_the_rest_voided(world: World) -> None:
    hold = place_hold(wanted(world))
    first = moved(captured(world, hold, 300_00, key="a"))
    second = moved(captured(world, hold, 200_00, key="b"))
    void_hold(actor=world.actor(world.alice), hold_id=hold.hold_id, now=NOW)

    assert (first.kind, first.hold_id, second.amount_minor) == ("capture", hold.hold_id, 200_00)
    assert shown(world, world.alice_wallet) == (ALICE - 500_00, 0, ALICE - 500_00)
    assert world.balance(world.acme_wallet) == 5_00_000_00 + 500_00
    assert state_of(world, hold) == ("VOIDED", 500_00, 500_00)


def test_a_final_capture_frees_the_rest(world: World) -> None:
    hold = place_hold(wanted(world))
    moved(captured(world, hold, 900_00, final=True))

    assert shown(world, world.alice_wallet) == (ALICE - 900_00, 0, ALICE - 900_00)
    assert state_of(world, hold) == ("CAPTURED", 900_00, 100_00)


def test_without_an_amount_everything_left_is_captured(world: World) -> None:
    hold = place_hold(wanted(world))
    moved(captured(world, hold, 1_00, key="a"))

    assert moved(captured(world, hold, key="b")).amount_minor == 999_00
    assert state_of(world, hold) == ("CAPTURED", 1_000_00, 0)


def test_a_capture_across_organizations(world: World) -> None:
    hold = place_hold(wanted(world, destination=world.charlie_wallet.handle))
    transfer = moved(captured(world, hold, 400_00))

    assert transfer.source_transaction_id != transfer.destination_transaction_id
    assert world.balance(world.charlie_wallet) == 50_000_00 + 400_00
    assert shown(world, world.alice_wallet) == (ALICE - 400_00, 600_00, ALICE - 1_000_00)


def test_more_than_is_left_is_refused_and_kept(world: World) -> None:
    hold = place_hold(wanted(world))
    outcome = captured(world, hold, 1_000_01)

    assert code_of(outcome) == "capture_exceeds_hold"
    assert outcome.transfer is not None
    assert outcome.transfer.state == "FAILED"
    assert state_of(world, hold) == ("OPEN", 0, 0)


def test_the_same_capture_again_is_the_same_transfer(world: World) -> None:
    hold = place_hold(wanted(world))
    first, again = captured(world, hold), captured(world, hold)

    assert again.replayed
    assert first.transfer is not None
    assert again.transfer == first.transfer


def test_an_expired_hold_is_released_by_the_next_posting(world: World) -> None:
    hold = place_hold(wanted(world, amount_minor=ALICE))
    assert code_of(world.send(amount_minor=1)) == "insufficient_funds"

    outcome = captured(world, hold, now=LATER)
    assert code_of(outcome) == "hold_ended"
    assert shown(world, world.alice_wallet) == (ALICE, 0, ALICE)
    assert state_of(world, hold) == ("EXPIRED", 0, ALICE)
    with reading(world.actor(world.alice)):
        assert [e.name for e in events_about([hold.hold_id])] == [
            "wallets.hold.placed",
            "ledger.hold.expired",
        ]
        assert "ledger.hold.expire" in {r.action for r in records_about([hold.hold_id])}


def test_a_withheld_batch_takes_nothing_from_a_hold(world: World) -> None:
    hold = place_hold(wanted(world))
    overdue = place_hold(wanted(world, key="short", expires_at=NOW + dt.timedelta(seconds=1)))
    taking = world.request(
        destination=world.acme_wallet,
        amount_minor=300_00,
        kind=TransferKind.CAPTURE,
        hold=CaptureOf(hold_id=hold.hold_id),
    )
    items = [
        dataclasses.replace(item, now=NOW + dt.timedelta(minutes=1))
        for item in (taking, world.request(amount_minor=ALICE))
    ]
    codes = [code_of(outcome) for outcome in execute_transfers(items, all_or_nothing=True)]

    assert codes == ["batch_withheld", "insufficient_funds"]
    assert state_of(world, hold) == ("OPEN", 0, 0)
    assert state_of(world, overdue) == ("EXPIRED", 0, 1_000_00)
    assert shown(world, world.alice_wallet) == (ALICE, 1_000_00, ALICE - 1_000_00)


def test_the_reaper_frees_what_nobody_met(world: World) -> None:
    hold = place_hold(wanted(world))
    staff = world.actor(world.olga)

    assert reap_overdue_holds(actor=staff, now=NOW) == 0
    assert reap_overdue_holds(actor=staff, now=LATER) == 1
    assert reap_overdue_holds(actor=staff, now=LATER) == 0
    assert state_of(world, hold) == ("EXPIRED", 0, 1_000_00)


def test_the_same_key_gives_the_same_hold(world: World) -> None:
    first, again = place_hold(wanted(world)), place_hold(wanted(world))

    assert first.hold_id == again.hold_id
    assert shown(world, world.alice_wallet)[1] == 1_000_00
    with pytest.raises(ReferenceReused):
        place_hold(wanted(world, amount_minor=2))


def test_what_cannot_be_reserved(world: World) -> None:
    with pytest.raises(InsufficientFunds):
        place_hold(wanted(world, amount_minor=ALICE + 1))
    with pytest.raises(HoldExpiryInvalid):
        place_hold(wanted(world, expires_at=NOW))
    with pytest.raises(HoldExpiryInvalid):
        place_hold(wanted(world, expires_at=NOW + dt.timedelta(days=31)))
    with pytest.raises(SourceNotFound):
        place_hold(wanted(world, sender=world.charlie))
    assert shown(world, world.alice_wallet) == (ALICE, 0, ALICE)


def test_a_frozen_wallet_reserves_nothing_and_pays_no_capture(world: World) -> None:
    hold = place_hold(wanted(world))
    freeze_wallet(
        actor=world.actor(world.alice), wallet_id=world.alice_wallet.id, reason="lost", now=NOW
    )

    assert code_of(captured(world, hold)) == "source_wallet_frozen"
    with pytest.raises(SourceFrozen):
        place_hold(wanted(world, key="another"))


def test_voiding_twice_and_after_the_end(world: World) -> None:
    hold = place_hold(wanted(world))
    alice = world.actor(world.alice)
    void_hold(actor=alice, hold_id=hold.hold_id, now=NOW)
    assert void_hold(actor=alice, hold_id=hold.hold_id, now=NOW).hold.state == "VOIDED"

    taken = place_hold(wanted(world, key="two"))
    moved(captured(world, taken))
    with pytest.raises(HoldEnded):
        void_hold(actor=alice, hold_id=taken.hold_id, now=NOW)


def test_a_key_reserves_from_the_organization_only(world: World) -> None:
    key = key_of(world, "transfers:write", "transfers:read", "wallets:read")
    ends = {"source": world.acme_wallet.handle, "destination": world.alice_wallet.handle}
    assert place_hold(wanted(world, actor=key, **ends)).organization_id == world.acme.id
    with pytest.raises(PermissionDenied):
        place_hold(wanted(world, actor=key, key="b"))


@pytest.mark.parametrize("role", ["admin", "finance"])
def test_an_officer_frees_a_colleagues_hold_and_cannot_take_it(world: World, role: str) -> None:
    """Carol reserved for Charlie's wallet and is gone: the money is not stuck for a week."""
    carol, officer = hired(world, "carol", "member"), hired(world, "oscar", role)
    theirs = opened(world, carol, funds_minor=2_000_00)
    ends = {"source": theirs.handle, "destination": world.charlie_wallet.handle}
    hold = place_hold(wanted(world, sender=carol, **ends))

    assert code_of(captured(world, hold, by=officer)) == "permission_denied"
    void_hold(actor=world.actor(officer), hold_id=hold.hold_id, now=NOW)
    assert state_of(world, hold) == ("VOIDED", 0, 1_000_00)


def test_who_else_may_free_a_hold(world: World) -> None:
    """Staff admins may; viewers, support and the other organization's officers may not."""
    hold = place_hold(wanted(world, destination=world.charlie_wallet.handle))
    viewer = hired(world, "vera", "viewer")
    with pytest.raises(PermissionDenied):
        void_hold(actor=world.actor(viewer), hold_id=hold.hold_id, now=NOW)
    with pytest.raises(WalletHoldNotFound):
        void_hold(actor=world.actor(world.charlie), hold_id=hold.hold_id, now=NOW)
    assert code_of(captured(world, hold, by=world.olga)) == "permission_denied"
    void_hold(actor=world.actor(world.olga), hold_id=hold.hold_id, now=NOW)
    assert state_of(world, hold) == ("VOIDED", 0, 1_000_00)
