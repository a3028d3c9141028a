"""What waits for a second person replaces what its maker saw, or nothing.

Every kind of pending act is walked: each is asked for twice, the one is agreed to, and the other
fails, since what it would replace is another thing by now. A kind that sets something and does not
look is found here; one that replaces nothing says so below.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from accounts.errors import ChangedMeanwhile, RoleChangedMeanwhile
from accounts.models import PendingAct, User
from accounts.services.approvals import set_approval_policy
from accounts.services.dual_control import set_dual_control_policy
from accounts.services.pending_acts import agree
from accounts.services.pending_acts.registry import _KINDS
from accounts.services.people import change_role
from accounts.services.staff import change_staff_role, create_staff
from accounts.services.system_settings import set_setting
from accounts.system import PENDING_ACT_HOURS, STAFF_DUAL_CONTROL
from kernel.actor import Door, system
from kernel.context import reading
from ledger.services.clearing import set_clearing_cap
from tests.database import all_seeing
from tests.world import NOW, PASSWORD, World, colleague, takes_two
from wallets.choices import TransferKind, WalletKind
from wallets.models import LimitRule
from wallets.services.terms import set_fee_schedule, set_limit_rule, withdraw_limit_rule
from wallets.services.thresholds import set_dual_control_threshold

pytestmark = pytest.mark.django_db

LATER = NOW + dt.timedelta(hours=1)
Asks = tuple[Callable[[], object], Callable[[], object], User]

REPLACES_NOTHING = {
    "accounts.api_key": "lets its maker issue one key, once",
    "accounts.removal": "takes away, once",
    "accounts.restoration": "gives back what was taken; compares the role itself",
    "accounts.staff_closing": "takes away, once",
    "events.discards": "ends what waits, once",
    "events.replays": "hands out again; an inbox takes each event once",
    "accounts.erasure": "what is erased stays erased",
    "accounts.factor_reset": "takes away; a use of the factor since stops it",
    "ledger.journal": "adds entries",
    "ledger.journal_reversal": "adds entries, once",
    "wallets.adjustment": "moves money",
    "wallets.payment": "moves money",
    "wallets.payout_mending": "ends one saga, once; compares its fence itself",
    "wallets.reversal": "moves money, and no more than is left",
}


def staff(name: str, role: str = "super_admin") -> User:
    return create_staff(
        actor=system(door=Door.COMMAND, request_id="test"),
        email=f"{name}@platform.test",
        full_name=name.title(),
        platform_role=role,
        password=PASSWORD,
        now=NOW,
    )


def person(email: str) -> User:
    with all_seeing():
        return User.objects.get(email=email)


def everybody_takes_two(world: World) -> None:
    """Acme and the platform's staff, each with others who could agree: Fay and Otto, and Omar."""
    colleague(world, "fay", "finance")
    colleague(world, "otto", "owner")
    takes_two(world, journals=True, terms=True)
    staff("omar")
    set_setting(actor=world.signed_in(world.olga), name=STAFF_DUAL_CONTROL, value=True, now=NOW)


def fewer_approvals(world: World) -> Asks:
    alice = world.signed_in(world.alice)
    set_approval_policy(actor=alice, over_minor=100, now=NOW)

    def over(minor: int | None) -> object:
        return set_approval_policy(actor=alice, over_minor=minor, now=NOW)

    return lambda: over(None), lambda: over(500), person("fay@acme.test")


def dual_control_policy(world: World) -> Asks:
    alice = world.signed_in(world.alice)

    def flags(*, journals: bool, terms: bool) -> object:
        return set_dual_control_policy(
            actor=alice, roles=True, journals=journals, terms=terms, now=NOW
        )

    return (
        lambda: flags(journals=False, terms=True),
        lambda: flags(journals=True, terms=False),
        person("fay@acme.test"),
    )


def system_setting(world: World) -> Asks:
    olga = world.signed_in(world.olga)

    def hours(value: int) -> object:
        return set_setting(actor=olga, name=PENDING_ACT_HOURS, value=value, now=NOW)

    return lambda: hours(24), lambda: hours(48), person("omar@platform.test")


def role_grant(world: World) -> Asks:
    alice, mia = world.signed_in(world.alice), colleague(world, "mia", "member")

    def role(name: str) -> object:
        return change_role(actor=alice, user_id=mia.id, role=name, now=NOW)

    return lambda: role("owner"), lambda: role("finance"), person("otto@acme.test")


def staff_role(world: World) -> Asks:
    olga, sam = world.signed_in(world.olga), staff("sam", "moderator")

    def role(name: str) -> object:
        return change_staff_role(actor=olga, user_id=sam.id, platform_role=name, now=NOW)

    return lambda: role("super_admin"), lambda: role("admin"), person("omar@platform.test")


def fee(world: World) -> Asks:
    alice = world.signed_in(world.alice)

    def fixed(minor: int) -> object:
        return set_fee_schedule(
            actor=alice,
            organization_id=world.acme.id,
            kind=TransferKind.TRANSFER,
            currency="INR",
            fixed_minor=minor,
            bps=0,
            floor_minor=0,
            ceiling_minor=None,
            now=NOW,
        )

    return lambda: fixed(900), lambda: fixed(100), person("fay@acme.test")


def limit(world: World) -> Asks:
    return (
        lambda: day_limit(world, 900),
        lambda: day_limit(world, 100),
        person("omar@platform.test"),
    )


def limit_withdrawal(world: World) -> Asks:
    olga, omar = world.signed_in(world.olga), person("omar@platform.test")
    first = day_limit(world, 100)
    assert isinstance(first, PendingAct)
    assert agree(actor=world.signed_in(omar), act_id=first.id, now=LATER).state == "agreed"
    with reading(olga):
        rule = LimitRule.objects.get(organization_id=world.acme.id)
    return (
        lambda: withdraw_limit_rule(actor=olga, limit_rule_id=rule.id, now=NOW),
        lambda: day_limit(world, 50),
        omar,
    )


def day_limit(world: World, minor: int) -> object:
    return set_limit_rule(
        actor=world.signed_in(world.olga),
        organization_id=world.acme.id,
        wallet_kind=WalletKind.CURRENT,
        currency="INR",
        day_minor=minor,
        month_minor=None,
        now=NOW,
    )


def threshold(world: World) -> Asks:
    alice = world.signed_in(world.alice)

    def over(minor: int | None) -> object:
        return set_dual_control_threshold(
            actor=alice, currency="INR", threshold_minor=minor, now=NOW
        )

    over(100)
    return lambda: over(None), lambda: over(500), person("fay@acme.test")


def cap(world: World) -> Asks:
    alice = world.signed_in(world.alice)

    def up_to(minor: int) -> object:
        return set_clearing_cap(
            actor=alice,
            organization_id=world.acme.id,
            counterparty_id=world.globex.id,
            currency="INR",
            cap_minor=minor,
            now=NOW,
        )

    return lambda: up_to(900), lambda: up_to(100), person("fay@acme.test")


SETS: dict[str, Callable[[World], Asks]] = {
    "accounts.dual_control_policy": dual_control_policy,
    "accounts.fewer_approvals": fewer_approvals,
    "accounts.role_grant": role_grant,
    "accounts.staff_role": staff_role,
    "accounts.system_setting": system_setting,
    "ledger.clearing_cap": cap,
    "wallets.dual_control_threshold": threshold,
    "wallets.fee_schedule": fee,
    "wallets.limit_rule": limit,
    "wallets.limit_withdrawal": limit_withdrawal,
}


def test_every_kind_is_walked_or_says_why_not() -> None:
    assert _KINDS.keys() == SETS.keys() | REPLACES_NOTHING.keys()
    assert not SETS.keys() & REPLACES_NOTHING.keys()


@pytest.mark.parametrize("kind", SETS)
def test_what_replaces_something_else_by_now_fails(world: World, kind: str) -> None:
    everybody_takes_two(world)
    ask, ask_otherwise, checker = SETS[kind](world)
    stale, other = ask(), ask_otherwise()
    assert isinstance(stale, PendingAct)
    assert isinstance(other, PendingAct)
    assert stale.kind == kind
    assert agree(actor=world.signed_in(checker), act_id=other.id, now=LATER).state == "agreed"

    failed = agree(actor=world.signed_in(checker), act_id=stale.id, now=LATER)

    assert failed.state == "failed"
    assert failed.reason_code in (ChangedMeanwhile.code, RoleChangedMeanwhile.code)


def test_a_stricter_rule_outlives_an_older_wish_for_a_looser_one(world: World) -> None:
    """Asking for more holds at once, so nobody has to agree to it in between."""
    everybody_takes_two(world)
    ask, _, checker = fewer_approvals(world)
    stale = ask()
    assert isinstance(stale, PendingAct)
    set_approval_policy(actor=world.signed_in(world.alice), over_minor=0, now=NOW)
    failed = agree(actor=world.signed_in(checker), act_id=stale.id, now=LATER)
    assert failed.reason_code == ChangedMeanwhile.code
    with all_seeing():
        world.acme.refresh_from_db()
    assert world.acme.approval_over_minor == 0
