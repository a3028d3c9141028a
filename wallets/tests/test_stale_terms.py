"""Terms that wait for a second person, and somebody sets others meanwhile."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.errors import BeneficiaryOfPendingAct
from accounts.models import PendingAct, User
from accounts.services.dual_control import set_dual_control_policy
from accounts.services.pending_acts import agree
from accounts.services.staff import create_staff
from accounts.services.system_settings import set_setting
from accounts.system import STAFF_DUAL_CONTROL
from kernel.actor import Door, system
from kernel.context import reading
from tests.world import NOW, PASSWORD, World, colleague
from wallets.choices import TransferKind, WalletKind
from wallets.models import FeeSchedule, LimitRule
from wallets.services.terms import set_fee_schedule, set_limit_rule, withdraw_limit_rule
from wallets.services.thresholds import set_dual_control_threshold
from wallets.services.wallets import open_wallet

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
def fay(world: World) -> User:
    colleague(world, "adam", "admin")
    return colleague(world, "fay", "finance")


def waits(done: object) -> PendingAct:
    assert isinstance(done, PendingAct)
    return done


def agreed(world: World, checker: User, act: PendingAct) -> str:
    done = agree(actor=world.signed_in(checker), act_id=act.id, now=LATER)
    return done.reason_code or done.state


def test_a_fee(world: World, fay: User) -> None:
    alice = world.signed_in(world.alice)
    set_dual_control_policy(actor=alice, roles=True, journals=False, terms=True, now=NOW)

    def fee(fixed_minor: int) -> PendingAct:
        return waits(
            set_fee_schedule(
                actor=alice,
                organization_id=world.acme.id,
                kind=TransferKind.TRANSFER,
                currency="INR",
                fixed_minor=fixed_minor,
                bps=0,
                floor_minor=0,
                ceiling_minor=None,
                now=NOW,
            )
        )

    stale, other = fee(900), fee(100)
    assert agreed(world, fay, other) == "agreed"
    assert agreed(world, fay, stale) == "changed_meanwhile"
    with reading(alice):
        assert FeeSchedule.objects.get().fixed_minor == 100
    assert agreed(world, fay, fee(900)) == "agreed"


def test_a_limit_and_its_withdrawal(world: World) -> None:
    root, omar = world.signed_in(world.olga), omar_of(world)
    set_setting(actor=root, name=STAFF_DUAL_CONTROL, value=True, now=NOW)

    def limit(day_minor: int) -> PendingAct:
        return waits(
            set_limit_rule(
                actor=root,
                organization_id=world.acme.id,
                wallet_kind=WalletKind.CURRENT,
                currency="INR",
                day_minor=day_minor,
                month_minor=None,
                now=NOW,
            )
        )

    stale, other = limit(900), limit(100)
    assert agreed(world, omar, other) == "agreed"
    assert agreed(world, omar, stale) == "changed_meanwhile"
    with reading(root):
        rule = LimitRule.objects.get(organization_id=world.acme.id)
    back = waits(withdraw_limit_rule(actor=root, limit_rule_id=rule.id, now=NOW))
    assert agreed(world, omar, limit(200)) == "agreed"
    assert agreed(world, omar, back) == "changed_meanwhile"


def omar_of(world: World) -> User:
    """Another super admin."""
    return create_staff(
        actor=system(door=Door.COMMAND, request_id="test"),
        email="omar@platform.test",
        full_name="Omar",
        platform_role="super_admin",
        password=PASSWORD,
        now=NOW,
    )


def test_a_payee_does_not_agree_to_being_paid(world: World, fay: User) -> None:
    alice = world.signed_in(world.alice)
    set_dual_control_policy(actor=alice, roles=True, journals=False, terms=False, now=NOW)
    set_dual_control_threshold(actor=alice, currency="INR", threshold_minor=0, now=NOW)
    own = open_wallet(
        actor=world.signed_in(fay),
        owner_id=fay.id,
        kind=WalletKind.CURRENT,
        currency="INR",
        now=NOW,
    )
    act = waits(world.send(destination=own).pending_act)
    with pytest.raises(BeneficiaryOfPendingAct):
        agreed(world, fay, act)
    finn = colleague(world, "finn", "member")
    assert finn.role == "member"
    assert world.balance(own) == 0
