"""Many at once, and the same again: per-item answers, all or nothing, replays."""

from __future__ import annotations

import dataclasses

import pytest

from accounts.services.organizations import suspend_organization
from kernel.context import reading
from kernel.crypto import fingerprint
from ledger.errors import BatchTooLarge
from tests.database import statements, work
from tests.world import NOW, World
from wallets.models import Transfer
from wallets.services.transfers import TransferRequest, execute_transfers
from wallets.services.wallets import freeze_wallet, unfreeze_wallet
from wallets.tests.people import (
    cash,
    code_of,
    hired,
    moved,
    nothing_happens,
    opened,
)

pytestmark = pytest.mark.django_db

ALICE, CHARLIE = 1_00_000_00, 50_000_00
UNKNOWN = "wal_01h455vb4pex5vsknk084sn02q"


def codes(world: World, *items: TransferRequest, all_or_nothing: bool = False) -> list[str | None]:
    return [code_of(o) for o in execute_transfers(items, all_or_nothing=all_or_nothing)]


def states(world: World, *items: TransferRequest) -> list[str]:
    """The state each item is stored in; "" if it is not."""
    with reading(world.actor(world.olga)):
        found = {bytes(t.reference): t.state for t in Transfer.objects.all()}
    return [found.get(item.reference, "") for item in items]


# Item by item.


def test_one_bad_item_does_not_sink_its_neighbors(world: World) -> None:
    items = [
        world.request(amount_minor=10),
        world.request(amount_minor=ALICE),
        world.request(destination=UNKNOWN),
        world.request(amount_minor=0),
        world.request(sender=world.bob),
        world.request(amount_minor=20),
    ]
    assert codes(world, *items) == [
        None,
        "insufficient_funds",
        "destination_wallet_not_found",
        "invalid_amount",
        "permission_denied",
        None,
    ]
    assert states(world, *items) == ["COMPLETED", "FAILED", "", "", "", "COMPLETED"]
    assert world.balance(world.alice_wallet) == ALICE - 30


def test_items_are_judged_in_their_order(world: World) -> None:
    items = [world.request(amount_minor=60_000_00) for _ in range(2)]
    items.append(world.request(amount_minor=40_000_00))

    assert codes(world, *items) == [None, "insufficient_funds", None]
    assert world.balance(world.alice_wallet) == 0


def test_each_item_carries_its_own_actor(world: World) -> None:
    there = world.request(amount_minor=30_00)
    back = world.request(
        sender=world.charlie,
        source=world.charlie_wallet,
        destination=world.alice_wallet,
        amount_minor=10_00,
    )
    outcomes = execute_transfers([there, back])

    assert [moved(o).actor_display for o in outcomes] == ["Alice", "Charlie"]
    assert [moved(o).organization_id for o in outcomes] == [world.acme.id, world.globex.id]
    assert world.balance(world.alice_wallet) == ALICE - 20_00


def test_an_empty_batch(world: World) -> None:
    with nothing_happens(world):
        assert execute_transfers([]) == []


def test_500_items_pass_and_501_are_refused_whole(world: World) -> None:
    items = [world.request(amount_minor=1) for _ in range(501)]
    with nothing_happens(world), pytest.raises(BatchTooLarge) as refused:
        execute_transfers(items)
    assert refused.value.facts == {"maximum": 500, "items": 501}

    assert codes(world, *items[:500]) == [None] * 500
    assert world.balance(world.alice_wallet) == ALICE - 500


def test_statements_are_as_many_for_100_as_for_1(world: World) -> None:
    counts = []
    for size in (1, 100):
        items = [world.request(amount_minor=1) for _ in range(size)]
        with statements() as made:
            execute_transfers(items)
        counts.append(work(made))
    assert counts[0] == counts[1]
    # transactions, entries, usage, transfers, audit; outbox for the books and for the transfers
    assert counts[0].count("INSERT") == 7


# All or nothing.


def test_all_or_nothing_passes_whole(world: World) -> None:
    items = [world.request(amount_minor=10) for _ in range(3)]

    assert codes(world, *items, all_or_nothing=True) == [None] * 3
    assert world.balance(world.alice_wallet) == ALICE - 30


def test_all_or_nothing_stops_whole_when_the_books_refuse_one(world: World) -> None:
    items = [world.request(amount_minor=n) for n in (10, ALICE, 20)]

    assert codes(world, *items, all_or_nothing=True) == [
        "batch_withheld",
        "insufficient_funds",
        "batch_withheld",
    ]
    assert states(world, *items) == ["CANCELLED", "FAILED", "CANCELLED"]
    assert world.balance(world.alice_wallet) == ALICE


def test_all_or_nothing_stops_whole_when_one_names_no_wallet(world: World) -> None:
    items = [world.request(amount_minor=10), world.request(destination=UNKNOWN)]

    assert codes(world, *items, all_or_nothing=True) == [
        "batch_withheld",
        "destination_wallet_not_found",
    ]
    assert states(world, *items) == ["CANCELLED", ""]
    assert world.balance(world.alice_wallet) == ALICE


def test_all_or_nothing_stops_whole_when_nothing_reaches_the_books(world: World) -> None:
    _suspend_globex(world)
    items = [world.request(destination=world.acme_wallet), world.request()]

    assert codes(world, *items, all_or_nothing=True) == ["batch_withheld", "organization_inactive"]
    assert states(world, *items) == ["CANCELLED", "FAILED"]


def test_all_or_nothing_again_says_the_same(world: World) -> None:
    items = [world.request(amount_minor=10), world.request(amount_minor=ALICE)]
    first = codes(world, *items, all_or_nothing=True)
    world.fund(world.alice_wallet, ALICE)

    with nothing_happens(world):
        assert codes(world, *items, all_or_nothing=True) == first


def test_all_or_nothing_again_never_carries_out_a_part(world: World) -> None:
    """The item that named no wallet left no row; now its wallet exists, the rest stays withheld."""
    mia = hired(world, "mia", "member")
    items = [world.request(amount_minor=10), world.request(sender=mia, source=world.acme_wallet)]
    assert codes(world, *items, all_or_nothing=True) == [
        "batch_withheld",
        "source_wallet_not_found",
    ]

    role = dataclasses.replace(items[1].actor, role="finance")  # she was promoted meanwhile
    again = [items[0], dataclasses.replace(items[1], actor=role)]
    assert codes(world, *again, all_or_nothing=True) == ["batch_withheld", "batch_withheld"]
    assert world.balance(world.acme_wallet) == 5_00_000_00
    assert world.balance(world.alice_wallet) == ALICE


@pytest.mark.parametrize("stands_already", [True, False])
def test_all_or_nothing_stops_whole_when_one_reuses_a_key(
    world: World, stands_already: bool
) -> None:
    old = world.request(amount_minor=10, key="k")
    if stands_already:
        execute_transfers([old])
    reused = world.request(amount_minor=20, key="k")

    items = [world.request(amount_minor=40), *([] if stands_already else [old]), reused]
    answers = codes(world, *items, all_or_nothing=True)
    assert answers[0] == "batch_withheld"
    assert answers[-1] == "idempotency_key_reused"
    assert world.balance(world.alice_wallet) == ALICE - (10 if stands_already else 0)


# The same again.


def test_the_same_reference_answers_with_what_happened_then(world: World) -> None:
    first = world.send(amount_minor=250_00, key="k")
    with nothing_happens(world):
        again = world.send(amount_minor=250_00, key="k")

    assert again.replayed
    assert not first.replayed
    assert moved(again).id == moved(first).id
    assert world.balance(world.alice_wallet) == ALICE - 250_00


def test_the_same_reference_with_another_request_is_refused(world: World) -> None:
    moved(world.send(amount_minor=250_00, key="k"))

    with nothing_happens(world):
        outcome = world.send(amount_minor=250_01, key="k")
        other = world.send(amount_minor=250_00, destination=world.acme_wallet, key="k")
    assert code_of(outcome) == code_of(other) == "idempotency_key_reused"
    assert outcome.transfer is None


def test_a_refusal_is_replayed_though_it_would_pass_now(world: World) -> None:
    assert code_of(world.send(amount_minor=ALICE + 1, key="k")) == "insufficient_funds"
    world.fund(world.alice_wallet, ALICE)

    with nothing_happens(world):
        again = world.send(amount_minor=ALICE + 1, key="k")
    assert code_of(again) == "insufficient_funds"
    assert again.replayed


def test_what_passed_is_replayed_though_it_would_be_refused_now(world: World) -> None:
    first = world.send(amount_minor=ALICE, key="k")

    with nothing_happens(world):
        again = world.send(amount_minor=ALICE, key="k")
    assert moved(again).id == moved(first).id


def test_one_reference_twice_in_one_batch_counts_once(world: World) -> None:
    items = [world.request(amount_minor=250_00, key="k") for _ in range(2)]
    first, second = execute_transfers(items)

    assert moved(first).id == moved(second).id
    assert (first.replayed, second.replayed) == (False, True)
    assert world.balance(world.alice_wallet) == ALICE - 250_00


def test_one_reference_for_two_requests_in_one_batch(world: World) -> None:
    items = [world.request(amount_minor=amount, key="k") for amount in (250_00, 300_00)]

    assert codes(world, *items) == [None, "idempotency_key_reused"]
    assert world.balance(world.alice_wallet) == ALICE - 250_00


def test_one_reference_twice_in_one_batch_that_is_refused(world: World) -> None:
    items = [world.request(amount_minor=ALICE + 1, key="k") for _ in range(2)]

    assert codes(world, *items) == ["insufficient_funds"] * 2
    assert states(world, *items) == ["FAILED"] * 2


def test_a_batch_of_old_and_new_items(world: World) -> None:
    old = world.request(amount_minor=10)
    execute_transfers([old])
    new = world.request(amount_minor=20)

    outcomes = execute_transfers([new, old, new])
    assert [outcome.replayed for outcome in outcomes] == [False, True, True]
    assert world.balance(world.alice_wallet) == ALICE - 30


def test_the_same_key_of_another_person_is_another_reference(world: World) -> None:
    moved(world.send(key="k", amount_minor=1))
    moved(
        world.send(
            sender=world.charlie,
            source=world.charlie_wallet,
            destination=world.alice_wallet,
            key="k",
            amount_minor=2,
        )
    )
    assert world.balance(world.alice_wallet) == ALICE + 1


def test_a_key_of_the_platform_names_one_movement_in_all_organizations(world: World) -> None:
    actor = world.actor(world.olga)
    moved(cash(world, "deposit", world.alice_wallet, 5, actor=actor, key="k"))

    with nothing_happens(world):
        outcome = cash(world, "deposit", world.charlie_wallet, 5, actor=actor, key="k")
    assert code_of(outcome) == "idempotency_key_reused"


def test_a_key_used_before_is_reused_though_the_new_wallet_does_not_exist(world: World) -> None:
    moved(world.send(key="k"))
    with nothing_happens(world):
        assert code_of(world.send(destination=UNKNOWN, key="k")) == "idempotency_key_reused"


def test_a_request_that_left_no_row_may_be_mended_under_its_key(world: World) -> None:
    """Nothing happened under it; the door's own record is what refuses a changed body."""
    assert code_of(world.send(destination=UNKNOWN, key="k")) == "destination_wallet_not_found"
    moved(world.send(amount_minor=1, key="k"))
    assert world.balance(world.alice_wallet) == ALICE - 1


def test_fingerprints_of_other_length_are_just_other(world: World) -> None:
    request = world.request(amount_minor=1)
    moved(execute_transfers([request])[0])
    odd = dataclasses.replace(request, fingerprint=fingerprint("x")[:31])
    assert codes(world, odd) == ["idempotency_key_reused"]


def test_text_that_tries_to_be_more_than_text(world: World) -> None:
    awkward = '\'; DROP TABLE wallets_transfer; -- {"a",NULL} \\ %s ₹ \u202e\n'
    items = [
        world.request(amount_minor=1, description=awkward, metadata={awkward: awkward}),
        world.request(amount_minor=1, description="NULL", metadata={}),
        world.request(amount_minor=1),
    ]
    assert codes(world, *items) == [None] * 3
    with reading(world.actor(world.alice)):
        kept = {bytes(t.reference): t for t in Transfer.objects.all()}
    assert kept[items[0].reference].description == awkward
    assert kept[items[0].reference].metadata == {awkward: awkward}
    assert kept[items[1].reference].description == "NULL"


def test_unfreezing_lets_only_new_requests_pass(world: World) -> None:
    alice, wallet_id = world.actor(world.alice), world.alice_wallet.id
    freeze_wallet(actor=alice, wallet_id=wallet_id, reason="x", now=NOW)
    assert code_of(world.send(key="k")) == "source_wallet_frozen"
    unfreeze_wallet(actor=alice, wallet_id=wallet_id, reason="x", now=NOW)

    assert code_of(world.send(key="k")) == "source_wallet_frozen"
    moved(world.send(amount_minor=1, key="another"))
    assert opened(world, world.alice).status == "ACTIVE"


def _suspend_globex(world: World) -> None:
    suspend_organization(
        actor=world.actor(world.olga), organization_id=world.globex.id, reason="x", now=NOW
    )
