"""Holds for tests of pages, placed by their services."""

from __future__ import annotations

import datetime as dt
import itertools

from accounts.models import User
from kernel import clock
from kernel.context import reading
from kernel.crypto import fingerprint
from kernel.ids import encode
from tests.world import World
from wallets.models import Wallet, WalletHold
from wallets.queries import hold_of
from wallets.services.holds import HoldRequest, place_hold
from wallets.services.references import reference_of

_keys = itertools.count(1)


def held(
    world: World,
    *,
    sender: User | None = None,
    source: Wallet | None = None,
    destination: Wallet | None = None,
    amount_minor: int = 1_000_00,
    placed_at: dt.datetime | None = None,
    days: int = 7,
    description: str = "",
) -> WalletHold:
    """A hold; by default Alice reserves 1,000 rupees for Acme's own wallet, now, for a week."""
    actor, now = world.actor(sender or world.alice), placed_at or clock.now()
    key = f"hold-{next(_keys)}"
    return place_hold(
        HoldRequest(
            actor=actor,
            source=(source or world.alice_wallet).handle,
            destination=(destination or world.acme_wallet).handle,
            amount_minor=amount_minor,
            currency="INR",
            expires_at=now + dt.timedelta(days=days),
            reference=reference_of(actor=actor, route="test", key=key),
            fingerprint=fingerprint(key),
            now=now,
            description=description,
        )
    )


def hold_id_of(hold: WalletHold) -> str:
    """As addresses name it."""
    return encode("hld", hold.hold_id)


def standing(world: World, hold: WalletHold) -> tuple[str, int, int]:
    """Its state, what was captured and what was freed, in minor units."""
    with reading(world.actor(world.olga)):
        found = hold_of(actor=world.actor(world.olga), hold_id=hold.hold_id).hold
    return found.state, found.captured_minor, found.released_minor
