"""What one admin of the staff does alone, also where staff's acts take two: see the threat model.

Whoever puts a second person before one of these takes it out of "Accepted" there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Organization, User
from accounts.services.organizations import activate_organization, suspend_organization
from accounts.services.system_settings import set_setting
from accounts.system import STAFF_DUAL_CONTROL
from accounts.tests.builders import staff
from audit.models import AuditRecord
from kyc.choices import Tier
from kyc.services.reviewing import approve_case
from kyc.tests.people import screened, tier_now
from tests.database import all_seeing
from tests.world import NOW, World
from wallets.services.wallets import freeze_wallet, suspend_wallet, unfreeze_wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def omar(world: World) -> User:
    """Another admin, where acts of staff take two."""
    omar = staff(name="omar", platform_role="admin")
    staff(name="oda")
    set_setting(actor=world.signed_in(world.olga), name=STAFF_DUAL_CONTROL, value=True, now=NOW)
    return omar


def doers(*actions: str) -> list[tuple[str, object]]:
    """Who did it, in order."""
    with all_seeing():
        found = AuditRecord.objects.filter(action__in=actions).order_by("at", "id")
        return [(one.action, one.actor_id) for one in found]


@pytest.mark.parametrize(("stop", "verb"), [(freeze_wallet, "freeze"), (suspend_wallet, "suspend")])
def test_what_another_stopped_is_lifted_by_one_and_both_are_on_record(
    world: World, omar: User, stop: Callable[..., object], verb: str
) -> None:
    wallet: dict[str, Any] = {
        "wallet_id": world.alice_wallet.id,
        "reason": "an inquiry",
        "now": NOW,
    }
    stop(actor=world.signed_in(world.olga), **wallet)
    assert unfreeze_wallet(actor=world.signed_in(omar), **wallet).status == "ACTIVE"
    stopped, lifted = f"wallets.wallet.{verb}", "wallets.wallet.unfreeze"
    assert doers(stopped, lifted) == [(stopped, world.olga.id), (lifted, omar.id)]


def test_so_is_the_suspension_of_an_organization(world: World, omar: User) -> None:
    olga = world.signed_in(world.olga)
    suspend_organization(actor=olga, organization_id=world.acme.id, reason="an inquiry", now=NOW)
    activate_organization(actor=world.signed_in(omar), organization_id=world.acme.id, now=NOW)
    with all_seeing():
        assert Organization.objects.get(id=world.acme.id).status == "active"
    assert doers("accounts.organization.activate")[-1][1] == omar.id


def test_one_gives_a_tier_and_is_named(world: World, omar: User) -> None:
    case = screened(world, world.alice)
    approve_case(actor=world.signed_in(omar), case_id=case.id, reason="identity_confirmed", now=NOW)
    assert tier_now(world.alice) is Tier.FULL
    assert doers("kyc.case.approve") == [("kyc.case.approve", omar.id)]
