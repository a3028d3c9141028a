"""A payout that no bank paid gives its limits back what they counted, where they counted it."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from tests.database import all_seeing
from tests.payouts.scenes import AMOUNT, Clock, ask, scripted, seen, work
from tests.world import NOW, World
from wallets.choices import WalletKind
from wallets.models import SpendingUsage
from wallets.rails import RailState
from wallets.services.terms import set_limit_rule
from wallets.services.transfers import execute_transfers
from wallets.services.transfers.knowing import Terms

pytestmark = pytest.mark.django_db

MIDNIGHT = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def limit(world: World) -> None:
    set_limit_rule(
        actor=world.actor(world.olga),
        organization_id=world.acme.id,
        wallet_kind=WalletKind.CURRENT,
        currency="INR",
        day_minor=1_00_000_00,
        month_minor=1_00_000_00,
        now=NOW,
    )


def sent(world: World, amount_minor: int, *, now: dt.datetime) -> None:
    request = dataclasses.replace(world.request(amount_minor=amount_minor), now=now)
    assert execute_transfers([request])[0].error is None


def used(world: World) -> tuple[dt.date, int, int]:
    with all_seeing():
        usage = SpendingUsage.objects.get(wallet=world.alice_wallet)
    return usage.day, usage.day_minor, usage.month_minor


def test_what_no_limit_counted_is_not_given_back(
    world: World, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A currency had no rule yet; what was paid since there is one stays counted."""
    with scripted(settings, decides=RailState.ACCEPTED):
        with monkeypatch.context() as patched:
            patched.setattr(Terms, "limits_of", lambda *_: None)
            uncounted = ask(world, key="before the limit")
        limit(world)
        sent(world, AMOUNT, now=NOW)
        assert used(world)[1:] == (AMOUNT, AMOUNT)
        work(Clock())
        assert seen(uncounted.transfer).state == "FAILED"
        assert used(world)[1:] == (AMOUNT, AMOUNT)


def test_across_midnight_the_month_alone_is_given_back(world: World, settings) -> None:
    """The new day did not count it."""
    limit(world)
    with scripted(settings, decides=RailState.ACCEPTED):
        ask(world, now=MIDNIGHT - dt.timedelta(minutes=1))
        tomorrow = MIDNIGHT + dt.timedelta(minutes=1)
        sent(world, 10_00, now=tomorrow)
        assert used(world) == (MIDNIGHT.date(), 10_00, AMOUNT + 10_00)
        clock = Clock()
        clock.now = tomorrow
        work(clock)
        assert used(world) == (MIDNIGHT.date(), 10_00, 10_00)


def test_asked_before_midnight_and_counted_after_it_is_given_back_after_it(
    world: World, settings
) -> None:
    limit(world)
    with scripted(settings, decides=RailState.ACCEPTED):
        sent(world, 10_00, now=MIDNIGHT + dt.timedelta(minutes=1))
        late = ask(world, now=MIDNIGHT - dt.timedelta(minutes=1))
        assert used(world) == (MIDNIGHT.date(), AMOUNT + 10_00, AMOUNT + 10_00)
        clock = Clock()
        clock.now = MIDNIGHT + dt.timedelta(minutes=2)
        work(clock)
        assert seen(late.transfer).state == "FAILED"
        assert used(world) == (MIDNIGHT.date(), 10_00, 10_00)
