"""A wallet's account number: sealed, masked, found by a payer, shown whole to its holder."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection

from accounts.tests.builders import acts_recorded
from kernel.context import reading
from kernel.errors import PermissionDenied
from kernel.ids import MalformedId, new_account_number, normalize_account_number
from kernel.sealing import Unreadable
from kernel.transactions import rule_of
from tests.world import NOW, World
from wallets.errors import WalletNotFound
from wallets.models import AccountNumber
from wallets.queries import handle_of_number, payee_of
from wallets.services.account_numbers import reveal_account_number

pytestmark = pytest.mark.django_db


def test_a_wallet_is_opened_with_a_number_that_only_its_holder_sees_whole(world: World) -> None:
    alice = world.actor(world.alice)
    number = reveal_account_number(actor=alice, wallet=world.alice_wallet.handle, now=NOW)
    assert normalize_account_number(number) == number
    with reading(alice):
        row = AccountNumber.objects.get(wallet=world.alice_wallet)
    assert row.masked == f"•••• {number[-4:]}"
    assert number.encode() not in bytes(row.sealed)
    assert acts_recorded()[-1] == "wallets.account_number.reveal"


def test_the_organizations_own_is_shown_to_who_may_pay_out_of_it(world: World) -> None:
    handle = world.acme_wallet.handle
    assert len(reveal_account_number(actor=world.actor(world.alice), wallet=handle, now=NOW)) == 14
    with pytest.raises(PermissionDenied):
        reveal_account_number(actor=world.actor(world.bob), wallet=handle, now=NOW)


@pytest.mark.parametrize(
    ("viewer", "error"),
    [("bob", PermissionDenied), ("olga", PermissionDenied), ("charlie", WalletNotFound)],
)
def test_nobody_else_sees_it_whole(world: World, viewer: str, error: type[Exception]) -> None:
    actor = world.actor(getattr(world, viewer))
    with pytest.raises(error):
        reveal_account_number(actor=actor, wallet=world.alice_wallet.handle, now=NOW)


def test_a_payer_finds_the_wallet_by_exactly_its_number(world: World) -> None:
    alice = world.actor(world.alice)
    number = reveal_account_number(actor=alice, wallet=world.alice_wallet.handle, now=NOW)
    spelled = f" {number[:4]} {number[4:8]}-{number[8:]}"
    with reading(world.actor(world.charlie)):
        assert payee_of(spelled).handle == world.alice_wallet.handle
        assert handle_of_number(new_account_number()) is None
        assert not AccountNumber.objects.filter(wallet=world.alice_wallet).exists()


def test_a_wrong_digit_is_noticed() -> None:
    number = new_account_number()
    for at in range(len(number)):
        wrong = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
        with pytest.raises(MalformedId):
            normalize_account_number(wrong)


@pytest.mark.parametrize("wrong", ["", "1234", "१२३४५६७८९०१२३४", "VC-7Q2M9K", "1" * 15])
def test_what_is_no_number_finds_nothing(wrong: str) -> None:
    assert handle_of_number(wrong) is None


def test_a_number_moved_to_another_wallet_is_unreadable(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('vaultcraft.organizations', %s, true)", [f"{{{world.acme.id}}}"]
        )
        cursor.execute(
            "UPDATE wallets_accountnumber n SET sealed = o.sealed FROM wallets_accountnumber o"
            " WHERE n.wallet_id = %s AND o.wallet_id = %s",
            [world.acme_wallet.id, world.alice_wallet.id],
        )
        cursor.execute("SELECT set_config('vaultcraft.organizations', '', true)")
    with pytest.raises(Unreadable):
        reveal_account_number(
            actor=world.actor(world.alice), wallet=world.acme_wallet.handle, now=NOW
        )


def test_the_database_keeps_numbers_with_their_wallets(world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('vaultcraft.organizations', %s, true)", [f"{{{world.acme.id}}}"]
        )
        with pytest.raises(DatabaseError) as refused:
            cursor.execute(
                "INSERT INTO wallets_accountnumber SELECT gen_random_uuid(), sealed,"
                " sha256('x'), '0000', created_at, organization_id, user_id, %s"
                " FROM wallets_accountnumber LIMIT 1",
                [world.charlie_wallet.id],
            )
    assert rule_of(refused.value) in (
        "account_number_of_wallet",
        "wallets_accountnumber_wallet_id_key",
    )
