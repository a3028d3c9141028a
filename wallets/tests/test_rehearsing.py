"""A dry run says what the request itself would be answered, at the corners, too."""

from __future__ import annotations

import dataclasses

import pytest

from tests.world import World
from wallets.choices import TransferKind
from wallets.errors import ExternalReferenceUsed
from wallets.services.transfers import execute_transfers, rehearse_transfers
from wallets.services.transfers.requests import TransferRequest
from wallets.tests.people import code_of, moved, nothing_happens, opened

pytestmark = pytest.mark.django_db


def deposit_to(world: World, wallet: object, slip: str, **more: object) -> TransferRequest:
    request = world.request(sender=world.olga, destination=wallet, **more)  # type: ignore[arg-type]
    return dataclasses.replace(
        request, kind=TransferKind.DEPOSIT, source=None, external_reference=slip
    )


def test_one_reference_with_two_bodies_is_told_as_it_would_be_answered(world: World) -> None:
    asked = [world.request(key="same", amount_minor=amount) for amount in (100, 100, 200)]
    with nothing_happens(world):
        said = [one.error.code if one.error else None for one in rehearse_transfers(asked)]

    assert said == [None, None, "idempotency_key_reused"]
    assert said == [code_of(outcome) for outcome in execute_transfers(asked)]


def test_the_first_deposit_in_a_currency_opens_the_cash_account_only_for_real(
    world: World,
) -> None:
    dollars = opened(world, world.alice, currency="USD")
    asked = deposit_to(world, dollars, "USD1", amount_minor=50_00, currency="USD")
    with nothing_happens(world):
        (said,) = rehearse_transfers([asked])

    assert said.error is None
    assert said.destination is not None
    assert said.destination.posted_minor == 50_00
    moved(execute_transfers([asked])[0])


@pytest.mark.parametrize("together", [True, False])
def test_a_used_bank_reference_is_told_beforehand(world: World, together: bool) -> None:
    moved(execute_transfers([deposit_to(world, world.alice_wallet, "UTR-A")])[0])
    again = deposit_to(world, world.alice_wallet, "UTR-A")
    twice = [deposit_to(world, world.alice_wallet, "UTR-B") for _ in range(2)]
    for asked in ([again], twice):
        with nothing_happens(world), pytest.raises(ExternalReferenceUsed):
            rehearse_transfers(asked, all_or_nothing=together)
        with pytest.raises(ExternalReferenceUsed):
            execute_transfers(asked, all_or_nothing=together)
