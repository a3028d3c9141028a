"""What happens on a working day, and what an accountant finds in the books afterwards.

Amounts are rupees. Dr is debit, Cr is credit; a wallet is what the organization owes its holder.
"""

from __future__ import annotations

import datetime as dt
import uuid

import pytest

from accounts.models import User
from kernel.context import reading
from kernel.crypto import fingerprint
from tests.examples.bookkeeping import Bookkeeper, text
from tests.world import NOW, World
from wallets.choices import TransferKind
from wallets.models import Wallet, WalletHold
from wallets.services.holds import HoldRequest, capture_hold, place_hold, void_hold
from wallets.services.references import reference_of
from wallets.services.reversals import reverse_transfer
from wallets.services.terms import set_fee_schedule
from wallets.tests.people import moved

pytestmark = pytest.mark.django_db


def test_opening_deposits(world: World) -> None:
    """Customers bring 1,00,000 and 5,00,000 to Acme's bank account: Acme owes them that much."""
    assert Bookkeeper(world).balances(world.acme) == text(
        """
        cash at bank                 Dr   600,000.00 INR
        wallet Alice                 Cr   100,000.00 INR
        wallet Organization          Cr   500,000.00 INR
        """
    )


def test_a_payment_across_two_organizations(world: World) -> None:
    """Alice of Acme pays Charlie of Globex 250: each books its side, clearing is the bridge."""
    books = Bookkeeper(world)
    moved(world.send(amount_minor=250_00))

    assert books.journal(world.acme) == text(
        """
        TRANSFER
        Dr wallet Alice                       250.00 INR
           Cr clearing with globex            250.00 INR
        """
    )
    assert books.journal(world.globex) == text(
        """
        TRANSFER
        Dr clearing with acme                 250.00 INR
           Cr wallet Charlie                  250.00 INR
        """
    )


def test_a_payment_with_a_fee_and_a_refund_in_part(world: World) -> None:
    """Acme charges 2 and 1 %. A refund of 100 keeps the fee of 4.50; the rest returns it."""
    charge(world, fixed_minor=2_00, bps=100)
    books = Bookkeeper(world)
    paid = moved(world.send(destination=world.acme_wallet, amount_minor=250_00))
    give_back(world, paid.id, 100_00)
    give_back(world, paid.id, None)

    assert books.journal(world.acme) == text(
        """
        TRANSFER
        Dr wallet Alice                       250.00 INR
           Cr wallet Organization             250.00 INR
        Dr wallet Alice                         4.50 INR
           Cr fee income                        4.50 INR

        REVERSAL
           Cr wallet Alice                    100.00 INR
        Dr wallet Organization                100.00 INR

        REVERSAL
           Cr wallet Alice                    150.00 INR
        Dr wallet Organization                150.00 INR
           Cr wallet Alice                      4.50 INR
        Dr fee income                           4.50 INR
        """
    )


def test_a_hold_captured_in_two_parts_and_voided(world: World) -> None:
    """A hold of 1,000 writes nothing. Captures of 300 and 200 are payments; voiding frees 500."""
    books = Bookkeeper(world)
    hold = reserve(world, 1_000_00)
    assert (books.journal(world.acme), held(world)) == ("", 1_000_00)

    capture(world, hold, 300_00)
    capture(world, hold, 200_00)
    assert held(world) == 500_00
    void_hold(actor=world.actor(world.alice), hold_id=hold.hold_id, now=NOW)

    assert held(world) == 0
    assert books.journal(world.acme) == text(
        """
        CAPTURE
        Dr wallet Alice                       300.00 INR
           Cr wallet Organization             300.00 INR

        CAPTURE
        Dr wallet Alice                       200.00 INR
           Cr wallet Organization             200.00 INR
        """
    )


def test_a_hold_with_a_fee_captured_in_two_parts_and_voided(world: World) -> None:
    """Acme charges 1 % of captures: 1,010 are held for 1,000. Each part takes its share.

    300 take 3, 333.33 take 3.33; voiding frees 366.67 and 3.67.
    """
    charge(world, fixed_minor=0, bps=100, kind=TransferKind.CAPTURE)
    books = Bookkeeper(world)
    hold = reserve(world, 1_000_00)
    assert (books.journal(world.acme), held(world)) == ("", 1_010_00)

    capture(world, hold, 300_00)
    capture(world, hold, 333_33)
    assert held(world) == 366_67 + 3_67
    void_hold(actor=world.actor(world.alice), hold_id=hold.hold_id, now=NOW)

    assert held(world) == 0
    assert books.journal(world.acme) == text(
        """
        CAPTURE
        Dr wallet Alice                       300.00 INR
           Cr wallet Organization             300.00 INR
        Dr wallet Alice                         3.00 INR
           Cr fee income                        3.00 INR

        CAPTURE
        Dr wallet Alice                       333.33 INR
           Cr wallet Organization             333.33 INR
        Dr wallet Alice                         3.33 INR
           Cr fee income                        3.33 INR
        """
    )


def test_a_refund_by_another_organization_leaves_the_fee(world: World) -> None:
    """Charlie of Globex gives back 250 of Alice's; Acme keeps the 4.50 that it earned."""
    charge(world, fixed_minor=2_00, bps=100)
    paid = moved(world.send(amount_minor=250_00))
    books = Bookkeeper(world)
    give_back(world, paid.id, None, by=world.charlie)

    assert books.journal(world.acme) == text(
        """
        REVERSAL
           Cr wallet Alice                    250.00 INR
        Dr clearing with globex               250.00 INR
        """
    )


def charge(
    world: World, *, fixed_minor: int, bps: int, kind: TransferKind = TransferKind.TRANSFER
) -> None:
    set_fee_schedule(
        actor=world.actor(world.alice),
        organization_id=world.acme.id,
        kind=kind,
        currency="INR",
        fixed_minor=fixed_minor,
        bps=bps,
        floor_minor=0,
        ceiling_minor=None,
        now=NOW,
    )


def give_back(
    world: World, transfer_id: uuid.UUID, amount_minor: int | None, *, by: User | None = None
) -> None:
    actor = world.actor(by or world.alice)
    outcome = reverse_transfer(
        actor=actor,
        transfer_id=transfer_id,
        amount_minor=amount_minor,
        reference=reference_of(actor=actor, route="example", key=f"back {amount_minor}"),
        fingerprint=fingerprint(str(amount_minor)),
        now=NOW,
    )
    assert outcome.error is None


def reserve(world: World, amount_minor: int) -> WalletHold:
    actor = world.actor(world.alice)
    return place_hold(
        HoldRequest(
            actor=actor,
            source=world.alice_wallet.handle,
            destination=world.acme_wallet.handle,
            amount_minor=amount_minor,
            currency="INR",
            expires_at=NOW + dt.timedelta(days=7),
            reference=reference_of(actor=actor, route="example", key="hold"),
            fingerprint=fingerprint("hold"),
            now=NOW,
        )
    )


def capture(world: World, hold: WalletHold, amount_minor: int) -> None:
    actor = world.actor(world.alice)
    outcome = capture_hold(
        actor=actor,
        hold_id=hold.hold_id,
        amount_minor=amount_minor,
        final=False,
        reference=reference_of(actor=actor, route="example", key=f"capture {amount_minor}"),
        fingerprint=fingerprint(str(amount_minor)),
        now=NOW,
    )
    assert outcome.error is None


def held(world: World) -> int:
    with reading(world.actor(world.olga)):
        wallet = Wallet.objects.select_related("account").get(id=world.alice_wallet.id)
        return wallet.account.held_minor
