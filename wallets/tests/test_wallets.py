"""The life of a wallet."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from audit.queries import records_about
from kernel.context import reading
from kernel.errors import Busy, PermissionDenied, VaultCraftError
from kernel.ids import normalize_handle
from ledger.errors import (
    AccountNotEmpty,
    AccountStateConflict,
    CurrencyUnknown,
    StoppedByPlatform,
)
from ledger.queries import account_of
from tests.world import NOW, World
from wallets.choices import WalletKind
from wallets.errors import HolderNotFound, OrganizationInactive, WalletExists, WalletNotFound
from wallets.models import Wallet
from wallets.services import wallets as life
from wallets.services.wallets import (
    close_wallet,
    freeze_wallet,
    open_wallet,
    suspend_wallet,
    unfreeze_wallet,
)
from wallets.tests.people import (
    hired,
    key_of,
    moved,
    nothing_happens,
    opened,
    registered,
    story_of,
)

pytestmark = pytest.mark.django_db

Step = Callable[..., Wallet]


def do(world: World, step: Step, wallet: Wallet, *, by: User | None = None) -> Wallet:
    """One move of its life, by Alice unless somebody else is named."""
    actor = world.actor(by or world.alice)
    return step(actor=actor, wallet_id=wallet.id, reason="told so", now=NOW)


def refused(
    world: World, error: type[VaultCraftError], step: Step, wallet: Wallet, by: User | None = None
) -> None:
    with nothing_happens(world), pytest.raises(error):
        do(world, step, wallet, by=by)


def status(world: World, wallet: Wallet) -> str:
    with reading(world.actor(world.olga)):
        return Wallet.objects.select_related("account").get(id=wallet.id).status


# Opening.


def test_a_new_wallet_is_active_and_empty(world: World) -> None:
    wallet = opened(world, world.alice)

    assert (wallet.status, world.balance(wallet)) == ("ACTIVE", 0)
    assert normalize_handle(wallet.handle) == wallet.handle
    assert (wallet.organization_id, wallet.owner_id) == (world.acme.id, world.alice.id)
    with reading(world.actor(world.alice)):
        account = account_of(wallet.account_id)
    assert (account.account_class, account.floor_minor) == ("LIABILITY", 0)


def test_opening_is_told(world: World) -> None:
    wallet = opened(world, world.alice)

    told = (["wallets.wallet.open"], ["wallets.wallet.opened"])
    assert story_of(world, world.alice, wallet.id) == told
    assert story_of(world, world.charlie, wallet.id) == ([], [])


def test_one_of_each_kind_and_currency(world: World) -> None:
    for kind in WalletKind:
        for currency in ("USD", "KWD"):
            opened(world, world.alice, kind=kind, currency=currency)

    with nothing_happens(world), pytest.raises(WalletExists) as exists:
        opened(world, world.alice, kind=WalletKind.MERCHANT, currency="USD")
    assert exists.value.facts == {"kind": "merchant", "currency": "USD"}


def test_one_of_each_for_the_organization_too(world: World) -> None:
    opened(world, None)
    with nothing_happens(world), pytest.raises(WalletExists):
        opened(world, None)


def test_a_closed_wallet_still_takes_its_place(world: World) -> None:
    wallet = opened(world, world.alice)
    do(world, close_wallet, wallet)

    with nothing_happens(world), pytest.raises(WalletExists):
        opened(world, world.alice)


@pytest.mark.parametrize("currency", ["XXX", "inr", "", "INRR"])
def test_an_unknown_currency(world: World, currency: str) -> None:
    with nothing_happens(world), pytest.raises(CurrencyUnknown):
        opened(world, world.alice, currency=currency)


def test_for_whom(world: World) -> None:
    mia = hired(world, "mia", "member")

    assert opened(world, mia, by=world.alice).owner_id == mia.id
    with nothing_happens(world):
        for owner_id, error in (
            (uuid.uuid4(), HolderNotFound),
            (world.charlie.id, HolderNotFound),
            (world.olga.id, HolderNotFound),
        ):
            with pytest.raises(error):
                open_wallet(
                    actor=world.actor(world.alice),
                    owner_id=owner_id,
                    kind=WalletKind.SAVINGS,
                    currency="INR",
                    now=NOW,
                )


def test_who_may_not_open(world: World) -> None:
    mia = hired(world, "mia", "member")
    with nothing_happens(world):
        for by, owner in (
            (world.bob, world.bob),
            (world.bob, None),
            (mia, None),
            (mia, world.alice),
            (world.olga, world.alice),
            (world.olga, None),
        ):
            with pytest.raises(PermissionDenied):
                opened(world, owner, by=by)


def test_a_key_opens_in_its_own_organization_only(world: World) -> None:
    wanted: dict[str, Any] = {"kind": WalletKind.SAVINGS, "currency": "INR", "now": NOW}
    writer, reader = key_of(world, "wallets:write"), key_of(world, "wallets:read")

    wallet = open_wallet(actor=writer, owner_id=world.bob.id, **wanted)
    assert wallet.organization_id == world.acme.id
    with nothing_happens(world):
        with pytest.raises(HolderNotFound):
            open_wallet(actor=writer, owner_id=world.charlie.id, **wanted)
        with pytest.raises(PermissionDenied):
            open_wallet(actor=reader, owner_id=None, **wanted)


def test_a_pending_organization_opens_nothing(world: World) -> None:
    _, peter = registered("Initech")
    with nothing_happens(world), pytest.raises(OrganizationInactive):
        opened(world, peter)


def test_a_handle_that_is_taken_is_drawn_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, free = [world.alice_wallet.handle, world.charlie_wallet.handle], "VC-ABCDE0"
    drawn = iter([*taken, *taken, free])
    monkeypatch.setattr(life, "new_handle", lambda: next(drawn))

    assert opened(world, world.alice).handle == free


def test_drawing_handles_has_an_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "new_handle", lambda: world.charlie_wallet.handle)

    with nothing_happens(world), pytest.raises(Busy):
        opened(world, world.alice)


# Moving between states.


def test_frozen_and_unfrozen(world: World) -> None:
    wallet = world.alice_wallet

    assert do(world, freeze_wallet, wallet).status == status(world, wallet) == "FROZEN"
    assert do(world, unfreeze_wallet, wallet).status == status(world, wallet) == "ACTIVE"
    moved(world.send(amount_minor=1))


def test_each_move_is_told_with_its_reason(world: World) -> None:
    wallet = opened(world, world.alice)
    for step in (freeze_wallet, unfreeze_wallet, close_wallet):
        do(world, step, wallet)

    assert story_of(world, world.alice, wallet.id) == (
        [f"wallets.wallet.{verb}" for verb in ("open", "freeze", "unfreeze", "close")],
        [f"wallets.wallet.{done}" for done in ("opened", "frozen", "unfrozen", "closed")],
    )

    with reading(world.actor(world.alice)):
        kept = [record.metadata for record in records_about([wallet.id])][1:]
    assert [(facts["from"], facts["to"], facts["reason"]) for facts in kept] == [
        ("ACTIVE", "FROZEN", "told so"),
        ("FROZEN", "ACTIVE", "told so"),
        ("ACTIVE", "CLOSED", "told so"),
    ]


def test_the_platform_suspends_and_lifts(world: World) -> None:
    wallet = world.alice_wallet
    do(world, suspend_wallet, wallet, by=world.olga)

    for step in (freeze_wallet, unfreeze_wallet, close_wallet):
        refused(world, PermissionDenied, step, wallet)
    assert do(world, unfreeze_wallet, wallet, by=world.olga).status == "ACTIVE"


def test_the_platform_may_lift_a_suspension_to_a_freeze(world: World) -> None:
    do(world, suspend_wallet, world.alice_wallet, by=world.olga)
    do(world, freeze_wallet, world.alice_wallet, by=world.olga)
    assert status(world, world.alice_wallet) == "FROZEN"


def test_illegal_moves(world: World) -> None:
    wallet = opened(world, world.alice)
    refused(world, AccountStateConflict, unfreeze_wallet, wallet)
    do(world, freeze_wallet, wallet)
    refused(world, AccountStateConflict, freeze_wallet, wallet)
    do(world, suspend_wallet, wallet, by=world.olga)
    refused(world, AccountStateConflict, suspend_wallet, wallet, world.olga)
    refused(world, AccountStateConflict, close_wallet, wallet, world.olga)


def test_closed_is_final(world: World) -> None:
    wallet = opened(world, world.alice)
    do(world, close_wallet, wallet)

    for step in (freeze_wallet, unfreeze_wallet, suspend_wallet, close_wallet):
        refused(world, AccountStateConflict, step, wallet, world.olga)


def test_only_an_empty_wallet_closes(world: World) -> None:
    refused(world, AccountNotEmpty, close_wallet, world.alice_wallet)
    world.send(destination=world.acme_wallet, amount_minor=1_00_000_00)

    assert do(world, close_wallet, world.alice_wallet).status == "CLOSED"


def test_a_frozen_empty_wallet_closes(world: World) -> None:
    wallet = opened(world, world.alice)
    do(world, freeze_wallet, wallet)
    assert do(world, close_wallet, wallet).status == "CLOSED"


@pytest.mark.parametrize("step", [freeze_wallet, unfreeze_wallet, close_wallet])
def test_who_may_not(world: World, step: Step) -> None:
    mia = hired(world, "mia", "member")
    purse = opened(world, mia)

    refused(world, PermissionDenied, step, purse, world.bob)
    refused(world, PermissionDenied, step, purse, mia)
    refused(world, WalletNotFound, step, purse, world.charlie)


def test_only_the_platform_suspends(world: World) -> None:
    for who in (world.alice, world.bob, world.charlie):
        refused(world, PermissionDenied, suspend_wallet, world.alice_wallet, who)


def test_a_key_freezes_and_gives_nothing_back(world: World) -> None:
    """One admin issues such a key, which has neither a factor nor a network to ask for."""
    writer = key_of(world, "wallets:write")
    stop: dict[str, Any] = {"wallet_id": world.alice_wallet.id, "reason": "review", "now": NOW}
    assert freeze_wallet(actor=writer, **stop).status == "FROZEN"
    with nothing_happens(world), pytest.raises(PermissionDenied):
        unfreeze_wallet(actor=writer, **stop)


@pytest.mark.parametrize("step", [freeze_wallet, unfreeze_wallet, close_wallet])
def test_what_does_not_exist(world: World, step: Step) -> None:
    with nothing_happens(world), pytest.raises(WalletNotFound):
        step(actor=world.actor(world.alice), wallet_id=uuid.uuid4(), reason="x", now=NOW)


def test_what_the_platform_froze_the_organization_cannot_move(world: World) -> None:
    staff, owner = world.actor(world.olga), world.actor(world.alice)
    stop: dict[str, Any] = {"wallet_id": world.alice_wallet.id, "reason": "review", "now": NOW}
    freeze_wallet(actor=staff, **stop)

    with nothing_happens(world), pytest.raises(StoppedByPlatform):
        unfreeze_wallet(actor=owner, **stop)
    with nothing_happens(world), pytest.raises(StoppedByPlatform):
        close_wallet(actor=owner, **stop)

    assert unfreeze_wallet(actor=staff, **stop).status == "ACTIVE"
    freeze_wallet(actor=owner, **stop)
    assert unfreeze_wallet(actor=owner, **stop).status == "ACTIVE"


def test_the_platform_takes_over_a_freeze_of_the_organization(world: World) -> None:
    staff, owner = world.actor(world.olga), world.actor(world.alice)
    stop: dict[str, Any] = {"wallet_id": world.alice_wallet.id, "reason": "review", "now": NOW}
    freeze_wallet(actor=owner, **stop)

    assert freeze_wallet(actor=staff, **stop).status == "FROZEN"

    with nothing_happens(world), pytest.raises(StoppedByPlatform):
        unfreeze_wallet(actor=owner, **stop)
