"""How many wallets holders have, and who opens them."""

from __future__ import annotations

import pytest

from accounts.errors import InvalidProfile
from accounts.models import User
from kernel.errors import PermissionDenied
from kernel.ids import new_id
from ledger.services.timezones import set_timezone
from tests.database import refuses, view
from tests.world import NOW, World, colleague
from wallets.choices import WalletKind
from wallets.errors import TermsInvalid, WalletExists
from wallets.models import Wallet
from wallets.services.policies import set_wallet_policy
from wallets.services.wallets import open_wallet

pytestmark = pytest.mark.django_db


def opened(world: World, user: User) -> Wallet:
    return open_wallet(
        actor=world.actor(user),
        owner_id=user.id,
        kind=WalletKind.CURRENT,
        currency="INR",
        now=NOW,
    )


def policy(world: World, *, per_kind: int = 1, members_open: bool = True) -> None:
    set_wallet_policy(
        actor=world.actor(world.alice), per_kind=per_kind, members_open=members_open, now=NOW
    )


def test_a_policy_makes_room_for_more(world: World) -> None:
    with pytest.raises(WalletExists):
        opened(world, world.alice)
    policy(world, per_kind=2)
    assert opened(world, world.alice).number == 2
    with pytest.raises(WalletExists):
        opened(world, world.alice)


def test_members_may_be_kept_from_opening_their_own(world: World) -> None:
    mia = colleague(world, "mia", "member")
    policy(world, members_open=False)
    with pytest.raises(PermissionDenied):
        opened(world, mia)
    policy(world)
    assert opened(world, mia).number == 1


def test_a_policy_has_bounds_and_is_its_owners(world: World) -> None:
    for wrong in (0, 21):
        with pytest.raises(TermsInvalid):
            policy(world, per_kind=wrong)
    for nobody in (world.bob, world.olga):
        with pytest.raises(PermissionDenied):
            set_wallet_policy(actor=world.actor(nobody), per_kind=2, members_open=True, now=NOW)
    with pytest.raises(InvalidProfile):
        set_timezone(actor=world.actor(world.alice), timezone="Mars/Olympus", now=NOW)


def test_the_database_holds_the_policy(world: World) -> None:
    view(world.acme)
    refuses(
        "wallet_within_policy",
        "INSERT INTO wallets_wallet (id, handle, organization_id, owner_id, kind, currency_id,"
        " account_id, created_at, number) SELECT %s, 'VC-0000AA', organization_id, owner_id, kind,"
        " currency_id, account_id, created_at, 2 FROM wallets_wallet LIMIT 1",
        new_id(),
    )
