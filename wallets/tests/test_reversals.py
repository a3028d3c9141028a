"""Giving money back, whole or in part, inside an organization and across two."""

from __future__ import annotations

import datetime as dt
import uuid
from functools import partial

import pytest

from accounts.models import User
from audit.queries import records_about
from events.queries import events_about
from kernel.context import reading
from kernel.crypto import fingerprint
from ledger.queries import transaction_of
from tests.world import NOW, World
from wallets.choices import TransferKind
from wallets.errors import ReversalOfReversal, TransferNotCompleted, TransferNotFound
from wallets.models import Transfer, WalletHold
from wallets.queries import reversals_of
from wallets.services.holds import place_hold
from wallets.services.references import reference_of
from wallets.services.reversals import reverse_transfer
from wallets.services.terms import set_fee_schedule
from wallets.services.transfers import TransferOutcome
from wallets.services.wallets import freeze_wallet
from wallets.tests.people import cash, code_of, hired, moved, opened
from wallets.tests.test_holds import captured, wanted

pytestmark = pytest.mark.django_db

ALICE, ACME, CHARLIE = 1_00_000_00, 5_00_000_00, 50_000_00
SOON = NOW + dt.timedelta(hours=1)


def given_back(
    world: World,
    transfer_id: uuid.UUID,
    amount_minor: int | None = None,
    *,
    by: User | None = None,
    key: str = "back-1",
) -> TransferOutcome:
    """Charlie gives back, unless somebody else is named."""
    actor = world.actor(by or world.charlie)
    return reverse_transfer(
        actor=actor,
        transfer_id=transfer_id,
        amount_minor=amount_minor,
        reference=reference_of(actor=actor, route="reversals", key=key),
        fingerprint=fingerprint(str(amount_minor)),
        now=SOON,
    )


def charge(world: World, *, fixed_minor: int = 5_00, bps: int = 0) -> None:
    """Acme charges its people five rupees a transfer."""
    set_fee_schedule(
        actor=world.actor(world.alice),
        organization_id=world.acme.id,
        kind=TransferKind.TRANSFER,
        currency="INR",
        fixed_minor=fixed_minor,
        bps=bps,
        floor_minor=0,
        ceiling_minor=None,
        now=NOW,
    )


def test_the_whole_of_a_payment_across(world: World) -> None:
    paid = moved(world.send(amount_minor=250_00))
    back = moved(given_back(world, paid.id))

    assert (back.kind, back.reverses_id, back.amount_minor) == ("reversal", paid.id, 250_00)
    assert back.organization_id == world.globex.id
    assert world.balance(world.alice_wallet) == ALICE
    assert world.balance(world.charlie_wallet) == CHARLIE


def test_each_leg_names_the_leg_it_undoes(world: World) -> None:
    paid = moved(world.send(amount_minor=250_00))
    back = moved(given_back(world, paid.id, 100_00))

    assert paid.source_transaction_id is not None
    assert back.destination_transaction_id is not None
    with reading(world.actor(world.olga)):
        original = transaction_of(paid.source_transaction_id)
        undone = transaction_of(back.destination_transaction_id)
        assert undone.reverses_id == original.id
        assert [entry.reverses_id for entry in undone.entries.all()] == [
            entry.id for entry in original.entries.all()
        ]


def test_in_parts_until_nothing_is_left(world: World) -> None:
    paid = moved(world.send(amount_minor=250_00))
    moved(given_back(world, paid.id, 100_00, key="a"))
    assert code_of(given_back(world, paid.id, 150_01, key="b")) == "reversal_exceeds_original"
    assert moved(given_back(world, paid.id, key="c")).amount_minor == 150_00
    assert code_of(given_back(world, paid.id, key="d")) == "reversal_exceeds_original"

    assert world.balance(world.alice_wallet) == ALICE
    with reading(world.actor(world.olga)):
        assert [one.amount_minor for one in reversals_of(paid.id)] == [100_00, 150_00]


def test_a_part_keeps_the_fee_and_the_whole_rest_returns_it(world: World) -> None:
    charge(world)
    paid = moved(world.send(destination=world.acme_wallet, amount_minor=250_00))
    assert (paid.fee_minor, world.balance(world.alice_wallet)) == (5_00, ALICE - 255_00)

    moved(given_back(world, paid.id, 100_00, by=world.alice, key="a"))
    assert world.balance(world.alice_wallet) == ALICE - 155_00
    whole = moved(given_back(world, paid.id, by=world.alice, key="b"))
    assert (whole.amount_minor, whole.fee_minor) == (150_00, 5_00)
    assert world.balance(world.alice_wallet) == ALICE


def test_the_same_key_gives_back_once(world: World) -> None:
    paid = moved(world.send(amount_minor=250_00))
    first, again = given_back(world, paid.id), given_back(world, paid.id)

    assert again.replayed
    assert again.transfer == first.transfer
    assert world.balance(world.alice_wallet) == ALICE


def test_who_may_give_back(world: World) -> None:
    paid = moved(world.send(amount_minor=250_00))
    assert code_of(given_back(world, paid.id, by=world.alice)) == "permission_denied"
    with pytest.raises(TransferNotFound):
        given_back(world, paid.id, by=hired(world, "carol", "member"))
    assert moved(given_back(world, paid.id, 1_00, by=world.olga)).amount_minor == 1_00


def test_an_officer_gives_back_what_reached_a_colleague(world: World) -> None:
    carol = hired(world, "carol", "member")
    theirs = opened(world, carol)
    paid = moved(world.send(destination=theirs, amount_minor=50_00))
    assert moved(given_back(world, paid.id, by=world.alice)).amount_minor == 50_00


def test_what_cannot_be_given_back(world: World) -> None:
    refused = world.send(amount_minor=ALICE + 1).transfer
    assert refused is not None
    with pytest.raises(TransferNotCompleted):
        given_back(world, refused.id, by=world.olga)
    paid = moved(world.send(amount_minor=250_00))
    back = moved(given_back(world, paid.id))
    with pytest.raises(ReversalOfReversal):
        given_back(world, back.id, by=world.olga, key="again")
    inside = moved(world.send(destination=world.acme_wallet))
    with pytest.raises(TransferNotFound):
        given_back(world, inside.id)


def test_money_that_is_gone_or_frozen_is_not_given_back(world: World) -> None:
    paid = moved(world.send(amount_minor=250_00))
    charlie = world.actor(world.charlie)
    freeze_wallet(actor=charlie, wallet_id=world.charlie_wallet.id, reason="lost", now=NOW)
    outcome = given_back(world, paid.id)
    assert code_of(outcome) == "source_wallet_frozen"
    assert world.balance(world.charlie_wallet) == CHARLIE + 250_00


def test_a_deposit_and_a_withdrawal_are_reversed_by_staff(world: World) -> None:
    came = moved(cash(world, "deposit", world.alice_wallet, 70_00))
    left = moved(cash(world, "withdraw", world.alice_wallet, 30_00))
    for number, transfer in enumerate((came, left)):
        denied = given_back(world, transfer.id, by=world.alice, key=f"a{number}")
        assert code_of(denied) == "permission_denied"
        moved(given_back(world, transfer.id, by=world.olga, key=f"o{number}"))
    assert world.balance(world.alice_wallet) == ALICE


@pytest.mark.parametrize("last", [150_00, None])
def test_the_last_part_returns_the_fee_named_or_not(world: World, last: int | None) -> None:
    charge(world)
    paid = moved(world.send(destination=world.acme_wallet, amount_minor=250_00))
    first = moved(given_back(world, paid.id, 100_00, by=world.alice, key="a"))
    rest = moved(given_back(world, paid.id, last, by=world.alice, key="b"))

    assert (first.fee_minor, rest.amount_minor, rest.fee_minor) == (0, 150_00, 5_00)
    assert world.balance(world.alice_wallet) == ALICE


def test_all_of_it_at_once_by_its_amount_returns_the_fee(world: World) -> None:
    charge(world)
    paid = moved(world.send(destination=world.acme_wallet, amount_minor=250_00))
    by_alice = partial(given_back, world, paid.id, 250_00, by=world.alice)

    assert moved(by_alice()).fee_minor == 5_00
    assert world.balance(world.alice_wallet) == ALICE
    assert code_of(by_alice(key="b")) == "reversal_exceeds_original"


def test_another_organization_gives_back_the_amount_and_not_the_fee(world: World) -> None:
    """Charlie returns all of 250.00; Acme's income of 5.00 is not Globex's to spend."""
    charge(world)
    paid = moved(world.send(amount_minor=250_00))

    assert moved(given_back(world, paid.id)).fee_minor == 0
    assert world.balance(world.alice_wallet) == ALICE - 5_00
    assert code_of(given_back(world, paid.id, by=world.olga)) == "reversal_exceeds_original"
    assert world.balance(world.alice_wallet) == ALICE - 5_00


def test_the_platform_s_reversal_across_returns_the_fee_with_the_last(world: World) -> None:
    charge(world)
    paid = moved(world.send(amount_minor=250_00))

    assert moved(given_back(world, paid.id, 100_00, key="a")).fee_minor == 0
    assert moved(given_back(world, paid.id, by=world.olga, key="b")).fee_minor == 5_00
    assert world.balance(world.alice_wallet) == ALICE
    assert world.balance(world.charlie_wallet) == CHARLIE


def test_each_side_is_told_the_id_of_its_own_wallet_only(world: World) -> None:
    """Both ways: what was paid across, and what came back, asked for by either end."""
    hold = place_hold(wanted(world, destination=world.charlie_wallet.handle))
    ways = [
        moved(world.send(amount_minor=250_00)),
        moved(captured(world, hold, 100_00)),
        moved(
            world.send(
                sender=world.charlie,
                source=world.charlie_wallet,
                destination=world.alice_wallet,
            )
        ),
    ]
    by = (world.charlie, world.charlie, world.alice)
    backs = [
        moved(given_back(world, paid.id, by=giver, key=f"w{number}"))
        for number, (paid, giver) in enumerate(zip(ways, by, strict=True))
    ]

    alice, charlie = str(world.alice_wallet.id), str(world.charlie_wallet.id)
    for transfer in (*ways, *backs):
        from_alice = transfer.source_id == world.alice_wallet.id
        assert told_to(world, world.alice, transfer) == (
            {(alice, None)} if from_alice else {(None, alice)}
        )
        assert told_to(world, world.charlie, transfer) == (
            {(None, charlie)} if from_alice else {(charlie, None)}
        )
    assert told_to(world, world.alice, hold) == {(alice, None)}


def told_to(world: World, user: User, about: Transfer | WalletHold) -> set[tuple[object, object]]:
    """The ids of source and destination in all that this person reads about it."""
    subject_id = about.id if isinstance(about, Transfer) else about.hold_id
    with reading(world.actor(user)):
        told = [act.metadata for act in records_about([subject_id])]
        told += [event.payload for event in events_about([subject_id])]
        return {(one["source_wallet_id"], one["destination_wallet_id"]) for one in told}
