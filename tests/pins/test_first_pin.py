"""A first PIN counts as what it was set with does: a stolen session sets none that counts."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from accounts.choices import ApprovalMethod, FactorMethod, MailKind
from accounts.errors import NetworkNotTrusted, PinTooNew
from accounts.models import TransactionPin
from accounts.services.approvals import Proof, methods_of
from accounts.services.networks import require_known_network
from accounts.services.pins import choose_forgotten_pin, pin_standing, set_pin
from kernel.actor import Actor
from kernel.context import reading
from tests.approving import PIN, asking, signed_in
from tests.database import refuses, view
from tests.phones import give_phone
from tests.pins.test_pins import DAY, link, mails
from tests.world import NOW, World
from wallets.services.approving import approve_movement

pytestmark = pytest.mark.django_db

ELSEWHERE = "198.51.100.9"
MAILED = FactorMethod.EMAIL


def ways(actor: Actor, now: dt.datetime = NOW) -> list[str]:
    """How the person could approve a payment."""
    assert actor.id
    with reading(actor):
        return methods_of([actor.id], now=now)[actor.id]


def approves(world: World, actor: Actor, *, pin: str = PIN, now: dt.datetime = NOW) -> bool:
    """Whether the PIN approves a payment of the person."""
    wanted = world.request(sender=world.alice, amount_minor=5_000_00)
    request = dataclasses.replace(wanted, actor=actor, now=now)
    try:
        approve_movement(request=request, proof=Proof(ApprovalMethod.PIN, pin))
    except PinTooNew:
        return False
    return True


def test_set_with_an_app_that_counts_it_counts_at_once(world: World) -> None:
    asking(world)
    give_phone(world.alice, now=NOW - 2 * DAY)
    alice = signed_in(world, world.alice)
    assert set_pin(actor=alice, pin=PIN, now=NOW) == NOW
    assert approves(world, alice)


def test_set_with_a_mailed_code_it_counts_after_a_day(world: World) -> None:
    asking(world)
    alice = signed_in(world, world.alice, proven_by=MAILED)
    assert set_pin(actor=alice, pin=PIN, now=NOW) == NOW + DAY
    (told,) = mails(MailKind.PIN_SET)
    assert told
    assert ways(alice) == ["email_otp"]
    assert not approves(world, alice)
    assert pin_standing(actor=alice, now=NOW).counts_from == NOW + DAY
    assert pin_standing(actor=alice, now=NOW).tries_left == 3, "no try was counted"
    assert ways(alice, NOW + DAY) == ["pin"]
    assert approves(world, alice, now=NOW + DAY)
    assert pin_standing(actor=alice, now=NOW + DAY).counts_from is None


def test_set_with_an_app_of_today_it_counts_after_a_day(world: World) -> None:
    fresh = dataclasses.replace(signed_in(world, world.alice), proven_settled=False)
    assert set_pin(actor=fresh, pin=PIN, now=NOW) == NOW + DAY


def test_none_is_set_where_one_was_never_seen(world: World) -> None:
    alice = signed_in(world, world.alice)
    require_known_network(actor=alice, now=NOW)
    away = dataclasses.replace(alice, ip=ELSEWHERE)
    with pytest.raises(NetworkNotTrusted):
        set_pin(actor=away, pin=PIN, now=NOW)
    assert not pin_standing(actor=alice, now=NOW).is_set


def test_one_that_waits_is_replaced_at_once_by_who_has_the_mailbox(world: World) -> None:
    """A thief of one session set it; its person has the mail about it, and no old PIN to show."""
    asking(world)
    thief = signed_in(world, world.alice, proven_by=MAILED)
    set_pin(actor=thief, pin=PIN, now=NOW)
    alice = signed_in(world, world.alice, proven_by=MAILED)
    later = NOW + dt.timedelta(hours=1)
    at = choose_forgotten_pin(actor=alice, token=link(alice, now=later), pin="8264", now=later)
    assert at == later + DAY
    assert pin_standing(actor=alice, now=later).reset_at is None
    after = NOW + DAY
    assert not approves(world, thief, now=after), "it waits its own day"
    assert approves(world, alice, pin="8264", now=later + DAY)


def test_with_an_app_that_counts_it_counts_at_once_instead(world: World) -> None:
    asking(world)
    set_pin(actor=signed_in(world, world.alice, proven_by=MAILED), pin=PIN, now=NOW)
    give_phone(world.alice, now=NOW - 2 * DAY)
    alice = signed_in(world, world.alice)
    assert choose_forgotten_pin(actor=alice, token=link(alice), pin="8264", now=NOW) == NOW
    assert approves(world, alice, pin="8264")


def test_the_database_lets_nobody_shorten_the_wait(world: World) -> None:
    alice = signed_in(world, world.alice, proven_by=MAILED)
    set_pin(actor=alice, pin=PIN, now=NOW)
    with reading(alice):
        assert TransactionPin.objects.get(user=world.alice).counts_from == NOW + DAY
    view(world.acme)
    for sooner in ("NULL", "counts_from - interval '1 s'"):
        refuses(
            "accounts_pin_waits",
            f"UPDATE accounts_transactionpin SET counts_from = {sooner} WHERE user_id = %s",
            world.alice.id,
        )
