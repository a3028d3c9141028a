"""Limits by how well the holder is known, beside the limits for everybody."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from kernel.context import reading
from kernel.errors import VaultCraftError
from kyc.choices import Tier
from kyc.services.reviewing import approve_case, withdraw_approval
from kyc.tests.people import submitted, verified
from tests.database import statements, work
from tests.world import NOW, World
from wallets.choices import WalletKind
from wallets.errors import TermsInvalid
from wallets.models import LimitRule, Wallet
from wallets.queries import limits_by_wallet, limits_of, visible_wallets
from wallets.services.policies import set_wallet_policy
from wallets.services.terms import set_limit_rule, withdraw_limit_rule
from wallets.services.transfers import execute_transfers, rehearse_transfers
from wallets.services.wallets import open_wallet
from wallets.tests.people import moved
from wallets.tests.test_reversals import given_back

pytestmark = pytest.mark.django_db


def rule(world: World, tier: Tier | None, day_minor: int | None, **more: Any) -> LimitRule:
    given: dict[str, Any] = {
        "organization_id": world.acme.id,
        "wallet_kind": WalletKind.CURRENT,
        "currency": "INR",
        "tier": tier,
        "day_minor": day_minor,
        "month_minor": None,
        "now": NOW,
    }
    made = set_limit_rule(actor=world.actor(world.olga), **(given | more))
    assert isinstance(made, LimitRule)
    return made


def another_wallet(world: World, kind: WalletKind) -> Wallet:
    alice = world.actor(world.alice)
    wallet = open_wallet(actor=alice, owner_id=world.alice.id, kind=kind, currency="INR", now=NOW)
    assert world.fund(wallet, 10_000_00).error is None
    return wallet


@pytest.fixture
def many_wallets(world: World) -> None:
    set_wallet_policy(
        actor=world.actor(world.alice),
        per_kind=3,
        members_open=True,
        now=NOW,
    )


def refused(world: World, amount_minor: int, **more: Any) -> VaultCraftError | None:
    return world.send(amount_minor=amount_minor, **more).error


def test_an_unverified_person_spends_little_and_a_verified_one_at_once_more(world: World):
    rule(world, Tier.UNVERIFIED, 100_00)
    error = refused(world, 100_01)
    assert error is not None
    assert (error.code, error.facts) == (
        "daily_limit_exceeded",
        {"limit_minor": 100_00, "used_minor": 0},
    )
    assert refused(world, 100_00) is None
    verified(world, world.alice)
    assert refused(world, 5_000_00) is None


def test_what_was_spent_before_the_tier_rose_counts(world: World):
    rule(world, Tier.UNVERIFIED, 100_00)
    rule(world, Tier.FULL, 500_00)
    assert refused(world, 100_00) is None
    verified(world, world.alice)
    assert refused(world, 400_00) is None
    error = refused(world, 1)
    assert error is not None
    assert error.facts == {"limit_minor": 500_00, "used_minor": 500_00}


def test_each_tier_has_its_own_rule(world: World):
    rule(world, Tier.UNVERIFIED, 0)
    rule(world, Tier.BASIC, 200_00)
    assert refused(world, 1) is not None
    verified(world, world.alice, tier=Tier.BASIC)
    assert refused(world, 200_01) is not None
    assert refused(world, 200_00) is None


def test_of_two_limits_the_smaller_counts(world: World):
    rule(world, Tier.UNVERIFIED, 300_00)
    rule(world, None, 100_00)
    assert refused(world, 100_01) is not None
    rule(world, None, 900_00)
    assert refused(world, 300_01) is not None
    rule(world, Tier.UNVERIFIED, None)
    assert refused(world, 900_00) is None


@pytest.mark.usefixtures("many_wallets")
def test_all_wallets_of_a_person_spend_from_one_limit(world: World):
    """Whatever their number and kind; others' wallets and the person's other currencies do not."""
    others = [another_wallet(world, kind) for kind in WalletKind]
    for kind in WalletKind.values:
        rule(world, Tier.UNVERIFIED, 100_00, wallet_kind=kind)
    assert refused(world, 60_00) is None
    assert refused(world, 30_00, source=others[0]) is None
    for wallet in (world.alice_wallet, *others):
        error = refused(world, 10_01, source=wallet)
        assert error is not None
        assert error.facts == {"limit_minor": 100_00, "used_minor": 90_00}
    assert refused(world, 10_00, source=others[1]) is None
    assert refused(world, 1, source=others[2]) is not None
    back = {"sender": world.charlie, "source": world.charlie_wallet}
    assert refused(world, 50_00, destination=world.alice_wallet, **back) is None


@pytest.mark.usefixtures("many_wallets")
def test_a_batch_from_many_wallets_of_a_person_is_one_spending(world: World):
    other = another_wallet(world, WalletKind.CURRENT)
    rule(world, Tier.UNVERIFIED, 100_00)
    asked = [
        world.request(source=wallet, amount_minor=40_00)
        for wallet in (world.alice_wallet, other, world.alice_wallet, other)
    ]
    codes = [one.error.code if one.error else None for one in execute_transfers(asked)]
    assert codes == [None, None, "daily_limit_exceeded", "daily_limit_exceeded"]
    again = [
        dataclasses.replace(one, reference=bytes(31) + b"%c" % n) for n, one in enumerate(asked)
    ]
    foretold = rehearse_transfers(again)
    assert [one.error.code if one.error else None for one in foretold] == [
        "daily_limit_exceeded"
    ] * 4


@pytest.mark.usefixtures("many_wallets")
def test_the_month_of_a_person_is_one_as_well(world: World):
    other = another_wallet(world, WalletKind.CURRENT)
    rule(world, Tier.UNVERIFIED, None, month_minor=100_00)
    assert refused(world, 60_00) is None
    error = refused(world, 40_01, source=other)
    assert error is not None
    assert error.code == "monthly_limit_exceeded"
    assert refused(world, 40_00, source=other) is None


@pytest.mark.usefixtures("many_wallets")
def test_what_comes_back_to_one_wallet_can_be_spent_from_another(world: World):
    other = another_wallet(world, WalletKind.CURRENT)
    rule(world, Tier.UNVERIFIED, 100_00)
    paid = moved(world.send(amount_minor=100_00))
    assert refused(world, 1, source=other) is not None
    given_back(world, paid.id, 70_00)
    assert refused(world, 70_01, source=other) is not None
    assert refused(world, 70_00, source=other) is None


@pytest.mark.usefixtures("many_wallets")
def test_pages_show_what_a_person_spent_where_that_leaves_less(world: World):
    other = another_wallet(world, WalletKind.CURRENT)
    rule(world, Tier.UNVERIFIED, 100_00)
    assert refused(world, 60_00) is None
    with reading(world.actor(world.alice)):
        shown = limits_of(visible_wallets(world.actor(world.alice)).get(id=other.id), now=NOW)
    assert shown is not None
    assert shown.of_day.tighter == (100_00, 60_00)
    rule(world, None, 30_00)
    with reading(world.actor(world.alice)):
        shown = limits_of(visible_wallets(world.actor(world.alice)).get(id=other.id), now=NOW)
    assert shown is not None
    assert shown.of_day.tighter == (30_00, 0)


def test_a_tier_that_is_taken_back_limits_the_next_payment(world: World):
    rule(world, Tier.UNVERIFIED, 100_00)
    case = verified(world, world.alice)
    assert refused(world, 500_00) is None
    withdraw_approval(
        actor=world.actor(world.olga), case_id=case.id, reason="document_not_genuine", now=NOW
    )
    assert refused(world, 1) is not None


def test_an_organization_s_own_wallet_has_no_tier(world: World):
    rule(world, Tier.UNVERIFIED, 0)
    assert refused(world, 10_000_00, source=world.acme_wallet) is None


def test_a_general_rule_of_a_tier_holds_where_there_is_no_own_one(world: World):
    general = rule(world, Tier.UNVERIFIED, 100_00, organization_id=None)
    assert refused(world, 100_01) is not None
    assert (
        refused(
            world,
            100_01,
            sender=world.charlie,
            source=world.charlie_wallet,
            destination=world.alice_wallet,
        )
        is not None
    )
    own = rule(world, Tier.UNVERIFIED, 900_00)
    assert refused(world, 900_00) is None
    staff = world.actor(world.olga)
    withdraw_limit_rule(actor=staff, limit_rule_id=own.id, now=NOW)
    assert refused(world, 1) is not None
    withdraw_limit_rule(actor=staff, limit_rule_id=general.id, now=NOW)
    assert refused(world, 1_000_00) is None


def test_rules_that_cannot_be(world: World):
    for wrong in ({"tier": 3}, {"tier": -1}, {"organization_id": None, "tier": None}):
        with pytest.raises(TermsInvalid):
            rule(world, **({"tier": None, "day_minor": 5} | wrong))  # type: ignore[arg-type]


def test_pages_show_the_limits_that_hold(world: World):
    rule(world, Tier.UNVERIFIED, 100_00)
    alice = world.actor(world.alice)
    with reading(alice):
        shown = limits_of(visible_wallets(alice).get(id=world.alice_wallet.id), now=NOW)
    assert shown is not None
    assert shown.of_day.tighter == (100_00, 0)
    verified(world, world.alice)
    with reading(alice):
        shown = limits_of(visible_wallets(alice).get(id=world.alice_wallet.id), now=NOW)
    assert shown is not None
    assert shown.of_day.tighter == (50_00_000_00, 0)


def test_a_rule_of_a_tier_costs_one_statement_where_money_moves(world: World):
    """The lock of the person; nothing where no rule speaks of them, or none limits."""
    world.send()
    with statements() as without:
        world.send()
    rule(world, Tier.UNVERIFIED, 100_000_00)
    rule(world, Tier.FULL, None)
    case = submitted(world, world.alice)
    with statements() as unverified:
        world.send()
    approve_case(
        actor=world.actor(world.olga), case_id=case.id, reason="identity_confirmed", now=NOW
    )
    with statements() as full:
        world.send()
    assert work(without) == work(full)
    assert len(work(unverified)) == len(work(without)) + 1


def test_limits_of_many_wallets_cost_one_statement_for_all_their_tiers(world: World):
    rule(world, Tier.UNVERIFIED, 100_00)
    staff = world.actor(world.olga)
    with reading(staff):
        wallets = list(visible_wallets(staff))
        with statements() as asked:
            limits_by_wallet(wallets, now=NOW)
    assert len(asked) == 3
