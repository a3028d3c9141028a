"""Fees and limits: what payments cost, and how much wallets may spend."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from kernel.context import reading
from kernel.errors import PermissionDenied
from kernel.money import MAX_MINOR
from ledger.queries import accounts
from tests.world import NOW, World
from wallets.choices import TransferKind, WalletKind
from wallets.errors import TermsInvalid
from wallets.models import Transfer
from wallets.policy import fee_minor
from wallets.queries import limits_of, wallet_of
from wallets.services.terms import set_fee_schedule, set_limit_rule
from wallets.services.transfers import execute_transfers, rehearse_transfers
from wallets.tests.people import code_of, moved, nothing_happens
from wallets.tests.test_reversals import charge, given_back

pytestmark = pytest.mark.django_db

ALICE = 1_00_000_00


def limit(world: World, *, day_minor: int | None = None, month_minor: int | None = None) -> None:
    """The platform limits the current accounts of Acme's people."""
    set_limit_rule(
        actor=world.actor(world.olga),
        organization_id=world.acme.id,
        wallet_kind=WalletKind.CURRENT,
        currency="INR",
        day_minor=day_minor,
        month_minor=month_minor,
        now=NOW,
    )


def sent(world: World, amount_minor: int, *, days: int = 0, **more: object) -> str | None:
    """The code of a payment's refusal, days from now."""
    request = world.request(amount_minor=amount_minor, **more)  # type: ignore[arg-type]
    request = dataclasses.replace(request, now=NOW + dt.timedelta(days=days))
    return code_of(execute_transfers([request])[0])


@pytest.mark.parametrize(
    ("amount", "fixed", "bps", "floor", "ceiling", "fee"),
    [
        (100_00, 0, 0, 0, None, 0),
        (100_00, 5_00, 0, 0, None, 5_00),
        (100_00, 0, 25, 0, None, 25),
        (199, 0, 25, 0, None, 0),  # 0.4975 rounds down
        (200, 0, 25, 0, None, 1),  # 0.5 rounds up
        (100_00, 0, 25, 1_00, None, 1_00),
        (1_00_000_00, 0, 25, 0, 50_00, 50_00),
        (100_00, 2_00, 100, 0, 2_50, 2_50),
        (MAX_MINOR, MAX_MINOR, 10_000, 0, None, MAX_MINOR),  # no wallet could pay more
    ],
)
def test_the_fee_of_an_amount(
    amount: int, fixed: int, bps: int, floor: int, ceiling: int | None, fee: int
) -> None:
    found = fee_minor(
        amount_minor=amount, fixed_minor=fixed, bps=bps, floor_minor=floor, ceiling_minor=ceiling
    )
    assert found == fee


def test_a_fee_goes_from_the_payer_to_the_income_of_its_organization(world: World) -> None:
    charge(world, fixed_minor=2_00, bps=100)
    paid = moved(world.send(amount_minor=250_00))

    assert paid.fee_minor == 4_50
    assert world.balance(world.alice_wallet) == ALICE - 254_50
    assert world.balance(world.charlie_wallet) == 50_000_00 + 250_00
    with reading(world.actor(world.alice)):
        income = accounts().get(kind="FEE_INCOME", organization_id=world.acme.id)
        assert income.posted_minor == 4_50


def test_the_fee_must_be_covered_too(world: World) -> None:
    charge(world)
    assert code_of(world.send(amount_minor=ALICE)) == "insufficient_funds"
    assert moved(world.send(amount_minor=ALICE - 5_00)).fee_minor == 5_00


def test_an_organization_pays_itself_nothing(world: World) -> None:
    charge(world)
    paid = moved(world.send(source=world.acme_wallet, destination=world.alice_wallet))
    assert paid.fee_minor == 0


def test_another_fee_than_the_payer_agreed_to(world: World) -> None:
    charge(world)
    assert code_of(world.send(expected_fee_minor=0)) == "fee_changed"
    assert moved(world.send(expected_fee_minor=5_00)).fee_minor == 5_00
    refused = Transfer.objects.filter(reason_code="fee_changed")
    with reading(world.actor(world.alice)):
        assert [one.fee_minor for one in refused] == [0]


def test_who_sets_fees_and_limits_and_within_which_bounds(world: World) -> None:
    terms: dict[str, object] = {
        "kind": TransferKind.TRANSFER,
        "currency": "INR",
        "floor_minor": 0,
        "now": NOW,
    }
    wrong: list[dict[str, object]] = [
        {"fixed_minor": -1, "bps": 0, "ceiling_minor": None},
        {"fixed_minor": 0, "bps": 10_001, "ceiling_minor": None},
        {"fixed_minor": 2**53, "bps": 0, "ceiling_minor": None},
        {"fixed_minor": 0, "bps": 0, "ceiling_minor": 1, "floor_minor": 2},
        {"fixed_minor": 0, "bps": 0, "ceiling_minor": None, "kind": TransferKind.DEPOSIT},
    ]
    alice = world.actor(world.alice)
    for one in wrong:
        with pytest.raises(TermsInvalid):
            set_fee_schedule(actor=alice, organization_id=world.acme.id, **{**terms, **one})  # type: ignore[arg-type]
    with pytest.raises(PermissionDenied):
        set_limit_rule(
            actor=alice,
            organization_id=world.acme.id,
            wallet_kind=WalletKind.CURRENT,
            currency="INR",
            day_minor=None,
            month_minor=None,
            now=NOW,
        )


def test_the_limit_of_a_day_is_reached_and_not_passed(world: World) -> None:
    limit(world, day_minor=300_00)
    assert sent(world, 200_00) is None
    assert sent(world, 100_01) == "daily_limit_exceeded"
    assert sent(world, 100_00) is None
    assert sent(world, 1) == "daily_limit_exceeded"


def test_a_day_begins_at_midnight_of_the_organization(world: World) -> None:
    limit(world, day_minor=300_00, month_minor=500_00)
    assert sent(world, 300_00) is None
    assert sent(world, 200_00, days=1) is None
    assert sent(world, 1, days=2) == "monthly_limit_exceeded"
    assert sent(world, 300_00, days=15) is None  # December


def test_a_batch_counts_its_own_items(world: World) -> None:
    limit(world, day_minor=300_00)
    items = [world.request(amount_minor=100_00) for _ in range(5)]
    codes = [code_of(outcome) for outcome in execute_transfers(items)]
    assert codes == [None, None, None, "daily_limit_exceeded", "daily_limit_exceeded"]


def test_what_is_given_back_can_be_spent_again_on_the_same_day(world: World) -> None:
    limit(world, day_minor=300_00)
    paid = moved(world.send(amount_minor=300_00))
    assert sent(world, 1) == "daily_limit_exceeded"
    moved(given_back(world, paid.id, 120_00))
    assert sent(world, 120_01) == "daily_limit_exceeded"
    assert sent(world, 120_00) is None


def test_refused_payments_and_the_organizations_own_do_not_count(world: World) -> None:
    limit(world, day_minor=300_00)
    assert code_of(world.send(amount_minor=ALICE + 1)) == "insufficient_funds"
    assert sent(world, 400_00, source=world.acme_wallet) is None
    with reading(world.actor(world.alice)):
        alice = world.actor(world.alice)
        limits = limits_of(wallet_of(actor=alice, wallet=world.alice_wallet.handle), now=NOW)
    assert limits is not None
    assert limits.of_day.tighter == (300_00, 0)


def test_a_rehearsal_says_what_would_happen_and_leaves_nothing(world: World) -> None:
    charge(world)
    limit(world, day_minor=300_00)
    asked = [
        world.request(amount_minor=200_00),
        world.request(amount_minor=200_00),
        world.request(amount_minor=10, destination="VC-000000"),
        world.request(amount_minor=100_00),
    ]
    with nothing_happens(world):
        said = rehearse_transfers(asked)

    assert [one.error.code if one.error else None for one in said] == [
        None,
        "daily_limit_exceeded",
        "destination_wallet_not_found",
        None,
    ]
    assert said[0].source is not None
    assert (said[0].fee_minor, said[0].source.posted_minor) == (5_00, ALICE - 205_00)
    assert said[3].source is not None
    assert said[3].source.available_minor == ALICE - 310_00
    assert [code_of(outcome) for outcome in execute_transfers(asked)] == [
        one.error.code if one.error else None for one in said
    ]
