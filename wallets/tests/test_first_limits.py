"""What a fresh installation allows whom it does not know."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command

from kernel.actor import Door, system
from kernel.context import reading
from kernel.errors import PermissionDenied
from kyc.choices import Tier
from kyc.tests.people import verified
from ledger.queries import currencies
from tests.world import NOW, PASSWORD, World
from wallets.choices import WalletKind
from wallets.errors import DailyLimitExceeded, MonthlyLimitExceeded
from wallets.models import LimitRule
from wallets.queries import limit_rules
from wallets.services.first_limits import FIRST_LIMITS, set_first_limits
from wallets.services.terms import set_limit_rule, withdraw_limit_rule

pytestmark = pytest.mark.django_db

PROGRAM = system(door=Door.COMMAND, request_id="test-first-limits")


def tiered() -> list[LimitRule]:
    with reading(PROGRAM):
        return list(limit_rules().filter(tier__isnull=False))


def test_every_currency_has_them_and_they_only_narrow():
    """A currency that is added later needs a line, or strangers could spend it freely."""
    assert set(FIRST_LIMITS) == {one.code for one in currencies()}
    with reading(PROGRAM):
        general = {
            (one.currency_id, one.wallet_kind): (one.day_minor, one.month_minor)
            for one in limit_rules().filter(tier=None, organization=None).select_related("currency")
        }
    for currency in currencies():
        unit = 10**currency.exponent
        first = FIRST_LIMITS[currency.code]
        unverified, basic = first[Tier.UNVERIFIED], first[Tier.BASIC]
        for kind in WalletKind.values:
            for window in (0, 1):
                everybody = general[currency.code, kind][window]
                assert everybody is not None
                assert unverified[window] < basic[window]
                assert basic[window] * unit <= everybody
        assert unverified[0] < unverified[1] <= 31 * unverified[0]


def test_money_of_strangers_is_limited_from_then_on(world: World):
    assert set_first_limits(actor=PROGRAM, now=NOW) == len(FIRST_LIMITS)
    assert isinstance(world.send(amount_minor=5_000_01).error, DailyLimitExceeded)
    assert world.send(amount_minor=5_000_00).error is None
    assert world.send(source=world.acme_wallet, amount_minor=5_000_01).error is None
    verified(world, world.alice)
    assert world.send(amount_minor=5_000_01).error is None


def test_they_are_set_once_whatever_became_of_them(world: World):
    set_first_limits(actor=PROGRAM, now=NOW)
    staff = world.actor(world.olga)
    changed = set_limit_rule(
        actor=staff,
        organization_id=None,
        wallet_kind=WalletKind.CURRENT,
        currency="INR",
        tier=Tier.UNVERIFIED,
        day_minor=None,
        month_minor=7_000_00,
        now=NOW,
    )
    assert isinstance(changed, LimitRule)
    for rule in tiered():
        if rule.currency_id == "EUR":
            withdraw_limit_rule(actor=staff, limit_rule_id=rule.id, now=NOW)
    before = len(tiered())
    assert set_first_limits(actor=PROGRAM, now=NOW) == 0
    assert len(tiered()) == before
    assert isinstance(world.send(amount_minor=7_000_01).error, MonthlyLimitExceeded)


def test_owners_set_none(world: World):
    with pytest.raises(PermissionDenied):
        set_first_limits(actor=world.actor(world.alice), now=NOW)


def test_they_come_with_the_first_person_of_the_staff(monkeypatch):
    monkeypatch.setenv("VAULTCRAFT_STAFF_PASSWORD", PASSWORD)
    out = io.StringIO()
    call_command("create_staff", email="olga@platform.test", name="Olga", stdout=out)
    assert len(tiered()) == len(FIRST_LIMITS) * len(WalletKind) * 2
    assert "limited in 8 currencies" in out.getvalue()


def test_an_installation_at_work_gets_none(world: World, monkeypatch):
    """Where staff is, somebody has decided already, and payments must not stop overnight."""
    monkeypatch.setenv("VAULTCRAFT_STAFF_PASSWORD", PASSWORD)
    call_command("create_staff", email="omar@platform.test", name="Omar", stdout=io.StringIO())
    assert tiered() == []
