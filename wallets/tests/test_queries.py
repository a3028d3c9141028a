"""Who sees which wallets and transfers, in how many statements."""

from __future__ import annotations

import uuid

import pytest

from kernel.actor import Actor, Door, anonymous
from kernel.context import reading
from kernel.ids import encode
from tests.database import statements, work
from tests.world import World
from wallets import queries
from wallets.directory import look_up
from wallets.errors import TransferNotFound, WalletNotFound
from wallets.models import Transfer, Wallet
from wallets.tests.people import cash, hired, key_of, moved, opened

pytestmark = pytest.mark.django_db

NOBODY = anonymous(door=Door.API, request_id="test")


def wallets_seen(actor: Actor) -> set[str]:
    with reading(actor):
        return {wallet.handle for wallet in queries.visible_wallets(actor)}


def transfers_seen(actor: Actor, *, kind: str = "transfer") -> set[uuid.UUID]:
    with reading(actor):
        return {t.id for t in queries.visible_transfers(actor) if t.kind == kind}


def test_wallets_by_who_asks(world: World) -> None:
    mia = hired(world, "mia", "member")
    purse = opened(world, mia)
    acme = {w.handle for w in (world.alice_wallet, world.acme_wallet, purse)}

    assert wallets_seen(world.actor(world.alice)) == acme
    assert wallets_seen(world.actor(world.bob)) == acme
    assert wallets_seen(world.actor(mia)) == {purse.handle}
    assert wallets_seen(world.actor(world.charlie)) == {world.charlie_wallet.handle}
    assert wallets_seen(world.actor(world.olga)) == acme | {world.charlie_wallet.handle}
    assert wallets_seen(key_of(world, "wallets:read")) == acme
    assert wallets_seen(key_of(world, "transfers:read")) == set()
    assert wallets_seen(NOBODY) == set()


def test_transfers_by_who_asks(world: World) -> None:
    mia = hired(world, "mia", "member")
    purse = opened(world, mia, funds_minor=10)
    across = moved(world.send(amount_minor=1)).id
    inside = moved(world.send(destination=purse, amount_minor=1)).id
    hers = moved(world.send(sender=mia, source=purse, amount_minor=1)).id
    failed = world.send(amount_minor=9_00_00_000_00).transfer
    assert failed is not None

    acme = {across, inside, hers, failed.id}
    assert transfers_seen(world.actor(world.alice)) == acme
    assert transfers_seen(world.actor(world.bob)) == acme
    assert transfers_seen(world.actor(mia)) == {inside, hers}
    assert transfers_seen(world.actor(world.charlie)) == {across, hers}
    assert transfers_seen(world.actor(world.olga)) == acme
    assert transfers_seen(key_of(world, "transfers:read")) == acme
    assert transfers_seen(key_of(world, "wallets:read")) == set()
    assert transfers_seen(NOBODY) == set()


def test_a_refusal_towards_a_colleague_is_not_the_colleagues_business(world: World) -> None:
    mia = hired(world, "mia", "member")
    purse = opened(world, mia)
    world.send(destination=purse, amount_minor=9_00_00_000_00)

    assert transfers_seen(world.actor(mia)) == set()


def test_whoever_deposited_the_holder_sees_it(world: World) -> None:
    deposit = moved(cash(world, "deposit", world.charlie_wallet, 5)).id

    assert deposit in transfers_seen(world.actor(world.charlie), kind="deposit")
    assert deposit not in transfers_seen(world.actor(world.alice), kind="deposit")


def test_one_wallet_by_id_or_handle(world: World) -> None:
    alice = world.actor(world.alice)
    with reading(alice):
        for name in (
            encode("wal", world.alice_wallet.id),
            world.alice_wallet.handle,
            world.alice_wallet.handle.lower(),
        ):
            assert queries.wallet_of(actor=alice, wallet=name).id == world.alice_wallet.id


@pytest.mark.parametrize("name", ["", "wal_", "VC-", "nonsense", "VC-\x00", "wal_" + "z" * 26])
def test_no_such_wallet(world: World, name: str) -> None:
    alice = world.actor(world.alice)
    with reading(alice), pytest.raises(WalletNotFound):
        queries.wallet_of(actor=alice, wallet=name)


def test_a_wallet_of_another_organization_does_not_exist(world: World) -> None:
    for who in (world.alice, world.bob):
        actor = world.actor(who)
        with reading(actor), pytest.raises(WalletNotFound):
            queries.wallet_of(actor=actor, wallet=world.charlie_wallet.handle)


def test_a_colleagues_wallet_does_not_exist_for_a_member(world: World) -> None:
    mia = world.actor(hired(world, "mia", "member"))
    with reading(mia), pytest.raises(WalletNotFound):
        queries.wallet_of(actor=mia, wallet=world.alice_wallet.handle)


def test_one_transfer(world: World) -> None:
    transfer = moved(world.send())
    inside = moved(world.send(destination=world.acme_wallet))

    charlie = world.actor(world.charlie)
    with reading(charlie):
        assert queries.transfer_of(actor=charlie, transfer_id=transfer.id).id == transfer.id
        for unknown in (inside.id, uuid.uuid4()):
            with pytest.raises(TransferNotFound):
                queries.transfer_of(actor=charlie, transfer_id=unknown)


def test_a_payee_is_shown_by_name_and_nothing_more(world: World) -> None:
    payee = queries.payee_of(world.charlie_wallet.handle)

    assert (payee.holder_name, payee.organization_name) == ("Charlie", "Globex")
    assert (payee.handle, payee.currency) == (world.charlie_wallet.handle, "INR")
    with pytest.raises(WalletNotFound):
        queries.payee_of("VC-ABCDE0")


def test_the_directory_leaves_the_view_as_it_was(world: World) -> None:
    with reading(world.actor(world.alice)):
        assert len(look_up([world.charlie_wallet.handle])) == 1
        assert Wallet.objects.count() == 2
    assert Wallet.objects.count() == 0


def test_the_directory_takes_any_names_in_one_statement(world: World) -> None:
    names = [world.alice_wallet.handle, encode("wal", world.charlie_wallet.id), "nonsense", None]
    with statements() as made:
        found = look_up([*names, *names])
    assert [found[name].holder_name for name in names[:2] if name] == ["Alice", "Charlie"]
    assert len(found) == 2
    assert len(work(made)) == 1


def test_statements_do_not_grow_with_the_rows(world: World) -> None:
    counts = []
    for _ in range(2):
        for _ in range(5):
            world.send(amount_minor=1)
        actor = world.actor(world.olga)
        with reading(actor), statements() as made:
            for wallet in queries.visible_wallets(actor):
                assert wallet.organization.name
                assert wallet.owner is None or wallet.owner.full_name
                assert wallet.account.available_minor >= 0
                assert wallet.currency.exponent == 2
            for transfer in queries.visible_transfers(actor):
                assert transfer.currency.exponent == 2
        counts.append(len(work(made)))
    assert counts == [2, 2]


def test_newest_first(world: World) -> None:
    made = [moved(world.send(amount_minor=1)).id for _ in range(3)]
    alice = world.actor(world.alice)
    with reading(alice):
        listed = [t.id for t in queries.visible_transfers(alice) if t.kind == "transfer"]
    assert listed == made[::-1]
    with reading(alice):
        assert Transfer.objects.filter(id__in=made).count() == 3
