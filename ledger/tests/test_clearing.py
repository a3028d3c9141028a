"""How far two organizations trust each other."""

from __future__ import annotations

import uuid

import pytest

from accounts.models import User
from audit.queries import records_about
from events.queries import events_about
from kernel.context import reading
from kernel.errors import NotFound, PermissionDenied, VaultCraftError
from kernel.money import MAX_MINOR, InvalidAmount
from ledger.errors import CapBelowPosition, CurrencyUnknown
from ledger.models import ClearingCap, LedgerAccount
from ledger.services.clearing import set_clearing_cap
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def set_cap(
    world: World,
    cap_minor: int,
    *,
    by: User | None = None,
    of: uuid.UUID | None = None,
    to: uuid.UUID | None = None,
    currency: str = "INR",
) -> ClearingCap:
    """By default Alice states a cap of Acme towards Globex."""
    cap = set_clearing_cap(
        actor=world.actor(by or world.alice),
        organization_id=of or world.acme.id,
        counterparty_id=to or world.globex.id,
        currency=currency,
        cap_minor=cap_minor,
        now=NOW,
    )
    assert isinstance(cap, ClearingCap)
    return cap


def ceilings(world: World, currency: str = "INR") -> set[int | None]:
    with reading(world.actor(world.olga)):
        found = LedgerAccount.objects.filter(kind="CLEARING", currency=currency)
        return set(found.values_list("ceiling_minor", flat=True))


def caps(world: World) -> list[tuple[uuid.UUID, str, int]]:
    with reading(world.actor(world.olga)):
        found = ClearingCap.objects.order_by("id")
        return list(found.values_list("organization_id", "currency_id", "cap_minor"))


def refused(world: World, error: type[VaultCraftError], cap_minor: int, **wanted) -> None:
    before = ceilings(world), caps(world)
    with pytest.raises(error):
        set_cap(world, cap_minor, **wanted)
    assert (ceilings(world), caps(world)) == before


def test_the_smaller_of_both_caps_is_in_force(world) -> None:
    set_cap(world, 400_00)
    assert ceilings(world) == {400_00}

    set_cap(world, 300_00, by=world.charlie, of=world.globex.id, to=world.acme.id)
    assert ceilings(world) == {300_00}

    set_cap(world, 9_00_000_00)
    assert ceilings(world) == {300_00}


def test_one_side_alone_allows_nothing(world) -> None:
    set_cap(world, 400_00, currency="USD")
    assert ceilings(world, "USD") == {0}

    set_cap(world, 300_00, by=world.charlie, of=world.globex.id, to=world.acme.id, currency="USD")
    assert ceilings(world, "USD") == {300_00}


def test_a_transfer_over_the_cap_is_refused_and_kept_as_a_row(world) -> None:
    set_cap(world, 400_00)

    assert world.send(amount_minor=400_00).error is None
    outcome = world.send(amount_minor=1)
    assert outcome.error is not None
    assert outcome.error.code == "clearing_cap_exceeded"
    assert outcome.transfer is not None
    assert outcome.transfer.state == "FAILED"
    assert world.balance(world.charlie_wallet) == 50_000_00 + 400_00


def test_a_cap_of_zero_closes_the_way(world) -> None:
    set_cap(world, 0)

    outcome = world.send(amount_minor=1)
    assert outcome.error is not None
    assert outcome.error.code == "clearing_cap_exceeded"


def test_a_cap_below_the_position_is_refused(world) -> None:
    world.send(amount_minor=400_00)

    refused(world, CapBelowPosition, 399_99)
    set_cap(world, 400_00)
    assert ceilings(world) == {400_00}


def test_the_one_who_is_owed_cannot_cap_below_the_position_either(world) -> None:
    world.send(amount_minor=400_00)

    side = {"by": world.charlie, "of": world.globex.id, "to": world.acme.id}
    refused(world, CapBelowPosition, 399_99, **side)


def test_who_may_not(world) -> None:
    refused(world, PermissionDenied, 1, by=world.bob)
    refused(world, NotFound, 1, by=world.charlie)


def test_the_platform_may_for_either_side(world) -> None:
    set_cap(world, 7, by=world.olga)

    assert ceilings(world) == {7}


def test_there_is_no_such_counterparty(world) -> None:
    refused(world, NotFound, 1, to=uuid.uuid4())
    refused(world, NotFound, 1, to=world.acme.id)


def test_there_is_no_such_currency(world) -> None:
    refused(world, CurrencyUnknown, 1, currency="XXX")


@pytest.mark.parametrize("cap_minor", [-1, MAX_MINOR + 1, 2**63])
def test_a_cap_that_is_no_amount(world, cap_minor: int) -> None:
    refused(world, InvalidAmount, cap_minor)


def test_evidence_and_event(world) -> None:
    cap = set_cap(world, 400_00)

    with reading(world.actor(world.alice)):
        record = records_about([cap.id]).last()
        event = events_about([cap.id]).last()
    assert record is not None
    assert event is not None
    assert (record.action, record.actor_id) == ("ledger.clearing_cap.set", world.alice.id)
    assert event.payload["cap_minor"] == 400_00
    assert event.payload["effective_cap_minor"] == 400_00
    with reading(world.actor(world.charlie)):
        assert not records_about([cap.id]).exists()


def test_positions_of_both_sides_mirror(world) -> None:
    world.send(amount_minor=400_00)
    world.send(sender=world.charlie, source=world.charlie_wallet, destination=world.alice_wallet)

    with reading(world.actor(world.olga)):
        clearing = LedgerAccount.objects.filter(kind="CLEARING")
        positions = dict(clearing.values_list("organization_id", "posted_minor"))
    assert positions == {world.acme.id: 300_00, world.globex.id: -300_00}
